"""Where rows stand on their pages, and sums over the rows around each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from .columns import FactArray
from .judge_columns import NEIGHBOURS, SURE_WINDOWS, WINDOWS
from .tokens import IntArray

_REACH = np.array((*WINDOWS, *SURE_WINDOWS))[:, np.newaxis]
REACH = max(NEIGHBOURS)  # how far away neighbours are seen
_STEPS = np.arange(1, REACH + 1)[:, np.newaxis]
# Which of both running totals each window takes: content first, then sure content.
_SECOND = np.repeat((0, 1), (len(WINDOWS), len(SURE_WINDOWS)))[:, np.newaxis]


class Pages:
    """Which page each row belongs to, and where in it.

    Parameters
    ----------
    first_row : int64 array of shape (n_pages + 1,)
        Rows ``first_row[p]:first_row[p + 1]`` are those of page `p`.
    row : int64 array of shape (n_rows,)
        Which line each row is. Rows without a blank line between them are a block.

    Attributes
    ----------
    sizes : int64 array of shape (n_pages,)
        Rows of each page.
    index, above, below : int64 array of shape (n_rows,)
        Each row's number, and how many rows of its page stand above and below it.
    begins_block : bool array of shape (n_rows + 1,)
        Whether a row is its block's first; True behind the last row.
    block_bounds : int64 array of shape (n_blocks + 1,)
        Rows ``block_bounds[b]:block_bounds[b + 1]`` are those of block `b`.
    """

    def __init__(self, first_row: IntArray, row: IntArray) -> None:
        self.first_row = first_row
        self.sizes: IntArray = first_row[1:] - first_row[:-1]
        self.n_rows = int(first_row[-1])
        self.index = np.arange(self.n_rows, dtype=np.int64)
        self.page = np.arange(len(self.sizes)).repeat(self.sizes)
        self.first = first_row[:-1].repeat(self.sizes)
        self.stop = first_row[1:].repeat(self.sizes)
        self.above = self.index - self.first
        self.below = self.stop - self.index
        self.below -= 1
        new = np.empty(self.n_rows + 1, np.bool_)
        np.greater(row[1:] - row[:-1], 1, out=new[1:-1])
        new[first_row] = True  # of a page without rows it is the next page's first, or the end
        self.block_bounds: IntArray = new.nonzero()[0]
        self.block_sizes: IntArray = self.block_bounds[1:] - self.block_bounds[:-1]
        self.begins_block = new
        self.first_in_block: npt.NDArray[np.bool_] = new[:-1]
        # Whether the page has a row so many lines further on, from -REACH to REACH.
        has = np.empty((2 * REACH + 1, self.n_rows), np.bool_)
        np.greater_equal(self.above, _STEPS[::-1], out=has[:REACH])
        np.greater_equal(self.below, _STEPS, out=has[REACH + 1 :])
        self._has = has.view(np.uint8)  # to multiply bytes by, without a conversion

    def fill_neighbours(self, padded: FactArray, offsets: Iterable[int], rows: slice, out: FactArray) -> None:
        """What stands so many rows further on the same page, 0 where there is no such row.

        Parameters
        ----------
        padded : uint8 array of shape (n_rows + 2 * REACH,)
            A row of `padded`.
        offsets : iterable of int
            Ascending, up to `REACH`, but for 0.
        rows : slice
        out : uint8 array of shape (n_offsets, rows.stop - rows.start)
            Filled.
        """
        # Each row is the one above it, moved on by one; so all neighbours of the same side are taken at once.
        near = np.ndarray((2 * REACH + 1, rows.stop - rows.start), np.uint8, padded, rows.start, (1, 1))
        for first, stop, place in _runs(tuple(offsets)):
            np.multiply(near[first:stop], self._has[first:stop, rows], out=out[place : place + stop - first])


@cache
def _runs(offsets: tuple[int, ...]) -> list[tuple[int, int, int]]:
    """Offsets that follow one another: the first one and the one behind the last, counted from -REACH, and the first one's place."""
    runs: list[tuple[int, int, int]] = []
    for place, offset in enumerate(offsets):
        at = offset + REACH
        if runs and runs[-1][1] == at:
            runs[-1] = (runs[-1][0], at + 1, runs[-1][2])
        else:
            runs.append((at, at + 1, place))
    return runs


def padded(values: Sequence[npt.NDArray[np.uint8] | npt.NDArray[np.bool_]]) -> FactArray:
    """Values of rows with room for neighbours before the first and after the last: uint8 array of shape (n_values, n_rows + 2 * REACH)."""
    room = np.zeros((len(values), len(values[0]) + 2 * REACH), np.uint8)
    for place, some in enumerate(values):
        room[place, REACH:-REACH] = some
    return room


class Windows:
    """Shares of content in windows.

    Parameters
    ----------
    pages : Pages
    totals : int64 array of shape (3, n_rows + 1)
        Running totals from 0 on: of words, of words times their probability in 1/255, of words times the lower probability. A row has
        at most 255 words.
    """

    def __init__(self, pages: Pages, totals: IntArray) -> None:
        self._pages = pages
        # Sums over a window have 23 bits at most, so that 32 bits suffice for their difference however often totals wrap around.
        narrow = totals.astype(np.int32)
        self._words = narrow[0]
        self._content = narrow[1:].ravel()
        self._offset = _SECOND * totals.shape[1]

    def ratios(self, rows: slice) -> FactArray:
        """Content per word in 1/255, in windows of `WINDOWS`, then of `SURE_WINDOWS`, around some rows.

        Returns
        -------
        uint8 array of shape (n_windows, rows.stop - rows.start)
        """
        pages = self._pages
        index = pages.index[rows]
        low: IntArray = index - _REACH
        high: IntArray = index + (_REACH + 1)
        np.maximum(low, pages.first[rows], out=low)
        np.minimum(high, pages.stop[rows], out=high)
        words = self._words.take(high, mode="clip")
        words -= self._words.take(low, mode="clip")
        low += self._offset
        high += self._offset
        sums = self._content.take(high, mode="clip")
        sums -= self._content.take(low, mode="clip")
        # Both numbers are exact in 32 bits of float. A ratio that is no whole number is at least 1 / (61 * 255) below the next one,
        # four times the greatest error of a correctly rounded ratio up to 255.
        shares = sums.astype(np.float32)
        shares /= np.maximum(words, 1).astype(np.float32)
        return shares.astype(np.uint8)


def running(values: IntArray) -> IntArray:
    """Running total, from 0 on."""
    total = np.empty(len(values) + 1, np.int64)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total


def main_stretch(total: IntArray, pages: Pages) -> tuple[IntArray, IntArray]:
    """First and last row of each page's stretch with the greatest sum (Finn's body text extraction, in one pass as Kadane's).

    Parameters
    ----------
    total : int64 array of shape (n_rows + 1,)
        Running total from 0 on of gains, positive for content.
    pages : Pages
        Where the rows stand.

    Returns
    -------
    first, last : int64 array of shape (n_pages,)
        Rows, both within the stretch; 0 and -1 for a page without rows.

    Examples
    --------
    >>> pages = Pages(np.array([0, 4, 6]), np.arange(6))
    >>> first, last = main_stretch(running(np.array([-1, 5, -2, 9, -3, -1])), pages)
    >>> first.tolist(), last.tolist()
    ([1, 5], [3, 5])
    """
    n_pages = len(pages.sizes)
    first, last = np.zeros(n_pages, np.int64), np.full(n_pages, -1, np.int64)
    if not pages.n_rows:
        return first, last
    if n_pages == 1:  # the same with half as many calls
        before = total[:-1]
        lowest = np.minimum.accumulate(before)
        last[0] = place = int((total[1:] - lowest).argmax())
        first[0] = (before[: place + 1] == lowest[place]).nonzero()[0][-1]
        return first, last
    # Every page is shifted far below the one before it, so that one running minimum starts afresh on each. With numpy 1 on Windows, whole
    # numbers have 32 bits by default.
    shift = ((np.arange(n_pages, dtype=np.int64) << 40) + total.take(pages.first_row[:-1])).repeat(pages.sizes)
    before = total[:-1] - shift
    lowest = np.minimum.accumulate(before)
    best = total[1:] - shift
    best -= lowest
    filled = pages.sizes.nonzero()[0]
    starts = pages.first_row.take(filled)
    greatest = np.maximum.reduceat(best, starts)
    ends = (best == greatest.repeat(pages.sizes.take(filled))).nonzero()[0]
    last[filled] = ends.take(ends.searchsorted(starts))
    floor = lowest.take(last.take(filled))
    begins = (before == floor.repeat(pages.sizes.take(filled))).nonzero()[0]
    first[filled] = begins.take(begins.searchsorted(last.take(filled), side="right") - 1)
    return first, last
