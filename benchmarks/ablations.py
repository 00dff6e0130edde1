"""What each part of the line model is worth: variants of it, each trained like the shipped model but for one thing.

    python benchmarks/ablations.py                             every variant; the first fold's sites are held out
    python benchmarks/ablations.py --folds 5 --json FILE       all five folds, as the figures in EXPERIMENTS.md are measured
    python benchmarks/ablations.py --only no-words,one-round   some of them, beside the full model
    python benchmarks/ablations.py --list                      what there is

Features are computed once for all variants: what a variant does without is hidden from the regressions, column by column. Views that
a variant does not touch are fitted once as well. Scores become probabilities, and the threshold is chosen, for each variant as for
the shipped model (`cleantext.train.thresholds`), on the pages held out.

The rows "other-folds" are the full model once more, with other sites in each fold and other lines mixed into pages: they show what
differences between rows are worth nothing. Behind a difference stands its standard error over pages.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ablation_variants import FULL_MODEL, VARIANTS, AblationTrainer, Bools, Ints, Score, Variant, seen
from bench import Bench, Cleaner
from numpy.typing import NDArray
from quality_pages import WORD, f1s, nearly_clean_pages
from report import Cell, table, write_json
from timing import machine, versions

from cleantext import context
from cleantext.expected import line_shifts, page_shifts, spared_rows
from cleantext.model import LineModel, probability
from cleantext.train import thresholds
from cleantext.train.corpora import Document
from cleantext.train.dataset import make_dataset
from cleantext.train.fit import N_FOLDS, Trainer
from cleantext.train.material import Material, read_material
from cleantext.train.metrics import expected_calibration_error, line_rates
from cleantext.train.pages import LabelledPage, gold_page, kept_text, site_folds

Figures = dict[str, float]

DATA = Path(__file__).resolve().parent.parent / "data"


# Measuring --------------------------------------------------------------------------------------------------------


class HeldOut:
    """Held-out pages of one kind.

    Parameters
    ----------
    documents : sequence of Document
        Whose gold texts the pages are compared with.
    pages : sequence of LabelledPage
    folds : int array of shape (n_pages,)
        Which model has not seen each page's site.
    trainer : Trainer
        Whose phrases are looked for.
    """

    def __init__(self, documents: Sequence[Document], pages: Sequence[LabelledPage], folds: Ints, trainer: Trainer) -> None:
        self.documents, self.pages, self.folds = documents, pages, folds
        self.label = np.concatenate([np.empty(0, np.int8), *(page.label for page in pages)])
        self.bounds = np.cumsum([0, *(len(page.label) for page in pages)])
        self.data = make_dataset(pages, folds, trainer.table) if len(self.label) else None

    def scores(self, models: Mapping[int, LineModel], score: Score) -> NDArray[np.float64]:
        """Scores of all lines before calibration and before they are moved, each by the model that has not seen its site."""
        log_odds = np.zeros(len(self.label), np.int64)
        if self.data is not None:
            for fold, model in models.items():
                rows = self.data.row_fold == fold
                log_odds[rows] = score(model, self.data)[rows]
        return probability(log_odds)

    def spared(self, models: Mapping[int, LineModel]) -> Bools:
        """Lines that are not moved down with their page, by the model that has not seen its site."""
        not_moved = np.zeros(len(self.label), np.bool_)
        if self.data is not None:
            for fold, model in models.items():
                rows = self.data.row_fold == fold
                not_moved[rows] = spared_rows(seen(model, self.data))[rows]
        return not_moved

    def moved(self, calibrated: NDArray[np.float64], not_moved: Bools) -> NDArray[np.float64]:
        """Scores of calibrated log-odds, moved by what can be expected of each page as those of whole models are."""
        log_odds = np.rint(context.SCALE * calibrated).astype(np.int64)
        if self.data is None:
            return probability(log_odds)
        pages = context.Pages(self.data.first_row, self.data.own.row)
        _, shift = page_shifts(log_odds, self.data.own.n_words, pages)
        return probability(log_odds + line_shifts(shift, not_moved, pages))

    def texts(self, keep: Bools) -> list[str]:
        """What is left of each page."""
        return [kept_text(page, keep[low:high]) for page, low, high in zip(self.pages, self.bounds, self.bounds[1:], strict=False)]

    def situation(self, scores: NDArray[np.float64], first_page: int) -> thresholds.Situation:
        """Labelled lines, for `thresholds`; pages count from `first_page`, those without such lines are left out."""
        known = self.label >= 0
        words = self.data.own.n_words if self.data is not None else np.empty(0)
        page = np.repeat(np.arange(len(self.pages)), np.diff(self.bounds))[known]
        number = first_page + np.unique(page, return_inverse=True)[1].astype(np.int64)
        return thresholds.Situation(scores[known], self.label[known], words[known].astype(np.float64), number)


SITUATIONS = {"full pages": ("full", "fundus"), "nearly clean": ("near", "near fundus")}
"""What scores are calibrated on, as `thresholds.held_out_scores` chooses it."""


def measured_pages(bench: Bench) -> dict[str, tuple[list[Document], list[LabelledPage]]]:
    """Documents and pages of every set; full pages are those that `quality.py` measures on."""
    with_gold = [d for corpus in ("wcxb", "fundus") for d in bench.documents(corpus) if d.gold.strip()]
    return {
        "full": (bench.documents("wcxb"), bench.pages("wcxb")),
        "fundus": (bench.documents("fundus"), bench.pages("fundus")),
        "near": nearly_clean_pages(bench, "wcxb", ("article",)),
        "near fundus": nearly_clean_pages(bench, "fundus"),
        "gold": (with_gold, [gold_page(d) for d in with_gold]),
    }


class Result(NamedTuple):
    """What a variant reaches: its figures, and word F1 by set and document, from which differences are taken."""

    figures: Figures
    by_page: dict[str, dict[str, float]]


def measure(sets: Mapping[str, HeldOut], models: Mapping[int, LineModel], score: Score) -> Result:
    """Calibrate, choose the threshold, clean the pages and compare."""
    raw = {name: one.scores(models, score) for name, one in sets.items()}
    scale, shift = thresholds.calibration(_situations(sets, raw))
    # As log-odds: where a small model tells all lines apart, calibrated probabilities are 1.
    calibrated = {name: scale * np.log(one / (1 - one)) + shift for name, one in raw.items()}
    scores = {name: sets[name].moved(one, sets[name].spared(models)) for name, one in calibrated.items()}
    chosen, _ = thresholds.choose(_situations(sets, scores))
    threshold = chosen["balanced"]

    keep = {name: one >= threshold for name, one in scores.items()}
    by_page = {
        name: dict(zip((d.id for d in sets[name].documents), f1s(sets[name].texts(keep[name]), sets[name].documents), strict=True))
        for name in ("full", "fundus", "near")
    }
    rates = line_rates(keep["near"], sets["near"].label)
    gold = sets["gold"]
    words = [_n_words(page.text) for page in gold.pages]
    left = [_n_words(text) for text in gold.texts(keep["gold"])]
    countries: dict[str, list[float]] = {}
    for document in sets["fundus"].documents:
        countries.setdefault(document.kind, []).append(by_page["fundus"][document.id])
    figures = {
        "full": _mean(by_page["full"].values()),
        "near": _mean(by_page["near"].values()),
        "fundus": _mean(statistics.mean(values) for values in countries.values()),
        "furniture removed": rates.furniture_removed,
        "content lost": rates.content_lost,
        "gold words lost": 1 - sum(left) / max(sum(words), 1),
        "error, full": expected_calibration_error(scores["full"], sets["full"].label),
        "error, near": expected_calibration_error(scores["near"], sets["near"].label),
        "threshold": threshold,
    }
    return Result(figures, by_page)


def _situations(sets: Mapping[str, HeldOut], scores: Mapping[str, NDArray[np.float64]]) -> dict[str, thresholds.Situation]:
    """What is calibrated and chosen on, of the sets' scores."""
    situations = {}
    for name, members in SITUATIONS.items():
        parts: list[thresholds.Situation] = []
        for member in members:
            parts.append(sets[member].situation(scores[member], int(parts[-1].page.max(initial=-1)) + 1 if parts else 0))
        joined = thresholds.Situation(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))
        if len(joined.label):
            situations[name] = joined
    if not situations or min(len(np.unique(one.label)) for one in situations.values()) < 2:
        raise ValueError("no line of the pages held out has a label, or all have the same: there is nothing to measure")
    return situations


def _n_words(text: str) -> int:
    return len(WORD.findall(text.lower()))


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return statistics.mean(found) if found else float("nan")


def difference(one: Result, other: Result, name: str) -> tuple[float, float]:
    """Mean difference of word F1 over the pages that both have, and its standard error; not a number without two such pages."""
    both = sorted(one.by_page[name].keys() & other.by_page[name].keys())
    gap = np.array([one.by_page[name][key] - other.by_page[name][key] for key in both])
    if len(gap) < 2:
        return float("nan"), float("nan")
    return float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap)))


# Running ----------------------------------------------------------------------------------------------------------


def dealt_anew(sites: Iterable[str], deal: int, held_out: Sequence[int]) -> dict[str, str]:
    """Other names for sites, by which they fall into other folds.

    Parameters
    ----------
    sites : iterable of str
    deal : int
        Which other assignment.
    held_out : sequence of int
        Folds whose sites stay, and to which no other comes, so that the pages held out are the same; unless fewer than two other folds
        are left to deal sites to: then all are dealt anew.

    Returns
    -------
    dict of str to str
    """
    fixed = frozenset(held_out) if len(held_out) < N_FOLDS - 1 else frozenset[int]()
    names = sorted(set(sites))
    dealt = {}
    for site, fold in zip(names, site_folds(names, N_FOLDS).tolist(), strict=True):
        tries = (f"{site} {deal}.{n}" for n in range(1000))
        dealt[site] = site if fold in fixed else next(name for name in tries if int(site_folds([name], N_FOLDS)[0]) not in fixed)
    return dealt


class Study:
    """Trains and measures variants.

    Parameters
    ----------
    material : Material
    tests : dict
        From `measured_pages`.
    held_out : sequence of int
        Folds whose sites are held out, one after the other.
    """

    def __init__(self, material: Material, tests: dict[str, tuple[list[Document], list[LabelledPage]]], held_out: Sequence[int]) -> None:
        self.material, self.tests, self.held_out = material, tests, held_out
        self.trainer, self.sets = self._deal(0)

    def _deal(self, deal: int) -> tuple[AblationTrainer, dict[str, HeldOut]]:
        """Trainer and test sets for one way of dealing out sites."""
        pages = [*self.material.full, *self.material.gold, *(page for _, some in self.tests.values() for page in some)]
        sites = {page.site for page in pages}
        names = dealt_anew(sites, deal, self.held_out) if deal else {site: site for site in sites}

        def renamed(some: Iterable[LabelledPage]) -> list[LabelledPage]:
            return [replace(page, site=names[page.site]) for page in some]

        trainer = AblationTrainer(renamed(self.material.full), renamed(self.material.gold), self.material.own)
        sets = {}
        for name, (documents, chosen) in self.tests.items():
            folds = site_folds([names[page.site] for page in chosen], N_FOLDS)
            held = np.flatnonzero(np.isin(folds, self.held_out)).tolist()
            sets[name] = HeldOut([documents[i] for i in held], [chosen[i] for i in held], folds[held], trainer)
        return trainer, sets

    def run(self, variant: Variant) -> Result:
        """Train a variant's models and measure them."""
        trainer, sets = self._deal(variant.deal) if variant.deal else (self.trainer, self.sets)
        trainer = variant.change(trainer)
        return measure(sets, {fold: trainer.without_fold(fold) for fold in self.held_out}, variant.score)


SHOWN = ("furniture removed", "content lost", "gold words lost", "error, full", "error, near", "threshold")


def show(results: Mapping[str, Result]) -> str:
    """All variants as one table."""
    base = results[FULL_MODEL]
    rows: list[list[Cell]] = []
    for name, result in results.items():
        row: list[Cell] = [name]
        for kind in ("full", "fundus", "near"):
            gap, error = difference(result, base, kind)
            if kind == "fundus":
                gap = result.figures[kind] - base.figures[kind]
            row += [result.figures[kind], "" if result is base else f"{gap:+.4f} ± {error:.4f}"]
        rows.append(row + [result.figures[key] for key in SHOWN])
    header = ["variant", "full pages", "difference", "fundus", "difference", "nearly clean", "difference", *SHOWN]
    return table(header, rows, digits=4)


def as_json(results: Mapping[str, Result], held_out: Sequence[int]) -> dict[str, Any]:
    """Figures and differences to the full model, for a file."""
    base = results[FULL_MODEL]
    return {
        "machine": machine(),
        "versions": versions(["cleantext-lines", "numpy", "scikit-learn"]),
        "folds held out": list(held_out),
        "figures": {name: result.figures for name, result in results.items()},
        "differences": {
            name: {key: value - base.figures[key] for key, value in result.figures.items()}
            | {f"{kind}, paired": list(difference(result, base, kind)) for kind in result.by_page}
            for name, result in results.items()
            if result is not base
        },
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help="comma-separated variants")
    parser.add_argument("--folds", type=int, choices=range(1, N_FOLDS + 1), default=1, help="how many folds are held out (default 1)")
    parser.add_argument("--data", type=Path, default=DATA, help="folder of our own labelled lines/ and pages/")
    parser.add_argument("--json", type=Path, help="write the figures here, anew after each variant")
    parser.add_argument("--list", action="store_true", help="only say which variants there are")
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(VARIANTS)
    if unknown := set(chosen) - set(VARIANTS):
        parser.error(f"unknown variant {', '.join(sorted(unknown))}: --list names all")
    if options.list:
        print("\n".join(f"{name:28}{variant.about}" for name, variant in VARIANTS.items()))
        return 0
    start = time.perf_counter()

    def log(text: str) -> None:
        print(f"{time.perf_counter() - start:5.0f} s  {text}", file=sys.stderr, flush=True)

    held_out = range(options.folds)
    try:
        bench = Bench(Cleaner(()))
    except FileNotFoundError as missing:  # the corpora; the message says where they come from
        parser.error(str(missing))
    with closing(bench):
        tests = measured_pages(bench)
        study = Study(read_material(bench.root, options.data), tests, held_out)
    log("features")
    results: dict[str, Result] = {}
    for name in dict.fromkeys([FULL_MODEL, *chosen]):
        results[name] = study.run(VARIANTS[name])
        log(f"{name}: " + ", ".join(f"{key} {value:.4f}" for key, value in results[name].figures.items()))
        if options.json:
            write_json(options.json, as_json(results, held_out))
    print(f"folds held out: {', '.join(map(str, held_out))}\n")
    print(show(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
