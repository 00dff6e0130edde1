"""Bytes to words: where they stand, what class of characters they are made of, and a 64-bit hash of each.

A word is a run of letters and digits; an ideograph, kana, Hangul syllable, Thai, Lao, Khmer or Burmese character is a word of its
own, as those scripts do not put spaces between words. Words are folded before they are hashed: small letters, every digit 0.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import charclass as cc

IntArray = npt.NDArray[np.int64]
HashArray = npt.NDArray[np.uint64]
ByteArray = npt.NDArray[np.uint8]

# Room behind the last byte so that an 8-byte load at any word's start stays inside the buffer.
_TAIL = b"\n" * 16
_LOAD_MASK = np.array([(1 << (8 * n)) - 1 for n in range(9)], np.uint64)
# Odd constants with well mixed bits (the 64-bit golden ratio and two primes of the xxHash family): multiplying by them and
# folding the high half down spreads 8 loaded bytes over all bits; 3 bits of collision in 2^17 slots were no worse than sha256.
MIX_A = np.uint64(0x9E3779B97F4A7C15)
MIX_B = np.uint64(0xC2B2AE3D27D4EB4F)
MIX_C = np.uint64(0x165667B19E3779F9)


class Tokens(NamedTuple):
    """The words of a stretch of bytes.

    Attributes
    ----------
    classes : uint8 array of shape (n_bytes,)
        Class of each byte (see `charclass`).
    start, end : int64 array of shape (n_words,)
        Byte offsets of the words.
    kind : uint8 array of shape (n_words,)
        Class of a word's first character.
    hash : uint64 array of shape (n_words,)
        Hash of the folded word.
    """

    classes: ByteArray
    start: IntArray
    end: IntArray
    kind: ByteArray
    hash: HashArray


@cache
def _tables() -> tuple[ByteArray, npt.NDArray[np.uint16], ByteArray]:
    fold = cc.two_byte_folds()
    return cc.code_point_classes(), fold, cc.letter_classes(fold)


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
    classes = np.frombuffer(data.translate(cc.BYTE_CLASS), np.uint8)
    folded = data.translate(cc.FOLD) + _TAIL
    ascii_only = data.isascii()
    if not ascii_only:
        classes, folded = _classify_non_ascii(data, classes, folded)

    inside = (classes >> 7).view(np.bool_)
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    edges += 1
    start, end = edges[0::2], edges[1::2]
    kind = classes[start]
    if ascii_only:
        return Tokens(classes, start, end, kind, _hash(folded, start, end))

    ideograph = kind == cc.CJK
    # Only the middle byte of an ideograph is marked as a word, so that it joins to nothing; here it gets its three bytes back.
    start = start - ideograph
    end = end + ideograph
    high = np.flatnonzero(kind == cc.HIGH)
    if len(high):
        raw = np.frombuffer(data, np.uint8)
        lead, second = raw[start[high]].astype(np.int64), raw[start[high] + 1].astype(np.int64)
        two = lead < 0xE0
        code = ((lead & 0x1F) << 6) | (second & 0x3F)
        kind = kind.copy()
        kind[high[two]] = _tables()[2][code[two]]
        # Latin Extended Additional (Vietnamese): capitals are even.
        vietnamese = (lead == 0xE1) & (second >= 0xB8) & (second <= 0xBB)
        third = raw[np.minimum(start[high] + 2, len(raw) - 1)]
        kind[high[vietnamese]] = np.where(third[vietnamese] & 1, cc.HIGH_LOWER, cc.HIGH_UPPER)
    return Tokens(classes, start, end, kind, _hash(folded, start, end))


def _classify_non_ascii(data: bytes, classes: ByteArray, folded: bytes) -> tuple[ByteArray, bytes]:
    """Give the bytes of each character that is not ASCII the character's class, and fold letters that have case."""
    class_of, fold, _ = _tables()
    raw = np.frombuffer(data, np.uint8)
    classes = classes.copy()

    lead2 = np.flatnonzero((raw >= 0xC2) & (raw < 0xE0))
    if len(lead2):
        second = raw[lead2 + 1]
        code = ((raw[lead2].astype(np.uint16) & 0x1F) << 6) | (second & 0x3F)
        kind = class_of[code]
        special = kind != cc.HIGH
        where, kind = lead2[special], kind[special]
        classes[where] = kind
        classes[where + 1] = kind
        low = fold[code]
        changed = np.flatnonzero(low != code)
        if len(changed):
            buffer = np.frombuffer(bytearray(folded), np.uint8)
            low = low[changed]
            buffer[lead2[changed]] = 0xC0 | (low >> 6)
            buffer[lead2[changed] + 1] = 0x80 | (low & 0x3F)
            folded = buffer.tobytes()

    lead3 = np.flatnonzero((raw >= 0xE0) & (raw < 0xF0))
    if len(lead3):
        code = (
            ((raw[lead3].astype(np.uint16) & 0x0F) << 12)
            | ((raw[lead3 + 1].astype(np.uint16) & 0x3F) << 6)
            | (raw[lead3 + 2] & 0x3F)
        )
        kind = class_of[code]
        special = kind != cc.HIGH
        where, kind = lead3[special], kind[special]
        ideograph = kind == cc.CJK
        outer = np.where(ideograph, np.uint8(cc.OTHER), kind)
        classes[where] = outer
        classes[where + 1] = kind
        classes[where + 2] = outer
        # Latin Extended Additional: capitals are even and their small letters follow, but for ten in the middle.
        if b"\xe1" in data:
            buffer = np.frombuffer(bytearray(folded), np.uint8)
            buffer[lead3[(code - 0x1E00 < 0x100) & (code - 0x1E96 >= 10)] + 2] |= 1
            folded = buffer.tobytes()

    lead4 = np.flatnonzero(raw >= 0xF0)
    if len(lead4):
        for step in range(4):
            classes[lead4 + step] = cc.MARK
    return classes, folded


def _hash(folded: bytes, start: IntArray, end: IntArray) -> HashArray:
    """Hash words by their first and last eight bytes and their length.

    Words over 16 bytes that differ only in the middle share a hash: URLs and compounds, none of which a weight should rest on.
    """
    loads = np.ndarray((len(folded) - 7,), np.uint64, folded, 0, (1,))
    length = end - start
    key = loads[start]
    key &= _LOAD_MASK[np.minimum(length, 8)]
    long = np.flatnonzero(length > 8)
    if len(long):
        # The length goes in so that a word and its first sixteen bytes twice over stay apart.
        tail = loads[end[long] - 8]
        tail ^= length[long].astype(np.uint64)
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
