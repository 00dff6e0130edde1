"""A model is moved towards labelled pages, and measured on pages of sites that have not moved it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

from cleantext import strip_boilerplate
from cleantext.context import SCALE
from cleantext.features import PLACES
from cleantext.lines import make_block
from cleantext.model import LineModel, View, Views
from cleantext.train import adaptation as module
from cleantext.train.adaptation import N_FOLDS, Adaptation, page_scores
from cleantext.train.augment import read_pages
from cleantext.train.dataset import Layout, make_dataset
from cleantext.train.fit import Recipe, balanced_words, log_words
from cleantext.train.pages import LabelledPage
from cleantext.train.regression import penalty_scale

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


def test_what_cannot_be_learnt_is_not_learnt() -> None:
    random = np.random.default_rng(0)
    noise = [replace(page, label=random.integers(0, 2, len(page.label)).astype(np.int8)) for page in pages()]
    some = Adaptation(LineModel.load(), noise)
    label = np.concatenate([page.label for page in noise])

    def gap(scores: list[npt.NDArray[np.float64]]) -> float:
        score = np.concatenate(scores)
        return float(score[label == 1].mean() - score[label == 0].mean())

    # The views learn such labels by heart. The judge, which sees what they say of sites they have not seen, learns not to listen.
    assert abs(gap(page_scores(some.moved(), noise))) < 0.05
    assert abs(gap(some.held_out())) < 0.05


class Fit(NamedTuple):
    """A call of `fit_around`."""

    y: npt.NDArray[np.int8]
    weight: npt.NDArray[np.float64]
    offset: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    C: float


@pytest.fixture
def fits(monkeypatch: pytest.MonkeyPatch) -> list[Fit]:
    """Calls of `fit_around`, which finds nothing to add."""
    calls = []

    def nothing(X: Any, y: Any, weight: Any, offset: Any, *, scale: Any, C: float) -> tuple[Any, float]:
        calls.append(Fit(y, weight, offset, scale, C))
        return np.zeros(X.shape[1]), 0.0

    monkeypatch.setattr(module, "fit_around", nothing)
    return calls


def test_regressions_start_from_what_the_model_says(fits: list[Fit]) -> None:
    model = LineModel.load()
    moved = Adaptation(model, pages()).moved()
    assert all(np.array_equal(array, moved.arrays[name]) for name, array in model.arrays.items())
    *views, judge = fits
    assert [one.C for one in fits] == [module.C_LINE, module.C_PAGE] * N_FOLDS + [module.C_JUDGE]
    block = make_block([page.text for page in pages()])
    assert (judge.offset * SCALE).round(6).tolist() == model.score_block(block).judged.tolist()
    data = make_dataset(pages(), [0] * len(pages()), model.phrases)
    recipe, layout = Recipe(), Layout(len(model.families))
    for place, (scores, weight, penalty) in enumerate(
        zip(
            data.view_scores(model.views),
            (np.ones(len(data.label)), balanced_words(data)),
            (recipe.line_penalty, recipe.page_penalty),
            strict=True,
        )
    ):
        sites = sorted(page.site for page in pages())
        seen = np.array([sites.index(page.site) % N_FOLDS != 0 for page in pages()])[data.page]
        first = views[place]  # of all folds but the first
        assert np.array_equal(first.y, data.label[seen])
        assert np.array_equal(first.offset * SCALE, scores[seen])
        assert np.array_equal(first.weight, weight[seen])
        assert np.array_equal(first.scale, penalty_scale(penalty, layout))
    assert np.array_equal(judge.weight, log_words(data))


def test_the_judge_learns_from_views_that_have_not_seen_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    some = Adaptation(LineModel.load(), pages()[:4])
    asked: list[tuple[frozenset[int], ...]] = []
    views = Adaptation._views

    def ask(self: Adaptation, *several: frozenset[int]) -> Views:
        asked.append(several)
        return views(self, *several)

    monkeypatch.setattr(Adaptation, "_views", ask)
    some.moved()
    one, two, three, four = (frozenset({fold}) for fold in range(4))
    assert asked == [(one, two, three, four), (one,), (two,), (three,), (four,)]
    asked.clear()
    some.moved(two)
    assert asked == [(one | two, two | three, two | four), (one | two,), (two | three,), (two | four,)]


def test_what_is_added_to_weights() -> None:
    model = LineModel.load()
    layout = Layout(len(model.families))
    coef = np.zeros(layout.size)
    coef[layout.slices["words"].start + 5] = 0.5
    coef[layout.slices["near"].start + 7] = -0.25
    coef[layout.slices["phrases"].start + len(PLACES)] = 1000
    coef[layout.slices["columns"].stop - 1] = 3 / 1024
    view = module._moved_view(model.views.page, module.Change(coef, -2.0), layout)
    before = model.views.page
    assert int(view.words[5]) - int(before.words[5]) == 128
    assert int(view.near[0, 7]) - int(before.near[0, 7]) == -16  # in steps of four
    assert view.phrases[1, 0] == 32767
    assert int(view.columns[-1]) - int(before.columns[-1]) == 1
    assert int(view.intercept[0]) - int(before.intercept[0]) == -512
    changed = {name: int((getattr(view, name) != getattr(before, name)).sum()) for name in View._fields}
    assert changed == {"columns": 1, "phrases": 1, "words": 1, "pairs": 0, "edges": 0, "forms": 0, "intercept": 1, "near": 1}
    # The line view has no columns of place and no lines near.
    line = module._moved_view(model.views.line, module.Change(coef, 0.0), layout)
    assert [array.shape for array in line] == [array.shape for array in model.views.line]


def test_a_moved_model_is_not_moved_again() -> None:
    model = LineModel.load()
    moved = LineModel(model.arrays, model.info | {"version": "1+9", "adapted": {"from": "1"}})
    with pytest.raises(ValueError, match=r"model 1\+9 was moved by pages before: start from model 1, with all pages"):
        Adaptation(moved, pages())


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
