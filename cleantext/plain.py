"""Text without what nobody sees: invisible characters taken out, digits of all scripts written as ASCII's.

A soft hyphen or a mark of direction inside "Werbung" makes two unknown words of it, and pages hold them where their sites hyphenate or
mix directions. "٣ تعليقات" and "३ टिप्पणियाँ" are counters as "3 comments" is. Features look at the plain text; what is kept is cut out
of the page as it was given.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from . import charclass as cc
from .tokens import ByteArray, IntArray, Tokens, tokenize
from .utf8 import code_points, widths


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
    tokens = tokenize(data)
    if not len(tokens.odd):
        return data, start, end, tokens
    raw = np.frombuffer(data, np.uint8).copy()
    code, lead = code_points(raw, tokens.odd)
    digit = _digits().take(code)
    is_digit = digit > 0
    raw[tokens.odd.compress(is_digit)] = digit.compress(is_digit)
    # Of a digit its first byte stays.
    gone = widths(lead).astype(np.int64) - is_digit
    first = tokens.odd + is_digit
    before = np.cumsum(gone) - gone
    places = (first - before).repeat(gone) + np.arange(int(gone.sum()), dtype=np.int64)
    stays = np.ones(len(raw), np.bool_)
    stays[places] = False
    data = raw.compress(stays).tobytes()
    return data, start - places.searchsorted(start), end - places.searchsorted(end), tokenize(data)


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
