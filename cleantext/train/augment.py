"""Pages made from the project's own lines: content with the furniture that the corpora hardly have.

"Photo of NAME", "Shutterstock (Licensed)", "Featured Video" or a lower-case alternative text between two paragraphs are what users
complain about and are rare in the corpora. Lines written by us (``data/lines``), furniture and look-alike content in like
numbers, are put between the lines of gold texts, and the labels are known.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cleantext.phrases import OFTEN_BROKEN, Family, mojibake
from cleantext.tokens import tokenize_all

from .pages import LabelledPage, site_folds, split_lines

# The main language of the news of each country of the corpora, as far as our lines have it.
LANGUAGE_OF_COUNTRY = {
    "at": "de", "be": "fr", "ca": "en", "ch": "de", "cz": "cs", "de": "de", "dk": "da", "es": "es", "fr": "fr", "il": "he", "ind": "hi",
    "it": "it", "jp": "ja", "kr": "ko", "li": "de", "lu": "de", "mx": "es", "my": "en", "no": "no", "pl": "pl", "py": "es", "ru": "ru",
    "se": "sv", "tr": "tr", "ua": "uk", "uk": "en", "us": "en", "za": "en",
}  # fmt: skip


@dataclass(frozen=True)
class OwnLine:
    """A line written by us: its text, label (1 content, 0 furniture), kind, language code and fold.

    The fold is that of its text's hash. A line goes only into pages of its own fold: a view that has not seen a page has not seen
    the lines put into it either.
    """

    text: str
    label: int
    kind: str
    lang: str
    fold: int


def read_lines(folder: Path, n_folds: int) -> list[OwnLine]:
    """Read ``folder/*.jsonl`` and deal the lines out to folds.

    Raises
    ------
    FileNotFoundError
        If there are none.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise FileNotFoundError(f"no lines in {folder}: train from a checkout, whose data/lines holds them")
    lines = []
    for file in files:
        # Not str.splitlines, which cuts at separators that a text may hold.
        for row in filter(None, file.read_text(encoding="utf-8").split("\n")):
            item = json.loads(row)
            lines.append(_own_line(item["text"], int(item["label"]), item["kind"], item["lang"], n_folds))
    return lines


# Page types whose content is a list of things: what is content there ("Ash spoon, 24 EUR") is furniture elsewhere.
LISTS = frozenset({"collection", "listing", "product"})

# Where pages print a kind of furniture when not just anywhere: round the headline, or behind the text.
_AT_TOP = frozenset({"kicker", "byline", "date", "readtime", "share", "caption", "credit", "alttext", "breadcrumb", "nav", "tools"})
_AT_END = frozenset(
    {
        "related", "readmore", "newsletter", "copyright", "site", "tags", "comments", "bio", "share", "nav", "promo", "donation",
        "editor", "app",
    }
)  # fmt: skip


def with_headline(page: LabelledPage, title: str) -> LabelledPage:
    """Put the headline above a gold text that lacks it, as content: WCXB's annotators left most of them out, readers would not."""
    if not title.strip() or title in page.text[: len(title) + 200]:
        return page
    rows = [(" ".join(title.split()), 1), *zip(page.lines(), page.label.tolist(), strict=True)]
    return replace(_page(page, rows), state="gold")


def _place(kind: str, n_rows: int, rng: np.random.Generator) -> int:
    """Where a line goes: half of the kinds that have a place of their own stand there, all else anywhere."""
    places = [(0, min(4, n_rows))] * (kind in _AT_TOP) + [(max(n_rows - 1, 0), n_rows)] * (kind in _AT_END)
    if places and rng.integers(2):
        low, high = places[int(rng.integers(len(places)))]
        return int(rng.integers(low, high + 1))
    return int(rng.integers(n_rows + 1))


def language_of(page: LabelledPage) -> str:
    """Language whose lines fit into a page; English for WCXB, whose pages nearly all are. Our own pages have it in their names."""
    if page.corpus == "own pages":
        return page.doc_id.split("-")[-2]  # TOPIC-LANGUAGE-STATE
    return LANGUAGE_OF_COUNTRY.get(page.kind, "") if page.corpus == "fundus" else "en"


def content_of(page: LabelledPage) -> LabelledPage:
    """A page of our own with its content lines alone, to stand among the gold texts."""
    rows = [(text, 1) for text, label in zip(page.lines(), page.label.tolist(), strict=True) if label == 1]
    return replace(_page(page, rows), state="gold")


def mixed_pages(pages: Sequence[LabelledPage], lines: Sequence[OwnLine], n_folds: int, seed: int) -> list[LabelledPage]:
    """Put own lines of the fitting language and fold between the lines of pages.

    Parameters
    ----------
    pages : sequence of LabelledPage
        Gold or nearly clean pages.
    lines : sequence of OwnLine
    n_folds : int
    seed : int
        Same seed, same pages.

    Returns
    -------
    list of LabelledPage
        State "mixed"; pages without a language, or in one without lines of both labels in the fold, are left out. Every third page stays
        without furniture. For blank lines see `spaced`.
    """
    rng = np.random.default_rng(seed)
    pools: dict[tuple[str, int], tuple[list[OwnLine], list[OwnLine]]] = {}
    for line in lines:
        pools.setdefault((line.lang, line.fold), ([], []))[line.label].append(line)
    mixed = []
    for page, fold in zip(pages, site_folds([page.site for page in pages], n_folds).tolist(), strict=True):
        pool = pools.get((language_of(page), fold))
        texts = page.lines()
        if pool is None or not all(pool) or not texts:
            continue
        furniture = 0 if rng.integers(3) == 0 else int(rng.integers(1, 3 + len(texts) // 3))
        content = int(rng.integers(0, 3 + len(texts) // 6))
        rows = [(text, int(label)) for text, label in zip(texts, page.label.tolist(), strict=True)]
        for label, count in ((0, furniture), (1, content)):
            for index in rng.integers(len(pool[label]), size=count).tolist():
                line = pool[label][index]
                rows.insert(_place(line.kind, len(rows), rng), (line.text, label))
        if rng.integers(_MOJIBAKE_PAGES) == 0:
            rows = [(mojibake(text), label) for text, label in rows]
        mixed.append(_page(page, rows, _blank_lines(len(rows), rng)))
    return mixed


# A paragraph, a label and another paragraph are a page too, and whole pages teach nothing of such.
_SNIPPET_LINES = 6


def snippets(pages: Iterable[LabelledPage], seed: int) -> list[LabelledPage]:
    """Cut from each page some lines that stand together, at most `_SNIPPET_LINES`.

    Parameters
    ----------
    pages : iterable of LabelledPage
        Pages without doubtful lines.
    seed : int
        Same seed, same snippets.

    Returns
    -------
    list of LabelledPage
        One for each page. Some hold furniture alone: nothing is to be left of them.
    """
    rng = np.random.default_rng(seed)
    found = []
    for page in pages:
        rows = list(zip(page.lines(), page.label.tolist(), strict=True))
        size = int(rng.integers(1, _SNIPPET_LINES + 1))
        first = int(rng.integers(0, max(len(rows) - size, 0) + 1))
        rows = rows[first : first + size]
        found.append(_page(page, rows, _blank_lines(len(rows), rng)))
    return found


def spaced(pages: Iterable[LabelledPage], seed: int) -> list[LabelledPage]:
    """The same pages with blank lines between all of their lines, some of them or none.

    Blank lines must tell nothing of how clean a page is. Up to model 1.9 hardly any gold text had one, so that every page without them
    was taken for a clean one: 0.45 of the lines of pages with one text node a line were held to be content, where 0.32 are.

    Parameters
    ----------
    pages : iterable of LabelledPage
    seed : int
        Same seed, same pages.
    """
    rng = np.random.default_rng(seed)
    found = []
    for page in pages:
        rows = list(zip(page.lines(), page.label.tolist(), strict=True))
        found.append(replace(_page(page, rows, _blank_lines(len(rows), rng)), state=page.state))
    return found


# Shares of pages without blank lines, and with one between any two lines. Of full pages, in all renderings and layouts that are trained on,
# 0.17 and 0.09 are such; both are more here because extractors' outputs often are. A third each was tried as well, without the columns of
# lines that begin small, and 0.45 without blank lines, for the judge alone: no difference (`benchmarks/EXPERIMENTS.md`).
_NO_BLANKS, _ALL_BLANKS = 0.25, 0.15


def _blank_lines(n_rows: int, rng: np.random.Generator) -> list[bool]:
    """Whether a blank line follows on each row: on none, on all, or on a share of them that is drawn for the page."""
    kind, share = rng.random(2)
    if kind < _NO_BLANKS + _ALL_BLANKS:
        share = float(kind >= _NO_BLANKS)
    blank: list[bool] = (rng.random(n_rows) < share).tolist()
    return blank


# One page in so many is mixed as mojibake: scores are taken before the text is repaired.
_MOJIBAKE_PAGES = 12


def line_pages(lines: Sequence[OwnLine], n_folds: int) -> list[LabelledPage]:
    """The own lines as one page for each fold, for the line view, to which a page is but a heap of lines.

    Their corpus is "own" and their site the fold's number.
    """
    nothing = np.empty(0, np.int64)
    blank = LabelledPage("", "", "own", "lines", "own", "mixed", "", nothing, nothing, nothing.astype(np.int8), nothing.astype(np.float32))
    pages = []
    for fold in range(n_folds):
        rows = [(line.text, line.label) for line in lines if line.fold == fold]
        pages.append(replace(_page(blank, rows), doc_id=f"own lines {fold}", site=str(fold)))
    return pages


def family_lines(families: Iterable[Family], n_folds: int) -> tuple[list[OwnLine], list[OwnLine]]:
    """Lines out of the phrase tables: their examples and counterexamples, and the phrases themselves.

    A phrase of two words or more, alone on a line, is furniture in every language of the tables; the corpora show most families in
    English alone. A single word may as well be a heading ("Comments"), so those are left to what the corpora say.

    Of families that are no furniture by themselves only the counterexamples are taken.

    Returns
    -------
    examples, phrases : list of OwnLine
    """
    examples, phrases = [], []
    for family in families:
        examples += [_own_line(text, 1, family.name, "", n_folds) for text in family.counterexamples]
        if not family.furniture:
            continue
        examples += [_own_line(text, 0, family.name, "", n_folds) for text in family.examples]
        for language, listed in family.phrases.items():
            texts = [phrase.replace("#", "12") for phrase in listed]
            _, bounds = tokenize_all(texts)
            for index in np.flatnonzero(np.diff(bounds) > 1).tolist():
                text = texts[index]
                # Pages print labels in all these ways.
                text = (text[0].upper() + text[1:], text.upper(), text.title(), f"{text[0].upper()}{text[1:]}:")[index % 4]
                phrases.append(_own_line(text, 0, family.name, language, n_folds))
                if language in OFTEN_BROKEN and not text.isascii():
                    phrases.append(_own_line(mojibake(text), 0, family.name, language, n_folds))
    return examples, phrases


def _own_line(text: str, label: int, kind: str, lang: str, n_folds: int) -> OwnLine:
    return OwnLine(text, label, kind, lang, int(site_folds([text], n_folds)[0]))


def read_pages(folder: Path) -> list[LabelledPage]:
    """Read our own labelled pages, ``folder/NAME.txt`` and ``NAME.labels``, as full or nearly clean pages by the end of their names.

    Their kind is the topic with which the name begins if that is one of `LISTS`, else "own".
    """
    pages = []
    for file in sorted(folder.glob("*.txt")):
        text = file.read_text(encoding="utf-8")
        marks = file.with_suffix(".labels").read_text(encoding="utf-8").split("\n")
        start, end = split_lines(text)
        label = np.array([int(mark) for mark in marks if mark in ("0", "1")], np.int8)
        state = "full" if file.stem.endswith("-full") else "nearly-clean"
        fraction = np.maximum(label, 0).astype(np.float32)
        topic = file.stem.split("-")[0]
        kind = topic if topic in LISTS else "own"
        pages.append(LabelledPage(file.stem, file.stem, "own pages", kind, "own", state, text, start, end, label, fraction))
    return pages


def _page(page: LabelledPage, rows: list[tuple[str, int]], blank: Iterable[bool] | None = None) -> LabelledPage:
    """A page of rows of text and label, blank lines behind those that `blank` says; without it there are none."""
    ends = ("\n\n" if one else "\n" for one in (blank or [False] * len(rows)))
    text = "".join(part for (row, _), end in zip(rows, ends, strict=True) for part in (row, end)).rstrip("\n")
    start, end = split_lines(text)
    label = np.array([label for _, label in rows], np.int8)
    return replace(page, text=text, start=start, end=end, label=label, fraction=np.maximum(label, 0).astype(np.float32), state="mixed")
