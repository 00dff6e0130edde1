"""Labelled pages on disk: read again as they were made, made anew where something has changed."""

from __future__ import annotations

import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from small_corpora import write_corpora, write_page

from cleantext.train import cache
from cleantext.train.cache import load_pages
from cleantext.train.corpora import read_corpus
from cleantext.train.pages import LabelledPage, label_page
from cleantext.train.render import render


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_corpora(tmp_path / "corpora")


def same(a: LabelledPage, b: LabelledPage) -> bool:
    arrays = ("start", "end", "label", "fraction")
    plain = ("doc_id", "site", "corpus", "kind", "rendering", "state", "text")
    return all(getattr(a, n) == getattr(b, n) for n in plain) and all(
        np.array_equal(getattr(a, n), getattr(b, n)) and getattr(a, n).dtype == getattr(b, n).dtype for n in arrays
    )


def test_cache(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cache"
    first = load_pages(root, "fundus", ["blocks", "nodes"], folder)
    assert [(p.doc_id[-10:], p.rendering) for p in first] == [
        ("2023_01_01", "blocks"),
        ("2025_01_01", "blocks"),
        ("2023_01_01", "nodes"),
        ("2025_01_01", "nodes"),
    ]
    assert first[0].label.tolist() == [1, 1, 1]
    direct = [label_page(d, "blocks", render(d.html, "blocks")) for d in read_corpus(root, "fundus")]
    assert all(same(a, b) for a, b in zip(first[:2], direct, strict=True))

    # A second time nothing is rendered: readers and workers are not called.
    with monkeypatch.context() as patch:
        patch.setattr(cache, "read_corpus", None)
        patch.setattr(cache, "_parallel", None)
        again = load_pages(root, "fundus", ["blocks", "nodes"], folder)
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert len(list(folder.iterdir())) == 4

    # Another page is another corpus; other labels need no new text.
    write_page(root / "fundus/at/Kochblatt_2023_01_01.html.gz", "<h1>Leek soup</h1><p>Boil the leeks.<p>Share")
    assert load_pages(root, "fundus", ["blocks"], folder)[0].label.tolist() == [1, 1, 0]
    n_files = Counter(path.name.split("-")[2] for path in folder.iterdir())
    monkeypatch.setattr(cache, "LABEL_VERSION", -1)
    load_pages(root, "fundus", ["blocks"], folder)
    assert Counter(path.name.split("-")[2] for path in folder.iterdir()) == n_files + Counter(labels=1)


def test_cached_files_hold_no_pickle(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANTEXT_CACHE", str(tmp_path / "named"))
    load_pages(root, "segments", ["blocks"])
    files = list((tmp_path / "named").glob("segments-blocks-*.npz"))
    assert len(files) == 2
    for file in files:
        with np.load(file, allow_pickle=False) as arrays:
            assert all(arrays[name].dtype != object for name in arrays.files)


def test_nothing_is_left_of_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises((AttributeError, pickle.PicklingError)):
        cache._write(tmp_path / "a.npz", {"sizes": np.arange(3), "wrong": np.array([lambda: 0], dtype=object)})
    assert list(tmp_path.iterdir()) == []


def test_pages_without_text_survive_the_cache(root: Path, tmp_path: Path) -> None:
    for file in (root / "wcxb-dev/html").iterdir():
        write_page(file, "<script>x()</script>")
    for page in load_pages(root, "wcxb", ["blocks"], tmp_path / "cache"):
        assert (page.text, page.label.shape) == ("", (0,))
