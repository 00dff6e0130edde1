"""The ablations' own logic, on our own lines and pages and on corpora of a few pages: a variant must lack what it says, and only that."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from small_corpora import write_corpora, write_page

from cleantext import context, features
from cleantext.lines import make_block
from cleantext.model import COLUMN_OFFSETS, JUDGE_OFFSETS, LineModel
from cleantext.train import agreement, augment, fit
from cleantext.train.corpora import Document
from cleantext.train.dataset import Dataset, make_dataset
from cleantext.train.fit import N_FOLDS, PAGE_WEIGHTS, Recipe
from cleantext.train.pages import HEADLINE, LabelledPage, gold_page, site_folds, split_lines
from cleantext.train.reflow import LAYOUTS

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import ablation_variants as av
import ablations
from ablation_variants import FULL_MODEL, JUDGE_GROUPS, OWN_GROUPS, PLACE_GROUPS, VARIANTS, AblationTrainer

DATA = Path(__file__).resolve().parents[1] / "data"
WITHOUT = frozenset({0})


# Groups of columns ------------------------------------------------------------------------------------------------


def test_every_column_of_a_line_and_its_place_is_left_out_once() -> None:
    names = Counter(name for group in (*OWN_GROUPS.values(), *PLACE_GROUPS.values()) for name in group)
    names["phrase share"] += 1  # goes with the phrases
    assert names == Counter(column.name for column in features.COLUMNS)


def test_groups_of_the_judge_hold_their_columns_and_share_none() -> None:
    groups = {group: av.judge_names(pattern) for group, pattern in JUDGE_GROUPS.items()}
    assert all(groups.values())
    assert max(Counter(name for names in groups.values() for name in names).values()) == 1
    left = {column.name for column in context.JUDGE_COLUMNS}.difference(*groups.values())
    # What no group leaves out crosses the line's own scores with its words.
    assert left == {"line view and page view", "line view, words", "page view, words", "phrase share, line view"}


def test_no_group_hides_another_variant() -> None:
    assert next(iter(VARIANTS)) == FULL_MODEL
    groups: dict[str, tuple[Iterable[str], str]] = {
        "no": (OWN_GROUPS, "line columns"),
        "no-place": (PLACE_GROUPS, "page view"),
        "no-judge": (JUDGE_GROUPS, "judge"),
    }
    for prefix, (names, about) in groups.items():
        assert all(VARIANTS[f"{prefix}-{name}"].about.startswith(f"{about} without") for name in names)


# Training ---------------------------------------------------------------------------------------------------------


def in_renderings(pages: list[LabelledPage]) -> list[LabelledPage]:
    """Pages of another corpus, each twice, as if in two renderings."""
    others = [replace(page, doc_id=f"wcxb/{page.doc_id}", corpus="wcxb", kind="article") for page in pages]
    return [replace(page, rendering=name) for page in others for name in ("blocks", "nodes")]


@pytest.fixture(scope="module")
def trainer() -> AblationTrainer:
    pages = augment.read_pages(DATA / "pages")[::12]
    full = [page for page in pages if page.state == "full"]
    own = augment.read_lines(DATA / "lines", N_FOLDS)[::40]
    return AblationTrainer([*pages[1:], *in_renderings(full[:12])], [], own, Recipe(renderings_per_page=2))


@pytest.fixture(scope="module")
def base(trainer: AblationTrainer) -> LineModel:
    return trainer.without_fold(0)


@pytest.fixture(scope="module")
def seen(trainer: AblationTrainer) -> Dataset:
    return trainer.near.data


def changed(name: str, trainer: AblationTrainer) -> tuple[AblationTrainer, LineModel]:
    other = VARIANTS[name].change(trainer)
    return other, other.without_fold(0)


def column_weights(weights: npt.NDArray[np.int16], names: frozenset[str], columns: tuple[features.Column, ...]) -> npt.NDArray[np.int16]:
    offsets = COLUMN_OFFSETS if columns is features.COLUMNS else JUDGE_OFFSETS
    bounds = zip(columns, offsets[:-1], offsets[1:], strict=False)
    return np.concatenate([weights[low:high] for column, low, high in bounds if column.name in names])


def test_full_model_is_what_the_trainer_makes(trainer: AblationTrainer, base: LineModel) -> None:
    again = trainer.changed()
    again.__dict__["_fitted"] = {}
    model = again.model(WITHOUT)
    assert all(np.array_equal(model.arrays[name], array) for name, array in base.arrays.items())


def test_kinds_of_features_are_left_out_of_both_views(trainer: AblationTrainer, base: LineModel) -> None:
    _, model = changed("no-pairs-edges", trainer)
    for side in ("line", "page"):
        assert base.arrays[f"{side}_pairs"].any()
        assert not model.arrays[f"{side}_pairs"].any()
        assert not model.arrays[f"{side}_edges"].any()
        assert model.arrays[f"{side}_words"].any()
    assert model.arrays["page_near"].any()
    _, model = changed("no-words-near", trainer)
    assert not model.arrays["page_near"].any()
    assert model.arrays["page_edges"].any()


def test_columns_are_left_out_and_only_they(trainer: AblationTrainer, base: LineModel) -> None:
    _, model = changed("no-place-labels", trainer)
    names = frozenset(PLACE_GROUPS["labels"])
    assert column_weights(base.arrays["page_columns"], names, features.COLUMNS).any()
    assert not column_weights(model.arrays["page_columns"], names, features.COLUMNS).any()
    for other in features.PLACE_COLUMNS:
        if other.name not in names:
            assert column_weights(model.arrays["page_columns"], frozenset({other.name}), features.COLUMNS).any()


def test_views_that_a_variant_does_not_touch_are_fitted_once(trainer: AblationTrainer, base: LineModel) -> None:
    del base
    place, judge = VARIANTS["no-place-labels"].change(trainer), VARIANTS["no-judge-stretch"].change(trainer)
    assert place.views(WITHOUT).page is not trainer.views(WITHOUT).page
    assert judge.views(WITHOUT).page is trainer.views(WITHOUT).page
    assert judge.views(WITHOUT).line is trainer.views(WITHOUT).line


def test_hidden_columns_of_the_judge_have_no_weights(trainer: AblationTrainer, base: LineModel) -> None:
    names = av.judge_names(JUDGE_GROUPS["stretch"])
    assert column_weights(base.arrays["judge_columns"], names, context.JUDGE_COLUMNS).any()
    _, model = changed("no-judge-stretch", trainer)
    assert not column_weights(model.arrays["judge_columns"], names, context.JUDGE_COLUMNS).any()
    assert model.arrays["judge_columns"].any()


def test_first_bins_of_hidden_columns_stand_in_the_intercept(trainer: AblationTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    names = av.judge_names(JUDGE_GROUPS["stretch"])
    arrays = {"judge_columns": np.ones(int(JUDGE_OFFSETS[-1]), np.int16), "judge_intercept": np.array([10], np.int16)}
    monkeypatch.setattr("cleantext.train.fit.Trainer.judge", lambda *_: arrays)
    found = trainer.hiding(names).judge(WITHOUT)
    assert len(names) == 3
    assert found["judge_intercept"].tolist() == [13]


def test_without_phrases_nothing_told_by_the_tables_counts(trainer: AblationTrainer) -> None:
    _, model = changed("no-phrases", trainer)
    for side in ("line", "page"):
        assert not model.arrays[f"{side}_phrases"].any()
        assert not column_weights(model.arrays[f"{side}_columns"], frozenset(av.PHRASE_COLUMNS), features.COLUMNS).any()


@pytest.mark.parametrize(("name", "parts"), [("no-mixed", ("mixed",)), ("no-own-lines", ("mixed", "lines")), ("no-near", ("near",))])
def test_parts_are_left_out(trainer: AblationTrainer, base: LineModel, name: str, parts: tuple[str, ...]) -> None:
    other, model = changed(name, trainer)
    for part in AblationTrainer.PARTS:
        labels = getattr(other, part).data.label
        assert (labels == -1).all() if part in parts else getattr(other, part) is getattr(trainer, part)
    assert any(not np.array_equal(model.arrays[array], base.arrays[array]) for array in base.arrays)
    assert all(np.isfinite(array).all() for array in model.arrays.values() if array.dtype == np.int16)


def test_own_pages_are_left_out_of_every_part(trainer: AblationTrainer) -> None:
    other = VARIANTS["no-own-pages"].change(trainer)
    for part in (other.full, other.near, other.gold):
        own = np.array([page.corpus == "own pages" for page in part.pages])[part.data.page]
        assert (part.data.label[own] == -1).all()
    assert (other.full.data.label >= 0).any(), "pages of another corpus stay"


def test_pages_in_other_layouts_are_left_out(trainer: AblationTrainer) -> None:
    assert any(names & set(LAYOUTS) for names in renderings_left(trainer).values())
    other = VARIANTS["no-layouts"].change(trainer)
    assert all(names == {"blocks", "nodes"} for names in renderings_left(other).values())


def test_headlines_that_the_gold_lacks_are_doubtful(trainer: AblationTrainer) -> None:
    page = trainer.full.pages[0]
    marked = replace(page, label=np.where(np.arange(len(page.label)) == 0, HEADLINE, page.label).astype(np.int8))
    with_headline = trainer.changed(full=fit.part([marked], trainer.table, fit.equal_lines))
    with_headline.full.data.label[0] = 1
    other = VARIANTS["no-headlines"].change(with_headline)
    assert other.full.data.label[0] == -1
    assert other.full.data.label[1:].tolist() == with_headline.full.data.label[1:].tolist()


def renderings_left(trainer: AblationTrainer) -> dict[str, set[str]]:
    left: dict[str, set[str]] = {}
    part = trainer.full
    for number, page in enumerate(part.pages):
        if page.corpus == "wcxb" and (part.data.label[part.data.page == number] >= 0).any():
            left.setdefault(page.doc_id, set()).add(page.rendering)
    return left


def test_one_rendering_for_each_document(trainer: AblationTrainer) -> None:
    everything = renderings_left(trainer)
    assert set(map(len, everything.values())) == {4}  # blocks, nodes and blocks laid out in two other ways
    blocks = renderings_left(VARIANTS["blocks-only"].change(trainer))
    assert blocks == {name: {"blocks"} for name in everything}
    in_turn = renderings_left(VARIANTS["one-rendering"].change(trainer))
    assert set(map(len, in_turn.values())) == {1}
    assert Counter(name for names in in_turn.values() for name in names)["nodes"] > len(in_turn) / 2


def test_foreign_weight_is_taken_back(trainer: AblationTrainer) -> None:
    other = VARIANTS["no-foreign-weight"].change(trainer)
    own = np.array([page.corpus == "own pages" for page in trainer.full.pages])[trainer.full.data.page]
    ratio = trainer.full.weight / other.full.weight
    assert np.allclose(ratio[own], PAGE_WEIGHTS["own pages"])
    assert np.allclose(ratio[~own], 1)
    assert other.lines is trainer.lines


# Scores -----------------------------------------------------------------------------------------------------------


def test_whole_model_scores_as_in_use(base: LineModel, trainer: AblationTrainer) -> None:
    page = trainer.near.pages[0]
    data = make_dataset([page], [0], trainer.table)
    scores = base.score_block(make_block([page.text]))
    assert np.array_equal(av.judged(base, data), scores.judged)
    # Log-odds are told from scores here, which is exact but for those that are as good as certain.
    held_out = ablations.HeldOut([], [page], np.zeros(1, np.int64), trainer)
    moved = held_out.moved(scores.judged / context.SCALE, held_out.spared({0: base}))
    assert moved == pytest.approx(scores.score, abs=1e-6)


# Measuring --------------------------------------------------------------------------------------------------------

PARAGRAPHS = (
    "The mill at the end of the lane has stood idle for nine years, and nobody in the village can say why.",
    "Its owner left in spring with two suitcases and the promise to be back before the first snow.",
)


def page_of(number: int, lines: tuple[str, ...]) -> tuple[Document, LabelledPage]:
    document = Document(f"wcxb/{number}", "wcxb", f"site{number}.example", "us", "", "\n".join(PARAGRAPHS), "", (), ())
    text = "\n".join(lines)
    start, end = split_lines(text)
    label = np.array([line in PARAGRAPHS for line in lines], np.int8)
    return document, LabelledPage(
        document.id, document.site, "wcxb", "us", "blocks", "full", text, start, end, label, label.astype(np.float32)
    )


def sets_of(trainer: AblationTrainer, n_pages: int = 6) -> dict[str, ablations.HeldOut]:
    pairs = [page_of(number, ("Home", *PARAGRAPHS, "Read more")) for number in range(n_pages)]
    documents, pages = [d for d, _ in pairs], [p for _, p in pairs]
    gold = [gold_page(d) for d in documents]
    folds = np.zeros(n_pages, np.int64)
    return {
        name: ablations.HeldOut(documents, gold if name == "gold" else pages, folds, trainer)
        for name in ("full", "fundus", "near", "near fundus", "gold")
    }


def knowing(model: LineModel, data: Dataset) -> npt.NDArray[np.int64]:
    """Scores by the labels."""
    del model
    return np.where(data.label == 1, 2000, -2000)


def test_figures_of_the_right_lines(trainer: AblationTrainer, base: LineModel) -> None:
    figures = ablations.measure(sets_of(trainer), {0: base}, knowing).figures
    assert [figures[name] for name in ("full", "near", "fundus", "furniture removed")] == [1, 1, 1, 1]
    assert [figures[name] for name in ("content lost", "gold words lost")] == [0, 0]
    assert figures["error, full"] < 0.01


def test_figures_of_wrong_lines(trainer: AblationTrainer, base: LineModel) -> None:
    def half(model: LineModel, data: Dataset) -> npt.NDArray[np.int64]:
        scores = knowing(model, data)
        if data.label.all():
            scores[1::2] = -2000  # the last paragraph of gold texts is lost
        scores[::4] = 2400  # "Home" stays, even where what is outside of the main stretch must reach more
        return scores

    figures = ablations.measure(sets_of(trainer), {0: base}, half).figures
    words = [len(paragraph.split()) for paragraph in PARAGRAPHS]
    assert (figures["furniture removed"], figures["content lost"]) == (0.5, 0)
    assert figures["full"] == figures["near"] == pytest.approx(2 * sum(words) / (2 * sum(words) + 1))
    assert figures["gold words lost"] == pytest.approx(words[1] / sum(words))


def test_empty_sets_have_no_figures(trainer: AblationTrainer, base: LineModel) -> None:
    none = ablations.HeldOut([], [], np.empty(0, np.int64), trainer)
    figures = ablations.measure(sets_of(trainer) | {"full": none, "near": none}, {0: base}, knowing).figures
    assert np.isnan([figures["full"], figures["near"]]).all()
    assert figures["fundus"] == 1
    with pytest.raises(ValueError, match="no line of the pages held out has a label"):
        ablations.measure(dict.fromkeys(sets_of(trainer), none), {0: base}, knowing)


def test_differences_are_taken_over_common_pages() -> None:
    one = ablations.Result({}, {"full": {"a": 0.5, "b": 0.75, "c": 0.0}})
    other = ablations.Result({}, {"full": {"a": 0.25, "b": 0.25, "d": 1.0}})
    gap, error = ablations.difference(one, other, "full")
    assert (gap, error) == pytest.approx((0.375, 0.125))
    assert np.isnan(ablations.difference(one, ablations.Result({}, {"full": {"a": 1.0}}), "full")).all()


@pytest.mark.parametrize("held_out", [[0], [0, 1, 2], [0, 1, 2, 3], list(range(N_FOLDS))])
def test_dealing_anew(held_out: list[int]) -> None:
    sites = [f"site{n}.example" for n in range(200)]
    dealt = ablations.dealt_anew(sites, 1, held_out)
    assert len(set(dealt.values())) == len(sites)
    before = site_folds(sites, N_FOLDS)
    after = site_folds([dealt[site] for site in sites], N_FOLDS)
    assert (before != after).mean() > 0.1
    if len(held_out) < N_FOLDS - 1:
        assert np.array_equal(np.isin(before, held_out), np.isin(after, held_out))
        assert np.array_equal(before[np.isin(before, held_out)], after[np.isin(before, held_out)])
    assert dealt == ablations.dealt_anew(reversed(sites), 1, held_out)
    assert dealt != ablations.dealt_anew(sites, 2, held_out)


# The command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def few_of_our_own(tmp_path: Path) -> Path:
    """A folder like data/ with a part of our lines and pages: lines of either label in every language and fold."""
    folder = tmp_path / "data"
    for kind in ("lines", "pages"):
        (folder / kind).mkdir(parents=True)
    rows = [row for file in sorted((DATA / "lines").glob("*.jsonl")) for row in file.read_text(encoding="utf-8").split("\n") if row]
    (folder / "lines" / "some.jsonl").write_text("\n".join(rows[::24]), encoding="utf-8")
    for file in sorted((DATA / "pages").glob("*.txt"))[::12]:
        for name in (file.name, f"{file.stem}.labels"):
            (folder / "pages" / name).write_bytes((DATA / "pages" / name).read_bytes())
    return folder


def test_command(tmp_path: Path, few_of_our_own: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    corpora = write_corpora(tmp_path / "corpora")
    write_page(
        corpora / "fundus" / "at" / "Kochblatt_2023_01_01.html.gz",
        "<div>Log in</div><div>Weather and traffic</div><h1>Leek soup</h1><p>Short and hot.<p>Boil the leeks.<div>Subscribe to our letters",
    )
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(corpora))
    monkeypatch.setenv("CLEANTEXT_CACHE", str(tmp_path / "cache"))
    # The extractors are not part of what the tests need: one that is missing has no say.
    monkeypatch.setattr(agreement, "DISTRIBUTIONS", ("resiliparse",))
    arguments = ["--data", str(few_of_our_own), "--only", "line-view,other-folds-1", "--json", str(tmp_path / "a" / "out.json")]
    assert ablations.main(arguments) == 0
    printed = capsys.readouterr().out
    rows = [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("|")]
    assert rows[2:] == [FULL_MODEL, "line-view", "other-folds-1"]
    found = json.loads((tmp_path / "a" / "out.json").read_text(encoding="utf-8"))
    assert found["folds held out"] == [0]
    assert set(found["differences"]) == {"line-view", "other-folds-1"}
    assert 0 <= found["figures"][FULL_MODEL]["fundus"] <= 1


def test_command_names_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert ablations.main(["--list"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == list(VARIANTS)
    with pytest.raises(SystemExit):
        ablations.main(["--only", "no-such"])
    assert "no-such" in capsys.readouterr().err
