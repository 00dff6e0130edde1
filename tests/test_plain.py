"""Tests of the text that features look at."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference_lines import plain
from test_phrases import compiled

from cleantext import charclass as cc
from cleantext import score_lines, strip_boilerplate
from cleantext.lines import make_block
from cleantext.model import LineModel
from cleantext.own import own_features
from cleantext.phrases import families
from cleantext.plain import is_blank, plain_lines, plain_text
from cleantext.tokens import Tokens, tokenize

UNSEEN = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180e\u180f\u200b\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    + "".join(map(chr, [*range(0x2060, 0x2070), 0x2800, 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, 0xFFF9, 0xFFFA, 0xFFFB]))
)
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
    # Format characters, selectors and fillers; among them letters and a sign that have no ink.
    inked = {char for char in UNSEEN if unicodedata.category(char) not in {"Cf", "Mn", "Cn"}}
    assert inked == set("\u115f\u1160\u2800\u3164\uffa0")


def test_scripts_whose_digits_are_known() -> None:
    assert len(cc.ZEROS) == 21
    named = {unicodedata.name(chr(zero)).removesuffix(" DIGIT ZERO").removesuffix(" ZERO") for zero in cc.ZEROS}
    assert named >= {
        "ARABIC-INDIC",
        "EXTENDED ARABIC-INDIC",
        "DEVANAGARI",
        "BENGALI",
        "THAI",
        "MYANMAR",
        "MYANMAR SHAN",
        "KHMER",
        "FULLWIDTH",
    }


def test_parts_of_persian_words_stay_apart() -> None:
    assert plain_text("می\u200cخوانید") == "می\u200cخوانید"


@given(TEXTS)
def test_texts_are_made_plain_as_lines_are(texts: list[str]) -> None:
    assert [plain_text(text) for text in texts] == lines_of(texts)[1]


@pytest.mark.parametrize("start", ["[١٢]Home ", "[\u200b12]Sport ", "[Home]\u200b(/a/b) ", "[12]Home "])
def test_a_long_line_is_the_same_in_any_batch(start: str) -> None:
    page = f"{start}{'of the long line ' * 20000}\nAdvertisement"
    other = "ж" * 2**18 + "\n" + "ж" * 2**17
    alone, together = (LineModel.load().score_block(make_block(pages)).score for pages in ([page], [page, other]))
    assert alone.tolist() == together[: len(alone)].tolist()


def test_spellings_of_phrases_are_plain() -> None:
    # Broken encodings leave characters that nobody sees, such as the second half of "í" of "artículos".
    for family in families():
        for phrase in family.spellings():
            assert plain_text(phrase) == phrase


@pytest.mark.parametrize("phrase", ["SÃ\xadguenos", "NotÃ\xadcias relacionadas"])
def test_phrases_in_broken_encodings_are_known(phrase: str) -> None:
    block = make_block([phrase])
    assert len(own_features(block.data, block.start, block.end, compiled()).phrase_row)


@pytest.mark.parametrize(
    ("line", "is_date"),
    [
        ("3.10.2024", True), ("3. 10. 2024", True), ("2024. 10. 3.", True), ("2024-10-03", True), ("3\u201310\u20132024", True),
        ("2024\u201110\u201103", True), ("3 / 10 / 2024", True), ("３．１０．２０２４", True), ("٣/١٠/٢٠٢٤", True),
        ("2024/12/03 23:17", True), ("1990 12.4 88", False), ("10 12 2024", False), ("10\t12\t2024", False), ("12|10|2024", False),
        ("10=12=2024", False), ("10.12-2024", False), ("10..12..2024", False), ("10 - 12.2024", False),
    ],
)  # fmt: skip
def test_dates_have_the_same_sign_twice(line: str, is_date: bool) -> None:
    block = make_block([line])
    own = own_features(block.data, block.start, block.end, compiled())
    date = [family.name for family in families()].index("date")
    assert (date in own.phrase_family.tolist()) == is_date


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
