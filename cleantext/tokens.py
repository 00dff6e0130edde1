"""Bytes to words: where they stand, what class of characters they are made of, and a 64-bit hash of each.

A word is a run of letters and digits; an ideograph, kana, Hangul syllable, Thai, Lao, Khmer or Burmese character is a word of its
own, as those scripts do not put spaces between words. Words are folded before they are hashed: small letters, every digit 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from .arrays import places_of
from .utf8 import code_points

IntArray = npt.NDArray[np.int64]
HashArray = npt.NDArray[np.uint64]
ByteArray = npt.NDArray[np.uint8]

# Room behind the last byte so that the two aligned loads of eight bytes around any word's start stay inside the buffer.
_TAILS = tuple(b"\n" * (16 - rest) for rest in range(8))
_ALL_BITS, _BYTE_BITS = np.uint64(64), np.uint64(8)
_LOAD_MASK = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)
# In the upper half of `Tokens.look`, where classes of bytes outside words leave bits free.
CAPITAL_END = 0x40
_NONE = np.empty(0, np.int64)
# Odd constants with well mixed bits (the 64-bit golden ratio and two primes of the xxHash family): multiplying by them and
# folding the high half down spreads 8 loaded bytes over all bits; 3 bits of collision in 2^17 slots were no worse than sha256.
MIX_A = np.uint64(0x9E3779B97F4A7C15)
MIX_B = np.uint64(0xC2B2AE3D27D4EB4F)
MIX_C = np.uint64(0x165667B19E3779F9)


class Characters(NamedTuple):
    """What a stretch of bytes is made of, each character by itself.

    Attributes
    ----------
    classes : uint8 array of shape (n_bytes,)
        Class of each byte (see `charclass`).
    folded : uint8 array of shape (n_bytes + 9 to n_bytes + 16,)
        The bytes with small letters for capitals and 0 for every digit, and line ends behind them up to a multiple of eight.
    odd : int64 array of shape (n_odd,)
        Byte offsets of the characters that `plain` replaces, in ascending order.
    """

    classes: ByteArray
    folded: ByteArray
    odd: IntArray


class Tokens(NamedTuple):
    """The words of a stretch of bytes.

    Attributes
    ----------
    classes : uint8 array of shape (n_bytes,)
        Class of each byte (see `charclass`).
    start, end, length : int64 array of shape (n_words,)
        Byte offsets of the words, and how many bytes each has.
    look : uint16 array of shape (n_words,)
        Class of a word's first character; in the upper half the class of the byte behind the word, and `CAPITAL_END` if the last of
        two bytes or more is an ASCII capital.
    hash : uint64 array of shape (n_words,)
        Hash of the folded word.
    ideograph : int64 array of shape (n_ideographs,)
        Which words are ideographs, in ascending order.
    """

    classes: ByteArray
    start: IntArray
    end: IntArray
    length: IntArray
    look: npt.NDArray[np.uint16]
    hash: HashArray
    ideograph: IntArray

    @property
    def kind(self) -> ByteArray:
        """Class of each word's first character: uint8 array of shape (n_words,)."""
        return _halves(self.look)[0]


@cache
def _tables() -> tuple[ByteArray, npt.NDArray[np.uint16], ByteArray]:
    fold = cc.two_byte_folds()
    letters = cc.letter_classes(fold)
    every = np.arange(0x10000, dtype=np.uint16)
    every[: len(fold)] = fold
    # Latin Extended Additional (Vietnamese): capitals are even and their small letters follow, but for ten in the middle.
    every[0x1E00:0x1E96] |= 1
    every[0x1EA0:0x1F00] |= 1
    return cc.code_point_classes(), every, letters


def tokenize(data: bytes) -> Tokens:
    """Find and hash the words of some bytes.

    Parameters
    ----------
    data : bytes
        UTF-8 that begins and ends outside a word (with a line end, as a block does).

    Returns
    -------
    Tokens

    Examples
    --------
    >>> data = "\\nFoto: J. Müller 東京\\n".encode()
    >>> tokens = tokenize(data)
    >>> [data[s:e].decode() for s, e in zip(tokens.start, tokens.end)]
    ['Foto', 'J', 'Müller', '東', '京']
    >>> tokenize(b"\\nREAD 25\\n").hash.tolist() == tokenize(b"\\nread 10\\n").hash.tolist()
    True
    """
    return find_words(data, classify(data))


def tokenize_all(texts: Sequence[str]) -> tuple[Tokens, IntArray]:
    """Words of many short texts, for what is done once: each one's are those that it has alone.

    Parameters
    ----------
    texts : sequence of str

    Returns
    -------
    tokens : Tokens
    bounds : int64 array of shape (n_texts + 1,)
        Words ``bounds[i]:bounds[i + 1]`` are those of text `i`.

    Examples
    --------
    >>> tokens, bounds = tokenize_all(["Read more", "", "Anzeige"])
    >>> len(tokens.hash), bounds.tolist()
    (3, [0, 2, 2, 3])
    """
    encoded = [text.encode() for text in texts]
    tokens = tokenize(b"\n".join((b"", *encoded, b"")))
    return tokens, tokens.start.searchsorted(list(accumulate((len(text) + 1 for text in encoded), initial=1)))


def classify(data: bytes) -> Characters:
    """Classes of bytes, and the bytes as words are hashed.

    Parameters
    ----------
    data : bytes
        UTF-8.
    """
    padded = bytearray().join((data, _TAILS[len(data) % 8]))
    classes = np.frombuffer(padded.translate(cc.BYTE_CLASS), np.uint8, len(data))
    folded = np.frombuffer(padded.translate(cc.FOLD), np.uint8)
    odd = _NONE if data.isascii() else _classify_non_ascii(np.frombuffer(data, np.uint8), classes, folded)
    return Characters(classes, folded, odd)


def without(characters: Characters, start: IntArray, end: IntArray) -> Characters:
    """The same without some bytes, as `classify` of what is left would tell: a character's class does not depend on what is around it.

    Parameters
    ----------
    characters : Characters
    start, end : int64 array of shape (n,)
        Spans of whole characters, ascending.
    """
    n = len(characters.classes)
    classes = cut_out(characters.classes.tobytes(), start, end)
    folded = cut_out(characters.folded[:n].tobytes(), start, end)
    return Characters(np.frombuffer(classes, np.uint8), np.frombuffer(folded + _TAILS[len(folded) % 8], np.uint8), _NONE)


def cut_out(data: bytes, start: IntArray, end: IntArray) -> bytes:
    """Bytes without some spans, none of them empty, in ascending order.

    Examples
    --------
    >>> cut_out(b"abcdef", np.array([0, 3]), np.array([1, 5]))
    b'bcf'
    """
    # Slices take 0.2 ns a byte and 0.4 us a span, numpy's `compress` 3 ns a byte.
    if len(start) << 7 < len(data):
        return b"".join([data[low:high] for low, high in zip([0, *end.tolist()], [*start.tolist(), len(data)], strict=True)])
    bounds = np.empty(2 * len(start) + 2, np.int64)
    bounds[0], bounds[1:-1:2], bounds[2::2], bounds[-1] = 0, start, end, len(data)
    stays = np.ones(len(bounds) - 1, np.bool_)
    stays[1::2] = False
    return np.frombuffer(data, np.uint8).compress(stays.repeat(bounds[1:] - bounds[:-1])).tobytes()


def find_words(data: bytes, characters: Characters) -> Tokens:
    """Find and hash words, once it is known what the bytes are.

    Parameters
    ----------
    data : bytes
        As for `tokenize`.
    characters : Characters
        Of it, from `classify`.
    """
    classes = characters.classes
    inside = classes >= cc.WORD
    edges = np.empty(len(data), np.bool_)
    edges[0] = False
    np.not_equal(inside[1:], inside[:-1], out=edges[1:])
    # Words' starts and ends in turn. Their classes are looked up at once, and read as one number for each word.
    bounds = edges.nonzero()[0]
    # Every other number of an array takes twice as long to read, so it is copied if it is read twice.
    start, end = bounds[0::2].copy(), bounds[1::2].copy()
    length = end - start
    look = classes.take(bounds, mode="clip").view("<u2")
    capital = (classes.take(end - 1, mode="clip") == cc.UPPER).view(np.uint8)
    capital &= length > 1
    look |= capital * np.uint16(CAPITAL_END << 8)
    ideograph = _NONE
    if not data.isascii():
        ideograph = _look_closer(np.frombuffer(data, np.uint8), classes, (start, end, length), look)
    return Tokens(classes, start, end, length, look, _hash(characters.folded, start, end, length), ideograph)


def _halves(look: npt.NDArray[np.uint16]) -> tuple[ByteArray, ByteArray]:
    both = look.view(np.uint8)
    return both[0::2], both[1::2]


def _look_closer(raw: ByteArray, classes: ByteArray, spans: tuple[IntArray, IntArray, IntArray], look: npt.NDArray[np.uint16]) -> IntArray:
    """Fill in what the classes of bytes do not tell of words beyond ASCII: where ideographs begin and end, whether letters are capitals.

    Returns which words are ideographs.
    """
    start, end, length = spans
    kind = look.astype(np.uint8)  # the lower half, and quicker to read than every other byte
    # Only the middle byte of an ideograph is marked as a word, so that it joins to nothing; here it gets its three bytes back.
    ideograph: IntArray = (kind == cc.CJK).nonzero()[0]
    if len(ideograph):
        start[ideograph] -= 1
        end[ideograph] += 1
        length[ideograph] += 2
        _halves(look)[1][ideograph] = classes.take(end.take(ideograph))
    high = (kind == cc.HIGH).nonzero()[0]
    if len(high):
        at = start.take(high)
        lead, second = raw.take(at), raw.take(at + 1)
        code = (lead & 0x1F).astype(np.int64) << 6 | (second & 0x3F)
        letter = _tables()[2].take(code)
        letter[lead >= 0xE0] = cc.HIGH
        # Latin Extended Additional (Vietnamese): capitals are even.
        vietnamese = ((lead == 0xE1) & (second >= 0xB8) & (second <= 0xBB)).nonzero()[0]
        if len(vietnamese):
            third = raw.take(at[vietnamese] + 2, mode="clip")
            letter[vietnamese] = np.where(third & 1, cc.HIGH_LOWER, cc.HIGH_UPPER)
        _halves(look)[0][high] = letter
    return ideograph


def _classify_non_ascii(raw: ByteArray, classes: ByteArray, folded: ByteArray) -> IntArray:
    """Give the bytes of each character that is not ASCII the character's class, and fold letters that have case, in place.

    Returns where those of `charclass.ODD` begin.
    """
    lead, odd = places_of(raw >= 0xC2), _NONE
    if not len(lead):
        return odd
    class_of, fold, _ = _tables()
    narrow, first = code_points(raw, lead)
    code = narrow.astype(np.int64)
    kind = class_of.take(code)
    special = (kind != cc.HIGH).nonzero()[0]
    if len(special):
        where, kind, first = lead.take(special), kind.take(special), first.take(special)
        odd = where.compress(kind == cc.ODD)
        # The outer bytes of an ideograph are OTHER, which is 0, so that it does not join to its neighbours.
        outer = kind * (kind != cc.CJK).view(np.uint8)
        classes[where] = outer
        classes[where + 1] = kind
        three = (first >= 0xE0).nonzero()[0]
        classes[where.take(three) + 2] = outer.take(three)
        four = where.compress(first >= 0xF0)
        for step in range(4 if len(four) else 0):
            classes[four + step] = cc.MARK
    low = fold.take(code)
    changed = (low != narrow).nonzero()[0]
    if len(changed):
        low, where = low.take(changed), lead.take(changed)
        two, three = low < 0x800, low >= 0x800
        # Of three bytes, a capital differs from its small letter in the last bit.
        folded[where.compress(three) + 2] |= 1
        low, where = low.compress(two), where.compress(two)
        folded[where] = 0xC0 | (low >> 6)
        folded[where + 1] = 0x80 | (low & 0x3F)
    return odd


def _load(folded: ByteArray, start: IntArray) -> HashArray:
    """The eight bytes from each offset on, as numbers of which the first byte is the lowest.

    By two aligned loads, the parts of which are shifted into place: numpy has no quick look-up at any offset, indexing a view with
    strides of one byte takes half as long again.
    """
    loads = folded.view(np.uint64)
    bits = (start & 7).view(np.uint64)
    bits *= _BYTE_BITS
    place = start >> 3
    # (Clipping, which never happens, is quicker than looking for offsets out of range.)
    low = loads.take(place, mode="clip")
    high = loads[1:].take(place, mode="clip")
    low >>= bits
    # A shift by 64, where the first load has all eight bytes, leaves nothing of the second in numpy.
    np.subtract(_ALL_BITS, bits, out=bits)
    high <<= bits
    low |= high
    return low


def _hash(folded: ByteArray, start: IntArray, end: IntArray, length: IntArray) -> HashArray:
    """Hash words by their first and last eight bytes and their length.

    Words over 16 bytes that differ only in the middle share a hash: URLs and compounds, none of which a weight should rest on.
    """
    key = _load(folded, start)
    key &= _LOAD_MASK.take(length, mode="clip")
    long = (length > 8).nonzero()[0]
    if len(long):
        # The length goes in so that a word and its first sixteen bytes twice over stay apart.
        tail = _load(folded, end.take(long) - 8)
        tail ^= length.take(long).view(np.uint64)
        tail *= MIX_B
        key[long] ^= tail
    return mix(key)


def mix(key: HashArray) -> HashArray:
    """Spread each key's bits over all 64, in place.

    Parameters
    ----------
    key : uint64 array
        Changed in place.

    Returns
    -------
    uint64 array
        The same array.
    """
    key *= MIX_A
    key ^= key >> np.uint64(32)
    key *= MIX_C
    key ^= key >> np.uint64(29)
    return key
