"""Cleaning in several processes, in order and in bounded memory."""

from __future__ import annotations

import multiprocessing
import pickle
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from .lines import BLOCK_BYTES

Clean = Callable[[list[str | None]], list[str | None]]

# Characters sent to a worker at once: several blocks, so that pickling and waking cost little beside the work (at 2 MB, 2 % of it).
_CHUNK = 4 * BLOCK_BYTES
# Chunks under way for each worker: one at work, one waiting.
_AHEAD = 2
# What a process is started with goes through a pipe, and if it ends before it has read all, whoever still writes waits for ever: a
# script without a guard ends so. The least that systems hold in a pipe for a reader is 4 KB, which multiprocessing's own words share.
_SENT_BYTES = 2048

_clean: list[Clean] = []


def _start(clean: Clean) -> None:
    _clean[:] = [clean]


def _start_from(file: str) -> None:
    _clean[:] = [pickle.loads(Path(file).read_bytes())]


@contextmanager
def _starting(clean: Clean, method: str | None) -> Iterator[tuple[Callable[..., None], object]]:
    """What starts a process and its argument, never larger than a pipe holds: a model of the user's own goes through a file."""
    if method == "fork":  # nothing is sent
        yield _start, clean
        return
    data = pickle.dumps(clean, pickle.HIGHEST_PROTOCOL)
    if len(data) <= _SENT_BYTES:
        yield _start, clean
        return
    with tempfile.TemporaryDirectory(prefix="cleantext-", ignore_cleanup_errors=True) as folder:
        file = Path(folder) / "clean.pickle"
        file.write_bytes(data)
        yield _start_from, str(file)


def _work(texts: list[str | None]) -> list[str | None]:
    return _clean[0](texts)


def _chunks(texts: Iterable[str | None]) -> Iterator[list[str | None]]:
    chunk: list[str | None] = []
    used = 0
    for text in texts:
        if text is not None:
            used += len(text)
        chunk.append(text)
        if used >= _CHUNK or len(chunk) >= 1 << 16:
            yield chunk
            chunk, used = [], 0
    if chunk:
        yield chunk


def in_processes(clean: Clean, texts: Iterable[str | None], workers: int) -> Iterator[str | None]:
    """Clean pages in `workers` processes; results come in order, and at most a few chunks are held at a time.

    Each process gets `clean` once, as it starts. Works with every start method of `multiprocessing`; with "spawn" and "forkserver" the
    calling script needs the usual ``if __name__ == "__main__":``.

    Raises
    ------
    RuntimeError
        If a worker dies (killed, out of memory, or started by a script without that guard). Nothing hangs; pages whose results were
        not yielded are not cleaned.
    OSError
        If `clean` holds a model of the user's own, processes are not forked, and the folder for temporary files cannot be written to.
    """
    chunks = _chunks(texts)
    pending: deque[Future[list[str | None]]] = deque()
    context = multiprocessing.get_context()
    method = context.get_start_method()
    cleaned_any = False
    with _starting(clean, method) as (start, argument):
        pool = ProcessPoolExecutor(workers, context, start, (argument,))
        try:
            for chunk in islice(chunks, workers * _AHEAD):
                pending.append(pool.submit(_work, chunk))
            while pending:
                results = pending.popleft().result()
                cleaned_any = True
                for chunk in islice(chunks, 1):
                    pending.append(pool.submit(_work, chunk))
                yield from results
        except BrokenProcessPool as error:
            raise RuntimeError(_why_broken(method, cleaned_any)) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _why_broken(method: str | None, cleaned_any: bool) -> str:
    if method != "fork" and not cleaned_any:
        return (
            f"a cleaning process died before it had cleaned a page: processes started by {method!r} run the script anew, so that its call "
            'with workers must stand under `if __name__ == "__main__":`; where it does, the process was killed (out of memory?)'
        )
    return (
        "a cleaning process died (killed, or out of memory): use fewer workers or smaller pages; "
        "the pages not yet returned were not cleaned"
    )
