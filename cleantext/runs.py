"""Runs: lines that are one sentence or paragraph cut into pieces, as told by how the pieces begin and end.

Terminal browsers and mail wrap paragraphs at some column, and who prints every text node of a page on a line of its own cuts them at each
link. By itself such a piece looks like a label or an item of a menu: it is short, and no full stop ends it. What tells it apart is that
the line before it is not at its end either.

It takes letters that have case to see that. Lines of other scripts run on from none, and are all alone in their runs.
"""

from __future__ import annotations

import numpy as np

from . import line_columns as lc
from .columns import FactArray, byte_table, look_up
from .own import OwnFeatures
from .tokens import IntArray
from .windows import Pages

# What no sentence ends with, and what none begins with ("other": a comma, a full stop, a closing bracket ...).
_OPEN = frozenset(("small letter", "capital", "digit", "letter", "comma", "quote", "bracket", "other"))
_INSIDE = frozenset(("small letter", "accented small", "other"))
_OPEN_TABLE = byte_table([name in _OPEN for name in lc.END_BINS])
_INSIDE_TABLE = byte_table([name in _INSIDE for name in lc.START_BINS])
_WORDS_TABLE = byte_table(lc.lookup(256, lc.RUN_EDGES))
_MOST_WORDS = 255
# Longer lines that begin with a capital are no names or links within a sentence, but paragraphs below a heading.
_LINK_WORDS = 6
_STOP = lc.END_TYPE.bins.index("stop")


class Runs:
    """The runs of some pages' lines.

    A line runs on from the one before it if no blank line stands between them, that one does not end as a sentence does, and this one
    begins as none does. If only the first two hold, a line of up to six words runs on all the same if the next line runs on from it:
    "Paris" in "I went to / Paris / and Rome".

    Parameters
    ----------
    own : OwnFeatures
        Of the pages' rows; only facts and `n_words` are used.
    pages : Pages

    Attributes
    ----------
    bounds : int64 array of shape (n_runs + 1,)
        Rows ``bounds[r]:bounds[r + 1]`` are those of run `r`. A line that runs on from none and from which none does is a run too.
    sizes : int64 array of shape (n_runs,)
        Rows of each run.
    run : uint8 array of shape (n_rows,)
        Bins of `line_columns.RUN`.
    on : uint8 array of shape (n_rows,)
        Bins of `line_columns.RUNS_ON`.
    """

    def __init__(self, own: OwnFeatures, pages: Pages) -> None:
        n = pages.n_rows
        joined = np.zeros(n + 1, np.uint8)  # whether a row runs on from the one before it
        if n:
            follows = pages.begins_block[1:n].view(np.uint8) ^ 1
            follows &= look_up(_OPEN_TABLE, own.fact(lc.END)[:-1])
            np.bitwise_and(follows, look_up(_INSIDE_TABLE, own.fact(lc.START)[1:]), out=joined[1:n])
            follows &= own.n_words[1:] <= _LINK_WORDS
            joined[1:-2] |= follows[:-1] & joined[2:-1]
        self.on: FactArray = 2 * joined[1:]
        self.on += joined[:-1]
        self.bounds: IntArray = (joined == 0).nonzero()[0]
        self.sizes: IntArray = self.bounds[1:] - self.bounds[:-1]
        self.run = self._run(own)

    def _run(self, own: OwnFeatures) -> FactArray:
        several = (self.sizes > 1).nonzero()[0]
        bins = np.zeros(len(self.sizes), np.uint8)
        if len(several):
            totals = np.zeros(len(own.n_words) + 1, np.int64)
            np.cumsum(np.minimum(own.n_words, _MOST_WORDS), out=totals[1:])
            first, stop = self.bounds.take(several), self.bounds.take(several + 1)
            words = np.minimum(totals.take(stop) - totals.take(first), _MOST_WORDS).astype(np.uint8)
            ends = own.fact(lc.END_TYPE).take(stop - 1) == _STOP
            bins[several] = 1 + 2 * look_up(_WORDS_TABLE, words) + ends
        return bins.repeat(self.sizes)
