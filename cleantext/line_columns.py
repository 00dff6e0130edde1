"""The columns of a line's own features and of its place, and the facts they cross.

There are no floating point features: every column is a small whole number (a *bin*), the weight of which is looked up, so sums are
exact and a page's scores cannot depend on which pages share its block. `own` and `features` compute the facts.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .columns import Column, Fact
from .phrasetable import MAX_FAMILIES

WORD_BINS = ("0", "1", "2", "3", "4", "5", "6", "7-8", "9-10", "11-13", "14-17", "18-23", "24-31", "32-47", "48-79", "80+")
COARSE_BINS = ("0", "1", "2", "3-4", "5-8", "9-13", "14-23", "24+")
WORD_EDGES = (1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 24, 32, 48, 80)
COARSE_EDGES = (1, 2, 3, 5, 9, 14, 24)
END_BINS = (
    "small letter", "capital", "digit", "letter", "ideograph", "full stop", "question mark", "exclamation mark", "ellipsis",
    "stop and quote", "comma", "colon", "quote", "bracket", "separator", "other",
)  # fmt: skip
START_BINS = (
    "capital", "small letter", "digit", "accented capital", "accented small", "letter", "ideograph", "quote", "bracket", "dash",
    "bullet", "hash", "separator", "symbol", "code sign", "other", "copyright sign",
)  # fmt: skip
SHARE_BINS = ("0", "to 1/10", "to 1/4", "to 1/2", "to 3/4", "under 1", "1")
COUNT_BINS = ("0", "1", "2", "3-4", "5+")
# How a phrase's line is written: "Photo by Maria Lang" is a credit, "Photo by photo, the album took shape." a sentence, and a phrase
# before a colon, as in "Photo: Maria Lang" and "Related: ten towns", is a label whatever follows. Whether all four
# help is open: with them, numeric dates and the sign © models without folds 0 and 1 kept more of our look-alike content, the shipped ones
# 1.6 and 1.7 keep the same (`benchmarks/EXPERIMENTS.md`).
MANNERS = ("", ", sentence", ", capitalised", ", before a colon")
# Phrases of one word that are not the whole line count apart: "consent", "support" and "live" are names of menus and common in prose, and
# shared their weights with "manage your consent". (Line view on pages mixed with our own lines, share of content kept where 0.95 of the
# furniture goes, without folds 0 and 1: 0.719 and 0.731 instead of 0.705 and 0.725.)
SPANS = ("", ", one word")
SPOTS = (
    "whole line of 1 word", "whole line of 2", "whole line of 3+",
    "starts line of 4", "starts line of 8", "starts line of 16", "starts line of 48", "starts long line",
    "ends line of 4", "ends line of 8", "ends line of 16", "ends line of 48", "ends long line",
    "in line of 8", "in line of 16", "in long line",
)  # fmt: skip
PLACES = tuple(f"{spot}{manner}{span}" for span in SPANS for manner in MANNERS for spot in SPOTS)


_TYPE_START = ("capital", "small", "digit", "ideograph", "bullet", "other")
_TYPE_END = ("letter", "stop", "colon or comma", "other")
_BLANKS = ("none", "before", "after", "both")
_SCRIPTS = ("ascii", "accented", "other alphabet", "ideographs", "mixed")
_LENGTHS = ("0", "to 3", "to 4", "to 5", "to 6", "to 8", "to 12", "over 12")
_COPIES = ("1", "2", "3-4", "5+")
_DISTANCE = ("1", "2", "3", "4", "5-6", "7-9", "10-14", "15-24", "25-49", "50-99", "100-199", "200+")
_FAMILIES = ("none", *(f"family {n}" for n in range(MAX_FAMILIES)))
_LABEL_DISTANCE = ("1", "2", "3", "4-6", "7-12", "13-25", "26-60", "over 60")
_MANY = ("0", "1", "2", "3-4", "5-9", "10+")
_TENTHS = tuple(f"{n}/10" for n in range(10))
START_TYPE = (0, 1, 2, 0, 1, 1, 3, 5, 5, 4, 4, 4, 5, 5, 5, 5, 5)
_END_TYPE = (0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3)

N_START_TYPES = len(_TYPE_START)
SHAPES = ("none", *(f"{w} words, {s}, {e}" for w in COARSE_BINS for s in _TYPE_START for e in _TYPE_END))

WORDS = Fact("words", WORD_BINS)
COARSE = Fact("words, few bins", COARSE_BINS, WORDS.name, tuple(np.searchsorted(COARSE_EDGES, (0, *WORD_EDGES), side="right").tolist()))
START = Fact("start", START_BINS)
END = Fact("end", END_BINS)
END_TYPE = Fact("end, few bins", _TYPE_END, END.name, _END_TYPE)
SHAPE = Fact("shape", SHAPES)
CAPITALISED = Fact("capitalised words", SHARE_BINS)
CAPITALS = Fact("words in capitals", SHARE_BINS)
NUMBERS = Fact("numbers", SHARE_BINS)
COMMAS = Fact("commas", SHARE_BINS)
PHRASE_SHARE = Fact("phrase share", SHARE_BINS)
SENTENCES = Fact("sentences", COUNT_BINS)
SEPARATORS = Fact("separators", COUNT_BINS)
SIGNS = Fact("signs", COUNT_BINS)
LENGTH = Fact("word length", _LENGTHS)
SCRIPT = Fact("script", _SCRIPTS)
LINKS = Fact("links", COUNT_BINS)

# Shape of the line itself: what the line view sees, with the words and phrases.
OWN_COLUMNS = (
    Column("words", (WORDS,)),
    Column("start and end", (COARSE, START, END)),
    Column("words and end", (WORDS, END)),
    Column("capitalised words", (COARSE, CAPITALISED, END_TYPE)),
    *(
        Column(fact.name, (COARSE, fact))
        for fact in (CAPITALS, NUMBERS, COMMAS, SENTENCES, SEPARATORS, SIGNS, LENGTH, SCRIPT, PHRASE_SHARE, LINKS)
    ),
)
# Facts that are looked up together: tables of 4,096 and 3,000 to 8,000 combinations.
OWN_GROUPS = (
    (WORDS, START, END),
    (COARSE, CAPITALISED, END_TYPE, CAPITALS),
    (COARSE, NUMBERS, COMMAS, PHRASE_SHARE),
    (COARSE, SENTENCES, SEPARATORS, SIGNS, LINKS),
    (COARSE, LENGTH, SCRIPT),
)
OWN_FACTS = (
    WORDS, COARSE, START, END, END_TYPE, SHAPE, CAPITALISED, CAPITALS, NUMBERS, COMMAS, PHRASE_SHARE, SENTENCES, SEPARATORS, SIGNS, LENGTH,
    SCRIPT, LINKS,
)  # fmt: skip

# Where the line stands: for the page view only.
COPIES = Fact("copies on page", _COPIES)
BLANK_LINES = Fact("blank lines", _BLANKS)
FROM_TOP = Fact("lines from top", _DISTANCE)
TO_END = Fact("lines to end", _DISTANCE)
TENTH = Fact("place on page", _TENTHS)
NEAR_SHAPE = {offset: Fact(f"shape of line {offset:+d}", SHAPES) for offset in (-3, -2, -1, 1, 2, 3)}
_COARSE_OF_SHAPE = (0, *(1 + place for place in range(len(COARSE_BINS)) for _ in range(len(_TYPE_START) * len(_TYPE_END))))
NEAR_COARSE = {
    offset: Fact(f"words of line {offset:+d}", ("none", *COARSE_BINS), NEAR_SHAPE[offset].name, _COARSE_OF_SHAPE) for offset in (-1, 1)
}
LABEL_ABOVE = Fact("label above", _FAMILIES)
LABEL_BELOW = Fact("label below", _FAMILIES)
LABEL_ABOVE_DISTANCE = Fact("lines from label above", _LABEL_DISTANCE)
LABEL_BELOW_DISTANCE = Fact("lines to label below", _LABEL_DISTANCE)

# Labels that come again and again tell what a part of the page is: dates and bylines between posts or comments, "Reply" under each of
# them, "Related" above teasers. They are counted on either side of a line, however far away: a comment of ten paragraphs has its author's
# name far above it. Which families tell of which section stands in the phrase tables.
SECTIONS = ("dates", "replies", "related")
SECTION_ABOVE = tuple(Fact(f"{name} above", _MANY) for name in SECTIONS)
SECTION_BELOW = tuple(Fact(f"{name} below", _MANY) for name in SECTIONS)

# Runs (`runs`): how many words they have, and whether a sentence ends there.
RUN_EDGES = (5, 9, 17, 33, 65)
RUN = Fact(
    "run",
    ("alone", *(f"{words} words{end}" for words in ("to 4", "5-8", "9-16", "17-32", "33-64", "over 64") for end in ("", ", full stop"))),
)
RUNS_ON = Fact("runs on", ("no", "from above", "below", "both"))

PLACE_COLUMNS = (
    Column("copies on page", (COARSE, COPIES)),
    Column("blank lines", (COARSE, BLANK_LINES)),
    Column("lines from top", (FROM_TOP, END_TYPE)),
    Column("lines to end", (TO_END, END_TYPE)),
    Column("place on page", (TENTH, COARSE)),
    *(Column(f"line {offset:+d}", (shape,)) for offset, shape in NEAR_SHAPE.items()),
    Column("line before and after", (COARSE, NEAR_COARSE[-1], NEAR_COARSE[1])),
    Column("label above", (LABEL_ABOVE, LABEL_ABOVE_DISTANCE, COARSE)),
    Column("label below", (LABEL_BELOW, LABEL_BELOW_DISTANCE, COARSE)),
    *(Column(f"{name} on page", (above, below, COARSE)) for name, above, below in zip(SECTIONS, SECTION_ABOVE, SECTION_BELOW, strict=True)),
    Column("run, words", (RUN, COARSE)),
    Column("runs on, shape", (RUNS_ON, SHAPE)),
)
COLUMNS = OWN_COLUMNS + PLACE_COLUMNS
# Lines whose first and last words the page view looks at as well, with weights of their own for each (`features.near_rows`).
NEAR_LINES = ("line above", "line below", "heading above")
PLACE_FACTS = (
    COARSE, END_TYPE, COPIES, BLANK_LINES, FROM_TOP, TO_END, TENTH, *NEAR_SHAPE.values(), *NEAR_COARSE.values(), LABEL_ABOVE,
    LABEL_ABOVE_DISTANCE, LABEL_BELOW, LABEL_BELOW_DISTANCE, *SECTION_ABOVE, *SECTION_BELOW, SHAPE, RUN, RUNS_ON,
)  # fmt: skip
PLACE_GROUPS = (
    (COARSE, COPIES, BLANK_LINES, TENTH),
    (FROM_TOP, TO_END, END_TYPE),
    (COARSE, NEAR_COARSE[-1], NEAR_COARSE[1], RUN),
    (LABEL_ABOVE, LABEL_ABOVE_DISTANCE, COARSE),
    (LABEL_BELOW, LABEL_BELOW_DISTANCE, COARSE),
    *((above, below, COARSE) for above, below in zip(SECTION_ABOVE, SECTION_BELOW, strict=True)),
    (RUNS_ON, SHAPE),
)


def lookup(size: int, edges: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """Bin of every whole number below `size`: how many of the edges it has reached."""
    return np.searchsorted(np.array(edges), np.arange(size), side="right").astype(np.uint8)
