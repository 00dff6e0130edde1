"""Fit the weights of `cleantext.headline` anew, and say how often the likeliest headline of a page is its title.

Pages are WCXB's articles and fundus' news that show their title as a line of its own; facts of their lines come from models that have not
seen their sites. Weights are fitted on folds 2 to 4 and measured on folds 0 and 1 beside those that the package has.

Usage::

    python benchmarks/headline_weights.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import numpy as np
from bench import N_FOLDS, Bench, Cleaner
from numpy.typing import NDArray
from peer_cache import cache_dir
from report import Cell, table
from scipy.optimize import minimize

from cleantext import context
from cleantext.columns import Fact
from cleantext.headline import SEEN, START_KINDS, STEPS, WEIGHTS, candidates
from cleantext.judge_columns import JUDGE_FACTS
from cleantext.line_columns import START
from cleantext.model import LineModel
from cleantext.train.align import tokenize
from cleantext.train.dataset import make_dataset
from cleantext.train.pages import LabelledPage, site_folds

MEASURED_FOLDS = (0, 1)
_PENALTY = 1.0
# Bins that are fitted as one: the kinds of `START`; any other bin is one by itself.
_KIND = {fact: START_KINDS if fact == START else {name: name for name in fact.bins} for fact in SEEN}


class Candidates(NamedTuple):
    """A page's candidates: the index of each one's weight for each of `SEEN`, and which are its title."""

    weight: NDArray[np.int64]
    title: NDArray[np.bool_]


def weight_names() -> list[tuple[Fact, str]]:
    """What a weight is fitted for: a fact, and a bin of it or a kind of bins."""
    return [(fact, kind) for fact in SEEN for kind in dict.fromkeys(_KIND[fact].values())]


def candidates_of(page: LabelledPage, title: str, model: LineModel) -> Candidates:
    """Candidates of a page for its headline."""
    data = make_dataset([page], [0], model.phrases)
    pages = context.Pages(data.first_row, data.own.row)
    facts = context.Context(data.own, *data.view_scores(model.views), pages).facts(slice(0, pages.n_rows))
    seen = tuple(facts[JUDGE_FACTS.index(fact)] if fact in JUDGE_FACTS else data.own.fact(fact) for fact in SEEN)
    names = weight_names()
    places = [np.array([names.index((fact, _KIND[fact][name])) for name in fact.bins]) for fact in SEEN]
    rows = candidates(seen)
    words = tokenize(title)
    is_title = np.array([tokenize(line) == words for line in page.lines()], np.bool_)
    return Candidates(np.stack([place[some[rows]] for place, some in zip(places, seen, strict=True)], axis=1), is_title[rows])


def fit(pages: Sequence[Candidates]) -> NDArray[np.float64]:
    """Weights that make titles likeliest among the candidates of their pages (conditional logit)."""
    pages = [page for page in pages if page.title.any()]
    index = np.concatenate([page.weight for page in pages])
    title = np.concatenate([page.title for page in pages])
    number = np.repeat(np.arange(len(pages)), [len(page.title) for page in pages])

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = np.exp(weights[index].sum(axis=1))
        of_all, of_titles = np.bincount(number, odds), np.bincount(number, odds * title)
        gain = odds / of_all[number] - odds * title / of_titles[number]
        gradient = np.bincount(index.ravel(), np.repeat(gain, index.shape[1]), len(weights)) + _PENALTY * weights
        return float(np.log(of_all / of_titles).sum() + _PENALTY / 2 * (weights**2).sum()), gradient

    found: NDArray[np.float64] = minimize(loss, np.zeros(len(weight_names())), jac=True, method="L-BFGS-B").x
    return found


def share_right(pages: Sequence[Candidates], weights: NDArray[np.float64]) -> float:
    """Share of pages whose likeliest candidate is their title."""
    return float(np.mean([len(page.title) > 0 and bool(page.title[weights[page.weight].sum(axis=1).argmax()]) for page in pages]))


def shown_pages(bench: Bench) -> list[tuple[Candidates, int]]:
    """Candidates of the pages that show their title, and each one's fold."""
    found = []
    for corpus in ("wcxb", "fundus"):
        documents, pages = bench.documents(corpus), bench.pages(corpus)
        folds = site_folds([document.site for document in documents], N_FOLDS).tolist()
        for document, page, fold in zip(documents, pages, folds, strict=True):
            title = tokenize(document.title)
            if (corpus == "fundus" or document.kind == "article") and title and title in map(tokenize, page.lines()):
                found.append((candidates_of(page, document.title, bench.cleaner.models[fold]), fold))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print weights and shares; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python benchmarks/headline_weights.py", description=__doc__.splitlines()[0])
    parser.add_argument("--folds", type=Path, default=cache_dir() / "models", help="folder of fold-K.ctm")
    options = parser.parse_args(arguments)
    try:
        bench = Bench(Cleaner.from_folder(options.folds))
    except (FileNotFoundError, ValueError) as missing:  # the models or the corpora; the message says where they come from
        parser.error(str(missing))
    with closing(bench):
        pages = shown_pages(bench)
    names = weight_names()
    of_package = np.array([WEIGHTS[fact.name].get(next(b for b in fact.bins if _KIND[fact][b] == kind), 0) for fact, kind in names]) / STEPS
    fitted = fit([page for page, fold in pages if fold not in MEASURED_FOLDS])
    rows: list[list[Cell]] = []
    for (fact, kind), ours, anew in zip(names, of_package, fitted, strict=True):
        if ours or round(anew * STEPS):
            rows.append([fact.name, kind, round(ours * STEPS), round(anew * STEPS)])
    print(table(["fact", "bins", "weight in the package, 1/16", "fitted anew"], rows))
    held_out = [page for page, fold in pages if fold in MEASURED_FOLDS]
    print(f"\nof {len(held_out)} pages in folds 0 and 1 that show their title, it is the likeliest headline on a share of")
    print(
        table(["weights of", "share"], [["the package", share_right(held_out, of_package)], ["fitted anew", share_right(held_out, fitted)]])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
