"""The judge's columns: which facts of a line's surroundings are crossed, and what is looked up together.

Every column crosses something with the line's own score, because evidence counts differently for a line that the words already
decide. `context` computes the facts.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .columns import Column, Fact, Folds, PageFolds, Weighted, covers
from .line_columns import COARSE, PHRASE_SHARE, RUN, SHAPE

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
BORDERS = (
    "over 32 before", "17-32 before", "9-16 before", "5-8 before", "3-4 before", "2 before", "1 before", "first",
    "inside", "last", "only", "1 after", "2 after", "3-4 after", "5-8 after", "9-16 after", "17-32 after",
    "over 32 after",
)  # fmt: skip
_PROSE = ("to 2 words", "3-4", "5-7", "8-11", "12-15", "16-21", "22-29", "30-44", "over 44")
_BREAKS = (
    *(f"{number} before" for number in ("over 32", "17-32", "9-16", "5-8", "3-4", "2", "1", "0")), "inside",
    *(f"{number} after" for number in ("0", "1", "2", "3-4", "5-8", "9-16", "17-32", "over 32")),
)  # fmt: skip
_CORE_SHARES = ("to 30 %", "to 50 %", "to 65 %", "to 80 %", "to 90 %", "to 95 %", "over 95 %")
_AGAINST = ("under -7", "-7", "-5", "-4", "-3", "-2.5", "-2", "-1.5", "-1", "-0.5", "0", "+0.5", "over +1")
_LEVELS = ("under 0.5", "0.5", "1", "1.5", "2", "2.5", "3", "over 4")
_ECHOES = ("0", "to 15 %", "to 30 %", "to 45 %", "to 60 %", "to 75 %", "to 95 %", "over 95 %")
_TOPICAL = ("0", "1", "2", "3-4", "5-8", "9-16", "17+")
HEADLINE_SHARES = (10, 35, 65)
_HEADLINES = ("no", *(f"to {share} %" for share in HEADLINE_SHARES), f"over {HEADLINE_SHARES[-1]} %")

WINDOWS = (5, 20)
SURE_WINDOWS = (3, 30)
NEIGHBOURS = (-3, -2, -1, 1, 2, 3)
LINE_NEIGHBOURS = (-2, -1, 1, 2)

# A rough bin can be told from a fine one: the rough edges are fine edges too.
_ROUGH_OF_FINE = tuple(np.searchsorted(ROUGH_EDGES, (EDGES[0] - 1, *EDGES), side="right").tolist())

# Of the line: both views' scores.
LINE = Fact("line view", _FINE)
LINE_ROUGH = Fact("line view, rough", _ROUGH, LINE.name, _ROUGH_OF_FINE)
PAGE = Fact("page view", _FINE)
PAGE_ROUGH = Fact("page view, rough", _ROUGH, PAGE.name, _ROUGH_OF_FINE)
# Of its neighbours; "none" beyond the page's ends.
PAGE_NEAR = {offset: Fact(f"page view of line {offset:+d}", ("none", *_FINE)) for offset in NEIGHBOURS}
LINE_NEAR = {offset: Fact(f"line view of line {offset:+d}", ("none", *_FINE)) for offset in LINE_NEIGHBOURS}
# Of windows around it.
WITHIN = {size: Fact(f"content within {size} lines", _SHARES) for size in WINDOWS}
SURE_WITHIN = {size: Fact(f"sure content within {size} lines", _SHARES) for size in SURE_WINDOWS}
# Where it stands among the page's content.
SEGMENT = Fact("main stretch", ("before", "inside", "after"))
BORDER = Fact("lines from the main stretch", BORDERS)
_N_ABOVE = BORDERS.index("first") + 1
ABOVE = Fact(
    "lines above the main stretch", (*BORDERS[:_N_ABOVE], "none"), BORDER.name, tuple(min(place, _N_ABOVE) for place in range(len(BORDERS)))
)
BLOCK_SHARE = Fact("content within the block", _SHARES)
BLOCK_LINES = Fact("lines of the block", _LINES)
BLOCK_FIRST = Fact("place in the block", ("first", "later"))
RUN_SHARE = Fact("content within the run", ("alone", *_SHARES))
BETWEEN = Fact("paragraphs beside it", ("elsewhere", "below a paragraph", "above a paragraph", "between paragraphs"))
# How it stands to what is surest on its page.
BREAKS = Fact("breaks before the core", _BREAKS)
CORE_SHARE = Fact("content within the core", _CORE_SHARES)
AGAINST = Fact("page view against the page's content", _AGAINST)
LEVEL = Fact("page view of the page's content", _LEVELS)
CORE_FACTS = (BREAKS, CORE_SHARE, AGAINST, LEVEL)
# Words that come back in content elsewhere on the page.
ECHO = Fact("words that come back", _ECHOES)
TOPICAL = Fact("words that may come back", _TOPICAL)
HEADLINE = Fact("likely headline", _HEADLINES)
# Of the page.
PAGE_WORDS = Fact("content words of the page", _SHARES)
PAGE_LINES = Fact("content lines of the page", _SHARES)
N_LINES = Fact("lines of the page", _LINES)
FURNITURE = Fact("sure furniture of the page", _SHARES)
N_FURNITURE = Fact("lines of sure furniture", _LINES)
PAGE_SIDE = Fact("content lines of the page, few bins", _SIDES)
PROSE = Fact("words per line of the page", _PROSE)
SMALL = Fact("lines of the page that begin small", ("to 3 %", "to 10 %", "to 25 %", "to 50 %", "to 80 %", "over 80 %"))
PAGE_FACTS = (PAGE_WORDS, PAGE_LINES, FURNITURE, PAGE_SIDE, N_LINES, N_FURNITURE, PROSE, SMALL)


# Chosen on two folds of sites, each column left out by turns: windows of 2, 10 and 40 lines, shares of the content above and below, the
# distance from sure content, and a second round that saw the first one's scores gave nothing beyond these (`benchmarks/EXPERIMENTS.md`).
JUDGE_COLUMNS = (
    Column("line view and page view", (LINE, PAGE)),
    Column("page view, words", (PAGE, COARSE)),
    Column("line view, words", (LINE, COARSE)),
    *(Column(f"page view of line {offset:+d}", (near, PAGE_ROUGH)) for offset, near in PAGE_NEAR.items()),
    *(Column(f"line view of line {offset:+d}", (near, LINE_ROUGH)) for offset, near in LINE_NEAR.items()),
    *(Column(f"content within {size} lines", (WITHIN[size], PAGE_ROUGH)) for size in WINDOWS),
    *(Column(f"sure content within {size} lines", (SURE_WITHIN[size], LINE_ROUGH)) for size in SURE_WINDOWS),
    Column("content words of the page, line view", (PAGE_WORDS, LINE)),
    Column("content words of the page, page view", (PAGE_WORDS, PAGE)),
    Column("content lines of the page, line view", (PAGE_LINES, LINE)),
    Column("content lines of the page, page view", (PAGE_LINES, PAGE)),
    Column("lines of the page, line view", (N_LINES, LINE)),
    Column("lines of the page, page view", (N_LINES, PAGE)),
    Column("sure furniture of the page, line view", (FURNITURE, LINE)),
    Column("sure furniture of the page, page view", (FURNITURE, PAGE)),
    Column("lines of sure furniture, line view", (N_FURNITURE, LINE)),
    # A line that begins with a small letter is seldom furniture, unless all of its page is written so.
    Column("lines of the page that begin small, line view", (SMALL, LINE)),
    Column("lines of the page that begin small, page view", (SMALL, PAGE)),
    Column("main stretch, page view", (SEGMENT, PAGE)),
    Column("main stretch, line view and content lines", (SEGMENT, LINE, PAGE_SIDE)),
    Column("lines from the main stretch", (BORDER, PAGE_ROUGH)),
    Column("content within the block", (BLOCK_SHARE, PAGE_ROUGH)),
    Column("lines of the block", (BLOCK_LINES, BLOCK_FIRST, COARSE)),
    Column("phrase share, line view", (PHRASE_SHARE, LINE)),
    # In a page of paragraphs a short line is a stray; in a page of short lines it is what the page is made of.
    Column("words per line of the page, line view", (PROSE, LINE)),
    Column("words per line of the page, shape", (PROSE, SHAPE)),
    Column("shape between paragraphs", (BETWEEN, SHAPE)),
    Column("breaks before the core, page view", (BREAKS, PAGE_ROUGH)),
    Column("breaks before the core, line view", (BREAKS, LINE_ROUGH)),
    Column("breaks before the core, content within it", (BREAKS, CORE_SHARE)),
    Column("page view against the page's content", (AGAINST, LEVEL)),
    Column("page view against the page's content, line view", (AGAINST, LINE_ROUGH)),
    Column("words that come back, page view", (ECHO, TOPICAL, PAGE_ROUGH)),
    Column("words that come back, line view", (ECHO, TOPICAL, LINE_ROUGH)),
    # (The place within the stretch or below it let "Photo of NAME" between two paragraphs stay: words that do not come back are content
    # there as a rule.)
    Column("words that come back, lines above the main stretch", (ECHO, TOPICAL, ABOVE)),
    # Menus and teasers stand between the headline and the text on many a page, so that it looks like one of theirs.
    Column("run, page view", (RUN, PAGE_ROUGH)),
    Column("run, line view", (RUN, LINE_ROUGH)),
    Column("content within the run", (RUN_SHARE, PAGE_ROUGH)),
    Column("likely headline, page view", (HEADLINE, PAGE_ROUGH)),
    Column("likely headline, line view", (HEADLINE, LINE_ROUGH)),
    Column("likely headline, lines above the main stretch", (HEADLINE, ABOVE)),
)


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
    (LINE, PAGE, COARSE),
    (LINE, PHRASE_SHARE),
    *_around(PAGE_NEAR, PAGE_ROUGH),
    *_around(LINE_NEAR, LINE_ROUGH),
    *_pairs(WITHIN, PAGE_ROUGH),
    *_pairs(SURE_WITHIN, LINE_ROUGH),
    (BORDER, BLOCK_SHARE, PAGE_ROUGH),
    (BLOCK_LINES, BLOCK_FIRST, COARSE),
    (PROSE, BETWEEN, SHAPE),
    (BREAKS, CORE_SHARE, PAGE_ROUGH, LINE_ROUGH),
    (AGAINST, LEVEL, LINE_ROUGH),
    (RUN, RUN_SHARE, PAGE_ROUGH, LINE_ROUGH),
    (ECHO, TOPICAL, PAGE_ROUGH, LINE_ROUGH, HEADLINE),
    (ECHO, TOPICAL, BORDER, HEADLINE),
)
# Facts of lines that are looked up in tables of each page: few combinations, as the tables are made anew for each block.
_PAGE_GROUPS = ((SEGMENT, PAGE), (SEGMENT, LINE))

# Facts in the order in which `context.Context.facts` gives them.
WHOLE_FACTS = (
    LINE,
    LINE_ROUGH,
    PAGE,
    PAGE_ROUGH,
    COARSE,
    SEGMENT,
    BORDER,
    BLOCK_SHARE,
    BLOCK_LINES,
    BLOCK_FIRST,
    SHAPE,
    PHRASE_SHARE,
    PROSE,
    *CORE_FACTS,
    ECHO,
    TOPICAL,
    HEADLINE,
    RUN,
    RUN_SHARE,
)
WINDOW_FACTS = (*WITHIN.values(), *SURE_WITHIN.values())
JUDGE_FACTS = (*WHOLE_FACTS, *PAGE_NEAR.values(), *LINE_NEAR.values(), *WINDOW_FACTS, BETWEEN)


def folds(columns: Sequence[Weighted]) -> tuple[Folds, PageFolds]:
    """The judge's columns shared out for scoring: those that cross a fact of the page with facts of the line page by page."""
    of_lines: list[Weighted] = []
    of_pages: list[Weighted] = []
    for one in columns:
        alone = not any(covers(one.column, group) for group in _GROUPS)
        of_page = alone and any(covers(one.column, group, PAGE_FACTS) for group in _PAGE_GROUPS)
        (of_pages if of_page else of_lines).append(one)
    return Folds(of_lines, _GROUPS, JUDGE_FACTS), PageFolds(of_pages, _PAGE_GROUPS, JUDGE_FACTS, PAGE_FACTS)
