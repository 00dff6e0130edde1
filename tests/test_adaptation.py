"""A model is moved towards labelled pages, and measured on pages of sites that have not moved it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from cleantext import strip_boilerplate
from cleantext.model import LineModel
from cleantext.train.adaptation import N_FOLDS, Adaptation, page_scores
from cleantext.train.augment import read_pages
from cleantext.train.pages import LabelledPage

HELD_OUT = Path(__file__).resolve().parents[1] / "data" / "held_out"


@cache
def pages() -> list[LabelledPage]:
    """Eight pages of a site each, shops and listings."""
    some = [page for page in read_pages(HELD_OUT) if page.doc_id.startswith(("product-", "listing-")) and page.doc_id.endswith("-full")]
    return some[::4][:8]


@cache
def adaptation() -> Adaptation:
    return Adaptation(LineModel.load(), pages())


def log_loss(model: LineModel, some: list[LabelledPage]) -> float:
    score, label = np.concatenate(page_scores(model, some)), np.concatenate([page.label for page in some])
    return float(-np.log(np.where(label == 1, score, 1 - score)).mean())


def test_labelled_lines_become_likelier() -> None:
    moved = adaptation().moved()
    assert log_loss(moved, pages()) < 0.9 * log_loss(LineModel.load(), pages())
    assert moved.thresholds == LineModel.load().thresholds


def test_the_model_itself_stays() -> None:
    before = {name: array.copy() for name, array in LineModel.load().arrays.items()}
    model = LineModel.load()
    Adaptation(model, pages()[:2]).moved()
    assert all(np.array_equal(before[name], array) for name, array in model.arrays.items())


def test_what_the_pages_do_not_show_stays() -> None:
    moved, model = adaptation().moved(), LineModel.load()
    unchanged = {name: float((moved.arrays[name] == array).mean()) for name, array in model.arrays.items() if array.size}
    assert unchanged["line_words"] > 0.95  # a few thousand of 2 ** 17
    assert unchanged["line_words"] < 1
    assert unchanged["page_near"] > 0.95
    assert all(unchanged[f"phrase_{name}"] == 1 for name in ("keys", "known", "sections"))


def test_the_same_pages_give_the_same_model() -> None:
    again = Adaptation(LineModel.load(), pages()).moved()
    assert all(np.array_equal(array, again.arrays[name]) for name, array in adaptation().moved().arrays.items())


def test_a_page_is_measured_by_models_that_have_not_seen_its_site() -> None:
    scores = adaptation().held_out()
    assert [len(score) for score in scores] == [len(page.label) for page in pages()]
    sites = sorted(page.site for page in pages())
    fold = [sites.index(page.site) % N_FOLDS for page in pages()]
    # All labels of one fold turned round: its own scores stay, all others' change.
    turned = [replace(page, label=np.int8(1) - page.label) if one == 1 else page for page, one in zip(pages(), fold, strict=True)]
    again = Adaptation(LineModel.load(), turned).held_out()
    for one, before, after in zip(fold, scores, again, strict=True):
        assert np.array_equal(before, after) == (one == 1)


def test_pages_of_one_site_are_of_one_fold() -> None:
    same = [replace(page, site="a" if index < 6 else f"b{index}") for index, page in enumerate(pages())]
    turned = [replace(page, label=np.int8(1) - page.label) if page.site == "a" else page for page in same]
    scores, again = (Adaptation(LineModel.load(), some).held_out() for some in (same, turned))
    assert [np.array_equal(a, b) for a, b in zip(scores, again, strict=True)] == [page.site == "a" for page in same]


def test_doubtful_lines_train_nothing() -> None:
    doubtful = [replace(page, label=np.where(np.arange(len(page.label)) % 3, page.label, -1).astype(np.int8)) for page in pages()[:3]]
    other = [replace(page, label=np.where(page.label < 0, -2, page.label).astype(np.int8)) for page in doubtful]
    one, two = (Adaptation(LineModel.load(), some).moved() for some in (doubtful, other))
    assert all(np.array_equal(array, two.arrays[name]) for name, array in one.arrays.items())


def test_two_sites_are_enough_and_one_is_not() -> None:
    assert len(Adaptation(LineModel.load(), pages()[:2]).held_out()) == 2
    with pytest.raises(ValueError, match="1 sites are too few"):
        Adaptation(LineModel.load(), pages()[:1])
    with pytest.raises(ValueError, match="0 sites are too few"):
        Adaptation(LineModel.load(), [])


@pytest.mark.parametrize("label", [0, 1, -1])
def test_content_or_furniture_alone_teaches_nothing(label: int) -> None:
    same = [replace(page, label=np.full(len(page.label), label, np.int8)) for page in pages()[:2]]
    with pytest.raises(ValueError, match="all content or all furniture"):
        Adaptation(LineModel.load(), same)


def test_a_moved_model_still_takes_labels_out() -> None:
    first = "Rain kept the harvest waiting until the last week of October, the growers said."
    last = "By then the first frost had come, and half of the grapes were lost on the vine."
    assert strip_boilerplate(f"{first}\n\nAdvertisement\n\n{last}", model=adaptation().moved()) == f"{first}\n\n{last}"
