"""What word F1 a page can be expected to reach, and how that moves the scores of its lines.

A line is worth keeping if its probability is at least half of the best F1 that can be expected of its page (Lipton, Elkan and
Narayanaswamy, "Thresholding classifiers to maximize F1 score", 2014, arXiv:1402.1892): where little is certain, a line more costs little
and may be all there is. One threshold for all pages cannot do that, so the log-odds of a page's lines are moved by what its own
threshold differs from the common one. Sums are exact, so that a page's scores do not depend on what shares its block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .context import PROBABILITY, SCALE, Context
from .judge_columns import HEADLINE, SEGMENT
from .tokens import IntArray
from .windows import Pages

BoolArray = npt.NDArray[np.bool_]

# Scores are as they would be on a page whose own threshold is this one.
NEUTRAL = 0.36
# A page's own threshold is half of its expected F1, within these, as far as the common one is `NEUTRAL`. How high it may rise depends on
# how many lines of the page are furniture beyond doubt: on a clean page, such as an extractor leaves, no higher than the common one, on
# one with `SURE_LINES` of them up to half, where theory ends. On folds by site (scores of model 1.13, by hand) full pages have 0.8432 of
# word F1 so, 0.8408 if no page's rises; 0.8434 without regard to such lines, but then gold texts lose 0.0153 of their words instead of
# 0.0140 (0.0139 if no page's rises). A low end of 0.30 instead of 0.20 costs full pages 0.001 and what readability leaves 0.0007 (1.10).
# `benchmarks/EXPERIMENTS.md` has the rest.
LOWEST, CLEAN_HIGHEST, HIGHEST = 0.19, 0.36, 0.5
# Lines with a lower probability than this are furniture beyond doubt.
SURELY_FURNITURE, SURE_LINES = 0.05, 20
# A page that is expected to have fewer words of content than this in more lines than that may well have none, and then nothing of it
# should stay: a login, an empty basket. Its threshold is hardly lower. (Outputs of extractors with so few words have one to three lines.)
FEW_WORDS, FEW_LINES, FEW_LOWEST = 20, 3, 0.34

_STEPS = 256  # of expected F1
# Probabilities, in 1/255, whose being a threshold is tried. The best one is half of the F1 that it gives, so what is over 0.5 need not be,
# and what is under `LOWEST` makes no difference.
_TRIED = np.arange(128, 47, -4)
# Which of those is the highest that a score reaches, for each score of `PROBABILITY`; one more for those that reach none.
_PLACES = len(_TRIED) - _TRIED[::-1].searchsorted(PROBABILITY, side="right")


# Lines of the page's main stretch, and those that may be its headline, do not pay for what else it holds. If they did, full pages would
# have 0.8429 of word F1 instead of 0.8432 and gold texts lose 0.0142 of their words instead of 0.0140 (the same scores); if they alone did,
# full pages would have 0.8405, less than if no page's rose. WCXB's gold mostly lacks headlines, so the judge holds them for less likely
# than readers would.
_INSIDE = SEGMENT.bins.index("inside")
_LIKELY_HEADLINE = HEADLINE.bins.index("to 35 %")


def _shift_table() -> IntArray:
    """What a page's lines are moved by, in 1/256 log-odds.

    By whether few words are expected, how many lines are surely furniture, and the expected F1 in 1/256.
    """
    half = np.arange(_STEPS + 1) / (2 * _STEPS)
    highest = CLEAN_HIGHEST + (HIGHEST - CLEAN_HIGHEST) * np.arange(SURE_LINES + 1)[:, np.newaxis] / SURE_LINES
    own = np.array([np.clip(half, lowest, highest) for lowest in (LOWEST, FEW_LOWEST)])
    shifts: IntArray = np.rint(SCALE * (np.log(NEUTRAL / (1 - NEUTRAL)) - np.log(own / (1 - own)))).astype(np.int64)
    return shifts


_SHIFT_TABLE = _shift_table()


def page_shifts(judged: IntArray, n_words: IntArray, pages: Pages) -> tuple[IntArray, IntArray]:
    """Expected F1 of pages, and what it adds to the log-odds of their lines.

    Parameters
    ----------
    judged : int64 array of shape (n_rows,)
        The judge's scores, in 1/256 log-odds.
    n_words : int64 array of shape (n_rows,)
    pages : Pages
        Where the rows stand.

    Returns
    -------
    expected : int64 array of shape (n_pages,)
        The best F1, in 1/256 and rounded down, of what a threshold can keep of each page, if scores are probabilities; 0 for a page without
        words. Under 0.38 there may be a better one.
    shift : int64 array of shape (n_pages,)
        In 1/256 log-odds.

    Examples
    --------
    Two pages of two lines of ten words each: one surely content, the other perhaps.

    >>> pages = Pages(np.array([0, 2, 4]), np.arange(4))
    >>> expected, shift = page_shifts(np.array([1200, 1200, -300, -500]), np.full(4, 10), pages)
    >>> expected.tolist(), shift.tolist()
    ([254, 88], [0, 224])
    """
    n_pages, n_places = len(pages.sizes), len(_TRIED) + 1
    index = judged + len(PROBABILITY) // 2
    probability = PROBABILITY.take(index, mode="clip")
    place = _PLACES.take(index, mode="clip")
    place += pages.page * n_places
    # Sums in floats of 64 bits are exact here: a block has fewer than 2^40 words.
    kept = np.bincount(place, n_words, n_pages * n_places).reshape(n_pages, n_places)
    hits = np.bincount(place, n_words * probability, n_pages * n_places).reshape(n_pages, n_places)
    for sums in (kept, hits):
        np.add.accumulate(sums, axis=1, out=sums)
    content = hits[:, -1].copy()
    kept *= 255
    kept += content[:, np.newaxis]
    np.maximum(kept, 1, out=kept)
    f1 = hits / kept  # halved
    expected = (f1.max(axis=1) * (2 * _STEPS)).astype(np.int64)
    few = (content < 255 * FEW_WORDS) & (pages.sizes > FEW_LINES)
    sure = np.bincount(pages.page.compress(probability < 255 * SURELY_FURNITURE), minlength=n_pages)
    return expected, _SHIFT_TABLE[few.astype(np.int64), np.minimum(sure, SURE_LINES), expected]


def spared_rows(seen: Context) -> BoolArray:
    """Rows that are not moved down with their page: its main stretch, and what may well be its headline.

    Parameters
    ----------
    seen : Context
        Of whole pages.

    Returns
    -------
    bool array of shape (n_rows,)
    """
    rows: BoolArray = seen.fact(SEGMENT) == _INSIDE
    rows |= seen.fact(HEADLINE) >= _LIKELY_HEADLINE
    return rows


def line_shifts(shift: IntArray, spared: BoolArray, pages: Pages) -> IntArray:
    """What is added to the log-odds of lines: what their page's lines are moved by, but not down for those spared.

    Parameters
    ----------
    shift : int64 array of shape (n_pages,)
        From `page_shifts`.
    spared : bool array of shape (n_rows,)
    pages : Pages

    Returns
    -------
    int64 array of shape (n_rows,)
        In 1/256 log-odds.

    Examples
    --------
    >>> line_shifts(np.array([-40, 9]), np.array([True, False, True, False]), Pages(np.array([0, 2, 4]), np.arange(4))).tolist()
    [0, -40, 9, 9]
    """
    shifts = shift.repeat(pages.sizes)
    # What is below zero of those spared.
    shifts -= np.minimum(shifts, 0) * spared
    return shifts
