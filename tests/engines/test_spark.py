"""The Spark recipes of the documentation, on a local master with two cores."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cleantext.reports import report_stream

pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(shutil.which("java") is None and os.environ.get("CLEANTEXT_REQUIRE_ENGINES") != "1", reason="no Java"),
]


def test_spark(run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], clean: list[str | None]) -> None:
    run_recipe("spark", ("pyspark", "pyarrow"), workers=2)
    assert read_clean("clean") == dict(enumerate(clean))


def test_spark_with_added_columns(
    run_recipe: Callable[..., Path], read_clean: Callable[[str], dict[int, str | None]], pages: list[str | None]
) -> None:
    run_recipe("spark-added", ("pyspark", "pyarrow"), workers=2)
    reports = dict(enumerate(report_stream(pages)))
    kept = {
        number: report.text
        for number, report in reports.items()
        if report is not None and (not report.n_words or report.n_words_dropped / report.n_words <= 0.8)
    }
    assert len(kept) < len(pages)
    assert read_clean("clean") == kept
