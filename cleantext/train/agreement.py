"""Labels from the agreement of extractors, for pages whose annotators marked a few segments only.

Trafilatura's evaluation pages come from 468 sites in a dozen languages, with some three segments each that must stay and three that must
go. Four extractors that see the HTML decide about the other lines: where they agree, on nine lines of ten, they are right on 93 of 100
lines that the annotators marked; where they do not, a line is doubtful. What such labels are worth was measured by hand with seven
extractors (`benchmarks/EXPERIMENTS.md`); these four agree with the annotators as often and were taken for the time the others need.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from . import extractors
from .align import label_lines
from .cache import cache_folder
from .corpora import corpus_hash, read_corpus
from .pages import LabelledPage

# A line is content if trafilatura, by far the best of them, kept it and so did enough of the others; furniture if it did not and hardly
# one of the others did. Weights in the order of what each reaches on the segments: 0.93, 0.89, 0.86, and jusText, which errs elsewhere.
WEIGHTS = {"trafilatura": 2.0, "readability": 1.5, "resiliparse_main": 1.0, "justext": 1.0}
BEST = "trafilatura"
CONTENT, FURNITURE = 0.6, 0.2
# Under so much weight of extractors with any output, a page keeps the annotators' labels alone.
_ENOUGH = 3.0

# Of so many pages each extractor must find something in half: one that a new version broke would only lose its say, and nobody would know.
_MANY = 20

# Raise with any change of the extractors' calls: it keys the cache of their outputs.
_VERSION = 1
#: What labels by agreement depend on.
DISTRIBUTIONS = ("trafilatura", "readability-lxml", "resiliparse", "jusText")

Outputs = Mapping[str, str]


def extracted(html: str) -> dict[str, str]:
    """Output of each extractor for a page; "" from one that finds nothing or fails."""
    outputs = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about odd pages, which are not ours to judge
        for name in ("trafilatura", "readability", "htmldate"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        for name in WEIGHTS:
            try:
                outputs[name] = getattr(extractors, name)(html) or ""
            except Exception:  # odd pages trip each of them in ways of its own; the others still have a say
                outputs[name] = ""
    return outputs


def extractor_versions() -> list[str]:
    """Versions of the extractors' distributions.

    Raises
    ------
    ModuleNotFoundError
        If one is missing; the message says how to install them.
    """
    try:
        return [version(name) for name in DISTRIBUTIONS]
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            f"{missing.name} is missing: training needs the extractors of the extra `train`; "
            "python -m pip install --upgrade pip && python -m pip install '.[train]'"
        ) from None


def extractor_outputs(root: Path, corpus: str, cache: Path | None = None) -> dict[str, Outputs]:
    """Outputs of the extractors for a corpus, by document id; made once, which takes about a minute, then read from the cache.

    Raises
    ------
    ModuleNotFoundError
        If an extractor is missing; the message says how to install them.
    RuntimeError
        If one finds nothing in more than half of many pages.
    """
    versions = [str(_VERSION), *extractor_versions()]
    digest = hashlib.sha256(json.dumps([corpus_hash(root, corpus), *versions]).encode()).hexdigest()
    path = (cache or cache_folder()) / f"{corpus}-extracted-{digest[:16]}.json"
    if not path.exists():
        documents = read_corpus(root, corpus)
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(extracted, [document.html for document in documents], chunksize=8)
            outputs = list(tqdm(results, total=len(documents), desc=f"{corpus}: extractors", unit="page"))
        _check(outputs)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        temporary.write_text(json.dumps(dict(zip([d.id for d in documents], outputs, strict=True))), encoding="utf-8")
        os.replace(temporary, path)
    found: dict[str, Outputs] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _check(outputs: Sequence[Outputs]) -> None:
    for name in WEIGHTS:
        empty = sum(not one[name].strip() for one in outputs)
        if len(outputs) >= _MANY and 2 * empty > len(outputs):
            raise RuntimeError(
                f"the extractor {name} found nothing in {empty} of {len(outputs)} pages, so labels by agreement would be without it: "
                f"call cleantext.train.extractors.{name} on a page to see why, and install a version of it that works"
            )


def agreed_labels(lines: Sequence[str], outputs: Outputs) -> NDArray[np.int8]:
    """Labels that extractors' outputs give to lines.

    Parameters
    ----------
    lines : sequence of str
    outputs : mapping of str to str
        From `extracted`; empty ones have no say.

    Returns
    -------
    int8 array of shape (n_lines,)
        1 content, 0 furniture, -1 where they do not agree or too few have any output.

    Examples
    --------
    >>> agreed_labels(["Home", "The bridge is open again."], dict.fromkeys(WEIGHTS, "The bridge is open again.")).tolist()
    [0, 1]
    """
    label = np.full(len(lines), -1, np.int8)
    spoken = {name: text for name, text in outputs.items() if text.strip()}
    weight = sum(WEIGHTS[name] for name in spoken)
    if BEST not in spoken or weight < _ENOUGH:
        return label
    kept = np.zeros(len(lines))
    for name, text in spoken.items():
        found, _ = label_lines(lines, text)
        kept += WEIGHTS[name] * np.where(found < 0, 0.5, found)
        if name == BEST:
            best = found
    kept /= weight
    label[(kept >= CONTENT) & (best == 1)] = 1
    label[(kept <= FURNITURE) & (best != 1)] = 0
    return label


def with_agreement(page: LabelledPage, outputs: Outputs) -> LabelledPage:
    """A page with the extractors' labels where the annotators gave none."""
    label = np.where(page.label < 0, agreed_labels(page.lines(), outputs), page.label).astype(np.int8)
    return replace(page, label=label, fraction=np.maximum(label, 0).astype(np.float32))
