"""Several processes give what one gives, in order, and end in every case: done, left early, or with a worker killed."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from ftfy import TextFixerConfig
from strategies import drawn_model

import cleantext
from cleantext import strip_many, strip_stream, workers
from cleantext.strip import report_stream

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


@pytest.mark.usefixtures("small_chunks")
def test_error_of_the_source_ends_the_processes() -> None:
    def source() -> Iterator[str]:
        yield from ["x" * 500] * 100
        raise KeyError("broken shard")

    with pytest.raises(KeyError, match="broken shard"):
        list(strip_stream(source(), model=MODEL, workers=2))
    assert not children()


@pytest.mark.usefixtures("small_chunks")
def test_wrong_page_is_told_where_it_was_given() -> None:
    with pytest.raises(TypeError, match="decode it first"):
        strip_many(["x" * 500, b"bytes"] * 10, model=MODEL, workers=2)  # type: ignore[list-item]
    assert not children()


def test_settings_are_checked_before_processes_start() -> None:
    with pytest.raises(ValueError, match="threshold"):
        strip_many(["a"], threshold=7, model=MODEL, workers=2)


# A program as a user would write it, run by itself: the start method is set once in a process.
PROGRAM = """
import multiprocessing, os, signal, sys
sys.path[:0] = {paths!r}
from strategies import drawn_model
from cleantext import strip_many, strip_stream, workers
from cleantext.strip import report_stream

def texts(kill):
    for n in range(400):
        if kill and n == 200:
            os.kill(multiprocessing.active_children()[0].pid, signal.SIGKILL)
        yield "READ MORE\\n\\nThe harbour on day %d is quiet.\\n" % n * 20

if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
    workers._CHUNK = 5000
    model = drawn_model()
    if {kill}:
        got = []
        try:
            for text in strip_stream(texts(True), model=model, workers=2):
                got.append(text)
        except RuntimeError as error:
            assert "a cleaning process died" in str(error), error
        else:
            sys.exit("no error")
        assert got == strip_many(texts(False), model=model)[:len(got)]
        assert len(got) < 400
    else:
        assert strip_many(texts(False), model=model, workers=2) == strip_many(texts(False), model=model)
    assert not multiprocessing.active_children()
    print("done")
"""


@pytest.mark.parametrize("kill", [False, True], ids=["undisturbed", "killed"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_start_methods_and_a_killed_worker(method: str, kill: bool, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no start method {method} here")
    paths = [str(Path(__file__).parent), str(Path(cleantext.__file__).parents[1])]
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(paths=paths, method=method, kill=kill), encoding="utf-8")
    # A hang would be ended, and fail the test, here.
    (tmp_path / "temporary").mkdir()
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "TMPDIR": str(tmp_path / "temporary")}
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert (done.stdout, done.returncode) == ("done\n", 0), done.stderr
    assert not list((tmp_path / "temporary").iterdir())


# What a guard is for: each process runs this anew, and ends at its attempt to start more.
UNGUARDED = """
import multiprocessing
if multiprocessing.current_process().name == "MainProcess":
    multiprocessing.set_start_method({method!r})
from strategies import drawn_model
from cleantext import strip_many
strip_many(["The harbour is quiet. " * {times}] * 4, model={model}, workers=2)
"""


@pytest.mark.parametrize(
    ("method", "model", "times"),
    [("spawn", "None", 1), ("spawn", "drawn_model()", 200_000), ("forkserver", "drawn_model()", 1)],
    ids=["shipped model", "own model, long pages", "fork server"],
)
def test_script_without_a_guard_ends_and_is_told_of_it(method: str, model: str, times: int, tmp_path: Path) -> None:
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip(f"no start method {method} here")
    program = tmp_path / "program.py"
    program.write_text(UNGUARDED.format(method=method, model=model, times=times), encoding="utf-8")
    paths = [str(Path(__file__).parent), str(Path(cleantext.__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=120, env=environment, check=False)
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("RuntimeError: a cleaning process died before it had cleaned a page"), done.stderr
    assert 'if __name__ == "__main__":' in last


@pytest.mark.parametrize("settings", [{"model": MODEL}, {"normalize": TextFixerConfig(), "model": None}], ids=["own model", "shipped"])
def test_what_a_process_is_started_with_fits_into_any_pipe(settings: dict[str, Any]) -> None:
    with workers._starting(partial(strip_many, threshold=0.5, **settings), "spawn") as (start, argument):
        assert len(pickle.dumps((start, argument))) < 4096
        start(argument)
    assert workers._clean.pop()(TEXTS[:20]) == strip_many(TEXTS[:20], threshold=0.5, **settings)


@pytest.mark.usefixtures("small_chunks")
def test_configuration_reaches_the_workers() -> None:
    config = TextFixerConfig(uncurl_quotes=True, normalization="NFKC")
    texts = ["\N{LEFT DOUBLE QUOTATION MARK}The harbour was quiet.\N{RIGHT DOUBLE QUOTATION MARK} \N{LATIN SMALL LIGATURE FI}sh"] * 30
    assert strip_many(texts, threshold=0, normalize=config, model=MODEL, workers=2) == ['"The harbour was quiet." fish'] * 30
