"""How well cleantext chooses lines, beside extractors, converters and text rules, on the same pages in one run.

    python benchmarks/quality.py                       every part on the whole corpora
    python benchmarks/quality.py --only full,nearly    some parts
    python benchmarks/quality.py --gate                also fails (exit code 1) where a figure is under its floor
    python benchmarks/quality.py --subset 200 --gate   the same on a seeded choice of pages
    python benchmarks/quality.py --fold 0 --gate       the same on one fold's sites, for which one model is enough
    python benchmarks/quality.py --update-floors       raises the floors to what is measured; lowers none

Every page is scored by a model that never saw its site: five models, one per fold of sites, trained as the shipped one
is (`python -m cleantext.train` leaves them in the cache). `--model FILE` scores all pages with one model instead, which flatters it on
pages it was trained on. Seeds and furniture cases always go through the shipped model.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import gate
import quality_lines as lines
import quality_pages as pages
from bench import N_FOLDS, Bench, Cleaner
from peer_cache import cache_dir
from quality_pages import OURS, Figures
from report import Cell, heading, table, write_json
from timing import machine, versions

from cleantext import LineModel


class Part(NamedTuple):
    """One table: how it is computed and printed, and which of its figures the gate watches."""

    title: str
    compute: Callable[[Bench], Figures]
    show: Callable[[Figures], str]
    gated: Callable[[Figures], dict[str, float]]


def _gated_full(f: Figures) -> dict[str, float]:
    ours = f["systems"][OURS]
    return {k: ours[k] for k in ("all", *f["pages"]) if k in ours}


def _gated_nearly(f: Figures) -> dict[str, float]:
    return dict(f["systems"][OURS])


def _gated_harm(f: Figures) -> dict[str, float]:
    changes = {f"change/{name}": row["change"] for name, row in f["peers"].items()}
    losses = {
        f"{corpus}/{name}": float(row[name])
        for corpus, row in f["gold"].items()
        for name in ("words_lost", "worst_page", "pages_losing_over_5_percent")
    }
    return changes | losses


def _gated_fundus(f: Figures) -> dict[str, float]:
    under = {"under_keep_everything": float(len(f["under_keep_everything"]))}
    return {state: f["means"][f"{state}: {OURS}"] for state in ("full", "nearly clean")} | under


PARTS: dict[str, Part] = {
    "full": Part("Full pages of WCXB", pages.full, pages.show_full, _gated_full),
    "nearly": Part("Nearly clean articles of WCXB", pages.nearly, pages.show_nearly, _gated_nearly),
    "harm": Part("Never harm: other systems' outputs and gold texts", pages.harm, pages.show_harm, _gated_harm),
    "alone": Part(
        "Lines alone", lines.alone, lines.show_alone, lambda f: {f"lines_lost, {name}": row["lost"] for name, row in f["alone"].items()}
    ),
    "renderings": Part(
        "Renderings of WCXB's full pages, link targets aside",
        pages.renderings,
        pages.show_renderings,
        lambda f: {name: row[OURS] for name, row in f["renderings"].items()},
    ),
    "headlines": Part(
        "Headlines",
        pages.headlines,
        pages.show_headlines,
        lambda f: {name: row[OURS] for name, row in f["headlines"].items()},
    ),
    "fundus": Part("News of other countries, word F1", pages.fundus, pages.show_fundus, _gated_fundus),
    "segments": Part("Segments", pages.segments, pages.show_segments, lambda f: {"f1": f["systems"][OURS]["f1"]}),
    "calibration": Part(
        "Calibration",
        lines.calibration,
        lines.show_calibration,
        lambda f: {name: row["error"] for name, row in f["situations"].items()},
    ),
    "thresholds": Part("Thresholds on WCXB", lines.thresholds, lines.show_thresholds, lambda f: {}),
    "types": Part(
        "Our own pages, never trained on",
        lines.types,
        lines.show_types,
        lambda f: {
            f"{prefix}{name}": f["types"][group][name]
            for prefix, group in (("", "all but news"), ("news/", "news"), ("press/", "press"), ("nothing/", "nothing"))
            for name in ("f1", "furniture_removed", "content_lost")
            if (group, name) != ("nothing", "content_lost")  # there is no content to lose
        },
    ),
    "seeds": Part("Sample pages", lines.seeds, lines.show_seeds, lambda f: {"exact": float(f["exact"])}),
    "furniture": Part("One-line furniture cases", lines.furniture, lines.show_furniture, lines.gated_furniture),
    "boxes": Part("Boxes in articles", lines.in_boxes, lines.show_boxes, lines.gated_boxes),
}


def _cleaner(options: argparse.Namespace) -> Cleaner:
    if options.model:
        return Cleaner([LineModel.load(options.model)])
    return Cleaner.from_folder(options.folds, options.fold)


def _failures(bench: Bench) -> str:
    rows: list[list[Cell]] = [
        [name, len(errors), ", ".join(sorted({e.split(":")[0] for e in errors})) or "-"] for name, errors in sorted(bench.failures.items())
    ]
    return table(["peer", "pages failed (counted as empty)", "exceptions"], rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", help=f"comma-separated parts: {','.join(PARTS)}")
    parser.add_argument("--subset", type=int, metavar="N", help="at most N pages of each corpus, a seeded choice")
    parser.add_argument("--fold", type=int, choices=range(N_FOLDS), help="only pages of this fold's sites")
    parser.add_argument("--folds", type=Path, default=cache_dir() / "models", help="folder of fold-K.ctm")
    parser.add_argument("--model", type=Path, help="score every page with this model file")
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--gate", action="store_true", help="fail where a figure is under its floor")
    parser.add_argument("--update-floors", action="store_true", help="raise floors to the figures; lower none")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; 1 if `--gate` finds a figure under its floor, 2 for wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    chosen = options.only.split(",") if options.only else list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"unknown part {', '.join(sorted(unknown))}: use some of {', '.join(PARTS)}")
    if options.update_floors and options.model:
        parser.error("floors are for models that never saw a page's site: leave out --model")

    try:
        bench = Bench(_cleaner(options), options.subset, options.fold)
    except FileNotFoundError as missing:  # the models or the corpora; the message says where they come from
        parser.error(str(missing))
    with closing(bench):
        return _run(bench, chosen, options)


def _run(bench: Bench, chosen: Sequence[str], options: argparse.Namespace) -> int:
    about = {
        "machine": machine(),
        "versions": versions(["cleantext-lines", "numpy", "ftfy", "scikit-learn"]),
        "models": {f"model {k}": model.version for k, model in enumerate(bench.cleaner.models)},
        "pages": {"pages": _chosen_pages(options)},
    }
    print(table(["", ""], [[k, v] for group in about.values() for k, v in group.items()]))

    figures: dict[str, Figures] = {}
    measured: dict[str, float] = {}
    for name in chosen:
        part, begin = PARTS[name], time.perf_counter()
        figures[name] = part.compute(bench)
        measured |= {f"{name}/{key}": value for key, value in part.gated(figures[name]).items()}
        print(heading(f"{part.title} ({time.perf_counter() - begin:.0f} s)"))
        print(part.show(figures[name]), flush=True)
    if bench.failures:
        print(heading("Peers' failures"))
        print(_failures(bench))
    if options.json:
        write_json(options.json, about | {"figures": figures, "measured": measured})
    return _gate(options, bench, measured, frozenset(chosen))


def _chosen_pages(options: argparse.Namespace) -> str:
    """Name of the choice of pages, under which its floors stand: "all", "200", "fold 0" or "fold 0, 200"."""
    parts = [f"fold {options.fold}"] if options.fold is not None else []
    parts += [str(options.subset)] if options.subset else []
    return ", ".join(parts) or "all"


def _gate(options: argparse.Namespace, bench: Bench, measured: dict[str, float], parts: frozenset[str]) -> int:
    pinned, hashes, subset = gate.read(gate.FLOORS), bench.hashes(), _chosen_pages(options)
    if options.update_floors:
        gate.write(gate.update(measured, hashes, pinned, subset), gate.FLOORS)
        print(f"\nfloors of {len(measured)} figures are in {gate.FLOORS.name}")
    if not options.gate:
        return 0
    wrong = gate.failures(measured, hashes, gate.read(gate.FLOORS), subset, parts)
    print(heading("Gate"))
    print("\n".join(wrong) or f"no figure is under its floor ({len(measured)} measured)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
