"""The same pages as other tools leave them: their lines cut another way or joined, their letters damaged.

Terminal browsers, mail and PDF tools wrap lines at some column, tokenisers put every sentence on a line, blank lines get lost or doubled.
Who takes an element's text with spaces between its parts gets a block, or the whole page, as one line. Text that was decoded as
windows-1252 has "â€¢" for a bullet, and older pipelines write everything in small letters.
``benchmarks/quality.py --only renderings`` tells what word F1 pages of other sites have in each of these layouts.
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import ftfy.bad_codecs
import numpy as np

from cleantext.plain import is_blank

from .align import LINE_END
from .pages import HEADLINE, LabelledPage, split_lines

# In the order in which pages take them by turns. Wrapped lines come twice, as they are wrapped at many columns.
LAYOUTS = ("wrapped", "joined", "sentences", "mojibake", "tight", "flat", "wrapped", "small letters", "loose")
_LAYOUTS_PER_PAGE = 2
_COLUMNS = (56, 100)  # of mail, terminals and books
# White space behind a sentence, unless a small letter follows ("approx. five"); CJK sentences have none, but for closing quotes.
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+(?=[^\sa-z])|(?<=[。！？])(?=[^\s」』”’）])")
# Share of a joined line's characters that is content. A page is better off with a line of which 0.4 is content than without it; in between
# it is a matter of taste. Losing a page that is one line is worse than keeping what little of it is content.
_CONTENT, _FURNITURE = 0.4, 0.2

ftfy.bad_codecs.ok()  # registers "sloppy-windows-1252", in which every byte is some character


class _Line(NamedTuple):
    """A line of the new page, the lines it was made of, and how many line ends stand before it."""

    text: str
    source: slice
    gap: int


def reflowed(pages: Iterable[LabelledPage]) -> list[LabelledPage]:
    """Each page twice more, in two of `LAYOUTS` by turns.

    Parameters
    ----------
    pages : iterable of LabelledPage

    Returns
    -------
    list of LabelledPage
        The same pages give the same layouts.
    """
    return [
        reflow(page, LAYOUTS[(_LAYOUTS_PER_PAGE * index + more) % len(LAYOUTS)])
        for index, page in enumerate(pages)
        for more in range(_LAYOUTS_PER_PAGE)
    ]


def reflow(page: LabelledPage, layout: str) -> LabelledPage:
    """A page in another layout.

    Parameters
    ----------
    page : LabelledPage
    layout : str
        ``"wrapped"`` at a column that is chosen by the page's name, ``"sentences"`` on lines of their own, ``"tight"`` without blank
        lines or ``"loose"`` with one between any two lines; ``"joined"`` with all lines between two blank ones as one, or ``"flat"``, the
        whole page as one; ``"mojibake"``, UTF-8 read as windows-1252, or ``"small letters"``.

    Returns
    -------
    LabelledPage
        Every piece of a line has the line's label. Joined lines are content if 0.4 of their characters are (in a flat page, any),
        furniture up to 0.2, else doubtful.

    Raises
    ------
    ValueError
        If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is unknown: give one of {', '.join(sorted(set(LAYOUTS)))}")
    joined = layout in ("joined", "flat")
    lines = _joined(page, layout) if joined else _cut(page, layout)
    # What stands before the page's first line is left out.
    text = "".join(("\n" * line.gap if index else "") + line.text for index, line in enumerate(lines))
    starts, ends = split_lines(text)
    if len(starts) != len(lines):
        raise AssertionError(f"{page.doc_id}: {len(lines)} pieces of lines became {len(starts)} lines")
    new = replace(page, rendering=layout, text=text, start=starts, end=ends)
    if joined:
        return _labelled(new, page, lines, 0.0 if layout == "flat" else _CONTENT)
    source = [line.source.start for line in lines]
    return replace(new, label=page.label.take(source), fraction=page.fraction.take(source))


def _gaps(page: LabelledPage) -> list[int]:
    """How many line ends stand before each line."""
    before = [0, *page.end.tolist()]
    return [len(LINE_END.findall(page.text[stop:start])) for stop, start in zip(before, page.start.tolist(), strict=False)]


def _cut(page: LabelledPage, layout: str) -> list[_Line]:
    width = random.Random(page.doc_id).randint(*_COLUMNS)
    found: list[_Line] = []
    for index, (line, gap) in enumerate(zip(page.lines(), _gaps(page), strict=True)):
        if layout == "wrapped" and len(line) > width:
            parts = textwrap.wrap(line, width, expand_tabs=False, replace_whitespace=False, break_long_words=False, break_on_hyphens=False)
        elif layout == "sentences":
            parts = _BETWEEN_SENTENCES.split(line)
        elif layout == "mojibake":
            parts = [line.encode("utf-8", "surrogatepass").decode("sloppy-windows-1252")]
        elif layout == "small letters":
            parts = [line.lower()]
        else:
            parts = [line]
        # (Spaces that do not break may be all that is left of a piece; to `textwrap` they are no white space.)
        parts = [part for part in parts if not is_blank(part)] or [line]
        # As many line ends as before, whichever they were.
        first = {"tight": 1, "loose": 2}.get(layout, gap)
        found += [_Line(part, slice(index, index + 1), 1 if place else first) for place, part in enumerate(parts)]
    return found


def _joined(page: LabelledPage, layout: str) -> list[_Line]:
    lines, gaps = page.lines(), _gaps(page)
    starts = [index for index, gap in enumerate(gaps) if not index or (layout == "joined" and gap > 1)]
    stops = [*starts[1:], len(lines)]
    return [_Line(" ".join(lines[low:high]), slice(low, high), gaps[low]) for low, high in zip(starts, stops, strict=bool(lines))]


def _labelled(new: LabelledPage, page: LabelledPage, lines: Sequence[_Line], least: float) -> LabelledPage:
    """The new page with labels and fractions of lines that were made of several; a share of content over `least` is content."""
    length = page.end - page.start
    content = length * np.where(page.label == HEADLINE, 1.0, page.fraction)
    known = length * (page.label != -1)
    label = np.full(len(lines), -1, np.int8)
    fraction = np.zeros(len(lines), np.float32)
    for index, source in enumerate(line.source for line in lines):
        size = length[source].sum()
        fraction[index] = share = content[source].sum() / size
        if 2 * known[source].sum() >= size and not min(least, _FURNITURE) < share <= least:
            label[index] = share > least
    return replace(new, label=label, fraction=fraction)


def one_of_each(pages: Iterable[LabelledPage]) -> list[LabelledPage]:
    """The first rendering of each document, in the order in which documents appear."""
    first: dict[str, LabelledPage] = {}
    for page in pages:
        first.setdefault(page.doc_id, page)
    return list(first.values())
