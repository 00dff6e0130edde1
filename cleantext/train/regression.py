"""Logistic regressions by scikit-learn, on columns that more than a few sites have, rounded to a model's weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit
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


def fit_around(
    X: sparse.csr_matrix, y: npt.NDArray[np.int8], weight: FloatArray, offset: FloatArray, *, scale: FloatArray, C: float
) -> tuple[FloatArray, float]:
    """Fit what a logistic regression adds to log-odds that are given.

    Weights start from 0 and cost as much as in `fit`: the most likely ones if those behind `offset` are held to be the likeliest of all
    beforehand. So does the intercept, which samples of one label alone would drive ever further. (scikit-learn's
    regression takes no offset.)

    Parameters
    ----------
    X : csr_matrix of shape (n_samples, n_features)
    y : int8 array of shape (n_samples,)
        0 or 1.
    weight : float array of shape (n_samples,)
        Weights of the samples; only their proportions count.
    offset : float array of shape (n_samples,)
        Log-odds of each sample before.
    scale : float array of shape (n_features,)
        How freely each feature may be used, see `Penalty`.
    C : float
        Inverse strength of the L2 penalty for a mean sample weight of one.

    Returns
    -------
    coef : float64 array of shape (n_features,)
        0 for features that no sample has, and for all if there is no sample.
    intercept : float

    Examples
    --------
    >>> X, y = sparse.csr_matrix([[1.0, 0, 0], [0, 1, 0]]), np.array([1, 0], np.int8)
    >>> coef, intercept = fit_around(X, y, np.ones(2), np.array([0.0, -9]), scale=np.ones(3), C=1.0)
    >>> [round(float(one), 2) for one in (*coef, intercept)]
    [0.34, -0.0, 0.0, 0.34]
    """
    from scipy.optimize import minimize
    from threadpoolctl import threadpool_limits

    if not len(y):
        return np.zeros(X.shape[1]), 0.0
    used = np.flatnonzero(np.bincount(X.indices, minlength=X.shape[1]))
    Z = X[:, used].astype(np.float64) @ sparse.diags_array(scale[used])
    transposed = Z.T.tocsr()
    sign, weight = np.where(y == 1, 1.0, -1.0), C * weight / weight.mean()

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        coef, intercept = parameters[:-1], parameters[-1]
        margin = sign * (offset + Z @ coef + intercept)
        slope = -sign * weight * expit(-margin)
        cost = weight @ np.logaddexp(0, -margin) + parameters @ parameters / 2
        return float(cost), np.append(transposed @ slope, slope.sum()) + parameters

    # As in `fit`; and on vectors this short several threads wait for each other for most of the time.
    with threadpool_limits(limits=1):
        found = minimize(loss, np.zeros(len(used) + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    coef = np.zeros(X.shape[1])
    coef[used] = found[:-1] * scale[used]
    return coef, float(found[-1])


def penalty_scale(penalty: Penalty, layout: Layout) -> FloatArray:
    """`Penalty` of every feature of a view: float64 array of shape (layout.size,)."""
    scale = np.empty(layout.size)
    for name, part in layout.slices.items():
        scale[part] = getattr(penalty, name)
    return scale


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
    scale = penalty_scale(penalty, layout).astype(np.float32)
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
