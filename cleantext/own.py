"""What lines say by themselves: one code for training and for scoring.

Three kinds of features, all linear in the model:

* **columns**: crosses of facts, like "words: 8-9" or "ends with: full stop" (`line_columns`).
* **hashed words**: every word and pair of neighbouring words, weighted by `views.WORD_SCALE`; and the line's first and last
  words and the whole line if it is short, weighted 1.
* **phrases**: named families of furniture phrases, by where in the line they stand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from . import line_columns as lc
from .columns import Fact, FactArray, byte_table, cross, look_up
from .line_columns import OWN_COLUMNS, OWN_FACTS, PLACES
from .links import blank_link_targets
from .phrasetable import Matches, PhraseTable, pair_hashes
from .tokens import MIX_A, ByteArray, HashArray, IntArray, Tokens, tokenize

# Hash slots. 2^17 was as good as 2^18 in cross-validation and half the file; the word tables together stay in the second cache.
WORD_BITS, PAIR_BITS, EDGE_BITS = 17, 17, 16
# Words of a line that are looked at. Counters are packed into 16 bits; no line of prose is a tenth as long.
MAX_LINE_WORDS = (1 << 15) - 1
WHOLE_LINE_WORDS = 8  # longer lines hardly ever come again on another site

_PLACE_OF = {fact.name: place for place, fact in enumerate(OWN_FACTS)}
_SHARES = (lc.CAPITALISED, lc.CAPITALS, lc.NUMBERS, lc.COMMAS, lc.PHRASE_SHARE)
_COUNTS = (lc.SENTENCES, lc.SEPARATORS, lc.SIGNS, lc.LINKS)


class OwnFeatures(NamedTuple):
    """What lines say by themselves: a row for each line that is not blank.

    Attributes
    ----------
    row : int64 array of shape (n_rows,)
        Which of the given lines each row is.
    facts : uint8 array of shape (n_facts, n_rows)
        Bins of each of `line_columns.OWN_FACTS`.
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
    key : uint64 array of shape (n_rows,)
        Equal for lines of equal words.
    """

    row: IntArray
    facts: FactArray
    n_words: IntArray
    first_word: IntArray
    stop_word: IntArray
    word: IntArray
    pair: IntArray
    edge: IntArray
    phrase_row: IntArray
    phrase_place: IntArray
    phrase_family: IntArray
    key: HashArray

    def fact(self, fact: Fact) -> FactArray:
        """A fact's bin for each row: uint8 array of shape (n_rows,)."""
        bins: FactArray = self.facts[_PLACE_OF[fact.name]]
        return bins

    @property
    def columns(self) -> IntArray:
        """Bins of each of `OWN_COLUMNS`, for training and explanation: int64 array of shape (n_columns, n_rows)."""
        return cross(OWN_COLUMNS, OWN_FACTS, self.facts)


_WORD_TABLE = lc.lookup(128, lc.WORD_EDGES)
_COARSE_TABLE = byte_table(lc.COARSE.table)
_COUNT_TABLE = byte_table((0, 1, 2, 3, 3, 4))
_LENGTH_TABLE = byte_table(lc.lookup(128, (1, 7, 9, 11, 13, 17, 25)))  # in half bytes
# In 64ths; a share of exactly one has a bin of its own.
_SHARE_TABLE = byte_table(lc.lookup(65, (1, 7, 17, 33, 49, 64)))


def _place_table() -> IntArray:
    """Place of a phrase, without its suffix, by whether it starts the line, whether it ends it, and the line's words up to 31."""
    words = np.arange(32)
    size = lc.lookup(32, (5, 9, 17)).astype(np.int64)
    return np.concatenate((11 + np.maximum(size - 1, 0), 7 + size, 3 + size, np.clip(words, 1, 3) - 1))


_PLACE_TABLE = _place_table()


def _class_table(kinds: dict[int, int], default: int) -> IntArray:
    table = np.full(256, default, np.int64)
    for kind, value in kinds.items():
        table[kind] = value
    return table


_START_TABLE = byte_table(_class_table(
    {cc.UPPER: 0, cc.LOWER: 1, cc.DIGIT: 2, cc.HIGH_UPPER: 3, cc.HIGH_LOWER: 4, cc.HIGH: 5, cc.CJK: 6, cc.QUOTE: 7, cc.OPEN: 8,
     cc.DASH: 9, cc.STAR: 10, cc.HASH: 11, cc.PIPE: 12, cc.MARK: 13, cc.MONEY: 13, cc.CODE: 14},
    15,
))  # fmt: skip
_END_TABLE = byte_table(_class_table(
    {cc.LOWER: 0, cc.UPPER: 1, cc.DIGIT: 2, cc.HIGH: 3, cc.CJK: 4, cc.STOP: 5, cc.COMMA: 10, cc.COLON: 11, cc.QUOTE: 12,
     cc.OPEN: 13, cc.CLOSE: 13, cc.PIPE: 14},
    15,
))  # fmt: skip
_START_TYPE = byte_table(lc.START_TYPE)
_END_TYPE = byte_table(lc.END_TYPE.table)
# Four counters of 16 bits in one int64, so that one running sum counts four things.
_KIND_COUNTS = _class_table(
    {cc.UPPER: 1, cc.HIGH_UPPER: 1 | 1 << 32, cc.DIGIT: 1 << 16, cc.HIGH_LOWER: 1 << 32, cc.HIGH: 1 << 32, cc.CJK: 1 << 48}, 0
)
_GAP_COUNTS = _class_table(
    {cc.STOP: 1, cc.COMMA: 1 << 16, cc.PIPE: 1 << 32, cc.CODE: 1 << 48, cc.OPEN: 1 << 48, cc.HASH: 1 << 48, cc.STAR: 1 << 48}, 0
)
# End bins of a full stop's last byte.
_STOP_TABLE = np.full(256, 5, np.uint8)
_STOP_TABLE[ord("?")], _STOP_TABLE[ord("!")] = 6, 7
_WORD_SHIFT, _PAIR_SHIFT, _EDGE_SHIFT = (np.uint64(64 - bits) for bits in (WORD_BITS, PAIR_BITS, EDGE_BITS))
_EDGE_SALTS = np.array(
    ((0x9FB21C651E98DF25,), (0xD6E8FEB86659FD93,), (0xA0761D6478BD642F,), (0xE7037ED1A0B428DB,), (0x8EBC6AF09C88C6E3,)), np.uint64
)
# White space at a line's ends beyond this many bytes is skipped by looking at all of the line.
_SPACES_SKIPPED = 12


def _slots(hashes: HashArray, shift: np.uint64) -> IntArray:
    return (hashes >> shift).view(np.int64)


def _running(values: npt.NDArray[np.int64]) -> IntArray:
    total = np.empty(len(values) + 1, np.int64)
    total[0] = 0
    np.cumsum(values, out=total[1:])
    return total


def visible_spans(data: bytes, classes: ByteArray, start: IntArray, end: IntArray) -> tuple[IntArray, IntArray]:
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
        left = left.compress(classes.take(place) == cc.SPACE)
    right = ((classes.take(stop - 1) == cc.SPACE) & (first < stop)).nonzero()[0]
    for _ in range(_SPACES_SKIPPED):
        if not len(right):
            break
        place = stop.take(right) - 1
        stop[right] = place
        right = right.compress(classes.take(place - 1) == cc.SPACE)
    if len(left):
        first[left] = _nearest_visible(classes, first.take(left), end.take(left))[0]
        np.maximum(stop, first, out=stop)
    if len(right):
        stop[right] = _nearest_visible(classes, first.take(right), stop.take(right))[1]
    return first, stop


def _nearest_visible(classes: ByteArray, first: IntArray, stop: IntArray) -> tuple[IntArray, IntArray]:
    """The first byte of each span that is no white space and the one behind the last; where there is none, both are its end.

    Given spans that do not overlap, in ascending order.
    """
    sizes = stop - first
    where = np.arange(int(sizes.sum()))
    where += (first - np.cumsum(sizes) + sizes).repeat(sizes)
    visible = where[classes.take(where) != cc.SPACE]
    low, high = visible.searchsorted(first), visible.searchsorted(stop)
    none = low == high
    # One more stands at the end for spans beyond the last visible byte.
    visible = np.append(visible, 0)
    return np.where(none, stop, visible[low]), np.where(none, stop, visible[high - 1] + 1)


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
    first_word = tokens.start.searchsorted(first)
    sizes = np.empty_like(first_word)
    if len(row):
        np.subtract(first_word[1:], first_word[:-1], out=sizes[:-1])
        sizes[-1] = len(tokens.start) - first_word[-1]
    n_all = np.minimum(sizes, MAX_LINE_WORDS)
    stop_word = first_word + n_all

    facts = np.empty((len(OWN_FACTS), len(row)), np.uint8)
    _end_facts(data, tokens.classes, stop, facts)
    pair = pair_hashes(tokens.hash)
    # Words beyond the limit are counted to their line here.
    line = np.arange(len(row), dtype=np.int32).repeat(sizes)
    matches = phrases.find(tokens.hash, pair, line, stop_word)
    sentence = facts[_PLACE_OF[lc.END_TYPE.name]] == 1
    phrase_row, phrase_place, phrase_family, covered = _phrase_features(matches, line.take(matches.word), (first_word, n_all), sentence)
    edge, key = _edges(tokens.hash, pair, first_word, n_all)
    n_words = _word_facts(data, tokens, (first_word, stop_word, n_all), covered, facts)
    _start_facts(tokens, first, first_word, facts)
    # Lines without words are told apart by their length in bytes alone: "---" and "***" count as copies, "---" and "-----" do not.
    bare = (n_all == 0).nonzero()[0]
    if len(bare):
        key[bare] = (stop.take(bare) - first.take(bare) + 1).view(np.uint64)
    return OwnFeatures(
        row, facts, n_words, first_word, stop_word, _slots(tokens.hash, _WORD_SHIFT), _slots(pair, _PAIR_SHIFT), edge,
        phrase_row, phrase_place, phrase_family, key,
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
        for name in ("row", "facts", "n_words", "phrase_place", "phrase_family", "key")
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
    matches: Matches, rows: npt.NDArray[np.int32], words: tuple[IntArray, IntArray], sentence: npt.NDArray[np.bool_]
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Rows, places and families of matches, and how many words of each row phrases cover."""
    first_word, n_words = words
    row = rows.astype(np.int64)
    if len(n_words) and int(n_words.max()) == MAX_LINE_WORDS:
        # Words beyond the limit are of no row; phrases of one word are found among them too.
        inside = matches.word < (first_word + n_words)[row]
        matches, row = Matches(*(values[inside] for values in matches)), row[inside]
    if not len(row):
        return row, row, row, np.zeros(len(first_word), np.int64)
    count, begin = n_words.take(row), first_word.take(row)
    place = _PLACE_TABLE.take((matches.word == begin) * 2 + (matches.word + matches.length == begin + count) << 5 | np.minimum(count, 31))
    place += (len(PLACES) // 2) * sentence.take(row)
    key = ((row << 5 | place) << 6) + matches.family
    key.sort()
    fresh = np.empty(len(key), np.bool_)
    fresh[0] = True
    np.not_equal(key[1:], key[:-1], out=fresh[1:])
    key = key.compress(fresh)

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


def _end_facts(data: bytes, classes: ByteArray, stop: IntArray, out: FactArray) -> None:
    """Fill in what lines end with."""
    raw = np.frombuffer(data, np.uint8)
    kind = classes.take(stop - 1)
    end = out[_PLACE_OF[lc.END.name]]
    end[:] = look_up(_END_TABLE, kind)

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
    out[_PLACE_OF[lc.END_TYPE.name]] = look_up(_END_TYPE, end)


def _start_facts(tokens: Tokens, first: IntArray, first_word: IntArray, out: FactArray) -> None:
    """Fill in what lines begin with, and their shape, once their end and their number of words are known."""
    kind = tokens.classes.take(first)
    if len(tokens.start):
        # The class of a word's first letter is known better than that of its first byte.
        begins = (tokens.start.take(first_word, mode="clip") == first).nonzero()[0]
        kind[begins] = tokens.kind.take(first_word.take(begins))
    out[_PLACE_OF[lc.START.name]] = start = look_up(_START_TABLE, kind)
    shape = out[_PLACE_OF[lc.SHAPE.name]]
    np.multiply(out[_PLACE_OF[lc.COARSE.name]], lc.N_START_TYPES, out=shape)
    shape += look_up(_START_TYPE, start)
    shape *= len(lc.END_TYPE.bins)
    shape += out[_PLACE_OF[lc.END_TYPE.name]]
    shape += 1


def _word_sums(tokens: Tokens, gap: ByteArray, first_word: IntArray, stop_word: IntArray) -> IntArray:
    """Sums over each row's words of `_KIND_COUNTS`, of `_GAP_COUNTS`, and of lengths and capitals: int64 array of shape (3, n_rows)."""
    totals = np.empty((3, len(gap) + 1), np.int64)
    totals[:, 0] = 0
    kinds, gaps, sizes = totals[:, 1:]
    _KIND_COUNTS.take(tokens.kind, out=kinds, mode="clip")
    _GAP_COUNTS.take(gap, out=gaps, mode="clip")
    # Low half: bytes in words (32767 words of a block's bytes fit in 40 bits); above: words in capitals, of two letters or more.
    np.subtract(tokens.end, tokens.start, out=sizes)
    capital = (tokens.kind == cc.UPPER).nonzero()[0]
    capital = capital.compress(tokens.classes.take(tokens.end.take(capital) - 1) == cc.UPPER)
    sizes[capital] += (sizes.take(capital) > 1) * np.int64(1 << 40)
    np.cumsum(totals, axis=1, out=totals)
    sums: IntArray = totals.take(stop_word, axis=1)
    sums -= totals.take(first_word, axis=1)
    return sums


def _word_facts(data: bytes, tokens: Tokens, words: tuple[IntArray, IntArray, IntArray], covered: IntArray, out: FactArray) -> IntArray:
    """Fill in what is counted in lines' words; returns how many words they have, two ideographs being one."""
    first_word, stop_word, n_all = words
    gap = tokens.classes.take(tokens.end)
    sums = _word_sums(tokens, gap, first_word, stop_word)
    capitalised, digits, accented, ideographs, stops, commas, pipes, signs = (
        sums[place].view("<u2")[counter::4] for place in (0, 1) for counter in range(4)
    )
    capitals, letters = sums[2] >> 40, sums[2] & ((1 << 40) - 1)

    n_words: IntArray = n_all - (ideographs >> 1)
    fine = _WORD_TABLE.take(n_words, mode="clip")
    out[_PLACE_OF[lc.WORDS.name]] = fine
    out[_PLACE_OF[lc.COARSE.name]] = look_up(_COARSE_TABLE, fine)

    # Whole numbers this small are divided exactly in 32 bits, or far enough from the next whole number.
    shares = np.empty((len(_SHARES), len(n_all)), np.float32)
    for place, part in enumerate((capitalised, capitals, digits, commas, covered)):
        shares[place] = part
    whole = np.maximum(n_all, 1)
    shares *= 64
    shares /= whole.astype(np.float32)
    share = look_up(_SHARE_TABLE, np.ceil(shares, out=shares).astype(np.uint8))
    for fact, bins in zip(_SHARES, share, strict=True):
        out[_PLACE_OF[fact.name]] = bins
    for fact, count in zip(_COUNTS, (stops, pipes, signs, _links(data, gap, tokens.end, (first_word, stop_word))), strict=True):
        out[_PLACE_OF[fact.name]] = look_up(_COUNT_TABLE, np.minimum(count, 5).astype(np.uint8))
    letters *= 2
    out[_PLACE_OF[lc.LENGTH.name]] = look_up(_LENGTH_TABLE, np.minimum(letters / whole, 127).astype(np.uint8))
    _scripts(n_all, accented, ideographs, out[_PLACE_OF[lc.SCRIPT.name]])
    return n_words


def _scripts(n_words: IntArray, accented: npt.NDArray[np.uint16], ideographs: npt.NDArray[np.uint16], out: FactArray) -> None:
    out[:] = 0
    if accented.any():
        out[accented > 0] = 1
    if ideographs.any():
        out[ideographs > 0] = 4
    out[accented > n_words >> 1] = 2
    out[ideographs > n_words >> 1] = 3


def _links(data: bytes, gap: ByteArray, word_end: IntArray, words: tuple[IntArray, IntArray]) -> IntArray:
    """How many words of each row are followed by a closing and an opening bracket, as Markdown writes links."""
    raw = np.frombuffer(data, np.uint8)
    closed = (gap == cc.CLOSE).nonzero()[0]
    links = closed[raw.take(word_end.take(closed) + 1, mode="clip") == ord("(")]
    if not len(links):
        return np.zeros(len(words[0]), np.int64)
    first_word, stop_word = words
    counts: IntArray = links.searchsorted(stop_word) - links.searchsorted(first_word)
    return counts
