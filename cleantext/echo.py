"""Words of a line that come back in the content of its page.

A page's own headings, captions and last lines share words with its paragraphs; headlines of other stories, names of other products and
the site's sections hardly do. It takes no vocabulary to see that, so it holds in languages that a model has learnt little of: with
these facts word F1 on news of countries that the model had not seen rose by 0.01 to 0.02, with English pages hardly changed.
"""

from __future__ import annotations

import numpy as np

from .arrays import sums_between
from .columns import FactArray
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


def sure_content(probability: IntArray, words: IntArray) -> IntArray:
    """Rows' probabilities of being content as `echo_facts` takes them: those of rows of few words count nothing."""
    asked: IntArray = probability * (words >= _MIN_WORDS)
    return asked
