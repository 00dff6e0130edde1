"""Cleaning in several processes, in order and in bounded memory."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from types import TracebackType
from typing import NamedTuple

from .lines import BLOCK_BYTES
from .processes import Answer, Answers, Worker, finish, serve

Pages = list[str | None]
Clean = Callable[[Pages], Pages]

# Characters sent to a worker at once: several blocks, so that pickling and waking cost little beside the work (at 2 MB, 2 % of it).
_CHUNK = 4 * BLOCK_BYTES
# A worker's first chunk; each is twice as large as the one before. The first results thus come early, and by the time that much is read
# ahead the workers have shown that they keep up.
_FIRST_CHUNK = BLOCK_BYTES // 8
# Characters that a page counts for beside its own, so that a chunk has 65,536 pages at most.
_PER_PAGE = 32
# Chunks under way for each worker: one at work, one waiting.
_AHEAD = 2
# Seconds for which pages of a slow source wait to become a chunk while a worker has nothing to do.
_PATIENCE = 0.1

_ADVICE = 'use fewer workers or smaller pages; is the `if __name__ == "__main__":` guard missing?'


def in_processes(clean: Clean, texts: Iterable[str | None], workers: int) -> Iterator[str | None]:
    """Clean pages in `workers` processes; results come in order, each as soon as those before it are there and `texts` gives a page.

    `clean` is sent to each process once. Works with every start method of `multiprocessing`; with "spawn" and "forkserver" the
    calling script needs the usual ``if __name__ == "__main__":``. For each process, at most 4 MB of characters (or two pages longer
    than 2 MB) are read ahead of what was yielded, before the first result 128 KB; the chunk that is being read comes on top.

    An error of `texts` is raised after the results of the pages before it.

    Raises
    ------
    ValueError
        At the call, if this process may not start others.
    RuntimeError
        If a process dies (killed, or out of memory) or cannot start, or cleaning fails in it; after the results of the pages before
        those that it was given. Nothing hangs.
    """
    if multiprocessing.current_process().daemon:
        raise ValueError(
            f"workers is {workers}, but this is a daemonic process, such as a worker of multiprocessing.Pool, "
            "which may not start others: leave out workers"
        )
    return _in_team(clean, texts, workers)


def _in_team(clean: Clean, texts: Iterable[str | None], workers: int) -> Iterator[str | None]:
    with _Team(clean, workers) as team:
        yield from _cleaned(texts, team)


def _cleaned(texts: Iterable[str | None], team: _Team) -> Iterator[str | None]:
    pages: Pages = []
    used = 0
    late = monotonic() + _PATIENCE
    quiet = team.answers.empty
    source = _Source(texts)
    for text in source:
        # A str of a class of its own may hold a whole tree of a page, or not be picklable.
        pages.append(text if text is None or type(text) is str else str.__str__(text))
        used += _PER_PAGE if text is None else len(text) + _PER_PAGE
        if not quiet():
            yield from team.results()
            late = monotonic() + _PATIENCE
        if used >= team.limit or (team.idle and monotonic() > late):
            yield from team.results(most=team.most - 1)
            team.give(pages)
            pages, used, late = [], 0, monotonic() + _PATIENCE
    if pages:
        yield from team.results(most=team.most - 1)
        team.give(pages)
    yield from team.results(most=0)
    if source.error is not None:
        raise source.error


class _Source:
    """Pages up to the end or to an error of what gives them, which is kept until their results are out."""

    def __init__(self, texts: Iterable[str | None]) -> None:
        self._texts = texts
        self.error: Exception | None = None

    def __iter__(self) -> Iterator[str | None]:
        try:
            yield from self._texts
        except Exception as error:
            self.error = error


class _Chunk(NamedTuple):
    """Pages that were given: the number of the first, and how many."""

    first: int
    n_pages: int

    def __str__(self) -> str:
        return f"page {self.first}" if self.n_pages == 1 else f"pages {self.first} to {self.first + self.n_pages - 1}"


class _Team:
    """Processes that clean, and what they were given. A context manager, at whose end there are no processes any more.

    Parameters
    ----------
    clean : callable
    workers : int

    Attributes
    ----------
    limit : int
        Characters of the next chunk.
    idle : bool
        Whether a worker has nothing to do.
    most : int
        Chunks that may be under way or wait for an earlier one's results.
    answers : SimpleQueue
        If it is not empty, `results` may have some without waiting.
    """

    def __init__(self, clean: Clean, workers: int) -> None:
        self._process = os.getpid()
        self.answers: Answers[_Chunk] = queue.SimpleQueue()
        self._order: deque[_Chunk] = deque()
        self._results: dict[int, Answer | None] = {}
        self._given = 0
        self._died = False
        self.most = _AHEAD * workers
        self._workers: list[Worker[_Chunk]] = []
        try:
            self._start(workers)
        except BaseException:
            self._kill()
            raise
        # What each worker has yet to be sent, and how long its next chunk may be.
        self._unsent: dict[Worker[_Chunk], Clean | None] = dict.fromkeys(self._workers, clean)
        self._sizes = dict.fromkeys(self._workers, _FIRST_CHUNK)
        self._plan()

    def _start(self, workers: int) -> None:
        context = multiprocessing.get_context()
        try:
            for _ in range(workers):
                self._workers.append(Worker(context, _work, (), self.answers))
        except (OSError, EOFError) as error:
            raise RuntimeError(f"a cleaning process could not start ({error or type(error).__name__}): {_ADVICE}") from error
        for worker in self._workers:
            worker.listen()

    def _plan(self) -> None:
        self._next = min(self._workers, key=lambda worker: len(worker.tasks))
        self.idle = not self._next.tasks
        # With a dead worker it ends with the next chunk, so that should come soon.
        self.limit = 0 if self._died else min(_CHUNK, self._sizes[self._next])

    def give(self, pages: Pages) -> None:
        """Send a chunk to the worker with the least to do."""
        chunk = _Chunk(self._given, len(pages))
        self._order.append(chunk)
        self._given += len(pages)
        if self._died:
            self._results[chunk.first] = None
            return
        worker = self._next
        # As bytes, texts pass the channel without being looked at one by one.
        worker.give(chunk.first, chunk, sent=(self._unsent.pop(worker, None), pickle.dumps(pages, pickle.HIGHEST_PROTOCOL)))
        self._plan()

    def results(self, most: int | None = None) -> Iterator[str | None]:
        """Results that are there, in order, and with `most` those that come until no more chunks than that are under way."""
        while True:
            while not self.answers.empty() or (most is not None and len(self._order) > most and self._order[0].first not in self._results):
                self._take()
            while self._order and self._order[0].first in self._results:
                chunk = self._order.popleft()
                yield from self._value(chunk, self._results.pop(chunk.first))
            if most is None or len(self._order) <= most:
                return

    def _value(self, chunk: _Chunk, answer: Answer | None) -> Pages:
        if answer is None:
            died = "a cleaning process died (killed, or out of memory) or could not start"
            raise RuntimeError(f"{died}: {_ADVICE} The results end before {chunk}")
        if answer.crash is not None:
            raise RuntimeError(f"cleaning failed in {chunk}; the results end before:\n{answer.crash}")
        cleaned: Pages = pickle.loads(answer.value)
        return cleaned

    def _take(self) -> None:
        if os.getpid() != self._process:
            raise RuntimeError("results of cleaning processes were asked for in a forked process: ask where the first one was asked for")
        worker, answer = self.answers.get()
        if isinstance(answer, BaseException):
            raise answer
        if answer is None:
            self._died = True
            self._results.update(dict.fromkeys(worker.tasks))
        elif answer.number < 0:
            raise RuntimeError(f"a cleaning process could not read what it was sent:\n{answer.crash}")
        else:
            del worker.tasks[answer.number]
            self._results[answer.number] = answer
            self._sizes[worker] = min(_CHUNK, 2 * self._sizes[worker])
        self._plan()

    def _kill(self) -> None:
        for worker in self._workers:
            worker.kill()

    def __enter__(self) -> _Team:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # A forked process may drop its copy; the processes are not its own.
        if os.getpid() != self._process:
            return
        if kind is None:
            finish(self._workers)
        self._kill()


def _work(end: socket.socket) -> None:
    """The main function of a cleaning process: `clean` comes with its first chunk."""
    known: list[Clean] = []

    def work(task: tuple[Clean | None, bytes], tell: Callable[[object], None]) -> bytes:
        clean, pages = task
        if clean is not None:
            known[:] = [clean]
        return pickle.dumps(known[0](pickle.loads(pages)), pickle.HIGHEST_PROTOCOL)

    serve(end, lambda: work)
