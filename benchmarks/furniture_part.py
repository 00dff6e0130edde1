"""The furniture one-line cases as a part of `quality.py`; the cases themselves are in `furniture_cases`."""

from __future__ import annotations

from bench import Bench
from quality_pages import Figures


def compute(bench: Bench) -> Figures:
    return {}


def show(figures: Figures) -> str:
    return ""


def gated(figures: Figures) -> dict[str, float]:
    return {}
