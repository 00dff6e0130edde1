"""In CI a skipped test is a failed test: CI has everything a test may want."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if os.environ.get("CLEANTEXT_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CLEANTEXT_NO_SKIPS is set: {report.longrepr}"
    return report


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A whole module skipped by `importorskip` never reaches the hook above."""
    if os.environ.get("CLEANTEXT_NO_SKIPS") and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"skipped although CLEANTEXT_NO_SKIPS is set: {report.longrepr}"
