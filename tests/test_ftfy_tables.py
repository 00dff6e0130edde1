"""The tables that `cleantext.ftfy_tables` reads off ftfy: never too narrow, and narrow enough to be of use."""

from __future__ import annotations

import itertools
import random
import re
import sys
from typing import Any

import ftfy
import numpy as np
import pytest
from ftfy import TextFixerConfig, badness, chardata, fixes

from cleantext import ftfy_tables
from cleantext.ftfy_tables import UNITS, Pairs, UnknownFtfyError, changed_characters, entity_starts, required_pairs


def only(**options: Any) -> TextFixerConfig:
    """A config with every switch off but these."""
    off = {name: False for name, value in TextFixerConfig()._asdict().items() if isinstance(value, bool)}
    return TextFixerConfig(**(off | options))


def may_match(pairs: Pairs, text: str) -> bool:
    """The condition as `Pairs` states it, character by character; for text within U+FFFF."""
    codes = [0x0A, *map(ord, text), 0x0A]
    return any(pairs.single[code] for code in codes) or any(
        pairs.left[a] & pairs.right[b] & pairs.before[x] & pairs.after[y] and (pairs.anchor[a] or pairs.anchor[b])
        for x, a, b, y in zip(codes, codes[1:], codes[2:], codes[3:], strict=False)
    )


def pairs_of(monkeypatch: pytest.MonkeyPatch, pattern: str, flags: int = re.VERBOSE) -> Pairs:
    """The tables for another badness pattern."""
    monkeypatch.setattr(badness, "BADNESS_RE", re.compile(pattern, flags))
    return required_pairs.__wrapped__()


def alphabet() -> list[str]:
    """One character for every way in which characters can differ to the badness pattern, and two of the larger ones."""
    chars = [chr(code) for code in range(0x2600) if not 0xD800 <= code < 0xE000] + ["\uf8ff", "\ufb01", "\ufffd", "漢"]
    sets = [re.compile(source, re.VERBOSE) for source in set(re.findall(r"\[\^?(?:\\.|[^\]\\])+\]", badness.BADNESS_RE.pattern))]
    lone = [char for char in badness.BADNESS_RE.pattern if ord(char) >= 0x80]
    kinds: dict[tuple[object, ...], list[str]] = {}
    for char in chars:
        kind = (*(bool(one.match(char)) for one in sets), char.isalpha(), char.isspace(), char in lone and ord(char))
        kinds.setdefault(kind, []).append(char)
    return [char for members in kinds.values() for char in {members[0], members[-1]}]


def test_every_match_has_a_required_pair() -> None:
    """All pairs of kinds of characters, alone and in contexts that complete the longer alternatives; then triples."""
    pairs, chars = required_pairs(), alphabet()
    assert len(chars) > 100
    matches = 0
    for first, second in itertools.product(chars, repeat=2):
        for context in ("{}", "a{}b", "é{}“"):
            text = context.replace("{}", first + second)
            if badness.BADNESS_RE.search(text):
                matches += 1
                assert may_match(pairs, text), ascii(text)
    assert matches > 1000
    source = random.Random(3)
    for _ in range(100_000):
        text = "".join(source.choices(chars, k=source.choice((3, 4, 5, 7))))
        if badness.BADNESS_RE.search(text):
            assert may_match(pairs, text), ascii(text)


def test_tables_have_no_ascii_and_are_narrow() -> None:
    pairs = required_pairs()
    assert not pairs.single[:0x80].any()
    assert not pairs.anchor[:0x80].any()
    assert np.flatnonzero(pairs.single).tolist() == list(range(0x80, 0xA0))
    assert pairs.anchor.sum() < 300
    assert pairs.reach is not None
    assert pairs.reach < 10
    # Most of what Cyrillic, Greek and the Latin alphabets write is no anchor, so those texts cost one look-up a character.
    assert not any(pairs.anchor[ord(char)] for char in "абвгдежзийклмнопрстуфхцчшщыьэюяαβγδεζηθικλμνξοπρστυφχψωéèêëüöäñçłşğ’–—…")


@pytest.mark.parametrize(
    ("pattern", "hits", "misses"),
    [
        ("é ü", ["aéü"], ["éaü", "üé", "é", "ü"]),
        ("é [a-z] | ü", ["éa", "xüx"], ["éA", "aé"]),
        ("(?: é | à ) (?: b | c+ d )", ["éb", "àc", "àcd"], ["éd", "bé"]),
        ("x é? ü", ["ü"], ["xé"]),
        ("é{2,3} ü", ["ééü", "éééü"], ["ü"]),
        ("é [^é] ", ["éa", "é漢", "é\n"], ["éé"]),
        ("é . \\w", ["éa", "é€"], ["é"]),
        ("^ é (?= ü )", ["é"], ["ü"]),
        ("(?<! a ) é b $", ["éb", "aébc"], ["é", "b"]),
        ("[\U0001f600-\U0001f64f] é", ["\ud83dé"], ["xé"]),
        ("(?> é ) ü++", ["éü"], ["é"]),
        ("a b é [xyz]", ["abéx"], ["abé", "béx", "abéa", "éx", "aé"]),
        ("[a-z] é ü \\w", ["aéüb", "zéü漢", "zéü_"], ["éüb", "aéü", "aéü.", "Aéüb"]),
        ("\\s é ü \\S", ["\u3000éüa", "éüa"], ["aéüa", "éü", "éü "]),
        ("\\D é ü [^\\W\\d]", ["xéüa"], ["1éüa", "xéü "]),
        ("a [é\U0001f600] [ü\U0001f600] b", ["aéüb", "éü", "\ud83d\ude00"], ["aéb", "aüb"]),
    ],
)
def test_patterns(monkeypatch: pytest.MonkeyPatch, pattern: str, hits: list[str], misses: list[str]) -> None:
    pairs = pairs_of(monkeypatch, pattern)
    assert [text for text in hits if not may_match(pairs, text)] == []
    assert [text for text in misses if may_match(pairs, text)] == []


@pytest.mark.parametrize(
    ("pattern", "reach"),
    [("é ü | à", 2), ("é \\s? ü{2}", 4), ("^ é ü", 2), ("é ü*", None), ("é ü \\b", None), ("é (?! ü )", None), ("é ü $", None)],
)
def test_reach(monkeypatch: pytest.MonkeyPatch, pattern: str, reach: int | None) -> None:
    assert pairs_of(monkeypatch, pattern).reach == reach


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [("(é) \\1", 0), ("é | ab", 0), ("é | a*", 0), ("(?i: é ü )", 0), ("é ü", re.IGNORECASE), ("(é)? (?(1) ü | à )", 0)],
)
def test_patterns_that_are_refused(monkeypatch: pytest.MonkeyPatch, pattern: str, flags: int) -> None:
    with pytest.raises(UnknownFtfyError):
        pairs_of(monkeypatch, pattern, re.VERBOSE | flags)


def test_more_alternatives_than_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bits are shared beyond 64 alternatives: that may add pairs, and must not lose any."""
    firsts, seconds = [chr(0x400 + i) for i in range(150)], [chr(0x900 + i) for i in range(150)]
    pairs = pairs_of(monkeypatch, "|".join(map("".join, zip(firsts, seconds, strict=True))))
    assert all(may_match(pairs, a + b) for a, b in zip(firsts, seconds, strict=True))
    assert not may_match(pairs, firsts[0] + seconds[1])


def test_too_many_alternatives(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownFtfyError, match="too many"):
        pairs_of(monkeypatch, "(?:éa|üb)" * 12)


STEPS = {
    "fix_c1_controls": fixes.fix_c1_controls,
    "fix_latin_ligatures": fixes.fix_latin_ligatures,
    "fix_character_width": fixes.fix_character_width,
    "uncurl_quotes": fixes.uncurl_quotes,
    "fix_line_breaks": fixes.fix_line_breaks,
    "remove_control_chars": fixes.remove_control_chars,
}


@pytest.mark.parametrize("option", STEPS)
def test_each_step_has_just_its_characters(option: str) -> None:
    """Probed with every code point: the table holds what the step changes, and hardly anything else."""
    table = changed_characters(only(**{option: True}))
    changed = [code for code in range(sys.maxunicode + 1) if STEPS[option](chr(code)) != chr(code)]
    assert changed
    assert table[changed].all()
    idle = 5 if option == "fix_c1_controls" else 0  # five control characters have no meaning in Windows-1252 either
    assert np.count_nonzero(table) == len(changed) + idle


def test_terminal_escapes_begin_with_escape() -> None:
    table = changed_characters(only(remove_terminal_escapes=True))
    assert np.flatnonzero(table).tolist() == [0x1B]
    assert fixes.remove_terminal_escapes("\x1b[1m") == ""


def test_nothing_is_changed_with_all_off() -> None:
    assert not changed_characters(only()).any()


def test_entities() -> None:
    opener, following = entity_starts()
    assert chr(opener) == "&"
    possible = [code for code in range(UNITS) if chardata.HTML_ENTITY_RE.match(f"&{chr(code)}1;")]
    assert np.flatnonzero(following).tolist() == possible


def test_character_beyond_the_bmp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chardata.LIGATURES, 0x1F600, ":D")
    table = changed_characters(only(fix_latin_ligatures=True))
    assert table[0xD800:0xE000].all()
    assert not table[0x1F600 - UNITS]


@pytest.mark.parametrize("char", ["x", "\n", " "])
def test_a_step_that_changes_plain_text_is_refused(monkeypatch: pytest.MonkeyPatch, char: str) -> None:
    monkeypatch.setitem(chardata.CONTROL_CHARS, ord(char), None)
    with pytest.raises(UnknownFtfyError, match="printable ASCII"):
        changed_characters(only(remove_control_chars=True))


def test_structure(monkeypatch: pytest.MonkeyPatch) -> None:
    ftfy_tables.check_structure()
    monkeypatch.setitem(ftfy.FIXERS, "fix_spelling", str.lower)
    with pytest.raises(UnknownFtfyError, match="fix_spelling"):
        ftfy_tables.check_structure()
