"""How a line stands to the core of its page: the stretch that is content beyond doubt, and how sure the page's content is on the whole.

An article's paragraphs have scores far above those of comments and of teasers for other stories, which for themselves read like content
too. What tells them apart is the page: whether there is a stretch that is surer, how much of the content it holds, how many lines of
furniture stand between it and the line, and how the line's score compares with that of the page's content. With these facts word F1 on
full pages rose by 0.004, on news of countries that the model had not seen by 0.01.
"""

from __future__ import annotations

import numpy as np

from .columns import FactArray
from .judge_columns import SCALE
from .line_columns import lookup
from .tokens import IntArray
from .windows import Pages, main_stretch, running

# What a line must reach to speak for the core, of 255, and under which view of the page, in 1/256 log-odds, it is a break.
_CORE, _BREAK = 204, -256

# By breaks before (below 0) and after (above 0) the core, each counted from 1 on.
_FAR = 40
_AFTER = lookup(_FAR, (1, 2, 3, 5, 9, 17, 33))
_BREAK_TABLE = np.concatenate((7 - _AFTER[::-1], [8], 9 + _AFTER)).astype(np.uint8)
_CORE_TABLE = lookup(101, (30, 50, 65, 80, 90, 95))
_CLIP = 2048
_AGAINST_EDGES = SCALE * np.array((-7, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1))
_AGAINST_TABLE = np.searchsorted(_AGAINST_EDGES, np.arange(-_CLIP, _CLIP), side="right").astype(np.uint8)
_LEVEL_TABLE = lookup(2048, (128, 256, 384, 512, 640, 768, 1024))


def core_facts(page_view: IntArray, totals: tuple[IntArray, IntArray], level: IntArray, pages: Pages, out: FactArray) -> None:
    """Fill in the facts of `judge_columns.CORE_FACTS`.

    Parameters
    ----------
    page_view : int64 array of shape (n_rows,)
        Scores in 1/256 log-odds.
    totals : pair of int64 arrays of shape (n_rows + 1,)
        Running totals from 0 on of words, and of words times their probability in 1/255.
    level : int64 array of shape (n_pages,)
        Mean score of each page's content, in 1/256 log-odds.
    pages : Pages
    out : uint8 array of shape (4, n_rows)
    """
    words, content = totals
    sizes, index = pages.sizes, pages.index
    first, last = main_stretch(content - _CORE * words, pages)
    breaks = running((page_view < _BREAK).astype(np.int64))
    low, high = first.repeat(sizes), last.repeat(sizes)
    place = breaks[:-1] - breaks.take(last + 1).repeat(sizes)
    place += 1
    place *= index > high
    before = breaks.take(first).repeat(sizes) - breaks[1:]
    before += 1
    before *= index < low
    place -= before
    place += _FAR
    _BREAK_TABLE.take(place, out=out[0], mode="clip")

    bounds = content.take(pages.first_row)
    whole = bounds[1:] - bounds[:-1]
    core = 100 * (content.take(last + 1) - content.take(first)) // np.maximum(whole, 1)
    out[1] = _CORE_TABLE.take(core).repeat(sizes)
    place = page_view - level.repeat(sizes)
    place += _CLIP
    _AGAINST_TABLE.take(place, out=out[2], mode="clip")
    out[3] = _LEVEL_TABLE.take(level, mode="clip").repeat(sizes)
