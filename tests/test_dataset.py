"""What scikit-learn fits on is what scores are summed from: matrix times weights equals the score."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import PHRASES, drawn_model, pages

from cleantext import context
from cleantext.features import PLACES
from cleantext.lines import make_block
from cleantext.train.dataset import Dataset, Layout, judge_matrix, make_dataset, view_matrix
from cleantext.train.pages import LabelledPage, split_lines
from cleantext.views import NEAR_STEP

MODEL = drawn_model()
some_pages = st.lists(pages(), min_size=1, max_size=3)


def labelled(text: str, site: str = "a.example", label: int = 1) -> LabelledPage:
    start, end = split_lines(text)
    marks = np.full(len(start), label, np.int8)
    return LabelledPage(site, site, "own pages", "own", "own", "full", text, start, end, marks, marks.astype(np.float32))


def dataset(texts: list[str]) -> Dataset:
    return make_dataset([labelled(text) for text in texts], [0] * len(texts), MODEL.phrases)


@cache
def layout() -> Layout:
    return Layout(len(PHRASES))


def coefficients(side: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    coef = np.zeros(layout().size)
    for name, part in layout().slices.items():
        weights = MODEL.arrays[f"{side}_{name}"].ravel().astype(float) * (NEAR_STEP if name == "near" else 1)
        # The line view has neither columns of place nor other lines' words.
        coef[part][: len(weights)] = weights
    return coef


def test_layout_has_room_for_every_weight_once() -> None:
    sizes = {name: part.stop - part.start for name, part in layout().slices.items()}
    assert sizes == {name: MODEL.arrays[f"page_{name}"].size for name in sizes}
    assert {*sizes, "intercept"} == {name.removeprefix("page_") for name in MODEL.arrays if name.startswith("page_")}
    assert sum(sizes.values()) == layout().size


@given(some_pages)
def test_matrix_of_a_view_times_its_weights_is_its_score(texts: list[str]) -> None:
    data = dataset(texts)
    line, page = data.view_scores(MODEL.views)
    rows = np.arange(len(data.label))
    for side, scores, place in (("line", line, False), ("page", page, True)):
        found = view_matrix(data, rows, layout(), place=place) @ coefficients(side) + int(MODEL.arrays[f"{side}_intercept"][0])
        # The words' sum is cut to a whole number of 1/256; their values are floats of 24 bits.
        assert np.all(np.abs(found - scores) <= 1.5)


@given(some_pages, st.randoms(use_true_random=False))
def test_rows_of_the_matrix_are_the_rows_asked_for(texts: list[str], draw: Random) -> None:
    data = dataset(texts)
    whole = view_matrix(data, np.arange(len(data.label)), layout(), place=True)
    rows = np.array([row for row in range(len(data.label)) if draw.random() < 0.5], np.int64)
    found = view_matrix(data, rows, layout(), place=True)
    assert found.shape == (len(rows), layout().size)
    assert (found != whole[rows]).nnz == 0


@given(some_pages)
def test_matrix_of_the_judge_times_its_weights_is_the_score(texts: list[str]) -> None:
    data = dataset(texts)
    if not len(data.label):
        return
    line, page = data.view_scores(MODEL.views)
    bins = data.judge_columns(line, page)
    found = judge_matrix(bins) @ MODEL.arrays["judge_columns"].astype(float) + int(MODEL.arrays["judge_intercept"][0])
    expected = MODEL.judge.scores(context.Context(data.own, line, page, context.Pages(data.first_row, data.own.row)))
    assert np.array_equal(found, expected)


@given(some_pages)
def test_scores_are_those_of_cleaning(texts: list[str]) -> None:
    data = dataset(texts)
    scores = MODEL.score_block(make_block(texts))
    assert np.array_equal(data.first_row, scores.first_row)
    assert np.array_equal(data.own.row, scores.row)


def test_labels_and_folds_of_rows() -> None:
    marks = np.array([1, -1, 0], np.int8)
    first, second = labelled("a\n\nb\nc"), labelled("")
    first = replace(first, label=marks)
    data = make_dataset([first, second, labelled("d", label=0)], [3, 4, 1], MODEL.phrases)
    assert data.label.tolist() == [1, -1, 0, 0]
    assert data.row_fold.tolist() == [3, 3, 3, 1]
    assert data.page.tolist() == [0, 0, 0, 2]


def test_a_page_with_labels_for_other_lines_is_refused() -> None:
    page = labelled("a\nb")
    fewer = replace(page, label=page.label[:1])
    with pytest.raises(ValueError, match=r"a\.example, own: 1 labels for 2 lines"):
        make_dataset([labelled("x"), fewer], [0, 0], MODEL.phrases)


def test_pair_over_a_line_end_is_not_in_the_matrix() -> None:
    together, apart = (dataset([text]) for text in ("the harbour", "the\nharbour"))
    pairs = layout().slices["pairs"]
    for data, expected in ((together, 1), (apart, 0)):
        assert view_matrix(data, np.arange(len(data.label)), layout(), place=False)[:, pairs].nnz == expected


def test_phrases_count_for_their_family_and_for_any() -> None:
    data = dataset(["Read more"])
    row = view_matrix(data, np.array([0]), layout(), place=False)[:, layout().slices["phrases"]].toarray().reshape(-1, len(PLACES))
    place = PLACES.index("whole line of 2")
    # "read", "read more" and "more by" are of the first family; at the first word the longest one counts.
    assert row[:, place].tolist() == [1, 1, 0, 0, 0]
    assert row.sum() == 2
