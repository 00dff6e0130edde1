"""The table that ``--explain`` prints: each line of a page, its score, and what spoke most for or against
it.
"""

from __future__ import annotations

import os
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from ftfy.formatting import display_ljust, monospaced_width

if TYPE_CHECKING:
    from cleantext.explanation import ExplainedLine, Explanation

__all__ = ["as_dict", "as_table"]

_GREEN, _RED, _DIM, _BOLD, _RESET = "\x1b[32m", "\x1b[31m", "\x1b[2m", "\x1b[1m", "\x1b[0m"
# A page must not steer the terminal: control characters (C0, C1), and those that reorder text. Nor must its name.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# A pipe has no width, but texts of one width line up; a terminal narrower than this wraps.
_PIPE_WIDTH, _LEAST_WIDTH = 120, 60
_N_FEATURES = 3
_BAR_CELLS = 5


def as_dict(explanation: Explanation, threshold: float) -> dict[str, object]:
    """The explanation as JSON types: per line its span in the page, text, score, decision and features."""
    return {
        "threshold": threshold,
        "lines": [
            {
                "start": line.start,
                "end": line.end,
                "text": line.text,
                "score": round(line.score, 4),
                "keep": line.keep,
                "features": [[name, round(value, 4)] for name, value in line.contributions],
            }
            for line in explanation
        ],
    }


def as_table(explanation: Explanation, threshold: float, *, to_terminal: bool, title: str | None = None) -> str:
    """The explanation as a table with one row per line that is not blank.

    Parameters
    ----------
    explanation : Explanation
        From :func:`cleantext.explain`.
    threshold : float
        The score from which on it keeps a line.
    to_terminal : bool
        Fit the terminal's width and use colours, unless the variable ``NO_COLOR`` is set
        (https://no-color.org) or ``TERM`` is ``dumb``. A pipe gets no colours, lines of text cut as for 120 columns, and the last
        column in full.
    title : str, optional
        A first line, when tables of several pages follow each other.

    Returns
    -------
    str
        Rows of columns that line up where a wide character takes two cells, each row ending in a line end.
    """
    colour = to_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    width = _PIPE_WIDTH
    if to_terminal:
        width = max(shutil.get_terminal_size((_PIPE_WIDTH, 24)).columns, _LEAST_WIDTH)
    fixed = len("keep  0.00 ") + _BAR_CELLS + 1 + 2
    text_width = (width - fixed) // 2
    columns = _Columns(text_width, width - fixed - text_width if to_terminal else None, colour)
    rows = [] if title is None else [_paint(_UNPRINTABLE.sub(_escaped, title), _BOLD, colour)]
    head = f"{'':6}{'score':{_BAR_CELLS + 6}}{'line':{text_width + 2}}what spoke most, in log-odds"
    rows.append(_paint(head, _DIM, colour))
    rows += [_row(line, columns) for line in explanation]
    kept = sum(line.keep for line in explanation)
    rows.append(f"{kept} of {len(explanation)} lines kept, threshold {threshold:.2f}")
    return "\n".join(rows) + "\n"


class _Columns(NamedTuple):
    """Widths in cells, None for what is not cut, and whether to colour."""

    text: int
    reasons: int | None
    colour: bool


def _row(line: ExplainedLine, columns: _Columns) -> str:
    colour = columns.colour
    mark, hue = ("keep", _GREEN) if line.keep else ("drop", _RED)
    bar = ("▇" * round(line.score * _BAR_CELLS)).ljust(_BAR_CELLS)
    shown = _fit(line.text, columns.text)
    reasons = ", ".join(f"{name} {value:+.1f}" for name, value in line.contributions[:_N_FEATURES])
    shown_reasons = _printable(reasons) if columns.reasons is None else _fit(reasons, columns.reasons).rstrip()
    cells = (
        _paint(mark, hue, colour),
        f" {line.score:.2f} {_paint(bar, hue, colour)}",
        shown if line.keep else _paint(shown, _DIM, colour),
        f" {_paint(shown_reasons, _DIM, colour)}",
    )
    return " ".join(cells).rstrip()


def _paint(text: str, hue: str, colour: bool) -> str:
    return f"{hue}{text}{_RESET}" if colour and text else text


def _fit(text: str, width: int) -> str:
    """`text` as exactly `width` cells of a terminal, cut with an ellipsis; nothing in it acts on the terminal."""
    text = _printable(text[: 4 * width])
    if monospaced_width(text) > width:
        while monospaced_width(text) > width - 1:
            text = text[:-1]
        text += "…"
    return str(display_ljust(text, width))


def _printable(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(_escaped, text).split())


def _escaped(match: re.Match[str]) -> str:
    return " " if match[0] == "\t" else f"\\u{ord(match[0]):04x}"
