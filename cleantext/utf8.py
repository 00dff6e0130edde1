"""Characters of UTF-8, many at once, by look-ups instead of branches."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_WIDTHS = np.repeat(np.array((1, 2, 3, 4), np.uint8), (0xC0, 0x20, 0x10, 0x10))


def code_points(raw: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """The characters that begin at some offsets.

    Parameters
    ----------
    raw : uint8 array
        UTF-8; lone surrogates in the generalised form of ``surrogatepass``.
    at : int64 array of shape (n,)
        Offsets beyond the end stand for the last byte.

    Returns
    -------
    code : uint16 array of shape (n,)
        A character of four bytes counts as the surrogate U+DC00.
    lead : uint8 array of shape (n,)
        First byte of each.

    Examples
    --------
    >>> text = "aé€".encode()
    >>> code, _ = code_points(np.frombuffer(text, np.uint8), np.array([0, 1, 3]))
    >>> "".join(map(chr, code.tolist()))
    'aé€'
    """
    lead = raw.take(at, mode="clip")
    # As if all had two bytes; in 16 bits, in which the upper half of the first byte of three runs over.
    code = lead.astype(np.uint16)
    code &= 0x1F
    code *= 1 << 6
    code += raw.take(at + 1, mode="clip") & 0x3F
    three = (lead >= 0xE0).nonzero()[0]
    if len(three):
        longer = code.take(three)
        longer *= 1 << 6
        longer += raw.take(at.take(three) + 2, mode="clip") & 0x3F
        code[three] = longer
        code[lead >= 0xF0] = 0xDC00
    one = (lead < 0x80).nonzero()[0]
    if len(one):
        code[one] = lead.take(one)
    return code, lead


def widths(lead: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """How many bytes characters have, by their first."""
    return _WIDTHS.take(lead)


def previous(raw: npt.NDArray[np.uint8], at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where the characters before those at some offsets begin; before the first one, anywhere.

    Examples
    --------
    >>> previous(np.frombuffer("aé€b".encode(), np.uint8), np.array([1, 3, 6])).tolist()
    [0, 1, 3]
    """
    before = at - 1
    for _ in range(3):
        inside = ((raw.take(before, mode="clip") & 0xC0) == 0x80).nonzero()[0]
        if not len(inside):
            break
        before[inside] -= 1
    return before
