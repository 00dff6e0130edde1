"""Draws the README's picture: a seed page with its scores, and what is left of it.

python benchmarks/before_after.py [-o docs/before_after.png] [seeds/news.txt]
"""

from __future__ import annotations

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt

import cleantext

ROOT = Path(__file__).parents[1]
WIDTH = 58  # characters of a column
LINE = 0.165  # inches
KEPT, DROPPED, RULE = "#1b1f24", "#b4302b", "#d0d7de"


def rows(text: str) -> list[tuple[str, bool, str]]:
    """Lines as drawn: text, whether kept, and the score beside the first piece of a line."""
    drawn = []
    for line in cleantext.explain(text):
        pieces = textwrap.wrap(line.text.strip(), WIDTH) or [""]
        drawn += [(piece, line.keep, f"{line.score:.2f}" if index == 0 else "") for index, piece in enumerate(pieces)]
    return drawn


def main(arguments: Sequence[str] | None = None) -> int:
    """Draw and save the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", nargs="?", type=Path, default=ROOT / "seeds" / "news.txt")
    parser.add_argument("-o", "--output", type=Path, default=ROOT / "docs" / "before_after.png")
    options = parser.parse_args(arguments)
    try:
        text = options.page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        parser.error(f"{options.page}: {getattr(error, 'strerror', None) or error}")
    if not options.output.parent.is_dir():
        parser.error(f"-o {options.output}: there is no folder {options.output.parent}")

    before = rows(text)
    after = [(piece, True, "") for line in cleantext.strip_boilerplate(text).split("\n") if line for piece in textwrap.wrap(line, WIDTH)]
    height = LINE * (max(len(before), len(after)) + 3)
    figure, axes = plt.subplots(1, 2, figsize=(11.5, height))
    for axis, title, drawn in zip(axes, ("scraped page, P(content) of each line", "cleaned"), (before, after), strict=True):
        axis.set_axis_off()
        axis.set_xlim(0, 1)
        axis.set_ylim(height / LINE, 0)
        axis.text(0.07, 0.6, title, fontsize=10, fontweight="bold", color=KEPT)
        axis.axhline(1.2, color=RULE, linewidth=1)
        for index, (piece, kept, score) in enumerate(drawn):
            colour = KEPT if kept else DROPPED
            axis.text(0.05, index + 2.2, score, fontsize=7, color=colour, family="DejaVu Sans Mono", ha="right")
            axis.text(0.07, index + 2.2, piece, fontsize=8, color=colour, family="DejaVu Sans Mono")
    figure.tight_layout(pad=0.4)
    figure.savefig(options.output, dpi=130)
    print(options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
