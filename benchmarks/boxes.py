"""How well the shipped model tells boxes inside articles from lists, tables and headings that look like them.

Each case of ``tests/cases/boxes`` is some lines that stand together: a label and the titles of other stories, a caption and its credit,
a newsletter's pitch; or a heading and its paragraph, a list, a question and its answer. It is set into the three carriers of its
language, as the lines of `furniture_cases` are, half of the cases with blank lines between their lines. A line of furniture is right if
it is gone, a line of content if it is there.

Usage::

    python benchmarks/boxes.py               # table by kind and language
    python benchmarks/boxes.py --failures    # and the lines that went wrong
"""

from __future__ import annotations

import argparse
import json
import sys
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from furniture_cases import CASES, PLACES, Strip, insert, load_carriers, shipped_strip, threshold
from report import Cell
from report import table as report_table


class Box(NamedTuple):
    """Lines that stand together."""

    lines: tuple[str, ...]
    label: int  # 0 furniture, 1 content
    lang: str  # ISO 639-1
    kind: str


class BoxRun(NamedTuple):
    """What became of a box in one carrier."""

    box: Box
    carrier: str
    kept: tuple[str, ...]

    @property
    def right(self) -> int:
        """How many of the box's lines met the fate that its label asks for."""
        return len(self.kept) if self.box.label else len(self.box.lines) - len(self.kept)


def load_boxes(folder: Path = CASES / "boxes") -> list[Box]:
    """All cases, files in order of their names."""
    rows = [json.loads(row) for path in sorted(folder.glob("*.jsonl")) for row in path.read_text(encoding="utf-8").split("\n") if row]
    return [Box(tuple(row["lines"]), row["label"], row["lang"], row["kind"]) for row in rows]


def run_boxes(strip: Strip, boxes: Sequence[Box], carriers: dict[str, dict[str, str]]) -> list[BoxRun]:
    """Clean every box in the carriers of its language.

    Parameters
    ----------
    strip : callable
        From a list of pages to their cleaned texts, without normalisation: lines are compared as they stand.
    boxes, carriers
        As `load_boxes` and `furniture_cases.load_carriers` give them.

    Returns
    -------
    list of BoxRun
        Three per box.
    """
    plan, pages = [], []
    for box in boxes:
        drawn = zlib.crc32("\n".join(box.lines).encode())
        text = ("\n", "\n\n")[drawn >> 8 & 1].join(box.lines)
        for index, (name, carrier) in enumerate(carriers[box.lang].items()):
            plan.append((box, name, Counter(carrier.split("\n"))))
            pages.append(insert(carrier, text, PLACES[(drawn + index) % len(PLACES)]))
    runs = []
    for (box, name, own), result in zip(plan, strip(pages), strict=True):
        left = Counter((result or "").split("\n")) - own
        kept = []
        for line in box.lines:
            if left[line] > 0:
                left[line] -= 1
                kept.append(line)
        runs.append(BoxRun(box, name, tuple(kept)))
    return runs


def share_right(runs: Iterable[BoxRun], label: int) -> float:
    """Share of lines of boxes with this label that met their fate, 0-1; 1.0 where there is none."""
    some = [run for run in runs if run.box.label == label]
    return sum(run.right for run in some) / sum(len(run.box.lines) for run in some) if some else 1.0


def table(runs: Sequence[BoxRun]) -> str:
    """The shares as plain text, for all runs and by kind and language."""
    groups: dict[str, list[BoxRun]] = defaultdict(list)
    for run in runs:
        for name in ("all", f"kind {run.box.kind}", f"lang {run.box.lang}"):
            groups[name].append(run)
    rows: list[list[Cell]] = []
    for name, some in sorted(groups.items()):
        shares: list[Cell] = [share_right(some, label) if any(run.box.label == label for run in some) else "" for label in (0, 1)]
        rows.append([name, len(some), *shares])
    return report_table(["boxes", "runs", "furniture lines removed", "content lines kept"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Boxes inside articles against content that looks like them.")
    parser.add_argument("--threshold", type=threshold, help='a number from 0 to 1, or "precision", "balanced", "recall"')
    parser.add_argument("--failures", action="store_true", help="list the lines gone wrong")
    options = parser.parse_args(arguments)
    runs = run_boxes(shipped_strip(options.threshold), load_boxes(), load_carriers())
    print(table(runs))
    for run in runs if options.failures else ():
        for line in run.box.lines:
            if (line in run.kept) != bool(run.box.label):
                print(f"{'kept' if line in run.kept else 'dropped':<8}{run.box.kind:<11}{run.carrier:<6}{line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
