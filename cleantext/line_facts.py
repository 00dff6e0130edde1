"""What is known of lines by themselves: where their text begins and ends, and the facts of `line_columns.OWN_FACTS`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from . import line_columns as lc
from .columns import FactArray, byte_table, look_up
from .tokens import ByteArray, IntArray, Tokens

PLACE_OF = {fact.name: place for place, fact in enumerate(lc.OWN_FACTS)}
_SHARES = (lc.CAPITALISED, lc.CAPITALS, lc.NUMBERS, lc.COMMAS, lc.PHRASE_SHARE)
_COUNTS = (lc.SENTENCES, lc.SEPARATORS, lc.SIGNS, lc.LINKS)

_WORD_TABLE = lc.lookup(128, lc.WORD_EDGES)
_COARSE_TABLE = byte_table(lc.COARSE.table)
_COUNT_TABLE = byte_table((0, 1, 2, 3, 3, 4))
_LENGTH_TABLE = byte_table(lc.lookup(128, (1, 7, 9, 11, 13, 17, 25)))  # in half bytes
# In 64ths; a share of exactly one has a bin of its own.
_SHARE_TABLE = byte_table(lc.lookup(65, (1, 7, 17, 33, 49, 64)))


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
# White space at a line's ends beyond this many bytes is skipped by looking at all of the line.
_SPACES_SKIPPED = 12


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


def end_facts(data: bytes, classes: ByteArray, stop: IntArray, out: FactArray) -> None:
    """Fill in what lines end with."""
    raw = np.frombuffer(data, np.uint8)
    kind = classes.take(stop - 1)
    end = out[PLACE_OF[lc.END.name]]
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
    out[PLACE_OF[lc.END_TYPE.name]] = look_up(_END_TYPE, end)


def start_facts(tokens: Tokens, first: IntArray, first_word: IntArray, out: FactArray) -> None:
    """Fill in what lines begin with, and their shape, once their end and their number of words are known."""
    kind = tokens.classes.take(first)
    if len(tokens.start):
        # The class of a word's first letter is known better than that of its first byte.
        begins = (tokens.start.take(first_word, mode="clip") == first).nonzero()[0]
        kind[begins] = tokens.kind.take(first_word.take(begins))
    out[PLACE_OF[lc.START.name]] = start = look_up(_START_TABLE, kind)
    shape = out[PLACE_OF[lc.SHAPE.name]]
    np.multiply(out[PLACE_OF[lc.COARSE.name]], lc.N_START_TYPES, out=shape)
    shape += look_up(_START_TYPE, start)
    shape *= len(lc.END_TYPE.bins)
    shape += out[PLACE_OF[lc.END_TYPE.name]]
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


def word_facts(data: bytes, tokens: Tokens, words: tuple[IntArray, IntArray, IntArray], covered: IntArray, out: FactArray) -> IntArray:
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
    out[PLACE_OF[lc.WORDS.name]] = fine
    out[PLACE_OF[lc.COARSE.name]] = look_up(_COARSE_TABLE, fine)

    # Whole numbers this small are divided exactly in 32 bits, or far enough from the next whole number.
    shares = np.empty((len(_SHARES), len(n_all)), np.float32)
    for place, part in enumerate((capitalised, capitals, digits, commas, covered)):
        shares[place] = part
    whole = np.maximum(n_all, 1)
    shares *= 64
    shares /= whole.astype(np.float32)
    share = look_up(_SHARE_TABLE, np.ceil(shares, out=shares).astype(np.uint8))
    for fact, bins in zip(_SHARES, share, strict=True):
        out[PLACE_OF[fact.name]] = bins
    for fact, count in zip(_COUNTS, (stops, pipes, signs, _links(data, gap, tokens.end, (first_word, stop_word))), strict=True):
        out[PLACE_OF[fact.name]] = look_up(_COUNT_TABLE, np.minimum(count, 5).astype(np.uint8))
    letters *= 2
    out[PLACE_OF[lc.LENGTH.name]] = look_up(_LENGTH_TABLE, np.minimum(letters / whole, 127).astype(np.uint8))
    _scripts(n_all, accented, ideographs, out[PLACE_OF[lc.SCRIPT.name]])
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
