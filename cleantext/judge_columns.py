"""The judge's columns: which facts of a line's surroundings are crossed, and what is looked up together.

Every column crosses something with the line's own score, because evidence counts differently for a line that the words already
decide. `context` computes the facts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .columns import Column, Fact, Folds, PageFolds, Weighted, covers
from .line_columns import COARSE, END_TYPE, PHRASE_SHARE, SHAPE

SCALE = 256  # scores are whole numbers of 1/256 log-odds
EDGES = (-1280, -768, -512, -320, -192, -96, 0, 96, 192, 320, 512, 768, 1280)
ROUGH_EDGES = (-512, -192, 0, 192, 512)

_FINE = (*(f"under {edge / SCALE:+.2g}" for edge in EDGES), "over +5")
_ROUGH = ("under -2", "under -0.75", "under 0", "under +0.75", "under +2", "over +2")
_SHARES = (
    "to 3 %", "to 8 %", "to 15 %", "to 25 %", "to 35 %", "to 50 %", "to 65 %", "to 75 %", "to 85 %", "to 92 %",
    "to 97 %", "over 97 %",
)  # fmt: skip
_SIDES = ("to 5 %", "to 15 %", "to 30 %", "to 50 %", "to 70 %", "to 85 %", "over 85 %")
_LINES = ("to 1", "2-3", "4-6", "7-12", "13-25", "26-50", "51-100", "101-200", "201-400", "over 400")
_FAR = ("none", "0", "1", "2", "3-4", "5-8", "9-16", "17-32", "over 32")
BORDERS = (
    "over 32 before", "17-32 before", "9-16 before", "5-8 before", "3-4 before", "2 before", "1 before", "first",
    "inside", "last", "only", "1 after", "2 after", "3-4 after", "5-8 after", "9-16 after", "17-32 after",
    "over 32 after",
)  # fmt: skip
_PROSE = ("to 2 words", "3-4", "5-7", "8-11", "12-15", "16-21", "22-29", "30-44", "over 44")

WINDOWS = (2, 5, 10, 20, 40)
MIN_WINDOWS = (3, 10, 30)
SIDE_WINDOWS = (4, 15)
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
LINE_NEIGHBOURS = (-2, -1, 1, 2)

# A rough bin can be told from a fine one: the rough edges are fine edges too.
_ROUGH_OF_FINE = tuple(np.searchsorted(ROUGH_EDGES, (EDGES[0] - 1, *EDGES), side="right").tolist())
_NEAR_ROUGH = (0, *(1 + rough for rough in _ROUGH_OF_FINE))

# Of the line: the line view's score, and the other one's, which is the page view's in the first round and the first round's in the second.
LINE = Fact("line view", _FINE)
LINE_ROUGH = Fact("line view, rough", _ROUGH, LINE.name, _ROUGH_OF_FINE)
OTHER = Fact("other score", _FINE)
OTHER_ROUGH = Fact("other score, rough", _ROUGH, OTHER.name, _ROUGH_OF_FINE)
# Of its neighbours; "none" beyond the page's ends.
OTHER_NEAR = {offset: Fact(f"other score of line {offset:+d}", ("none", *_FINE)) for offset in NEIGHBOURS}
OTHER_NEAR_ROUGH = {offset: Fact(f"{fact.name}, rough", ("none", *_ROUGH), fact.name, _NEAR_ROUGH) for offset, fact in OTHER_NEAR.items()}
LINE_NEAR = {offset: Fact(f"line view of line {offset:+d}", ("none", *_FINE)) for offset in LINE_NEIGHBOURS}
# Of windows around it.
WITHIN = {size: Fact(f"content within {size} lines", _SHARES) for size in WINDOWS}
SURE_WITHIN = {size: Fact(f"sure content within {size} lines", _SHARES) for size in MIN_WINDOWS}
ABOVE = {size: Fact(f"content {size} lines above", _SIDES) for size in SIDE_WINDOWS}
BELOW = {size: Fact(f"content {size} lines below", _SIDES) for size in SIDE_WINDOWS}
# Where it stands among the page's content.
SHARE_ABOVE = Fact("share of the content above", _SHARES)
WORDS_ABOVE = Fact("content words above", _LINES)
WORDS_BELOW = Fact("content words below", _LINES)
SEGMENT = Fact("main stretch", ("before", "inside", "after"))
BORDER = Fact("lines from the main stretch", BORDERS)
FAR_ABOVE = Fact("lines from sure content above", _FAR)
FAR_BELOW = Fact("lines from sure content below", _FAR)
BLOCK_SHARE = Fact("content within the block", _SHARES)
BLOCK_LINES = Fact("lines of the block", _LINES)
BLOCK_FIRST = Fact("place in the block", ("first", "later"))
BETWEEN = Fact("paragraphs beside it", ("elsewhere", "below a paragraph", "above a paragraph", "between paragraphs"))
# Of the page.
PAGE_WORDS = Fact("content words of the page", _SHARES)
PAGE_LINES = Fact("content lines of the page", _SHARES)
N_LINES = Fact("lines of the page", _LINES)
FURNITURE = Fact("sure furniture of the page", _SHARES)
N_FURNITURE = Fact("lines of sure furniture", _LINES)
PAGE_SIDE = Fact("content lines of the page, few bins", _SIDES)
PROSE = Fact("words per line of the page", _PROSE)
PAGE_FACTS = (PAGE_WORDS, PAGE_LINES, FURNITURE, PAGE_SIDE, N_LINES, N_FURNITURE, PROSE)


def _columns(view: str) -> tuple[Column, ...]:
    """Columns over the line view's scores and another's; those of the line view alone stand with the first round only."""
    both = (
        Column(f"line view and {view}", (LINE, OTHER)),
        Column(f"{view}, words", (OTHER, COARSE)),
        Column(f"{view}, words and end", (OTHER_ROUGH, COARSE, END_TYPE)),
        *(Column(f"{view} of line {offset:+d}", (near, OTHER_ROUGH)) for offset, near in OTHER_NEAR.items()),
        Column(f"{view} of lines before and after", (OTHER_NEAR_ROUGH[-1], OTHER_NEAR_ROUGH[1], OTHER_ROUGH)),
        *(Column(f"content within {size} lines, {view}", (WITHIN[size], OTHER_ROUGH)) for size in WINDOWS),
        *(Column(f"sure content within {size} lines, {view}", (SURE_WITHIN[size], LINE_ROUGH)) for size in MIN_WINDOWS),
        *(Column(f"content {size} lines above and below, {view}", (ABOVE[size], BELOW[size], OTHER_ROUGH)) for size in SIDE_WINDOWS),
        Column(f"share of the content above, {view}", (SHARE_ABOVE, OTHER_ROUGH)),
        Column(f"content words above and below, {view}", (WORDS_ABOVE, WORDS_BELOW)),
        Column(f"content words of the page and line view, {view}", (PAGE_WORDS, LINE)),
        Column(f"content words of the page, {view}", (PAGE_WORDS, OTHER)),
        Column(f"content lines of the page and line view, {view}", (PAGE_LINES, LINE)),
        Column(f"content lines of the page, {view}", (PAGE_LINES, OTHER)),
        Column(f"lines of the page, {view}", (N_LINES, OTHER)),
        Column(f"sure furniture of the page and line view, {view}", (FURNITURE, LINE)),
        Column(f"sure furniture of the page, {view}", (FURNITURE, OTHER)),
        Column(f"lines of sure furniture and line view, {view}", (N_FURNITURE, LINE)),
        Column(f"main stretch, {view}", (SEGMENT, OTHER)),
        Column(f"main stretch, line view and content lines, {view}", (SEGMENT, LINE, PAGE_SIDE)),
        Column(f"lines from the main stretch, {view}", (BORDER, OTHER_ROUGH)),
        Column(f"lines from sure content, {view}", (FAR_ABOVE, FAR_BELOW, OTHER_ROUGH)),
        Column(f"content within the block, {view}", (BLOCK_SHARE, OTHER_ROUGH)),
    )
    if view != "page view":
        return both
    return (
        *both,
        Column("line view, words", (LINE, COARSE)),
        Column("lines of the page, line view", (N_LINES, LINE)),
        *(Column(f"line view of line {offset:+d}", (near, LINE_ROUGH)) for offset, near in LINE_NEAR.items()),
        Column("lines of the block", (BLOCK_LINES, BLOCK_FIRST, COARSE)),
        Column("phrase share and line view", (PHRASE_SHARE, LINE)),
        Column("phrase share and lines of sure furniture", (PHRASE_SHARE, N_FURNITURE, LINE_ROUGH)),
        # In a page of paragraphs a short line is a stray; in a page of short lines it is what the page is made of.
        Column("words per line of the page, line view", (PROSE, LINE)),
        Column("words per line of the page, phrase share", (PROSE, PHRASE_SHARE, LINE_ROUGH)),
        Column("words per line of the page, shape", (PROSE, SHAPE)),
        Column("shape between paragraphs", (BETWEEN, SHAPE)),
    )


# The first round weighs the views. The second one sees all of that again and the same facts with the first round's scores in the
# page view's place: where content stands is clearer by then. On WCXB (5 folds) it raised word F1 of full pages from 0.831 to 0.847.
FIRST_COLUMNS = _columns("page view")
SECOND_COLUMNS = FIRST_COLUMNS + _columns("first round")


def _pairs(facts: dict[int, Fact], *others: Fact) -> list[tuple[Fact, ...]]:
    """Groups of two facts each, the last one perhaps alone, with others."""
    each = list(facts.values())
    return [(*each[first : first + 2], *others) for first in range(0, len(each), 2)]


def _around(facts: dict[int, Fact], own: Fact) -> list[tuple[Fact, ...]]:
    """Groups of the facts of both neighbours equally far away, with the line's own."""
    return [(facts[-reach], facts[reach], own) for reach in sorted(facts) if reach > 0]


# Facts that are looked up together, in this order: a column goes to the first group that has all of its facts. Chosen so that tables
# stay in the first or second cache (1,000 to 16,000 combinations of 8 bytes).
_GROUPS: tuple[tuple[Fact, ...], ...] = (
    (LINE, OTHER, COARSE, END_TYPE),
    *_around(OTHER_NEAR, OTHER_ROUGH),
    *_around(LINE_NEAR, LINE_ROUGH),
    *_pairs(WITHIN, OTHER_ROUGH),
    *_pairs(SURE_WITHIN, LINE_ROUGH),
    *((ABOVE[size], BELOW[size], OTHER_ROUGH) for size in SIDE_WINDOWS),
    (SHARE_ABOVE, BLOCK_SHARE, OTHER_ROUGH),
    (WORDS_ABOVE, WORDS_BELOW, BLOCK_LINES, BLOCK_FIRST, COARSE),
    (BORDER, FAR_ABOVE, FAR_BELOW, OTHER_ROUGH),
    (PROSE, BETWEEN, SHAPE),
)
# Facts of lines that are looked up in tables of each page: few combinations, as the tables are made anew for each block.
_PAGE_GROUPS = ((SEGMENT, OTHER), (SEGMENT, LINE), (PHRASE_SHARE, LINE))

# Facts in the order in which `context.Round.facts` gives them; the second round has no more than those of `BOTH_FACTS`.
WHOLE_FACTS = (LINE, LINE_ROUGH, OTHER, OTHER_ROUGH, COARSE, END_TYPE, SEGMENT, BORDER, FAR_ABOVE, FAR_BELOW, BLOCK_SHARE)
WINDOW_FACTS = (*WITHIN.values(), *SURE_WITHIN.values())
SIDE_FACTS = (*ABOVE.values(), *BELOW.values())
CONTENT_FACTS = (SHARE_ABOVE, WORDS_ABOVE, WORDS_BELOW)
BOTH_FACTS = (*WHOLE_FACTS, *OTHER_NEAR.values(), *WINDOW_FACTS, *SIDE_FACTS, *CONTENT_FACTS)
FIRST_FACTS = (*BOTH_FACTS, *LINE_NEAR.values(), SHAPE, PHRASE_SHARE, BLOCK_LINES, BLOCK_FIRST, PROSE, BETWEEN)


def folds(columns: Sequence[Weighted], known: Sequence[Fact]) -> tuple[Folds, PageFolds]:
    """Columns of a round shared out for scoring: those that cross a fact of the page with facts of the line page by page."""
    of_lines: list[Weighted] = []
    of_pages: list[Weighted] = []
    for one in columns:
        alone = not any(covers(one.column, group) for group in _GROUPS)
        of_page = alone and any(covers(one.column, group, PAGE_FACTS) for group in _PAGE_GROUPS)
        (of_pages if of_page else of_lines).append(one)
    return Folds(of_lines, _GROUPS, known), PageFolds(of_pages, _PAGE_GROUPS, known, PAGE_FACTS)
