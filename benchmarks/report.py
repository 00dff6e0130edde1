"""Tables for a terminal and a README alike: Markdown with aligned columns."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

Cell = str | float | int | None


def _shown(cell: Cell, digits: int) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, float):
        return f"{cell:.{digits}f}"
    return str(cell)


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]], digits: int = 3) -> str:
    """A Markdown table; floats with `digits` decimals, None as a dash, numbers to the right.

    >>> print(table(["system", "F1"], [["all", 0.5], ["none", None]], digits=2))
    | system |   F1 |
    | ------ | ---: |
    | all    | 0.50 |
    | none   |    - |
    """
    shown = [[_shown(cell, digits) for cell in row] for row in rows]
    right = [bool(rows) and all(not isinstance(row[i], str) for row in rows) for i in range(len(header))]
    width = [max(4, *(len(row[i]) for row in [list(header), *shown])) for i in range(len(header))]

    def line(cells: Sequence[str]) -> str:
        padded = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, width, right, strict=True))
        return "| " + " | ".join(padded) + " |"

    rule = "| " + " | ".join("-" * (w - 1) + ":" if r else "-" * w for w, r in zip(width, right, strict=True)) + " |"
    return "\n".join([line(header), rule, *map(line, shown)])


def heading(title: str) -> str:
    """A section title with a blank line before and after."""
    return f"\n## {title}\n"


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write results with sorted keys and a final line end, folders made where missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def no_command(about: str | None, commands: str) -> NoReturn:
    """What a module says that is a part of commands and none itself: what it is for with --help, else an error that names them."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=about, formatter_class=raw, epilog=f"This is no command; it is a part of {commands}.")
    parser.parse_args()
    parser.error(f"this is no command; it is a part of {commands}")


if __name__ == "__main__":
    no_command(__doc__, "quality.py, speed.py, ablations.py, converters.py and normalize.py")
