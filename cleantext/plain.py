"""Text without what nobody sees: invisible characters taken out, digits of all scripts written as ASCII's.

A soft hyphen or a mark of direction inside "Werbung" makes two unknown words of it, and pages hold them where their sites hyphenate or
mix directions. "٣ تعليقات" and "३ टिप्पणियाँ" are counters as "3 comments" is. Features look at the plain text; what is kept is cut out
of the page as it was given.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from . import charclass as cc
from .tokens import ByteArray, IntArray, Tokens, classify, cut_out, find_words, without
from .utf8 import code_points, widths

_ZERO = np.zeros(1, np.int64)


def plain_lines(data: bytes, start: IntArray, end: IntArray) -> tuple[bytes, IntArray, IntArray, Tokens]:
    """Some lines as plain text, and their words.

    Parameters
    ----------
    data : bytes
        UTF-8 that begins with a line end and has one after every line.
    start, end : int64 array of shape (n_lines,)
        Byte spans of the lines.

    Returns
    -------
    data : bytes
        The same object if there is nothing to change.
    start, end : int64 array of shape (n_lines,)
        Spans of the lines in it.
    tokens : Tokens
        Of it.

    Examples
    --------
    >>> data = "\\nWer\\xadbung ٣\\n".encode()
    >>> data, start, end, tokens = plain_lines(data, np.array([1]), np.array([len(data) - 1]))
    >>> data, start.tolist(), end.tolist(), tokens.start.tolist()
    (b'\\nWerbung 3\\n', [1], [10], [1, 9])
    """
    characters = classify(data)
    odd = characters.odd
    if not len(odd):
        return data, start, end, find_words(data, characters)
    raw = np.frombuffer(data, np.uint8).copy()
    code, lead = code_points(raw, odd)
    digit = _digits().take(code)
    is_digit = digit > 0
    number = odd.compress(is_digit)
    raw[number] = digit.compress(is_digit)
    characters.classes[number] = cc.DIGIT
    characters.folded[number] = ord("0")
    # Of a digit its first byte stays.
    low, high = odd + is_digit, odd + widths(lead)
    # How many bytes go before each of these.
    gone = np.concatenate((_ZERO, np.cumsum(high - low)))
    data = cut_out(raw.tobytes(), low, high)
    start, end = (places - gone.take(low.searchsorted(places)) for places in (start, end))
    return data, start, end, find_words(data, without(characters, low, high))


def is_blank(line: str) -> bool:
    """Whether there is nothing to see in a line: white space and invisible characters.

    Examples
    --------
    >>> is_blank(""), is_blank(" \\u200b\\ufeff"), is_blank("a")
    (True, True, False)
    """
    # Most lines are told by their first character.
    return not ("!" <= line[:1] <= "~" or plain_text(line).strip())


def plain_text(text: str) -> str:
    """A text as features look at it, for alignment and for phrases.

    Examples
    --------
    >>> plain_text("Wer\xadbung ٣")
    'Werbung 3'
    """
    return text.translate(_replacements())


@cache
def _replacements() -> dict[int, str | None]:
    unseen = {code: None for first, last in cc.INVISIBLE for code in range(first, last + 1)}
    return {**unseen, **{zero + value: str(value) for zero in cc.ZEROS for value in range(10)}}


@cache
def _digits() -> ByteArray:
    """The ASCII digit for each digit of another script, 0 for all other characters."""
    table = np.zeros(0x10000, np.uint8)
    for zero in cc.ZEROS:
        table[zero : zero + 10] = np.arange(ord("0"), ord("9") + 1)
    return table
