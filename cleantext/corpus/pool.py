"""Worker processes: whole shards for each of them, or the blocks of one shard for all.

Processes are spawned, not forked: a fork copies locks that threads of the parent (pyarrow's, the
executor's) may hold. Ctrl-C reaches the whole process group, so workers have SIGINT blocked and the parent
decides; workers whose parent is gone end at once, as else a killed run would go on writing behind its
successor's back."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from cleantext.corpus.blocks import Block, Format
from cleantext.corpus.clean import BlockResult, Cleaner
from cleantext.corpus.formats import open_format
from cleantext.corpus.plan import ShardJob
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.shard import ShardResult, clean_shard, in_order

__all__ = ["Pool"]

_DIED = (
    "a worker process died (killed, or out of memory?); --resume tries again, with fewer --workers perhaps"
)
# Blocks under way per worker: one being cleaned, one waiting, one whose result waits for its turn.
_AHEAD = 3
_POLL_SECONDS = 0.2


class _Counters:
    """What workers have done so far, in shared memory: bytes read, rows, bytes of text."""

    def __init__(self, context: Any) -> None:
        self._values = [context.Value("q", 0) for _ in range(3)]

    def add(self, read: int, tally: Tally) -> None:
        for value, count in zip(self._values, (read, tally.rows, tally.text_bytes), strict=True):
            with value.get_lock():
                value.value += count

    def read(self) -> tuple[int, int, int]:
        read, rows, text_bytes = (value.value for value in self._values)
        return read, rows, text_bytes


class _Worker:
    """The state of a worker process; one per process, set by :func:`_start`."""

    cleaner: Cleaner
    counters: _Counters


def _start(settings: Settings, counters: _Counters) -> None:
    """Make a process ready: called once in each."""
    parent = mp.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _Worker.cleaner, _Worker.counters = Cleaner(settings), counters


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _shard_task(job: ShardJob, output: Path) -> ShardResult:
    cleaner = _Worker.cleaner
    return clean_shard(job, output, cleaner.settings, in_order(cleaner.clean), _Worker.counters.add)


def _block_task(job: ShardJob, block: Block) -> BlockResult:
    form = open_format(job.format, job.compression, _Worker.cleaner.settings)
    return _Worker.cleaner.clean(job.name, form, block)


@contextlib.contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Processes started here inherit the mask; a Ctrl-C meanwhile arrives in this process afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Pool:
    """Worker processes for one run. A context manager; when its block raises, the workers are killed.

    Parameters
    ----------
    settings : Settings
        The run's options.
    workers : int
        How many processes.
    show : callable
        Gets bytes read, rows and bytes of text, all so far, several times a second.
    """

    def __init__(self, settings: Settings, workers: int, show: Callable[[int, int, int], None]) -> None:
        self._settings, self._workers, self._show = settings, workers, show
        self._context = mp.get_context("spawn")
        self._counters = _Counters(self._context)
        self._executor = self._new()

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._workers,
            mp_context=self._context,
            initializer=_start,
            initargs=(self._settings, self._counters),
        )

    def _submit(self, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        with _sigint_blocked():
            return self._executor.submit(task, *arguments)

    def shards(self, jobs: Iterable[ShardJob], output: Path) -> Iterator[ShardResult]:
        """Clean shards, each by one process, and yield the results as they come.

        When a process dies, the shards under way fail and the others go on in new processes.
        """
        waiting = deque(jobs)
        running: dict[Future[ShardResult], ShardJob] = {}
        while waiting or running:
            try:
                while waiting and len(running) < self._workers:
                    future = self._submit(_shard_task, waiting[0], output)
                    running[future] = waiting.popleft()
                done, _ = wait(running, _POLL_SECONDS, FIRST_COMPLETED)
                self._show(*self._counters.read())
                for future in done:
                    yield future.result()
                    del running[future]
            except BrokenProcessPool:
                yield from (ShardResult(job, Tally(), problem=_DIED) for job in running.values())
                running.clear()
                self._kill()
                self._executor = self._new()

    def blocks(self, job: ShardJob, form: Format, blocks: Iterator[Block]) -> Iterator[BlockResult]:
        """Clean the blocks of one shard by all processes; results come in the order of the blocks."""
        running: deque[Future[BlockResult]] = deque()
        try:
            for block in blocks:
                running.append(self._submit(_block_task, job, block))
                if len(running) >= self._workers * _AHEAD:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        except BrokenProcessPool:
            self._kill()
            self._executor = self._new()
            raise ShardError(_DIED) from None
        finally:
            for future in running:
                future.cancel()

    def count(self, read: int, tally: Tally) -> None:
        """Count what this process did itself, and show it."""
        self._counters.add(read, tally)
        self._show(*self._counters.read())

    def _kill(self) -> None:
        for process in mp.active_children():
            process.kill()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._executor.shutdown()
        else:
            self._kill()
