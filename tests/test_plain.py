"""Invisible characters and other scripts' digits: they change no score, and nothing of the page is lost."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import drawn_model, pages

from cleantext import charclass as cc
from cleantext import explain, score_lines, strip_boilerplate
from cleantext.plain import is_blank, plain, plain_lines

MODEL = drawn_model()
INVISIBLE = [chr(code) for first, last in cc.INVISIBLE for code in range(first, last + 1)]


@pytest.mark.parametrize("zero", cc.ZEROS, ids=hex)
def test_digits_are_those_of_unicode(zero: int) -> None:
    for value in range(10):
        character = chr(zero + value)
        assert unicodedata.digit(character) == value
        assert plain(f"\n{character}\n".encode()).decode() == f"\n{value}\n"


def test_invisible_characters_are_of_unicodes_format_class_or_ignored() -> None:
    # U+034F is a mark that joins nothing, U+2065 not assigned.
    assert {unicodedata.category(character) for character in INVISIBLE} <= {"Cf", "Mn", "Cn"}


@pytest.mark.parametrize("character", INVISIBLE, ids=lambda character: f"{ord(character):04X}")
def test_invisible_characters_go(character: str) -> None:
    text = f"\n{character}Wer{character}bung{character}\n{character}{character}\n"
    assert plain(text.encode()) == b"\nWerbung\n\n"


@pytest.mark.parametrize("text", ["\n", "\nAdvertisement 12\n", "\nمی\u200cخواهم\n", "\n\N{WOMAN}\u200d\N{PERSONAL COMPUTER}\n"])
def test_what_readers_see_stays(text: str) -> None:
    data = text.encode()
    assert plain(data) is data


@given(pages())
def test_plain_lines_are_the_lines_made_plain(text: str) -> None:
    lines = [line for line in text.split("\n") if line]
    data = "".join(f"\n{line}" for line in lines).encode("utf-8", "surrogatepass") + b"\n"
    end = np.cumsum([len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines]) if lines else np.empty(0, np.int64)
    start = np.array([0, *end[:-1]], np.int64)[: len(lines)] + 1
    whole, start, end = plain_lines(data, start, end)
    alone = [plain(b"\n" + line.encode("utf-8", "surrogatepass") + b"\n")[1:-1] for line in lines]
    assert [whole[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True)] == alone


@given(pages(), st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(INVISIBLE)), max_size=8))
def test_no_score_depends_on_what_nobody_sees(text: str, added: list[tuple[int, str]]) -> None:
    hidden = text
    for place, character in added:
        at = place % (len(hidden) + 1)
        # Between the two characters of a line end it would make two of one.
        if hidden[at - 1 : at + 1] != "\r\n":
            hidden = hidden[:at] + character + hidden[at:]
    assert score_lines(hidden, model=MODEL).score.tolist() == score_lines(text, model=MODEL).score.tolist()
    one, other = (explain(page, model=MODEL, top=10**9) for page in (hidden, text))
    assert [line.contributions for line in one] == [line.contributions for line in other]


def test_kept_lines_come_back_as_they_were() -> None:
    text = "The coun\xadcil met on Monday and voted for the bridge.\n\u200b\n\u200eThe ferry will sail all winter, said the mayor.\n\u2060"
    assert strip_boilerplate(text, threshold=0.0, normalize=False) == text[:-2].replace("\u200b", "")


@pytest.mark.parametrize(("line", "blank"), [("", True), (" \t\u3000", True), ("\u200b\xad \ufeff", True), ("\u200c", False), ("-", False)])
def test_blank_lines(line: str, blank: bool) -> None:
    assert is_blank(line) is blank
    assert len(explain(line, model=MODEL)) == (not blank)
