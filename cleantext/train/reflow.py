"""The same pages with their lines cut another way: what text looks like that other tools have laid out.

Terminal browsers, mail and PDF tools wrap lines at some column, tokenisers put every sentence on a line, and blank lines get lost or
doubled. Model 1.2, which had seen no such pages, lost 0.007 to 0.017 of word F1 when pages of other sites were laid out so (fold 0); 1.5,
trained on one more copy of each page in one of these layouts, loses 0.001 to 0.008 (``benchmarks/quality.py --only renderings``).
"""

from __future__ import annotations

import random
import re
import textwrap
from collections.abc import Iterable
from dataclasses import replace

from .align import LINE_END
from .pages import LabelledPage, split_lines

LAYOUTS = ("wrapped", "wrapped", "sentences", "tight", "loose")
_COLUMNS = (56, 100)  # of mail, terminals and books
# White space behind a sentence, unless a small letter follows ("approx. five"); CJK sentences have none, but for closing quotes.
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?。！？])\s+(?=[^\sa-z])|(?<=[。！？])(?=[^\s」』”’）])")


def reflowed(pages: Iterable[LabelledPage]) -> list[LabelledPage]:
    """Each page once more, in one of `LAYOUTS` by turns.

    Parameters
    ----------
    pages : iterable of LabelledPage

    Returns
    -------
    list of LabelledPage
        Every piece of a line has the line's label. The same pages give the same layouts.
    """
    return [reflow(page, LAYOUTS[index % len(LAYOUTS)]) for index, page in enumerate(pages)]


def reflow(page: LabelledPage, layout: str) -> LabelledPage:
    """A page in another layout.

    Parameters
    ----------
    page : LabelledPage
    layout : str
        ``"wrapped"`` at a column that is chosen by the page's name, ``"sentences"`` on lines of their own, ``"tight"`` without blank
        lines or ``"loose"`` with one between any two lines.

    Raises
    ------
    ValueError
        If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout {layout!r} is unknown: give one of {', '.join(sorted(set(LAYOUTS)))}")
    width = random.Random(page.doc_id).randint(*_COLUMNS)
    pieces: list[str] = []
    source: list[int] = []
    before = 0
    for index, (start, end) in enumerate(zip(page.start.tolist(), page.end.tolist(), strict=True)):
        line = page.text[start:end]
        if layout == "wrapped" and len(line) > width:
            parts = textwrap.wrap(line, width, expand_tabs=False, replace_whitespace=False, break_long_words=False, break_on_hyphens=False)
        elif layout == "sentences":
            parts = _BETWEEN_SENTENCES.split(line)
        else:
            parts = [line]
        # (Spaces that do not break may be all that is left of a piece; to `textwrap` they are no white space.)
        parts = [part for part in parts if part.strip()]
        # As many line ends as before, whichever they were.
        gap = len(LINE_END.findall(page.text[before:start]))
        before = end
        if index:
            pieces.append({"tight": "\n", "loose": "\n\n"}.get(layout, "\n" * gap))
        pieces.append("\n".join(parts or [line]))
        source += [index] * len(parts or [line])
    text = "".join(pieces)
    starts, ends = split_lines(text)
    if len(starts) != len(source):
        raise AssertionError(f"{page.doc_id}: {len(source)} pieces of lines became {len(starts)} lines")
    return replace(
        page, rendering=layout, text=text, start=starts, end=ends, label=page.label.take(source), fraction=page.fraction.take(source)
    )


def one_of_each(pages: Iterable[LabelledPage]) -> list[LabelledPage]:
    """The first rendering of each document, in the order in which documents appear."""
    first: dict[str, LabelledPage] = {}
    for page in pages:
        first.setdefault(page.doc_id, page)
    return list(first.values())
