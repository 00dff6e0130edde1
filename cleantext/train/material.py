"""What models are trained on: the corpora's pages and gold texts, and what was written for this project."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from . import augment
from .agreement import extractor_outputs, with_agreement
from .cache import load_pages
from .corpora import FOLDERS, read_corpus
from .fit import N_FOLDS, RENDERINGS
from .pages import LabelledPage, gold_page
from .render import SUPPLEMENTS

# The corpus whose annotators marked segments only.
_SEGMENTS = "segments"


class Material(NamedTuple):
    """See `fit.Trainer`."""

    full: list[LabelledPage]
    gold: list[LabelledPage]
    own: list[augment.OwnLine]


def read_material(root: Path, data: Path) -> Material:
    """Read all of it.

    Parameters
    ----------
    root : pathlib.Path
        The corpora's root.
    data : pathlib.Path
        Folder of our own labelled ``lines`` and ``pages``.
    """
    full: list[LabelledPage] = []
    gold: list[LabelledPage] = []
    for corpus in FOLDERS:
        full += load_pages(root, corpus, (*RENDERINGS, *SUPPLEMENTS))
        gold += [augment.with_headline(gold_page(d), d.title) for d in read_corpus(root, corpus) if d.gold.strip()]
    outputs = extractor_outputs(root, _SEGMENTS)
    full = [with_agreement(page, outputs[page.doc_id]) if page.corpus == _SEGMENTS else page for page in full]
    return Material(full + augment.read_pages(data / "pages"), gold, augment.read_lines(data / "lines", N_FOLDS))
