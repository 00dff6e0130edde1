"""Tests of the text that features look at."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference_lines import plain

from cleantext import charclass as cc
from cleantext import score_lines, strip_boilerplate
from cleantext.lines import make_block
from cleantext.plain import is_blank, plain_lines
from cleantext.tokens import Tokens, tokenize

UNSEEN = "".join(chr(code) for first, last in cc.INVISIBLE for code in range(first, last + 1))
DIGITS = "".join(chr(zero + value) for zero in cc.ZEROS for value in range(10))
TEXTS = st.lists(st.text(st.sampled_from("aZ5 é漢.\t" + UNSEEN[::5] + DIGITS[::7]) | st.characters(exclude_characters="\n\r")), min_size=1)

HARVEST = "Rain kept the harvest waiting until the last week of October, the growers said."
FROST = "By then the first frost had come, and half of the grapes were lost on the vine."


def lines_of(texts: list[str]) -> tuple[bytes, list[str]]:
    block = make_block(["\n".join(texts)])
    data, start, end, tokens = plain_lines(block.data, block.start, block.end)
    again = tokenize(data)
    assert all(np.array_equal(getattr(tokens, name), getattr(again, name)) for name in Tokens._fields)
    return data, [data[s:e].decode("utf-8", "surrogatepass") for s, e in zip(start, end, strict=True)]


@given(TEXTS)
@example(["\xad", "", "\ufeff\u0663"])
def test_lines_are_those_of_plain_text(texts: list[str]) -> None:
    data, lines = lines_of(texts)
    assert lines == [plain(text) for text in texts]
    assert data == ("\n" + "\n".join(lines) + "\n").encode("utf-8", "surrogatepass")


@given(TEXTS)
def test_plain_text_is_left_as_it_is(texts: list[str]) -> None:
    _, lines = lines_of(texts)
    block = make_block(["\n".join(lines)])
    assert plain_lines(block.data, block.start, block.end)[0] is block.data


def test_every_code_point() -> None:
    texts = [f"a{chr(code)}b" for code in range(0x110000) if chr(code) not in "\n\r"]
    _, lines = lines_of(texts)
    changed = {text[1]: line[1:-1] for text, line in zip(texts, lines, strict=True) if text != line}
    assert changed == dict.fromkeys(UNSEEN, "") | {digit: str(unicodedata.decimal(digit)) for digit in DIGITS}


def test_what_is_taken_out_is_not_seen() -> None:
    # Format characters, selectors, and two that Unicode counts as marks: a joiner of graphemes and Mongolian selectors.
    assert {unicodedata.category(char) for char in UNSEEN} <= {"Cf", "Mn", "Cn"}


@given(st.text(st.sampled_from("a \t\xa0\u3000" + UNSEEN[::3]), max_size=6))
def test_a_line_is_blank_if_nothing_is_seen(line: str) -> None:
    assert is_blank(line) == (not line.translate(dict.fromkeys(map(ord, UNSEEN))).strip())
    assert is_blank(line) == (score_lines(line).score[0] == 0)


@pytest.mark.parametrize(
    "label",
    ["Adver\xadtise\xadment", "\u200bAdvertisement\u200b", "\ufeffAnzeige", "\u202aAdvertisement\u202c", "A\u2060d", "\u200eإعلان\u200f"],
)
def test_invisible_characters_hide_no_label(label: str) -> None:
    page = f"{HARVEST}\n\n{label}\n\n{FROST}"
    seen = "".join(char for char in label if char not in UNSEEN)
    assert score_lines(page).score.tolist() == score_lines(page.replace(label, seen)).score.tolist()
    assert strip_boilerplate(page) == f"{HARVEST}\n\n{FROST}"


def test_what_is_kept_is_kept_as_it_stands() -> None:
    page = HARVEST.replace("harvest", "har\xadvest")
    assert strip_boilerplate(page, normalize=False) == page


def test_a_line_of_nothing_to_see_counts_as_blank() -> None:
    assert strip_boilerplate(f"{HARVEST}\n\u200b\n{FROST}") == f"{HARVEST}\n\n{FROST}"


@pytest.mark.parametrize(
    ("counter", "same"), [("٣ تعليقات", "3 تعليقات"), ("१२ टिप्पणियाँ", "12 टिप्पणियाँ"), ("２０２５年１月３日", "2025年1月3日")]
)
def test_digits_of_all_scripts_are_digits(counter: str, same: str) -> None:
    assert score_lines(counter).score.tolist() == score_lines(same).score.tolist()
