"""Words of a line that come back in the content of its page.

A page's own headings, captions and last lines share words with its paragraphs; headlines of other stories, names of other products and
the site's sections hardly do. It takes no vocabulary to see that, so it holds in languages that a model has learnt little of: with
these facts word F1 on news of countries that the model had not seen rose by 0.01 to 0.02, with English pages hardly changed.
"""

from __future__ import annotations

import numpy as np

from .arrays import sums_between
from .columns import FactArray
from .judge_columns import BORDERS
from .line_columns import lookup
from .tokens import IntArray
from .topical import KeyArray
from .windows import Pages

# A page's table has at least twice as many places as the page has words that count, so that few share one by chance; it is the page's
# own, as another page's words would change its facts. Beyond four million words of a page they do share places.
_SIZES = 1 << np.arange(5, 22)
_SMALLEST = 6
# Content that a word comes back in: lines of so many words or more, by the lower probability of both views, in 1/255. It comes back if
# the sum over the other lines is at least this.
_MIN_WORDS = 6
_COMES_BACK = 128
_SHARE_TABLE = lookup(21, (1, 4, 7, 10, 13, 16, 20))  # in twentieths, rounded up
_ZERO = np.zeros(1, np.int64)
_COUNT_TABLE = lookup(32, (1, 2, 3, 5, 9, 17))


def echo_facts(key: KeyArray, count: IntArray, sure: IntArray, pages: Pages, out: FactArray) -> None:
    """Fill in which share of each row's topical words comes back in content elsewhere on its page, and how many it has.

    Parameters
    ----------
    key, count
        From `topical.topical_words`, of whole pages.
    sure : int64 array of shape (n_rows,)
        Probability that each row is content, in 1/255; 0 where the row is too short to be asked.
    pages : Pages
    out : uint8 array of shape (2, n_rows)
        Bins of `judge_columns.ECHO` and of `judge_columns.TOPICAL`.
    """
    stop = np.add.accumulate(count)
    bounds = np.concatenate((_ZERO, stop)).take(pages.first_row)
    sizes = bounds[1:] - bounds[:-1]
    bits = _SIZES.searchsorted(sizes) + _SMALLEST
    table_stop = np.add.accumulate(1 << bits)
    slot = (key >> (32 - bits).astype(np.uint32).repeat(sizes)).astype(np.int64)
    slot += (table_stop - (1 << bits)).repeat(sizes)
    value = sure.astype(np.float64).repeat(count)
    # Whole numbers far below 2^53: sums in floating point are exact.
    total = np.bincount(slot, value, int(table_stop[-1]) if len(table_stop) else 0)
    value += _COMES_BACK
    back = (total.take(slot) >= value).astype(np.int64)
    shares = sums_between(back, stop - count)
    shares *= 20
    shares += count - 1
    shares //= np.maximum(count, 1)
    shares[count == 0] = 0
    _SHARE_TABLE.take(shares, out=out[0], mode="clip")
    _COUNT_TABLE.take(count, out=out[1], mode="clip")


# A headline is looked for among the lines above the main stretch of its page, and the first one of that: two topical words or more, over
# 45 % of which come back. The more of them do the likelier, and the more there are; of equals (the same line in a menu) the last one.
# 8 and 6 for a step of either bin were the first that were tried.
_FIRST, _ONLY = BORDERS.index("first"), BORDERS.index("only")
_SOME_TOPICAL, _SOME_ECHO = 2, 4
_CANDIDATE, _EQUAL, _LIKELIEST = 1, 2, 3


def headline_facts(echo: FactArray, topical: FactArray, border: FactArray, pages: Pages, out: FactArray) -> None:
    """Fill in which rows are likely to be their page's headline.

    Of headlines of news on full pages, a judge that had learnt them as content kept 0.30 without this fact and the words that come back
    above the main stretch, 0.48 with both (folds 0 and 1; `benchmarks/EXPERIMENTS.md`).

    Parameters
    ----------
    echo, topical, border : uint8 array of shape (n_rows,)
        Bins of `judge_columns.ECHO`, `judge_columns.TOPICAL` and `judge_columns.BORDER`.
    pages : Pages
    out : uint8 array of shape (n_rows,)
        Bins of `judge_columns.HEADLINE`.
    """
    out[:] = 0
    above = (border <= _FIRST) | (border == _ONLY)
    row = ((echo >= _SOME_ECHO) & (topical >= _SOME_TOPICAL) & above).nonzero()[0]
    if not len(row):
        return
    page = pages.page.take(row)
    # (Both bins are below 8.) The row's own number makes the last of equals the greatest.
    likely = (8 * echo.take(row).astype(np.int64) + 6 * topical.take(row)) * pages.n_rows + row
    begins = np.concatenate((_ZERO, (page[1:] != page[:-1]).nonzero()[0] + 1))
    best = np.maximum.reduceat(likely, begins)
    sizes = np.append(begins[1:], len(row)) - begins
    out[row] = np.where(likely // pages.n_rows == (best // pages.n_rows).repeat(sizes), _EQUAL, _CANDIDATE)
    out[best % pages.n_rows] = _LIKELIEST


def sure_content(probability: IntArray, words: IntArray) -> IntArray:
    """Rows' probabilities of being content as `echo_facts` takes them: those of rows of few words count nothing."""
    asked: IntArray = probability * (words >= _MIN_WORDS)
    return asked
