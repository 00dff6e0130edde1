"""Scores of cleaned pages and of line scores.  All ratios are in [0, 1]."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

# The standard library's ``re`` on purpose: the published definition is Python's own ``\w``.
_WORD = re.compile(r"\w+")


class PRF(NamedTuple):
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float
    f1: float


class LineRates(NamedTuple):
    """What a decision does to lines; see :func:`line_rates`."""

    furniture_removed: float
    content_lost: float
    accuracy: float


def _prf(hits: float, predicted: float, gold: float) -> PRF:
    if not predicted and not gold:
        return PRF(1.0, 1.0, 1.0)
    precision = hits / predicted if predicted else 0.0
    recall = hits / gold if gold else 0.0
    return PRF(precision, recall, 2 * hits / (predicted + gold))


def word_prf(predicted: str, gold: str) -> PRF:
    r"""Compare two texts as multisets of words, as WCXB defines it.

    Parameters
    ----------
    predicted, gold : str
        Words are ``\w+`` of the lower-cased text.

    Returns
    -------
    PRF
        Two texts without words agree: 1.0.  If only one has words, all three are 0.0.

    Examples
    --------
    >>> word_prf("The soup, the leek!", "the leek soup")
    PRF(precision=0.75, recall=1.0, f1=0.8571428571428571)
    """
    words, wanted = Counter(_WORD.findall(predicted.lower())), Counter(_WORD.findall(gold.lower()))
    return _prf((words & wanted).total(), words.total(), wanted.total())


def word_f1(predicted: str, gold: str) -> float:
    """F1 of :func:`word_prf`.

    Examples
    --------
    >>> word_f1("a b", "a b"), word_f1("", "a"), word_f1("", "")
    (1.0, 0.0, 1.0)
    """
    return word_prf(predicted, gold).f1


def _fold(text: str) -> str:
    return " ".join(text.split())


def segment_prf(texts: Iterable[str], present: Iterable[Sequence[str]], absent: Iterable[Sequence[str]]) -> PRF:
    """Precision, recall and F1 of segments, pooled over pages.

    Parameters
    ----------
    texts : iterable of str
        The cleaned pages.
    present, absent : iterable of sequences of str
        Per page, the segments that must stay and those that must go.  White space is folded, then a segment
        counts as found when it is a substring of the page.

    Returns
    -------
    PRF
        Of the segments found, how many should be there; of those that should be there, how many are.

    Raises
    ------
    ValueError
        If the three do not have the same length.

    Examples
    --------
    >>> segment_prf(["Leek  soup. Menu"], [["Leek soup", "Boil"]], [["Menu", "Login"]])
    PRF(precision=0.5, recall=0.5, f1=0.5)
    """
    hits = false = wanted = 0
    for text, stay, go in zip(texts, present, absent, strict=True):
        folded = _fold(text)
        hits += sum(_fold(segment) in folded for segment in stay)
        false += sum(_fold(segment) in folded for segment in go)
        wanted += len(stay)
    return _prf(hits, hits + false, wanted)


def expected_calibration_error(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None, bins: int = 15) -> float:
    """Mean distance between score and share of content, over bins of equal width.

    Parameters
    ----------
    scores : array-like of shape (n_lines,)
        Scores in [0, 1].
    labels : array-like of shape (n_lines,)
        1 content, 0 furniture; doubtful lines (below 0) are left out.
    weights : array-like of shape (n_lines,), optional
        Weight per line; 1 each if not given.
    bins : int
        Number of bins; a score on an edge belongs to the bin above, 1.0 to the last one.

    Returns
    -------
    float
        0.0 if no line has a label.

    Raises
    ------
    ValueError
        If shapes differ, ``bins`` is below 1, or a score is outside [0, 1] or not a number.

    Examples
    --------
    >>> expected_calibration_error([0.9, 0.9, 0.1, 0.1], [1, 1, 0, 1])
    0.25
    """
    score, label = np.asarray(scores, dtype=np.float64), np.asarray(labels)
    weight = np.ones(score.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not (score.shape == label.shape == weight.shape and score.ndim == 1):
        raise ValueError(f"shapes differ: scores {score.shape}, labels {label.shape}, weights {weight.shape}")
    if bins < 1:
        raise ValueError(f"bins must be at least 1, not {bins}")
    if not np.all((score >= 0) & (score <= 1)):
        raise ValueError("scores must be numbers in [0, 1]")
    known = label >= 0
    score, label, weight = score[known], label[known], weight[known]
    if not weight.sum() > 0:
        return 0.0
    index = np.minimum((score * bins).astype(np.int64), bins - 1)
    # Per bin |sum w (score - label)| is its weight times the distance of its two means.
    gap = np.bincount(index, weights=weight * (score - label), minlength=bins)
    return float(np.abs(gap).sum() / weight.sum())


def line_rates(keep: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> LineRates:
    """Say what a decision does to the labelled lines.

    Parameters
    ----------
    keep : array-like of bool, shape (n_lines,)
        Whether each line is kept.
    labels : array-like of int, shape (n_lines,)
        1 content, 0 furniture; doubtful lines (below 0) are left out.
    weights : array-like of float, shape (n_lines,), optional
        Weight per line; 1 each if not given.

    Returns
    -------
    LineRates
        Share of furniture removed (1.0 if there is none), of content lost (0.0 if there is none), and of
        lines decided rightly (1.0 if there are none).

    Raises
    ------
    ValueError
        If shapes differ.

    Examples
    --------
    >>> line_rates([True, False, True, False], [1, 0, 0, -1])
    LineRates(furniture_removed=0.5, content_lost=0.0, accuracy=0.6666666666666666)
    """
    kept, label = np.asarray(keep, dtype=bool), np.asarray(labels)
    weight = np.ones(kept.shape) if weights is None else np.asarray(weights, dtype=np.float64)
    if not kept.shape == label.shape == weight.shape:
        raise ValueError(f"shapes differ: keep {kept.shape}, labels {label.shape}, weights {weight.shape}")
    content, furniture = weight * (label == 1), weight * (label == 0)
    removed, lost = float(furniture[~kept].sum()), float(content[~kept].sum())
    n_content, n_furniture = float(content.sum()), float(furniture.sum())
    total = n_content + n_furniture
    return LineRates(
        removed / n_furniture if n_furniture else 1.0,
        lost / n_content if n_content else 0.0,
        (removed + n_content - lost) / total if total else 1.0,
    )
