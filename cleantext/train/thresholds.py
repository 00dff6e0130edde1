"""Chooses the named thresholds on pages that a model has not seen, and measures what each gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import sparse

from cleantext.context import SCALE
from cleantext.lines import make_block
from cleantext.model import LineModel, probability

from .metrics import expected_calibration_error
from .pages import LabelledPage, nearly_clean, site_folds
from .regression import fit, whole

_SLACK = 0.0002
STEPS = np.round(np.arange(0.05, 0.96, 0.01), 2)


class Situation(NamedTuple):
    """Held-out lines of one situation, all pages one after the other.

    Attributes
    ----------
    score : float64 array of shape (n_lines,)
    label : int8 array of shape (n_lines,)
        Doubtful lines are left out.
    words : float64 array of shape (n_lines,)
        Words of each line.
    page : int64 array of shape (n_lines,)
    """

    score: npt.NDArray[np.float64]
    label: npt.NDArray[np.int8]
    words: npt.NDArray[np.float64]
    page: npt.NDArray[np.int64]


def held_out_scores(full: Sequence[LabelledPage], models: Sequence[LineModel], *, judged: bool = False) -> dict[str, Situation]:
    """Scores of WCXB's and fundus' pages in the block rendering, each by the model that has not seen its site.

    Parameters
    ----------
    full : sequence of LabelledPage
    models : sequence of LineModel
        Model `k` was trained without fold `k`.
    judged : bool
        As the judge has them, before they are moved by what can be expected of the page.

    Returns
    -------
    dict
        "full pages" and "nearly clean", the latter of news and articles alone: only prose has a stretch to be cut to.
    """
    return {name: _score(pages, models, judged) for name, pages in _situations(full).items()}


def usual_pages(full: Sequence[LabelledPage]) -> list[tuple[str, npt.NDArray[np.int8]]]:
    """Texts and labels of the pages that `held_out_scores` scores, of both situations."""
    return [(page.text, page.label) for pages in _situations(full).values() for page in pages]


def _situations(full: Sequence[LabelledPage]) -> dict[str, list[LabelledPage]]:
    pages = [page for page in full if page.rendering == "blocks" and page.corpus in ("wcxb", "fundus") and len(page.label)]
    articles = [page for page in pages if page.corpus == "fundus" or page.kind == "article"]
    cuts = [cut for page in articles if (cut := nearly_clean(page)) is not None]
    return {"full pages": pages, "nearly clean": cuts}


def _score(pages: Sequence[LabelledPage], models: Sequence[LineModel], judged: bool) -> Situation:
    folds = site_folds([page.site for page in pages], len(models))
    score, label, words, number = [], [], [], []
    for index, (page, fold) in enumerate(zip(pages, folds.tolist(), strict=True)):
        scores = models[fold].score_block(make_block([page.text]))
        known = page.label >= 0
        score.append((probability(scores.judged) if judged else scores.score)[known])
        label.append(page.label[known])
        words.append(scores.own.n_words[known].astype(np.float64))
        number.append(np.full(int(known.sum()), index))
    return Situation(*(np.concatenate(parts) for parts in (score, label, words, number)))


def page_f1(situation: Situation, threshold: float) -> float:
    """Mean over pages of the F1 of kept words, told by the lines' labels.

    Parameters
    ----------
    situation : Situation
    threshold : float

    Returns
    -------
    float
        A page without content counts 1 if nothing is kept of it, else 0.
    """
    keep = situation.score >= threshold
    n_pages = int(situation.page[-1]) + 1
    kept = np.bincount(situation.page, situation.words * keep, n_pages)
    gold = np.bincount(situation.page, situation.words * situation.label, n_pages)
    hits = np.bincount(situation.page, situation.words * (keep & (situation.label == 1)), n_pages)
    total = kept + gold
    return float(np.mean(np.where(total > 0, 2 * hits / np.maximum(total, 1), 1.0)))


def _rates(situation: Situation, threshold: float) -> dict[str, float]:
    keep = situation.score >= threshold
    words, content = situation.words, situation.label == 1
    kept_content = float((words * (keep & content)).sum())
    return {
        "precision": round(kept_content / max(float((words * keep).sum()), 1.0), 4),
        "recall": round(kept_content / max(float((words * content).sum()), 1.0), 4),
        "f1": round(page_f1(situation, threshold), 4),
        "furniture_lines_removed": round(1 - float(keep[~content].mean()), 4),
        "content_lines_lost": round(1 - float(keep[content].mean()), 4),
    }


def calibration(situations: dict[str, Situation]) -> tuple[float, float]:
    """Scale and shift of the log-odds with which scores become probabilities (Platt), both situations counting alike.

    The judge's training gives nearly clean pages and our own lines more weight than pages have them, which moves its scores.

    Returns
    -------
    scale, shift : float
        Of log-odds.
    """
    logit = np.concatenate([_log_odds(s.score) for s in situations.values()])
    label = np.concatenate([s.label for s in situations.values()])
    weight = np.concatenate([np.full(len(s.score), 1 / len(s.score)) for s in situations.values()])
    coef, intercept = fit(sparse.csr_matrix(logit[:, None]), label, weight, C=1e6)
    return float(coef[0]), intercept


def calibrated_model(model: LineModel, scale: float, shift: float) -> LineModel:
    """A model whose scores are calibrated: the judge's weights are scaled, its intercept shifted."""
    columns = whole(model.arrays["judge_columns"] * (scale / SCALE))
    intercept = whole(model.arrays["judge_intercept"] * (scale / SCALE) + shift)
    return LineModel(model.arrays | {"judge_columns": columns, "judge_intercept": intercept}, model.info)


def _log_odds(score: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(np.log(score / (1 - score)))


def choose(situations: dict[str, Situation]) -> tuple[dict[str, float], dict[str, Any]]:
    """Choose thresholds.

    "balanced" is the lowest whose mean of both situations' page F1 is within `_SLACK` of the best: a paragraph that is gone cannot be had
    back, a label that stayed can. Up to model 1.7, which left more single furniture lines in, it was the highest within 0.001. Of model
    1.8 that would have been 0.44, at which 0.970 of our one-line cases go, 0.986 of look-alike content and 0.977 of the carriers' own
    lines stay; 0.35 gives 0.958, 0.990 and 0.982, and 0.33, within 0.0005, 0.951, 0.991 and 0.984. These had been seen when it was
    decided, so the cases are no independent measure of this rule.

    "recall" is the highest threshold at which both situations lose at most half
    the content lines that "balanced" loses, "precision" the lowest at which both keep at most half the furniture lines.

    Parameters
    ----------
    situations : dict of str to Situation

    Returns
    -------
    thresholds : dict of str to float
    measured : dict
        For each name and situation, precision and recall in words, page F1 and rates of lines; the calibration error; and the
        curve of rates over all thresholds.
    """
    curve = {name: [_rates(s, float(step)) for step in STEPS] for name, s in situations.items()}
    sums = np.sum([[rates["f1"] for rates in rows] for rows in curve.values()], axis=0)
    middle = int(np.flatnonzero(sums / len(curve) >= sums.max() / len(curve) - _SLACK - 1e-9)[0])

    def within(index: int, key: str, limit: float) -> bool:
        return all(
            (rows[index][key] if key == "content_lines_lost" else 1 - rows[index][key])
            <= limit * max(rows[middle][key] if key == "content_lines_lost" else 1 - rows[middle][key], 1e-4)
            for rows in curve.values()
        )

    low = max((i for i in range(middle) if within(i, "content_lines_lost", 0.5)), default=0)
    high = min((i for i in range(middle + 1, len(STEPS)) if within(i, "furniture_lines_removed", 0.5)), default=len(STEPS) - 1)
    places = {"precision": high, "balanced": middle, "recall": low}
    measured: dict[str, Any] = {name: {situation: rows[index] for situation, rows in curve.items()} for name, index in places.items()}
    measured["calibration error"] = {
        name: round(expected_calibration_error(s.score, s.label, np.ones(len(s.score))), 4) for name, s in situations.items()
    }
    measured["curve"] = {
        name: [
            [float(step), row["furniture_lines_removed"], row["content_lines_lost"]]
            for step, row in zip(STEPS[::5], rows[::5], strict=True)
        ]
        for name, rows in curve.items()
    }
    return {name: float(STEPS[index]) for name, index in places.items()}, measured
