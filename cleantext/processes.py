"""Worker processes, each with a channel of its own to the process that gives it work.

concurrent.futures shares two queues among its workers, and a process that is killed while it holds one (which, with results of a
megabyte, is most of the time) leaves the others and the parent waiting for ever; here the end of a worker is the end of its channel
and nothing else, and it is known what it was at. What a worker works with is sent through the channel too: a start method writes
what it starts a process with into a pipe that it holds at both ends, and waits for ever if the process is dead by then.

At both ends a thread receives. A worker thus has its next task at hand when it is done with one, and is never held up in sending a
result because the parent is about another, which cost a tenth of the time of two workers when the parent received between its other
duties.

Ctrl-C reaches the whole process group, so workers have SIGINT blocked and the parent decides. Workers whose parent is gone end at
once."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import socket
import threading
import traceback
import weakref
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import resource_tracker
from typing import Any, Generic, NamedTuple, TypeVar

from .channel import Channel

__all__ = ["Answer", "Answers", "Worker", "finish", "serve"]

_JOIN_SECONDS = 5.0

Task = TypeVar("Task")


class Answer(NamedTuple):
    """What comes back.

    Attributes
    ----------
    number : int
        Of the task; -1 if a task could not be received.
    value : object
        What was worked out for it, or told on the way.
    done : bool
        False for what is told on the way.
    crash : str, optional
        The traceback of an error instead of a value.
    """

    number: int
    value: Any = None
    done: bool = True
    crash: str | None = None


Work = Callable[[Any, Callable[[Any], None]], Any]


def serve(end: socket.socket, prepare: Callable[[], Work]) -> None:
    """Work on what comes, one after the other, until None comes: what a worker process does.

    Parameters
    ----------
    end : socket.socket
        What the worker's main function was given.
    prepare : callable
        Is called once and gives the function that works: it gets a task, and a function that tells the parent something on the way to
        the result, which it returns.
    """
    if hasattr(signal, "pthread_sigmask"):  # a fork server's children do not inherit the mask
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    channel = Channel(end)
    tasks: queue.SimpleQueue[tuple[int, Any] | str | None] = queue.SimpleQueue()
    threading.Thread(target=_receive, args=(channel, tasks), daemon=True).start()
    work = prepare()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the parent is gone
        while (item := tasks.get()) is not None:
            if isinstance(item, str):
                channel.send(Answer(-1, crash=item))
                return
            _work_on(*item, work, channel)


def _work_on(number: int, task: Any, work: Work, channel: Channel) -> None:
    def tell(value: Any) -> None:
        channel.send(Answer(number, value, done=False))

    try:
        channel.send(Answer(number, work(task, tell)))
    except (BrokenPipeError, ConnectionResetError):
        raise
    except Exception:
        channel.send(Answer(number, crash=traceback.format_exc()))


def _receive(channel: Channel, tasks: queue.SimpleQueue[tuple[int, Any] | str | None]) -> None:
    """Take tasks from the channel while another is worked on, and end with the parent."""
    while True:
        try:
            item = channel.receive()
        except (EOFError, OSError):
            os._exit(1)
        except BaseException:
            # What comes next may begin within a message.
            tasks.put(traceback.format_exc())
            return
        tasks.put(item)
        if item is None:
            return


class Worker(Generic[Task]):
    """A worker process as its parent sees it.

    Parameters
    ----------
    context : multiprocessing.context.BaseContext
        How to start it.
    main : callable
        Gets the worker's end of the channel and `args`, and calls `serve`.
    args : tuple
        A few bytes when pickled.
    answers : SimpleQueue
        Gets this object with each answer, with None at the process's end, or with what receiving raised; after `listen`.

    Attributes
    ----------
    tasks : dict
        Those that were given and not answered, by number.
    process : multiprocessing.Process

    Raises
    ------
    OSError, EOFError
        The process could not be started.
    """

    def __init__(self, context: Any, main: Callable[..., None], args: tuple[object, ...], answers: Answers[Task]) -> None:
        mine, theirs = socket.socketpair()
        self.tasks: dict[int, Task] = {}
        self._channel = Channel(mine)
        self._reader = threading.Thread(target=self._read, args=(answers,), daemon=True)
        self.process = context.Process(target=main, args=(theirs, *args), daemon=True)
        _ends.update((mine, theirs))
        _starting.end = theirs
        try:
            _start_helpers(context.get_start_method())
            with _signals_blocked(signal.SIGINT):
                self.process.start()
        except BaseException:
            self._channel.close()
            raise
        finally:
            del _starting.end
            theirs.close()

    def listen(self) -> None:
        """Receive from now on. Apart from the start, as a process that has threads should not be forked."""
        with _signals_blocked(signal.SIGINT, signal.SIGTERM):  # the main thread waits for them
            self._reader.start()

    def _read(self, answers: Answers[Task]) -> None:
        while True:
            try:
                answers.put((self, self._channel.receive()))
            except (EOFError, OSError):
                answers.put((self, None))
                return
            except BaseException as error:
                answers.put((self, error))
                return

    def give(self, number: int, task: Task, sent: object = None) -> None:
        """Send a task, or `sent` in its place and hold the task."""
        self.tasks[number] = task
        self._send((number, task if sent is None else sent))

    def end(self) -> None:
        """Let it end when it is done with all tasks."""
        self._send(None)

    def _send(self, item: object) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # its end is noticed by the reader
            self._channel.send(item)

    def kill(self) -> None:
        """End it in any case, and wait until it has."""
        self.process.kill()
        self._channel.end()
        if self._reader.ident is not None and self._reader is not threading.current_thread():
            self._reader.join()
        self._channel.close()
        self.process.join()


Answers = queue.SimpleQueue[tuple[Worker[Task], Answer | BaseException | None]]


def finish(workers: Iterable[Worker[Any]]) -> None:
    """Let workers that have nothing left to do end by themselves, for a few seconds; `Worker.kill` is still to be called."""
    for worker in workers:
        worker.end()
    for worker in workers:
        worker.process.join(_JOIN_SECONDS)


# Ends of channels open in this process. A copy in a forked process would keep the end of a channel from being noticed.
_ends: weakref.WeakSet[socket.socket] = weakref.WeakSet()
# The end that is meant for the process about to be forked by this thread.
_starting = threading.local()


def _close_ends() -> None:
    for end in list(_ends):
        if end is not getattr(_starting, "end", None):
            end.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_ends)


def _start_helpers(method: str) -> None:
    """Start the processes that multiprocessing starts with the first one: they should not inherit the mask, nor unblock SIGINT."""
    if method == "fork" or not hasattr(signal, "pthread_sigmask"):
        return
    resource_tracker.ensure_running()
    if method == "forkserver":
        from multiprocessing import forkserver

        forkserver.ensure_running()


@contextlib.contextmanager
def _signals_blocked(*signals: signal.Signals) -> Iterator[None]:
    """Processes and threads started here inherit the mask; a signal that comes meanwhile arrives afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
