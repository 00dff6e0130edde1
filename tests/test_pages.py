"""Labelled pages: offsets, states and folds; marked ``corpora`` what is measured on the real ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.train.corpora import Document, find_corpora, read_corpus
from cleantext.train.metrics import word_f1
from cleantext.train.pages import (
    HEADLINE,
    LabelledPage,
    extractor_page,
    gold_page,
    kept_text,
    label_page,
    nearly_clean,
    site_folds,
    split_lines,
)
from cleantext.train.render import render

PARAGRAPHS = ["Boil the leeks for ten minutes, then add the cream.", "Serve with bread and butter."]
NAVIGATION = [f"Section {letter}" for letter in "ABCDEFGH"]


def document(gold: str = "\n".join(PARAGRAPHS), title: str = "", **segments: tuple[str, ...]) -> Document:
    return Document(
        id="wcxb/1",
        corpus="wcxb",
        site="example.org",
        kind="article",
        html="",
        gold=gold,
        title=title,
        segments_with=segments.get("present", ()),
        segments_without=segments.get("absent", ()),
    )


def label(lines: list[str], gold: str = "\n".join(PARAGRAPHS), title: str = "") -> list[int]:
    labels: list[int] = label_page(document(gold, title), "blocks", "\n".join(lines)).label.tolist()
    return labels


# ---- lines


@given(st.text(alphabet="ab \t\r\n\u2028\x0b\x85\u3000", max_size=40))
def test_lines_are_those_of_the_definition(text: str) -> None:
    start, end = split_lines(text)
    wanted = [line for line in re.split(r"\r\n|\n|\r", text) if line.strip()]
    assert [text[s:e] for s, e in zip(start, end, strict=True)] == wanted


def test_other_separators_do_not_end_a_line() -> None:
    start, end = split_lines("a\u2028b\x0bc\x85d\n\u3000\n")
    assert (start.tolist(), end.tolist()) == ([0], [7])
    start, end = split_lines("a\n\u200b\xad\n \u3164\nb\ufeff")
    assert start.tolist() == [0, 8]
    assert end.tolist() == [1, 10]
    assert split_lines("")[0].dtype == split_lines("a")[0].dtype == np.int64


def test_kept_text() -> None:
    page = label_page(document(), "blocks", "Menu\r\n\r\n" + "\r".join(PARAGRAPHS))
    assert page.lines() == ["Menu", *PARAGRAPHS]
    assert kept_text(page, page.label == 1) == "\n".join(PARAGRAPHS)
    assert kept_text(page, [False] * 3) == ""
    with pytest.raises(ValueError, match="3 lines"):
        kept_text(page, [True])


# ---- headlines


@pytest.mark.parametrize(
    ("lines", "fields", "labels"),
    [
        pytest.param(
            ["Leek soup", "Menu", "Leek soup", *PARAGRAPHS, "Leek soup"],
            {"title": "Leek soup"},
            [0, 0, HEADLINE, 1, 1, 0],
            id="nearest before the text",
        ),
        pytest.param(
            ["The best leek soup I ever ate", *PARAGRAPHS],
            {"title": "The best leek soup ever: I ate it | Soups"},
            [HEADLINE, 1, 1],
            id="worded a little differently",
        ),
        pytest.param(
            ["Leek soup", *PARAGRAPHS], {"title": "Leek soup with cream and onions"}, [0, 1, 1], id="two common words are no headline"
        ),
        pytest.param(
            ["Hot leek soup", "Hot leek soup", *PARAGRAPHS],
            {"title": "Hot leek soup", "gold": "Hot leek soup\n" + "\n".join(PARAGRAPHS)},
            [0, 1, 1, 1],
            id="in the gold, so a copy is furniture",
        ),
        pytest.param(["Leek soup", "Menu"], {"title": "Leek soup"}, [-1, -1], id="a page that lacks its text"),
    ],
)
def test_headline_that_the_gold_lacks_is_marked(lines: list[str], fields: dict[str, str], labels: list[int]) -> None:
    assert label(lines, **fields) == labels


# ---- states


def full_page() -> LabelledPage:
    return label_page(document(), "blocks", "\n\n".join([*NAVIGATION, *PARAGRAPHS, "Share this", "Imprint"]))


def test_nearly_clean() -> None:
    page = full_page()
    near = nearly_clean(page, margin=2)
    assert near is not None
    assert (near.state, page.state) == ("nearly-clean", "full")
    assert near.lines() == [*NAVIGATION[-2:], *PARAGRAPHS, "Share this", "Imprint"]
    assert near.label.tolist() == [0, 0, 1, 1, 0, 0]
    assert near.text.startswith(NAVIGATION[-2])
    bare = nearly_clean(page, margin=0)
    assert bare is not None
    assert bare.text == "\n\n".join(PARAGRAPHS)
    whole = nearly_clean(page, margin=99)
    assert whole is not None
    assert whole.text == page.text
    assert nearly_clean(label_page(document(), "blocks", "Menu\nLogin")) is None


def test_gold_page_is_all_content() -> None:
    page = gold_page(document("Leeks\n\n---\nBoil"))
    assert (page.state, page.lines()) == ("gold", ["Leeks", "---", "Boil"])
    assert page.label.tolist() == [1, 1, 1]
    assert page.fraction.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="wcxb/1 has no gold"):
        gold_page(document(" \n"))


def test_extractor_page() -> None:
    page = extractor_page(document(), "scissors", "Share this\n" + "\n".join(PARAGRAPHS))
    assert (page.state, page.rendering, page.label.tolist()) == ("extractor:scissors", "scissors", [0, 1, 1])
    assert extractor_page(document(), "scissors", "").label.shape == (0,)


def test_segments_label_pages_without_gold() -> None:
    page = label_page(document("", present=("the leeks for",), absent=("Share",)), "blocks", "\n".join(["Menu", *PARAGRAPHS, "Share this"]))
    assert page.label.tolist() == [-1, 1, -1, 0]


# ---- folds


def test_folds() -> None:
    sites = [f"site{i % 400}.example" for i in range(2000)]
    folds = site_folds(sites)
    assert folds.shape == (2000,)
    assert len({(s, f) for s, f in zip(sites, folds.tolist(), strict=True)}) == 400
    # Whatever else is in the list, a site stays in its fold.
    assert site_folds(sites[:7]).tolist() == folds[:7].tolist()
    assert min(np.bincount(folds, minlength=5)) > 300
    assert site_folds(sites, seed=1).tolist() != folds.tolist()
    assert set(site_folds(sites, n_splits=3).tolist()) == {0, 1, 2}
    with pytest.raises(ValueError, match="n_splits"):
        site_folds(sites, n_splits=1)


# ---- the real corpora


@pytest.fixture(scope="module")
def articles() -> list[Document]:
    return [d for d in read_corpus(find_corpora(), "wcxb") if d.gold and d.kind == "article"][::12]


@pytest.mark.corpora
@pytest.mark.parametrize("rendering", ["blocks", "nodes"])
def test_right_lines_give_nearly_the_gold(articles: list[Document], rendering: str) -> None:
    """The labels' quality in one figure: keep what they call content, compare with the gold."""
    labelled = [label_page(d, rendering, render(d.html, rendering)) for d in articles]
    scores = [word_f1(kept_text(p, p.fraction >= 0.5), d.gold) for p, d in zip(labelled, articles, strict=True)]
    # A few pages of the set have a gold text from another version of the page, hence the lower mean.
    assert np.median(scores) > 0.995
    assert np.mean(scores) > 0.97
    pairs = zip(labelled, articles, strict=True)
    everything = [word_f1(near.text, d.gold) for p, d in pairs if (near := nearly_clean(p))]
    assert 0.9 < np.mean(everything) < np.mean(scores)
