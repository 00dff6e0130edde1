"""The training command: what it says when it cannot go on."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Never

import pytest

from cleantext.train import __main__ as command


class Killed:
    """In place of a trainer, whose process the system kills."""

    def __init__(self, *_: object) -> None:
        pass

    def model(self, _: frozenset[int]) -> Never:
        os._exit(9)

    mean_views = model


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="folds are trained at once where processes are forked")
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
