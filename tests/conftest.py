"""Where everything a test may want is installed, a skipped test is a failed one: `CLEANTEXT_NO_SKIPS=1` says so.

CI sets it. A test that is skipped there for want of a package would be green for ever and say nothing.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


def _no_skips(report: Report) -> Report:
    if os.environ.get("CLEANTEXT_NO_SKIPS") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although CLEANTEXT_NO_SKIPS is set: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _no_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module that `importorskip` skips as a whole never reaches the hook above."""
    return _no_skips((yield))
