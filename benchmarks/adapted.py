"""What it is worth to label pages of one's own: the shipped model moved by `cleantext.train.adapt`, measured on other sites' pages.

The pages are the half of ``data/held_out``'s shops, listings, forums, documentation and services that the penalties of
`cleantext.train.adaptation` were not chosen on. They are dealt to four folds; from those of the other three some are drawn, the model is
moved by them, and measured on the fold's.

With the corpora beside the checkout it also tells what becomes of other pages: WCXB's of one fold, by the model that has not seen them
before and after it was moved by all of our pages. The penalties were chosen on that fold too, with the other half of our pages.

Usage::

    python benchmarks/adapted.py                  # word F1 over the number of labelled pages; other pages
    python benchmarks/adapted.py --only own       # without the corpora
"""

from __future__ import annotations

import argparse
import hashlib
import random
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
from bench import Bench, Cleaner
from furniture_cases import content_kept, furniture_removed, load_carriers, load_cases, own_lines_kept, run_cases
from quality_pages import f1s, nearly_clean_pages
from report import Cell, table, write_json

import cleantext
from cleantext import LineModel
from cleantext.train.adapt import Figures, figures
from cleantext.train.adaptation import Adaptation, page_scores
from cleantext.train.augment import read_pages
from cleantext.train.pages import LabelledPage, kept_text

BENCHMARKS = Path(__file__).resolve().parent
N_FOLDS = 4
_SIZES = (5, 10, 20, 40)
_DRAWS = 5
_OTHER = ("news", "press", "nothing")


def _hash(page: LabelledPage, salt: str) -> int:
    return int(hashlib.sha256((salt + page.site).encode()).hexdigest(), 16)


def measured_pages(folder: Path = BENCHMARKS.parent / "data" / "held_out") -> list[LabelledPage]:
    """Our own pages of types, the half that no choice was made on."""
    pages = [page for page in read_pages(folder) if page.doc_id.split("-")[0] not in _OTHER]
    return [page for page in pages if _hash(page, "half") % 2]


def measured(pages: Sequence[LabelledPage], scores: Sequence[np.ndarray], limit: float) -> Figures:
    """Mean word F1, furniture lines removed, content lines lost; told by the labels."""
    return figures(pages, [kept_text(page, page.label == 1) for page in pages], scores, limit)


def moved_by(model: LineModel, pages: Sequence[LabelledPage], fold: Sequence[int], size: int | None, seed: int) -> list[np.ndarray]:
    """Scores of every page by the model moved by so many pages of other folds, all of them if `size` is None."""
    scores: list[np.ndarray] = [np.empty(0)] * len(pages)
    for number in range(N_FOLDS):
        others = [page for page, one in zip(pages, fold, strict=True) if one != number]
        chosen = others if size is None else random.Random(f"{seed} {number}").sample(others, size)
        some = [index for index, one in enumerate(fold) if one == number]
        for index, score in zip(some, page_scores(Adaptation(model, chosen).moved(), [pages[i] for i in some]), strict=True):
            scores[index] = score
    return scores


_COLUMNS = ("labelled", "f1", "furniture_removed", "content_lost", "spread", "seconds")


def over_labelled(model: LineModel, pages: Sequence[LabelledPage], sizes: Sequence[int | None] = (*_SIZES, None)) -> list[dict[str, float]]:
    """Mean word F1 and rates of lines over how many pages were labelled; of several draws the standard deviation of F1 too."""
    fold = [_hash(page, "fold") % N_FOLDS for page in pages]
    limit = model.threshold(None)
    rows = [dict(zip(_COLUMNS, (0, *measured(pages, page_scores(model, pages), limit)), strict=False))]
    for size in sizes:
        draws, start = _DRAWS if size else 1, time.perf_counter()
        found = [measured(pages, moved_by(model, pages, fold, size, seed), limit) for seed in range(draws)]
        seconds = (time.perf_counter() - start) / draws / N_FOLDS
        spread = statistics.stdev(one[0] for one in found) if draws > 1 else 0.0
        means = [statistics.mean(column) for column in zip(*found, strict=True)]
        labelled = size or round(len(pages) * (1 - 1 / N_FOLDS))
        rows.append(dict(zip(_COLUMNS, (labelled, *means, spread, seconds), strict=True)))
    return rows


def own_table(rows: Sequence[dict[str, float]]) -> str:
    """`over_labelled` as a table; the last row is of all pages of the other folds."""
    cells: list[list[Cell]] = [[row["labelled"], *(row.get(name) for name in _COLUMNS[1:])] for row in rows]
    return table(["pages labelled", "word F1", "furniture removed", "content lost", "spread of F1", "seconds"], cells)


def others_table(model: LineModel, moved: LineModel, bench: Bench) -> str:
    """Pages that are nothing like those labelled: WCXB's, its articles cut to their own stretch, and one-line cases."""
    documents, near = nearly_clean_pages(bench, "wcxb", ("article",))
    cases, carriers = load_cases(), load_carriers()
    rows: list[list[Cell]] = []
    for name, one in (("as it was", model), ("moved", moved)):
        cleaner = Cleaner([one])
        full = statistics.mean(f1s(cleaner.clean_pages(bench.pages("wcxb")), bench.documents("wcxb")))
        clean = statistics.mean(f1s(cleaner.clean_pages(near), documents))
        runs = run_cases(partial(cleantext.strip_many, model=one, normalize=False), cases, carriers)
        rows.append([name, full, clean, furniture_removed(runs), content_kept(runs), own_lines_kept(runs)])
    header = ["model without the fold", "full pages, word F1", "nearly clean", "cases: removed", "look-alikes kept", "own lines kept"]
    return table(header, rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python benchmarks/adapted.py", description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=("own", "others"), help="one of the two tables")
    parser.add_argument("--folds", type=Path, default=BENCHMARKS / "models", help="where the model without fold 0 is (default: the gate's)")
    parser.add_argument("--json", type=Path, help="write the first table there as well")
    options = parser.parse_args(arguments)
    pages = measured_pages()
    if options.only != "others":
        print(f"{len(pages)} pages of our own, model {LineModel.load().version}; means of {_DRAWS} draws\n")
        rows = over_labelled(LineModel.load(), pages)
        print(own_table(rows))
        if options.json:
            write_json(options.json, {"pages": len(pages), "labelled": rows})
    if options.only != "own":
        try:
            model = Cleaner.from_folder(options.folds, 0).models[0]
            bench = Bench(Cleaner([model]), fold=0)
            with closing(bench):
                found = others_table(model, Adaptation(model, pages).moved(), bench)
        except (FileNotFoundError, ValueError) as missing:  # the model or the corpora; the message says where they come from
            parser.error(str(missing))
        print(f"\nWCXB's pages of fold 0, before and after {len(pages)} pages of our own\n")
        print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
