"""Worker processes: whole shards for each of them, or the blocks of one shard for all.

Processes are spawned, not forked: a fork copies locks that threads of the parent (pyarrow's) may hold. Workers whose parent is gone
end at once, as else a killed run would go on writing behind its successor's back. See :mod:`cleantext.processes`."""

from __future__ import annotations

import multiprocessing as mp
import queue
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from cleantext.corpus.blocks import Block, Format
from cleantext.corpus.clean import BlockResult, Cleaner
from cleantext.corpus.formats import open_format
from cleantext.corpus.plan import ShardJob
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.shard import Cleaning, ShardResult, clean_shard, in_order
from cleantext.processes import Answers, Worker, finish, serve

__all__ = ["Pool"]

_DIED = "a worker process died (killed, or out of memory?); --resume tries again, with fewer --workers perhaps"
# Tasks under way per worker: one being cleaned, one already there when it is done.
_AHEAD = 2
# Blocks per worker whose results may wait for that of an earlier one, which bounds the memory.
_QUEUED = 8

_CONTEXT = mp.get_context("spawn")


class _Task(NamedTuple):
    """What a worker gets. With a block: clean it; without: clean the whole shard."""

    number: int
    job: ShardJob
    block: Block | None = None


class _Progress(NamedTuple):
    """What a worker tells of a shard on the way: bytes read and rows cleaned."""

    read: int
    tally: Tally


def _work(end: socket.socket, settings: Settings, output: Path) -> None:
    """The main function of a worker process."""

    def prepare() -> Callable[[_Task, Callable[[_Progress], None]], ShardResult | BlockResult]:
        cleaner = Cleaner(settings)

        def work(task: _Task, tell: Callable[[_Progress], None]) -> ShardResult | BlockResult:
            job = task.job
            if task.block is not None:
                return cleaner.clean(job.name, open_format(job.format, job.compression, settings), task.block)
            return clean_shard(job, output, settings, in_order(cleaner.clean), lambda read, tally: tell(_Progress(read, tally)))

        return work

    serve(end, prepare)


class Pool:
    """Worker processes for one run. A context manager; when its block raises, the workers are killed.

    Parameters
    ----------
    settings : Settings
        The run's options.
    output : Path
        The run's output folder.
    workers : int
        How many processes.
    show : callable
        Gets bytes read, rows and bytes of text, all so far, as often as they change.
    """

    def __init__(self, settings: Settings, output: Path, workers: int, show: Callable[[int, int, int], None]) -> None:
        self._settings, self._output, self._show = settings, output, show
        self._read, self._total = 0, Tally()
        self._numbers = iter(range(1 << 62))
        self._workers: list[Worker[_Task]] = []
        self._answers: Answers[_Task] = queue.SimpleQueue()
        try:
            for _ in range(workers):
                self._workers.append(self._started())
        except BaseException:
            self._kill()
            raise

    def _started(self) -> Worker[_Task]:
        worker = Worker(_CONTEXT, _work, (self._settings, self._output), self._answers)
        worker.listen()
        return worker

    def count(self, read: int, tally: Tally) -> None:
        """Count bytes read and rows cleaned, and show all so far."""
        self._read += read
        self._total.add(tally)
        self._show(self._read, self._total.rows, self._total.text_bytes)

    def shards(self, jobs: Iterable[ShardJob]) -> Iterator[ShardResult]:
        """Clean shards, each by one process, and yield the results as they come.

        A shard whose process dies has failed; the others go on.
        """
        waiting = deque(jobs)
        under_way = 0
        while waiting or under_way:
            for worker in self._workers:
                if waiting and not worker.tasks:
                    task = _Task(next(self._numbers), waiting.popleft())
                    worker.give(task.number, task)
                    under_way += 1
            for done, answer in self._finished():
                under_way -= 1
                if answer is None:
                    yield ShardResult(done.job, Tally(), problem=_DIED)
                elif isinstance(answer, ShardResult):
                    yield answer

    @property
    def cleaning(self) -> Cleaning:
        """How :func:`clean_shard` cleans a shard by all processes."""
        return Cleaning(self._blocks, elsewhere=True)

    def _blocks(self, job: ShardJob, form: Format, blocks: Iterator[Block]) -> Iterator[BlockResult]:
        """Clean the blocks of one shard by all processes; results come in the order of the blocks.

        Raises
        ------
        ShardError
            A process died.
        """
        order: deque[int] = deque()
        results: dict[int, BlockResult] = {}
        most = _QUEUED * len(self._workers)
        for block in blocks:
            worker = min(self._workers, key=lambda one: len(one.tasks))
            task = _Task(next(self._numbers), job, block)
            worker.give(task.number, task)
            order.append(task.number)
            while all(len(one.tasks) >= _AHEAD for one in self._workers):
                self._collect(results)
            while len(order) >= most and order[0] not in results:
                self._collect(results)
            while order and order[0] in results:
                yield results.pop(order.popleft())
        while order:
            while order[0] not in results:
                self._collect(results)
            yield results.pop(order.popleft())

    def _collect(self, results: dict[int, BlockResult]) -> None:
        for task, answer in self._finished():
            if answer is None:
                raise ShardError(_DIED)
            if isinstance(answer, BlockResult):
                # Of a shard that was given up, results may still come; nobody asks for their numbers.
                results[task.number] = answer

    def _finished(self) -> list[tuple[_Task, ShardResult | BlockResult | None]]:
        """Wait until something comes from a worker; the finished tasks, with None for those of dead
        workers.
        """
        finished: list[tuple[_Task, ShardResult | BlockResult | None]] = []
        while not finished or not self._answers.empty():
            worker, answer = self._answers.get()
            if isinstance(answer, BaseException):
                raise answer
            if answer is None:
                worker.kill()
                self._workers[self._workers.index(worker)] = self._started()
                finished += [(task, None) for task in worker.tasks.values()]
            elif answer.crash is not None:
                raise RuntimeError(f"in a worker process:\n{answer.crash}")
            elif not answer.done:
                self.count(*answer.value)
            else:
                finished.append((worker.tasks.pop(answer.number), answer.value))
        return finished

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            finish(self._workers)
        self._kill()
