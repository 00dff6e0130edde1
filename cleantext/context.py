"""What the judge sees of a line: both views' scores of it, of its neighbours, and the state of the page.

Everything is whole-number arithmetic on scores in 1/256 log-odds and probabilities in 1/255, so that a line's bins do not depend
on which pages share its block. Facts are single bytes: what is done with them then costs next to nothing beside looking things up.
`judge_columns` says which facts there are and how they are crossed.
"""

from __future__ import annotations

import numpy as np

from . import judge_columns as jc
from .columns import Fact, FactArray, byte_table, cross, look_up
from .core import core_facts
from .echo import echo_facts, sure_content
from .features import OwnFeatures
from .headline import headline_facts
from .judge_columns import JUDGE_COLUMNS, SCALE
from .line_columns import COARSE, COARSE_BINS, END_TYPE, PHRASE_SHARE, SHAPE, START, lookup
from .runs import Runs
from .tokens import IntArray
from .windows import Pages, Windows, main_stretch, padded

__all__ = ["JUDGE_COLUMNS", "PROBABILITY", "SCALE", "Context", "Pages", "judge_columns", "main_stretch"]

_CLIP = 2048  # 8 log-odds

_FINE_TABLE = np.searchsorted(np.array(jc.EDGES), np.arange(-_CLIP, _CLIP), side="right").astype(np.uint8)
_ROUGH_TABLE = byte_table(jc.LINE_ROUGH.table)
PROBABILITY = np.rint(255 / (1 + np.exp(-np.arange(-_CLIP, _CLIP) / SCALE))).astype(np.int64)
_SHARE_TABLE = byte_table(lookup(256, (8, 21, 39, 64, 90, 128, 166, 192, 217, 235, 248)))
_SIDE_TABLE = byte_table(lookup(256, (13, 39, 77, 128, 179, 217)))
_SMALL_TABLE = byte_table(lookup(256, (8, 26, 64, 128, 204)))
_SMALL_STARTS = byte_table([name in ("small letter", "accented small") for name in START.bins])
_LINES_TABLE = lookup(512, (2, 4, 7, 13, 26, 51, 101, 201, 401))
_PROSE_TABLE = byte_table(lookup(256, (3, 5, 8, 12, 16, 22, 30, 45)))
# Bins of `BORDERS` by how many lines a line stands before the main stretch (below 0) or after it, from -64 to 64.
_AFTER = 10 + lookup(65, (1, 2, 3, 5, 9, 17, 33))
_BORDER_TABLE = np.concatenate((7 - lookup(65, (1, 2, 3, 5, 9, 17, 33))[:0:-1], [jc.BORDERS.index("inside")], _AFTER[1:])).astype(np.uint8)
_FIRST, _LAST, _ONLY = (jc.BORDERS.index(name) for name in ("first", "last", "only"))

_STOP = END_TYPE.bins.index("stop")
_PARAGRAPH = COARSE_BINS.index("9-13")
_SURELY_FURNITURE = 2  # bins up to -2 log-odds in both views
# One table after the other for each of `judge_columns.PAGE_FACTS`, by ratios and by numbers of lines.
_RATIOS, _NUMBERS = [0, 1, 2, 3, 6, 7], [4, 5]
_ALL_TABLES: dict[str, FactArray] = {
    jc.PAGE_WORDS.name: _SHARE_TABLE.array,
    jc.PAGE_LINES.name: _SHARE_TABLE.array,
    jc.FURNITURE.name: _SHARE_TABLE.array,
    jc.PAGE_SIDE.name: _SIDE_TABLE.array,
    jc.N_LINES.name: _LINES_TABLE,
    jc.N_FURNITURE.name: _LINES_TABLE,
    jc.PROSE.name: _PROSE_TABLE.array,
    jc.SMALL.name: _SMALL_TABLE.array,
}
_PAGE_TABLES = np.concatenate([_ALL_TABLES[fact.name] for fact in jc.PAGE_FACTS])
_PAGE_OFFSETS = np.cumsum([0, *(len(_ALL_TABLES[fact.name]) for fact in jc.PAGE_FACTS[:-1])])[:, np.newaxis]
# Where facts found together stand in `judge_columns.JUDGE_FACTS`.
_CORE = slice(jc.WHOLE_FACTS.index(jc.CORE_FACTS[0]), jc.WHOLE_FACTS.index(jc.ECHO))
_ECHO = slice(_CORE.stop, _CORE.stop + 2)
_HEADLINE = _ECHO.stop
_PLACES = {fact.name: place for place, fact in enumerate(jc.WHOLE_FACTS)}
_RUN = slice(_HEADLINE + 1, _HEADLINE + 3)
_PAGE_NEAR = slice(len(jc.WHOLE_FACTS), len(jc.WHOLE_FACTS) + len(jc.PAGE_NEAR))
_LINE_NEAR = slice(_PAGE_NEAR.stop, _PAGE_NEAR.stop + len(jc.LINE_NEAR))
_WINDOWS = slice(_LINE_NEAR.stop, _LINE_NEAR.stop + len(jc.WINDOW_FACTS))


def judge_columns(own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages) -> IntArray:
    """Bins of `JUDGE_COLUMNS`.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only `n_words` and the facts are used.
    line_view, page_view : int64 array of shape (n_rows,)
        Scores in 1/256 log-odds.
    pages : Pages
        Where the rows stand.

    Returns
    -------
    int64 array of shape (n_columns, n_rows)
    """
    return Context(own, line_view, page_view, pages).columns(slice(0, pages.n_rows))


class Context:
    """What the judge sees: the facts of pages, and of all rows where they are found for whole pages at once.

    Parameters
    ----------
    own, line_view, page_view, pages
        As for `judge_columns`.
    runs : Runs, optional
        If they are made already.

    Attributes
    ----------
    page_facts : uint8 array of shape (n_page_facts, n_pages)
        Of `judge_columns.PAGE_FACTS`.
    """

    def __init__(self, own: OwnFeatures, line_view: IntArray, page_view: IntArray, pages: Pages, runs: Runs | None = None) -> None:
        self.own, self.pages = own, pages
        n = pages.n_rows
        facts = np.empty((len(jc.WHOLE_FACTS), n), np.uint8)
        self._facts = facts
        # The tables reach from -8 to +8 log-odds; what is beyond counts as the nearest.
        index = np.array((line_view, page_view))
        index += _CLIP
        fine = _FINE_TABLE.take(index, mode="clip")
        facts[0:3:2] = fine
        facts[1:4:2] = look_up(_ROUGH_TABLE, fine)
        fine += 1
        facts[4] = own.fact(COARSE)
        facts[10], facts[11] = own.fact(SHAPE), own.fact(PHRASE_SHARE)
        paragraph = own.fact(END_TYPE) == _STOP
        paragraph &= facts[4] >= _PARAGRAPH
        self._line_near, self._page_near, self._paragraph = padded((*fine, paragraph))

        # Running totals over all rows, from 0 on: words, at most 255 a line; words times the probability in 1/255; words times the
        # lower one of both probabilities; that probability; lines of sure furniture; lines that begin small; of content, words times
        # probability, and that times the score.
        totals = np.empty((8, n + 1), np.int64)
        totals[:, 0] = 0
        words, content, sure_words, sure, furniture, small, strong, scored = totals[:, 1:]
        np.minimum(own.n_words, 255, out=words)
        line_probability, page_probability = PROBABILITY.take(index, mode="clip")
        np.multiply(words, page_probability, out=content)
        np.minimum(line_probability, page_probability, out=sure)
        np.multiply(words, sure, out=sure_words)
        np.less_equal(np.maximum(facts[0], facts[2]), _SURELY_FURNITURE, out=furniture, casting="unsafe")
        small[:] = look_up(_SMALL_STARTS, own.fact(START))
        np.multiply(content, page_probability > 127, out=strong)
        np.multiply(strong, page_view, out=scored)
        echo_facts(own.topical, own.n_topical, sure_content(sure, words), pages, facts[_ECHO])
        np.add.accumulate(totals, axis=1, out=totals)
        self._windows = Windows(pages, totals[:3])
        bounds = totals.take(pages.first_row, axis=1)
        sums = bounds[:, 1:] - bounds[:, :-1]
        self.page_facts = _page_facts(sums[:6], pages)
        core_facts(page_view, (totals[0], totals[1]), sums[7] // np.maximum(sums[6], 1), pages, facts[_CORE])

        facts[12] = self.page_facts[jc.PAGE_FACTS.index(jc.PROSE)].repeat(pages.sizes)
        _stretch_facts(2 * totals[1] - 255 * totals[0], pages, facts[5:7])
        bounds = totals[:2].take(pages.block_bounds, axis=1)
        words, content = bounds[:, 1:] - bounds[:, :-1]
        facts[7] = look_up(_SHARE_TABLE, (content / np.maximum(words, 1)).astype(np.uint8)).repeat(pages.block_sizes)
        facts[8] = _LINES_TABLE.take(pages.block_sizes, mode="clip").repeat(pages.block_sizes)
        np.logical_not(pages.first_in_block, out=facts[9], casting="unsafe")
        _run_facts(Runs(own, pages) if runs is None else runs, totals[:2], facts[_RUN])
        seen = (facts[_ECHO.start], facts[_ECHO.start + 1], facts[6], facts[4], own.fact(END_TYPE), own.fact(START))
        headline_facts(seen, pages, facts[_HEADLINE])

    def fact(self, fact: Fact) -> FactArray:
        """Bins of one of `judge_columns.WHOLE_FACTS`: uint8 array of shape (n_rows,)."""
        bins: FactArray = self._facts[_PLACES[fact.name]]
        return bins

    def facts(self, rows: slice) -> FactArray:
        """Facts of some rows that the columns cross, but for those of the page, which are looked up page by page.

        Returns
        -------
        uint8 array of shape (n_facts, rows.stop - rows.start)
            Of `judge_columns.JUDGE_FACTS`.
        """
        pages = self.pages
        facts = np.empty((len(jc.JUDGE_FACTS), rows.stop - rows.start), np.uint8)
        facts[: len(jc.WHOLE_FACTS)] = self._facts[:, rows]
        pages.fill_neighbours(self._page_near, jc.PAGE_NEAR, rows, facts[_PAGE_NEAR])
        pages.fill_neighbours(self._line_near, jc.LINE_NEAR, rows, facts[_LINE_NEAR])
        facts[_WINDOWS] = look_up(_SHARE_TABLE, self._windows.ratios(rows))
        beside = np.empty((2, rows.stop - rows.start), np.uint8)
        pages.fill_neighbours(self._paragraph, (-1, 1), rows, beside)
        np.multiply(beside[1], 2, out=facts[-1])
        facts[-1] += beside[0]
        return facts

    def columns(self, rows: slice) -> IntArray:
        """Bins of the columns for some rows, for training and explanation.

        Returns
        -------
        int64 array of shape (n_columns, rows.stop - rows.start)
        """
        facts = np.concatenate((self.facts(rows), self.page_facts.take(self.pages.page[rows], axis=1)))
        return cross(JUDGE_COLUMNS, (*jc.JUDGE_FACTS, *jc.PAGE_FACTS), facts)


def _page_facts(sums: IntArray, pages: Pages) -> FactArray:
    """Of `judge_columns.PAGE_FACTS`, from each page's sums of what `Context` totals."""
    words, _, sure_words, sure, n_furniture, n_small = sums
    sizes = pages.sizes
    # A page without a line that is surely furniture has been cleaned already, however short its lines are.
    parts = np.array((sure_words, sure, 255 * n_furniture, sure, words, 255 * n_small), np.float64)
    parts[0] /= np.maximum(words, 1)
    parts[1:] /= np.maximum(sizes, 1)
    bins = np.empty((len(jc.PAGE_FACTS), len(sizes)), np.int64)
    bins[_RATIOS] = parts
    bins[_NUMBERS] = np.minimum((sizes, n_furniture), len(_LINES_TABLE) - 1)
    bins += _PAGE_OFFSETS
    return _PAGE_TABLES.take(bins)


def _run_facts(runs: Runs, totals: IntArray, out: FactArray) -> None:
    """Which run rows belong to, and the content in it; given the running totals of words and of content."""
    out[0] = runs.run
    bounds = totals.take(runs.bounds, axis=1)
    words, content = bounds[:, 1:] - bounds[:, :-1]
    share = look_up(_SHARE_TABLE, (content / np.maximum(words, 1)).astype(np.uint8)) + np.uint8(1)
    share *= runs.sizes > 1
    out[1] = share.repeat(runs.sizes)


def _stretch_facts(total: IntArray, pages: Pages, out: FactArray) -> None:
    """Where rows stand before, in or after the main stretch of their page; given the running total of what speaks for content."""
    first, last = main_stretch(total, pages)
    place = pages.index - first.repeat(pages.sizes)
    np.minimum(place, 0, out=place)
    place += np.maximum(pages.index - last.repeat(pages.sizes), 0)
    np.add(np.sign(place), 1, out=out[0], casting="unsafe")
    place += 64
    border = out[1]
    border[:] = _BORDER_TABLE.take(place, mode="clip")
    filled = pages.sizes.nonzero()[0]
    first, last = first.take(filled), last.take(filled)
    border[first] = _FIRST
    border[last] = np.where(first == last, _ONLY, _LAST)
