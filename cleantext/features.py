"""Features of a block's lines, as every other module sees them: what lines say by themselves (`own`), and where they stand."""

from __future__ import annotations

import numpy as np

from . import line_columns as lc
from .columns import Column, FactArray, byte_table, cross, look_up
from .forms import FORM_BITS
from .line_columns import COLUMNS, COUNT_BINS, OWN_COLUMNS, PLACE_COLUMNS, PLACES, SHARE_BINS
from .line_facts import visible_spans
from .own import EDGE_BITS, MAX_LINE_WORDS, N_EDGES, PAIR_BITS, WORD_BITS, OwnFeatures, join, own_features
from .runs import Runs
from .tokens import MIX_A, MIX_B, HashArray, IntArray
from .windows import Pages, padded

__all__ = [
    "COLUMNS", "COUNT_BINS", "EDGE_BITS", "FORM_BITS", "MAX_LINE_WORDS", "N_EDGES", "OWN_COLUMNS", "PAIR_BITS", "PLACES", "PLACE_COLUMNS",
    "SHARE_BINS", "WORD_BITS", "Column", "OwnFeatures", "copies", "join", "near_rows", "own_features", "place_columns", "place_facts",
    "visible_spans",
]  # fmt: skip

_COPIES_TABLE = byte_table((0, 0, 1, 2, 2, 3))
_DISTANCE_TABLE = lc.lookup(256, (1, 2, 3, 4, 6, 9, 14, 24, 49, 99, 199))
_LABEL_TABLE = lc.lookup(128, (2, 3, 4, 7, 13, 26, 61))
_COARSE_OF_SHAPE = byte_table(lc.NEAR_COARSE[-1].table)
_NEAR_SHAPES, _NEAR_COARSE, _LABELS, _SECTIONS = slice(7, 13), slice(13, 15), slice(15, 19), slice(19, 25)  # of `PLACE_FACTS`
_COARSE_PLACES = slice(list(lc.NEAR_SHAPE).index(-1), list(lc.NEAR_SHAPE).index(1) + 1)
_NONE = np.zeros(1, np.uint8)
_MANY_TABLE = byte_table(lc.lookup(11, (1, 2, 3, 5, 10)))
_SECTION_BITS = (1 << np.arange(len(lc.SECTIONS), dtype=np.uint8))[:, np.newaxis]
# A heading, as wide as may be: "About the author", "December 19, 2025", "Shipping and returns". Both numbers were the first ones tried.
_HEADING_WORDS, _HEADING_REACH = 6, 40
_STOP = lc.END_TYPE.bins.index("stop")
# The nearest label is a whole line, or one of up to four words that begins with a phrase; `OwnFeatures.section` takes longer ones too.
_LAST_LABEL_PLACE = 3


def place_columns(own: OwnFeatures, row: IntArray, first_row: IntArray) -> IntArray:
    """Bins of `PLACE_COLUMNS` for the rows of whole pages, for training and explanation.

    Parameters
    ----------
    own, row, first_row
        As for `place_facts`.

    Returns
    -------
    int64 array of shape (n_columns, n_rows)
    """
    return cross(PLACE_COLUMNS, lc.PLACE_FACTS, place_facts(own, row, first_row))


def place_facts(own: OwnFeatures, row: IntArray, first_row: IntArray, pages: Pages | None = None, runs: Runs | None = None) -> FactArray:
    """Facts that `PLACE_COLUMNS` cross, for the rows of whole pages.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only facts, phrases and `key` are used.
    row : int64 array of shape (n_rows,)
        Which line of the block each row is: a gap between two tells of blank lines.
    first_row : int64 array of shape (n_pages + 1,)
        Rows ``first_row[p]:first_row[p + 1]`` are those of page `p`.
    pages : Pages, optional
    runs : Runs, optional
        The same, if they are made already.

    Returns
    -------
    uint8 array of shape (n_facts, n_rows)
        Of `line_columns.PLACE_FACTS`.
    """
    n = len(row)
    pages = Pages(first_row, row) if pages is None else pages
    above, below = pages.above, pages.below
    facts = np.empty((len(lc.PLACE_FACTS), n), np.uint8)
    facts[0], facts[1] = own.fact(lc.COARSE), own.fact(lc.END_TYPE)
    facts[2] = look_up(_COPIES_TABLE, np.minimum(copies(own.key, pages.sizes), 5).astype(np.uint8))
    # A page's first row begins a block, and its last one ends it, without a blank line.
    blank = pages.begins_block.view(np.uint8).copy()
    blank[first_row] = 0
    np.multiply(blank[1:], 2, out=facts[3])
    facts[3] += blank[:-1]
    facts[4] = _DISTANCE_TABLE.take(above, mode="clip")
    facts[5] = _DISTANCE_TABLE.take(below, mode="clip")
    # A correctly rounded division of whole numbers this small is exact, or far enough from the next whole number.
    facts[6] = 10 * above / (above + below + 1)
    near = facts[_NEAR_SHAPES]
    pages.fill_neighbours(padded((own.fact(lc.SHAPE),))[0], lc.NEAR_SHAPE, slice(0, n), near)
    facts[_NEAR_COARSE] = look_up(_COARSE_OF_SHAPE, near[_COARSE_PLACES])
    _labels(own, above, below, facts[_LABELS])
    _section_counts(own.section, pages, facts[_SECTIONS])
    runs = Runs(own, pages) if runs is None else runs
    facts[-3], facts[-2], facts[-1] = own.fact(lc.SHAPE), runs.run, runs.on
    return facts


def _labels(own: OwnFeatures, above: IntArray, below: IntArray, out: FactArray) -> None:
    """The nearest line above, and below, that is hardly more than a furniture phrase: which family, and how far.

    "Related articles" or "Comments" says little of itself and much of the twenty lines below it.
    """
    n = len(above)
    short = (own.phrase_place % len(lc.SPOTS) <= _LAST_LABEL_PLACE).nonzero()[0]
    family = np.zeros(n, np.uint8)
    # Of several families the last one in the table's order; any fixed choice would do.
    family[own.phrase_row.take(short)] = own.phrase_family.take(short) + 1
    known = family.nonzero()[0]
    index, families = np.arange(n), family.take(known)
    if not len(known):
        out[:] = 0
        return
    # Not the row itself: the one before it, or the one after. Where there is none, one stands too far away to be on the page.
    sizes = np.empty(len(known) + 1, np.int64)
    np.subtract(known[1:], known[:-1], out=sizes[1:-1])
    sizes[0], sizes[-1] = known[0] + 1, n - 1 - known[-1]
    distance = index - np.concatenate(([-n - 1], known)).repeat(sizes)
    near = (distance <= above).view(np.uint8)
    np.multiply(np.concatenate((_NONE, families)).repeat(sizes), near, out=out[0])
    np.multiply(_LABEL_TABLE.take(distance, mode="clip"), near, out=out[1])
    sizes[0] -= 1
    sizes[-1] += 1
    distance = np.concatenate((known, [2 * n + 1])).repeat(sizes) - index
    near = (distance <= below).view(np.uint8)
    np.multiply(np.concatenate((families, _NONE)).repeat(sizes), near, out=out[2])
    np.multiply(_LABEL_TABLE.take(distance, mode="clip"), near, out=out[3])


def _section_counts(section: FactArray, pages: Pages, out: FactArray) -> None:
    """How many labels of each section stand above a line and below it, on its page."""
    totals = np.zeros((len(lc.SECTIONS), pages.n_rows + 1), np.int32)
    np.cumsum(section & _SECTION_BITS > 0, axis=1, out=totals[:, 1:])
    counts = np.empty((2, len(lc.SECTIONS), pages.n_rows), np.int32)
    np.subtract(totals[:, :-1], totals.take(pages.first_row[:-1], axis=1).repeat(pages.sizes, axis=1), out=counts[0])
    np.subtract(totals.take(pages.first_row[1:], axis=1).repeat(pages.sizes, axis=1), totals[:, 1:], out=counts[1])
    np.minimum(counts, 10, out=counts)
    out[:] = look_up(_MANY_TABLE, counts.reshape(out.shape).astype(np.uint8))


def near_rows(own: OwnFeatures, pages: Pages) -> IntArray:
    """Which rows of its page stand near each row.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only facts and `n_words` are used.
    pages : Pages

    Returns
    -------
    int64 array of shape (len(NEAR_LINES), n_rows)
        For each of `line_columns.NEAR_LINES` the row, -1 where there is none: the line above, the line below, and the nearest one above
        that is as short as a heading, within `_HEADING_REACH` lines.
    """
    index = pages.index
    near = np.empty((len(lc.NEAR_LINES), len(index)), np.int64)
    np.subtract(index, 1, out=near[0])
    near[0, pages.above == 0] = -1
    np.add(index, 1, out=near[1])
    near[1, pages.below == 0] = -1
    heading = np.where((own.n_words <= _HEADING_WORDS) & (own.fact(lc.END_TYPE) != _STOP), index, -1)
    near[2, :1] = -1
    np.maximum.accumulate(heading[:-1], out=near[2, 1:])
    near[2, (near[2] < pages.first) | (index - near[2] > _HEADING_REACH)] = -1
    return near


def copies(key: HashArray, sizes: IntArray) -> IntArray:
    """How often each line stands on its page.

    Parameters
    ----------
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    sizes : int64 array of shape (n_pages,)
        Rows of each page.

    Returns
    -------
    int64 array of shape (n_rows,)
        At least 1.

    Examples
    --------
    >>> copies(np.array([7, 8, 7, 7], np.uint64), np.array([3, 1])).tolist()
    [2, 1, 2, 1]
    """
    n = len(key)
    # Lines of different pages differ. (Of one page alone, sooner without.)
    mixed = key if len(sizes) == 1 else (key ^ (np.arange(len(sizes), dtype=np.uint64) * MIX_B).repeat(sizes)) * MIX_A
    order = mixed.argsort()
    ordered = mixed.take(order)
    other = (ordered[1:] != ordered[:-1]).nonzero()[0]
    if len(other) >= n - 1:
        return np.ones(n, np.int64)
    # Runs of equal keys.
    bounds = np.empty(len(other) + 2, np.int64)
    bounds[0], bounds[-1] = 0, n
    np.add(other, 1, out=bounds[1:-1])
    runs = bounds[1:] - bounds[:-1]
    result = np.empty(n, np.int64)
    result[order] = runs.repeat(runs)
    return result
