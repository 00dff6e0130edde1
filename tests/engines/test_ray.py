"""The Ray Data recipes of the documentation, on a local cluster of two CPUs."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.engines


def test_ray(run_recipe, read_clean, clean) -> None:
    run_recipe("ray", ("ray.data", "pyarrow"), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))
