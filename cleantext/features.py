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

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from .links import blank_link_targets
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

SHAPES = ("none", *(f"{w} words, {s}, {e}" for w in COARSE_BINS for s in _TYPE_START for e in _TYPE_END))

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
    *(Column(f"line {offset:+d}", (SHAPES,)) for offset in (-3, -2, -1, 1, 2, 3)),
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
    columns : int64 array of shape (n_columns, n_rows)
        Bins of each of `OWN_COLUMNS`.
    n_words : int64 array of shape (n_rows,)
        Words of the line; two ideographs count as one word, as the words of those scripts have about two.
    first_word, stop_word : int64 array of shape (n_rows,)
        The row's words within `word` and `pair`, at most `MAX_LINE_WORDS`.
    word, pair : int64 array of shape (n_words,)
        Hash slots of each word, and of each word with the next one (which may stand on the next line: see `stop_word`).
    edge : int64 array of shape (5, n_rows)
        Hash slots of the first word, first two, last word, last two, whole line; slot 0 means there is none.
    phrase_row, phrase_place, phrase_family : int64 array of shape (n_phrases,)
        Phrases: the row, an index into `PLACES`, the family. Each combination at most once.
    coarse, shape, end_type : int64 array of shape (n_rows,)
        Bins of `COARSE_BINS`, of a neighbour column and of its end types, from which `place_columns` works.
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    """

    row: IntArray
    columns: IntArray
    n_words: IntArray
    first_word: IntArray
    stop_word: IntArray
    word: IntArray
    pair: IntArray
    edge: IntArray
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


def _place_table() -> IntArray:
    """Place of a phrase, without its suffix, by whether it starts the line, whether it ends it, and the line's words up to 31."""
    words = np.arange(32)
    size = _lookup(32, (5, 9, 17))
    return np.concatenate((11 + np.maximum(size - 1, 0), 7 + size, 3 + size, np.clip(words, 1, 3) - 1))


_PLACE_TABLE = _place_table()
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
_COUNT_SHIFTS = np.arange(0, 64, 16)[:, np.newaxis]
# End bins of a full stop's last byte.
_STOP_TABLE = np.full(256, 5)
_STOP_TABLE[ord("?")], _STOP_TABLE[ord("!")] = 6, 7
_WORD_SHIFT, _PAIR_SHIFT, _EDGE_SHIFT = (np.uint64(64 - bits) for bits in (WORD_BITS, PAIR_BITS, EDGE_BITS))
_EDGE_SALTS = np.array(
    ((0x9FB21C651E98DF25,), (0xD6E8FEB86659FD93,), (0xA0761D6478BD642F,), (0xE7037ED1A0B428DB,), (0x8EBC6AF09C88C6E3,)), np.uint64
)
_OFFSETS = np.array(((-3,), (-2,), (-1,), (1,), (2,), (3,)))
# White space at a line's ends beyond this many bytes is skipped by a search over the whole block.
_SPACES_SKIPPED = 12


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
    # Nearly all lines begin with no space or a few, so they are skipped one by one. A line end is no space and ends the search.
    left = (classes.take(first) == cc.SPACE).nonzero()[0]
    for _ in range(_SPACES_SKIPPED):
        if not len(left):
            break
        place = first.take(left) + 1
        first[left] = place
        left = left[classes.take(place) == cc.SPACE]
    right = ((classes.take(stop - 1) == cc.SPACE) & (first < stop)).nonzero()[0]
    for _ in range(_SPACES_SKIPPED):
        if not len(right):
            break
        place = stop.take(right) - 1
        stop[right] = place
        right = right[classes.take(place - 1) == cc.SPACE]
    if len(left) or len(right):
        visible = (classes != cc.SPACE).nonzero()[0]
        first[left] = visible[visible.searchsorted(first[left])]
        stop[right] = visible[visible.searchsorted(stop[right]) - 1] + 1
        np.maximum(stop, first, out=stop)
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
    data = blank_link_targets(data)
    tokens = tokenize(data)
    first, stop = visible_spans(data, tokens.classes, start, end)
    row = (first < stop).nonzero()[0]
    first, stop = first.take(row), stop.take(row)
    n_found = len(tokens.start)
    first_word = tokens.start.searchsorted(first)
    all_words = np.empty_like(first_word)
    if len(row):
        np.subtract(first_word[1:], first_word[:-1], out=all_words[:-1])
        all_words[-1] = n_found - first_word[-1]
        np.minimum(all_words, MAX_LINE_WORDS, out=all_words)
    stop_word = first_word + all_words

    pair = pair_hashes(tokens.hash)
    matches = phrases.find(tokens.hash, pair, first_word, stop_word)
    end_bin = _end_bins(data, tokens.classes, stop)
    end_type = _END_TYPE.take(end_bin)
    phrase_row, phrase_place, phrase_family, covered = _phrase_features(matches, first_word, all_words, end_type == 1)

    edge, key = _edges(tokens.hash, pair, first_word, all_words)
    columns, n_words, coarse, shape = _own_columns(data, tokens, (first, end_bin, end_type), (first_word, stop_word), covered)
    # Lines without words are told apart by their length in bytes alone: "---" and "***" count as copies, "---" and "-----" do not.
    bare = (all_words == 0).nonzero()[0]
    if len(bare):
        key[bare] = (stop.take(bare) - first.take(bare) + 1).view(np.uint64)
    return OwnFeatures(
        row, columns, n_words, first_word, stop_word, _slots(tokens.hash, _WORD_SHIFT), _slots(pair, _PAIR_SHIFT), edge,
        phrase_row, phrase_place, phrase_family, coarse, shape, end_type, key,
    )  # fmt: skip


def join(parts: Sequence[OwnFeatures]) -> OwnFeatures:
    """Features of several stretches of a block's lines as one, without their words and edges, which no later step needs.

    Parameters
    ----------
    parts : sequence of OwnFeatures
        At least one; `row` counts the block's lines.
    """
    before = np.cumsum([0, *(len(part.row) for part in parts[:-1])]).tolist()
    joined = {
        name: np.concatenate([getattr(part, name) for part in parts], axis=-1)
        for name in ("row", "columns", "n_words", "phrase_place", "phrase_family", "coarse", "shape", "end_type", "key")
    }
    phrase_row = np.concatenate([part.phrase_row + offset for part, offset in zip(parts, before, strict=True)])
    nothing, none = np.empty(0, np.int64), np.zeros(len(joined["row"]), np.int64)
    return OwnFeatures(
        first_word=none, stop_word=none, word=nothing, pair=nothing, edge=np.empty((5, 0), np.int64), phrase_row=phrase_row, **joined
    )


def _edges(hashes: HashArray, pairs: HashArray, first_word: IntArray, n_words: IntArray) -> tuple[IntArray, HashArray]:
    """Hash slots of rows' edges, and a hash of all words of each row."""
    n = len(first_word)
    if not len(hashes):
        return np.zeros((5, n), np.int64), np.zeros(n, np.uint64)
    edge = np.empty((5, n), np.uint64)
    present = np.empty((5, n), np.bool_)
    some, two = present[0], present[1]
    np.greater(n_words, 0, out=some)
    np.greater(n_words, 1, out=two)
    present[2:4] = present[:2]
    np.less_equal(n_words, WHOLE_LINE_WORDS, out=present[4])
    present[4] &= some
    # Where a word is not present any other will do: all of it is multiplied by 0 in the end.
    last = first_word + n_words
    last -= 1
    np.maximum(last, 0, out=last)
    hashes.take(first_word, out=edge[0], mode="clip")
    pairs.take(first_word, out=edge[1], mode="clip")
    hashes.take(last, out=edge[2], mode="clip")
    pairs.take(last - 1, out=edge[3], mode="clip")
    sums = _running(pairs.view(np.int64))
    key = edge[4]
    np.subtract(sums.take(np.maximum(last, first_word)), sums.take(first_word), out=key.view(np.int64))
    key += edge[0] * some
    key = key.copy()
    edge ^= _EDGE_SALTS
    edge *= MIX_A
    edge >>= _EDGE_SHIFT
    edge *= present
    return edge.view(np.int64), key


def _phrase_features(
    matches: Matches, first_word: IntArray, n_words: IntArray, sentence: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Rows, places and families of matches, and how many words of each row phrases cover."""
    row = first_word.searchsorted(matches.word, side="right") - 1
    if len(n_words) and int(n_words.max()) == MAX_LINE_WORDS:
        # Words beyond the limit are of no row; phrases of one word are found among them too.
        inside = matches.word < (first_word + n_words)[row]
        matches, row = Matches(*(values[inside] for values in matches)), row[inside]
    if not len(row):
        return row, row, row, np.zeros(len(first_word), np.int64)
    words, begin = n_words.take(row), first_word.take(row)
    place = _PLACE_TABLE.take((matches.word == begin) * 2 + (matches.word + matches.length == begin + words) << 5 | np.minimum(words, 31))
    place += (len(PLACES) // 2) * sentence.take(row)
    key = ((row << 5 | place) << 6) + matches.family
    key.sort()
    fresh = np.empty(len(key), np.bool_)
    fresh[0] = True
    np.not_equal(key[1:], key[:-1], out=fresh[1:])
    key = key[fresh]

    # Phrases that overlap cover their words once: a running maximum of where phrases end, in order of where they start, the longest
    # first. Rows ascend with words, so they need not be put in order.
    order = matches.word * 16 + (15 - matches.length)
    order.sort()
    begin = order >> 4
    finish = begin + 15 - (order & 15)
    reached = np.maximum.accumulate(finish)
    np.maximum(begin[1:], reached[:-1], out=begin[1:])
    finish -= begin
    np.maximum(finish, 0, out=finish)
    covered = np.bincount(row, finish, len(first_word)).astype(np.int64)
    return key >> 11, key >> 6 & 31, key & 63, covered


def _end_bins(data: bytes, classes: npt.NDArray[np.uint8], stop: IntArray) -> IntArray:
    raw = np.frombuffer(data, np.uint8)
    kind = classes.take(stop - 1)
    end = _END_TABLE.take(kind)

    stopped = (kind == cc.STOP).nonzero()[0]
    if len(stopped):
        at = stop.take(stopped) - 1
        byte = raw.take(at)
        sign = _STOP_TABLE.take(byte)
        # Three full stops or the sign for them, of three bytes; a line's first byte has a line end before it.
        before = raw.take(at - 1)
        sign[(byte == ord(".")) & (before == ord("."))] = 8
        sign[(byte == 0xA6) & (before == 0x80) & (raw.take(np.maximum(at - 2, 0)) == 0xE2)] = 8
        end[stopped] = sign
    closed = ((kind == cc.QUOTE) | (kind == cc.CLOSE)).nonzero()[0]
    if len(closed):
        # A closing quote has one byte, two or three, and what stood before it may be ASCII or not.
        at = stop.take(closed) - 1
        width = np.where(raw.take(at) < 0x80, 1, np.where(raw.take(at - 1) >= 0xC0, 2, 3))
        end[closed[classes.take(at - width) == cc.STOP]] = 9
    other = (kind == cc.OTHER).nonzero()[0]
    if len(other):
        end[other[classes.take(np.maximum(stop.take(other) - 2, 0)) == cc.CJK]] = 4
    return end


def _word_sums(tokens: Tokens, gap: npt.NDArray[np.uint8], first_word: IntArray, stop_word: IntArray) -> IntArray:
    """Sums over each row's words of `_KIND_COUNTS`, of `_GAP_COUNTS`, and of lengths and capitals: int64 array of shape (3, n_rows)."""
    totals = np.empty((3, len(gap) + 1), np.int64)
    totals[:, 0] = 0
    kinds, gaps, sizes = totals[:, 1:]
    _KIND_COUNTS.take(tokens.kind, out=kinds, mode="clip")
    _GAP_COUNTS.take(gap, out=gaps, mode="clip")
    # Low half: bytes in words (32767 words of a block's bytes fit in 40 bits); above: words in capitals, of two letters or more.
    length = tokens.end - tokens.start
    in_capitals = tokens.kind == cc.UPPER
    in_capitals &= tokens.classes.take(tokens.end - 1) == cc.UPPER
    in_capitals &= length > 1
    np.multiply(in_capitals, 1 << 40, out=sizes)
    sizes += length
    np.cumsum(totals, axis=1, out=totals)
    sums: IntArray = totals.take(stop_word, axis=1)
    sums -= totals.take(first_word, axis=1)
    return sums


def _own_columns(
    data: bytes, tokens: Tokens, edges: tuple[IntArray, IntArray, IntArray], words: tuple[IntArray, IntArray], covered: IntArray
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    first, end, end_type = edges
    first_word, stop_word = words
    n, n_found = len(first), len(tokens.start)
    n_all = stop_word - first_word

    gap = tokens.classes.take(tokens.end)
    sums = _word_sums(tokens, gap, first_word, stop_word)
    capitalised, digits, accented, ideographs, stops, commas, pipes, signs = (sums[:2, np.newaxis] >> _COUNT_SHIFTS & 0xFFFF).reshape(8, n)
    capitals, letters = sums[2] >> 40, sums[2] & ((1 << 40) - 1)

    n_words = n_all - (ideographs >> 1)
    fine = _WORD_TABLE.take(n_words, mode="clip")
    coarse = _COARSE_TABLE.take(n_words, mode="clip")
    kind_first = tokens.classes.take(first)
    if n_found:
        # The class of a word's first letter is known better than that of its first byte.
        begins = (tokens.start.take(first_word, mode="clip") == first).nonzero()[0]
        kind_first[begins] = tokens.kind.take(first_word.take(begins))
    begin = _START_TABLE.take(kind_first)
    shape = _START_TYPE.take(begin)
    shape += coarse * len(_TYPE_START)
    shape *= len(_TYPE_END)
    shape += end_type
    shape += 1

    columns = np.empty((len(OWN_COLUMNS), n), np.int64)
    columns[0] = fine
    columns[1] = (coarse * len(START_BINS) + begin) * len(END_BINS) + end
    columns[2] = fine * len(END_BINS) + end
    parts = columns[3:8]
    for place, part in enumerate((capitalised, capitals, digits, commas, covered)):
        parts[place] = part
    # Numbers this small are divided exactly, or far enough from a whole number.
    shares = parts * 64 / np.maximum(n_all, 1)
    parts[:] = _SHARE_TABLE.take(np.ceil(shares, out=shares).astype(np.int64), mode="clip")
    parts += coarse * len(SHARE_BINS)
    columns[PHRASE_SHARE] = parts[4]
    parts[0] *= len(_TYPE_END)
    parts[0] += end_type
    counts = columns[7:10]
    for place, number in enumerate((stops, pipes, signs)):
        counts[place] = number
    counts[:] = _COUNT_TABLE.take(counts, mode="clip")
    counts += coarse * len(COUNT_BINS)
    letters *= 2
    letters //= np.maximum(n_all, 1)
    columns[10] = _LENGTH_TABLE.take(letters, mode="clip")
    columns[10] += coarse * len(_LENGTHS)
    columns[11] = coarse * len(_SCRIPTS) + _scripts(n_all, accented, ideographs)
    columns[13] = _COUNT_TABLE.take(_links(data, gap, tokens.end, words), mode="clip")
    columns[13] += coarse * len(COUNT_BINS)
    return columns, n_words, coarse, shape


def _scripts(n_words: IntArray, accented: IntArray, ideographs: IntArray) -> IntArray:
    script = np.zeros(len(n_words), np.int64)
    if accented.any():
        script[accented > 0] = 1
    if ideographs.any():
        script[ideographs > 0] = 4
    script[accented * 2 > n_words] = 2
    script[ideographs * 2 > n_words] = 3
    return script


def _links(data: bytes, gap: npt.NDArray[np.uint8], word_end: IntArray, words: tuple[IntArray, IntArray]) -> IntArray:
    """How many words of each row are followed by a closing and an opening bracket, as Markdown writes links."""
    raw = np.frombuffer(data, np.uint8)
    closed = (gap == cc.CLOSE).nonzero()[0]
    links = closed[raw.take(word_end.take(closed) + 1, mode="clip") == ord("(")]
    if not len(links):
        return np.zeros(len(words[0]), np.int64)
    first_word, stop_word = words
    counts: IntArray = links.searchsorted(stop_word) - links.searchsorted(first_word)
    return counts


def place_columns(own: OwnFeatures, row: IntArray, first_row: IntArray) -> IntArray:
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
    int64 array of shape (n_columns, n_rows)
    """
    n = len(row)
    size = len(COARSE_BINS)
    coarse, end_type = own.coarse, own.end_type
    sizes = first_row[1:] - first_row[:-1]
    page = np.arange(len(sizes)).repeat(sizes)
    index = np.arange(n)
    above = index - first_row.take(page)
    below = first_row.take(page + 1)
    below -= 1
    below -= index
    columns = np.empty((len(PLACE_COLUMNS), n), np.int64)

    np.add(coarse * len(_COPIES), _COPIES_TABLE.take(copies(own.key, page), mode="clip"), out=columns[0])
    # The first row of a page has nothing above it, whatever stands at the end of the page before.
    blank = np.zeros((2, n), np.int64)
    if n:
        np.greater(row[1:] - row[:-1], 1, out=blank[0, 1:], casting="unsafe")
        np.multiply(blank[0, 1:], 2, out=blank[1, :-1])
        blank[0][above == 0] = 0
        blank[1][below == 0] = 0
    np.add(coarse * len(_BLANKS), blank[0], out=columns[1])
    columns[1] += blank[1]
    for place, distance in ((2, above), (3, below)):
        np.multiply(_DISTANCE_TABLE.take(distance, mode="clip"), len(_TYPE_END), out=columns[place])
        columns[place] += end_type
    np.add(10 * above // (above + below + 1) * size, coarse, out=columns[4])

    # Beyond the last row stands the bin for none.
    near = index + _OFFSETS
    outside = above + _OFFSETS < 0
    outside |= below < _OFFSETS
    np.putmask(near, outside, n)
    columns[5:11] = np.append(own.shape, 0).take(near)
    around = np.append(coarse + 1, 0).take(near[2:4])
    columns[11] = (coarse * (size + 1) + around[0]) * (size + 1) + around[1]
    _labels(own, above, below, columns[12:14])
    return columns


def _labels(own: OwnFeatures, above: IntArray, below: IntArray, out: IntArray) -> None:
    """The nearest line above, and below, that is hardly more than a furniture phrase: which family, and how far.

    "Related articles" or "Comments" says little of itself and much of the twenty lines below it.
    """
    n = len(above)
    size = len(COARSE_BINS)
    short = own.phrase_place % (len(PLACES) // 2) <= _LAST_LABEL_PLACE
    if not short.any():
        out[:] = own.coarse
        return
    index = np.arange(n)
    family = np.zeros(n, np.int64)
    # Of several families the last one in the table's order; any fixed choice would do.
    family[own.phrase_row[short]] = own.phrase_family[short] + 1
    labelled = family > 0
    # Labels counted up to and with each row; one far away stands before the first, and one after the last.
    count = labelled.cumsum()
    known = np.concatenate(([-1], labelled.nonzero()[0], [n]))
    # Not the row itself: the one before it, or the one after.
    for place, nearest, room in ((0, known.take(count - labelled), above), (1, known.take(count + 1), below)):
        distance = index - nearest if place == 0 else nearest - index
        cell = family.take(nearest, mode="clip") * len(_LABEL_DISTANCE)
        cell += _LABEL_TABLE.take(distance, mode="clip")
        cell *= distance <= room
        np.add(cell * size, own.coarse, out=out[place])


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
