"""Words and their hashes: vectorised over bytes, equal to a character at a time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_lines import char_class, word_hash, words_of
from strategies import characters, pages

from cleantext import charclass as cc
from cleantext.tokens import MIX_A, classify, cut_out, find_words, mix, tokenize, tokenize_all, without


def encoded(text: str) -> bytes:
    return f"\n{text}\n".encode("utf-8", "surrogatepass")


def words(text: str) -> list[str]:
    data = encoded(text)
    tokens = tokenize(data)
    return [data[s:e].decode("utf-8") for s, e in zip(tokens.start, tokens.end, strict=True)]


def hashes(text: str) -> list[int]:
    result: list[int] = tokenize(encoded(text)).hash.tolist()
    return result


@given(st.one_of(pages(), st.text(characters(), max_size=20)))
def test_same_words_as_a_character_at_a_time(text: str) -> None:
    tokens = tokenize(encoded(text))
    expected = list(words_of(text))
    assert words(text) == [text[word.start : word.end] for word in expected]
    assert tokens.kind.tolist() == [word.kind for word in expected]
    assert tokens.hash.tolist() == [word.hash for word in expected]


@given(st.text(characters(), max_size=20))
def test_class_of_every_byte(text: str) -> None:
    classes = iter(tokenize(encoded(text)).classes[1:].tolist())
    for character in text:
        found = [next(classes) for _ in character.encode("utf-8", "surrogatepass")]
        kind = char_class(character)
        # Only the middle byte of an ideograph belongs to a word, so that it joins to nothing.
        assert found == ([cc.OTHER, cc.CJK, cc.OTHER] if kind == cc.CJK else [kind] * len(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Photo by J. Smith/AFP", ["Photo", "by", "J", "Smith", "AFP"]),
        ("it's 3.5%", ["it", "s", "3", "5"]),
        ("3D, x2, abc123", ["3D", "x2", "abc123"]),
        ("Tokyo東京Tower", ["Tokyo", "東", "京", "Tower"]),
        ("「写真」2024年5月", ["写", "真", "2024", "年", "5", "月"]),
        ("한국어 뉴스", ["한", "국", "어", "뉴", "스"]),
        ("ข่าว", ["ข", "่", "า", "ว"]),
        ("צה״ל הודיע", ["צה״ל", "הודיע"]),
        ("بي‌بي‌سي", ["بي", "بي", "سي"]),
        ("हिन्दी समाचार।", ["हिन्दी", "समाचार"]),
        ("Đọc thêm", ["Đọc", "thêm"]),
        ("e\u0301cole", ["e\u0301cole"]),
        ("ok👍🏽good𠮷x", ["ok", "good", "x"]),
        ("\ud800word\udfff", ["word"]),
        ("", []),
        (" \t—…\0", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "spellings",
    [
        ("read more", "READ MORE", "Read More"),
        ("12 comments", "99 Comments", "00 comments"),
        ("école ångström œuvre", "ÉCOLE ÅNGSTRÖM ŒUVRE"),
        ("фото новости їжак ђак", "ФОТО НОВОСТИ ЇЖАК ЂАК"),
        ("ελλαδα αθηνά ϊ", "ΕΛΛΑΔΑ ΑΘΗΝΆ Ϊ"),
        ("đọc thêm ưu đãi ơn", "ĐỌC THÊM ƯU ĐÃI ƠN"),
        ("şəkil ğ", "ŞƏKİL Ğ".replace("İ", "i")),
        ("հայաստան", "ՀԱՅԱՍՏԱՆ"),
    ],
)
def test_spellings_of_one_word_share_a_hash(spellings: tuple[str, ...]) -> None:
    assert len({tuple(hashes(spelling)) for spelling in spellings}) == 1


def test_different_words_have_different_hashes() -> None:
    known = [f"word{a}{b}" for a in "abcdefghij" * 2 for b in "klmnopqrst"]
    known += ["a" * n for n in range(1, 64)]  # one letter over and over: only the length differs from sixteen on
    known += ["ab", "ba", "abc", "acb", "abcdefghij", "abcdefgh", "bcdefghij", "é", "è", "東", "京", "а", "a"]
    found = hashes(" ".join(dict.fromkeys(known)))
    assert len(found) == len(set(found)) == len(dict.fromkeys(known))


def test_long_words_are_known_by_both_ends_and_their_length() -> None:
    ends = ("startstart", "finishfinish")
    first, second, longer = hashes(" ".join(("xyz".join(ends), "zyx".join(ends), "wxyz".join(ends))))
    assert first == second != longer


@given(st.binary(min_size=1, max_size=40).map(bytes.hex), st.text("ab \n", max_size=9), st.text(" \n東é", max_size=9))
def test_hash_does_not_depend_on_what_stands_around(word: str, before: str, after: str) -> None:
    text = f"{before} {word} {after}"
    index = words(text).index(word)
    assert hashes(text)[index] == hashes(word)[0] == word_hash("".join("0" if c.isdigit() else c for c in word).encode())


def test_a_word_of_a_million_letters() -> None:
    assert words("a" * 1_000_000 + " b") == ["a" * 1_000_000, "b"]
    assert len(words("東" * 100_000)) == 100_000


def test_hashes_spread_over_all_bits() -> None:
    keys = mix(np.arange(1 << 12, dtype=np.uint64) * MIX_A)
    bits = (keys[:, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
    # 4096 fair coins: six standard deviations are 0.047.
    assert np.all(np.abs(bits.mean(axis=0) - 0.5) < 0.05)


def test_mix_works_in_place() -> None:
    keys = np.array([1, 2], np.uint64)
    assert mix(keys) is keys


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20)))
def test_many_texts_at_once_as_one_by_one(texts: list[str]) -> None:
    tokens, bounds = tokenize_all(texts)
    assert len(bounds) == len(texts) + 1
    assert bounds[-1] == len(tokens.hash)
    assert [tokens.hash[low:high].tolist() for low, high in itertools.pairwise(bounds)] == list(map(hashes, texts))


@given(st.text("aB1é東 .", min_size=1), st.lists(st.integers(0, 200), unique=True, max_size=20), st.sampled_from([0, 1, 5000]))
def test_bytes_are_cut_out(text: str, cuts: list[int], behind: int) -> None:
    # Whole characters, few or many of them for the length of it all: both ways of cutting.
    data = encoded(text) + b"x\n" * behind
    places = [0, *itertools.accumulate(len(c.encode()) for c in "\n" + text)]
    chosen = sorted({cut for cut in cuts if 0 < cut < len(places) - 1})
    start, end = (np.array([places[cut + step] for cut in chosen], np.int64) for step in (0, 1))
    left = b"".join(data[low:high] for low, high in zip([0, *end.tolist()], [*start.tolist(), len(data)], strict=True))
    assert cut_out(data, start, end) == left
    found, expected = find_words(left, without(classify(data), start, end)), tokenize(left)
    assert all(np.array_equal(getattr(found, name), getattr(expected, name)) for name in expected._fields)
