"""The judge, which weighs both views of a line by what stands around it and by the state of the page."""

from __future__ import annotations

import numpy as np

from .context import Context
from .judge_columns import JUDGE_COLUMNS, folds
from .tokens import IntArray
from .views import WeightArray, weighted

# Rows the judge looks at at once: what it computes of their windows takes 3 MB. A page of a million lines is seen piece by piece.
_ROWS = 1 << 14

JUDGE_OFFSETS = np.cumsum([0, *(column.size for column in JUDGE_COLUMNS)])


class Judge:
    """The judge, ready to score.

    Parameters
    ----------
    columns : int16 array
        Weights of `judge_columns.JUDGE_COLUMNS`, each column's bins after the other's.
    intercept : int16 array of shape (1,)
    """

    ARRAYS = ("judge_columns", "judge_intercept")

    def __init__(self, columns: WeightArray, intercept: WeightArray) -> None:
        self._of_lines, self._of_pages = folds(weighted(JUDGE_COLUMNS, columns.astype(np.int64)))
        self._intercept = int(intercept[0])

    def scores(self, context: Context) -> IntArray:
        """Final scores in 1/256 log-odds, from what the judge sees: int64 array of shape (n_rows,)."""
        pages = context.pages
        total = np.empty(pages.n_rows, np.int64)
        for low in range(0, max(pages.n_rows, 1), _ROWS):
            rows = slice(low, min(low + _ROWS, pages.n_rows))
            facts = context.facts(rows)
            np.add(self._of_lines.sums(facts), self._of_pages.sums(facts, context.page_facts, pages.page[rows]), out=total[rows])
        total += self._intercept
        return total
