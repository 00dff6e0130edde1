"""Which line is likely to be the headline of its page.

A headline stands above the text, and its words come back in it. So do the standfirst and the first paragraph, which are sentences, and
names of sections, which are short. How much each of these says was learnt from pages that show their title as a line of its own.
"""

from __future__ import annotations

import numpy as np

from .columns import Fact, FactArray
from .judge_columns import BORDER, ECHO, HEADLINE_SHARES, TOPICAL
from .line_columns import COARSE, COARSE_BINS, END_TYPE, START, lookup
from .tokens import IntArray
from .windows import Pages

#: What is looked at of a line.
SEEN: tuple[Fact, ...] = (ECHO, TOPICAL, BORDER, COARSE, END_TYPE, START)

#: Bins of `START` that weigh the same.
START_KINDS = {
    **dict.fromkeys(START.bins, "sign"),
    **dict.fromkeys(("capital", "accented capital", "letter", "ideograph"), "capital"),
    **dict.fromkeys(("small letter", "accented small"), "small"),
    **dict.fromkeys(("quote", "bracket"), "quote"),
    "digit": "digit",
}

# In 1/16 log-odds for each bin of `SEEN`, 0 where no bin is named: a regression on the candidates of a page (conditional logit, L2 penalty
# 1) that tells its title from the others, fitted on the articles of WCXB and the news of fundus in folds 2 to 4, seen by models trained
# without them (`benchmarks/headline_weights.py`). Two bins with next to no candidates are set by hand: "17+" (fitted: 15) and "only" (0).
#: Of a log-odds.
STEPS = 16
_START_WEIGHTS = {"capital": 21, "small": -1, "digit": 10, "quote": 20, "sign": -51}
WEIGHTS: dict[str, dict[str, int]] = {
    ECHO.name: {"to 60 %": -22, "to 75 %": -6, "to 95 %": 9, "over 95 %": 19},
    TOPICAL.name: {"2": -12, "3-4": 2, "5-8": 2, "9-16": -7},
    BORDER.name: {
        "over 32 before": -35, "17-32 before": -12, "9-16 before": 2, "5-8 before": 12, "3-4 before": 16, "2 before": 5,
        "1 before": 3, "first": 10, "only": 10,
    },
    COARSE.name: {"2": -31, "3-4": -15, "5-8": 11, "9-13": 22, "14-23": 13},
    END_TYPE.name: {"letter": 11, "stop": -10, "colon or comma": -11, "other": 10},
    START.name: {name: _START_WEIGHTS[kind] for name, kind in START_KINDS.items()},
}  # fmt: skip
_TABLES = [np.array([WEIGHTS[fact.name].get(name, 0) for name in fact.bins], np.int64) for fact in SEEN]
_LOWEST, _HIGHEST = sum(int(table.min()) for table in _TABLES), sum(int(table.max()) for table in _TABLES)
# Likelihoods as whole numbers, so that their sums are exact; the least of them is 1 or more.
_LIKELIHOOD = np.rint(np.exp((np.arange(_LOWEST, _HIGHEST + 1) - _LOWEST) / STEPS)).astype(np.int64)

_SOME_ECHO, _SOME_TOPICAL = ECHO.bins.index("to 60 %"), TOPICAL.bins.index("2")
_FIRST, _ONLY = BORDER.bins.index("first"), BORDER.bins.index("only")
# A line that ends as a sentence does may be a headline up to 13 words, any other up to 23.
_STOP = END_TYPE.bins.index("stop")
_LONGEST, _LONGEST_SENTENCE = COARSE_BINS.index("14-23"), COARSE_BINS.index("9-13")
_SHARE_TABLE = 1 + lookup(101, HEADLINE_SHARES)
_ZERO = np.zeros(1, np.int64)


def candidates(seen: tuple[FactArray, ...]) -> IntArray:
    """Rows that may be the headline of their page.

    Lines above the main stretch of their page, and the first one of that, that have two topical words or more, over 45 % of which come
    back, and are no longer than a headline.

    Parameters
    ----------
    seen : tuple of uint8 arrays of shape (n_rows,)
        Bins of `SEEN`.

    Returns
    -------
    int64 array of shape (n_candidates,)
    """
    echo, topical, border, coarse, end, _ = seen
    may_be = (border <= _FIRST) | (border == _ONLY)
    may_be &= echo >= _SOME_ECHO
    may_be &= topical >= _SOME_TOPICAL
    may_be &= coarse <= np.where(end == _STOP, _LONGEST_SENTENCE, _LONGEST)
    rows: IntArray = may_be.nonzero()[0]
    return rows


def headline_facts(seen: tuple[FactArray, ...], pages: Pages, out: FactArray) -> None:
    """Fill in how likely each row is to be its page's headline.

    The likelihoods of a page's candidates are shared out among them: it has one headline. On folds 0 and 1, whose pages did not choose the
    weights, the likeliest line is the title on 0.74 of the pages that show theirs. Up to model 1.12 it was the one with the
    most words that come back: 0.35.

    Parameters
    ----------
    seen : tuple of uint8 arrays of shape (n_rows,)
        Bins of `SEEN`.
    pages : Pages
    out : uint8 array of shape (n_rows,)
        Bins of `judge_columns.HEADLINE`.
    """
    out[:] = 0
    row = candidates(seen)
    if not len(row):
        return
    weight = np.full(len(row), -_LOWEST, np.int64)
    for table, fact in zip(_TABLES, seen, strict=True):
        weight += table.take(fact.take(row))
    likelihood = _LIKELIHOOD.take(weight)
    page = pages.page.take(row)
    begins = np.concatenate((_ZERO, (page[1:] != page[:-1]).nonzero()[0] + 1))
    sizes = np.append(begins[1:], len(row)) - begins
    total = np.add.reduceat(likelihood, begins).repeat(sizes)
    out[row] = _SHARE_TABLE.take(100 * likelihood // total)
