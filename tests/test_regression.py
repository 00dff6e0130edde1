"""Regressions: which columns are used, and what is added to log-odds that are given."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.special import expit

from cleantext.train.dataset import Layout
from cleantext.train.regression import FloatArray, Penalty, columns_on_sites, fit_around, penalty_scale


def drawn(seed: int = 0, n: int = 60, width: int = 7) -> tuple[sparse.csr_matrix, np.ndarray, FloatArray, FloatArray]:
    """A design matrix whose last column no sample has, labels, weights and log-odds before."""
    random = np.random.default_rng(seed)
    X = random.integers(0, 2, (n, width)).astype(np.float32)
    X[:, -1] = 0
    y = (expit(X[:, 0] - X[:, 1]) > random.random(n)).astype(np.int8)
    return sparse.csr_matrix(X), y, random.random(n) + 0.1, random.normal(size=n)


Drawing = tuple[sparse.csr_matrix, np.ndarray, FloatArray, FloatArray]


def cost(drawing: Drawing, coef: FloatArray, intercept: float, scale: FloatArray, C: float) -> float:
    X, y, weight, offset = drawing
    z = offset + X @ coef + intercept
    loss = np.where(y == 1, -np.log(expit(z)), -np.log(expit(-z)))
    return float(C * (weight / weight.mean()) @ loss + ((coef / scale) ** 2).sum() / 2 + intercept**2 / 2)


@pytest.mark.parametrize("C", [0.05, 3.0])
def test_nothing_near_is_likelier(C: float) -> None:
    drawing = drawn()
    scale = np.linspace(0.5, 2, 7)
    coef, intercept = fit_around(*drawing, scale=scale, C=C)
    least = cost(drawing, coef, intercept, scale, C)
    random = np.random.default_rng(1)
    for _ in range(50):
        step = random.normal(size=8) * 0.03
        assert least < cost(drawing, coef + step[:-1], intercept + step[-1], scale, C)


def test_what_no_sample_has_is_left_alone() -> None:
    coef, _ = fit_around(*drawn(), scale=np.ones(7), C=10.0)
    assert coef[-1] == 0
    assert (coef[:-1] != 0).all()


def test_log_odds_that_are_right_are_left_alone() -> None:
    X, y, weight, _ = drawn()
    coef, intercept = fit_around(X, y, weight, np.where(y == 1, 20.0, -20.0), scale=np.ones(7), C=1.0)
    assert np.abs([*coef, intercept]).max() < 1e-6


def test_no_samples_add_nothing() -> None:
    X, y, weight, offset = drawn()
    coef, intercept = fit_around(X[:0], y[:0], weight[:0], offset[:0], scale=np.ones(7), C=1.0)
    assert not coef.any()
    assert intercept == 0


def test_one_label_alone_does_not_run_away() -> None:
    X, y, weight, offset = drawn()
    coef, intercept = fit_around(X, np.ones_like(y), weight, offset, scale=np.ones(7), C=0.1)
    assert np.abs([*coef, intercept]).max() < 3


def test_every_kind_of_feature_has_its_penalty() -> None:
    layout = Layout(3)
    scale = penalty_scale(Penalty(words=3.0, near=0.5), layout)
    assert len(scale) == layout.size
    for name, part in layout.slices.items():
        assert (scale[part] == {"words": 3.0, "near": 0.5}.get(name, 1.0)).all()


def test_columns_of_few_sites_are_left_out() -> None:
    X = sparse.csr_matrix([[1, 0, 1], [1, 1, 0], [1, 1, 0]])
    assert columns_on_sites(X, np.array([0, 1, 1]), 2).tolist() == [0]
    assert columns_on_sites(X, np.array([0, 1, 2]), 2).tolist() == [0, 1]
