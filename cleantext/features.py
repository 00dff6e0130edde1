"""Line features of a block of pages: one code for training and for scoring.

Every feature is a small whole number (a *bin*), the weight of which is looked up, or a hashed word. There are no floating point
features, so sums are exact and a page's scores cannot depend on which pages share its block.

Three kinds, all linear in the model:

* **columns**: one bin per line and column, like "words: 8-9" or "ends with: full stop". Some columns cross two such facts.
* **hashed words**: every word and pair of neighbouring words, weighted by `model.WORD_SCALE`; and the line's first and last
  words and the whole line if it is short, weighted 1.
* **phrases**: named families of furniture phrases, by where in the line they stand.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from .phrasetable import MAX_FAMILIES, Matches, PhraseTable, pair_hashes
from .tokens import MIX_A, MIX_B, HashArray, IntArray, Tokens, tokenize

BinArray = npt.NDArray[np.int64]

# Hash slots. 2^17 was as good as 2^18 in cross-validation and half the file; the word tables together stay in the second cache.
WORD_BITS, PAIR_BITS, EDGE_BITS = 17, 17, 16
# Words of a line that are looked at. Counters are packed into 16 bits; no line of prose is a tenth as long.
MAX_LINE_WORDS = (1 << 15) - 1
WHOLE_LINE_WORDS = 8  # longer lines hardly ever come again on another site

WORD_BINS = ("0", "1", "2", "3", "4", "5", "6", "7-8", "9-10", "11-13", "14-17", "18-23", "24-31", "32-47", "48-79", "80+")
COARSE_BINS = ("0", "1", "2", "3-4", "5-8", "9-13", "14-23", "24+")
_WORD_EDGES = (1, 2, 3, 4, 5, 6, 7, 9, 11, 14, 18, 24, 32, 48, 80)
_COARSE_EDGES = (1, 2, 3, 5, 9, 14, 24)
END_BINS = (
    "small letter", "capital", "digit", "letter", "ideograph", "full stop", "question mark", "exclamation mark", "ellipsis",
    "stop and quote", "comma", "colon", "quote", "bracket", "separator", "other",
)  # fmt: skip
START_BINS = (
    "capital", "small letter", "digit", "accented capital", "accented small", "letter", "ideograph", "quote", "bracket", "dash",
    "bullet", "hash", "separator", "symbol", "code sign", "other",
)  # fmt: skip
SHARE_BINS = ("0", "to 1/10", "to 1/4", "to 1/2", "to 3/4", "under 1", "1")
COUNT_BINS = ("0", "1", "2", "3-4", "5+")
PLACES = tuple(
    f"{place}{suffix}"
    for suffix in ("", ", sentence")
    for place in (
        "whole line of 1 word", "whole line of 2", "whole line of 3+",
        "starts line of 4", "starts line of 8", "starts line of 16", "starts long line",
        "ends line of 4", "ends line of 8", "ends line of 16", "ends long line",
        "in line of 8", "in line of 16", "in long line",
    )
)  # fmt: skip


def _names(*axes: tuple[str, ...]) -> int:
    size = 1
    for axis in axes:
        size *= len(axis)
    return size

_LAST_LABEL_PLACE = 3  # whole lines, and lines of up to four words that begin with a phrase


class Column(NamedTuple):
    """A column: its name and the names of its axes' bins; a bin is ``row * len(last axis) + ...`` as in C order."""

    name: str
    axes: tuple[tuple[str, ...], ...]

    @property
    def size(self) -> int:
        return _names(*self.axes)

    def bin_name(self, index: int) -> str:
        """Readable name of a bin, such as ``"words: 7-8, ends with: colon"``."""
        parts = []
        for axis in reversed(self.axes):
            index, place = divmod(index, len(axis))
            parts.append(axis[place])
        return ", ".join(reversed(parts))


_TYPE_START = ("capital", "small", "digit", "ideograph", "bullet", "other")
_TYPE_END = ("letter", "stop", "colon or comma", "other")
_BLANKS = ("none", "before", "after", "both")
_SCRIPTS = ("ascii", "accented", "other alphabet", "ideographs", "mixed")
_LENGTHS = ("0", "to 3", "to 4", "to 5", "to 6", "to 8", "to 12", "over 12")
_COPIES = ("1", "2", "3-4", "5+")
_DISTANCE = ("1", "2", "3", "4", "5-6", "7-9", "10-14", "15-24", "25-49", "50-99", "100-199", "200+")
_FAMILIES = ("none", *(f"family {n}" for n in range(MAX_FAMILIES)))
_LABEL_DISTANCE = ("1", "2", "3", "4-6", "7-12", "13-25", "26-60", "over 60")
_TENTHS = tuple(f"{n}/10" for n in range(10))

# Shape of the line itself: what the line view sees, with the words and phrases.
OWN_COLUMNS = (
    Column("words", (WORD_BINS,)),
    Column("start and end", (COARSE_BINS, START_BINS, END_BINS)),
    Column("words and end", (WORD_BINS, END_BINS)),
    Column("capitalised words", (COARSE_BINS, SHARE_BINS, _TYPE_END)),
    Column("words in capitals", (COARSE_BINS, SHARE_BINS)),
    Column("numbers", (COARSE_BINS, SHARE_BINS)),
    Column("commas", (COARSE_BINS, SHARE_BINS)),
    Column("sentences", (COARSE_BINS, COUNT_BINS)),
    Column("separators", (COARSE_BINS, COUNT_BINS)),
    Column("signs", (COARSE_BINS, COUNT_BINS)),
    Column("word length", (COARSE_BINS, _LENGTHS)),
    Column("script", (COARSE_BINS, _SCRIPTS)),
    Column("phrase share", (COARSE_BINS, SHARE_BINS)),
    Column("links", (COARSE_BINS, COUNT_BINS)),
)
PHRASE_SHARE = [column.name for column in OWN_COLUMNS].index("phrase share")
# Where the line stands: for the page view only.
PLACE_COLUMNS = (
    Column("copies on page", (COARSE_BINS, _COPIES)),
    Column("blank lines", (COARSE_BINS, _BLANKS)),
    Column("lines from top", (_DISTANCE, _TYPE_END)),
    Column("lines to end", (_DISTANCE, _TYPE_END)),
    Column("place on page", (_TENTHS, COARSE_BINS)),
    *(
        Column(f"line {offset:+d}", (("none", *(f"{w} words, {s}, {e}" for w in COARSE_BINS for s in _TYPE_START for e in _TYPE_END)),))
        for offset in (-3, -2, -1, 1, 2, 3)
    ),
    Column("line before and after", (COARSE_BINS, ("none", *COARSE_BINS), ("none", *COARSE_BINS))),
    Column("label above", (_FAMILIES, _LABEL_DISTANCE, COARSE_BINS)),
    Column("label below", (_FAMILIES, _LABEL_DISTANCE, COARSE_BINS)),
)
COLUMNS = OWN_COLUMNS + PLACE_COLUMNS


class OwnFeatures(NamedTuple):
    """What lines say by themselves: a row for each line that is not blank.

    Attributes
    ----------
    row : int64 array of shape (n_rows,)
        Which of the given lines each row is.
    columns : list of int64 array of shape (n_rows,)
        One array of bins for each of `OWN_COLUMNS`.
    n_words : int64 array of shape (n_rows,)
        Words of the line; two ideographs count as one word, as the words of those scripts have about two.
    first_word, stop_word : int64 array of shape (n_rows,)
        The row's words within `word` and `pair`, at most `MAX_LINE_WORDS`.
    word, pair : int64 array of shape (n_words,)
        Hash slots of each word, and of each word with the next one (which may stand on the next line: see `stop_word`).
    edge : list of five int64 arrays of shape (n_rows,)
        Hash slots of the first word, first two, last word, last two, whole line; slot 0 means there is none.
    phrase_row, phrase_place, phrase_family : int64 array of shape (n_phrases,)
        Phrases: the row, an index into `PLACES`, the family. Each combination at most once.
    coarse, shape, end_type : int64 array of shape (n_rows,)
        Bins of `COARSE_BINS`, of a neighbour column and of its end types, from which `place_columns` works.
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    """

    row: IntArray
    columns: list[IntArray]
    n_words: IntArray
    first_word: IntArray
    stop_word: IntArray
    word: IntArray
    pair: IntArray
    edge: list[IntArray]
    phrase_row: IntArray
    phrase_place: IntArray
    phrase_family: IntArray
    coarse: IntArray
    shape: IntArray
    end_type: IntArray
    key: HashArray


def _lookup(size: int, edges: tuple[int, ...]) -> IntArray:
    """Bin of every whole number below `size`: how many of the edges it has reached."""
    return np.searchsorted(np.array(edges), np.arange(size), side="right")


_WORD_TABLE = _lookup(128, _WORD_EDGES)
_COARSE_TABLE = _lookup(128, _COARSE_EDGES)
_COUNT_TABLE = np.array([0, 1, 2, 3, 3, 4])
_COPIES_TABLE = np.array([0, 0, 1, 2, 2, 3])
_DISTANCE_TABLE = _lookup(256, (1, 2, 3, 4, 6, 9, 14, 24, 49, 99, 199))
_LABEL_TABLE = _lookup(128, (2, 3, 4, 7, 13, 26, 61))
_LENGTH_TABLE = _lookup(128, (1, 7, 9, 11, 13, 17, 25))  # in half bytes
_PLACE_TABLE = _lookup(32, (5, 9, 17))
# In 64ths; a share of exactly one has a bin of its own.
_SHARE_TABLE = np.minimum(_lookup(65, (1, 7, 17, 33, 49, 64)), 6)


def _class_table(kinds: dict[int, int], default: int) -> IntArray:
    table = np.full(256, default, np.int64)
    for kind, value in kinds.items():
        table[kind] = value
    return table


_START_TABLE = _class_table(
    {cc.UPPER: 0, cc.LOWER: 1, cc.DIGIT: 2, cc.HIGH_UPPER: 3, cc.HIGH_LOWER: 4, cc.HIGH: 5, cc.CJK: 6, cc.QUOTE: 7, cc.OPEN: 8,
     cc.DASH: 9, cc.STAR: 10, cc.HASH: 11, cc.PIPE: 12, cc.MARK: 13, cc.MONEY: 13, cc.CODE: 14},
    15,
)  # fmt: skip
_END_TABLE = _class_table(
    {cc.LOWER: 0, cc.UPPER: 1, cc.DIGIT: 2, cc.HIGH: 3, cc.CJK: 4, cc.STOP: 5, cc.COMMA: 10, cc.COLON: 11, cc.QUOTE: 12,
     cc.OPEN: 13, cc.CLOSE: 13, cc.PIPE: 14},
    15,
)  # fmt: skip
_START_TYPE = np.array([0, 1, 2, 0, 1, 1, 3, 5, 5, 4, 4, 4, 5, 5, 5, 5])
_END_TYPE = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3])
# Four counters of 16 bits in one int64, so that one running sum counts four things.
_KIND_COUNTS = _class_table(
    {cc.UPPER: 1, cc.HIGH_UPPER: 1 | 1 << 32, cc.DIGIT: 1 << 16, cc.HIGH_LOWER: 1 << 32, cc.HIGH: 1 << 32, cc.CJK: 1 << 48}, 0
)
_GAP_COUNTS = _class_table(
    {cc.STOP: 1, cc.COMMA: 1 << 16, cc.PIPE: 1 << 32, cc.CODE: 1 << 48, cc.OPEN: 1 << 48, cc.HASH: 1 << 48, cc.STAR: 1 << 48}, 0
)
_WORD_SHIFT, _PAIR_SHIFT, _EDGE_SHIFT = (np.uint64(64 - bits) for bits in (WORD_BITS, PAIR_BITS, EDGE_BITS))
_EDGE_SALTS = tuple(np.uint64(salt) for salt in (0x9FB21C651E98DF25, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3))


def _slots(hashes: HashArray, shift: np.uint64) -> IntArray:
    return (hashes >> shift).view(np.int64)


def _running(values: npt.NDArray[np.int64]) -> IntArray:
    total = np.empty(len(values) + 1, np.int64)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total


def _share(part: IntArray, whole: IntArray) -> IntArray:
    """Bin of `SHARE_BINS` of part / whole; 0 where whole is 0."""
    return _SHARE_TABLE[np.minimum(-(-64 * part // np.maximum(whole, 1)), 64)]


def visible_spans(data: bytes, classes: npt.NDArray[np.uint8], start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
    """Spans of lines without the white space around them.

    Parameters
    ----------
    data : bytes
        The bytes the lines stand in.
    classes : uint8 array of shape (n_bytes,)
        From `tokenize`.
    start, end : int64 array of shape (n_lines,)
        Spans of lines.

    Returns
    -------
    first, stop : int64 array of shape (n_lines,)
        Equal where the line is blank.
    """
    first, stop = start.copy(), end.copy()
    padded = np.flatnonzero((classes[start] == cc.SPACE) | (classes[end - 1] == cc.SPACE))
    if len(padded):
        visible = np.flatnonzero(classes != cc.SPACE)
        # A line end is not a space, so the search stops at the line's own end.
        place = np.searchsorted(visible, start[padded])
        first[padded] = np.minimum(visible[place], end[padded])
        place = np.searchsorted(visible, end[padded]) - 1
        stop[padded] = np.maximum(visible[place] + 1, first[padded])
    return first, stop


def own_features(data: bytes, start: IntArray, end: IntArray, phrases: PhraseTable) -> OwnFeatures:
    """Features of lines, each by itself.

    Parameters
    ----------
    data : bytes
        UTF-8 that begins with a line end and has one after every line.
    start, end : int64 array of shape (n_lines,)
        Byte spans of the lines, ascending.
    phrases : PhraseTable
        Compiled phrase families.

    Returns
    -------
    OwnFeatures
    """
    tokens = tokenize(data)
    first, stop = visible_spans(data, tokens.classes, start, end)
    row = np.flatnonzero(first < stop)
    first, stop = first[row], stop[row]
    first_word = np.searchsorted(tokens.start, first)
    all_words = np.append(first_word[1:], len(tokens.start)) - first_word if len(row) else first_word
    all_words = np.minimum(all_words, MAX_LINE_WORDS)
    stop_word = first_word + all_words

    pair = pair_hashes(tokens.hash)
    pair_sum = _running(pair.view(np.int64))
    matches = phrases.find(tokens.hash, pair, first_word, stop_word)
    end_bin = _end_bins(data, tokens.classes, stop)
    phrase_row, phrase_place, phrase_family, covered = _phrase_features(matches, first_word, all_words, _END_TYPE[end_bin] == 1)

    has_words = all_words > 0
    last_word = np.maximum(stop_word - 1, 0)
    key = pair_sum[np.maximum(stop_word - 1, first_word)] - pair_sum[first_word]
    key = key.view(np.uint64) + _at(tokens.hash, first_word, has_words)
    short = has_words & (all_words <= WHOLE_LINE_WORDS)
    two = all_words > 1
    edge_hashes = (
        (_at(tokens.hash, first_word, has_words), has_words),
        (_at(pair, first_word, two), two),
        (_at(tokens.hash, last_word, has_words), has_words),
        (_at(pair, np.maximum(last_word - 1, 0), two), two),
        (key, short),
    )
    edge = [_slots((h ^ salt) * MIX_A, _EDGE_SHIFT) * present for (h, present), salt in zip(edge_hashes, _EDGE_SALTS, strict=True)]

    columns, n_words, coarse, shape, end_type = _own_columns(data, tokens, (first, end_bin), (first_word, stop_word), covered)
    # A line without words is known by its first bytes only; told apart by length so that "---" and "***" do not count as copies.
    key = np.where(has_words, key, (stop - first).view(np.uint64) + np.uint64(1))
    return OwnFeatures(
        row, columns, n_words, first_word, stop_word, _slots(tokens.hash, _WORD_SHIFT), _slots(pair, _PAIR_SHIFT), edge,
        phrase_row, phrase_place, phrase_family, coarse, shape, end_type, key,
    )  # fmt: skip


def _at(hashes: HashArray, index: IntArray, present: npt.NDArray[np.bool_]) -> HashArray:
    if not len(hashes):
        return np.zeros(len(index), np.uint64)
    return hashes[np.where(present, index, 0)]


def _phrase_features(
    matches: Matches, first_word: IntArray, n_words: IntArray, sentence: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Rows, places and families of matches, and how many words of each row phrases cover."""
    covered = np.zeros(len(first_word), np.int64)
    row = np.searchsorted(first_word, matches.word, side="right") - 1
    if np.any(n_words == MAX_LINE_WORDS):
        # Words beyond the limit are of no row; phrases of one word are found among them too.
        inside = matches.word < (first_word + n_words)[row]
        matches, row = Matches(*(values[inside] for values in matches)), row[inside]
    if not len(row):
        empty = np.empty(0, np.int64)
        return empty, empty, empty, covered
    words = n_words[row]
    at_start = matches.word == first_word[row]
    at_end = matches.word + matches.length == first_word[row] + words
    size = _PLACE_TABLE[np.minimum(words, 31)]
    place = np.where(
        at_start & at_end,
        np.minimum(words, 3) - 1,
        np.where(at_start, 3 + size, np.where(at_end, 7 + size, 11 + np.maximum(size - 1, 0))),
    )
    place += (len(PLACES) // 2) * sentence[row]
    key = np.sort((row * len(PLACES) + place) * 64 + matches.family)
    key = key[np.concatenate(([True], key[1:] != key[:-1]))]

    # Phrases that overlap cover their words once: a running maximum of where phrases end, in order of where they start.
    order = np.argsort(matches.word * 16 + 15 - matches.length, kind="stable")
    begin, finish = matches.word[order], (matches.word + matches.length)[order]
    reached = np.maximum.accumulate(np.concatenate(([0], finish[:-1])))
    np.add.at(covered, row[order], np.maximum(finish - np.maximum(begin, reached), 0))
    return key // (64 * len(PLACES)), (key >> 6) % len(PLACES), key & 63, covered


def _end_bins(data: bytes, classes: npt.NDArray[np.uint8], stop: IntArray) -> IntArray:
    raw = np.frombuffer(data, np.uint8)
    last, before = stop - 1, np.maximum(stop - 2, 0)
    kind, kind_before, byte = classes[last], classes[before], raw[last]
    end = _END_TABLE[kind]
    end[(kind == cc.OTHER) & (kind_before == cc.CJK)] = 4
    end[byte == ord("?")] = 6
    end[byte == ord("!")] = 7
    dots = (byte == ord(".")) & (raw[before] == ord("."))
    dots |= (byte == 0xA6) & (raw[before] == 0x80) & (raw[np.maximum(stop - 3, 0)] == 0xE2)
    end[dots] = 8
    closed = (kind == cc.QUOTE) | (kind == cc.CLOSE)
    if closed.any():
        # A closing quote has one byte, two or three, and what stood before it may be ASCII or not.
        inner = before - np.where(byte < 0x80, 0, np.where(raw[before] >= 0xC0, 1, 2))
        end[closed & (classes[inner] == cc.STOP)] = 9
    return end


def _own_columns(
    data: bytes, tokens: Tokens, first_and_end: tuple[IntArray, IntArray], words: tuple[IntArray, IntArray], covered: IntArray
) -> tuple[list[IntArray], IntArray, IntArray, IntArray, IntArray]:
    first, end = first_and_end
    first_word, stop_word = words
    n_all = stop_word - first_word

    gap = tokens.classes[tokens.end]
    last_byte = tokens.classes[tokens.end - 1]
    length = tokens.end - tokens.start
    kinds = _running(_KIND_COUNTS[tokens.kind])
    gaps = _running(_GAP_COUNTS[gap])
    # Low half: bytes in words (32767 words of a block's bytes fit in 40 bits); above: words in capitals, of two letters or more.
    sizes = _running(length + ((((tokens.kind == cc.UPPER) & (last_byte == cc.UPPER)) & (length > 1)).astype(np.int64) << 40))
    kind_sum, gap_sum, size_sum = (total[stop_word] - total[first_word] for total in (kinds, gaps, sizes))
    low16 = 0xFFFF
    capitalised, digits, accented, ideographs = (kind_sum >> shift & low16 for shift in (0, 16, 32, 48))
    stops, commas, pipes, signs = (gap_sum >> shift & low16 for shift in (0, 16, 32, 48))
    capitals, letters = size_sum >> 40, size_sum & ((1 << 40) - 1)

    n_words = n_all - (ideographs >> 1)
    fine = _WORD_TABLE[np.minimum(n_words, 127)]
    coarse = _COARSE_TABLE[np.minimum(n_words, 127)]
    raw = np.frombuffer(data, np.uint8)
    kind_first = tokens.classes[first]
    if len(tokens.start):
        begins = tokens.start[np.minimum(first_word, len(tokens.start) - 1)] == first
        kind_first = np.where(begins, tokens.kind[np.minimum(first_word, len(tokens.start) - 1)], kind_first)
    begin = _START_TABLE[kind_first]
    end_type = _END_TYPE[end]
    links = _running(((gap == cc.CLOSE) & (raw[tokens.end + 1 - (tokens.end + 1 >= len(raw))] == ord("("))).astype(np.int64))

    def share(part: IntArray, whole: IntArray = n_all) -> IntArray:
        return coarse * len(SHARE_BINS) + _share(part, whole)

    def count(number: IntArray) -> IntArray:
        return coarse * len(COUNT_BINS) + _COUNT_TABLE[np.minimum(number, 5)]

    script = np.select([ideographs * 2 > n_all, accented * 2 > n_all, ideographs > 0, accented > 0], [3, 2, 4, 1], 0)
    columns = [
        fine,
        (coarse * len(START_BINS) + begin) * len(END_BINS) + end,
        fine * len(END_BINS) + end,
        share(capitalised) * len(_TYPE_END) + end_type,
        share(capitals),
        share(digits),
        share(commas),
        count(stops),
        count(pipes),
        count(signs),
        coarse * len(_LENGTHS) + _LENGTH_TABLE[np.minimum(2 * letters // np.maximum(n_all, 1), 127)],
        coarse * len(_SCRIPTS) + script,
        share(covered),
        count(links[stop_word] - links[first_word]),
    ]
    shape = 1 + (coarse * len(_TYPE_START) + _START_TYPE[begin]) * len(_TYPE_END) + end_type
    return columns, n_words, coarse, shape, end_type


def place_columns(own: OwnFeatures, row: IntArray, first_row: IntArray) -> list[IntArray]:
    """Bins of `PLACE_COLUMNS` for the rows of whole pages.

    Parameters
    ----------
    own : OwnFeatures
        Of the same rows; only `coarse`, `shape`, `end_type` and `key` are used.
    row : int64 array of shape (n_rows,)
        Which line of the block each row is: a gap between two tells of blank lines.
    first_row : int64 array of shape (n_pages + 1,)
        Rows ``first_row[p]:first_row[p + 1]`` are those of page `p`.

    Returns
    -------
    list of int64 array of shape (n_rows,)
    """
    n = len(row)
    sizes = np.diff(first_row)
    page = np.repeat(np.arange(len(sizes)), sizes)
    above = np.arange(n) - first_row[page]
    below = first_row[page + 1] - 1 - np.arange(n)
    coarse, end_type = own.coarse, own.end_type

    gap = np.diff(row) > 1
    # The first row of a page has nothing above it, whatever stands at the end of the page before.
    blank_above = np.concatenate(([False], gap))[:n] & (above > 0)
    blank_below = np.concatenate((gap, [False]))[:n] & (below > 0)

    def neighbour(values: IntArray, offset: int) -> IntArray:
        moved = np.zeros(n, np.int64)
        if abs(offset) < n:
            if offset > 0:
                moved[:-offset] = values[offset:]
            else:
                moved[-offset:] = values[:offset]
        moved[(below < offset) if offset > 0 else (above < -offset)] = 0
        return moved

    size = len(COARSE_BINS)
    around = (coarse * (size + 1) + neighbour(coarse + 1, -1)) * (size + 1) + neighbour(coarse + 1, 1)
    return [
        coarse * len(_COPIES) + _COPIES_TABLE[np.minimum(copies(own.key, page), 5)],
        coarse * len(_BLANKS) + blank_above + 2 * blank_below,
        _DISTANCE_TABLE[np.minimum(above, 255)] * len(_TYPE_END) + end_type,
        _DISTANCE_TABLE[np.minimum(below, 255)] * len(_TYPE_END) + end_type,
        (10 * above // (above + below + 1)) * size + coarse,
        *(neighbour(own.shape, offset) for offset in (-3, -2, -1, 1, 2, 3)),
        around,
        *_labels(own, above, below),
    ]


def _labels(own: OwnFeatures, above: IntArray, below: IntArray) -> list[IntArray]:
    """The nearest line above, and below, that is hardly more than a furniture phrase: which family, and how far.

    "Related articles" or "Comments" says little of itself and much of the twenty lines below it.
    """
    n = len(above)
    index = np.arange(n)
    label = np.full(n, -1)
    short = (own.phrase_place % (len(PLACES) // 2)) <= _LAST_LABEL_PLACE
    # Of several families the last one in the table's order; any fixed choice would do.
    label[own.phrase_row[short]] = own.phrase_family[short]
    columns = []
    for backward in (False, True):
        marks = np.where(label >= 0, index, n if backward else -1)
        if not n:
            nearest = marks
        elif backward:
            # From the next row on, not from the row itself.
            nearest = np.append(np.minimum.accumulate(marks[::-1])[::-1][1:], n)
        else:
            nearest = np.insert(np.maximum.accumulate(marks)[:-1], 0, -1)
        distance = nearest - index if backward else index - nearest
        known = (distance <= below) if backward else (distance <= above)
        family = np.where(known, label[np.clip(nearest, 0, max(n - 1, 0))] + 1, 0)
        step = np.where(known, _LABEL_TABLE[np.minimum(distance, 127)], 0)
        columns.append((family * len(_LABEL_DISTANCE) + step) * len(COARSE_BINS) + own.coarse)
    return columns


def copies(key: HashArray, page: IntArray) -> IntArray:
    """How often each line stands on its page.

    Parameters
    ----------
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    page : int64 array of shape (n_rows,)
        Page of each row.

    Returns
    -------
    int64 array of shape (n_rows,)
        At least 1.

    Examples
    --------
    >>> copies(np.array([7, 8, 7, 7], np.uint64), np.array([0, 0, 0, 1])).tolist()
    [2, 1, 2, 1]
    """
    if not len(key):
        return np.empty(0, np.int64)
    mixed = (key ^ (page.astype(np.uint64) * MIX_B)) * MIX_A
    order = np.argsort(mixed)
    ordered = mixed[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    sizes = np.diff(np.append(starts, len(key)))
    result = np.empty(len(key), np.int64)
    result[order] = np.repeat(sizes, sizes)
    return result
