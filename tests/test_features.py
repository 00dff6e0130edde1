"""Features of whole blocks equal those of the reference, column by column, on any text and in any block."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference import reference_features
from reference_bins import function_of
from reference_lines import Phrases
from strategies import EDGE_CHARACTERS, PHRASE_SECTIONS, PHRASES, SPACES, characters, pages

from cleantext.features import (
    COLUMNS,
    MAX_LINE_WORDS,
    OWN_COLUMNS,
    PLACE_COLUMNS,
    PLACES,
    OwnFeatures,
    copies,
    near_rows,
    own_features,
    place_columns,
    visible_spans,
)
from cleantext.line_columns import COARSE
from cleantext.lines import make_block
from cleantext.phrasetable import PhraseTable
from cleantext.plain import is_blank
from cleantext.tokens import IntArray, tokenize
from cleantext.windows import Pages


@cache
def table() -> PhraseTable:
    return PhraseTable.compile(PHRASES, PHRASE_SECTIONS)


def features_of(texts: Sequence[str]) -> tuple[OwnFeatures, IntArray]:
    """Features of a block of pages, and its first rows."""
    block = make_block(texts)
    own = own_features(block.data, block.start, block.end, table())
    return own, np.searchsorted(own.row, block.first_line)


def assert_same_as_reference(texts: Sequence[str]) -> None:
    own, first_row = features_of(texts)
    bins = [*own.columns, *place_columns(own, own.row, first_row)]
    assert len(bins) == len(COLUMNS)
    expected = [one for text in texts for one in reference_features(text, Phrases(table()))]
    lines = [one.line for one in expected]
    for number, (column, values) in enumerate(zip(COLUMNS, bins, strict=True)):
        found = [column.bin_name(value) for value in values.tolist()]
        assert found == [column.bin_name(one.columns[number]) for one in expected], column.name
    assert own.n_words.tolist() == [line.n_words for line in lines]
    assert own.fact(COARSE).tolist() == [line.coarse for line in lines]
    spans = list(zip(own.first_word.tolist(), own.stop_word.tolist(), strict=True))
    assert [own.word[low:high].tolist() for low, high in spans] == [line.word_slots for line in lines]
    assert [own.form[low:high].tolist() for low, high in spans] == [line.form_slots for line in lines]
    # The pair that begins with a line's last word reaches into the next line and is not the line's.
    assert [own.pair[low : max(high - 1, low)].tolist() for low, high in spans] == [line.pair_slots for line in lines]
    assert own.edge.T.tolist() == [line.edges for line in lines]
    found_phrases = list(zip(own.phrase_row.tolist(), own.phrase_place.tolist(), own.phrase_family.tolist(), strict=True))
    assert found_phrases == sorted((row, *phrase) for row, line in enumerate(lines) for phrase in line.phrases)
    assert own.key.tolist() == [line.key for line in lines]


@given(st.lists(pages(), min_size=1, max_size=3))
@example(["Fine.", "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}"])  # once took its end from the page before
@example(["read.\N{RIGHT DOUBLE QUOTATION MARK}", "(", ")", "...", "\N{HORIZONTAL ELLIPSIS}"])
def test_same_features_as_line_by_line(texts: list[str]) -> None:
    assert_same_as_reference(texts)


@given(st.text(st.sampled_from(EDGE_CHARACTERS + "aA1. \n"), max_size=40))
def test_same_features_at_the_edges_of_the_tables(text: str) -> None:
    assert_same_as_reference([text])


@pytest.mark.parametrize("character", ["a", "A", "9", "é", "東", ".", ",", "|", "(", " ", "\u3000", "\N{RIGHT DOUBLE QUOTATION MARK}"])
@pytest.mark.parametrize("repeat", [1, 2, 3, 7, 8, 9, 128, 3000])
def test_lines_of_one_character_over_and_over(character: str, repeat: int) -> None:
    assert_same_as_reference([character * repeat, f"{character} " * repeat, f"\n{character}\n" * min(repeat, 300)])


@pytest.mark.parametrize("n_words", [254, 255, 256, 257, 511, 700])
@pytest.mark.parametrize("word", ["NATO,", "Ab.", "2024", "é|", "東", "Ä<", "a)("])
def test_counters_of_long_lines_do_not_run_over(word: str, n_words: int) -> None:
    line = " ".join([word] * n_words)
    assert_same_as_reference([f"share\n{line}\n---\n{line} and\n\n***", f"{word}\n{line}"])


@pytest.mark.parametrize("n_spaces", [1, 14, 15, 16, 17, 40])
@pytest.mark.parametrize("space", [" ", "\t", "\u3000", "\u00a0"])
def test_white_space_around_lines(space: str, n_spaces: int) -> None:
    around = space * n_spaces
    assert_same_as_reference([f"{around}share{around}\n{around}\n{around}- |\nthe end.\u201d{around}\r\n{around}", around, f"a{around}"])


@pytest.mark.parametrize("extra", [-1, 0, 1, 5000])
def test_lines_of_more_words_than_are_looked_at(extra: int) -> None:
    words = ["read", "more,", "by", "NATO", "(東)", "the", "2024"]
    long = " ".join(words[n % len(words)] for n in range(MAX_LINE_WORDS + extra))
    assert_same_as_reference([f"photo by\n{long}\nshare"])


def test_words_beyond_the_limit_are_not_looked_at() -> None:
    own, _ = features_of(["東" * (MAX_LINE_WORDS + 100) + " read more\nshare"])
    assert (own.stop_word - own.first_word).tolist() == [MAX_LINE_WORDS, 1]
    assert own.phrase_row.tolist() == [1]


@pytest.mark.parametrize(("n_words", "found"), [(63, 1), (64, 1), (65, 0)])
def test_phrases_amid_long_lines(n_words: int, found: int) -> None:
    line = " ".join(["the"] * 30 + ["advertisement"] + ["the"] * (n_words - 31))
    assert len(features_of([line])[0].phrase_row) == found
    assert_same_as_reference([line])


def test_a_page_of_many_lines() -> None:
    texts = ["", "share", "The harbour, said NATO, is quiet.", "- 2024 |", "東京の写真。"]
    assert_same_as_reference(["\n".join(texts[n * n % 5] for n in range(700)), "\n".join(texts)])


@given(st.lists(pages(), min_size=1, max_size=5))
def test_features_do_not_depend_on_the_block(texts: list[str]) -> None:
    own, first_row = features_of(texts)
    place = place_columns(own, own.row, first_row)
    for number, text in enumerate(texts):
        rows = slice(first_row[number], first_row[number + 1])
        alone, alone_first = features_of([text])
        together = [*own.columns, *own.edge, *own.facts, own.n_words, own.key, own.section, *place]
        by_itself = [*alone.columns, *alone.edge, *alone.facts, alone.n_words, alone.key, alone.section]
        by_itself += [*place_columns(alone, alone.row, alone_first)]
        for a, b in zip(together, by_itself, strict=True):
            assert np.array_equal(a[rows], b)


@given(st.lists(st.text(st.sampled_from(SPACES + "ab\u200b"), max_size=6), min_size=1, max_size=6))
def test_a_line_is_blank_if_there_is_nothing_to_see(texts: list[str]) -> None:
    own, _ = features_of(["\n".join(texts)])
    assert own.row.tolist() == [number for number, text in enumerate(texts) if not is_blank(text)]


def test_every_code_point_as_a_line() -> None:
    texts = [chr(code) for code in range(0x110000) if chr(code) not in "\n\r"]
    own, _ = features_of(["\n".join(texts)])
    blank = set(range(len(texts))) - set(own.row.tolist())
    assert {texts[number] for number in blank} == {text for text in texts if is_blank(text)}


@given(st.lists(st.text(characters().filter(lambda c: c not in "\n\r"), max_size=8), min_size=1, max_size=6))
def test_visible_spans_are_stripped_lines(texts: list[str]) -> None:
    block = make_block(["\n".join(texts)])
    first, stop = visible_spans(block.data, tokenize(block.data).classes, block.start, block.end)
    found = [block.data[s:e].decode("utf-8", "surrogatepass") for s, e in zip(first, stop, strict=True)]
    assert found == [text.strip() for text in texts]


def test_every_column_has_its_own_name_and_reference() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert OWN_COLUMNS + PLACE_COLUMNS == COLUMNS
    for name in names:
        assert callable(function_of(name))


def test_bins_have_names() -> None:
    for column in COLUMNS:
        names = [column.bin_name(index) for index in range(column.size)]
        assert len(set(names)) == column.size
        assert all(len(set(axis)) == len(axis) for axis in column.axes)
    assert len(set(PLACES)) == len(PLACES)


def test_bin_name_is_in_c_order() -> None:
    column = next(column for column in COLUMNS if column.name == "start and end")
    sizes = [len(axis) for axis in column.axes]
    assert column.size == np.prod(sizes)
    index = int(np.ravel_multi_index((2, 1, 3), sizes))
    assert column.bin_name(index) == ", ".join(axis[place] for axis, place in zip(column.axes, (2, 1, 3), strict=True))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30))
def test_copies_are_counted_by_page(rows: list[tuple[int, int]]) -> None:
    rows.sort(key=lambda row: row[0])
    sizes = np.bincount([row[0] for row in rows], minlength=4)
    key = np.array([row[1] for row in rows], np.uint64)
    assert copies(key, sizes).tolist() == [rows.count(row) for row in rows]


@pytest.mark.parametrize("texts", [[""], ["", ""], ["\n \n\t\n"], ["\u3000", "\r\r"]])
def test_pages_without_lines(texts: list[str]) -> None:
    own, first_row = features_of(texts)
    assert [len(values) for values in (*own.columns, *own.edge, *place_columns(own, own.row, first_row))] == [0] * (len(COLUMNS) + 5)
    assert first_row.tolist() == [0] * (len(texts) + 1)


def test_rows_near_each_row() -> None:
    sentence = "The harbour was quiet when the boats came in that night."
    own, first_row = features_of([f"A heading\n\n{sentence}\n{sentence}\nIt rained.", f"{sentence}\nShare"])
    # The line above, the line below, and the nearest one above that is short and no sentence; -1 beyond the page's ends.
    assert near_rows(own, Pages(first_row, own.row)).tolist() == [
        [-1, 0, 1, 2, -1, 4],
        [1, 2, 3, -1, 5, -1],
        [-1, 0, 0, 0, -1, -1],
    ]


@pytest.mark.parametrize(("n_lines", "seen"), [(39, True), (40, False)])
def test_a_heading_is_seen_forty_lines_on(n_lines: int, seen: bool) -> None:
    own, first_row = features_of(["\n".join(["Comments", *["The harbour was quiet when the boats came in."] * n_lines, "Fine."])])
    assert near_rows(own, Pages(first_row, own.row))[2, -1] == (0 if seen else -1)


def test_labels_of_sections_are_counted_above_and_below() -> None:
    share, more, date = "Share", "Read more", "2024"  # of "replies", "related" and "dates": see `strategies.PHRASE_SECTIONS`
    prose = "Share of the harbour, said NATO, is read more by the photo in 2024."
    own, first_row = features_of(["\n".join([date, prose, share, share, prose, date, more]), f"{prose}\n{share}"])
    assert own.section.tolist() == [1, 0, 2, 2, 0, 1, 4, 0, 2]
    bins = dict(zip((column.name for column in PLACE_COLUMNS), place_columns(own, own.row, first_row), strict=True))

    def counts(name: str) -> list[str]:
        column = next(column for column in PLACE_COLUMNS if column.name == f"{name} on page")
        return [", ".join(column.bin_name(value).split(", ")[:2]) for value in bins[column.name].tolist()]

    assert counts("dates") == ["0, 1", "1, 1", "1, 1", "1, 1", "1, 1", "1, 0", "2, 0", "0, 0", "0, 0"]
    assert counts("replies") == ["0, 2", "0, 2", "0, 1", "1, 0", "2, 0", "2, 0", "2, 0", "0, 1", "0, 0"]
    assert counts("related") == ["0, 1"] * 6 + ["0, 0"] * 3


def test_many_labels_have_one_bin() -> None:
    own, first_row = features_of(["\n".join(["Share"] * 300)])
    column = next(column for column in PLACE_COLUMNS if column.name == "replies on page")
    bins = place_columns(own, own.row, first_row)[PLACE_COLUMNS.index(column)]
    assert [column.bin_name(bins[row]).split(", ")[:2] for row in (0, 4, 299)] == [["0", "10+"], ["3-4", "10+"], ["10+", "0"]]
