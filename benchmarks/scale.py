"""How a corpus run grows with the corpus: `python benchmarks/scale.py --sizes 20 200 2000`.

A generator writes one ``.jsonl.zst`` of each size (MB of uncompressed rows), and the command line cleans it as one
shard: by one process, by two processes that share the shard, and, cut into eight shards, by two processes. Beside
it stands ``strip_many`` on the same pages in memory. Printed are the wall time, the processor time of all
processes, MB/s of uncompressed rows, the share of ``strip_many``'s speed per core, and each process's peak memory;
of several rounds (``--repeat``) the run of median wall time.

On a machine that does other things too, processor time is the figure to trust: the wall time of two processes then
says little about what they could do. So the processor time that others took meanwhile is printed as well, and gains by
wall time are those of runs during which it was small.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MB = 1_000_000
# Distinct rows before the generator begins anew: zstd at its default level looks back 2 MB, so 32 MB of them
# compress as if none came twice.
_POOL_BYTES = 32 * MB
_SAMPLE_BYTES = 20 * MB
_POLL_SECONDS = 0.05
# Furniture as real pages have it: a fifth of the lines, in the words of the sample pages and these.
_FURNITURE = (
    "Advertisement",
    "Share on Facebook",
    "Sign up for our newsletter",
    "READ MORE: What comes next",
    "Photo by Jo Dunn / Getty Images",
    "Accept all cookies",
    "12 comments",
    "Home | News | Sport | Weather",
    "Copyright 2025. All rights reserved.",
)


class Run(NamedTuple):
    """One measured run. Times in seconds, memory in MB; `others` is the processor time of all else on the machine."""

    label: str
    wall: float
    cpu: float
    peaks: tuple[float, ...] = ()
    others: float = 0.0


def vocabulary() -> list[str]:
    """Words of the sample pages, written for this project, most frequent first."""
    counts: dict[str, int] = {}
    for path in sorted((ROOT / "seeds").glob("*.txt")):
        for word in re.findall(r"[A-Za-zÀ-ÿ’'-]+", path.read_text(encoding="utf-8")):
            counts[word] = counts.get(word, 0) + 1
    return sorted(counts, key=lambda word: (-counts[word], word))


def pool(size: int, seed: int = 1) -> list[bytes]:
    """Rows of `size` bytes together: pages of paragraphs of words drawn with Zipf's frequencies, and furniture."""
    draw = random.Random(seed)
    words = vocabulary()
    weights = [1 / (rank + 2.7) for rank in range(len(words))]
    rows: list[bytes] = []
    total = 0
    while total < size:
        lines = []
        for _ in range(max(3, int(draw.lognormvariate(2.7, 0.8)))):
            if draw.random() < 0.2:
                lines.append(draw.choice(_FURNITURE))
                continue
            picked = draw.choices(words, weights, k=max(4, int(draw.lognormvariate(3.2, 0.7))))
            lines.append(" ".join(picked).capitalize() + ".")
            if draw.random() < 0.5:
                lines.append("")
        record = {
            "url": f"https://example.org/{draw.getrandbits(40):x}",
            "text": "\n".join(lines),
            "fetched": 1_700_000_000 + draw.getrandbits(24),
            "scores": [round(draw.random(), 6) for _ in range(4)],
        }
        rows.append(json.dumps(record, ensure_ascii=False).encode() + b"\n")
        total += len(rows[-1])
    return rows


def write_shards(folder: Path, rows: list[bytes], size: int, count: int) -> int:
    """Write `count` shards of `size` bytes of rows together; return the bytes written, uncompressed."""
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    folder.mkdir(parents=True)
    written = index = 0
    for shard in range(count):
        with zstd.open(folder / f"part-{shard:05}.jsonl.zst", "wb") as file:
            while written < size * (shard + 1) // count:
                row = rows[index % len(rows)]
                file.write(row)
                written += len(row)
                index += 1
    return written


def clean(label: str, source: Path, output: Path, workers: int) -> Run:
    """Run the command line and watch it."""
    command = [sys.executable, "-m", "cleantext", str(source), "-o", str(output), "--workers", str(workers)]
    busy, before = _busy(), os.times()
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    peaks: dict[int, float] = {}
    while process.poll() is None:
        for pid, peak in _peaks(process.pid):
            peaks[pid] = max(peaks.get(pid, 0), peak)
        time.sleep(_POLL_SECONDS)
    wall = time.perf_counter() - begin
    after = os.times()
    if process.returncode:
        raise SystemExit(process.stderr.read() if process.stderr else "failed")
    shutil.rmtree(output)
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    others = max(0.0, _busy() - busy - cpu)
    # multiprocessing's resource tracker is a bare interpreter; what counts are the process itself and its workers.
    return Run(label, wall, cpu, tuple(sorted(peaks.values(), reverse=True)[: 1 if workers == 1 else workers + 1]), others)


def _busy() -> float:
    """Processor time in seconds that the whole machine has spent; 0 where that cannot be known."""
    try:
        user, nice, system, _idle, _wait, irq, softirq, *_ = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    return sum(map(int, (user, nice, system, irq, softirq))) / os.sysconf("SC_CLK_TCK")


def quiet_median(runs: Sequence[Run], share: float = 0.05) -> Run:
    """The run of median wall time among those that others disturbed least: for less than `share` of its processor time."""
    quiet = [run for run in runs if run.others < share * run.cpu] or [min(runs, key=lambda run: run.others / run.cpu)]
    return sorted(quiet, key=lambda run: run.wall)[len(quiet) // 2]


def _peaks(parent: int) -> Iterator[tuple[int, float]]:
    """Peak resident memory in MB of a process and its children, as far as they still are."""
    children = Path(f"/proc/{parent}/task/{parent}/children")
    try:
        pids = [parent, *map(int, children.read_text().split())]
    except OSError:
        return
    for pid in pids:
        try:
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        match = re.search(r"VmHWM:\s+(\d+) kB", status)
        if match:
            yield pid, int(match[1]) * 1024 / MB


def in_memory(rows: list[bytes]) -> tuple[Run, int]:
    """`strip_many` alone on the pages of a sample, in one process; the run and the rows' bytes."""
    from cleantext import strip_many

    sample: list[bytes] = []
    size = 0
    for row in rows:
        sample.append(row)
        size += len(row)
        if size >= _SAMPLE_BYTES:
            break
    texts = [json.loads(row)["text"] for row in sample]
    strip_many(texts[:50])
    best: Run | None = None
    for _ in range(3):
        begin, cpu = time.perf_counter(), time.process_time()
        strip_many(texts)
        run = Run("strip_many in memory", time.perf_counter() - begin, time.process_time() - cpu)
        best = run if best is None or run.cpu < best.cpu else best
    assert best is not None
    return best, size


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 200], metavar="MB")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="rounds (default: 1)")
    parser.add_argument("--folder", type=Path, help="where to put the shards (default: a temporary folder)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    options = parser.parse_args(arguments)
    rows = pool(_POOL_BYTES)
    results: list[dict[str, object]] = []
    print(f"{'corpus':>8}  {'run':<30}{'wall s':>8}{'CPU s':>8}{'MB/s':>8}{'MB/CPU s':>10}{'of memory':>10}{'others s':>10}  peak MB")
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        for size in options.sizes:
            reference, sample = in_memory(rows)
            base = sample / MB / reference.cpu
            shards, one = folder / "shards", folder / "one"
            written = write_shards(one, rows, size * MB, 1)
            write_shards(shards, rows, size * MB, 8)
            packed = sum(path.stat().st_size for path in one.iterdir())
            rounds = [
                (
                    clean("one shard, 1 process", one, folder / "out", 1),
                    clean("one shard, 2 processes", one, folder / "out", 2),
                    clean("eight shards, 2 processes", shards, folder / "out", 2),
                )
                for _ in range(options.repeat)
            ]
            runs = [quiet_median(same) for same in zip(*rounds, strict=True)]
            _print(f"{sample / MB:.0f} MB", reference, sample, base)
            for run in runs:
                _print(f"{size:,} MB", run, written, base)
                results.append({"corpus_mb": size, "packed_mb": packed / MB, "rows_mb": written / MB, "strip_many": base} | run._asdict())
            gains = [runs[0].wall / run.wall for run in runs[1:]]
            print(f"          two processes against one, by wall time: {gains[0]:.2f} x, {gains[1]:.2f} x\n")
            shutil.rmtree(one)
            shutil.rmtree(shards)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n")
    return 0


def _print(corpus: str, run: Run, size: int, base: float) -> None:
    peaks = " ".join(f"{peak:.0f}" for peak in run.peaks)
    per_cpu = size / MB / run.cpu
    print(
        f"{corpus:>8}  {run.label:<30}{run.wall:>8.1f}{run.cpu:>8.1f}{size / MB / run.wall:>8.1f}{per_cpu:>10.1f}"
        f"{per_cpu / base:>10.2f}{run.others:>10.1f}  {peaks}",
        flush=True,
    )


if __name__ == "__main__":
    sys.exit(main())
