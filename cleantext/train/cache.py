"""Corpora as labelled pages, kept on disk.

Rendering and labelling take minutes, so :func:`load_pages` caches both, apart from each other: a change of
the alignment need not render again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from cleantext.atomic import AtomicFile
from cleantext.train.corpora import Document, corpus_hash, read_corpus
from cleantext.train.pages import LabelledPage, label_page
from cleantext.train.render import render

#: Raise with any change of ``render.py`` or ``corpora.py`` that changes a page's text: it keys the cache.
RENDER_VERSION = 2
#: Raise with any change of ``align.py`` or ``pages.py`` that changes a line's label.
LABEL_VERSION = 6

#: The environment variable that names the cache folder.
CACHE_VARIABLE = "CLEANTEXT_CACHE"

#: The packages whose output ends in a page's text; another version may render another text.
RENDERERS = (
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


def cache_folder() -> Path:
    """``$CLEANTEXT_CACHE``, else ``~/.cache/cleantext``."""
    return Path(os.environ.get(CACHE_VARIABLE) or Path.home() / ".cache" / "cleantext")


def _write(path: Path, arrays: dict[str, NDArray[np.generic]]) -> None:
    """Write atomically, so that an interrupted run leaves no half cache."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with AtomicFile(path) as file:
        np.savez_compressed(file.stream, **arrays)  # type: ignore[arg-type, unused-ignore]


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
        path = self._path(rendering, "text", RENDER_VERSION, *map(version, RENDERERS))
        if not path.exists():
            title = f"{self._corpus}: {rendering}"
            _write(path, _pack(_parallel(partial(_render, rendering), self.documents, title)))
        return _unpack(path)

    def pages(self, rendering: str) -> list[LabelledPage]:
        """Return every document in a rendering, labelled."""
        texts = self.texts(rendering)
        key = (RENDER_VERSION, *map(version, RENDERERS), LABEL_VERSION, version("rapidfuzz"))
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
