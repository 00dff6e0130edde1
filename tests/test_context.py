"""What the judge sees: equal to the reference whatever both views say, and each page by itself."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference import reference_judge_columns
from reference_bins import function_of, patterns
from reference_judge import probability
from reference_lines import Phrases, lines_of
from strategies import PHRASE_SECTIONS, PHRASES, pages

from cleantext.context import JUDGE_COLUMNS, PROBABILITY, Pages, judge_columns, main_stretch
from cleantext.features import COLUMNS, OwnFeatures, own_features
from cleantext.lines import make_block
from cleantext.phrasetable import PhraseTable
from cleantext.windows import padded, running

TABLE = PhraseTable.compile(PHRASES, PHRASE_SECTIONS)
PHRASES_OF_REFERENCE = Phrases(TABLE)
# Scores at the edges of the bins, beyond what is told apart, and anywhere.
scores = st.one_of(
    st.integers(-20, 20).map(lambda n: n * 64), st.integers(-20, 20).map(lambda n: n * 64 - 1), st.integers(-3000, 3000), st.just(10**6)
)


def rows_of(texts: Sequence[str]) -> tuple[OwnFeatures, Pages]:
    block = make_block(texts)
    own = own_features(block.data, block.start, block.end, TABLE)
    return own, Pages(np.searchsorted(own.row, block.first_line), own.row)


def assert_same_as_reference(texts: Sequence[str], line: Sequence[int], page: Sequence[int]) -> None:
    """The judge's columns over a block, the scores taken in turn for its rows."""
    own, where = rows_of(texts)
    line = [line[row % len(line)] for row in range(where.n_rows)]
    page = [page[row % len(page)] for row in range(where.n_rows)]
    found = judge_columns(own, np.array(line, np.int64), np.array(page, np.int64), where)
    expected: list[list[int]] = []
    for text, low in zip(texts, where.first_row.tolist(), strict=False):
        lines = lines_of(text, PHRASES_OF_REFERENCE)
        expected += reference_judge_columns(lines, line[low : low + len(lines)], page[low : low + len(lines)])
    for number, (column, values) in enumerate(zip(JUDGE_COLUMNS, found, strict=True)):
        names = [column.bin_name(value) for value in values.tolist()]
        assert names == [column.bin_name(bins[number]) for bins in expected], column.name


@given(st.lists(pages(), min_size=1, max_size=3), st.lists(scores, min_size=1, max_size=12), st.lists(scores, min_size=1, max_size=12))
@example(["\n\n", "share", ""], [0], [0])
def test_same_columns_as_line_by_line(texts: list[str], line: list[int], page: list[int]) -> None:
    assert_same_as_reference(texts, line, page)


@pytest.mark.parametrize("seed", range(4))
def test_same_columns_on_long_pages(seed: int) -> None:
    draw = np.random.default_rng(seed)
    known = ["share", "", "The harbour was quiet, and " + "nobody spoke " * 4, "READ MORE:", "word " * 300, "東京の写真。" * 9, "- 3 |"]
    text = "\n".join(known[n] for n in draw.integers(0, len(known), 600))
    # Scores that rise and fall slowly, as those of real pages do, and such that jump.
    walk = np.cumsum(draw.normal(0, 120, 500)).astype(int).tolist()
    jump = draw.normal(0, 900, 499).astype(int).tolist()
    assert_same_as_reference([text, "share", text[:900]], walk, jump)


def test_sentences_cut_into_pieces_and_pages_in_small_letters() -> None:
    pieces = "We went to\nParis\nand\nRome\n, where it rained.\n" * 8
    texts = [f"Menu\nNews\n{pieces}\nContact", pieces.lower(), f"{pieces.lower()}\n\n{'News Sport ' * 2}\n" * 2]
    assert_same_as_reference(texts, [-900, 300, 40, -200, 700], [-300, 800, -60])


@pytest.mark.parametrize("score", [-2048, 0, 2047])
def test_pages_of_one_score(score: int) -> None:
    # All content, all furniture or all undecided: sums at their greatest, ties everywhere.
    assert_same_as_reference(["word " * 400 + ("\n" + "word " * 400) * 200], [score], [score])


def test_every_column_has_its_own_name_and_reference() -> None:
    names = [column.name for column in JUDGE_COLUMNS]
    assert len(set(names)) == len(names)
    for column in JUDGE_COLUMNS:
        assert callable(function_of(column.name))
        assert all(len(set(axis)) == len(axis) for axis in column.axes)


def test_no_reference_is_left_over() -> None:
    names = [column.name for column in (*COLUMNS, *JUDGE_COLUMNS)]
    assert [pattern.pattern for pattern in patterns() if not any(map(pattern.fullmatch, names))] == []


def test_probabilities() -> None:
    assert PROBABILITY.tolist() == [probability(score) for score in range(-2048, 2048)]
    assert PROBABILITY[2048] == 128
    assert (PROBABILITY[0], PROBABILITY[-1]) == (0, 255)


def best_stretch(gains: list[int]) -> tuple[int, int]:
    """By trying all: the greatest sum; of several the one that ends first, of these the shortest."""
    spans = [(first, last) for last in range(len(gains)) for first in range(last, -1, -1)]
    return max(spans, key=lambda span: sum(gains[span[0] : span[1] + 1]))


@given(st.lists(st.lists(st.one_of(st.integers(-4, 4), st.integers(-65025, 65025)), max_size=12), min_size=1, max_size=5))
def test_main_stretch_is_the_best_of_all(pages_gains: list[list[int]]) -> None:
    sizes = [len(gains) for gains in pages_gains]
    flat = np.array([gain for gains in pages_gains for gain in gains], np.int64)
    where = Pages(np.cumsum([0, *sizes]), np.arange(len(flat)))
    first, last = main_stretch(running(flat), where)
    for number, gains in enumerate(pages_gains):
        begin = sum(sizes[:number])
        expected = best_stretch(gains) if gains else None
        found = (int(first[number]) - begin, int(last[number]) - begin)
        assert found == expected if gains else (first[number], last[number]) == (0, -1)


@given(st.lists(st.one_of(st.integers(-4, 4), st.integers(-65025, 65025)), max_size=12))
def test_main_stretch_of_one_page_alone(gains: list[int]) -> None:
    alone = main_stretch(running(np.array(gains, np.int64)), Pages(np.array([0, len(gains)]), np.arange(len(gains))))
    assert (int(alone[0][0]), int(alone[1][0])) == (best_stretch(gains) if gains else (0, -1))


@given(st.lists(st.integers(0, 5), min_size=1, max_size=6))
def test_neighbours_stay_on_the_page(sizes: list[int]) -> None:
    where = Pages(np.cumsum([0, *sizes]), np.arange(sum(sizes)))
    rows = [number + 1 for size in sizes for number in range(size)]
    offsets = (-3, -2, -1, 1, 2, 3)
    found = np.empty((len(offsets), len(rows)), np.uint8)
    where.fill_neighbours(padded([np.array(rows, np.uint8)])[0], offsets, slice(0, len(rows)), found)
    for offset, values in zip(offsets, found.tolist(), strict=True):
        expected = [place + offset + 1 if 0 <= place + offset < size else 0 for size in sizes for place in range(size)]
        assert values == expected
