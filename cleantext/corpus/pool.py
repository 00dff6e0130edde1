"""Worker processes: whole shards for each of them, or the blocks of one shard for all.

Each worker has a channel of its own. concurrent.futures shares two queues among its workers, and a process
that is killed while it holds one (which, with blocks of a megabyte, is most of the time) leaves the others
and the parent waiting for ever; here the end of a worker is the end of its channel and nothing else, and it
is known what it was at.

At both ends a thread receives. A worker thus has its next block at hand when it is done with one, and is
never held up in sending a result because the parent is compressing another, which cost a tenth of the time
of two workers when the parent received between its other duties.

Processes are spawned, not forked: a fork copies locks that threads of the parent (pyarrow's) may hold.
Ctrl-C reaches the whole process group, so workers have SIGINT blocked and the parent decides. Workers whose
parent is gone end at once, as else a killed run would go on writing behind its successor's back."""

from __future__ import annotations

import contextlib
import multiprocessing as mp
import os
import queue
import signal
import socket
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import NamedTuple

from cleantext.corpus.blocks import Block, Format
from cleantext.corpus.channel import Channel
from cleantext.corpus.clean import BlockResult, Cleaner
from cleantext.corpus.formats import open_format
from cleantext.corpus.plan import ShardJob
from cleantext.corpus.report import Tally
from cleantext.corpus.settings import Settings, ShardError
from cleantext.corpus.shard import Cleaning, ShardResult, clean_shard, in_order

__all__ = ["Pool"]

_DIED = "a worker process died (killed, or out of memory?); --resume tries again, with fewer --workers perhaps"
# Tasks under way per worker: one being cleaned, one already there when it is done.
_AHEAD = 2
# Blocks per worker whose results may wait for that of an earlier one, which bounds the memory.
_QUEUED = 8
_JOIN_SECONDS = 5.0

_CONTEXT = mp.get_context("spawn")


class _Task(NamedTuple):
    """What a worker gets. With a block: clean it; without: clean the whole shard."""

    number: int
    job: ShardJob
    block: Block | None = None


class _Answer(NamedTuple):
    """What comes back: a result, or what was read and counted on the way to one, or a traceback."""

    number: int
    result: ShardResult | BlockResult | None = None
    progress: tuple[int, Tally] | None = None
    crash: str | None = None


def _work(end: socket.socket, settings: Settings, output: Path) -> None:
    """The main function of a worker process."""
    channel = Channel(end)
    tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, tasks), daemon=True).start()
    cleaner = Cleaner(settings)
    while (task := tasks.get()) is not None:
        try:
            channel.send(_Answer(task.number, _done(task, cleaner, output, channel)))
        except (BrokenPipeError, ConnectionResetError):
            return
        except Exception:
            channel.send(_Answer(task.number, crash=traceback.format_exc()))


def _receive(channel: Channel, tasks: queue.SimpleQueue[_Task | None]) -> None:
    """Take tasks from the channel while another is worked on, and end with the parent."""
    while True:
        try:
            task = channel.receive()
        except (EOFError, OSError):
            os._exit(1)
        tasks.put(task)
        if task is None:
            return


def _done(task: _Task, cleaner: Cleaner, output: Path, channel: Channel) -> ShardResult | BlockResult:
    job, settings = task.job, cleaner.settings
    if task.block is not None:
        return cleaner.clean(job.name, open_format(job.format, job.compression, settings), task.block)

    def tell(read: int, tally: Tally) -> None:
        channel.send(_Answer(task.number, progress=(read, tally)))

    return clean_shard(job, output, settings, in_order(cleaner.clean), tell)


class _Worker:
    """A worker process as the parent sees it.

    Parameters
    ----------
    settings, output
        The run's.
    answers : SimpleQueue
        Gets this object with each answer, with None at the process's end, or with what receiving raised.
    """

    def __init__(self, settings: Settings, output: Path, answers: _Answers) -> None:
        mine, theirs = socket.socketpair()
        self.tasks: dict[int, _Task] = {}
        self._channel = Channel(mine)
        self.process = _CONTEXT.Process(target=_work, args=(theirs, settings, output), daemon=True)
        self._reader = threading.Thread(target=self._read, args=(answers,), daemon=True)
        with _signals_blocked(signal.SIGINT):
            self.process.start()
        theirs.close()
        with _signals_blocked(signal.SIGINT, signal.SIGTERM):  # the main thread waits for them
            self._reader.start()

    def _read(self, answers: _Answers) -> None:
        while True:
            try:
                answers.put((self, self._channel.receive()))
            except (EOFError, OSError):
                answers.put((self, None))
                return
            except BaseException as error:
                answers.put((self, error))
                return

    def give(self, task: _Task | None) -> None:
        """Send a task, or None for the end."""
        if task is not None:
            self.tasks[task.number] = task
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is noticed by the reader
            self._channel.send(task)

    def kill(self) -> None:
        self.process.kill()
        self._channel.end()
        self._reader.join()
        self._channel.close()
        self.process.join()


_Answers = queue.SimpleQueue[tuple[_Worker, _Answer | BaseException | None]]


@contextlib.contextmanager
def _signals_blocked(*signals: signal.Signals) -> Iterator[None]:
    """Processes and threads started here inherit the mask; a signal that comes meanwhile arrives afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # multiprocessing starts this helper with the first process, and unblocks SIGINT after it has.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
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
        self._workers: list[_Worker] = []
        self._answers: _Answers = queue.SimpleQueue()
        try:
            for _ in range(workers):
                self._workers.append(_Worker(settings, output, self._answers))
        except BaseException:
            self._kill()
            raise

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
                    worker.give(_Task(next(self._numbers), waiting.popleft()))
                    under_way += 1
            for task, answer in self._finished():
                under_way -= 1
                if answer is None:
                    yield ShardResult(task.job, Tally(), problem=_DIED)
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
            worker.give(task)
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
                self._workers[self._workers.index(worker)] = _Worker(self._settings, self._output, self._answers)
                finished += [(task, None) for task in worker.tasks.values()]
            elif answer.crash is not None:
                raise RuntimeError(f"in a worker process:\n{answer.crash}")
            elif answer.progress is not None:
                self.count(*answer.progress)
            else:
                finished.append((worker.tasks.pop(answer.number), answer.result))
        return finished

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()
        self._workers = []

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for worker in self._workers:
                worker.give(None)
            for worker in self._workers:
                worker.process.join(_JOIN_SECONDS)
        self._kill()
