"""What F1 a page can be expected to reach, and what that does to its lines' scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import page_shift

from cleantext.context import PROBABILITY
from cleantext.expected import CLEAN_HIGHEST, FEW_LOWEST, HIGHEST, LOWEST, NEUTRAL, SURE_LINES, line_shifts, page_shifts
from cleantext.lines import make_block
from cleantext.model import LineModel, probability
from cleantext.windows import Pages

Line = tuple[int, int]  # log-odds in 1/256, words
lines = st.tuples(st.integers(-5000, 5000) | st.integers(-600, 600), st.integers(0, 60) | st.sampled_from([0, 1, 300, 100_000]))
some_pages = st.lists(st.lists(lines, max_size=8), min_size=1, max_size=5)


def shifts(pages: list[list[Line]]) -> tuple[list[int], list[int]]:
    """Expected F1 and shift of pages."""
    flat = np.array([line for page in pages for line in page], np.int64).reshape(-1, 2)
    first_row = np.cumsum([0, *map(len, pages)])
    expected, shift = page_shifts(flat[:, 0], flat[:, 1], Pages(first_row, np.arange(len(flat))))
    return expected.tolist(), shift.tolist()


def by_hand(threshold: float) -> int:
    """What lines are moved by on a page whose own threshold this is, in 1/256 log-odds."""
    return round(256 * (math.log(NEUTRAL / (1 - NEUTRAL)) - math.log(threshold / (1 - threshold))))


@given(some_pages)
def test_same_as_the_reference(pages: list[list[Line]]) -> None:
    expected = [page_shift([score for score, _ in page], [words for _, words in page]) for page in pages]
    assert shifts(pages)[1] == expected


@given(some_pages)
def test_a_page_is_moved_alone_as_among_others(pages: list[list[Line]]) -> None:
    together = list(zip(*shifts(pages), strict=True))
    assert together == [tuple(values[0] for values in shifts([page])) for page in pages]


@given(some_pages)
def test_a_page_is_moved_no_further_than_its_threshold_can_go(pages: list[list[Line]]) -> None:
    expected, shift = shifts(pages)
    assert all(0 <= value <= 256 for value in expected)
    assert all(by_hand(HIGHEST) <= value <= by_hand(LOWEST) for value in shift)


def test_by_hand() -> None:
    # log-odds of 0: probability 1/2 (128 of 255). Both lines kept: F1 = 2 * 128 * 20 / (255 * 20 + 128 * 20) = 0.668.
    (expected,), (shift,) = shifts([[(0, 10), (0, 10)]])
    assert expected == int(256 * 2 * 128 / (255 + 128)) == 171
    assert shift == by_hand(171 / 512)
    # A line of three words that is surely content beside one of thirty that is likely none: keeping the first one alone would give
    # 2 * 3 / (3 + 3 + 30 * 0.27) = 0.43, both 2 * (3 + 30 * 0.27) / (33 + 3 + 30 * 0.27) = 0.50.
    (expected,), _ = shifts([[(2047, 3), (-256, 30)]])
    assert expected / 256 == pytest.approx(2 * (3 + 30 * 69 / 255) / (33 + 3 + 30 * 69 / 255), abs=1 / 256)


@pytest.mark.parametrize("n_furniture", [0, 1, 7, SURE_LINES, 3 * SURE_LINES])
def test_pages_that_are_sure_of_themselves_have_the_higher_a_threshold_the_more_furniture_they_hold(n_furniture: int) -> None:
    expected = CLEAN_HIGHEST + (HIGHEST - CLEAN_HIGHEST) * min(n_furniture / SURE_LINES, 1)
    assert shifts([[(2047, 4000), *[(-2047, 2)] * n_furniture]])[1] == [pytest.approx(by_hand(expected), abs=2)]
    assert shifts([[(2047, 4000), *[(-600, 2)] * n_furniture]])[1] == [by_hand(CLEAN_HIGHEST)]  # likely furniture, not surely


def test_what_is_surely_furniture() -> None:
    # Twelve of 255 are under a twentieth, thirteen are over.
    under, over = (int(np.flatnonzero(p == PROBABILITY)[0]) - len(PROBABILITY) // 2 for p in (12, 13))
    (many,), (none,) = (shifts([[(2047, 4000), *[(score, 2)] * SURE_LINES]])[1] for score in (under, over))
    assert many < none == by_hand(CLEAN_HIGHEST)


def test_pages_of_which_little_is_certain_have_the_lowest() -> None:
    assert shifts([[(-500, 40)] * 10])[1] == [by_hand(LOWEST)]
    assert shifts([[(-500, 40)] * 10 + [(-2000, 1)] * 40])[1] == [by_hand(LOWEST)]


@given(some_pages, st.data())
def test_lines_are_moved_with_their_page_but_some_not_down(pages: list[list[Line]], data: st.DataObject) -> None:
    sizes = list(map(len, pages))
    not_down = data.draw(st.lists(st.booleans(), min_size=sum(sizes), max_size=sum(sizes)))
    _, shift = shifts(pages)
    where = Pages(np.cumsum([0, *sizes]), np.arange(sum(sizes)))
    rows = line_shifts(np.array(shift, np.int64), np.array(not_down, np.bool_), where).tolist()
    of_page = [value for value, size in zip(shift, sizes, strict=True) for _ in range(size)]
    assert rows == [max(value, 0) if stays else value for value, stays in zip(of_page, not_down, strict=True)]


@pytest.mark.parametrize(("n_lines", "threshold"), [(3, LOWEST), (4, FEW_LOWEST)])
def test_pages_that_may_have_no_content_at_all(n_lines: int, threshold: float) -> None:
    # A login: a few words in some lines. An extractor's output of as few words has less than four lines.
    assert shifts([[(-500, 3)] * n_lines])[1] == [by_hand(threshold)]


@pytest.mark.parametrize(("words", "threshold"), [(24, FEW_LOWEST), (25, LOWEST)])
def test_how_many_words_of_content_are_few(words: int, threshold: float) -> None:
    # A probability of 1/5: of a hundred words just twenty can be expected to be content.
    score = int(np.flatnonzero(PROBABILITY == 51)[0]) - len(PROBABILITY) // 2
    assert shifts([[(score, 25)] * 3 + [(score, words)]])[1] == [by_hand(threshold)]


def test_no_pages_no_lines_no_words() -> None:
    assert shifts([[]]) == ([0], [by_hand(LOWEST)])
    assert shifts([[(100, 0), (-100, 0)]])[0] == [0]
    assert shifts([[], [(1000, 30)], []])[1][1] == by_hand(CLEAN_HIGHEST)


def test_what_a_full_page_holds_outside_moves_down_and_its_text_does_not() -> None:
    menu = [f"{name} {number}" for number in range(8) for name in ("Home", "Log in", "Share", "Subscribe")]
    text = ["The council met on Monday and voted for the bridge, which has been closed since the flood of last spring."] * 6
    scores = LineModel.load().score_block(make_block(["\n".join([*menu, "", *text, "", *menu])]))
    before, after = probability(scores.judged), scores.score
    inside = slice(len(menu), len(menu) + len(text))
    assert (after[inside] >= before[inside]).all()
    assert (np.delete(after, np.r_[inside]) < np.delete(before, np.r_[inside])).all()
