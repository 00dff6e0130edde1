"""The table that ``--explain`` prints: each line of a page, its score, and what spoke most for or against
it.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING

from ftfy.formatting import display_ljust, monospaced_width

if TYPE_CHECKING:
    from cleantext.explain import Explanation

__all__ = ["as_dict", "as_table"]

_GREEN, _RED, _DIM, _BOLD, _RESET = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
# A page must not steer the terminal: control characters (C0, C1), and those that reorder text.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A pipe has no width; a terminal narrower than this wraps.
_PIPE_WIDTH, _LEAST_WIDTH = 120, 60
_N_FEATURES = 3
_BAR_CELLS = 5


def as_dict(explanation: Explanation, page: str) -> dict[str, object]:
    """The explanation as JSON types: per line its span in `page`, text, score, decision and features."""
    return {
        "threshold": explanation.threshold,
        "lines": [
            {
                "start": line.start,
                "end": line.end,
                "text": page[line.start : line.end],
                "score": round(line.score, 4),
                "keep": line.keep,
                "features": [[name, round(value, 4)] for name, value in line.features],
            }
            for line in explanation.lines
        ],
    }


def as_table(explanation: Explanation, page: str, *, to_terminal: bool, title: str | None = None) -> str:
    """The explanation as a table with one row per line that is not blank.

    Parameters
    ----------
    explanation : Explanation
        What :func:`cleantext.explain` says about `page`.
    page : str
        The page itself.
    to_terminal : bool
        Fit the terminal's width and use colours, unless the variable ``NO_COLOR`` is set
        (https://no-color.org) or ``TERM`` is ``dumb``. A pipe gets 120 columns without colours.
    title : str, optional
        A first line, when tables of several pages follow each other.

    Returns
    -------
    str
        Lines of equal width where the terminal's font has two cells for a wide character, each ending in a
        line end.
    """
    colour = to_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = _PIPE_WIDTH
    if to_terminal:
        width = max(shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, _LEAST_WIDTH)
    lines = [line for line in explanation.lines if page[line.start : line.end].strip()]
    fixed = len("keep  0.00 ") + _BAR_CELLS + 2
    text_width = (width - fixed) * 11 // 20
    reason_width = width - fixed - text_width - 2
    rows = [] if title is None else [_paint(title, _BOLD, colour)]
    head = f"{'':4}  {'score':{_BAR_CELLS + 6}}{'line':{text_width + 2}}what spoke most"
    rows.append(_paint(head, _DIM, colour))
    for line in lines:
        mark, hue = ("keep", _GREEN) if line.keep else ("drop", _RED)
        bar = "▇" * round(line.score * _BAR_CELLS)
        shown = _fit(page[line.start : line.end], text_width)
        reasons = ", ".join(f"{name} {value:+.2f}" for name, value in line.features[:_N_FEATURES])
        rows.append(
            f"{_paint(mark, hue, colour)}  {line.score:.2f} {_paint(bar.ljust(_BAR_CELLS), hue, colour)} "
            f"{shown if line.keep else _paint(shown, _DIM, colour)}  "
            f"{_paint(_fit(reasons, reason_width).rstrip(), _DIM, colour)}".rstrip()
        )
    kept = sum(line.keep for line in lines)
    rows.append(f"{kept} of {len(lines)} lines kept; threshold {explanation.threshold:.2f}")
    return "\n".join(rows) + "\n"


def _paint(text: str, hue: str, colour: bool) -> str:
    return f"{hue}{text}{_RESET}" if colour and text else text


def _fit(text: str, width: int) -> str:
    """`text` as exactly `width` cells of a terminal, cut with an ellipsis; nothing in it acts on the
    terminal.
    """
    text = " ".join(_UNPRINTABLE.sub(_escaped, text[: 4 * width]).split())
    if monospaced_width(text) > width:
        while monospaced_width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return str(display_ljust(text, width))


def _escaped(match: re.Match[str]) -> str:
    return " " if match[0] == "\t" else f"\\u{ord(match[0]):04x}"
