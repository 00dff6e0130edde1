"""Text as its readers see it: without characters that show nothing, and with the digits of every script as ASCII's.

A soft hyphen within "Daten-schutz" or a mark of direction before a word hides it from every look-up, and a line of nothing but a
zero-width space would be a line. Of 468 pages of the segments corpus 32 have soft hyphens, of WCXB's 1,497 pages 88 have zero-width
spaces. Only what features look at is made plain: the result is cut out of the page as it came.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from .arrays import places_of
from .tokens import IntArray, code_point_classes, tokenize
from .utf8 import code_points

_NOTHING = dict.fromkeys(code for first, last in cc.INVISIBLE for code in range(first, last + 1))


def is_blank(line: str) -> bool:
    """Whether a line shows nothing: white space and invisible characters alone.

    >>> is_blank(" \\u200b"), is_blank("\\xada")
    (True, False)
    """
    return not line.translate(_NOTHING).strip()


def plain(data: bytes) -> bytes:
    """`data` as its readers see it.

    Parameters
    ----------
    data : bytes
        UTF-8 that begins and ends outside a word.

    Returns
    -------
    bytes
        The same object if there is nothing to change.

    Examples
    --------
    >>> plain("\\nDaten\\xadschutz ۱۴۰۵\\n".encode())
    b'\\nDatenschutz 1405\\n'
    """
    if not tokenize(data).odd:
        return data
    return plain_lines(data, np.empty(0, np.int64), np.empty(0, np.int64))[0]


def plain_lines(data: bytes, start: IntArray, end: IntArray) -> tuple[bytes, IntArray, IntArray]:
    """`plain` for text with spans.

    Parameters
    ----------
    data : bytes
        UTF-8.
    start, end : int64 array of shape (n_lines,)
        Spans in `data` that begin and end between characters.

    Returns
    -------
    data, start, end
        The plain text, and where the spans are there.

    Examples
    --------
    >>> data, start, end = plain_lines("\\n\\u200b\\nWer\\xadbung\\n".encode(), np.array([1, 5]), np.array([4, 14]))
    >>> data, start.tolist(), end.tolist()
    (b'\\n\\nWerbung\\n', [1, 2], [1, 9])
    """
    raw = np.frombuffer(data, np.uint8)
    lead = places_of(raw >= 0xC2)
    code, first = code_points(raw, lead)
    odd = (code_point_classes().take(code) == cc.ODD).nonzero()[0]
    lead, code, first = lead.take(odd), code.take(odd), first.take(odd)
    keep = np.ones(len(raw), np.bool_)
    keep[lead] = keep[lead + 1] = False
    keep[lead.compress(first >= 0xE0) + 2] = False
    text = raw.copy()
    digit = _digits(code)
    shown = digit >= 0
    text[lead.compress(shown)] = ord("0") + digit.compress(shown)
    keep[lead.compress(shown)] = True
    gone = (~keep).nonzero()[0]
    return text.compress(keep).tobytes(), start - gone.searchsorted(start), end - gone.searchsorted(end)


def _digits(code: npt.NDArray[np.uint16]) -> npt.NDArray[np.int64]:
    """The value of each digit, -1 for what is none."""
    value = np.full(len(code), -1, np.int64)
    for zero in cc.ZEROS:
        # In 16 bits, in which what stands before the zero is a large number.
        above = code - np.uint16(zero)
        ours = above < 10
        value[ours] = above[ours]
    return value
