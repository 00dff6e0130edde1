"""Labelled pages: every document in every rendering, in the states a user's page may be in.

A page's *state* says how much furniture surrounds its text: ``"full"`` (all visible text), ``"nearly-clean"``
(the article's own stretch and a few lines on either side), ``"gold"`` (nothing but content) or
``"extractor:NAME"``.

Rendering and labelling take minutes, so :func:`load_pages` caches both, apart from each other: a change of
the alignment need not render again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from tqdm import tqdm

from cleantext.lines import char_offsets, make_block
from cleantext.train.align import label_lines, label_segments, tokenize
from cleantext.train.corpora import Document, corpus_hash, read_corpus
from cleantext.train.render import render

#: Raise with any change of ``render.py`` or ``corpora.py`` that changes a page's text: it keys the cache.
RENDER_VERSION = 2
#: Raise with any change of ``align.py`` or this module that changes a line's label.
LABEL_VERSION = 4

#: The environment variable that names the cache folder.
CACHE_VARIABLE = "CLEANTEXT_CACHE"

# The packages whose output ends in a page's text; another version may render another text.
_RENDERERS = (
    "resiliparse",
    "inscriptis",
    "selectolax",
    "markdownify",
    "html2text",
    "html-text",
    "beautifulsoup4",
    "lxml",
)


_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class LabelledPage:
    """One text of one document with a label per line that is not blank.

    Attributes
    ----------
    doc_id, site, corpus, kind : str
        As in :class:`~cleantext.train.corpora.Document`.
    rendering : str
        Name of the rendering, or of what else made the text.
    state : str
        ``"full"``, ``"nearly-clean"``, ``"gold"`` or ``"extractor:NAME"``.
    text : str
    start, end : ndarray of int64, shape (n_lines,)
        Offsets into ``text`` of the lines that are not blank, without their line ends.
    label : ndarray of int8, shape (n_lines,)
        1 content, 0 furniture, -1 doubtful, :data:`HEADLINE`.
    fraction : ndarray of float32, shape (n_lines,)
        Share of the line's tokens that are the page's own text.
    """

    doc_id: str
    site: str
    corpus: str
    kind: str
    rendering: str
    state: str
    text: str
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    label: NDArray[np.int8]
    fraction: NDArray[np.float32]

    def lines(self) -> list[str]:
        """Return the lines that are not blank."""
        return [self.text[s:e] for s, e in zip(self.start.tolist(), self.end.tolist(), strict=True)]


def split_lines(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    r"""Offsets of a text's lines that are not blank.

    The definition of a line is that of :mod:`cleantext.lines`: training must see the lines that cleaning sees.

    Parameters
    ----------
    text : str

    Returns
    -------
    start, end : ndarray of int64, shape (n_lines,)
        Half-open spans, line ends left out; lines that are empty or white space alone are left out.

    Examples
    --------
    >>> start, end = split_lines("Leek\r\n\n \nsoup\x0bhot\r")
    >>> start.tolist(), end.tolist()
    ([0, 9], [4, 17])
    """
    block = make_block([text])
    start, end = (char_offsets(block.data, at, int(block.page_start[0])) for at in (block.start, block.end))
    lines = (text[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True))
    shown = np.array([bool(line) and not line.isspace() for line in lines], dtype=bool)
    return start[shown], end[shown]


def kept_text(page: LabelledPage, keep: ArrayLike) -> str:
    """Join the kept lines.

    Parameters
    ----------
    page : LabelledPage
    keep : array-like of bool, shape (n_lines,)
        Whether each line that is not blank is kept.

    Returns
    -------
    str
        Kept lines joined with a line end; blank lines are left out, no metric sees them.

    Raises
    ------
    ValueError
        If there is not one decision per line.
    """
    chosen = np.asarray(keep, dtype=bool)
    if chosen.shape != page.start.shape:
        raise ValueError(f"{page.doc_id} has {len(page.start)} lines, but keep has shape {chosen.shape}")
    spans = zip(page.start[chosen].tolist(), page.end[chosen].tolist(), strict=True)
    return "\n".join(page.text[s:e] for s, e in spans)


# ---- labelling

HEADLINE = -2
"""Label of a headline that the gold lacks: doubtful when measuring, content when training.

A headline is content, but WCXB's gold leaves it out of 86 of 100 articles, where keeping it counts as a mistake. While such lines trained
nothing, three of four headlines of news were lost on full pages, though their gold has them. Keeping every one that WCXB's lacks would
cost 0.0006 to 0.0008 of word F1 (folds 0 and 1).
"""


# A headline is looked for in the lines just before the text, and may be worded a little differently on the
# page than in the annotation ("- I tried 11" for "[tried 11]"): on WCXB's articles that lack it in their
# gold, equality finds 87 of 100, with this overlap of their sets of tokens 92.
_HEADLINE_REACH = 12
_HEADLINE_OVERLAP = 0.6
_HEADLINE_TOKENS = 4


def _mark_headline(document: Document, lines: Sequence[str], label: NDArray[np.int8]) -> None:
    """Mark, in place, the headline before the text where the gold lacks it: :data:`HEADLINE`.

    Copies in the navigation or below the text stay furniture.
    """
    title = tokenize(document.title)
    content = np.flatnonzero(label == 1)
    if not title or not len(content) or f" {' '.join(title)} " in f" {' '.join(tokenize(document.gold))} ":
        return
    first = int(content[0])
    for i in range(first - 1, -1, -1):
        tokens = tokenize(lines[i])
        close = first - i <= _HEADLINE_REACH and len(tokens) >= _HEADLINE_TOKENS
        common = len(set(tokens) & set(title)) if close else 0
        if tokens == title or (close and common >= _HEADLINE_OVERLAP * len(set(tokens) | set(title))):
            label[i] = HEADLINE
            return


def label_page(document: Document, rendering: str, text: str, state: str = "full") -> LabelledPage:
    """Label the lines of any text of a document.

    Parameters
    ----------
    document : Document
    rendering : str
        What made the text.
    text : str
    state : str
        See :class:`LabelledPage`.

    Returns
    -------
    LabelledPage
        All labels are -1 where the annotators gave neither a gold text nor segments.
    """
    start, end = split_lines(text)
    lines = [text[s:e] for s, e in zip(start.tolist(), end.tolist(), strict=True)]
    if document.gold:
        label, fraction = label_lines(lines, document.gold)
        _mark_headline(document, lines, label)
    else:
        label, fraction = label_segments(lines, document.segments_with, document.segments_without)
    return LabelledPage(
        doc_id=document.id,
        site=document.site,
        corpus=document.corpus,
        kind=document.kind,
        rendering=rendering,
        state=state,
        text=text,
        start=start,
        end=end,
        label=label,
        fraction=fraction,
    )


def gold_page(document: Document) -> LabelledPage:
    """Make the gold text alone a page, every line of it content.

    Raises
    ------
    ValueError
        If the document has no gold text.
    """
    if not document.gold.strip():
        raise ValueError(f"{document.id} has no gold text")
    page = label_page(replace(document, gold="", title=""), "gold", document.gold, "gold")
    n_lines = len(page.start)
    return replace(page, label=np.ones(n_lines, dtype=np.int8), fraction=np.ones(n_lines, dtype=np.float32))


def extractor_page(document: Document, name: str, text: str) -> LabelledPage:
    """Make the output of an extractor a page, its lines labelled by the gold text.

    Parameters
    ----------
    document : Document
    name : str
        The extractor's name; the page's state is ``"extractor:NAME"``.
    text : str
        Its output, maybe empty.
    """
    return label_page(document, name, text, f"extractor:{name}")


def nearly_clean(page: LabelledPage, margin: int = 4) -> LabelledPage | None:
    """Cut a full page to the text's own stretch.

    Parameters
    ----------
    page : LabelledPage
        A full page.
    margin : int
        Lines of surroundings kept before the first and after the last content line.

    Returns
    -------
    LabelledPage or None
        The stretch with offsets into its own text; None if no line is content.
    """
    content = np.flatnonzero(page.label == 1)
    if not len(content):
        return None
    low, high = max(0, int(content[0]) - margin), min(len(page.start), int(content[-1]) + margin + 1)
    offset, stop = int(page.start[low]), int(page.end[high - 1])
    return replace(
        page,
        state="nearly-clean",
        text=page.text[offset:stop],
        start=page.start[low:high] - offset,
        end=page.end[low:high] - offset,
        label=page.label[low:high],
        fraction=page.fraction[low:high],
    )


# ---- caching


def cache_folder() -> Path:
    """``$CLEANTEXT_CACHE``, else ``~/.cache/cleantext``."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "cleantext")


def _write(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write atomically, so that an interrupted run leaves no half cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with temporary.open("wb") as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type, unused-ignore]
    os.replace(temporary, path)


def _pack(texts: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    encoded = [text.encode("utf-8") for text in texts]
    return {
        "bytes": np.frombuffer(b"".join(encoded), dtype=np.uint8),
        "n_bytes": np.array([len(data) for data in encoded], dtype=np.int64),
    }


def _unpack(path: Path) -> list[str]:
    with np.load(path, allow_pickle=False) as arrays:
        data, bounds = arrays["bytes"].tobytes(), np.concatenate([[0], np.cumsum(arrays["n_bytes"])])
    return [data[s:e].decode("utf-8") for s, e in pairwise(bounds)]


def _parallel(function: Callable[[_Item], _Result], items: Sequence[_Item], title: str) -> list[_Result]:
    """Map over all cores with a progress bar, in order."""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(function, items, chunksize=8)
        return list(tqdm(results, total=len(items), desc=title, unit="page"))


def _render(rendering: str, document: Document) -> str:
    return render(document.html, rendering)


def _label(rendering: str, item: tuple[Document, str]) -> LabelledPage:
    return label_page(item[0], rendering, item[1])


class _Cache:
    """Rendered texts and labelled pages of one corpus on disk, read or made on demand."""

    def __init__(self, root: Path, corpus: str, folder: Path) -> None:
        self._root, self._corpus, self._folder = root, corpus, folder
        self._hash = corpus_hash(root, corpus)
        self._read: list[Document] = []

    @property
    def documents(self) -> list[Document]:
        """The corpus, read once and only if something has to be made from it."""
        if not self._read:
            self._read = read_corpus(self._root, self._corpus)
        return self._read

    def _path(self, rendering: str, what: str, *key: object) -> Path:
        digest = hashlib.sha256(json.dumps([self._hash, rendering, *map(str, key)]).encode()).hexdigest()
        return self._folder / f"{self._corpus}-{rendering}-{what}-{digest[:16]}.npz"

    def texts(self, rendering: str) -> list[str]:
        """Return the text of every document in a rendering."""
        path = self._path(rendering, "text", RENDER_VERSION, *map(version, _RENDERERS))
        if not path.exists():
            title = f"{self._corpus}: {rendering}"
            _write(path, _pack(_parallel(partial(_render, rendering), self.documents, title)))
        return _unpack(path)

    def pages(self, rendering: str) -> list[LabelledPage]:
        """Return every document in a rendering, labelled."""
        texts = self.texts(rendering)
        key = (RENDER_VERSION, *map(version, _RENDERERS), LABEL_VERSION, version("rapidfuzz"))
        path = self._path(rendering, "labels", *key)
        if not path.exists():
            # The worker needs no HTML, and it is by far the largest part to send.
            items = [(replace(d, html=""), text) for d, text in zip(self.documents, texts, strict=True)]
            pages = _parallel(partial(_label, rendering), items, f"{self._corpus}: labels of {rendering}")
            _write(path, _pack_labels(pages))
        return _unpack_labels(path, self._corpus, rendering, texts)


_PER_LINE = ("start", "end", "label", "fraction")
_PER_PAGE = ("doc_id", "site", "kind")


def _pack_labels(pages: Sequence[LabelledPage]) -> dict[str, NDArray[np.generic]]:
    arrays: dict[str, NDArray[np.generic]] = {"n_lines": np.array([len(p.start) for p in pages], dtype=np.int64)}
    for name in _PER_LINE:
        arrays[name] = np.concatenate([getattr(p, name) for p in pages])
    for name in _PER_PAGE:
        arrays[name] = np.array([getattr(p, name) for p in pages], dtype=np.str_)
    return arrays


def _unpack_labels(path: Path, corpus: str, rendering: str, texts: Sequence[str]) -> list[LabelledPage]:
    with np.load(path, allow_pickle=False) as arrays:
        bounds = np.cumsum(arrays["n_lines"])[:-1]
        per_line = zip(*(np.split(arrays[name], bounds) for name in _PER_LINE), strict=True)
        per_page = zip(*(arrays[name].tolist() for name in _PER_PAGE), strict=True)
    return [
        LabelledPage(doc_id, site, corpus, kind, rendering, "full", text, *lines)
        for (doc_id, site, kind), lines, text in zip(per_page, per_line, texts, strict=True)
    ]


def load_pages(root: Path, corpus: str, renderings: Iterable[str], cache: Path | None = None) -> list[LabelledPage]:
    """Load a corpus as labelled full pages, rendering and labelling what the cache lacks.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root, as :func:`cleantext.train.corpora.find_corpora` returns it.
    corpus : {"wcxb", "fundus", "segments"}
    renderings : iterable of str
        Keys of ``RENDERINGS`` or ``HELD_OUT`` in :mod:`cleantext.train.render`.
    cache : pathlib.Path, optional
        Cache folder, by default :func:`cache_folder`.  Files are keyed by the corpus' hash, the versions of
        this code and of the rendering packages; outdated ones are left there.

    Returns
    -------
    list of LabelledPage
        Rendering by rendering, each in the order of the documents' ids; pages without text have no lines.
    """
    store = _Cache(root, corpus, cache or cache_folder())
    return [page for rendering in renderings for page in store.pages(rendering)]


# ---- folds


def site_folds(sites: Sequence[str], n_splits: int = 5, seed: int = 0) -> NDArray[np.int64]:
    """Assign pages to folds by their site.

    The fold is a hash of the site alone, so a site is in the same fold in every corpus, rendering and state,
    whatever else is in the list; dealing sites out by size would balance better and lose just that.

    Parameters
    ----------
    sites : sequence of str, length n_pages
    n_splits : int
        Number of folds, at least 2.
    seed : int
        Another seed, another assignment.

    Returns
    -------
    ndarray of int64, shape (n_pages,)
        Fold of each page, in [0, n_splits).

    Raises
    ------
    ValueError
        If ``n_splits`` is below 2.

    Examples
    --------
    >>> site_folds(["example.org", "example.com", "example.org"]).tolist()
    [2, 1, 2]
    """
    if n_splits < 2:
        raise ValueError(f"n_splits must be at least 2, not {n_splits}")

    def fold(site: str) -> int:
        return int.from_bytes(hashlib.sha256(f"{seed}\0{site}".encode()).digest()[:8], "big") % n_splits

    of_site = {site: fold(site) for site in set(sites)}
    return np.array([of_site[site] for site in sites], dtype=np.int64)
