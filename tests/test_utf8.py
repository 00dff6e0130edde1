"""Characters of UTF-8 by arithmetic equal those of Python's decoder."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cleantext.utf8 import code_points, previous, widths


def raw_and_starts(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Bytes of a text, and where its characters begin."""
    raw = np.frombuffer(text.encode("utf-8", "surrogatepass"), np.uint8)
    return raw, np.flatnonzero((raw & 0xC0) != 0x80)


def test_every_character_of_up_to_three_bytes() -> None:
    text = "".join(map(chr, range(0x10000)))
    raw, starts = raw_and_starts(text)
    code, lead = code_points(raw, starts)
    assert code.tolist() == list(range(0x10000))
    assert (starts + widths(lead)).tolist() == [*starts[1:].tolist(), len(raw)]


@given(st.text(min_size=1, max_size=12))
def test_any_text(text: str) -> None:
    raw, starts = raw_and_starts(text)
    code, lead = code_points(raw, starts)
    assert code.tolist() == [min(ord(character), 0xDC00) if ord(character) > 0xFFFF else ord(character) for character in text]
    assert widths(lead).tolist() == [len(character.encode("utf-8", "surrogatepass")) for character in text]
    assert previous(raw, starts[1:]).tolist() == starts[:-1].tolist()
