"""What the judge sees of a line: both views' scores of it, of its neighbours, and the state of the page.

Everything is whole-number arithmetic on scores in 1/256 log-odds and probabilities in 1/256, so that a line's bins do not depend
on which pages share its block. Every column crosses something with the line's own score, because evidence counts differently
for a line that the words already decide.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .features import COARSE_BINS, PHRASE_SHARE, SHAPES, SHARE_BINS, Column, OwnFeatures, _lookup
from .tokens import IntArray

SCALE = 256  # scores are whole numbers of 1/256 log-odds
_CLIP = 2048  # 8 log-odds

_EDGES = (-1280, -768, -512, -320, -192, -96, 0, 96, 192, 320, 512, 768, 1280)
_FINE = (*(f"under {edge / SCALE:+.2g}" for edge in _EDGES), "over +5")
_ROUGH = ("under -2", "under -0.75", "under 0", "under +0.75", "under +2", "over +2")
_SHARES = (
    "to 3 %", "to 8 %", "to 15 %", "to 25 %", "to 35 %", "to 50 %", "to 65 %", "to 75 %", "to 85 %", "to 92 %",
    "to 97 %", "over 97 %",
)  # fmt: skip
_SIDES = ("to 5 %", "to 15 %", "to 30 %", "to 50 %", "to 70 %", "to 85 %", "over 85 %")
_LINES = ("to 1", "2-3", "4-6", "7-12", "13-25", "26-50", "51-100", "101-200", "201-400", "over 400")
_FAR = ("none", "0", "1", "2", "3-4", "5-8", "9-16", "17-32", "over 32")
_BORDER = (
    "over 32 before", "17-32 before", "9-16 before", "5-8 before", "3-4 before", "2 before", "1 before", "first",
    "inside", "last", "only", "1 after", "2 after", "3-4 after", "5-8 after", "9-16 after", "17-32 after",
    "over 32 after",
)  # fmt: skip
_PROSE = ("to 2 words", "3-4", "5-7", "8-11", "12-15", "16-21", "22-29", "30-44", "over 44")
_BETWEEN = ("elsewhere", "below a paragraph", "above a paragraph", "between paragraphs")
_SEGMENT = ("before", "inside", "after")
_ENDS = ("letter", "stop", "colon or comma", "other")

_FINE_TABLE = np.searchsorted(np.array(_EDGES), np.arange(-_CLIP, _CLIP), side="right")
_ROUGH_TABLE = np.searchsorted(np.array((-512, -192, 0, 192, 512)), np.arange(-_CLIP, _CLIP), side="right")
PROBABILITY = np.rint(255 / (1 + np.exp(-np.arange(-_CLIP, _CLIP) / SCALE))).astype(np.int64)
_SHARE_TABLE = _lookup(256, (8, 21, 39, 64, 90, 128, 166, 192, 217, 235, 248))
_SIDE_TABLE = _lookup(256, (13, 39, 77, 128, 179, 217))
_LINES_TABLE = _lookup(512, (2, 4, 7, 13, 26, 51, 101, 201, 401))
_FAR_TABLE = 1 + _lookup(64, (1, 2, 3, 5, 9, 17, 33))
_PROSE_TABLE = _lookup(256, (3, 5, 8, 12, 16, 22, 30, 45))
# What a distance to the first, or from the last, line of the main stretch adds to a bin of `_BORDER`. Index 0: it is inside.
_AFTER_TABLE = np.concatenate(([0, 1], 3 + _lookup(64, (2, 3, 5, 9, 17, 33))[1:]))
_BEFORE_TABLE = np.concatenate(([0, -1], -2 - _lookup(64, (2, 3, 5, 9, 17, 33))[1:]))
_ROUGH_OF_FINE = np.concatenate(([0], 1 + np.searchsorted(np.array((-512, -192, 0, 192, 512)), (-2048, *_EDGES), side="right")))

_STOP = _ENDS.index("stop")
_PARAGRAPH = COARSE_BINS.index("9-13")
_SURELY_FURNITURE = 2  # bins up to -2 log-odds in both views
# A line is strong if both views give it a probability of 3/4 and it is no heading.
_STRONG, _STRONG_WORDS = 192, 8

_WINDOWS = (2, 5, 10, 20, 40)
_MIN_WINDOWS = (3, 10, 30)
_SIDE_WINDOWS = (4, 15)
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
_NEIGHBOUR_OFFSETS = np.array(_NEIGHBOURS)[:, np.newaxis]
# All windows, in an order in which those of one use stand together.
_REACH = np.array((*_SIDE_WINDOWS, *_WINDOWS, *(size for size in _MIN_WINDOWS if size not in _WINDOWS)))[:, np.newaxis]
_SIDE_REACH = slice(0, len(_SIDE_WINDOWS))
_CONTENT_REACH = slice(len(_SIDE_WINDOWS), len(_SIDE_WINDOWS) + len(_WINDOWS))
_SURE_REACH = [_REACH.ravel().tolist().index(size, len(_SIDE_WINDOWS)) for size in _MIN_WINDOWS]
_NONE_FINE = ("none", *_FINE)


def _columns(view: str) -> tuple[Column, ...]:
    """Columns over the line view's scores and another's; those of the line view alone stand with the first round only."""
    first = view == "page view"
    return (
        Column(f"line view and {view}", (_FINE, _FINE)),
        Column(f"{view}, words", (_FINE, COARSE_BINS)),
        Column(f"{view}, words and end", (_ROUGH, COARSE_BINS, _ENDS)),
        *(Column(f"{view} of line {offset:+d}", (_NONE_FINE, _ROUGH)) for offset in _NEIGHBOURS),
        Column(f"{view} of lines before and after", (("none", *_ROUGH), ("none", *_ROUGH), _ROUGH)),
        *(Column(f"content within {size} lines, {view}", (_SHARES, _ROUGH)) for size in _WINDOWS),
        *(Column(f"sure content within {size} lines, {view}", (_SHARES, _ROUGH)) for size in _MIN_WINDOWS),
        *(Column(f"content {size} lines above and below, {view}", (_SIDES, _SIDES, _ROUGH)) for size in _SIDE_WINDOWS),
        Column(f"share of the content above, {view}", (_SHARES, _ROUGH)),
        Column(f"content words above and below, {view}", (_LINES, _LINES)),
        Column(f"content words of the page and line view, {view}", (_SHARES, _FINE)),
        Column(f"content words of the page, {view}", (_SHARES, _FINE)),
        Column(f"content lines of the page and line view, {view}", (_SHARES, _FINE)),
        Column(f"content lines of the page, {view}", (_SHARES, _FINE)),
        Column(f"lines of the page, {view}", (_LINES, _FINE)),
        Column(f"sure furniture of the page and line view, {view}", (_SHARES, _FINE)),
        Column(f"sure furniture of the page, {view}", (_SHARES, _FINE)),
        Column(f"lines of sure furniture and line view, {view}", (_LINES, _FINE)),
        Column(f"main stretch, {view}", (_SEGMENT, _FINE)),
        Column(f"main stretch, line view and content lines, {view}", (_SEGMENT, _FINE, _SIDES)),
        Column(f"lines from the main stretch, {view}", (_BORDER, _ROUGH)),
        Column(f"lines from sure content, {view}", (_FAR, _FAR, _ROUGH)),
        Column(f"content within the block, {view}", (_SHARES, _ROUGH)),
        *(
            (
                Column("line view, words", (_FINE, COARSE_BINS)),
                Column("lines of the page, line view", (_LINES, _FINE)),
                *(Column(f"line view of line {offset:+d}", (_NONE_FINE, _ROUGH)) for offset in (-2, -1, 1, 2)),
                Column("lines of the block", (_LINES, ("first", "later"), COARSE_BINS)),
                Column("phrase share and line view", (SHARE_BINS, _FINE)),
                Column("phrase share and lines of sure furniture", (SHARE_BINS, _LINES, _ROUGH)),
                Column("words per line of the page, line view", (_PROSE, _FINE)),
                Column("words per line of the page, phrase share", (_PROSE, SHARE_BINS, _ROUGH)),
                Column("words per line of the page, shape", (_PROSE, SHAPES)),
                Column("shape between paragraphs", (_BETWEEN, SHAPES)),
            )
            if first
            else ()
        ),
    )


# The first round weighs the views. The second one sees all of that again and the same facts with the first round's scores in the
# page view's place: where content stands is clearer by then. On WCXB (5 folds) it raised word F1 of full pages from 0.831 to 0.847.
FIRST_COLUMNS = _columns("page view")
SECOND_COLUMNS = FIRST_COLUMNS + _columns("first round")
# Columns are filled in groups: of single lines, of windows, of pages; the first round has more.
_N_LINE = 4 + len(_NEIGHBOURS)
_N_NEAR = _N_LINE + len(_WINDOWS) + len(_MIN_WINDOWS) + len(_SIDE_WINDOWS)
_N_BOTH = len(SECOND_COLUMNS) - len(FIRST_COLUMNS)


# Rows of `Round._states`, and which of them are crossed with the line view's score (0) or with the other one's (1).
_STATE_WORDS, _STATE_LINES, _N_LINES, _FURNITURE, _N_FURNITURE, _STATE_SIDE, _WORDS_PER_LINE = range(7)
_STATE_COLUMNS = (
    (_STATE_WORDS, 0), (_STATE_WORDS, 1), (_STATE_LINES, 0), (_STATE_LINES, 1), (_N_LINES, 1), (_FURNITURE, 0), (_FURNITURE, 1),
    (_N_FURNITURE, 0),
)  # fmt: skip
_N_WINDOWS = len(_WINDOWS) + len(_MIN_WINDOWS) + 2 * len(_SIDE_WINDOWS)


class Pages:
    """Which page each row belongs to, and where in it.

    Parameters
    ----------
    first_row : int64 array of shape (n_pages + 1,)
        Rows ``first_row[p]:first_row[p + 1]`` are those of page `p`.
    row : int64 array of shape (n_rows,)
        Which line each row is. Rows without a blank line between them are a block.
    """

    def __init__(self, first_row: IntArray, row: IntArray) -> None:
        sizes = np.diff(first_row)
        self.sizes = sizes
        self.n_rows = int(first_row[-1])
        self.page = np.arange(len(sizes)).repeat(sizes)
        self.index = np.arange(self.n_rows)
        self.first = first_row[:-1].repeat(sizes)
        self.stop = first_row[1:].repeat(sizes)
        self.first_row = first_row
        new = np.empty(self.n_rows + 1, np.bool_)
        np.greater(row[1:] - row[:-1], 1, out=new[1:-1])
        new[first_row] = True  # of a page without rows it is the next page's first, or the end
        bounds = new.nonzero()[0]
        starts, stops = bounds[:-1], bounds[1:]
        sizes = stops - starts
        self.block_first = starts.repeat(sizes)
        self.block_stop = stops.repeat(sizes)

    @cached_property
    def whole(self) -> Surroundings:
        """Surroundings of all rows, kept for the second round."""
        return Surroundings(self, slice(0, self.n_rows))

    def surroundings(self, rows: slice) -> Surroundings:
        """Where the neighbours and windows of some rows are."""
        return self.whole if rows == slice(0, self.n_rows) else Surroundings(self, rows)


class Surroundings:
    """Where the neighbours and windows of some rows are.

    Parameters
    ----------
    pages : Pages
    rows : slice
        Of the rows of `pages`.

    Attributes
    ----------
    neighbours : int64 array of shape (6, n)
        Index of the row `_NEIGHBOURS` away on the same page, `n_rows` where there is none.
    low, high : int64 array of shape (n_windows, n)
        First row, and row behind the last, of each of `_REACH` around each row.
    """

    def __init__(self, pages: Pages, rows: slice) -> None:
        self.rows = rows
        self.next = slice(rows.start + 1, rows.stop + 1)
        index, first, stop = pages.index[rows], pages.first[rows], pages.stop[rows]
        self.neighbours: IntArray = index + _NEIGHBOUR_OFFSETS
        outside = self.neighbours < first
        outside |= self.neighbours >= stop
        np.putmask(self.neighbours, outside, pages.n_rows)
        self.low: IntArray = index - _REACH
        self.high: IntArray = index + (_REACH + 1)
        np.maximum(self.low, first, out=self.low)
        np.minimum(self.high, stop, out=self.high)
        self._words: npt.NDArray[np.float64] | None = None

    def sums(self, content: IntArray, sure: IntArray) -> IntArray:
        """Sums over `_WINDOWS`, over `_MIN_WINDOWS`, and over the lines above and below within each of `_SIDE_WINDOWS`, in turn.

        Given running totals over all rows, from 0 on, the second one for `_MIN_WINDOWS`.
        """
        low, high = self.low, self.high
        sums = np.empty((_N_WINDOWS, low.shape[1]), np.int64)
        around, sides = sums[: len(_WINDOWS)], sums[-2 * len(_SIDE_WINDOWS) :]
        np.subtract(content.take(high[_CONTENT_REACH]), content.take(low[_CONTENT_REACH]), out=around)
        for place, reach in enumerate(_SURE_REACH, len(_WINDOWS)):
            np.subtract(sure.take(high[reach]), sure.take(low[reach]), out=sums[place])
        np.subtract(content[self.rows], content.take(low[_SIDE_REACH]), out=sides[::2])
        np.subtract(content.take(high[_SIDE_REACH]), content[self.next], out=sides[1::2])
        return sums

    def words(self, total: IntArray) -> npt.NDArray[np.float64]:
        """`sums` of words, at least 1: both rounds need them, so they are summed once. Given their running total."""
        if self._words is None:
            self._words = np.maximum(self.sums(total, total), 1).astype(np.float64)
        return self._words


class _Bins(NamedTuple):
    """Bins of both scores of each row, fine and rough."""

    line_fine: IntArray
    page_fine: IntArray
    line_rough: IntArray
    page_rough: IntArray


class _Totals(NamedTuple):
    """Running totals over all rows, from 0 on: int64 arrays of shape (n_rows + 1,)."""

    mass: IntArray  # words, at most 255 a line, times the probability in 1/255
    words: IntArray
    sure_mass: IntArray  # words times the lower one of both probabilities
    sure: IntArray
    n_furniture: IntArray


def _running(values: IntArray) -> IntArray:
    total = np.empty(len(values) + 1, np.int64)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total


def _ratio(part: IntArray, whole: IntArray) -> IntArray:
    """part / whole in whole numbers, 0 where whole is 0; a correctly rounded float division is the fastest exact way."""
    return (part / np.maximum(whole, 1)).astype(np.int64)


def judge_columns(own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages, *, first: bool = True) -> IntArray:
    """Bins of `FIRST_COLUMNS`, or of what `SECOND_COLUMNS` has beyond them.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only `n_words`, `coarse`, `end_type` and the column of phrases are used.
    line_view, page_view : int64 array of shape (n_rows,)
        Scores in 1/256 log-odds; in the second round `page_view` holds the first round's scores.
    pages : Pages
        Where the rows stand; made for these rows.
    first : bool
        Which round.

    Returns
    -------
    int64 array of shape (n_columns, n_rows)
    """
    return Round(own, line_view, page_view, pages).columns(slice(0, pages.n_rows), first=first)


class Round:
    """A round of the judge: what its columns need of whole pages.

    Parameters
    ----------
    own, line_view, page_view, pages
        As for `judge_columns`.
    """

    def __init__(self, own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages) -> None:
        self.own, self.pages = own, pages
        # The tables reach from -8 to +8 log-odds; what is beyond counts as the nearest.
        line_index, page_index = line_view + _CLIP, page_view + _CLIP
        self.bins = _Bins(
            _FINE_TABLE.take(line_index, mode="clip"),
            _FINE_TABLE.take(page_index, mode="clip"),
            _ROUGH_TABLE.take(line_index, mode="clip"),
            _ROUGH_TABLE.take(page_index, mode="clip"),
        )
        sure = PROBABILITY.take(np.minimum(line_index, page_index), mode="clip")
        words = np.minimum(own.n_words, 255)
        mass = words * PROBABILITY.take(page_index, mode="clip")

        totals = np.empty((5, pages.n_rows + 1), np.int64)
        totals[:, 0] = 0
        running = totals[:, 1:]
        running[0], running[1], running[3] = mass, words, sure
        np.multiply(words, sure, out=running[2])
        np.less_equal(np.maximum(self.bins.line_fine, self.bins.page_fine), _SURELY_FURNITURE, out=running[4], casting="unsafe")
        np.cumsum(running, axis=1, out=running)
        self.totals = _Totals(*totals)
        bounds = totals.take(pages.first_row, axis=1)
        self.page_sums = bounds[:, 1:] - bounds[:, :-1]
        self.page_mass_before = bounds[0]
        self.states = self._states()
        self.stretch = main_stretch(words * -255 + 2 * mass, pages)
        self.far = _far_from((sure >= _STRONG) & (words >= _STRONG_WORDS), pages)

    def _states(self) -> IntArray:
        """Bins of the pages: int64 array of shape (7, n_pages)."""
        _, page_words, page_sure_mass, page_sure, n_furniture = self.page_sums
        sizes = self.pages.sizes
        line_share = _ratio(page_sure, sizes)
        states = np.empty((7, len(sizes)), np.int64)
        states[_STATE_WORDS] = _SHARE_TABLE.take(_ratio(page_sure_mass, page_words))
        states[_STATE_LINES] = _SHARE_TABLE.take(line_share)
        states[_N_LINES] = _LINES_TABLE.take(sizes, mode="clip")
        # A page without a line that is surely furniture has been cleaned already, however short its lines are.
        states[_FURNITURE] = _SHARE_TABLE.take(_ratio(255 * n_furniture, sizes))
        states[_N_FURNITURE] = _LINES_TABLE.take(n_furniture, mode="clip")
        states[_STATE_SIDE] = _SIDE_TABLE.take(line_share)
        states[_WORDS_PER_LINE] = _PROSE_TABLE.take(_ratio(page_words, sizes))
        return states

    def columns(self, rows: slice, *, first: bool) -> IntArray:
        """Bins of the round's columns for some rows.

        Returns
        -------
        int64 array of shape (n_columns, rows.stop - rows.start)
        """
        out = np.empty((len(FIRST_COLUMNS) if first else _N_BOTH, rows.stop - rows.start), np.int64)
        near = self.pages.surroundings(rows)
        bins = _Bins(*(values[rows] for values in self.bins))
        state = self.states.take(self.pages.page[rows], axis=1)
        self._line_columns(bins, near, out[:_N_LINE])
        self._window_columns(bins, near, out[_N_LINE:_N_NEAR])
        self._page_columns(bins, state, rows, out[_N_NEAR:_N_BOTH])
        if first:
            self._first_columns(bins, state, near, out[_N_BOTH:])
        return out

    def _line_columns(self, bins: _Bins, near: Surroundings, out: IntArray) -> None:
        """The line's own scores and its neighbours'."""
        fine, rough = len(_FINE), len(_ROUGH)
        coarse, end_type = self.own.coarse[near.rows], self.own.end_type[near.rows]
        np.add(bins.line_fine * fine, bins.page_fine, out=out[0])
        np.add(bins.page_fine * len(COARSE_BINS), coarse, out=out[1])
        np.add((bins.page_rough * len(COARSE_BINS) + coarse) * len(_ENDS), end_type, out=out[2])
        around = _neighbour_columns(self.bins.page_fine, near.neighbours, bins.page_rough, out[3:9])[2:4]
        above, below = _ROUGH_OF_FINE.take(around)
        np.add((above * (rough + 1) + below) * rough, bins.page_rough, out=out[9])

    def _window_columns(self, bins: _Bins, near: Surroundings, out: IntArray) -> None:
        """Share of content in windows around, above and below the line."""
        rough, n_side = len(_ROUGH), 2 * len(_SIDE_WINDOWS)
        # A correctly rounded float division is the fastest exact way to divide whole numbers.
        ratio = (near.sums(self.totals.mass, self.totals.sure_mass) / near.words(self.totals.words)).astype(np.int64)
        shares = out[: len(_WINDOWS) + len(_MIN_WINDOWS)]
        _SHARE_TABLE.take(ratio[:-n_side], out=shares, mode="clip")
        shares *= rough
        shares[: len(_WINDOWS)] += bins.page_rough
        shares[len(_WINDOWS) :] += bins.line_rough
        sides = _SIDE_TABLE.take(ratio[-n_side:])
        np.add((sides[::2] * len(_SIDES) + sides[1::2]) * rough, bins.page_rough, out=out[len(shares) :])

    def _page_columns(self, bins: _Bins, state: IntArray, rows: slice, out: IntArray) -> None:
        """The page's state and where in it the line stands."""
        pages, totals = self.pages, self.totals
        line_fine, page_fine, _, page_rough = bins
        fine, rough, page = len(_FINE), len(_ROUGH), pages.page[rows]
        before_row, through_row = totals.mass[rows], totals.mass[rows.start + 1 : rows.stop + 1]
        whole, page_before = self.page_sums[0].take(page), self.page_mass_before.take(page)
        above = before_row - page_before
        np.add(_SHARE_TABLE.take(_ratio(255 * above, whole)) * rough, page_rough, out=out[0])
        below = whole + page_before - through_row
        np.add(_LINES_TABLE.take(above // 255, mode="clip") * len(_LINES), _LINES_TABLE.take(below // 255, mode="clip"), out=out[1])
        for place, (number, of_page) in enumerate(_STATE_COLUMNS, 2):
            np.multiply(state[number], fine, out=out[place])
            out[place] += page_fine if of_page else line_fine

        index = pages.index[rows]
        first, last = self.stretch
        before, after = first.take(page) - index, index - last.take(page)
        segment = (after > 0).astype(np.int64)
        segment -= before > 0
        segment += 1
        segment *= fine
        np.add(segment, page_fine, out=out[10])
        np.add((segment + line_fine) * len(_SIDES), state[_STATE_SIDE], out=out[11])
        before += 1
        after += 1
        border = _BEFORE_TABLE.take(before, mode="clip")
        border += _AFTER_TABLE.take(after, mode="clip")
        border += ((before == 1) & (after == 1)) * 2
        border += _BORDER.index("inside")
        np.add(border * rough, page_rough, out=out[12])

        np.add(self.far[rows] * rough, page_rough, out=out[13])
        low, high = pages.block_first[rows], pages.block_stop[rows]
        part = totals.mass.take(high) - totals.mass.take(low)
        np.add(_SHARE_TABLE.take(_ratio(part, totals.words.take(high) - totals.words.take(low))) * rough, page_rough, out=out[14])

    def _first_columns(self, bins: _Bins, state: IntArray, near: Surroundings, out: IntArray) -> None:
        """What does not depend on the second score, but for sure furniture."""
        fine, rough = len(_FINE), len(_ROUGH)
        own, pages, rows = self.own, self.pages, near.rows
        coarse, shape = own.coarse[rows], own.shape[rows]
        np.add(bins.line_fine * len(COARSE_BINS), coarse, out=out[0])
        np.add(state[_N_LINES] * fine, bins.line_fine, out=out[1])
        _neighbour_columns(self.bins.line_fine, near.neighbours[1:5], bins.line_rough, out[2:6])
        size = _LINES_TABLE.take(pages.block_stop[rows] - pages.block_first[rows], mode="clip") * 2
        size += pages.index[rows] > pages.block_first[rows]
        np.add(size * len(COARSE_BINS), coarse, out=out[6])
        phrase_share = own.columns[PHRASE_SHARE, rows] % len(SHARE_BINS)
        np.add(phrase_share * fine, bins.line_fine, out=out[7])
        np.add((phrase_share * len(_LINES) + state[_N_FURNITURE]) * rough, bins.line_rough, out=out[8])
        # In a page of paragraphs a short line is a stray; in a page of short lines it is what the page is made of.
        prose = state[_WORDS_PER_LINE]
        np.add(prose * fine, bins.line_fine, out=out[9])
        np.add((prose * len(SHARE_BINS) + phrase_share) * rough, bins.line_rough, out=out[10])
        np.add(prose * len(SHAPES), shape, out=out[11])
        paragraph = np.zeros(pages.n_rows + 1, np.int64)
        np.logical_and(own.end_type == _STOP, own.coarse >= _PARAGRAPH, out=paragraph[:-1], casting="unsafe")
        above, below = paragraph.take(near.neighbours[2:4])
        np.add((above + 2 * below) * len(SHAPES), shape, out=out[12])


def _neighbour_columns(fine: IntArray, neighbours: IntArray, own_rough: IntArray, out: IntArray) -> IntArray:
    """Fill columns of neighbours' fine bins and the line's own rough bin; returns the neighbours' bins plus 1, 0 for none."""
    values = np.empty(len(fine) + 1, np.int64)
    np.add(fine, 1, out=values[:-1])
    values[-1] = 0
    near: IntArray = values.take(neighbours)
    np.multiply(near, len(_ROUGH), out=out)
    out += own_rough
    return near


def _far_from(strong: npt.NDArray[np.bool_], pages: Pages) -> IntArray:
    """Bins of how far above and below each row the nearest strong one of its page is."""
    places = strong.nonzero()[0]
    # Strong rows counted up to and with each row; rows far away stand before the first and after the last.
    count: IntArray = strong.cumsum(dtype=np.int64)
    known = np.empty(len(places) + 2, np.int64)
    known[0], known[-1] = -1, pages.n_rows
    known[1:-1] = places
    above = known.take(count)
    far = _FAR_TABLE.take(pages.index - above, mode="clip")
    far *= above >= pages.first
    count += 1
    count -= strong
    below = known.take(count)
    far_below = _FAR_TABLE.take(below - pages.index, mode="clip")
    far_below *= below < pages.stop
    far *= len(_FAR)
    far += far_below
    return far


def main_stretch(gain: IntArray, pages: Pages) -> tuple[IntArray, IntArray]:
    """First and last row of each page's stretch with the greatest sum (Finn's body text extraction, in one pass as Kadane's).

    Parameters
    ----------
    gain : int64 array of shape (n_rows,)
        Positive for content.
    pages : Pages
        Where the rows stand.

    Returns
    -------
    first, last : int64 array of shape (n_pages,)
        Rows, both within the stretch; 0 and -1 for a page without rows.

    Examples
    --------
    >>> pages = Pages(np.array([0, 4, 6]), np.arange(6))
    >>> first, last = main_stretch(np.array([-1, 5, -2, 9, -3, -1]), pages)
    >>> first.tolist(), last.tolist()
    ([1, 5], [3, 5])
    """
    n_pages = len(pages.sizes)
    first, last = np.zeros(n_pages, np.int64), np.full(n_pages, -1)
    if not pages.n_rows:
        return first, last
    running = _running(gain)
    # Every page is shifted far below the one before it, so that one running minimum starts afresh on each.
    shift = pages.page * (np.int64(1) << 40) + running.take(pages.first)
    upto, before = running[1:] - shift, running[:-1] - shift
    lowest = np.minimum.accumulate(before)
    best = upto - lowest
    filled = pages.sizes.nonzero()[0]
    greatest = np.zeros(n_pages, np.int64)
    greatest[filled] = np.maximum.reduceat(best, pages.first_row[filled])
    ends = (best == greatest.take(pages.page)).nonzero()[0]
    last[filled] = ends[ends.searchsorted(pages.first_row[filled])]
    floor = np.zeros(n_pages, np.int64)
    floor[filled] = lowest[last[filled]]
    starts = (before == floor.take(pages.page)).nonzero()[0]
    first[filled] = starts[starts.searchsorted(last[filled], side="right") - 1]
    return first, last
