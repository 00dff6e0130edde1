"""What lines say by themselves, where the whole of it is not held against the reference of `test_features`: figures and dates."""

from __future__ import annotations

import numpy as np
import pytest

from cleantext import phrases
from cleantext.lines import make_block
from cleantext.own import own_features
from cleantext.phrasetable import PhraseTable

FAMILIES = [family for family in phrases.families() if family.name == "date"]
TABLE = PhraseTable.compile([family.spellings() for family in FAMILIES])


@pytest.mark.parametrize(
    ("text", "is_date"),
    [
        ("5.10.2026", True), ("05.10.2026", True), ("5. 10. 2026", True), ("10/5/2026", True), ("2026-10-05", True), ("2026/10/05", True),
        ("2026.10.5", True), ("05.10.26, 14:30", True), ("10/5/26, 2:30 PM", True), ("05-10-26 14:30", True), ("۰۵/۱۰/۱۴۰۵", True),
        ("October 5, 2026", True), ("5 مهر 1405", True), ("۵ مهر ۱۴۰۵", True),
        ("1990\t12.4\t88", False), ("1995 13.1 91", False), ("1990|12.4|88", False), ("1995\t13\t91", False), ("1990 12 88", False),
        ("12 15 18 20 25", False), ("1.5 2.5 30", False), ("10.5.26 14 30", False), ("3 4 2026", False), ("05.10.26", False),
    ],
)  # fmt: skip
def test_rows_of_figures_are_no_dates(text: str, is_date: bool) -> None:
    block = make_block([text])
    own = own_features(block.data, block.start, block.end, TABLE)
    assert bool(len(own.phrase_row)) is is_date


def test_figures_at_the_end_of_a_block() -> None:
    block = make_block(["12", "1 2", "1990 12 4"])
    own = own_features(block.data, block.start, block.end, TABLE)
    assert np.array_equal(own.row, [0, 1, 2])
    assert len(own.phrase_row) == 0
