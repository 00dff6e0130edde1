"""The judge, which weighs both views of a line by the state of the page, in two rounds."""

from __future__ import annotations

import numpy as np

from . import context
from .columns import Folds, PageFolds
from .features import OwnFeatures
from .judge_columns import BOTH_FACTS, FIRST_COLUMNS, FIRST_FACTS, SECOND_COLUMNS, folds
from .tokens import IntArray
from .views import WeightArray, pack, unpack, weighted

# Rows the judge looks at at once: what it computes of their windows takes 3 MB. A page of a million lines is seen piece by piece.
_ROWS = 1 << 14

JUDGE_OFFSETS = np.cumsum([0, *(column.size for column in SECOND_COLUMNS)])
FIRST_SIZE = int(JUDGE_OFFSETS[len(FIRST_COLUMNS)])


class Judge:
    """Both rounds of the judge, ready to score.

    Parameters
    ----------
    first, second : int16 array
        Weights of `context.FIRST_COLUMNS` and `context.SECOND_COLUMNS`, each column's bins after the other's.
    first_intercept, second_intercept : int16 array of shape (1,)
    """

    ARRAYS = ("first_columns", "first_intercept", "second_columns", "second_intercept")

    def __init__(self, first: WeightArray, first_intercept: WeightArray, second: WeightArray, second_intercept: WeightArray) -> None:
        # Both rounds look the first columns up in the same tables, see `views.pack`.
        self._both = folds(weighted(FIRST_COLUMNS, pack(first, second[:FIRST_SIZE])), FIRST_FACTS)
        self._second = folds(weighted(SECOND_COLUMNS[len(FIRST_COLUMNS) :], second[FIRST_SIZE:].astype(np.int64)), BOTH_FACTS)
        self._intercept = int(pack(first_intercept, second_intercept)[0])

    def scores(
        self, own: OwnFeatures, line: IntArray, page: IntArray, pages: context.Pages, *, keep_columns: bool = False
    ) -> tuple[IntArray, list[IntArray]]:
        """Final scores, from both views' scores.

        Returns
        -------
        scores : int64 array of shape (n_rows,)
            In 1/256 log-odds.
        columns : list of int64 array of shape (n_columns, n_rows)
            The bins of `context.SECOND_COLUMNS` they were summed from, one array a round; empty unless `keep_columns`.
        """
        rows = [slice(low, min(low + _ROWS, pages.n_rows)) for low in range(0, max(pages.n_rows, 1), _ROWS)]
        one = context.Round(own, line, page, pages)
        first, second = unpack(self._sums(one, self._both, rows, first=True) + self._intercept)
        two = context.Round(own, line, first, pages)
        second += self._sums(two, self._second, rows, first=False)
        if not keep_columns:
            return second, []
        return second, [
            np.concatenate([part.columns(some, first=is_first) for some in rows], axis=1) for part, is_first in ((one, True), (two, False))
        ]

    @staticmethod
    def _sums(part: context.Round, tables: tuple[Folds, PageFolds], rows: list[slice], *, first: bool) -> IntArray:
        """Summed weights of a round's columns for all rows, some rows at a time."""
        of_lines, of_pages = tables
        pages = part.pages
        total = np.empty(pages.n_rows, np.int64)
        for some in rows:
            facts = part.facts(some, first=first)
            np.add(of_lines.sums(facts), of_pages.sums(facts, part.page_facts, pages.page[some]), out=total[some])
        return total
