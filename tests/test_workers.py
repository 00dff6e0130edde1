"""Several processes give what one gives, in order and soon, and end in every case: done, left early, with a worker killed or the parent."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from strategies import drawn_model

import cleantext
from cleantext import strip_many, strip_stream, workers
from cleantext.reports import report_stream

MODEL = drawn_model()
TEXTS: list[str | None] = [
    None if n % 13 == 5 else f"READ MORE\n\nThe harbour, said NATO on day {n}, is quiet.\n" * (n % 7) + "\u6771\u4eac\n\ud800 &amp; \x80"
    for n in range(300)
]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many chunks of few pages; the processes get them as they are, so forked ones need no setting."""
    monkeypatch.setattr(workers, "_CHUNK", 2000)


def children() -> set[int | None]:
    return {process.pid for process in multiprocessing.active_children()}


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("normalize", [True, False])
def test_same_results_in_order(count: int, normalize: bool) -> None:
    expected = strip_many(TEXTS, normalize=normalize, model=MODEL, threshold="recall")
    assert strip_many(iter(TEXTS), normalize=normalize, model=MODEL, threshold="recall", workers=count) == expected
    assert not children()


@pytest.mark.parametrize("texts", [[], [None], [None, "", None], ["a"]])
def test_few_pages(texts: list[str | None]) -> None:
    assert strip_many(texts, threshold=0, model=MODEL, workers=2) == texts


@pytest.mark.parametrize("count", [0, -1])
def test_no_workers_are_refused_at_the_call(count: int) -> None:
    with pytest.raises(ValueError, match=rf"workers is {count}, not 1 or more"):
        strip_stream(TEXTS, model=MODEL, workers=count)
    with pytest.raises(ValueError, match=r"leave it out to clean in this process"):
        strip_many(TEXTS, model=MODEL, workers=count)


def test_settings_of_reports_are_checked_at_the_call() -> None:
    with pytest.raises(ValueError, match="threshold"):
        report_stream(TEXTS, model=MODEL, threshold=1.5)
    with pytest.raises(ValueError, match="threshold"):
        report_stream(iter(()), model=MODEL, threshold="strict")


@pytest.mark.parametrize("count", [None, 1])
def test_one_worker_is_this_process(count: int | None) -> None:
    stream = strip_stream(TEXTS, model=MODEL, workers=count)
    next(stream)
    assert not children()


@pytest.mark.usefixtures("small_chunks")
def test_reads_a_few_chunks_ahead_and_no_more() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "x" * 500  # four make a chunk

    stream = strip_stream(source(), model=MODEL, workers=2)
    assert taken == 0
    for given_back in range(1, 200):
        next(stream)
        # The chunk that is given out, four under way and one just read.
        assert taken <= given_back + 6 * 4
    stream.close()  # type: ignore[attr-defined]
    assert not children()


def broken(texts: list[str | None]) -> Iterator[str | None]:
    yield from texts
    raise KeyError("broken shard")


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("n_pages", [0, 1, 100])
@pytest.mark.parametrize(
    ("texts", "error", "message"),
    [
        (broken, KeyError, "broken shard"),
        (lambda texts: [*texts, b"bytes"], TypeError, "page {} must be str or None, not bytes: decode it first"),
    ],
    ids=["error of the source", "wrong page"],
)
def test_pages_before_an_error_are_cleaned(texts: Any, error: type[Exception], message: str, n_pages: int) -> None:
    before = TEXTS[:n_pages]
    stream = strip_stream(texts(before), model=MODEL, workers=2)
    assert list(islice(stream, n_pages)) == strip_many(before, model=MODEL)
    with pytest.raises(error, match=message.format(n_pages)):
        next(stream)
    assert not children()


class Node(str):
    """A text that holds the tree it stands in, as HTML parsers return them, and says something else when asked."""

    def __init__(self, text: str) -> None:
        self.tree = lambda: text

    def __str__(self) -> str:
        return "a node"


def test_texts_of_a_class_of_their_own() -> None:
    assert strip_many([Node("a"), None, Node("b")], threshold=0, model=MODEL, workers=2) == ["a", None, "b"]


def test_settings_are_checked_before_processes_start() -> None:
    with pytest.raises(ValueError, match="threshold"):
        strip_many(["a"], threshold=7, model=MODEL, workers=2)


def call_in_daemonic_process(results: multiprocessing.SimpleQueue[str]) -> None:
    try:
        strip_stream(["a"], model=MODEL, workers=2)
    except ValueError as error:
        results.put(str(error))
    results.put(str(strip_many(["a"], threshold=0, model=MODEL, workers=1)))


def test_daemonic_process_is_told_at_the_call() -> None:
    results: multiprocessing.SimpleQueue[str] = multiprocessing.SimpleQueue()
    process = multiprocessing.Process(target=call_in_daemonic_process, args=(results,), daemon=True)
    process.start()
    process.join(60)
    assert process.exitcode == 0
    message = results.get()
    assert message.startswith("workers is 2, but this is a daemonic process")
    assert message.endswith("leave out workers")
    assert results.get() == "['a']"


# Programs as a user would write them, run by themselves: the start method is set once in a process.
BEGIN = """
import multiprocessing, os, signal, subprocess, sys, time
sys.path[:0] = {paths!r}
from strategies import drawn_model
from cleantext import strip_many, strip_stream, workers
PAGE = "READ MORE\\n\\nThe harbour is quiet.\\n" * 50
"""

WHOLE = """
def texts():
    return ("READ MORE\\n\\nThe harbour on day %d is quiet.\\n" % n * 20 for n in range(400))

if __name__ == "__main__":
    multiprocessing.set_start_method(METHOD)
    workers._CHUNK = 5000
    model = drawn_model()
    assert strip_many(texts(), model=model, workers=2) == strip_many(texts(), model=model)
    assert not multiprocessing.active_children()
    print("done")
"""

# The results before those that were lost are yielded.
KILLED = """
def texts(kill):
    for n in range(4000):
        if kill and n == 2000:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        yield "READ MORE\\n\\nThe harbour on day %d is quiet.\\n" % n * 20

if __name__ == "__main__":
    multiprocessing.set_start_method(METHOD)
    workers._CHUNK = 5000
    model = drawn_model()
    got = []
    try:
        for text in strip_stream(texts(True), model=model, workers=2):
            got.append(text)
    except RuntimeError as error:
        assert "a cleaning process died" in str(error), error
        assert f"The results end before pages {len(got)} to" in str(error), (len(got), error)
    else:
        sys.exit("no error")
    assert got == strip_many(texts(False), model=model)[:len(got)]
    assert 1000 < len(got) < 4000
    assert not multiprocessing.active_children()
    print("done")
"""

# Killed while the parent is stopped, so that what the worker sends has come in part.
KILLED_SENDING = """
if __name__ == "__main__":
    multiprocessing.set_start_method(METHOD)
    workers._FIRST_CHUNK = workers._CHUNK
    stream = strip_stream((PAGE for _ in iter(int, 1)), threshold=0, model=drawn_model(), workers=2)
    next(stream)
    first, _ = (process.pid for process in multiprocessing.active_children())
    script = f"kill -STOP {os.getpid()}; sleep 2; kill -KILL {first}; kill -CONT {os.getpid()}"
    helper = subprocess.Popen(["sh", "-c", script])
    try:
        for _ in stream:
            pass
    except RuntimeError as error:
        assert "a cleaning process died" in str(error), error
    assert not multiprocessing.active_children()
    helper.wait()
    print("done")
"""

# Each process runs the program anew, and fails in it.
UNGUARDED = """
multiprocessing.set_start_method(METHOD, force=True)
try:
    strip_many([PAGE] * 3, model=drawn_model(), workers=2)
except RuntimeError as error:
    if multiprocessing.parent_process() is not None or 'is the `if __name__ == "__main__":` guard missing?' not in str(error):
        raise
    print("done")
"""

# The processes have standard output open, which ends with the last of them.
ABANDONED = """
if __name__ == "__main__":
    multiprocessing.set_start_method(METHOD)
    next(strip_stream((PAGE for _ in iter(int, 1)), model=drawn_model(), workers=3))
    stream = strip_stream((PAGE for _ in iter(int, 1)), model=drawn_model(), workers=3)
    next(stream)
    print("done", flush=True)
    os.kill(os.getpid(), signal.{signal})
    time.sleep(60)
"""

PROGRAMS = {
    "undisturbed": (WHOLE, 0),
    "killed": (KILLED, 0),
    "killed while it sends": (KILLED_SENDING, 0),
    "parent killed": (ABANDONED.replace("{signal}", "SIGKILL"), -9),
    "parent terminated": (ABANDONED.replace("{signal}", "SIGTERM"), -15),
}


def run_program(program: str, method: str, folder: Path) -> subprocess.CompletedProcess[str]:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no start method {method} here")
    paths = [str(Path(__file__).parent), str(Path(cleantext.__file__).parents[1])]
    path = folder / "program.py"
    path.write_text(f"METHOD = {method!r}\n" + BEGIN.format(paths=paths) + program, encoding="utf-8")
    # A hang would be ended, and fail the test, here.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, env=environment, check=False)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_programs_end(method: str, name: str, tmp_path: Path) -> None:
    program, code = PROGRAMS[name]
    done = run_program(program, method, tmp_path)
    assert (done.stdout, done.returncode) == ("done\n", code), done.stderr


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_program_without_its_guard_is_told(method: str, tmp_path: Path) -> None:
    done = run_program(UNGUARDED, method, tmp_path)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr


def test_the_first_results_come_early_and_few_pages_are_read_for_them() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            yield "x" * 1000

    stream = strip_stream(source(), model=MODEL, workers=4)
    next(stream)
    assert taken * 1000 <= (2 * 4 + 1) * workers._FIRST_CHUNK
    stream.close()  # type: ignore[attr-defined]


def test_a_slow_source_is_not_waited_for() -> None:
    taken = 0

    def source() -> Iterator[str]:
        nonlocal taken
        while True:
            taken += 1
            time.sleep(0.01)
            yield "x"

    stream = strip_stream(source(), model=MODEL, workers=2)
    for _ in range(100):
        next(stream)
    assert taken < 1500  # of 2,000 that would be a chunk
    stream.close()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("small_chunks")
def test_configuration_reaches_the_workers() -> None:
    import ftfy

    config = ftfy.TextFixerConfig(uncurl_quotes=True, normalization="NFKC")
    texts = ["\N{LEFT DOUBLE QUOTATION MARK}The harbour was quiet.\N{RIGHT DOUBLE QUOTATION MARK} \N{LATIN SMALL LIGATURE FI}sh"] * 30
    assert strip_many(texts, threshold=0, normalize=config, model=MODEL, workers=2) == ['"The harbour was quiet." fish'] * 30
