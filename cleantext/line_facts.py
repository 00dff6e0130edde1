"""What is known of lines by themselves: where their text begins and ends, and the facts of `line_columns.OWN_FACTS`."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from . import line_columns as lc
from .arrays import sums_between
from .columns import Fact, FactArray, byte_table, look_up
from .tokens import CAPITAL_END, ByteArray, HashArray, IntArray, Tokens

PLACE_OF = {fact.name: place for place, fact in enumerate(lc.OWN_FACTS)}


def _places(*facts: Fact) -> slice:
    """Where facts stand that are filled in at once, and stand in a row for it."""
    first = PLACE_OF[facts[0].name]
    if lc.OWN_FACTS[first : first + len(facts)] != facts:
        raise ValueError(f"facts must stand in a row: {', '.join(fact.name for fact in facts)}")
    return slice(first, first + len(facts))


_SHARES = _places(lc.CAPITALISED, lc.CAPITALS, lc.NUMBERS, lc.COMMAS, lc.PHRASE_SHARE)
_COUNTS = _places(lc.SENTENCES, lc.SEPARATORS, lc.SIGNS)

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
     cc.DASH: 9, cc.STAR: 10, cc.HASH: 11, cc.PIPE: 12, cc.MARK: 13, cc.MONEY: 13, cc.CODE: 14,
     cc.COPYRIGHT: 16},
    15,
))  # fmt: skip
_END_TABLE = byte_table(_class_table(
    {cc.LOWER: 0, cc.UPPER: 1, cc.DIGIT: 2, cc.HIGH: 3, cc.CJK: 4, cc.STOP: 5, cc.COMMA: 10, cc.COLON: 11, cc.QUOTE: 12,
     cc.OPEN: 13, cc.CLOSE: 13, cc.PIPE: 14},
    15,
))  # fmt: skip
_START_TYPE = byte_table(lc.START_TYPE)
_END_TYPE = byte_table(lc.END_TYPE.table)
# What is counted of a line's words, each in eight bits of one number, so that one sum counts all; the first four are shares of the
# words, then come `_COUNTS`. By `Tokens.look`, that is by a word's first character and the byte behind it.
_SUMMED = ("capitalised", "capitals", "digits", "commas", "stops", "pipes", "signs", "accented")
_OF_KIND = {
    cc.UPPER: ("capitalised",), cc.HIGH_UPPER: ("capitalised", "accented"), cc.HIGH_LOWER: ("accented",), cc.HIGH: ("accented",),
    cc.DIGIT: ("digits",),
}  # fmt: skip
_OF_GAP = {
    cc.STOP: "stops", cc.COMMA: "commas", cc.PIPE: "pipes", cc.CODE: "signs", cc.OPEN: "signs", cc.HASH: "signs", cc.STAR: "signs",
}  # fmt: skip
_EIGHT_BITS = 255


def _summed_table() -> IntArray:
    table = np.zeros((256, 256), np.int64)  # class of the byte behind, class of the first character
    for kind, names in _OF_KIND.items():
        table[:, kind] += sum(1 << 8 * _SUMMED.index(name) for name in names)
    for gap, name in _OF_GAP.items():
        table[[gap, gap | CAPITAL_END]] += 1 << 8 * _SUMMED.index(name)
    table[CAPITAL_END : CAPITAL_END + 64, cc.UPPER] += 1 << 8 * _SUMMED.index("capitals")
    return table.ravel()


_SUMMED_TABLE = _summed_table()


def _ascii_end_table() -> FactArray:
    """End bins by a line's last two bytes, if they are ASCII."""
    classes = np.frombuffer(cc.BYTE_CLASS, np.uint8)
    table = np.empty((256, 256), np.uint8)  # the byte before, the last byte
    table[:] = _END_TABLE.array[classes]
    table[:, ord("?")], table[:, ord("!")] = 6, 7
    table[ord("."), ord(".")] = 8
    table[np.ix_(classes == cc.STOP, (classes == cc.QUOTE) | (classes == cc.CLOSE))] = 9
    return table.ravel()


_ASCII_END_TABLE = _ascii_end_table()
# White space at a line's ends from this many bytes on is skipped by looking at all of the line.
_NEAR = np.arange(16)


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
    # Nearly all lines begin with no space or a few. A line end is no space and ends the search.
    left = (classes.take(first) == cc.SPACE).nonzero()[0]
    if len(left):
        near = classes.take(first.take(left)[:, np.newaxis] + _NEAR, mode="clip") != cc.SPACE
        skipped = near.argmax(axis=1)
        first[left] += skipped
        far = left.compress(skipped == 0)
        if len(far):
            first[far] = _nearest_visible(classes, first.take(far), end.take(far))[0]
    right = ((classes.take(stop - 1) == cc.SPACE) & (first < stop)).nonzero()[0]
    if len(right):
        near = classes.take(stop.take(right)[:, np.newaxis] - 1 - _NEAR, mode="clip") != cc.SPACE
        skipped = near.argmax(axis=1)
        stop[right] -= skipped
        far = right.compress(skipped == 0)
        if len(far):
            stop[far] = _nearest_visible(classes, first.take(far), stop.take(far))[1]
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
    at = stop - 1
    last, before = raw.take(at), raw.take(at - 1)  # a line's first byte has a line end before it
    both = before.astype(np.uint16)
    both *= 256
    both += last
    end = _ASCII_END_TABLE.take(both)
    beyond = ((last | before) >= 0x80).nonzero()[0]
    if len(beyond):
        end[beyond] = _ends_beyond_ascii(raw, classes, at.take(beyond))
    out[PLACE_OF[lc.END.name]] = end
    out[PLACE_OF[lc.END_TYPE.name]] = look_up(_END_TYPE, end)


def _ends_beyond_ascii(raw: ByteArray, classes: ByteArray, at: IntArray) -> FactArray:
    """Bins of ends, given where the last bytes are, of which one or the one before is beyond ASCII."""
    kind = classes.take(at)
    byte, before = raw.take(at), raw.take(at - 1)
    end = _END_TABLE.array.take(kind)
    end[byte == ord("?")] = 6
    end[byte == ord("!")] = 7
    # The sign for three full stops, of three bytes.
    end[(byte == 0xA6) & (before == 0x80) & (raw.take(at - 2, mode="clip") == 0xE2)] = 8
    closed = ((kind == cc.QUOTE) | (kind == cc.CLOSE)).nonzero()[0]
    if len(closed):
        # A closing quote has one byte, two or three, and what stood before it may be ASCII or not.
        width = np.where(byte.take(closed) < 0x80, 1, np.where(before.take(closed) >= 0xC0, 2, 3))
        end[closed.compress(classes.take(at.take(closed) - width) == cc.STOP)] = 9
    end[(kind == cc.OTHER) & (classes.take(at - 1) == cc.CJK)] = 4
    return end


def start_facts(tokens: Tokens, first: IntArray, first_word: IntArray, out: FactArray) -> None:
    """Fill in what lines begin with, and their shape, once their end and their number of words are known."""
    kind = tokens.classes.take(first)
    if len(tokens.start):
        # The class of a word's first letter is known better than that of its first byte.
        begins = (tokens.start.take(first_word, mode="clip") == first).nonzero()[0]
        kind[begins] = tokens.look.take(first_word.take(begins)).astype(np.uint8)  # the lower half
    out[PLACE_OF[lc.START.name]] = start = look_up(_START_TABLE, kind)
    shape = out[PLACE_OF[lc.SHAPE.name]]
    np.multiply(out[PLACE_OF[lc.COARSE.name]], lc.N_START_TYPES, out=shape)
    shape += look_up(_START_TYPE, start)
    shape *= len(lc.END_TYPE.bins)
    shape += out[PLACE_OF[lc.END_TYPE.name]]
    shape += 1


class RowWords(NamedTuple):
    """Which words each row has.

    Attributes
    ----------
    first, stop, n_all : int64 array of shape (n_rows,)
        First word, the one behind the last that counts, and how many there are between.
    sizes : int64 array of shape (n_rows,)
        Words up to the next row's first.
    longest : int
        The greatest of these.
    row : int32 array of shape (n_words,)
        The row of each word, be it counted or not.
    """

    first: IntArray
    stop: IntArray
    n_all: IntArray
    sizes: IntArray
    longest: int
    row: npt.NDArray[np.int32]


class WordSums(NamedTuple):
    """What is summed over the words of each row.

    Attributes
    ----------
    counts : uint8 or uint16 array of shape (8, n_rows)
        Of `_SUMMED`.
    letters : int64 array of shape (n_rows,)
        Bytes in words.
    pairs : uint64 array of shape (n_rows,)
        Hashes of each word with the next one, the last word's too.
    """

    counts: npt.NDArray[np.unsignedinteger[Any]]
    letters: IntArray
    pairs: HashArray


def word_sums(tokens: Tokens, pairs: HashArray, words: RowWords) -> WordSums:
    """Sum over the words of each row.

    Parameters
    ----------
    tokens : Tokens
    pairs : uint64 array of shape (n_words,)
        For `WordSums.pairs`.
    words : RowWords
    """
    first_word, sizes, n_all = words.first, words.sizes, words.n_all
    summed, letters, pair = _SUMMED_TABLE.take(tokens.look, mode="clip"), tokens.length, pairs.view(np.int64)
    long = (sizes > _EIGHT_BITS).nonzero()[0] if words.longest > _EIGHT_BITS else sizes[:0]
    if len(long):
        over = long.compress(sizes.take(long) > n_all.take(long))
        if len(over):  # lines of tens of thousands of words
            letters, pair = letters.copy(), pair.copy()
        for row in over.tolist():
            beyond = slice(first_word[row] + n_all[row], first_word[row] + sizes[row])
            summed[beyond] = letters[beyond] = pair[beyond] = 0
    # A row without words may be given the next row's first one.
    some = n_all > 0
    sums = [sums_between(values, first_word) * some for values in (summed, letters, pair)]
    counts: npt.NDArray[Any] = sums[0].view(np.uint8).reshape(-1, 8).T
    if len(long):
        # What ran over is counted anew.
        n_words = n_all.take(long)
        before = np.cumsum(n_words) - n_words
        word = (first_word.take(long) - before).repeat(n_words)
        word += np.arange(len(word))
        counts = counts.astype(np.uint16)
        counts[:, long] = np.add.reduceat(summed.take(word).view(np.uint8).reshape(-1, 8), before, axis=0, dtype=np.uint16).T
    return WordSums(counts, sums[1], sums[2].view(np.uint64))


def word_facts(data: bytes, tokens: Tokens, words: RowWords, sums: WordSums, covered: IntArray, out: FactArray) -> IntArray:
    """Fill in what is counted in lines' words; returns how many words they have, two ideographs being one."""
    n_all = words.n_all
    ideographs = _ideographs(tokens, words)
    n_words: IntArray = n_all if ideographs is None else n_all - (ideographs >> 1)
    fine = _WORD_TABLE.take(n_words, mode="clip")
    out[PLACE_OF[lc.WORDS.name]] = fine
    out[PLACE_OF[lc.COARSE.name]] = look_up(_COARSE_TABLE, fine)

    # Whole numbers this small are divided exactly in 32 bits, or far enough from the next whole number.
    shares = np.empty((5, len(n_all)), np.float32)
    shares[:4] = sums.counts[:4]
    shares[4] = covered
    whole = np.maximum(n_all, 1)
    shares *= 64
    shares /= whole.astype(np.float32)
    out[_SHARES] = look_up(_SHARE_TABLE, np.ceil(shares, out=shares).astype(np.uint8))
    out[_COUNTS] = look_up(_COUNT_TABLE, np.minimum(sums.counts[4:7], 5).astype(np.uint8))
    out[PLACE_OF[lc.LINKS.name]] = _links(data, tokens, words)
    out[PLACE_OF[lc.LENGTH.name]] = look_up(_LENGTH_TABLE, np.minimum(2 * sums.letters / whole, 127).astype(np.uint8))
    _scripts(n_all, sums.counts[7], ideographs, out[PLACE_OF[lc.SCRIPT.name]])
    return n_words


def _ideographs(tokens: Tokens, words: RowWords) -> IntArray | None:
    """How many words of each row are ideographs; None if there are none at all."""
    word = tokens.ideograph
    if not len(word):
        return None
    if len(word) > len(tokens.look) >> 3 and words.longest <= int(words.n_all.max()):
        flags = (tokens.look & 0xFF) == cc.CJK
        return sums_between(flags.astype(np.int64), words.first) * (words.n_all > 0)
    row = words.row.take(word)
    return np.bincount(row.compress(word < words.stop.take(row)), minlength=len(words.first))


def _scripts(n_words: IntArray, accented: npt.NDArray[np.unsignedinteger[Any]], ideographs: IntArray | None, out: FactArray) -> None:
    out[:] = 0
    some = accented.nonzero()[0]
    if len(some):
        out[some] = 1 + (accented.take(some) > n_words.take(some) >> 1)
    if ideographs is None:
        return
    some = ideographs.nonzero()[0]
    mixed = some.compress(out.take(some) < 2)
    out[mixed] = 4
    out[some.compress(ideographs.take(some) > n_words.take(some) >> 1)] = 3


def _links(data: bytes, tokens: Tokens, words: RowWords) -> FactArray | int:
    """How many words of each row are followed by a closing and an opening bracket, as Markdown writes links, as bins."""
    closed = ((tokens.look & 0xFFFF - (CAPITAL_END << 8 | 0xFF)) == cc.CLOSE << 8).nonzero()[0]
    if not len(closed):
        return 0
    raw = np.frombuffer(data, np.uint8)
    links = closed[raw.take(tokens.end.take(closed) + 1, mode="clip") == ord("(")]
    if not len(links):
        return 0
    counts: IntArray = links.searchsorted(words.stop) - links.searchsorted(words.first)
    return look_up(_COUNT_TABLE, np.minimum(counts, 5).astype(np.uint8))
