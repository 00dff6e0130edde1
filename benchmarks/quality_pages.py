"""Parts of `quality.py` that compare whole texts: each computes figures as a plain dict and prints them as a table."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from bench import Bench, oracle
from peers import PEERS, Peer
from report import Cell, table
from text_rules import TEXT_RULES

from cleantext.train import render
from cleantext.train.align import tokenize
from cleantext.train.corpora import Document
from cleantext.train.metrics import line_rates, segment_prf, word_f1
from cleantext.train.pages import LabelledPage, gold_page, nearly_clean
from cleantext.train.reflow import LAYOUTS, reflow
from cleantext.train.terminal import TERMINAL, terminal

Figures = dict[str, Any]

OURS = "cleantext"
TYPES = ("article", "service", "product", "collection", "forum", "listing", "documentation")
WORD = re.compile(r"\w+")


def f1s(texts: Sequence[str], documents: Sequence[Document]) -> list[float]:
    """Word F1 of every text against its document's gold."""
    return [word_f1(t, d.gold) for t, d in zip(texts, documents, strict=True)]


def _peers(bench: Bench) -> list[Peer]:
    """All peers; on a fold's pages without the slowest, which takes a third of all the peers' time: that run begins without outputs."""
    return [peer for peer in PEERS if bench.fold is None or peer.name != "goose3"]


def _rules(texts: Sequence[str]) -> dict[str, list[str]]:
    return {name: [rule(t) for t in texts] for name, rule in TEXT_RULES.items()}


# Full pages -------------------------------------------------------------------------------------------------------


def full(bench: Bench) -> Figures:
    """Word F1 on WCXB's full pages for every system, over all pages and per page type."""
    documents, pages = bench.documents("wcxb"), bench.pages("wcxb")
    texts: dict[str, list[str]] = {OURS: bench.cleaner.clean_pages(pages)}
    texts |= {p.name: bench.peer_texts(p.name, "wcxb") for p in _peers(bench) if p.selects}
    texts |= _rules([p.text for p in pages])
    texts["oracle"] = [oracle(p) for p in pages]
    scores = {name: np.array(f1s(outputs, documents)) for name, outputs in texts.items()}
    kinds = np.array([d.kind for d in documents])
    rows = {}
    for name, values in scores.items():
        gap = values - scores[OURS]
        rows[name] = {
            "all": float(values.mean()),
            "gap": float(gap.mean()),
            "gap_error": float(gap.std(ddof=1) / np.sqrt(len(gap))),
            **{kind: float(values[kinds == kind].mean()) for kind in TYPES if (kinds == kind).any()},
        }
    return {"systems": rows, "pages": {"all": len(kinds), **Counter(kinds.tolist())}}


def show_full(figures: Figures) -> str:
    """Systems by F1, best first; the gap to cleantext with its standard error over pages."""
    kinds = [k for k in TYPES if k in figures["pages"]]
    header = ["word F1", "all", *kinds, "gap to ours"]
    rows: list[list[Cell]] = []
    for name, row in sorted(figures["systems"].items(), key=lambda item: -item[1]["all"]):
        gap = "" if name == OURS else f"{row['gap']:+.3f} ± {row['gap_error']:.3f}"
        rows.append([name, row["all"], *(row[k] for k in kinds), gap])
    rows.append(["pages", figures["pages"]["all"], *(figures["pages"][k] for k in kinds), ""])
    return table(header, rows)


# Nearly clean articles --------------------------------------------------------------------------------------------


def _kept_lines(page: LabelledPage, rule: Callable[[str], str]) -> list[bool]:
    # A rule keeps a line alone or not at all, so asking for each line gives the same as asking for the page.
    return [bool(rule(line).strip()) for line in page.lines()]


def nearly_clean_pages(bench: Bench, corpus: str, kinds: Sequence[str] = ()) -> tuple[list[Document], list[LabelledPage]]:
    """Documents with a text stretch, and the pages cut to it; of some page types only if `kinds` names them."""
    pairs = (
        (document, nearly_clean(page))
        for document, page in zip(bench.documents(corpus), bench.pages(corpus), strict=True)
        if not kinds or document.kind in kinds
    )
    found = [(document, page) for document, page in pairs if page is not None]
    return [d for d, _ in found], [p for _, p in found]


def nearly(bench: Bench) -> Figures:
    """Word F1, furniture removed and content lost on WCXB's articles cut to their own stretch."""
    documents, pages = nearly_clean_pages(bench, "wcxb", ("article",))
    label = np.concatenate([p.label for p in pages])
    balanced = bench.cleaner.threshold("balanced")
    rows = {}

    def row(texts: Sequence[str], keep: Sequence[bool] | np.ndarray[Any, np.dtype[np.bool_]]) -> dict[str, float]:
        rates = line_rates(keep, label)
        return {
            "f1": statistics.mean(f1s(texts, documents)),
            "furniture_removed": rates.furniture_removed,
            "content_lost": rates.content_lost,
        }

    scores = bench.cleaner.scores(pages)
    rows[OURS] = row(bench.cleaner.clean_pages(pages), np.concatenate(scores) >= balanced)
    for name, rule in TEXT_RULES.items():
        keep = [k for page in pages for k in _kept_lines(page, rule)]
        rows[name] = row([rule(p.text) for p in pages], keep)
    rows["oracle"] = row([oracle(p) for p in pages], np.concatenate([p.fraction for p in pages]) >= 0.5)
    return {
        "systems": rows,
        "pages": len(pages),
        "furniture_lines": int((label == 0).sum()),
        "content_lines": int((label == 1).sum()),
    }


def show_nearly(figures: Figures) -> str:
    """Systems by F1, best first."""
    rows = [
        [name, r["f1"], r["furniture_removed"], r["content_lost"]]
        for name, r in sorted(figures["systems"].items(), key=lambda item: -item[1]["f1"])
    ]
    counts = "{pages} articles, {furniture_lines} furniture lines, {content_lines} content lines".format(**figures)
    return table(["nearly clean articles", "word F1", "furniture removed", "content lost"], rows) + "\n\n" + counts


# Never harm -------------------------------------------------------------------------------------------------------


def harm(bench: Bench) -> Figures:
    """Word F1 of every peer's output before and after cleaning, and what gold texts lose."""
    documents = bench.documents("wcxb")
    rows = {}
    for chosen in _peers(bench):
        texts = bench.peer_texts(chosen.name, "wcxb")
        before = np.array(f1s(texts, documents))
        after = np.array(f1s(bench.cleaner.clean(texts, documents), documents))
        rows[chosen.name] = {
            "before": float(before.mean()),
            "after": float(after.mean()),
            "change": float((after - before).mean()),
            "pages_worse_by_0.05": float((after < before - 0.05).mean()),
        }
    return {"peers": rows, "gold": {name: _gold_loss(bench, name) for name in ("wcxb", "fundus")}}


def _gold_loss(bench: Bench, corpus: str) -> Figures:
    documents = [d for d in bench.documents(corpus) if d.gold.strip()]
    texts = [gold_page(d).text for d in documents]
    lost, total = [], []
    for text, cleaned in zip(texts, bench.cleaner.clean(texts, documents), strict=True):
        words = Counter(WORD.findall(text.lower()))
        lost.append((words - Counter(WORD.findall(cleaned.lower()))).total())
        total.append(words.total())
    ratio = np.array(lost) / np.maximum(total, 1)
    worst = int(ratio.argmax())
    return {
        "pages": len(texts),
        "words_lost": sum(lost) / sum(total),
        "worst_page": float(ratio[worst]),
        "worst_id": documents[worst].id,
        "pages_losing_over_5_percent": int((ratio > 0.05).sum()),
    }


def show_harm(figures: Figures) -> str:
    """Before and after for every peer, then the gold texts alone."""
    rows: list[list[Cell]] = [
        [name, r["before"], r["after"], f"{r['change']:+.4f}", r["pages_worse_by_0.05"]] for name, r in figures["peers"].items()
    ]
    peers = table(["output of", "F1", "F1 after cleaning", "change", "pages worse by 0.05"], rows)
    header = ["gold text alone", "pages", "words lost", "worst page", "its id", "pages losing over 5 %"]
    gold = table(header, [[name, *_gold_cells(r)] for name, r in figures["gold"].items()], digits=4)
    return f"{peers}\n\n{gold}"


def _gold_cells(row: Figures) -> list[Cell]:
    names = ("pages", "words_lost", "worst_page", "worst_id", "pages_losing_over_5_percent")
    return [row[name] for name in names]


# Renderings -------------------------------------------------------------------------------------------------------

# (html2text wraps targets too, behind hyphens.)
_OF_TARGET = r"(?:[^()\s]|(?<=-)\n)*"
_TARGETS = re.compile(rf"(?<=\])\({_OF_TARGET}(?:\({_OF_TARGET}\){_OF_TARGET})*(?:\s+\"[^\"]*\")?\)| \(\S+\)")


def without_targets(text: str) -> str:
    """A text without link targets: Markdown's `(url)`, and any ` (word)` as resiliparse writes targets.

    Gold texts hold no targets, so a rendering that writes them could never reach the others' F1. The gold text goes
    through the same, since ` (word)` may be its own.

    >>> without_targets("[the soup](/soup), see the recipe (https://example.org) today")
    '[the soup], see the recipe today'
    >>> without_targets("[the soup](/leek-\\nsoup) today")
    '[the soup] today'
    """
    return _TARGETS.sub("", text)


def renderings(bench: Bench) -> Figures:
    """Word F1 on WCXB's full pages in every rendering, in blocks and as Markdown as other tools leave them; link targets are no words.

    "lost whole" counts pages with any content of which nothing is left.
    """
    documents = bench.documents("wcxb")
    gold = [without_targets(d.gold) for d in documents]

    def mean(texts: Sequence[str]) -> float:
        return statistics.mean(word_f1(without_targets(t), g) for t, g in zip(texts, gold, strict=True))

    rows = {}
    blocks = bench.pages("wcxb")
    makers = {name: partial(bench.pages, "wcxb", name) for name in [*render.RENDERINGS, *render.HELD_OUT]}
    makers |= {f"blocks, {layout}": partial(_laid_out, blocks, layout) for layout in dict.fromkeys(LAYOUTS)}
    makers[f"markdown, {TERMINAL}"] = partial(_in_terminal, bench)
    for name, make in makers.items():
        pages = make()
        cleaned = bench.cleaner.clean_pages(pages)
        rows[name] = {
            "held_out": name in render.HELD_OUT,
            "keep everything": mean([p.text for p in pages]),
            OURS: mean(cleaned),
            "oracle": mean([oracle(p) for p in pages]),
            "lost whole": sum(not t.strip() and bool((p.label == 1).any()) for t, p in zip(cleaned, pages, strict=True)),
        }
    return {"renderings": rows}


def _laid_out(pages: Sequence[LabelledPage], layout: str) -> list[LabelledPage]:
    return [reflow(page, layout) for page in pages]


def _in_terminal(bench: Bench) -> list[LabelledPage]:
    return [terminal(page) for page in bench.pages("wcxb", "markdown")]


def show_renderings(figures: Figures) -> str:
    """Each rendering with its distance from the block rendering."""
    base = figures["renderings"]["blocks"][OURS]
    rows: list[list[Cell]] = [
        [
            name,
            "measured only" if r["held_out"] else "trained on",
            r["keep everything"],
            r[OURS],
            f"{r[OURS] - base:+.3f}",
            r["oracle"],
            r["lost whole"],
        ]
        for name, r in figures["renderings"].items()
    ]
    return table(["rendering", "", "keep everything", OURS, "against blocks", "oracle", "lost whole"], rows)


# Headlines --------------------------------------------------------------------------------------------------------

HEADLINE_PEERS = ("trafilatura", "resiliparse main content")


def headlines_kept(documents: Sequence[Document], pages: Sequence[LabelledPage], texts: Sequence[str]) -> tuple[int, int]:
    """On how many pages a text still has the document's title, and how many pages show it as a line of its own."""
    kept = shown = 0
    for document, page, text in zip(documents, pages, texts, strict=True):
        title = tokenize(document.title)
        if title and title in map(tokenize, page.lines()):
            shown += 1
            kept += f" {' '.join(title)} " in f" {' '.join(tokenize(text))} "
    return kept, shown


def headlines(bench: Bench) -> Figures:
    """Of pages that show their title as a line of its own, the share on which it is still there in what a system leaves.

    A headline is content, but WCXB's gold leaves most of them out, so that F1 says nothing of them.
    """
    rows = {}
    for corpus, kinds in (("wcxb", ("article",)), ("fundus", ())):
        documents, pages = bench.documents(corpus), bench.pages(corpus)
        near_documents, near_pages = nearly_clean_pages(bench, corpus, kinds)
        texts = {OURS: bench.cleaner.clean_pages(pages)} | {name: bench.peer_texts(name, corpus) for name in HEADLINE_PEERS}
        counts = {name: headlines_kept(documents, pages, some) for name, some in texts.items()}
        rows[f"{corpus}, full"] = {"pages": counts[OURS][1]} | {name: kept / max(shown, 1) for name, (kept, shown) in counts.items()}
        kept, shown = headlines_kept(near_documents, near_pages, bench.cleaner.clean_pages(near_pages))
        rows[f"{corpus}, nearly clean"] = {"pages": shown, OURS: kept / max(shown, 1)}
    return {"headlines": rows}


def show_headlines(figures: Figures) -> str:
    """A row per corpus and state."""
    systems = ("pages", OURS, *HEADLINE_PEERS)
    rows: list[list[Cell]] = [[name, *(row.get(system) for system in systems)] for name, row in figures["headlines"].items()]
    return table(["headlines kept", "pages that show it", *systems[1:]], rows)


# Countries --------------------------------------------------------------------------------------------------------

FUNDUS_PEERS = ("trafilatura", "resiliparse main content")


def fundus(bench: Bench) -> Figures:
    """Word F1 on news of other countries, full page and nearly clean, means of the countries' means."""
    documents = bench.documents("fundus")
    pages = bench.pages("fundus")
    full_texts = {OURS: bench.cleaner.clean_pages(pages), "keep everything": [p.text for p in pages]}
    full_texts |= {name: bench.peer_texts(name, "fundus") for name in FUNDUS_PEERS}
    near_documents, near_pages = nearly_clean_pages(bench, "fundus")
    near_texts = {
        OURS: bench.cleaner.clean_pages(near_pages),
        "keep everything": [p.text for p in near_pages],
        "oracle": [oracle(p) for p in near_pages],
    }
    by_country = {
        f"full: {name}": _by_country(texts, documents) for name, texts in (full_texts | {"oracle": [oracle(p) for p in pages]}).items()
    } | {f"nearly clean: {name}": _by_country(texts, near_documents) for name, texts in near_texts.items()}
    return {
        "countries": by_country,
        "means": {name: statistics.mean(values.values()) for name, values in by_country.items()},
        "pages": Counter(d.kind for d in documents),
        "under_keep_everything": sorted(
            f"{country} ({state})"
            for state in ("full", "nearly clean")
            for country, value in by_country[f"{state}: {OURS}"].items()
            if value < by_country[f"{state}: keep everything"][country] - 1e-9
        ),
    }


def _by_country(texts: Sequence[str], documents: Sequence[Document]) -> dict[str, float]:
    values: dict[str, list[float]] = {}
    for value, document in zip(f1s(texts, documents), documents, strict=True):
        values.setdefault(document.kind, []).append(value)
    return {country: statistics.mean(v) for country, v in sorted(values.items())}


def show_fundus(figures: Figures) -> str:
    """A row per country, the mean over countries last."""
    columns = list(figures["countries"])
    rows: list[list[Cell]] = [
        [country, count, *(figures["countries"][c].get(country) for c in columns)] for country, count in sorted(figures["pages"].items())
    ]
    rows.append(["mean of countries", sum(figures["pages"].values()), *(figures["means"][c] for c in columns)])
    under = ", ".join(figures["under_keep_everything"]) or "none"
    return table(["country", "pages", *columns], rows) + f"\n\nunder keep everything: {under}"


# Segments ---------------------------------------------------------------------------------------------------------

SEGMENT_PEERS = ("trafilatura", "resiliparse main content", "readability")


def segments(bench: Bench) -> Figures:
    """Precision, recall and F1 of annotated segments, pooled over pages."""
    documents, pages = bench.documents("segments"), bench.pages("segments")
    texts = {OURS: bench.cleaner.clean_pages(pages)}
    texts |= {name: bench.peer_texts(name, "segments") for name in SEGMENT_PEERS}
    texts |= _rules([p.text for p in pages])
    stay, go = [d.segments_with for d in documents], [d.segments_without for d in documents]
    return {
        "systems": {name: segment_prf(t, stay, go)._asdict() for name, t in texts.items()},
        "pages": len(pages),
    }


def show_segments(figures: Figures) -> str:
    """Systems by F1, best first."""
    rows = [[name, r["precision"], r["recall"], r["f1"]] for name, r in sorted(figures["systems"].items(), key=lambda item: -item[1]["f1"])]
    return table([f"segments of {figures['pages']} pages", "precision", "recall", "F1"], rows)


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py, ablations.py and converters.py")
