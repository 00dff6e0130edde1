"""Features and labels of many pages, and the sparse matrices scikit-learn fits on.

The features come from `cleantext.features`, the very code that scores; here they are only laid out as a matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import sparse

from cleantext import context, features
from cleantext.features import EDGE_BITS, FORM_BITS, PAIR_BITS, PLACES, WORD_BITS, OwnFeatures
from cleantext.line_columns import NEAR_LINES
from cleantext.lines import make_block
from cleantext.model import COLUMN_OFFSETS, JUDGE_OFFSETS, SCALE_BITS, WORD_SCALE, Views
from cleantext.phrasetable import PhraseTable
from cleantext.tokens import IntArray

from .pages import LabelledPage


class Layout:
    """Where each kind of feature stands in a view's design matrix."""

    def __init__(self, n_families: int) -> None:
        self.n_families = n_families
        sizes = {
            "columns": int(COLUMN_OFFSETS[-1]),
            "phrases": (n_families + 1) * len(PLACES),
            "edges": 1 << EDGE_BITS,
            "near": len(NEAR_LINES) << EDGE_BITS,
            "words": 1 << WORD_BITS,
            "pairs": 1 << PAIR_BITS,
            "forms": 1 << FORM_BITS,
        }
        bounds = np.cumsum([0, *sizes.values()]).tolist()
        self.slices = {name: slice(low, high) for name, low, high in zip(sizes, bounds[:-1], bounds[1:], strict=True)}
        self.size: int = bounds[-1]


@dataclass(eq=False)
class Dataset:
    """Features and labels of the non-blank lines of some pages, in one block.

    Attributes
    ----------
    own : OwnFeatures
    first_row : int64 array of shape (n_pages + 1,)
    label : int8 array of shape (n_rows,)
        1 content, 0 furniture, -1 doubtful.
    fold : int64 array of shape (n_pages,)
        Fold of each page's site.
    """

    own: OwnFeatures
    first_row: IntArray
    label: npt.NDArray[np.int8]
    fold: IntArray

    @cached_property
    def place(self) -> IntArray:
        """Bins of the columns of place."""
        return features.place_columns(self.own, self.own.row, self.first_row)

    @cached_property
    def near(self) -> IntArray:
        """Rows near each row: see `features.near_rows`."""
        return features.near_rows(self.own, context.Pages(self.first_row, self.own.row))

    @cached_property
    def page(self) -> IntArray:
        """Page of each row."""
        return np.repeat(np.arange(len(self.fold)), np.diff(self.first_row))

    @property
    def row_fold(self) -> IntArray:
        """Fold of each row."""
        return self.fold[self.page]

    def view_scores(self, views: Views) -> tuple[IntArray, IntArray]:
        """Both views' scores in 1/256 log-odds, by the code that scores."""
        line, page = views.own_scores(self.own)
        return line, page + views.around_scores(self.own, views.near_sums(self.own), context.Pages(self.first_row, self.own.row))

    def judge_columns(self, line: IntArray, page: IntArray) -> IntArray:
        """Bins of the judge's columns, from both views' scores."""
        return context.judge_columns(self.own, line, page, context.Pages(self.first_row, self.own.row))


def make_dataset(pages: Sequence[LabelledPage], folds: Sequence[int] | IntArray, phrases: PhraseTable) -> Dataset:
    """Compute features of pages.

    Parameters
    ----------
    pages : sequence of LabelledPage
        At least one.
    folds : sequence of int
        One for each page.
    phrases : PhraseTable

    Raises
    ------
    ValueError
        If a page has another number of labels than lines that are not blank.
    """
    block = make_block([page.text for page in pages])
    own = features.own_features(block.data, block.start, block.end, phrases)
    first_row = np.searchsorted(own.row, block.first_line)
    counts = np.diff(first_row)
    for page, count in zip(pages, counts.tolist(), strict=True):
        if len(page.label) != count:
            raise ValueError(f"{page.doc_id}, {page.rendering}: {len(page.label)} labels for {count} lines")
    label = np.concatenate([page.label for page in pages]).astype(np.int8)
    return Dataset(own, first_row, label, np.asarray(folds, np.int64))


def view_matrix(data: Dataset, rows: IntArray, layout: Layout, *, place: bool) -> sparse.csr_matrix:
    """Design matrix of some rows.

    Parameters
    ----------
    data : Dataset
    rows : int64 array of shape (n,)
        Rows of `data`, ascending.
    layout : Layout
    place : bool
        Whether to fill the columns of place and those of other lines' words; the line view does without.

    Returns
    -------
    float32 csr_matrix of shape (n, layout.size)
    """
    own = data.own
    n = len(rows)
    own_columns = own.columns
    columns = [bins[rows] + offset for bins, offset in zip(own_columns, COLUMN_OFFSETS.tolist(), strict=False)]
    if place:
        offsets = COLUMN_OFFSETS[len(own_columns) :].tolist()
        columns += [bins[rows] + offset for bins, offset in zip(data.place, offsets, strict=False)]
        columns += [slots + layout.slices["near"].start for slots in near_slots(data, rows)]
    columns += [slots[rows] + layout.slices["edges"].start for slots in own.edge]
    fixed = sparse.csr_matrix(
        (
            np.ones(n * len(columns), np.float32),
            np.stack(columns, axis=1).ravel().astype(np.int32),
            np.arange(n + 1) * len(columns),
        ),
        shape=(n, layout.size),
    )

    new_row = np.full(len(own.row), -1)
    new_row[rows] = np.arange(n)
    hit = new_row[own.phrase_row]
    use = hit >= 0
    start = layout.slices["phrases"].start
    any_family = start + own.phrase_place[use]
    of_family = any_family + (own.phrase_family[use] + 1) * len(PLACES)

    counts = (own.stop_word - own.first_word)[rows]
    word_row = np.repeat(np.arange(n), counts)
    inside = np.arange(len(word_row)) - np.repeat(np.cumsum(counts) - counts, counts)
    word = own.first_word[rows][word_row] + inside
    value = (WORD_SCALE[counts] / (1 << SCALE_BITS))[word_row].astype(np.float32)
    paired = inside < counts[word_row] - 1
    sparse_part = sparse.csr_matrix(
        (
            np.concatenate((np.ones(2 * int(use.sum()), np.float32), value, value[paired], value)),
            (
                np.concatenate((hit[use], hit[use], word_row, word_row[paired], word_row)),
                np.concatenate(
                    (
                        any_family,
                        of_family,
                        own.word[word] + layout.slices["words"].start,
                        own.pair[word[paired]] + layout.slices["pairs"].start,
                        own.form[word] + layout.slices["forms"].start,
                    )
                ),
            ),
        ),
        shape=(n, layout.size),
    )
    return (fixed + sparse_part).tocsr()


def near_slots(data: Dataset, rows: IntArray) -> IntArray:
    """Slots of the edges of lines near some rows, those of each of `NEAR_LINES` behind the other's; slot 0 where there is no line.

    Returns
    -------
    int64 array of shape (n_near * n_edges, n)
    """
    found = []
    for place, near in enumerate(data.near[:, rows]):
        slots = data.own.edge[:, near] * (near >= 0)
        found.append(slots + (place << EDGE_BITS))
    return np.concatenate(found)


def judge_matrix(columns: Iterable[IntArray]) -> sparse.csr_matrix:
    """Design matrix of the judge's columns: one 1 per column and row."""
    offsets = JUDGE_OFFSETS
    shifted = [bins + offset for bins, offset in zip(columns, offsets.tolist(), strict=False)]
    n, width = len(shifted[0]), len(shifted)
    indices = np.stack(shifted, axis=1).ravel().astype(np.int32)
    return sparse.csr_matrix((np.ones(n * width, np.float32), indices, np.arange(n + 1) * width), shape=(n, int(offsets[-1])))
