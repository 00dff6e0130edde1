"""A small training with the real code on our own lines and pages: it separates, it is repeatable, and nothing held out leaks in."""

from __future__ import annotations

import copy
import itertools
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from scipy import sparse

import cleantext
from cleantext import context, phrases
from cleantext.features import OWN_COLUMNS, PLACES
from cleantext.lines import make_block
from cleantext.model import COLUMN_OFFSETS, LineModel, Views
from cleantext.train import augment, fit
from cleantext.train.augment import OwnLine
from cleantext.train.dataset import Layout, make_dataset
from cleantext.train.fit import LAYOUT_WEIGHT, N_FOLDS, OTHER_LAYOUTS, Trainer, in_other_layouts, mean_judge
from cleantext.train.pages import HEADLINE, LabelledPage, site_folds, split_lines
from cleantext.train.reflow import LAYOUTS
from cleantext.train.regression import Penalty, columns_on_sites, fit_view, whole
from cleantext.train.terminal import TERMINAL

DATA = Path(__file__).resolve().parents[1] / "data"
# A part of our lines and pages is enough to see what these tests ask, and trains sooner.
PART = 8


@pytest.fixture(scope="module")
def own() -> list[OwnLine]:
    return augment.read_lines(DATA / "lines", N_FOLDS)[::PART]


@pytest.fixture(scope="module")
def pages() -> list[LabelledPage]:
    return augment.read_pages(DATA / "pages")[::PART]


@pytest.fixture(scope="module")
def trainer(own: list[OwnLine], pages: list[LabelledPage]) -> Trainer:
    return Trainer(pages, [], own)


@pytest.fixture(scope="module")
def model(trainer: Trainer) -> LineModel:
    return trainer.model()


@pytest.fixture(scope="module")
def held_out(trainer: Trainer) -> LineModel:
    """The model that has not seen fold 0."""
    return trainer.model(frozenset({0}))


def scores_of(model: LineModel, pages: Sequence[LabelledPage]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int8]]:
    """Scores and labels of all lines of pages."""
    score = np.concatenate([model.score_block(make_block([page.text])).score for page in pages])
    return score, np.concatenate([page.label for page in pages])


def ranked_right(score: npt.NDArray[np.float64], label: npt.NDArray[np.int8]) -> float:
    """Share of the pairs of a content and a furniture line of which the content line has the higher score (area under the ROC)."""
    content, furniture = score[label == 1], np.sort(score[label == 0])
    lower = np.searchsorted(furniture, content, side="left") + np.searchsorted(furniture, content, side="right")
    return float(lower.mean() / (2 * len(furniture)))


def same(one: LineModel, other: LineModel) -> bool:
    return list(one.arrays) == list(other.arrays) and all(np.array_equal(one.arrays[name], other.arrays[name]) for name in one.arrays)


def scrambled(page: LabelledPage) -> LabelledPage:
    """As many lines with as many labels of either kind, and other text."""
    text = "".join(
        piece if index % 2 else "".join("z" if c.isalnum() else c for c in piece) for index, piece in enumerate(line_parts(page))
    )
    return replace(page, text=text, label=page.label[::-1].copy())


def line_parts(page: LabelledPage) -> list[str]:
    """Lines at even places, what lies between them at odd ones."""
    bounds = [0, *np.stack([page.start, page.end], axis=1).ravel().tolist(), len(page.text)]
    parts = [page.text[low:high] for low, high in itertools.pairwise(bounds)]
    return ["", *parts]


class TestModel:
    def test_separates_furniture_from_content_of_pages_it_was_trained_on(self, model: LineModel, pages: list[LabelledPage]) -> None:
        score, label = scores_of(model, pages)
        assert ranked_right(score, label) > 0.96
        assert np.mean((score >= 0.5) == label) > 0.92

    def test_separates_pages_it_has_not_seen(self, held_out: LineModel, pages: list[LabelledPage]) -> None:
        folds = site_folds([page.site for page in pages], N_FOLDS).tolist()
        unseen = [page for page, fold in zip(pages, folds, strict=True) if fold == 0]
        assert len(unseen) >= 4
        # Chance is 0.5. The pages of this part are little to learn from.
        assert ranked_right(*scores_of(held_out, unseen)) > 0.8

    def test_separates_lines_it_has_not_seen(self, held_out: LineModel, own: list[OwnLine]) -> None:
        line, _ = held_out.views.own_scores(make_dataset(augment.line_pages(own, N_FOLDS)[:1], [0], held_out.phrases).own)
        label = np.array([one.label for one in own if one.fold == 0], np.int8)
        assert ranked_right(line.astype(float), label) > 0.85

    def test_knows_the_families_of_the_tables(self, model: LineModel) -> None:
        assert model.families == tuple(family.name for family in phrases.families())
        assert set(model.thresholds) == {"precision", "balanced", "recall"}

    def test_line_view_has_no_weights_of_place(self, model: LineModel) -> None:
        place = int(COLUMN_OFFSETS[len(OWN_COLUMNS)])
        assert model.arrays["line_columns"].shape == (place,)
        assert model.arrays["line_columns"].any()
        assert model.arrays["page_columns"][place:].any()
        assert model.arrays["line_near"].size == 0
        assert model.arrays["page_near"].any(axis=1).all()

    def test_mean_of_judges(self, trainer: Trainer, model: LineModel, held_out: LineModel) -> None:
        judge = mean_judge([model, held_out])
        both = model.arrays["judge_columns"].astype(int) + held_out.arrays["judge_columns"]
        assert np.abs(2 * judge["judge_columns"].astype(int) - both).max() <= 1
        assert judge["judge_columns"].any()
        found = trainer.assembled(model.views, judge)
        assert same(found, LineModel(model.arrays | judge, model.info))

    def test_furniture_among_our_own_lines_can_count_more(self, trainer: Trainer) -> None:
        lenient = copy.copy(trainer)  # shares the fitted views
        lenient.recipe = trainer.recipe._replace(stray_weight=1.0)
        rows = fit.strays(trainer.mixed.data)
        assert mean_score(trainer, trainer.mixed, rows) < mean_score(lenient, trainer.mixed, rows)


def mean_score(trainer: Trainer, part: fit.Part, rows: npt.NDArray[np.bool_]) -> float:
    """Mean score that a trainer's whole model gives to some rows, in 1/256 log-odds."""
    model = trainer.model()
    data = part.data
    pages = context.Pages(data.first_row, data.own.row)
    seen = context.Context(data.own, *data.view_scores(model.views), pages)
    return float(model.judge.scores(seen)[rows].mean())


class TestRepeatable:
    def test_same_bytes_in_another_process(self, model: LineModel, tmp_path: Path) -> None:
        # Another process has another hash seed: no order of a set or dict of strings may count.
        program = f"""
import sys
from pathlib import Path
from cleantext.train import augment
from cleantext.train.fit import N_FOLDS, Trainer
data = Path({str(DATA)!r})
pages, own = augment.read_pages(data / "pages")[::{PART}], augment.read_lines(data / "lines", N_FOLDS)[::{PART}]
Trainer(pages, [], own).model().save({str(tmp_path / "again")!r})
"""
        home = str(Path(cleantext.__file__).parents[1])
        environment = {**os.environ, "PYTHONPATH": home, "PYTHONHASHSEED": "12345"}
        subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=600)
        model.save(tmp_path / "model")
        assert (tmp_path / "model").read_bytes() == (tmp_path / "again").read_bytes()

    def test_what_is_held_out_leaves_no_trace(self, held_out: LineModel, own: list[OwnLine], pages: list[LabelledPage]) -> None:
        folds = site_folds([page.site for page in pages], N_FOLDS).tolist()
        other_pages = [scrambled(page) if fold == 0 else page for page, fold in zip(pages, folds, strict=True)]
        other_lines = [replace(line, text=f"Zqx {index}: other words!") if line.fold == 0 else line for index, line in enumerate(own)]
        assert same(Trainer(other_pages, [], other_lines).model(frozenset({0})), held_out)

    def test_what_is_not_held_out_counts(self, held_out: LineModel, own: list[OwnLine], pages: list[LabelledPage]) -> None:
        other_lines = [replace(line, text=f"Zqx {index}: other words!") if line.fold == 1 else line for index, line in enumerate(own)]
        assert not same(Trainer(pages, [], other_lines).model(frozenset({0})), held_out)


class TestParts:
    def test_code_is_doubtful_where_it_is_called_furniture(self, trainer: Trainer) -> None:
        lines = ["foo(bar[x_y]) = b_c", "[see](here_one) and [there](two_three)", "Menu", "call(items[index_of])"]
        text = "\n".join(lines)
        start, end = split_lines(text)
        label = np.zeros(4, np.int8)
        page = LabelledPage("a", "a", "wcxb", "article", "blocks", "full", text, start, end, label, label.astype(np.float32))
        part = fit.part([page, replace(page, label=label + 1)], trainer.table, fit.equal_lines)
        first, second = part.data.label[:4].tolist(), part.data.label[4:].tolist()
        # Links of Markdown have signs too and are not code.
        assert first == [-1, 0, 0, -1]
        assert second == [1, 1, 1, 1]

    def test_furniture_of_pages_of_three_lines_is_astray(self, trainer: Trainer, pages: list[LabelledPage]) -> None:
        texts = {"Advertisement\n\nRain": [0, 1], "Advertisement\nRain\nShare": [0, 1, 0]}
        several = []
        for text, marks in texts.items():
            label = np.array(marks, np.int8)
            several.append(replace(pages[0], text=text, label=label, fraction=label.astype(np.float32)))
        dataset = make_dataset(several, [0, 0], trainer.table)
        assert fit.strays(dataset).tolist() == [False, False, True, False, True]

    def test_pages_without_lines_are_left_out(self, trainer: Trainer, pages: list[LabelledPage]) -> None:
        none = np.empty(0, np.int64)
        empty = replace(pages[0], text="\n", start=none, end=none, label=none.astype(np.int8), fraction=none.astype(np.float32))
        part = fit.part([empty, pages[1]], trainer.table, fit.equal_lines)
        assert part.pages == [pages[1]]
        assert len(part.weight) == len(part.site) == len(pages[1].label)

    def test_first_rendering_takes_part_and_others_are_dealt_out_in_turn(self, pages: list[LabelledPage]) -> None:
        several = [replace(pages[0], doc_id=doc, rendering=r) for doc in ("b", "a", "c") for r in ("one", "two", "three")]
        chosen = [(page.doc_id, page.rendering) for page in fit.sample(several, 2)]
        assert chosen == [("a", "one"), ("a", "two"), ("b", "one"), ("b", "three"), ("c", "one"), ("c", "two")]
        assert [page.rendering for page in fit.sample(several, 1)] == ["one"] * 3
        assert len(fit.sample(several, 9)) == 9
        assert len(fit.sample([several[0]], 2)) == 1


class TestRegression:
    def test_columns_on_enough_sites(self) -> None:
        # Column 0 is on three sites, column 1 three times on one site, column 2 on two, column 3 nowhere.
        X = sparse.csr_matrix(np.array([[1, 1, 1, 0], [1, 1, 0, 0], [0, 1, 0, 0], [1, 0, 0, 0], [1, 0, 0.5, 0]], np.float32))
        site = np.array([0, 0, 0, 1, 2])
        assert [columns_on_sites(X, site, n).tolist() for n in (1, 2, 3, 4)] == [[0, 1, 2], [0, 2], [0], []]

    def test_whole(self) -> None:
        assert whole(np.array([0.0, 1.0, -1.0, 0.0019, 0.002, 1e9, -1e9])).tolist() == [0, 256, -256, 0, 1, 32767, -32767]

    def test_view_has_weights_where_the_labels_are_told(self) -> None:
        layout = Layout(1)
        draw = np.random.default_rng(0)
        y = draw.integers(0, 2, 400).astype(np.int8)
        site = np.arange(400) % 10
        X = sparse.lil_matrix((400, layout.size), dtype=np.float32)
        told, chance, rare = (layout.slices[name].start + 5 for name in ("words", "pairs", "edges"))
        X[np.flatnonzero(y), told] = 1
        X[np.flatnonzero(draw.integers(0, 2, 400)), chance] = 1
        X[np.flatnonzero((site == 3) & (y == 0)), rare] = 1  # on one site only
        view = fit_view(X.tocsr(), y, np.ones(400), site, layout, penalty=Penalty(), C=1.0)
        assert view.words[5] > 2 * 256
        assert abs(int(view.pairs[5])) < 128
        assert view.intercept[0] < -256
        assert np.count_nonzero(view.edges) == np.count_nonzero(view.columns) == 0
        assert view.phrases.shape == (2, len(PLACES))
        assert Views(view, view).line is view

    def test_a_smaller_scale_holds_weights_back(self) -> None:
        layout = Layout(1)
        y = (np.arange(200) % 2).astype(np.int8)
        X = sparse.lil_matrix((200, layout.size), dtype=np.float32)
        X[np.flatnonzero(y), layout.slices["words"].start] = 1
        found = [
            int(fit_view(X.tocsr(), y, np.ones(200), np.arange(200), layout, penalty=Penalty(words=scale), C=0.1).words[0])
            for scale in (0.3, 1.0, 3.0)
        ]
        assert 0 < found[0] < found[1] < found[2]


def test_headlines_that_the_gold_lacks_count_more_to_the_judge(pages: list[LabelledPage], own: list[OwnLine]) -> None:
    several = []
    for page in pages:
        content = np.flatnonzero(page.label == 1)
        label = page.label.copy()
        if page.state == "full" and len(content) and content[0]:
            label[content[0] - 1] = HEADLINE
        several.append(replace(page, label=label))
    trainer = Trainer(several, [], own[::3])
    marked = fit.headlines(trainer.full)
    assert marked.sum() >= sum((page.label == HEADLINE).any() for page in several) > 1
    assert (trainer.full.data.label[marked] == 1).all()
    even = copy.copy(trainer)  # shares the fitted views
    even.recipe = trainer.recipe._replace(headline_weight=1.0)
    assert mean_score(even, trainer.full, marked) < mean_score(trainer, trainer.full, marked)


def test_headlines_that_the_gold_lacks_teach_the_page_view_and_the_judge_alone(pages: list[LabelledPage], own: list[OwnLine]) -> None:
    page = next(page for page in pages if page.state == "full")
    first = int(np.flatnonzero(page.label == 1)[0])
    marked = replace(page, label=np.where(np.arange(len(page.label)) == first - 1, HEADLINE, page.label).astype(np.int8))
    trainer = Trainer([marked], [], own[::3])
    line = page.lines()[first - 1]
    for part, label in ((trainer.full, 1), (trainer.near, 1), (trainer.prose, HEADLINE)):
        found = {
            int(mark)
            for text, mark in zip((text for one in part.pages for text in one.lines()), part.data.label, strict=True)
            if text == line
        }
        assert label in found


def test_every_other_markdown_page_as_a_terminal_browser_prints_it(pages: list[LabelledPage]) -> None:
    some = [page for page in pages if page.state == "full"][:4]
    blocks = [replace(page, doc_id=str(number), rendering="blocks") for number, page in enumerate(some)]
    markdown = [replace(page, rendering="markdown") for page in blocks]
    found = in_other_layouts(blocks, [*blocks, *markdown])
    assert [page.doc_id for page in found if page.rendering == TERMINAL] == ["0", "2"]
    assert {page.rendering for page in found} <= OTHER_LAYOUTS
    assert [page.doc_id for page in found if page.rendering != TERMINAL] == ["0", "0", "1", "1", "2", "2", "3", "3"]


def test_pages_in_other_layouts_take_part_and_count_less(trainer: Trainer) -> None:
    weight = dict.fromkeys(("own", *LAYOUTS), 0.0)
    lines = dict(weight)
    for number, page in enumerate(trainer.near.pages):
        rows = trainer.near.data.page == number
        # Lines of one word have the same weight in every page of the same corpus and kind.
        short = rows & (trainer.near.data.own.n_words == 1)
        if page.corpus == "own pages" and page.kind == "own":
            weight[page.rendering] += float(trainer.near.weight[short].sum())
            lines[page.rendering] += float(short.sum())
    means = {name: weight[name] / lines[name] for name in weight if lines[name]}
    cut = set(LAYOUTS) - {"flat", "joined"}  # where lines are joined hardly any is of one word
    assert {"own"} | cut <= means.keys()
    assert all(means[layout] == pytest.approx(LAYOUT_WEIGHT * means["own"]) for layout in cut)
    assert {page.rendering for page in trainer.full.pages} >= set(LAYOUTS)
