"""What every part of `quality.py` needs: pages, the peers' outputs, and cleantext with a model that never saw the site."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from peer_cache import PeerCache
from peers import peer

import cleantext
from cleantext import LineModel
from cleantext.train import corpora
from cleantext.train.cache import load_pages
from cleantext.train.corpora import Document
from cleantext.train.pages import LabelledPage, kept_text, label_page, site_folds
from cleantext.train.render import render

N_FOLDS = 5

Scores = NDArray[np.float64]


class _HasSite(Protocol):
    @property
    def site(self) -> str: ...


class Cleaner:
    """cleantext with one model per fold of sites, each page cleaned by the model trained without its site.

    Parameters
    ----------
    models : sequence of LineModel
        Model `k` was trained without the sites that `site_folds` puts in fold `k`. One model alone means that the same
        one cleans every page: right for the shipped model on pages that are nobody's training pages.
    seed : int
        Of `site_folds`.
    """

    def __init__(self, models: Sequence[LineModel], seed: int = 0) -> None:
        self.models = models
        self.seed = seed

    @classmethod
    def from_folder(cls, folder: Path, fold: int | None = None) -> Cleaner:
        """Read `fold-0.ctm`, `fold-1.ctm` ..., or one of them; FileNotFoundError says how they are made."""
        paths = [folder / f"fold-{k}.ctm" for k in (range(N_FOLDS) if fold is None else [fold])]
        if missing := [path.name for path in paths if not path.exists()]:
            made = "`python -m cleantext.train` makes them"
            raise FileNotFoundError(f"no {', '.join(missing)} in {folder}: {made}")
        return cls([LineModel.load(path) for path in paths])

    def _folds(self, pages: Sequence[_HasSite]) -> NDArray[np.int64]:
        if len(self.models) == 1:
            return np.zeros(len(pages), dtype=np.int64)
        return site_folds([p.site for p in pages], len(self.models), self.seed)

    def clean(self, texts: Sequence[str], pages: Sequence[_HasSite], threshold: str | float | None = None) -> list[str]:
        """Clean texts; `pages` says which site each is from. The full job, normalisation and all."""
        cleaned = [""] * len(texts)
        folds = self._folds(pages)
        for k, model in enumerate(self.models):
            members = np.flatnonzero(folds == k).tolist()
            results = cleantext.strip_many([texts[i] for i in members], model=model, threshold=threshold)
            for i, result in zip(members, results, strict=True):
                cleaned[i] = result or ""
        return cleaned

    def clean_pages(self, pages: Sequence[LabelledPage], threshold: str | float | None = None) -> list[str]:
        """`clean` of the pages' own texts."""
        return self.clean([p.text for p in pages], pages, threshold)

    def scores(self, pages: Sequence[LabelledPage]) -> list[Scores]:
        """Scores of every page's lines that are not blank."""
        folds = self._folds(pages)
        return [_line_scores(page, self.models[k]) for page, k in zip(pages, folds.tolist(), strict=True)]

    def threshold(self, name: str) -> float:
        """A named threshold's value, the mean over the folds' models."""
        return float(np.mean([model.threshold(name) for model in self.models]))


def _line_scores(page: LabelledPage, model: LineModel) -> Scores:
    scored = cleantext.score_lines(page.text, model=model)
    rows = np.searchsorted(scored.start, page.start)
    if len(page.start) and not np.array_equal(np.asarray(scored.start)[rows], page.start):
        raise AssertionError(f"{page.doc_id}: training and cleaning cut {page.rendering} into different lines")
    return np.asarray(scored.score, dtype=np.float64)[rows]


class Bench:
    """Corpora, renderings and peers, read or made when first asked for.

    Parameters
    ----------
    cleaner : Cleaner
    subset : int, optional
        At most so many pages of each corpus, a seeded choice; all of them by default.
    fold : int, optional
        Only pages of the sites in this fold; then one model, trained without them, is enough.
    """

    def __init__(self, cleaner: Cleaner, subset: int | None = None, fold: int | None = None) -> None:
        self.cleaner = cleaner
        self.subset = subset
        self.fold = fold
        self.root = corpora.find_corpora()
        self.peers = PeerCache()
        self.failures: dict[str, list[str]] = {}
        self._documents = functools.cache(self._read)
        self._pages = functools.cache(self._render)

    def close(self) -> None:
        """Close the peers' outputs."""
        self.peers.close()

    def documents(self, corpus: str) -> list[Document]:
        """A corpus' documents, the chosen ones alone if there is a subset."""
        return self._documents(corpus)

    def pages(self, corpus: str, rendering: str = "blocks") -> list[LabelledPage]:
        """Full pages, in the order of `documents`."""
        return self._pages(corpus, rendering)

    def _read(self, corpus: str) -> list[Document]:
        documents = corpora.read_corpus(self.root, corpus)
        if self.fold is not None:
            folds = site_folds([d.site for d in documents], N_FOLDS).tolist()
            documents = [d for d, fold in zip(documents, folds, strict=True) if fold == self.fold]
        if self.subset is None or self.subset >= len(documents):
            return documents
        chosen = set(random.Random(0).sample(range(len(documents)), self.subset))
        return [d for i, d in enumerate(documents) if i in chosen]

    def _render(self, corpus: str, rendering: str) -> list[LabelledPage]:
        if self.subset is None and self.fold is None:
            pages = load_pages(self.root, corpus, [rendering])
            if [p.doc_id for p in pages] != [d.id for d in self.documents(corpus)]:
                raise AssertionError(f"pages of {corpus} are not in the order of its documents")
            return [_or_unscripted(d, page) for d, page in zip(self.documents(corpus), pages, strict=True)]
        # A subset is for a fresh machine: rendering its pages takes seconds, the whole corpus minutes.
        pages = [label_page(d, rendering, render(d.html, rendering)) for d in self.documents(corpus)]
        return [_or_unscripted(d, page) for d, page in zip(self.documents(corpus), pages, strict=True)]

    def peer_texts(self, name: str, corpus: str) -> list[str]:
        """A peer's output for every document, "" where it has none; its failures are noted in `failures`."""
        chosen = peer(name)
        texts, errors = self.peers.texts(chosen, (d.html for d in self.documents(corpus)))
        self.failures[f"{chosen.name} {chosen.version}, {corpus}"] = errors
        return texts

    def hashes(self) -> dict[str, str]:
        """Hash of each corpus, which pins what a floor was measured on."""
        return {name: corpora.corpus_hash(self.root, name) for name in corpora.READERS}


def _or_unscripted(document: Document, page: LabelledPage) -> LabelledPage:
    """A page that shows nothing without its scripts as a reader without scripts gets it: its noscript part, as the extractors see it."""
    if page.text.strip():
        return page
    return label_page(document, page.rendering, render(document.html, "unscripted"))


def oracle(page: LabelledPage) -> str:
    """The best a choice of whole lines can do: the lines most of whose words are the page's own."""
    return kept_text(page, page.fraction >= 0.5)


if __name__ == "__main__":
    from report import no_command

    no_command(__doc__, "quality.py, ablations.py and converters.py")
