"""The training command: what it says when it cannot go on."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Never

import numpy as np
import pytest
from small_corpora import write_corpora

import cleantext
from cleantext.train import __main__ as command
from cleantext.train import agreement, augment, fit, material
from cleantext.train.fit import N_FOLDS, Trainer, view_folds

DATA = Path(__file__).resolve().parents[1] / "data"
forked = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="processes must be forked to train several folds at once"
)


class Killed:
    """In place of a trainer, whose process the system kills."""

    def __init__(self, *_: object) -> None:
        pass

    def model(self, _: frozenset[int]) -> Never:
        os._exit(9)

    views = mean_views = model


def not_reached(*_: object) -> Never:
    raise AssertionError("training began")


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with all that training needs: corpora/, data/ and the packages; training itself fails."""
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(write_corpora(tmp_path / "corpora")))
    monkeypatch.setenv("CLEANTEXT_CACHE", str(tmp_path / "cache"))
    # The extractors are of the extra `train`, which the tests do without.
    monkeypatch.setattr(agreement, "version", lambda name: "1")
    monkeypatch.setattr(material, "read_material", not_reached)
    for folder in ("lines", "pages"):
        (tmp_path / "data" / folder).mkdir(parents=True)
    line = {"text": "Advertisement", "label": 0, "kind": "ad", "lang": "en"}
    (tmp_path / "data/lines/en.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    (tmp_path / "data/pages/soup-en-full.txt").write_text("Boil the leeks.\n\nAdvertisement\n", encoding="utf-8")
    (tmp_path / "data/pages/soup-en-full.labels").write_text("1\n\n0\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


ARGUMENTS = ["--data", "data", "-o", "mine.ctm"]


@forked
def test_a_killed_process_is_told_and_nothing_is_written(
    ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(material, "read_material", lambda *_: ([], [], []))
    monkeypatch.setattr(fit, "Trainer", Killed)
    assert command.main([*ARGUMENTS, "--folds", str(ready / "folds"), "--jobs", "2"]) == 1
    assert "want of memory: each of 2 jobs takes some 5 GB; give fewer --jobs" in capsys.readouterr().err
    assert not (ready / "mine.ctm").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "new/mine.ctm"], "-o new/mine.ctm: there is no folder new; make it first"),
        (["-o", "data"], "-o data: is a folder; name a file in it, such as data/mine.ctm"),
        (["--folds", "data/lines/en.jsonl"], "data/lines/en.jsonl"),
        (["--data", "nowhere"], "--data nowhere: there is no lines/*.jsonl in it; name the folder that holds lines/ and pages/"),
        (["--jobs", "0"], "argument --jobs: must be a whole number from 1 on, not '0'"),
        (["--jobs", "-3"], "argument --jobs: must be a whole number from 1 on, not '-3'"),
    ],
)
def test_a_wrong_command_line_is_refused_before_training(
    arguments: list[str], message: str, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main([*ARGUMENTS, *arguments])
    assert message in capsys.readouterr().err
    assert not (ready / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fold", "5"], "argument --fold: must be a whole number from 0 to 4, not 5"),
        (["--fold", "0", "-o", "mine.ctm"], "leave out -o and --version"),
        (["--fold", "0", "--version", "mine-1"], "leave out -o and --version"),
    ],
)
def test_a_fold_takes_no_settings_that_it_would_ignore(
    arguments: list[str], message: str, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["--data", str(ready / "data"), *arguments])
    assert message in capsys.readouterr().err


def empty(folder: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        shutil.rmtree(root / folder)
        (root / folder).mkdir()

    return change


def write(file: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / file).write_text(text, encoding="utf-8")

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda root: shutil.rmtree(root / "corpora"), "set CLEANTEXT_CORPORA to the folder that holds"),
        (empty("corpora/wcxb-dev"), "no pages of corpus 'wcxb' in"),
        (empty("corpora/fundus"), "no pages of corpus 'fundus' in"),
        (empty("corpora/segments"), "corpus 'segments': [Errno 2] No such file or directory"),
        (empty("corpora/wcxb-dev/html"), "0001.html.gz'; data/README.md says where it is downloaded"),
        (write("corpora/segments/segments.json", "{"), "is not what it should be (JSONDecodeError"),
        (write("corpora/wcxb-dev/ground-truth/0001.json", "{}"), "is not what it should be (KeyError('ground_truth'))"),
        (empty("data/pages"), "there is no pages/*.txt in it"),
        (write("data/lines/en.jsonl", "Advertisement\n"), "a line or page of it cannot be read (JSONDecodeError"),
        (write("data/lines/en.jsonl", "{}\n"), "a line or page of it cannot be read (KeyError('text'))"),
        (write("data/pages/stew-en-full.txt", "Leeks."), "stew-en-full.labels'; data/README.md says what belongs there"),
        (write("data/pages/soup-en-full.labels", "1\n"), "soup-en-full.labels: has 1 labels, but the page has 2 lines"),
    ],
)
def test_corpora_and_data_are_looked_at_before_training(
    change: Callable[[Path], None], message: str, ready: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(ready)
    with pytest.raises(SystemExit, match="2"):
        command.main(ARGUMENTS)
    assert message in capsys.readouterr().err


def test_training_begins_when_all_is_there(ready: Path) -> None:
    with pytest.raises(AssertionError, match="training began"):
        command.main(ARGUMENTS)
    assert (ready / "cache" / "models").is_dir()


@pytest.mark.usefixtures("ready")
def test_a_missing_extractor_is_told_before_training(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(agreement, "version", version)
    monkeypatch.setattr(agreement, "DISTRIBUTIONS", ("no-such-extractor",))
    assert command.main(ARGUMENTS) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("cleantext.train: no-such-extractor is missing: ")
    assert ".[train]" in line


@pytest.mark.parametrize("package", ["scipy", "resiliparse", "tqdm"])
def test_without_the_extra_one_line_says_what_to_install(package: str) -> None:
    code = f"import runpy, sys; sys.modules[{package!r}] = None; runpy.run_module('cleantext.train', run_name='__main__')"

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONPATH": str(Path(cleantext.__file__).parents[1])}
        return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, env=environment, check=False)

    shown, told = run("--help"), run()
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "--jobs" in shown.stdout
    assert (told.returncode, told.stdout) == (1, "")
    (line,) = told.stderr.splitlines()
    assert line.startswith(f"cleantext.train: {package} is missing: ")
    assert ".[train]" in line


def test_hash_of_our_data_takes_no_notice_of_folders_in_it(ready: Path) -> None:
    before = command._hash_of_folders(ready / "data" / "lines")
    (ready / "data" / "lines" / ".checkpoints").mkdir()
    assert command._hash_of_folders(ready / "data" / "lines") == before
    (ready / "data" / "lines" / "de.jsonl").touch()
    assert command._hash_of_folders(ready / "data" / "lines") != before


@forked
def test_processes_make_the_models_that_one_makes_and_fit_each_view_once() -> None:
    pages, own = augment.read_pages(DATA / "pages")[::20], augment.read_lines(DATA / "lines", N_FOLDS)[::40]
    alone, several = Trainer(pages, [], own), Trainer(pages, [], own)
    expected, expected_views = command._models(alone, 1)
    found, views = command._models(several, 2)
    for one, other in zip(expected, found, strict=True):
        assert all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)
    for side in ("line", "page"):
        for name, weights in getattr(expected_views, side)._asdict().items():
            assert np.array_equal(weights, getattr(getattr(views, side), name)), (side, name)
    assert set(alone.fitted) == set(several.fitted) == set(view_folds())
    assert len(view_folds()) == 15
