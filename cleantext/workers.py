"""Cleaning in several processes, in order and in bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TYPE_CHECKING

from .lines import BLOCK_BYTES
from .model import LineModel
from .strip import check_text, strip_many

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Characters sent to a worker at once: several blocks, so that pickling and waking cost little beside the work (at 2 MB, 2 % of it).
_CHUNK = 4 * BLOCK_BYTES
# Chunks under way for each worker: one at work, one waiting.
_AHEAD = 2

_settings: tuple[float, bool | TextFixerConfig, LineModel | None] = (0.5, True, None)


def _start(limit: float, normalize: bool | TextFixerConfig, model: LineModel | None) -> None:
    global _settings  # noqa: PLW0603 - one assignment per process, before any work
    _settings = (limit, normalize, model)


def _work(texts: list[str | None]) -> list[str | None]:
    limit, normalize, model = _settings
    return strip_many(texts, threshold=limit, normalize=normalize, model=model)


def _chunks(texts: Iterable[str | None]) -> Iterator[list[str | None]]:
    chunk: list[str | None] = []
    used = 0
    for text in texts:
        if text is not None:
            # Here and not in the worker, so that the error rises where the page was given.
            check_text(text)
            used += len(text)
        chunk.append(text)
        if used >= _CHUNK or len(chunk) >= 1 << 16:
            yield chunk
            chunk, used = [], 0
    if chunk:
        yield chunk


def strip_in_processes(
    texts: Iterable[str | None], workers: int, limit: float, normalize: bool | TextFixerConfig, model: LineModel
) -> Iterator[str | None]:
    """Clean pages in `workers` processes; results come in order, and at most a few chunks are held at a time.

    Works with every start method of `multiprocessing`. With "spawn" and "forkserver" the calling script needs the usual
    ``if __name__ == "__main__":``.

    Raises
    ------
    RuntimeError
        If a worker dies (killed, or out of memory). Nothing hangs; pages whose results were not yielded are not cleaned.
    """
    chunks = _chunks(texts)
    pending: deque[Future[list[str | None]]] = deque()
    pool = ProcessPoolExecutor(workers, initializer=_start, initargs=(limit, normalize, model))
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
