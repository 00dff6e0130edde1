"""The Ray Data recipes of the documentation, on a local cluster of two CPUs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.engines


def test_ray(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("ray", ("ray.data", "pyarrow"), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))
