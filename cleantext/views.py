"""The two views of a line: what it says by itself, and whether it stands where content stands.

Weights are 16-bit numbers of 1/256 log-odds, so sums are exact: the same page gets the same scores in every batch and on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import features
from .arrays import read_ahead, sums_between
from .columns import Column, FactArray, Folds, Weighted
from .features import COLUMNS, EDGE_BITS, MAX_LINE_WORDS, N_EDGES, OWN_COLUMNS, OwnFeatures
from .line_columns import OWN_FACTS, OWN_GROUPS, PLACE_COLUMNS, PLACE_FACTS, PLACE_GROUPS
from .runs import Runs
from .tokens import IntArray
from .windows import Pages

WeightArray = npt.NDArray[np.int16]

# The sum of a line's word weights is divided by the root of their number, in whole numbers of 2^-14; from `_LONG_LINE` words on by their
# number over its root, so that the words of a long line count by their mean and cannot outvote everything else about it.
SCALE_BITS = 14
_LONG_LINE = 24
_COUNTS = np.maximum(np.arange(MAX_LINE_WORDS + 1), 1)
WORD_SCALE = np.rint((1 << SCALE_BITS) / np.maximum(np.sqrt(_COUNTS), _COUNTS / np.sqrt(_LONG_LINE))).astype(np.int64)

COLUMN_OFFSETS = np.cumsum([0, *(column.size for column in COLUMNS)])


class View(NamedTuple):
    """Weights of one view, in 1/256 log-odds.

    Attributes
    ----------
    columns : int16 array of shape (sum of the columns' sizes,)
        Of `features.COLUMNS` one after the other; the line view has those of `features.OWN_COLUMNS` alone.
    phrases : int16 array of shape (n_families + 1, n_places)
        Row 0 counts for a phrase of any family, row f + 1 for family f on top of it.
    words, pairs, edges, forms : int16 array of shape (2 ** bits,)
        Of hash slots.
    intercept : int16 array of shape (1,)
    near : int8 array of shape (n_near, 2 ** bits)
        Of the edges of `line_columns.NEAR_LINES`, in `NEAR_STEP` of 1/256 log-odds; the line view has none, and `n_near` is 0.
    """

    columns: WeightArray
    phrases: WeightArray
    words: WeightArray
    pairs: WeightArray
    edges: WeightArray
    forms: WeightArray
    intercept: WeightArray
    near: npt.NDArray[np.int8]


# Weights of words on other lines are small, up to 2 log-odds: a byte for each keeps the model under 2 MB.
NEAR_STEP = 4
# Three sums of five weights of a byte each, packed into one number.
_NEAR_BITS = 21


def pack(line: WeightArray | IntArray, page: WeightArray | IntArray) -> IntArray:
    """Both views' weights in one 64-bit number, so that one look-up and one running sum serve two views."""
    return line.astype(np.int64) + (page.astype(np.int64) << 32)


def unpack(both: IntArray) -> tuple[IntArray, IntArray]:
    line = (both << 32) >> 32
    return line, (both - line) >> 32


def weighted(columns: Sequence[Column], weights: IntArray) -> list[Weighted]:
    """Columns with their weights, which stand one after the other."""
    stops = np.cumsum([column.size for column in columns]).tolist()
    return [Weighted(column, weights[stop - column.size : stop]) for column, stop in zip(columns, stops, strict=True)]


class Views:
    """Both views, ready to score.

    Parameters
    ----------
    line, page : View
        Their weights.
    """

    def __init__(self, line: View, page: View) -> None:
        self.line, self.page = line, page
        own = int(COLUMN_OFFSETS[len(OWN_COLUMNS)])
        self._columns = Folds(weighted(OWN_COLUMNS, pack(line.columns[:own], page.columns[:own])), OWN_GROUPS, OWN_FACTS)
        self._place = Folds(weighted(PLACE_COLUMNS, page.columns[own:].astype(np.int64)), PLACE_GROUPS, PLACE_FACTS)
        self._words = pack(line.words, page.words)
        self._pairs = pack(line.pairs, page.pairs)
        self._edges = pack(line.edges, page.edges)
        self._forms = pack(line.forms, page.forms)
        self._phrases = pack(*(view.phrases[1:].astype(np.int64) + view.phrases[0] for view in (line, page)))
        self._intercept = pack(line.intercept, page.intercept)
        self._near = np.zeros(1 << EDGE_BITS, np.int64)
        for place, weights in enumerate(page.near):
            self._near += weights.astype(np.int64) * (NEAR_STEP << _NEAR_BITS * place)

    def own_scores(self, own: OwnFeatures) -> tuple[IntArray, IntArray]:
        """What both views say of lines by themselves, in 1/256 log-odds.

        Parameters
        ----------
        own : OwnFeatures

        Returns
        -------
        line, page : int64 array of shape (n_rows,)
            The line view's score, and the page view's without the columns of place.
        """
        total = self._columns.sums(own.facts)
        read_ahead(self._edges, own.edge.size)
        total += np.add.reduce(self._edges.take(own.edge, mode="clip"), 0)
        total += self._intercept
        if len(own.phrase_row):
            np.add.at(total, own.phrase_row, self._phrases[own.phrase_family, own.phrase_place])
        line, page = unpack(total)
        if not len(own.word):
            return line, page

        read_ahead(self._words, len(own.word))
        weights = self._words.take(own.word, mode="clip")
        read_ahead(self._pairs, len(own.pair))
        pairs = self._pairs.take(own.pair, mode="clip")
        # The last word's pair reaches into the next line.
        pairs[own.stop_word - 1] = 0
        weights += pairs
        weights += self._forms.take(own.form, mode="clip")
        counts = own.stop_word - own.first_word
        if int(counts.sum()) < len(weights):
            # Some line has more words than are looked at.
            counted = np.zeros(len(weights) + 1, np.int64)
            np.add.at(counted, own.first_word, 1)
            np.subtract.at(counted, own.stop_word, 1)
            weights *= np.cumsum(counted[:-1])
        # A row without words may be given the next row's first one.
        sums = sums_between(weights, own.first_word)
        sums *= counts > 0
        scale = WORD_SCALE.take(counts)
        line_words, page_words = unpack(sums)
        return line + (line_words * scale >> SCALE_BITS), page + (page_words * scale >> SCALE_BITS)

    def around_scores(self, own: OwnFeatures, near_sums: IntArray, pages: Pages, runs: Runs | None = None) -> IntArray:
        """What the page view adds to its `own_scores` for where lines stand and for the words of lines near them, in 1/256 log-odds.

        Parameters
        ----------
        own : OwnFeatures
            Of whole pages; words and edges are not needed.
        near_sums : int64 array of shape (n_rows,)
            From `near_sums`.
        pages : Pages
        runs : Runs, optional
            If they are made already.

        Returns
        -------
        int64 array of shape (n_rows,)
        """
        place = self.place_scores(features.place_facts(own, own.row, pages.first_row, pages, runs))
        return place + self.near_scores(near_sums, features.near_rows(own, pages))

    def place_scores(self, facts: FactArray) -> IntArray:
        """What the page view adds for the facts of `features.place_facts`, in 1/256 log-odds."""
        return self._place.sums(facts)

    def near_sums(self, own: OwnFeatures) -> IntArray:
        """What each line's edges say of the lines it stands near, summed while the edges are at hand: `features.join` keeps none.

        Returns
        -------
        int64 array of shape (n_rows,)
            The sums for each of `line_columns.NEAR_LINES`, packed, as `near_scores` takes them.
        """
        read_ahead(self._near, own.edge.size)
        sums: IntArray = np.add.reduce(self._near.take(own.edge, mode="clip"), 0)
        return sums

    def near_scores(self, sums: IntArray, near: IntArray) -> IntArray:
        """What the page view adds for the words of other lines, in 1/256 log-odds.

        Parameters
        ----------
        sums : int64 array of shape (n_rows,)
            From `near_sums`.
        near : int64 array of shape (n_near, n_rows)
            From `features.near_rows`.
        """
        total = np.zeros(near.shape[1], np.int64)
        # Where there is no row, -1, stands one without any word, the last one here.
        sums = np.append(sums, N_EDGES * self._near[0])
        shift = 64 - _NEAR_BITS
        for row in near:
            score = (sums << shift) >> shift
            sums = (sums - score) >> _NEAR_BITS
            total += score.take(row, mode="wrap")
        return total
