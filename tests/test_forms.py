"""Forms tell how a line is written and nothing of its words; `test_features` holds them against the reference on any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import pages

from cleantext.features import own_features
from cleantext.forms import FORM_BITS
from cleantext.lines import make_block
from cleantext.phrasetable import PhraseTable

NO_PHRASES = PhraseTable.compile([])


def forms_of(text: str) -> list[list[int]]:
    """Form slots of each line of a page that is not blank."""
    block = make_block([text])
    own = own_features(block.data, block.start, block.end, NO_PHRASES)
    return [own.form[low:high].tolist() for low, high in zip(own.first_word.tolist(), own.stop_word.tolist(), strict=True)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Maria Lang/AFP via Getty Images", "Piet Bos/TT via Swift Pictures", id="other words"),
        pytest.param("Élodie Ångström", "Piet Bos", id="capitals beyond ASCII"),
        pytest.param("Анна Лунд", "Piet Bos", id="another script that has capitals"),
        pytest.param("東京の", "大阪市", id="ideographs"),
        pytest.param("12 comments", "7 replies", id="numbers"),
        pytest.param("  - by us \t", "- to me", id="white space around a line"),
        pytest.param("“Rain,” said Lund.", '"Hail," cried Bos!', id="signs of one class"),
    ],
)
def test_lines_written_alike_have_the_same_forms(one: str, other: str) -> None:
    assert forms_of(one) == forms_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("photo by photo", "Photo by photo", id="capital"),
        pytest.param("Photo by LANG", "Photo by Lang", id="capitals"),
        pytest.param("Lang / AFP", "Lang, AFP", id="sign between"),
        pytest.param("Lang/AFP", "Lang / AFP", id="spaces around a sign"),
        pytest.param("- by us", "by us", id="what it begins with"),
        pytest.param("by us:", "by us", id="what it ends with"),
        pytest.param("Lang 12", "Lang twelve", id="digits"),
    ],
)
def test_lines_written_otherwise_have_others(one: str, other: str) -> None:
    assert forms_of(one) != forms_of(other)


def test_a_word_is_told_by_two_before_it_and_no_more() -> None:
    first, second = forms_of("Rain fell on us all\nHail RAIN fell on us all")
    assert first[3:] == second[4:]
    assert first[1] != second[2]


@given(pages(), pages())
def test_lines_know_nothing_of_other_lines(one: str, other: str) -> None:
    assert forms_of(one) + forms_of(other) == forms_of(f"{one}\n{other}")


@given(pages())
def test_slots_lie_in_the_table(text: str) -> None:
    slots = np.array([slot for line in forms_of(text) for slot in line], np.int64)
    assert ((slots >= 0) & (slots < 1 << FORM_BITS)).all()
