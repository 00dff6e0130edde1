"""The hand-written tables against Python's own Unicode data, where that is old enough to be the same everywhere."""

from __future__ import annotations

import unicodedata

import numpy as np
import pytest

from cleantext import charclass as cc

CLASSES = cc.code_point_classes()
FOLDS = cc.two_byte_folds()
LETTERS = cc.letter_classes(FOLDS)
# Where alphabets in use today have their letters with case: Latin, Greek, Cyrillic, Armenian.
ALPHABETS = (
    *range(0xC0, 0x17F), 0x18F, 0x1A0, 0x1A1, 0x1AF, 0x1B0, *range(0x1CD, 0x1DD), *range(0x1DE, 0x1F0), *range(0x1F8, 0x220),
    *range(0x222, 0x234), 0x259, 0x386, *range(0x388, 0x3CF), *range(0x400, 0x4C0), *range(0x4C1, 0x4CF), *range(0x4D0, 0x530),
    *range(0x531, 0x557), *range(0x561, 0x587),
)  # fmt: skip


def class_of(character: str) -> int:
    return cc.BYTE_CLASS[ord(character)] if character.isascii() else int(CLASSES[ord(character)])


def test_space_is_what_python_calls_space() -> None:
    lines = {"\n", "\r"}
    found = {chr(code) for code in range(0x10000) if class_of(chr(code)) == cc.SPACE}
    assert found | lines == {chr(code) for code in range(0x110000) if chr(code).isspace()}
    assert {chr(code) for code in range(0x10000) if class_of(chr(code)) == cc.NEWLINE} == lines


def test_every_class_has_a_name() -> None:
    used = set(cc.BYTE_CLASS) | set(np.unique(CLASSES).tolist()) | set(np.unique(LETTERS).tolist())
    assert used <= set(cc.CLASS_NAMES)
    assert len(set(cc.CLASS_NAMES.values())) == len(cc.CLASS_NAMES)


def test_ascii_letters_and_digits_are_words_and_nothing_else_of_ascii_is() -> None:
    words = {chr(code) for code in range(128) if cc.BYTE_CLASS[code] & cc.WORD}
    assert words == {chr(code) for code in range(128) if chr(code).isalnum()}
    kinds = {cc.LOWER: str.islower, cc.UPPER: str.isupper, cc.DIGIT: str.isdigit}
    for kind, test in kinds.items():
        assert {c for c in words if cc.BYTE_CLASS[ord(c)] == kind} == {c for c in words if test(c)}


@pytest.mark.parametrize(
    ("kind", "characters"),
    [
        (cc.STOP, ".!?…。！？．｡؟۔।॥։።፧"),
        (cc.COMMA, ",;，、；،؛՝፣"),
        (cc.COLON, ":："),
        (cc.QUOTE, "\"'“”‘’„‚«»‹›「」『』《》〈〉【】"),
        (cc.OPEN, "([{（¿¡〔"),
        (cc.CLOSE, ")]}）"),
        (cc.DASH, "-–—‐―־"),
        (cc.PIPE, "|>/｜・·→│"),
        (cc.STAR, "*•‣■●▶✓✔"),
        (cc.MONEY, "$%€₹£¥฿"),
        (cc.MARK, "&@+®×÷°ฯ™"),
        (cc.COPYRIGHT, "©"),
        (cc.CODE, "<=\\_`^~"),
        (cc.OTHER, "\0\x01\x7f\ue000\ud800"),
        (cc.ODD, "\xad\u200b\u200d\u200e\u202e\u2060\ufeff\ufe0f٣३๓３"),
        (cc.CJK, "漢字かなカナ々〇ー한글กขแไລາວမြန်ខ្មែ"),
        (cc.HIGH, "éÉßяЯωΩאبहतமಕქአ״׳ᄀⴰ"),
    ],
)
def test_examples(kind: int, characters: str) -> None:
    wrong = {character: cc.CLASS_NAMES[class_of(character)] for character in characters if class_of(character) != kind}
    assert not wrong


def test_letters_are_words() -> None:
    # Letter-like symbols (℃, ℡), superscripts and the Thai sign for "etc." are set like marks; fillers are not seen.
    symbols = {"ฯ", "ⸯ", "\u115f", "\u1160", "\u3164", *map(chr, range(0x2070, 0x2190)), *map(chr, range(0x3030, 0x303D))}
    wrong = [
        chr(code)
        for code in range(0x80, 0xFB00)
        if unicodedata.category(chr(code)).startswith("L") and not CLASSES[code] & cc.WORD and chr(code) not in symbols
    ]
    assert not wrong


def test_folds_are_small_letters_of_as_many_bytes() -> None:
    for code in range(0x80, 0x800):
        low = chr(code).lower()
        # The dotted capital I has none of its own: "i" is one byte, and what Python gives is two characters.
        folded = ord(low) if len(low) == 1 and 0x80 <= ord(low) < 0x800 else code
        assert FOLDS[code] == folded or (FOLDS[code] == code and code not in ALPHABETS), (hex(code), chr(code))
    assert np.array_equal(FOLDS[FOLDS], FOLDS)


def test_ascii_folds() -> None:
    for code in range(256):
        character = chr(code)
        expected = "0" if code < 128 and character.isdigit() else character.lower() if code < 128 else character
        assert cc.FOLD[code] == ord(expected)


def test_case_of_letters_outside_ascii() -> None:
    for code in ALPHABETS:
        character = chr(code)
        if CLASSES[code] == cc.HIGH:
            expected = cc.HIGH_UPPER if character.isupper() else cc.HIGH_LOWER if character.islower() else cc.HIGH
            assert LETTERS[code] == expected, (hex(code), character)


def test_scripts_without_case_have_letters_without_case() -> None:
    assert {int(LETTERS[ord(character)]) for character in "אبܐ"} == {cc.HIGH}
