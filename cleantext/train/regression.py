"""Logistic regressions by scikit-learn, on columns that more than a few sites have, rounded to a model's weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from cleantext import context
from cleantext.features import OWN_COLUMNS, PLACES
from cleantext.line_columns import NEAR_LINES
from cleantext.model import COLUMN_OFFSETS, View
from cleantext.views import NEAR_STEP

from .dataset import Layout

FloatArray = npt.NDArray[np.float64]

#: Columns that fewer sites have are left out of a view: with two, a publisher's sister sites would still be learnt by heart.
MIN_SITES = 3


class Penalty(NamedTuple):
    """How freely each kind of feature may be used: its values are scaled by this, so its weights cost 1 / scale^2."""

    columns: float = 1.0
    phrases: float = 1.0
    edges: float = 1.0
    near: float = 1.0
    words: float = 1.0
    pairs: float = 1.0
    forms: float = 1.0


def columns_on_sites(X: sparse.csr_matrix, site: npt.NDArray[np.int64], at_least: int) -> npt.NDArray[np.int64]:
    """Columns that are not zero on at least so many sites.

    What stands on one site alone is that site's habit and tells nothing of others.

    Parameters
    ----------
    X : csr_matrix of shape (n_samples, n_features)
    site : int64 array of shape (n_samples,)
        Number of each row's site.
    at_least : int

    Returns
    -------
    int64 array
        Ascending column numbers.
    """
    n_sites = int(site.max()) + 1 if len(site) else 0
    members = sparse.csr_matrix((np.ones(len(site), np.float32), (site, np.arange(len(site)))), shape=(n_sites, len(site)))
    on_site = (members @ X).tocsc()
    return np.flatnonzero(np.diff(on_site.indptr) >= at_least)


def fit(X: sparse.csr_matrix, y: npt.NDArray[np.int8], weight: FloatArray, *, C: float, max_iter: int = 100) -> tuple[FloatArray, float]:
    """Fit one logistic regression.

    Parameters
    ----------
    X : csr_matrix of shape (n_samples, n_features)
    y : int8 array of shape (n_samples,)
        0 or 1.
    weight : float array of shape (n_samples,)
        Weights of the samples; only their proportions count.
    C : float
        Inverse strength of the L2 penalty for a mean sample weight of one.
    max_iter : int
        L-BFGS steps. With the penalties of `fit.Recipe` held-out scores stop changing before these are done.

    Returns
    -------
    coef : float64 array of shape (n_features,)
    intercept : float
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    regression = LogisticRegression(C=C, max_iter=max_iter, solver="lbfgs", tol=1e-5)
    # Several threads add up in an order of their own: a retrained model had other bytes on another number of cores.
    with warnings.catch_warnings(), threadpool_limits(limits=1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early on purpose, see max_iter
        regression.fit(X, y, sample_weight=weight / weight.mean())
    return regression.coef_[0].astype(np.float64), float(regression.intercept_[0])


def fit_view(
    X: sparse.csr_matrix,
    y: npt.NDArray[np.int8],
    weight: FloatArray,
    site: npt.NDArray[np.int64],
    layout: Layout,
    *,
    penalty: Penalty,
    C: float,
) -> View:
    """Fit a view and round it to a model's weights."""
    chosen = columns_on_sites(X, site, MIN_SITES)
    scale = np.empty(layout.size, np.float32)
    for name, part in layout.slices.items():
        scale[part] = getattr(penalty, name)
    X = X[:, chosen]
    X.data *= scale[chosen][X.indices]
    found, intercept = fit(X, y, weight, C=C)
    coef = np.zeros(layout.size)
    coef[chosen] = found * scale[chosen]
    near = np.rint(coef[layout.slices["near"]] * context.SCALE / NEAR_STEP).clip(-127, 127).astype(np.int8).reshape(len(NEAR_LINES), -1)
    arrays = {name: whole(coef[part]) for name, part in layout.slices.items() if name != "near"}
    arrays["phrases"] = arrays["phrases"].reshape(-1, len(PLACES))
    return View(intercept=whole(np.array([intercept])), near=near, **arrays)


def without_place(view: View) -> View:
    """A view of lines by themselves alone, for which there are no columns of place and no lines near."""
    return view._replace(columns=view.columns[: int(COLUMN_OFFSETS[len(OWN_COLUMNS)])], near=view.near[:0])


def whole(coef: FloatArray) -> npt.NDArray[np.int16]:
    """Log-odds to 16-bit weights of 1/256."""
    return np.clip(np.rint(coef * context.SCALE), -32767, 32767).astype(np.int16)
