"""What the judge sees of a line: both views' scores of it, of its neighbours, and the state of the page.

Everything is whole-number arithmetic on scores in 1/256 log-odds and probabilities in 1/256, so that a line's bins do not depend
on which pages share its block. Every column crosses something with the line's own score, because evidence counts differently
for a line that the words already decide.
"""

from __future__ import annotations

import numpy as np

from .features import COARSE_BINS, PHRASE_SHARE, SHAPES, SHARE_BINS, Column, OwnFeatures, _lookup
from .tokens import IntArray

SCALE = 256  # scores are whole numbers of 1/256 log-odds
_CLIP = 2048  # 8 log-odds

_EDGES = (-1280, -768, -512, -320, -192, -96, 0, 96, 192, 320, 512, 768, 1280)
_FINE = tuple(f"under {edge / SCALE:+.2g}" for edge in _EDGES) + ("over +5",)
_ROUGH = ("under -2", "under -0.75", "under 0", "under +0.75", "under +2", "over +2")
_SHARES = ("to 3 %", "to 8 %", "to 15 %", "to 25 %", "to 35 %", "to 50 %", "to 65 %", "to 75 %", "to 85 %", "to 92 %", "to 97 %", "over 97 %")
_SIDES = ("to 5 %", "to 15 %", "to 30 %", "to 50 %", "to 70 %", "to 85 %", "over 85 %")
_LINES = ("to 1", "2-3", "4-6", "7-12", "13-25", "26-50", "51-100", "101-200", "201-400", "over 400")
_FAR = ("none", "0", "1", "2", "3-4", "5-8", "9-16", "17-32", "over 32")
_BORDER = ("over 32 before", "17-32 before", "9-16 before", "5-8 before", "3-4 before", "2 before", "1 before", "first", "inside", "last", "only", "1 after", "2 after", "3-4 after", "5-8 after", "9-16 after", "17-32 after", "over 32 after")  # fmt: skip
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
_AFTER_TABLE = _lookup(64, (2, 3, 5, 9, 17, 33))

_STOP = _ENDS.index("stop")
_PARAGRAPH = COARSE_BINS.index("9-13")
_SURELY_FURNITURE = 2  # bins up to -2 log-odds in both views

_WINDOWS = (2, 5, 10, 20, 40)
_MIN_WINDOWS = (3, 10, 30)
_SIDE_WINDOWS = (4, 15)
_NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
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
        self.page = np.repeat(np.arange(len(sizes)), sizes)
        self.index = np.arange(self.n_rows)
        self.first = np.repeat(first_row[:-1], sizes)
        self.stop = np.repeat(first_row[1:], sizes)
        self.first_row = first_row
        new = np.flatnonzero(np.diff(row) > 1) + 1
        starts = np.union1d(new, first_row[:-1][sizes > 0])
        self.block_first = np.repeat(starts, np.diff(np.append(starts, self.n_rows)))
        self.block_stop = np.repeat(np.append(starts, self.n_rows)[1:], np.diff(np.append(starts, self.n_rows)))

    def neighbour(self, values: IntArray, offset: int) -> IntArray:
        """Values of the row `offset` away on the same page, 0 where there is none."""
        n = self.n_rows
        moved = np.zeros(n, values.dtype)
        if abs(offset) < n:
            if offset > 0:
                moved[:-offset] = values[offset:]
                moved[self.index + offset >= self.stop] = 0
            else:
                moved[-offset:] = values[:offset]
                moved[self.index + offset < self.first] = 0
        return moved


def _running(values: IntArray) -> IntArray:
    total = np.empty(len(values) + 1, np.int64)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total


def _ratio(part: IntArray, whole: IntArray) -> IntArray:
    """part / whole in whole numbers, 0 where whole is 0; a correctly rounded float division is the fastest exact way."""
    return (part / np.maximum(whole, 1)).astype(np.int64)


def judge_columns(
    own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages, *, first: bool = True
) -> list[IntArray]:
    """Bins of `FIRST_COLUMNS`, or of what `SECOND_COLUMNS` has beyond them.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only `n_words`, `coarse` and `end_type` are used.
    line_view, page_view : int64 array of shape (n_rows,)
        Scores in 1/256 log-odds; in the second round `page_view` holds the first round's scores.
    pages : Pages
        Where the rows stand.
    first : bool
        Which round.

    Returns
    -------
    list of int64 array of shape (n_rows,)
    """
    line_index = np.clip(line_view, -_CLIP, _CLIP - 1) + _CLIP
    page_index = np.clip(page_view, -_CLIP, _CLIP - 1) + _CLIP
    line_fine, page_fine = _FINE_TABLE[line_index], _FINE_TABLE[page_index]
    line_rough, page_rough = _ROUGH_TABLE[line_index], _ROUGH_TABLE[page_index]
    content = PROBABILITY[page_index]
    sure = PROBABILITY[np.minimum(line_index, page_index)]
    words = np.minimum(own.n_words, 255)
    coarse, end_type = own.coarse, own.end_type
    fine, rough, share, side = len(_FINE), len(_ROUGH), len(_SHARES), len(_SIDES)

    columns = [
        line_fine * fine + page_fine,
        page_fine * len(COARSE_BINS) + coarse,
        (page_rough * len(COARSE_BINS) + coarse) * len(_ENDS) + end_type,
    ]
    columns += [pages.neighbour(page_fine + 1, offset) * rough + page_rough for offset in _NEIGHBOURS]
    around = pages.neighbour(page_rough + 1, -1) * (rough + 1) + pages.neighbour(page_rough + 1, 1)
    columns.append(around * rough + page_rough)

    # One running sum for three: words (16 bits), content words and sure content words in 1/255 (24 bits each). The widest window
    # has 81 lines of at most 255 words, so no field overflows into the next; the running sum itself may wrap around.
    total = _running(words + ((words * content) << 16) + ((words * sure) << 40))

    def window(low: IntArray, high: IntArray) -> tuple[IntArray, IntArray, IntArray]:
        both = total[high] - total[low]
        return both & 0xFFFF, (both >> 16) & 0xFFFFFF, (both >> 40) & 0xFFFFFF

    def around_line(size: int) -> tuple[IntArray, IntArray, IntArray]:
        return window(np.maximum(pages.index - size, pages.first), np.minimum(pages.index + size + 1, pages.stop))

    for size in _WINDOWS:
        whole, part, _ = around_line(size)
        columns.append(_SHARE_TABLE[_ratio(part, whole)] * rough + page_rough)
    for size in _MIN_WINDOWS:
        whole, _, part = around_line(size)
        columns.append(_SHARE_TABLE[_ratio(part, whole)] * rough + line_rough)
    for size in _SIDE_WINDOWS:
        whole, part, _ = window(np.maximum(pages.index - size, pages.first), pages.index)
        above = _SIDE_TABLE[_ratio(part, whole)]
        whole, part, _ = window(pages.index + 1, np.minimum(pages.index + size + 1, pages.stop))
        below = _SIDE_TABLE[_ratio(part, whole)]
        columns.append((above * side + below) * rough + page_rough)

    columns += _page_columns(pages, (words, content, sure), (line_fine, page_fine), page_rough)
    if first:
        columns.append(line_fine * len(COARSE_BINS) + coarse)
        columns.append(_LINES_TABLE[np.minimum(pages.sizes, 511)][pages.page] * fine + line_fine)
        columns += [pages.neighbour(line_fine + 1, offset) * rough + line_rough for offset in (-2, -1, 1, 2)]
        size, later = pages.block_stop - pages.block_first, pages.index > pages.block_first
        columns.append((_LINES_TABLE[np.minimum(size, 511)] * 2 + later) * len(COARSE_BINS) + coarse)
        phrase_share = own.columns[PHRASE_SHARE] % len(SHARE_BINS)
        columns.append(phrase_share * fine + line_fine)
        columns.append((phrase_share * len(_LINES) + _furniture_lines(pages, line_fine, page_fine)) * rough + line_rough)
        # In a page of paragraphs a short line is a stray; in a page of short lines it is what the page is made of.
        total_words = _running(words)
        per_line = _ratio(total_words[pages.stop] - total_words[pages.first], pages.stop - pages.first)
        prose = _PROSE_TABLE[per_line]
        columns.append(prose * fine + line_fine)
        columns.append((prose * len(SHARE_BINS) + phrase_share) * rough + line_rough)
        columns.append(prose * len(SHAPES) + own.shape)
        paragraph = ((end_type == _STOP) & (coarse >= _PARAGRAPH)).astype(np.int64)
        between = pages.neighbour(paragraph, -1) + 2 * pages.neighbour(paragraph, 1)
        columns.append(between * len(SHAPES) + own.shape)
    return columns


def _furniture_lines(pages: Pages, line_fine: IntArray, page_fine: IntArray) -> IntArray:
    """For each row, the bin of how many lines of its page both views call furniture for sure."""
    surely = _running((np.maximum(line_fine, page_fine) <= _SURELY_FURNITURE).astype(np.int64))
    return _LINES_TABLE[np.minimum(surely[pages.stop] - surely[pages.first], 511)]


def _page_columns(
    pages: Pages, values: tuple[IntArray, IntArray, IntArray], fine_bins: tuple[IntArray, IntArray], page_rough: IntArray
) -> list[IntArray]:
    words, content, sure = values
    line_fine, page_fine = fine_bins
    fine, rough, share = len(_FINE), len(_ROUGH), len(_SHARES)
    page = pages.page
    mass = words * content
    mass_total = _running(mass)
    above = mass_total[:-1] - mass_total[pages.first]
    whole = (mass_total[pages.first_row[1:]] - mass_total[pages.first_row[:-1]])[page]
    below = whole - above - mass
    columns = [_SHARE_TABLE[_ratio(255 * above, whole)] * rough + page_rough]
    words_above, words_below = (_LINES_TABLE[np.minimum(side // 255, 511)] for side in (above, below))
    columns.append(words_above * len(_LINES) + words_below)

    def per_page(line_values: IntArray) -> IntArray:
        running = _running(line_values)
        return running[pages.first_row[1:]] - running[pages.first_row[:-1]]

    state_words = _SHARE_TABLE[_ratio(per_page(words * sure), per_page(words))][page]
    line_share = _ratio(per_page(sure), pages.sizes)
    state_lines = _SHARE_TABLE[line_share][page]
    n_lines = _LINES_TABLE[np.minimum(pages.sizes, 511)][page]
    columns += [state * fine + own for state in (state_words, state_lines) for own in (line_fine, page_fine)]
    columns.append(n_lines * fine + page_fine)
    # A page without a line that is surely furniture has been cleaned already, however short its lines are.
    n_furniture = per_page((np.maximum(line_fine, page_fine) <= _SURELY_FURNITURE).astype(np.int64))
    furniture = _SHARE_TABLE[_ratio(255 * n_furniture, pages.sizes)][page]
    columns += [furniture * fine + own for own in (line_fine, page_fine)]
    columns.append(_LINES_TABLE[np.minimum(n_furniture, 511)][page] * fine + line_fine)

    first, last = main_stretch(words * (2 * content - 255), pages)
    first, last = first[page], last[page]
    before, after = first - pages.index, pages.index - last
    segment = 1 - (before > 0) + (after > 0)
    columns.append(segment * fine + page_fine)
    columns.append((segment * fine + line_fine) * len(_SIDES) + _SIDE_TABLE[line_share][page])
    border = 8 - (before == 0) + (after == 0) + ((before == 0) & (after == 0)) * 2
    border = np.where(before > 0, 6 - _AFTER_TABLE[np.clip(before, 0, 63)], border)
    border = np.where(after > 0, 11 + _AFTER_TABLE[np.clip(after, 0, 63)], border)
    columns.append(border * rough + page_rough)

    strong = (sure >= 192) & (words >= 8)
    marks = np.where(strong, pages.index, -1)
    nearest_above = np.maximum.accumulate(marks) if len(marks) else marks
    far_above = np.where(nearest_above >= pages.first, _FAR_TABLE[np.minimum(pages.index - nearest_above, 63)], 0)
    marks = np.where(strong, pages.index, pages.n_rows)
    nearest_below = np.minimum.accumulate(marks[::-1])[::-1] if len(marks) else marks
    far_below = np.where(nearest_below < pages.stop, _FAR_TABLE[np.minimum(nearest_below - pages.index, 63)], 0)
    columns.append((far_above * len(_FAR) + far_below) * rough + page_rough)
    word_total = _running(words)
    part = mass_total[pages.block_stop] - mass_total[pages.block_first]
    share_of_block = _ratio(part, word_total[pages.block_stop] - word_total[pages.block_first])
    columns.append(_SHARE_TABLE[share_of_block] * rough + page_rough)
    return columns


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
    shift = pages.page * (np.int64(1) << 40) + running[pages.first]
    upto, before = running[1:] - shift, running[:-1] - shift
    lowest = np.minimum.accumulate(before)
    best = upto - lowest
    filled = np.flatnonzero(pages.sizes)
    greatest = np.zeros(n_pages, np.int64)
    greatest[filled] = np.maximum.reduceat(best, pages.first_row[filled])
    ends = np.flatnonzero(best == greatest[pages.page])
    last[filled] = ends[np.searchsorted(ends, pages.first_row[filled])]
    floor = np.zeros(n_pages, np.int64)
    floor[filled] = lowest[last[filled]]
    starts = np.flatnonzero(before == floor[pages.page])
    first[filled] = starts[np.searchsorted(starts, last[filled], side="right") - 1]
    return first, last
