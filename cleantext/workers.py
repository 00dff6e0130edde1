"""Cleaning in several processes, in order and in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from .lines import BLOCK_BYTES

Clean = Callable[[list[str | None]], list[str | None]]

# Characters sent to a worker at once: several blocks, so that pickling and waking cost little beside the work (at 2 MB, 2 % of it).
_CHUNK = 4 * BLOCK_BYTES
# Chunks under way for each worker: one at work, one waiting.
_AHEAD = 2

_clean: list[Clean] = []


def _start(clean: Clean) -> None:
    _clean[:] = [clean]


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

    `clean` is sent to each process once. Works with every start method of `multiprocessing`; with "spawn" and "forkserver" the
    calling script needs the usual ``if __name__ == "__main__":``.

    Raises
    ------
    RuntimeError
        If a worker dies (killed, or out of memory). Nothing hangs; pages whose results were not yielded are not cleaned.
    """
    chunks = _chunks(texts)
    pending: deque[Future[list[str | None]]] = deque()
    pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(clean,))
    try:
        for chunk in islice(chunks, workers * _AHEAD):
            pending.append(pool.submit(_work, chunk))
        while pending:
            results = pending.popleft().result()
            for chunk in islice(chunks, 1):
                pending.append(pool.submit(_work, chunk))
            yield from results
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a cleaning process died (killed, or out of memory): use fewer workers or smaller pages; "
            "the pages not yet returned were not cleaned"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
