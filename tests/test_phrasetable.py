"""Phrases found in all lines at once: the same as looking at each place of each line."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_lines import Phrases

from cleantext.phrasetable import MAX_FAMILIES, MAX_WORDS, PhraseTable, pair_hashes
from cleantext.tokens import tokenize

words = st.sampled_from(["a", "b", "c", "読", "7"])
phrases = st.lists(words, min_size=1, max_size=MAX_WORDS).map(" ".join)
families = st.lists(st.lists(phrases, min_size=1, max_size=6), min_size=1, max_size=5)
some_lines = st.lists(st.lists(words, max_size=16).map(" ".join), min_size=1, max_size=6)


def find(table: PhraseTable, lines: list[str]) -> list[tuple[int, int, int, int]]:
    """Line, first word in the line, length and family of each match."""
    data = "\n".join(["", *lines, ""]).encode()
    tokens = tokenize(data)
    counts = np.array([len(tokenize(f"\n{line}\n".encode()).start) for line in lines])
    stop = np.cumsum(counts)
    first = stop - counts
    line_of_word = np.arange(len(counts), dtype=np.int32).repeat(counts)
    matches = table.find(tokens.hash, pair_hashes(tokens.hash), line_of_word, stop)
    line = line_of_word[matches.word]
    found = zip(line.tolist(), (matches.word - first[line]).tolist(), matches.length.tolist(), matches.family.tolist(), strict=True)
    return sorted(found)


def by_words(families: list[list[str]], lines: list[str]) -> list[tuple[int, int, int, int]]:
    """The same by comparing lists of words; of one phrase in two families the first has it."""
    found = []
    known: set[str] = set()
    own: list[list[str]] = []
    for members in families:
        own.append([phrase for phrase in members if phrase not in known])
        known.update(members)
    for number, line in enumerate(lines):
        split = line.split()
        for first in range(len(split)):
            for family, members in enumerate(own):
                lengths = [len(p.split()) for p in members if split[first : first + len(p.split())] == p.split()]
                if lengths:
                    found.append((number, first, max(lengths), family))
    return sorted(found)


@given(families, some_lines)
def test_phrases_are_runs_of_equal_words(families: list[list[str]], lines: list[str]) -> None:
    assert find(PhraseTable.compile(families), lines) == by_words(families, lines)


@given(families, st.lists(words, max_size=20))
def test_reference_finds_the_same(families: list[list[str]], line: list[str]) -> None:
    table = PhraseTable.compile(families)
    hashes = tokenize("\n{}\n".format(" ".join(line)).encode()).hash.tolist()
    assert sorted((0, *match) for match in Phrases(table).find(hashes)) == find(table, [" ".join(line)])


def test_no_phrase_crosses_a_line_end() -> None:
    table = PhraseTable.compile([["read more", "more", "a b c"]])
    assert find(table, ["please read", "more a", "b c", "", "read more"]) == [(1, 0, 1, 0), (4, 0, 2, 0), (4, 1, 1, 0)]


def test_phrases_at_the_end_of_a_block() -> None:
    longest = " ".join("abcdefghijkl")
    table = PhraseTable.compile([[longest]])
    assert find(table, ["x " + longest]) == [(0, 1, 12, 0)]
    assert find(table, [longest[:-2]]) == []


def test_case_and_digits_do_not_matter() -> None:
    table = PhraseTable.compile([["Photo by", "7 comments"], ["写真"]])
    assert find(table, ["PHOTO BY X", "3 Comments", "写真：x"]) == [(0, 0, 2, 0), (1, 0, 2, 0), (2, 0, 2, 1)]


def test_as_many_families_as_there_may_be() -> None:
    names = [f"x{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(MAX_FAMILIES)]
    table = PhraseTable.compile([[f"a {name}", name] for name in names])
    assert find(table, ["a " + name for name in names]) == sorted(
        match for n in range(MAX_FAMILIES) for match in ((n, 0, 2, n), (n, 1, 1, n))
    )


def test_a_phrase_of_two_families_is_the_first_ones() -> None:
    table = PhraseTable.compile([["share"], ["share", "share this"], ["share this"]])
    assert find(table, ["share this"]) == [(0, 0, 1, 0), (0, 0, 2, 1)]


def test_keys_that_share_a_slot_are_told_apart() -> None:
    # Some twenty thousand keys in 2^18 slots: hundreds of slots have two.
    numbers = "bcdfghjklmnpqrstvwxz"
    names = [a + b + c for a in numbers for b in numbers for c in numbers]
    table = PhraseTable.compile([names[:4000], [f"{a} {b}" for a, b in itertools.pairwise(names)]])
    slots = table.keys >> np.uint64(46)
    assert np.any(slots[1:] == slots[:-1])
    found = find(table, [" ".join(names)])
    assert [match[1:] for match in found if match[3] == 0] == [(n, 1, 0) for n in range(4000)]
    assert [match[1:] for match in found if match[3] == 1] == [(n, 2, 1) for n in range(len(names) - 1)]


@pytest.mark.parametrize("lines", [[""], ["", ""], ["a"], ["x y z"]])
def test_nothing_to_find(lines: list[str]) -> None:
    assert find(PhraseTable.compile([]), lines) == []
    assert find(PhraseTable.compile([["b c"]]), lines) == []


@pytest.mark.parametrize("phrases", [["read more", "photo by"], ["read", "photo"]])
def test_phrases_all_of_one_word_or_none(phrases: list[str]) -> None:
    # The lowest byte of the hash, of the word and of two of them, is that of a slot without a phrase.
    hashes = tokenize(b"\nadr adr\n").hash
    assert int(hashes[0]) & 255 == int(pair_hashes(hashes)[0]) & 255 == 0
    table = PhraseTable.compile([phrases])
    assert find(table, ["adr " * 200]) == []
    assert len(find(table, [f"{phrases[0]} adr " * 200])) == 200


def test_no_lines_at_all() -> None:
    none, no_line, no_hash = np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.uint64)
    matches = PhraseTable.compile([["a", "a b"]]).find(no_hash, pair_hashes(no_hash), no_line, none)
    assert [len(array) for array in matches] == [0, 0, 0]


def test_compiling_in_another_order_gives_the_same_table() -> None:
    one, other = (PhraseTable.compile([order]) for order in (["a b c", "a b", "d"], ["d", "a b", "a b c"]))
    for name in ("keys", "known", "sections"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


@pytest.mark.parametrize("phrase", ["", "—", " ".join("abcdefghijklm")])
def test_phrases_of_no_words_or_too_many_are_refused(phrase: str) -> None:
    with pytest.raises(ValueError, match="words; 1 to 12 are allowed"):
        PhraseTable.compile([["fine", phrase]])


def test_too_many_families_are_refused() -> None:
    with pytest.raises(ValueError, match=str(MAX_FAMILIES + 1)):
        PhraseTable.compile([["a"]] * (MAX_FAMILIES + 1))


def test_arrays_of_different_length_are_refused() -> None:
    table = PhraseTable.compile([["a", "b"]])
    with pytest.raises(ValueError, match="2 keys, 1 families"):
        PhraseTable(table.keys, table.known[:1], table.sections)


def test_a_family_beyond_is_refused() -> None:
    table = PhraseTable.compile([["a", "b c"], ["d"]])
    with pytest.raises(ValueError, match="a phrase of family 2, but there are 1 families"):
        PhraseTable(table.keys, table.known, table.sections[:1])


@pytest.mark.parametrize("order", [[1, 0], [0, 0]])
def test_keys_out_of_order_are_refused(order: list[int]) -> None:
    table = PhraseTable.compile([["a", "b"]])
    with pytest.raises(ValueError, match="ascending"):
        PhraseTable(table.keys[order], table.known, table.sections)


def test_bits_of_sections() -> None:
    assert PhraseTable.compile([["a"], ["b"], ["c"], ["d"]], [0, 1, 3, 2]).section_bits.tolist() == [0, 1, 4, 2]
    assert PhraseTable.compile([["a"], ["b"]]).section_bits.tolist() == [0, 0]
