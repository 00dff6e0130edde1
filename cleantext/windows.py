"""Where rows stand on their pages, and sums over the rows around each."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .columns import FactArray
from .judge_columns import NEIGHBOURS, SURE_WINDOWS, WINDOWS
from .tokens import IntArray

_REACH = np.array((*WINDOWS, *SURE_WINDOWS))[:, np.newaxis]
REACH = max(NEIGHBOURS)  # how far away neighbours are seen


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
    block_bounds : int64 array of shape (n_blocks + 1,)
        Rows ``block_bounds[b]:block_bounds[b + 1]`` are those of block `b`.
    """

    def __init__(self, first_row: IntArray, row: IntArray) -> None:
        self.first_row = first_row
        self.sizes: IntArray = first_row[1:] - first_row[:-1]
        self.n_rows = int(first_row[-1])
        self.index = np.arange(self.n_rows)
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
        self.first_in_block: npt.NDArray[np.bool_] = new[:-1]
        self._has_neighbour = {offset: self.above >= -offset if offset < 0 else self.below >= offset for offset in NEIGHBOURS}

    def has_neighbour(self, offset: int) -> npt.NDArray[np.bool_]:
        """Whether each row's page has a row so many lines further on."""
        return self._has_neighbour[offset]

    def fill_neighbours(self, padded: FactArray, offsets: Iterable[int], rows: slice, out: FactArray) -> None:
        """What stands so many rows further on the same page, 0 where there is no such row.

        Parameters
        ----------
        padded : uint8 array of shape (n_rows + 2 * REACH,)
            The value of every row, with room before the first and after the last.
        offsets : iterable of int
            Up to `REACH`.
        rows : slice
        out : uint8 array of shape (n_offsets or more, rows.stop - rows.start)
            Filled.
        """
        for place, offset in enumerate(offsets):
            near = padded[rows.start + REACH + offset : rows.stop + REACH + offset]
            np.multiply(near, self._has_neighbour[offset][rows], out=out[place])


class Windows:
    """Shares of content in windows.

    Parameters
    ----------
    pages : Pages
    totals : int64 array of shape (3, n_rows + 1)
        Running totals from 0 on: of words times their probability in 1/255, of words, of words times the lower probability. A row has
        at most 255 words.
    """

    def __init__(self, pages: Pages, totals: IntArray) -> None:
        self._pages = pages
        # Sums over a window have 23 bits at most, so that 32 bits suffice for their difference however often totals wrap around.
        self._mass, self._words, self._sure = totals.astype(np.int32)

    def ratios(self, rows: slice) -> FactArray:
        """Content per word in 1/255, in windows of `WINDOWS`, then of `SURE_WINDOWS`, around some rows.

        Returns
        -------
        uint8 array of shape (n_windows, rows.stop - rows.start)
        """
        pages = self._pages
        low: IntArray = pages.index[rows] - _REACH
        high: IntArray = pages.index[rows] + (_REACH + 1)
        np.maximum(low, pages.first[rows], out=low)
        np.minimum(high, pages.stop[rows], out=high)
        sums = np.empty(low.shape, np.int32)
        for total, some in ((self._mass, slice(len(WINDOWS))), (self._sure, slice(len(WINDOWS), None))):
            np.subtract(total.take(high[some]), total.take(low[some]), out=sums[some])
        words = self._words.take(high)
        words -= self._words.take(low)
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
    first, last = np.zeros(n_pages, np.int64), np.full(n_pages, -1)
    if not pages.n_rows:
        return first, last
    # Every page is shifted far below the one before it, so that one running minimum starts afresh on each.
    shift = ((np.arange(n_pages) << 40) + total.take(pages.first_row[:-1])).repeat(pages.sizes)
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
