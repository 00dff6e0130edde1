"""Words that tell what a line is about."""

from __future__ import annotations

import pytest

from cleantext.lines import make_block
from cleantext.own import own_features
from cleantext.phrasetable import PhraseTable

TABLE = PhraseTable.compile([["share"]])


def counts(text: str) -> list[int]:
    block = make_block([text])
    found: list[int] = own_features(block.data, block.start, block.end, TABLE).n_topical.tolist()
    return found


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("The old ferry came back", 3),  # ferry, came, back
        ("1234 56789", 0),
        ("Öl und Übermut", 1),
        ("Это новость дня", 1),
        ("東京", 1),
        ("東 京", 0),
        ("東京の写真。東京", 5),
        ("---", 0),
    ],
)
def test_how_many_there_are(line: str, number: int) -> None:
    assert counts(line) == [number]


def test_capitals_and_small_letters_are_the_same() -> None:
    block = make_block(["FERRY\nferry"])
    own = own_features(block.data, block.start, block.end, TABLE)
    assert own.topical[0] == own.topical[1]


def test_words_beyond_what_is_looked_at_are_left_out() -> None:
    assert counts("ferry " * 32767 + "harbour " * 9 + "\nferry") == [32767, 1]


def test_a_pair_of_ideographs_does_not_reach_into_the_next_line() -> None:
    assert counts("東京\n写真") == [1, 1]
