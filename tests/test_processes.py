"""Worker processes answer each task, tell of errors and of their end, and end with their parent."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import queue
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cleantext.processes import Answer, Answers, Worker, finish, serve

METHODS = multiprocessing.get_all_start_methods()
SECONDS = 30.0


class OnlyHere:
    """Can be sent, but not received."""

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return int, ("no number",)


def double(end: socket.socket, told: int) -> None:
    def work(task: int, tell: Callable[[Any], None]) -> int:
        for step in range(told):
            tell(step)
        time.sleep(0.05 if task else SECONDS)
        return task * 2

    serve(end, lambda: work)


def dies_at_start(end: socket.socket) -> None:
    os._exit(3)


@pytest.fixture
def answers() -> Answers[Any]:
    return queue.SimpleQueue()


@pytest.fixture(params=METHODS)
def worker(request: pytest.FixtureRequest, answers: Answers[Any]) -> Iterator[Worker[Any]]:
    started: Worker[Any] = Worker(multiprocessing.get_context(request.param), double, (1,), answers)
    started.listen()
    yield started
    started.kill()
    assert not started.process.is_alive()


def test_answers_come_in_order_and_what_is_told_before(worker: Worker[Any], answers: Answers[Any]) -> None:
    for number in (7, 8):
        worker.give(number, number)
    finish([worker])
    assert worker.process.exitcode == 0
    got = [answers.get(timeout=SECONDS) for _ in range(5)]
    assert got == [
        (worker, Answer(7, 0, done=False)),
        (worker, Answer(7, 14)),
        (worker, Answer(8, 0, done=False)),
        (worker, Answer(8, 16)),
        (worker, None),
    ]


def test_an_error_is_told_and_the_worker_goes_on(worker: Worker[Any], answers: Answers[Any]) -> None:
    worker.give(1, "what is kept of it", sent={"no": "number"})
    worker.give(2, 5)
    told, failed, *rest = [answers.get(timeout=SECONDS)[1] for _ in range(4)]
    assert told == Answer(1, 0, done=False)
    assert isinstance(failed, Answer)
    assert failed.number == 1
    assert "TypeError" in (failed.crash or "")
    assert rest == [Answer(2, 0, done=False), Answer(2, 10)]
    assert worker.tasks == {1: "what is kept of it", 2: 5}  # until whoever takes the answers takes them off


def test_a_task_that_cannot_be_received(worker: Worker[Any], answers: Answers[Any]) -> None:
    worker.give(1, OnlyHere())
    _, answer = answers.get(timeout=SECONDS)
    assert isinstance(answer, Answer)
    assert answer.number == -1
    assert "no number" in (answer.crash or "")
    assert answers.get(timeout=SECONDS) == (worker, None)


def test_a_killed_worker_is_noticed_with_what_it_was_at(worker: Worker[Any], answers: Answers[Any]) -> None:
    worker.give(4, 0)
    assert answers.get(timeout=SECONDS) == (worker, Answer(4, 0, done=False))
    assert worker.process.pid is not None
    os.kill(worker.process.pid, signal.SIGKILL)
    assert answers.get(timeout=SECONDS) == (worker, None)
    assert worker.tasks == {4: 0}


@pytest.mark.parametrize("method", METHODS)
def test_a_worker_that_dies_before_it_reads_is_noticed(method: str, answers: Answers[Any]) -> None:
    worker: Worker[Any] = Worker(multiprocessing.get_context(method), dies_at_start, (), answers)
    worker.listen()
    try:
        worker.give(1, b"x" * 20_000_000)  # more than any kernel holds
        assert answers.get(timeout=SECONDS) == (worker, None)
    finally:
        worker.kill()


@pytest.mark.parametrize("method", METHODS)
def test_ends_are_noticed_whatever_else_the_program_forks(method: str, answers: Answers[Any]) -> None:
    """Later workers, and a process of the program's own, have no copy of an earlier worker's channel."""
    context: Any = multiprocessing.get_context(method)
    workers: list[Worker[Any]] = [Worker(context, double, (0,), answers) for _ in range(3)]
    bystander = context.Process(target=time.sleep, args=(SECONDS,), daemon=True)
    bystander.start()
    try:
        for worker in workers:
            worker.listen()
        for worker in workers:
            worker.end()
            assert answers.get(timeout=SECONDS / 2) == (worker, None)
        assert bystander.is_alive()
    finally:
        bystander.kill()
        bystander.join()
        for worker in workers:
            worker.kill()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_worker_ends_with_its_parent_though_a_process_is_left_that_the_program_forked(answers: Answers[Any]) -> None:
    heard, told = os.pipe()
    parent = os.fork()
    if not parent:  # which starts a worker, forks a process that stays, and is killed
        worker: Worker[Any] = Worker(multiprocessing.get_context("fork"), double, (0,), answers)
        worker.give(1, 0)
        bystander = os.fork()
        if not bystander:
            os.close(told)
            time.sleep(SECONDS)
            os._exit(0)
        os.write(told, b"%d %d\n" % (bystander, worker.process.pid or 0))
        time.sleep(SECONDS)
        os._exit(0)
    os.close(told)
    try:
        with open(heard, "rb") as pipe:
            left = [int(pid) for pid in pipe.readline().split()]
            os.kill(parent, signal.SIGKILL)
            os.waitpid(parent, 0)
            ended, _, _ = select.select([pipe], [], [], SECONDS / 2)  # the worker had it open too
            assert ended, "the worker lives"
    finally:
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
