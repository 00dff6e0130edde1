"""Measuring fairly on a machine that does other things too: interleaved repetitions and ratios within one run.

A ratio of two systems is the median over repetitions of the ratio inside each repetition, where both ran within
seconds of one another: a slow minute then hits both and cancels. Absolute figures are medians as well.
"""

from __future__ import annotations

import functools
import importlib.metadata
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> None:
    """Hold numpy's linear algebra to one thread; must run before numpy is imported, else RuntimeError."""
    if "numpy" in sys.modules and any(os.environ.get(v) != "1" for v in THREAD_VARIABLES):
        raise RuntimeError("numpy was imported before its threads were limited")
    for variable in THREAD_VARIABLES:
        os.environ[variable] = "1"


def machine() -> dict[str, str]:
    """Processor, cores, system and Python, as strings for a table."""
    info = Path("/proc/cpuinfo")
    names = (
        [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    )
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "cores": str(os.cpu_count()),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def versions(distributions: Sequence[str]) -> dict[str, str]:
    """Installed versions by distribution; "not installed" where there is none."""
    found = {}
    for name in distributions:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def seconds(function: Callable[[], object]) -> float:
    """Wall time of one call."""
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def interleaved(systems: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, list[float]]:
    """Time every system once per repetition, each repetition starting with another one.

    Returns
    -------
    dict of str to list of float
        Seconds per repetition; the i-th entries of all systems were measured side by side. A first call of each,
        not counted, fills caches and compiles patterns.
    """
    names = list(systems)
    for name in names:
        systems[name]()
    times: dict[str, list[float]] = {name: [0.0] * repetitions for name in names}
    for r in range(repetitions):
        shift = r % len(names)
        for name in names[shift:] + names[:shift]:
            times[name][r] = seconds(systems[name])
    return times


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """How many times faster `fast` is: the median of the same repetitions' ratios.

    >>> ratio([2.0, 40.0, 2.0], [1.0, 20.0, 0.5])
    2.0
    """
    return statistics.median(s / f for s, f in zip(slow, fast, strict=True))


class StageClock:
    """Time spent in named functions, each without what it spends in other named ones.

    Parameters
    ----------
    stages : dict of str to str
        Label to "module:function" or "module:Class.method". One that does not exist is listed in `missing`
        and left out, so that a renamed function shows up in the table rather than stopping it.
    """

    def __init__(self, stages: Mapping[str, str]) -> None:
        self.stages = stages
        self.spent: dict[str, float] = {}
        self.missing: list[str] = []
        self._inner = [0.0]

    def _timed(self, label: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            begin = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                whole = time.perf_counter() - begin
                self.spent[label] = self.spent.get(label, 0.0) + whole - self._inner.pop()
                self._inner[-1] += whole

        return call

    @contextmanager
    def running(self, package: str) -> Iterator[None]:
        """Count while the block runs. Every module of `package` that imported a stage by name is covered."""
        modules = [m for n, m in sys.modules.items() if n == package or n.startswith(package + ".")]
        undo: list[tuple[Any, str, Any]] = []
        self.missing.clear()
        for label, where in self.stages.items():
            holder, name, original = _find(where)
            if original is None:
                self.missing.append(f"{label} ({where})")
                continue
            timed = self._timed(label, original)
            places = [holder] if not isinstance(holder, ModuleType) else [m for m in modules if getattr(m, name, None) is original]
            for place in places:
                undo.append((place, name, vars(place)[name]))
                setattr(place, name, timed)
        try:
            yield
        finally:
            for place, name, previous in reversed(undo):
                setattr(place, name, previous)


def _find(where: str) -> tuple[Any, str, Any]:
    """The object that holds a function, the function's name there, and the function (None if there is none)."""
    module_name, path = where.split(":")
    holder: Any = sys.modules.get(module_name)
    *parents, name = path.split(".")
    for parent in parents:
        holder = getattr(holder, parent, None)
    # None has an `__init__` too: what is asked of a class that is gone must not be found there.
    return holder, name, None if holder is None else getattr(holder, name, None)


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "speed.py and others")
