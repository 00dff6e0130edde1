"""Parts of `quality.py` that look at single lines and scores, and at the project's own exact cases."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

import boxes
import furniture_cases
import numpy as np
from bench import Bench, Cleaner, Scores
from numpy.typing import NDArray
from quality_pages import OURS, Figures, f1s, nearly_clean_pages
from report import Cell, table
from text_rules import regex_list

import cleantext
from cleantext.train.align import LINE_END
from cleantext.train.augment import language_of, read_pages
from cleantext.train.corpora import Document
from cleantext.train.metrics import expected_calibration_error, line_rates, word_f1
from cleantext.train.pages import LabelledPage, kept_text

ROOT = Path(__file__).resolve().parent.parent
NAMED_THRESHOLDS = ("precision", "balanced", "recall")
STATES = ("full", "nearly clean")


def _pages(bench: Bench, state: str, corpus: str) -> tuple[list[Document], list[LabelledPage]]:
    """Full pages, or the nearly clean articles (of news sites: every page)."""
    if state == "full":
        return bench.documents(corpus), bench.pages(corpus)
    return nearly_clean_pages(bench, corpus, ("article",) if corpus == "wcxb" else ())


def _lines(bench: Bench, pages: list[LabelledPage]) -> tuple[Scores, NDArray[np.int8]]:
    """Scores and labels of all lines, one after another."""
    return np.concatenate(bench.cleaner.scores(pages)), np.concatenate([p.label for p in pages])


# Calibration ------------------------------------------------------------------------------------------------------

BINS = 15


def calibration(bench: Bench) -> Figures:
    """Expected calibration error over lines, and per bin the mean score, the share of content and the line count."""
    result = {}
    for corpus in ("wcxb", "fundus"):
        for state in STATES:
            score, label = _lines(bench, _pages(bench, state, corpus)[1])
            known = label >= 0
            score, label = score[known], label[known]
            index = np.minimum((score * BINS).astype(int), BINS - 1)
            count = np.bincount(index, minlength=BINS)
            used = np.maximum(count, 1)
            result[f"{corpus}, {state}"] = {
                "error": expected_calibration_error(score, label, bins=BINS),
                "lines": count.tolist(),
                "mean_score": (np.bincount(index, score, BINS) / used).tolist(),
                "content": (np.bincount(index, label, BINS) / used).tolist(),
            }
    return {"situations": result}


def show_calibration(figures: Figures) -> str:
    """One row per corpus and state."""
    rows = [[name, sum(r["lines"]), r["error"]] for name, r in figures["situations"].items()]
    return table([f"calibration ({BINS} bins)", "lines", "expected error"], rows)


# Thresholds -------------------------------------------------------------------------------------------------------

CURVE = tuple(round(0.02 * i, 2) for i in range(1, 50))


def thresholds(bench: Bench) -> Figures:
    """What each threshold gives: line precision and recall, furniture removed, content lost, word F1; and the curve."""
    result: dict[str, Any] = {}
    for state in STATES:
        documents, pages = _pages(bench, state, "wcxb")
        scores = bench.cleaner.scores(pages)
        named = {name: bench.cleaner.threshold(name) for name in NAMED_THRESHOLDS}
        result[state] = {
            "named": {name: _at(value, documents, pages, scores) for name, value in named.items()},
            "curve": [_at(value, documents, pages, scores) for value in CURVE],
        }
    return result


def _at(threshold: float, documents: list[Document], pages: list[LabelledPage], scores: list[Scores]) -> dict[str, float]:
    label = np.concatenate([p.label for p in pages])
    keep = np.concatenate(scores) >= threshold
    kept, content = int(keep[label >= 0].sum()), int((label == 1).sum())
    hits = int((keep & (label == 1)).sum())
    rates = line_rates(keep, label)
    texts = [kept_text(page, score >= threshold) for page, score in zip(pages, scores, strict=True)]
    return {
        "threshold": threshold,
        "precision": hits / kept if kept else 1.0,
        "recall": hits / content if content else 1.0,
        "furniture_removed": rates.furniture_removed,
        "content_lost": rates.content_lost,
        "f1": statistics.mean(f1s(texts, documents)),
    }


def show_thresholds(figures: Figures) -> str:
    """The named thresholds in both states."""
    names = ("threshold", "precision", "recall", "furniture_removed", "content_lost", "f1")
    rows: list[list[Cell]] = [[state, name, *(row[n] for n in names)] for state in STATES for name, row in figures[state]["named"].items()]
    header = [
        "state",
        "name",
        "score",
        "line precision",
        "line recall",
        "furniture removed",
        "content lost",
        "word F1",
    ]
    return table(header, rows)


# Lines alone ------------------------------------------------------------------------------------------------------

_SIZES = {"8-19 words": (8, 20), "20-39 words": (20, 40), "40 words or more": (40, 1 << 30)}


def alone(bench: Bench) -> Figures:
    """Lines of articles' gold texts, each as a page by itself: how many are lost, by their words."""
    documents = [document for document in bench.documents("wcxb") if document.kind == "article"]
    lines = [(line, document) for document in documents for line in LINE_END.split(document.gold) if line.strip()]
    cleaned = bench.cleaner.clean([line for line, _ in lines], [document for _, document in lines])
    words = np.array([len(line.split()) for line, _ in lines])
    lost = np.array([not text for text in cleaned], np.bool_)
    sizes = {name: (words >= low) & (words < high) for name, (low, high) in _SIZES.items()}
    return {"alone": {name: {"lines": int(some.sum()), "lost": float(lost[some].mean())} for name, some in sizes.items() if some.any()}}


def show_alone(figures: Figures) -> str:
    """A row per size."""
    rows: list[list[Cell]] = [[name, row["lines"], row["lost"]] for name, row in figures["alone"].items()]
    return table(["lines of articles, each a page by itself", "lines", "lost"], rows, digits=4)


# Our own pages ----------------------------------------------------------------------------------------------------


def types(bench: Bench | None) -> Figures:
    """Lines of the pages in ``data/held_out``, which no model is trained on, by type, news by language too: what the shipped model removes
    and loses. "press" are articles cut to their own stretch, nearly clean; all others are full pages.
    """
    del bench  # the shipped model: the pages are nobody's training pages
    cleaner = Cleaner([cleantext.LineModel.load()])
    threshold = cleaner.threshold("balanced")
    pages: dict[str, list[LabelledPage]] = {"all but news": []}
    for page in sorted(read_pages(ROOT / "data" / "held_out"), key=lambda page: page.doc_id.startswith(("news-", "press-"))):
        kind = page.doc_id.split("-")[0]
        names = [kind]
        if kind == "news":
            names.append(f"news, {language_of(page)}")
        elif kind == "press":
            names.append("press, English" if language_of(page) == "en" else "press, other languages")
        elif kind != "nothing":  # of nothing but furniture, a measure by themselves: word F1 is the share of them of which nothing is left
            names.append("all but news")
        for name in names:
            pages.setdefault(name, []).append(page)
    rows = {}
    for name, some in pages.items():
        scores = cleaner.scores(some)
        rates = line_rates(np.concatenate(scores) >= threshold, np.concatenate([page.label for page in some]))
        gold = [kept_text(page, page.label == 1) for page in some]
        kept = [kept_text(page, score >= threshold) for page, score in zip(some, scores, strict=True)]
        rows[name] = {
            "pages": len(some),
            "f1": statistics.mean(word_f1(text, wanted) for text, wanted in zip(kept, gold, strict=True)),
            "keep everything": statistics.mean(word_f1(page.text, wanted) for page, wanted in zip(some, gold, strict=True)),
            "furniture_removed": rates.furniture_removed,
            "content_lost": rates.content_lost,
        }
    return {"types": rows}


def show_types(figures: Figures) -> str:
    """A row per type."""
    names = ("pages", "f1", "keep everything", "furniture_removed", "content_lost")
    rows: list[list[Cell]] = [[name, *(row[n] for n in names)] for name, row in figures["types"].items()]
    return table(["our own pages", "pages", "word F1", "keep everything", "furniture removed", "content lost"], rows)


# Exact cases ------------------------------------------------------------------------------------------------------


def seeds(bench: Bench) -> Figures:
    """Sample pages that the shipped model cleans exactly as the text beside them says."""
    del bench  # the shipped model, whatever the folds' models are: that is what a user gets
    wrong = []
    expected_files = sorted((ROOT / "seeds").glob("*.expected.txt"))
    for path in expected_files:
        page = path.with_name(path.name.removesuffix(".expected.txt") + ".txt").read_text(encoding="utf-8")
        if cleantext.strip_boilerplate(page) != path.read_text(encoding="utf-8").removesuffix("\n"):
            wrong.append(path.name.removesuffix(".expected.txt"))
    return {"pages": len(expected_files), "exact": len(expected_files) - len(wrong), "wrong": wrong}


def show_seeds(figures: Figures) -> str:
    """The count, and what is wrong."""
    wrong = f"; wrong: {', '.join(figures['wrong'])}" if figures["wrong"] else ""
    return f"{figures['exact']} of {figures['pages']} sample pages exact{wrong}"


def _strips() -> dict[str, furniture_cases.Strip]:
    return {OURS: furniture_cases.shipped_strip(), "regex list": lambda pages: [regex_list(page) for page in pages]}


def furniture(bench: Bench) -> Figures:
    """One-line cases in carrier pages: the shipped model and the regex list, by language."""
    del bench  # the cases are nobody's training pages
    cases, carriers = furniture_cases.load_cases(), furniture_cases.load_carriers()
    systems = {}
    for name, strip in _strips().items():
        runs = furniture_cases.run_cases(strip, cases, carriers)
        groups = {"all": runs}
        for run in runs:
            for group in (f"half {run.case.half}", f"lang {run.case.lang}", f"line {furniture_cases.acquaintance(run)}"):
                groups.setdefault(group, []).append(run)
        systems[name] = {
            group: {
                "runs": len(members),
                "furniture_removed": furniture_cases.furniture_removed(members),
                "content_kept": furniture_cases.content_kept(members),
                "own_lines_kept": furniture_cases.own_lines_kept(members),
            }
            for group, members in groups.items()
        }
    return {"systems": systems, "cases": len(cases)}


def show_furniture(figures: Figures) -> str:
    """Totals, halves and languages."""
    names = ("runs", "furniture_removed", "content_kept", "own_lines_kept")
    rows: list[list[Cell]] = [
        [system, group, *(row[n] for n in names)] for system, groups in figures["systems"].items() for group, row in groups.items()
    ]
    header = ["system", "cases", "runs", "furniture removed", "content kept", "own lines kept"]
    return table(header, rows)


def gated_furniture(figures: Figures) -> dict[str, float]:
    """What the floors watch: all cases by the shipped model."""
    row = figures["systems"][OURS]["all"]
    return {name: row[name] for name in ("furniture_removed", "content_kept", "own_lines_kept")}


def in_boxes(bench: Bench) -> Figures:
    """Boxes in carrier pages: the shipped model and the regex list, by label and language."""
    del bench  # the cases are nobody's training pages
    cases, carriers = boxes.load_boxes(), furniture_cases.load_carriers()
    systems = {}
    for name, strip in _strips().items():
        groups: dict[str, list[boxes.BoxRun]] = {}
        for run in boxes.run_boxes(strip, cases, carriers):
            for group in ("all", f"lang {run.box.lang}"):
                groups.setdefault(group, []).append(run)
        systems[name] = {
            group: {
                "runs": len(members),
                "furniture_removed": boxes.share_right(members, 0),
                "content_kept": boxes.share_right(members, 1),
            }
            for group, members in groups.items()
        }
    return {"systems": systems, "boxes": len(cases)}


def show_boxes(figures: Figures) -> str:
    """Totals and languages."""
    names = ("runs", "furniture_removed", "content_kept")
    rows: list[list[Cell]] = [
        [system, group, *(row[n] for n in names)] for system, groups in figures["systems"].items() for group, row in groups.items()
    ]
    return table(["system", "boxes", "runs", "furniture lines removed", "content lines kept"], rows)


def gated_boxes(figures: Figures) -> dict[str, float]:
    """What the floors watch: all boxes by the shipped model."""
    row = figures["systems"][OURS]["all"]
    return {name: row[name] for name in ("furniture_removed", "content_kept")}


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py")
