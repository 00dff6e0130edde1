"""Two rules for all tests: what hypothesis may take and draw, and that CI skips nothing.

Where everything a test may want is installed, `CLEANTEXT_NO_SKIPS=1` makes a skipped test a failed one: it would be
green for ever and say nothing. CI sets it.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings

# Time is for the benchmarks to judge: on a busy machine an example may take any time. CI draws the same examples every
# time, so that a change is judged by what it changed; on a developer's machine they are new ones in each run.
# `CLEANTEXT_EXAMPLES` is for a second run of the same properties, with other versions.
settings.register_profile(
    "cleantext",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="CI" in os.environ,
    max_examples=int(os.environ.get("CLEANTEXT_EXAMPLES", settings().max_examples)),
)
settings.load_profile("cleantext")

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
