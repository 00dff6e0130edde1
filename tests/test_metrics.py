"""Scores of pages and of line scores: known values, edges, and properties that hold for any input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.train.metrics import (
    PRF,
    expected_calibration_error,
    line_rates,
    segment_prf,
    word_f1,
    word_prf,
)


@pytest.mark.parametrize(
    ("predicted", "gold", "expected"),
    [
        ("The leek soup", "the LEEK soup", PRF(1, 1, 1)),
        ("leek leek soup", "leek soup", PRF(2 / 3, 1, 0.8)),  # a multiset: the second leek is one too many
        ("soup leek", "leek soup", PRF(1, 1, 1)),  # order does not count
        ("", "leek", PRF(0, 0, 0)),
        ("leek", "", PRF(0, 0, 0)),
        ("", " - ", PRF(1, 1, 1)),
        ("snake_case", "snake case", PRF(0, 0, 0)),  # an underscore is a word character
    ],
)
def test_word_prf(predicted: str, gold: str, expected: PRF) -> None:
    assert word_prf(predicted, gold) == pytest.approx(expected)


@given(st.text(), st.text())
def test_word_f1_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert word_f1(a, b) == word_f1(b, a)
    assert 0 <= word_f1(a, b) <= 1
    assert word_f1(a, a) == 1


def test_segments_are_pooled_over_pages_and_white_space_is_folded() -> None:
    texts = ["Leek\n soup. Menu", "Boil it"]
    # Found and wanted: "Leek soup", "Boil"; wanted and missing: "Serve"; found but unwanted: "Menu".
    assert segment_prf(texts, [["Leek soup"], ["Boil", "Serve"]], [["Menu"], ["Login"]]) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    with pytest.raises(ValueError, match=r"shorter|longer"):
        segment_prf(texts, [["Leek"]], [[], []])


def test_calibration_error_by_hand() -> None:
    # Two bins: 0.2 and 0.4 (mean 0.3, share 0.5), 0.9 (share 1): (2 * 0.2 + 1 * 0.1) / 3.
    assert expected_calibration_error([0.2, 0.4, 0.9], [1, 0, 1], bins=2) == pytest.approx(0.5 / 3)
    # Doubtful lines say nothing, weights count lines several times.
    assert expected_calibration_error([0.2, 0.4, 0.9, 0.1], [1, 0, 1, -1], [1, 1, 2, 9], bins=2) == pytest.approx(0.6 / 4)
    assert expected_calibration_error([1.0], [1]) == 0
    assert expected_calibration_error([], []) == 0


@pytest.mark.parametrize(
    ("scores", "labels", "bins", "message"),
    [
        ([0.5], [1, 0], 15, "shapes"),
        ([1.5], [1], 15, r"\[0, 1\]"),
        ([float("nan")], [1], 15, r"\[0, 1\]"),
        ([0.5], [1], 0, "bins"),
    ],
)
def test_calibration_error_refuses(scores: list[float], labels: list[int], bins: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        expected_calibration_error(scores, labels, bins=bins)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(-1, 1)), max_size=50), st.integers(1, 20))
def test_calibration_error_is_a_ratio_and_finer_bins_never_lower_it(rows: list[tuple[float, int]], bins: int) -> None:
    scores, labels = [row[0] for row in rows], [row[1] for row in rows]
    coarse = expected_calibration_error(scores, labels, bins=1)
    assert 0 <= coarse <= expected_calibration_error(scores, labels, bins=bins) + 1e-12 <= 1 + 2e-12


def test_line_rates() -> None:
    keep = np.array([True, False, True, False, True])
    rates = line_rates(keep, [1, 1, 0, 0, -1], [1, 3, 1, 1, 100])
    assert rates == pytest.approx((0.5, 0.75, 2 / 6))
    assert line_rates([], []) == (1.0, 0.0, 1.0)
    assert line_rates([True], [0]) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="shapes"):
        line_rates([True], [0, 1])
