"""What the judge sees of a line: both views' scores of it, of its neighbours, and the state of the page.

Everything is whole-number arithmetic on scores in 1/256 log-odds and probabilities in 1/255, so that a line's bins do not depend
on which pages share its block. Facts are single bytes: what is done with them then costs next to nothing beside looking things up.
`judge_columns` says which facts there are and how they are crossed.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import judge_columns as jc
from .columns import FactArray, byte_table, cross, look_up
from .features import OwnFeatures
from .judge_columns import FIRST_COLUMNS, SCALE, SECOND_COLUMNS
from .line_columns import COARSE, COARSE_BINS, END_TYPE, lookup
from .tokens import IntArray
from .windows import Pages, Windows, main_stretch

__all__ = ["FIRST_COLUMNS", "PROBABILITY", "SCALE", "SECOND_COLUMNS", "Pages", "Round", "judge_columns", "main_stretch"]

_CLIP = 2048  # 8 log-odds

_FINE_TABLE = np.searchsorted(np.array(jc.EDGES), np.arange(-_CLIP, _CLIP), side="right").astype(np.uint8)
_ROUGH_TABLE = byte_table(jc.LINE_ROUGH.table)
PROBABILITY = np.rint(255 / (1 + np.exp(-np.arange(-_CLIP, _CLIP) / SCALE))).astype(np.int64)
_SHARE_BINS = lookup(256, (8, 21, 39, 64, 90, 128, 166, 192, 217, 235, 248))
_SHARE_TABLE = byte_table(_SHARE_BINS)
_SIDE_TABLE = byte_table(lookup(256, (13, 39, 77, 128, 179, 217)))
_LINES_TABLE = lookup(512, (2, 4, 7, 13, 26, 51, 101, 201, 401))
_FAR_TABLE = 1 + lookup(64, (1, 2, 3, 5, 9, 17, 33))
_PROSE_TABLE = lookup(256, (3, 5, 8, 12, 16, 22, 30, 45))
_NEAR_ROUGH_TABLE = byte_table(jc.OTHER_NEAR_ROUGH[1].table)
# Bins of `BORDERS` by how many lines a line stands before the main stretch (below 0) or after it, from -64 to 64.
_AFTER = 10 + lookup(65, (1, 2, 3, 5, 9, 17, 33))
_BORDER_TABLE = np.concatenate((7 - lookup(65, (1, 2, 3, 5, 9, 17, 33))[:0:-1], [jc.BORDERS.index("inside")], _AFTER[1:])).astype(np.uint8)
_FIRST, _LAST, _ONLY = (jc.BORDERS.index(name) for name in ("first", "last", "only"))

_STOP = END_TYPE.bins.index("stop")
_PARAGRAPH = COARSE_BINS.index("9-13")
_SURELY_FURNITURE = 2  # bins up to -2 log-odds in both views
# A line is strong if both views give it a probability of 3/4 and it is no heading.
_STRONG, _STRONG_WORDS = 192, 8
_REACH = 3  # lines up to which neighbours are seen


def judge_columns(own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages, *, first: bool = True) -> IntArray:
    """Bins of `FIRST_COLUMNS`, or of what `SECOND_COLUMNS` has beyond them.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only `n_words` and the facts are used.
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
    """A round of the judge: the facts of pages, and of all rows where they do not need much memory.

    Parameters
    ----------
    own, line_view, page_view, pages
        As for `judge_columns`.

    Attributes
    ----------
    page_facts : dict of str to uint8 array of shape (n_pages,)
        By the facts' names.
    """

    def __init__(self, own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages) -> None:
        self.own, self.pages = own, pages
        # The tables reach from -8 to +8 log-odds; what is beyond counts as the nearest.
        line_index, page_index = line_view + _CLIP, page_view + _CLIP
        line, other = _FINE_TABLE.take(line_index, mode="clip"), _FINE_TABLE.take(page_index, mode="clip")
        sure = PROBABILITY.take(np.minimum(line_index, page_index), mode="clip")
        words = np.minimum(own.n_words, 255)

        # Running totals over all rows, from 0 on: words, at most 255 a line, times the probability in 1/255; words; words times the
        # lower one of both probabilities; that probability; lines of sure furniture.
        totals = np.empty((5, pages.n_rows + 1), np.int64)
        totals[:, 0] = 0
        values = totals[:, 1:]
        np.multiply(words, PROBABILITY.take(page_index, mode="clip"), out=values[0])
        values[1] = words
        np.multiply(words, sure, out=values[2])
        values[3] = sure
        np.less_equal(np.maximum(line, other), _SURELY_FURNITURE, out=values[4], casting="unsafe")
        np.cumsum(totals, axis=1, out=totals)
        self._mass = totals[0]
        self._windows = Windows(pages, totals[:3])
        bounds = totals.take(pages.first_row, axis=1)
        self._page_sums = bounds[:, 1:] - bounds[:, :-1]
        self._page_mass_before = bounds[0]
        self.page_facts = self._page_facts()
        self._facts = {
            **own.bins,
            jc.LINE.name: line,
            jc.LINE_ROUGH.name: look_up(_ROUGH_TABLE, line),
            jc.OTHER.name: other,
            jc.OTHER_ROUGH.name: look_up(_ROUGH_TABLE, other),
            **_stretch_facts(2 * totals[0] - 255 * totals[1], pages),
            **_far_facts((sure >= _STRONG) & (words >= _STRONG_WORDS), pages),
            jc.BLOCK_SHARE.name: pages.of_blocks(_shares(*(np.diff(total.take(pages.block_bounds)) for total in (totals[0], totals[1])))),
        }
        self._line_near, self._other_near = _padded(line + 1), _padded(other + 1)

    def _page_facts(self) -> dict[str, FactArray]:
        _, page_words, page_sure_mass, page_sure, n_furniture = self._page_sums
        sizes = self.pages.sizes
        # A page without a line that is surely furniture has been cleaned already, however short its lines are.
        parts = np.stack((page_sure_mass, page_sure, 255 * n_furniture, page_words))
        ratios = _ratio(parts, np.stack((page_words, sizes, sizes, sizes)))
        shares = look_up(_SHARE_TABLE, ratios[:3].astype(np.uint8))
        lines = _LINES_TABLE.take((sizes, n_furniture), mode="clip")
        return {
            jc.PAGE_WORDS.name: shares[0],
            jc.PAGE_LINES.name: shares[1],
            jc.FURNITURE.name: shares[2],
            jc.N_LINES.name: lines[0],
            jc.N_FURNITURE.name: lines[1],
            jc.PAGE_SIDE.name: look_up(_SIDE_TABLE, ratios[1].astype(np.uint8)),
            jc.PROSE.name: _PROSE_TABLE.take(ratios[3]),
        }

    def facts(self, rows: slice, *, first: bool) -> dict[str, FactArray]:
        """Facts of some rows that the round's columns cross, but for those of the page that are only looked up page by page.

        Returns
        -------
        dict of str to uint8 array of shape (rows.stop - rows.start,)
            By the facts' names.
        """
        pages = self.pages
        facts = {name: values[rows] for name, values in self._facts.items()}
        for offset, fact in jc.OTHER_NEAR.items():
            facts[fact.name] = self._neighbour(self._other_near, offset, rows)
        for offset, fact in jc.OTHER_NEAR_ROUGH.items():
            if abs(offset) == 1:
                facts[fact.name] = look_up(_NEAR_ROUGH_TABLE, facts[fact.of])
        windows = self._windows.ratios(rows)
        for fact, share in zip((*jc.WITHIN.values(), *jc.SURE_WITHIN.values()), look_up(_SHARE_TABLE, windows.around), strict=True):
            facts[fact.name] = share
        for fact, side in zip((*jc.ABOVE.values(), *jc.BELOW.values()), look_up(_SIDE_TABLE, windows.sides), strict=True):
            facts[fact.name] = side
        self._content_facts(rows, facts)
        if not first:
            return facts

        for offset, fact in jc.LINE_NEAR.items():
            facts[fact.name] = self._neighbour(self._line_near, offset, rows)
        facts[jc.BLOCK_LINES.name] = pages.of_blocks(_LINES_TABLE.take(pages.block_sizes, mode="clip"))[rows]
        facts[jc.BLOCK_FIRST.name] = pages.later_in_block[rows]
        facts[jc.PROSE.name] = self.page_facts[jc.PROSE.name].repeat(pages.sizes)[rows]
        own = self.own
        paragraph = _padded((own.fact(END_TYPE) == _STOP) & (own.fact(COARSE) >= _PARAGRAPH))
        facts[jc.BETWEEN.name] = self._neighbour(paragraph, -1, rows) + 2 * self._neighbour(paragraph, 1, rows)
        return facts

    def _neighbour(self, padded: FactArray, offset: int, rows: slice) -> FactArray:
        """What stands `offset` rows further on the same page, 0 where there is no such row; given the values from `_padded`."""
        near: FactArray = padded[rows.start + _REACH + offset : rows.stop + _REACH + offset] * self.pages.has_neighbour(offset)[rows]
        return near

    def _content_facts(self, rows: slice, out: dict[str, FactArray]) -> None:
        """How much of the page's content stands above and below each row."""
        pages = self.pages
        page_sizes = pages.sizes
        whole = self._page_sums[0].repeat(page_sizes)[rows]
        above = self._mass[rows] - self._page_mass_before[:-1].repeat(page_sizes)[rows]
        below = whole - above
        below -= self._mass[rows.start + 1 : rows.stop + 1]
        below += self._mass[rows]
        out[jc.SHARE_ABOVE.name] = _shares(255 * above, whole)
        for fact, mass in ((jc.WORDS_ABOVE, above), (jc.WORDS_BELOW, below)):
            # From 511 words on all is one bin; numbers of 32 bits are divided twice as fast.
            words = np.minimum(mass, 511 * 255).astype(np.uint32)
            words //= 255
            out[fact.name] = _LINES_TABLE.take(words)

    def columns(self, rows: slice, *, first: bool) -> IntArray:
        """Bins of the round's columns for some rows, for training and explanation.

        Returns
        -------
        int64 array of shape (n_columns, rows.stop - rows.start)
        """
        facts = self.facts(rows, first=first)
        for fact in jc.PAGE_FACTS:
            facts[fact.name] = self.page_facts[fact.name].repeat(self.pages.sizes)[rows]
        columns = FIRST_COLUMNS if first else SECOND_COLUMNS[len(FIRST_COLUMNS) :]
        return cross(columns, facts, rows.stop - rows.start)


def _ratio(part: IntArray, whole: IntArray) -> IntArray:
    """part / whole in whole numbers, 0 where whole is 0; a correctly rounded float division is the fastest exact way."""
    return (part / np.maximum(whole, 1)).astype(np.int64)


def _shares(part: IntArray, whole: IntArray) -> FactArray:
    """Bins of shares in 1/255."""
    return look_up(_SHARE_TABLE, (part / np.maximum(whole, 1)).astype(np.uint8))


def _padded(values: npt.NDArray[np.uint8] | npt.NDArray[np.bool_]) -> FactArray:
    """Values with room for neighbours before the first and after the last."""
    padded = np.zeros(len(values) + 2 * _REACH, np.uint8)
    padded[_REACH : len(values) + _REACH] = values
    return padded


def _far_facts(strong: npt.NDArray[np.bool_], pages: Pages) -> dict[str, FactArray]:
    """How far above and below each row, itself included, the nearest strong one of its page is."""
    n = pages.n_rows
    places = strong.nonzero()[0]
    # Each strong row is the nearest above for itself and all up to the next. Where there is none, one stands too far away.
    distance = pages.index - np.concatenate(([-n - 1], places)).repeat(np.diff(places, prepend=0, append=n))
    above = _FAR_TABLE.take(distance, mode="clip") * (distance <= pages.above)
    distance = np.concatenate((places, [2 * n + 1])).repeat(np.diff(places, prepend=-1, append=n - 1)) - pages.index
    below = _FAR_TABLE.take(distance, mode="clip") * (distance <= pages.below)
    return {jc.FAR_ABOVE.name: above, jc.FAR_BELOW.name: below}


def _stretch_facts(total: IntArray, pages: Pages) -> dict[str, FactArray]:
    """Where rows stand before, in or after the main stretch of their page; given the running total of what speaks for content."""
    first, last = main_stretch(total, pages)
    place = pages.index - first.repeat(pages.sizes)
    np.minimum(place, 0, out=place)
    place += np.maximum(pages.index - last.repeat(pages.sizes), 0)
    segment = (np.sign(place) + 1).astype(np.uint8)
    place += 64
    border = _BORDER_TABLE.take(place, mode="clip")
    filled = pages.sizes.nonzero()[0]
    first, last = first.take(filled), last.take(filled)
    border[first] = _FIRST
    border[last] = np.where(first == last, _ONLY, _LAST)
    return {jc.SEGMENT.name: segment, jc.BORDER.name: border}
