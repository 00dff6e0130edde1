"""The training command: what it says when it cannot go on."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Never

import numpy as np
import pytest

from cleantext.train import __main__ as command
from cleantext.train import augment
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


@forked
def test_a_killed_process_is_told_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "find_corpora", lambda: tmp_path)
    monkeypatch.setattr(command, "read_material", lambda *_: ([], [], []))
    monkeypatch.setattr(command, "Trainer", Killed)
    model = tmp_path / "model.bin"
    assert command.main(["--output", str(model), "--folds", str(tmp_path / "folds"), "--jobs", "2"]) == 1
    assert "want of memory: each of 2 jobs takes some 5 GB; give fewer --jobs" in capsys.readouterr().err
    assert not model.exists()


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
