"""How cleaning grows: cost per call, page, line and byte; memory; start-up; two processes.

Parts of `speed.py`, each a function that gives a plain dict for its JSON and table. What must be measured in a process
of its own (peak memory, start-up) starts one with the interpreter that runs this.
"""

from __future__ import annotations

import functools
import json
import random
import statistics
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from timing import seconds

import cleantext

MB = 1e6


# Cost model -------------------------------------------------------------------------------------------------------


DIRTY = "bytes of one line with mojibake"
"""A series that is measured but not part of the fit: its time is ftfy's."""

ENDS = {"bytes of nothing but \\r": "\r", "bytes of lines that end in \\r\\n": "The council met.\r\n"}
"""Series of other line ends, of which a page can have one for each byte: for their slope, not part of the fit."""


def _batches(texts: Sequence[str]) -> Iterable[tuple[str, list[str]]]:
    """(series, pages) over three orders of magnitude in pages, lines and bytes."""
    for n in (1, 3, 10, 30, 100, 300, 1000):
        yield "pages", [texts[i % len(texts)] for i in range(n)]
    lines = [line for text in texts for line in text.split("\n") if line][:100_000]
    for n in (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000):
        yield "lines of one page", ["\n".join(lines[i % len(lines)] for i in range(n))]
    # ASCII without entities, so that ftfy has nothing to look at. A single suspect character in a line of 50 MB sends
    # the whole line to ftfy, whose own time per byte it then takes: that is the series of DIRTY.
    words = [w for text in texts for w in text.split() if w.isascii() and "&" not in w and "<" not in w]
    sentence = " ".join(words[:100_000])
    for n in (50_000, 150_000, 500_000, 1_500_000, 5_000_000, 15_000_000, 50_000_000):
        yield "bytes of one line", [(sentence * (n // len(sentence) + 1))[:n]]
    for n in (50_000, 500_000, 5_000_000):
        yield DIRTY, [(sentence * (n // len(sentence) + 1))[: n - 6] + " cafÃ©"]
    for series, line in ENDS.items():
        for n in (50_000, 500_000, 5_000_000):
            yield series, [line * (n // len(line))]
    for n in (10, 100, 1_000, 10_000):
        yield "short pages", ["A short page."] * n


def cost_model(texts: Sequence[str], repetitions: int = 3) -> dict[str, Any]:
    """Fit seconds = call + pages * page + lines * line + bytes * byte, none of them negative.

    Each measurement is divided by its own time before the fit, so that small batches count as much as large ones.

    Returns
    -------
    dict
        `points`: measured batches; `cost`: the four coefficients in seconds; `error`: the median relative error of
        the fit; `slope`: for each series the exponent of time against bytes over its upper half (1 is linear).
    """
    from scipy.optimize import nnls

    points: list[dict[str, Any]] = []
    for series, pages in _batches(texts):
        best = min(seconds(functools.partial(cleantext.strip_many, pages)) for _ in range(repetitions))
        points.append(
            {
                "series": series,
                "pages": len(pages),
                "lines": sum(p.count("\n") + p.count("\r") - p.count("\r\n") + 1 for p in pages),
                "bytes": sum(len(p.encode()) for p in pages),
                "seconds": best,
            }
        )
    fitted = [p for p in points if p["series"] not in (DIRTY, *ENDS)]
    time_taken = np.array([p["seconds"] for p in fitted])
    design = np.array([[1.0, p["pages"], p["lines"], p["bytes"]] for p in fitted])
    weighted = design / time_taken[:, None]
    scale = weighted.max(axis=0)  # columns differ by seven orders of magnitude
    solution, _ = nnls(weighted / scale, np.ones(len(fitted)))
    coefficients = solution / scale
    errors = np.abs(design @ coefficients / time_taken - 1)
    return {
        "points": points,
        "cost": dict(zip(("call", "page", "line", "byte"), coefficients.tolist(), strict=True)),
        "error": float(np.median(errors)),
        "slope": {series: _slope(points, series) for series in dict.fromkeys(p["series"] for p in points)},
    }


def _slope(points: Sequence[dict[str, Any]], series: str) -> float:
    """Exponent of time against bytes where the fixed cost of a call no longer counts: the series' upper half."""
    rows = [p for p in points if p["series"] == series]
    rows = rows[len(rows) // 2 :]
    log_bytes = np.log([p["bytes"] for p in rows])
    log_time = np.log([p["seconds"] for p in rows])
    return float(np.polyfit(log_bytes, log_time, 1)[0])


# Memory -----------------------------------------------------------------------------------------------------------

_STREAM = """
import itertools, json, sys
import cleantext

def peak():
    # Not ru_maxrss, which a new program inherits from the process that started it.
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))

pages = json.load(open(sys.argv[1], encoding="utf-8"))
cleantext.strip_boilerplate("A first page loads the model.")
before = peak()
source = itertools.islice(itertools.cycle(pages), int(sys.argv[2]))
kept = sum(len(text) for text in cleantext.strip_stream(source))
print(json.dumps({"before": before, "peak": peak(), "kept": kept}))
"""


def stream_memory(texts: Sequence[str], folder: str, counts: Sequence[int] = (1_000, 10_000, 100_000)) -> list[Any]:
    """Peak memory of `strip_stream` over a generator of many pages, each count in a fresh process.

    The pages are short (1 to 3 KB) so that a hundred thousand of them pass in seconds; what must not grow is what is
    held per page gone by.
    """
    pages = [t[:3_000] for t in texts if len(t) > 1_000][:200]
    path = f"{folder}/stream-pages.json"
    with open(path, "w", encoding="utf-8") as file:
        json.dump(pages, file)
    rows = []
    for count in counts:
        row = json.loads(_python(_STREAM, path, str(count)))
        rows.append({"pages": count, "before_mb": row["before"] / MB, "peak_mb": row["peak"] / MB})
    return rows


def block_memory(texts: Sequence[str]) -> list[dict[str, float]]:
    """Peak of Python's and numpy's allocations per input byte, for batches of one block and of many.

    The result's own text is part of it. Past one block the figure must fall: blocks are of bounded size.
    """
    rows = []
    for target in (200_000, 500_000, 1_000_000, 4_000_000, 16_000_000):
        pages, size, i = [], 0, 0
        while size < target:
            pages.append(texts[i % len(texts)])
            size += len(pages[-1].encode())
            i += 1
        cleantext.strip_many(pages)
        tracemalloc.start()
        cleantext.strip_many(pages)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        rows.append({"input_mb": size / MB, "peak_mb": peak / MB, "bytes_per_byte": peak / size})
    return rows


# Start-up ---------------------------------------------------------------------------------------------------------

_IMPORT = """
import time; begin = time.perf_counter()
import cleantext
print(time.perf_counter() - begin)
"""
_IMPORT_FUNCTION = """
import time; begin = time.perf_counter()
from cleantext import strip_boilerplate
print(time.perf_counter() - begin)
"""
_LOAD = """
import time
from cleantext import LineModel
begin = time.perf_counter(); LineModel.load(); print(time.perf_counter() - begin)
"""
_FIRST = """
import cleantext
cleantext.strip_boilerplate("Advertisement\\nA page of one paragraph, cleaned as soon as may be.")
"""
_MODULES = """
import sys, cleantext
cleantext.strip_boilerplate("A page.")
print(" ".join(sorted({n.split(".")[0] for n in sys.modules} & {"sklearn", "scipy", "pandas", "requests", "urllib3"})))
"""


def start_up(repetitions: int = 9) -> dict[str, Any]:
    """Seconds to import, to load the model, and from process start to the first cleaned page; all medians."""

    def printed(code: str) -> float:
        return statistics.median(float(_python(code)) for _ in range(repetitions))

    return {
        "import_s": printed(_IMPORT),
        "import_of_strip_boilerplate_s": printed(_IMPORT_FUNCTION),
        "model_load_s": printed(_LOAD),
        "process_to_first_page_s": statistics.median(seconds(lambda: _python(_FIRST)) for _ in range(repetitions)),
        "bare_interpreter_s": statistics.median(seconds(lambda: _python("pass")) for _ in range(repetitions)),
        "heavy_modules_loaded": _python(_MODULES).split(),
    }


def _python(code: str, *arguments: str) -> str:
    """Standard output of a fresh interpreter; its stderr passes through, a failure raises CalledProcessError."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


# Two processes ----------------------------------------------------------------------------------------------------


def scaling(texts: Sequence[str], megabytes: float = 150.0, repetitions: int = 3) -> dict[str, Any]:
    """Speed-up of `strip_stream` with two workers over one, start of the processes included.

    What two busy processes reach here at all is measured beside it (`machine_limit`): on a machine whose cores are
    shared, or which slows its clock with both in use, no program gets to 2.
    """
    pages: list[str] = []
    size = 0
    order = list(texts)
    random.Random(0).shuffle(order)
    while size < megabytes * MB:
        pages.append(order[len(pages) % len(order)])
        size += len(pages[-1])

    def run(workers: int | None) -> Callable[[], object]:
        return lambda: sum(1 for _ in cleantext.strip_stream(pages, workers=workers))

    one, two, limits = [], [], []
    for _ in range(repetitions):
        one.append(seconds(run(None)))
        two.append(seconds(run(2)))
        limits.append(_machine_limit())
    return {
        "megabytes": size / MB,
        "one_s": statistics.median(one),
        "two_s": statistics.median(two),
        "speedup": statistics.median(a / b for a, b in zip(one, two, strict=True)),
        "machine_limit": statistics.median(limits),
    }


_BUSY = """
import numpy, sys, time
data = numpy.arange(2_000_000, dtype="f4")
begin = time.perf_counter()
for _ in range(300):
    (data * 1.0001).sum()
print(time.perf_counter() - begin)
"""


def _machine_limit() -> float:
    """Twice the time of a numpy loop alone over its time beside a twin: 2.0 on two cores that are free."""
    alone = float(_python(_BUSY))
    twins = [subprocess.Popen([sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    together = max(float(twin.communicate()[0]) for twin in twins)
    return 2 * alone / together


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "speed.py")
