"""The benchmarks' own logic: rules, gates, caching and arithmetic. A wrong benchmark misleads every later decision."""

from __future__ import annotations

import functools
import gzip
import json
import math
import re
import runpy
import shutil
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from cleantext import LineModel
from cleantext.phrasetable import PhraseTable
from cleantext.train import corpora
from cleantext.train.corpora import Document
from cleantext.train.pages import LabelledPage, site_folds, split_lines

# The benchmarks are scripts beside each other, not a package: they find one another as they do when run.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "benchmarks"))

import bench
import boxes
import converters
import furniture_cases
import gate
import headline_weights
import quality
import quality_lines
import quality_pages
import report
import text_rules
import timing
from peer_cache import PeerCache
from peers import Peer, page_language, run

PAGE = "\n".join(
    [
        "Home",
        "The mill at the end of the lane has stood idle for nine years.",
        "Advertisement",
        "Its owner asks: who would want to buy a mill?",
        "Too short.",
        "Nobody knew what would come next...",
        "Please enable javascript to see the map on this page.",
        "By reading on you agree to our use of cookies and the like.",
        'She answered, after a while, "not I."',
    ]
)


# Text rules -------------------------------------------------------------------------------------------------------


def test_c4_rule_keeps_whole_sentences_only() -> None:
    assert text_rules.c4_rule(PAGE).split("\n") == [
        "The mill at the end of the lane has stood idle for nine years.",
        "Its owner asks: who would want to buy a mill?",
        'She answered, after a while, "not I."',
    ]


@pytest.mark.parametrize(("words", "kept"), [(4, False), (5, True)])
def test_c4_rule_wants_five_words(words: int, kept: bool) -> None:
    assert text_rules.c4_line(" ".join(["leek"] * words) + ".") is kept


@pytest.mark.parametrize("mark", [".", "!", "?", "。", "؟", "।", "…", ".”", "?»", ".)", "。」"])
def test_sentence_ends_of_many_scripts_are_kept(mark: str) -> None:
    assert text_rules.punctuation_rule(f"leek{mark}\nleek") == f"leek{mark}"


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "ADVERTISEMENT",
        "Anzeige",
        "Featured Video",
        "Photo by Ann Lee",
        "Image: Ann Lee / Shutterstock",
        "Read more: the mill that nobody wants",
        "Share on Facebook",
        "Sign up for our weekly letter",
        "© 2024 The Lane Courier",
        "All rights reserved",
        "Privacy Policy",
        "12 Comments",
        "| * |",
        "",
    ],
)
def test_regex_list_drops_furniture(line: str) -> None:
    assert text_rules.regex_list(f"First.\n{line}\nLast.") == "First.\nLast."


@pytest.mark.parametrize(
    "line",
    [
        "He worked in advertisement for nine years.",
        "Photography was her second trade.",
        "Shareholders met on Tuesday.",
        "Adam went home.",
        "The searchers gave up at dusk.",
    ],
)
def test_regex_list_keeps_sentences(line: str) -> None:
    assert text_rules.regex_list(line) == line


@pytest.mark.parametrize("rule", text_rules.TEXT_RULES.values(), ids=list(text_rules.TEXT_RULES))
def test_rules_choose_lines_and_change_none(rule: object) -> None:
    assert callable(rule)
    kept = rule(PAGE).split("\n")
    assert kept == [line for line in PAGE.split("\n") if line in kept]


def test_lines_end_at_line_ends_only() -> None:
    assert text_rules.c4_rule("One two three four five\u2028six.\r\nAd\rSeven eight nine ten eleven.") == (
        "One two three four five\u2028six.\nSeven eight nine ten eleven."
    )


# Boxes ------------------------------------------------------------------------------------------------------------

CARRIER = {"en": {"en-1": "One.\n\nTwo.\n\nThree.\n\nFour.", "en-2": "Five.\n\nSix.\n\nTwo.\n\nEight."}}


def test_boxes_are_set_between_the_blocks_of_carriers_and_counted_by_line() -> None:
    cases = [boxes.Box(("Label", "Title", "Two."), 0, "en", "related"), boxes.Box(("Heading", "Text"), 1, "en", "heading")]
    pages: list[str] = []

    def strip(texts: list[str]) -> list[str]:
        pages.extend(texts)
        return [text.replace("Label", "").replace("Heading", "") for text in texts]

    runs = boxes.run_boxes(strip, cases, CARRIER)
    assert [len(page.split("\n\n")) >= 5 for page in pages] == [True] * 4
    # "Two." is a line of the carriers too: it counts as the box's only if it is there once more.
    assert [run.kept for run in runs] == [("Title", "Two."), ("Title", "Two."), ("Text",), ("Text",)]
    assert boxes.share_right(runs, 0) == pytest.approx(1 / 3)
    assert boxes.share_right(runs, 1) == 0.5
    assert "kind related" in boxes.table(runs)


def test_boxes_left_alone_or_gone() -> None:
    cases = boxes.load_boxes()
    carriers = furniture_cases.load_carriers()
    for strip, expected in ((lambda texts: texts, (0.0, 1.0)), (lambda texts: [None] * len(texts), (1.0, 0.0))):
        runs = boxes.run_boxes(strip, cases, carriers)
        assert len(runs) == 3 * len(cases)
        assert tuple(boxes.share_right(runs, label) for label in (0, 1)) == expected


# Gate -------------------------------------------------------------------------------------------------------------

HASHES = {"wcxb": "a" * 64}


def floors(**figures: float) -> gate.Floors:
    return {"corpora": HASHES, "floors": {"all": {name.replace("__", "/"): v for name, v in figures.items()}}}


FULL = frozenset({"full"})


@pytest.mark.parametrize(
    ("value", "passes"),
    [(0.87, True), (0.86, True), (0.86 - gate.TOLERANCE, True), (0.86 - 2 * gate.TOLERANCE, False)],
)
def test_gate_fails_on_a_drop(value: float, passes: bool) -> None:
    assert (gate.failures({"full/all": value}, HASHES, floors(full__all=0.86), "all", FULL) == []) is passes


@pytest.mark.parametrize(("value", "passes"), [(0.01, True), (0.005, True), (0.012, False)])
def test_gate_fails_on_a_rise_where_lower_is_better(value: float, passes: bool) -> None:
    pinned = floors(nearly__content_lost=0.01)
    wrong = gate.failures({"nearly/content_lost": value}, HASHES, pinned, "all", frozenset({"nearly"}))
    assert (wrong == []) is passes


def test_gate_allows_for_figures_that_differ_from_run_to_run() -> None:
    name = "harm/change/newspaper4k"
    harm = frozenset({"harm"})
    pinned = floors(**{name: 0.003})
    assert gate.failures({name: 0.003 - gate.TOLERANCE_OF[name]}, HASHES, pinned, "all", harm) == []
    assert gate.failures({name: 0.002 - gate.TOLERANCE_OF[name]}, HASHES, pinned, "all", harm)


def test_gate_fails_on_a_figure_that_is_no_number() -> None:
    pinned = floors(full__all=0.86, full__content_lost=0.1)
    measured = {"full/all": float("nan"), "full/content_lost": float("nan")}
    assert len(gate.failures(measured, HASHES, pinned, "all", FULL)) == 2


def test_gate_fails_on_a_figure_that_is_gone() -> None:
    wrong = gate.failures({}, HASHES, floors(full__all=0.86), "all", FULL)
    assert wrong == ["full/all was not measured, floor 0.8600"]


def test_gate_ignores_parts_that_were_not_run() -> None:
    pinned = floors(full__all=0.86, nearly__f1=0.97)
    assert gate.failures({"full/all": 0.86}, HASHES, pinned, "all", FULL) == []


def test_gate_fails_on_other_corpora() -> None:
    wrong = gate.failures({"full/all": 0.9}, {"wcxb": "b" * 64}, floors(full__all=0.86), "all", FULL)
    assert len(wrong) == 1
    assert "wcxb" in wrong[0]


def test_gate_fails_without_floors_rather_than_passing_everything() -> None:
    assert gate.failures({"full/all": 0.9}, HASHES, floors(full__all=0.86), "200", FULL)


def test_update_never_lowers_a_floor_and_never_lifts_a_ceiling() -> None:
    pinned = floors(full__all=0.86, full__forum=0.7, nearly__content_lost=0.01)
    measured = {"full/all": 0.84, "full/forum": 0.75, "nearly/content_lost": 0.02, "seeds/exact": 12.0}
    new = gate.update(measured, HASHES, pinned, "all")["floors"]["all"]
    assert new == {"full/all": 0.86, "full/forum": 0.75, "nearly/content_lost": 0.01, "seeds/exact": 12.0}


def test_update_of_one_subset_leaves_the_others() -> None:
    new = gate.update({"full/all": 0.9}, HASHES, floors(full__all=0.86), "200")
    assert new["floors"] == {"all": {"full/all": 0.86}, "200": {"full/all": 0.9}}


def test_update_refuses_other_corpora() -> None:
    with pytest.raises(ValueError, match="wcxb"):
        gate.update({"full/all": 0.9}, {"wcxb": "b" * 64}, floors(full__all=0.86), "all")


def test_floors_survive_the_file_rounded_to_the_worse_side(tmp_path: Path) -> None:
    path = tmp_path / "floors.json"
    gate.write(floors(full__all=0.86789, nearly__content_lost=0.01234), path)
    assert gate.read(path)["floors"]["all"] == {"full/all": 0.8678, "nearly/content_lost": 0.0124}
    first = path.read_text(encoding="utf-8")
    gate.write(gate.read(path), path)
    assert path.read_text(encoding="utf-8") == first


def test_no_file_means_no_floors(tmp_path: Path) -> None:
    assert gate.read(tmp_path / "none.json") == {"corpora": {}, "floors": {}}


def test_pinned_floors_are_readable() -> None:
    pinned = gate.read()
    for group in pinned["floors"].values():
        assert all(isinstance(v, float | int) and "/" in name for name, v in group.items())


# Peers and their cache --------------------------------------------------------------------------------------------


class Recorder:
    """A peer's function that counts its calls."""

    def __init__(self, result: str | Exception | None) -> None:
        self.result = result
        self.calls = 0

    def __call__(self, html: str) -> str | None:
        self.calls += 1
        if isinstance(self.result, Exception):
            raise self.result
        return self.result


def test_cache_runs_a_peer_once_per_page(tmp_path: Path) -> None:
    extract = Recorder("text \ud800")
    peer = Peer("recorder", "pytest", True, extract)
    with closing(PeerCache(tmp_path / "outputs.sqlite")) as first:
        assert first.outcome(peer, "<p>a").text == "text \ud800"
    with closing(PeerCache(tmp_path / "outputs.sqlite")) as again:
        assert again.texts(peer, ["<p>a", "<p>a", "<p>b"]) == (["text \ud800"] * 3, [])
    assert extract.calls == 2


def test_failures_are_counted_and_remembered(tmp_path: Path) -> None:
    extract = Recorder(RecursionError("too deep"))
    peer = Peer("recorder", "pytest", True, extract)
    with closing(PeerCache(tmp_path / "outputs.sqlite")) as cache:
        assert cache.texts(peer, ["<p>a", "<p>a"]) == (["", ""], ["RecursionError: too deep"] * 2)
    assert extract.calls == 1


def test_a_missing_package_is_not_remembered(tmp_path: Path) -> None:
    extract = Recorder(ModuleNotFoundError("No module named 'leek'"))
    peer = Peer("recorder", "pytest", True, extract)
    with closing(PeerCache(tmp_path / "outputs.sqlite")) as cache:
        assert cache.outcome(peer, "<p>a").error is not None
        extract.result = "text"
        assert cache.outcome(peer, "<p>a").text == "text"


def test_a_page_that_takes_too_long_fails() -> None:
    def slow(html: str) -> str:
        time.sleep(30)
        return html

    outcome = run(Peer("slow", "pytest", True, slow), "<p>", timeout=0.05)
    assert outcome.text is None
    assert outcome.error is not None
    assert outcome.error.startswith("TimeoutError")
    assert outcome.seconds < 10


@pytest.mark.parametrize(
    ("html", "language"),
    [
        ("<html lang=pt-BR>", "pt"),
        ("<HTML class='x' LANG='ja'>", "ja"),
        ('<html\n prefix="og: x"\n lang="fil">', "fil"),
        ("<body lang='de'>", "en"),
        ("", "en"),
    ],
)
def test_page_language(html: str, language: str) -> None:
    assert page_language(html) == language


# Arithmetic of timing, and tables ---------------------------------------------------------------------------------


def test_interleaved_times_every_system_in_every_repetition() -> None:
    order: list[str] = []
    times = timing.interleaved({name: functools.partial(order.append, name) for name in "abc"}, repetitions=3)
    assert {name: len(spent) for name, spent in times.items()} == {"a": 3, "b": 3, "c": 3}
    assert order == list("abc") + list("abc") + list("bca") + list("cab")


def test_a_slow_moment_does_not_move_the_ratio() -> None:
    assert timing.ratio([3.0, 300.0, 3.0], [1.0, 100.0, 1.0]) == 3.0


def test_stage_clock_counts_nested_stages_once_and_puts_functions_back() -> None:
    clock = timing.StageClock(
        {"outer": "report:table", "inner": "report:_shown", "gone": "report:no_such_function", "lost": "report:Gone.__init__"}
    )
    before = report.table
    with clock.running("report"):
        begin = time.perf_counter()
        report.table(["a"], [[float(i)] for i in range(500)])
        whole = time.perf_counter() - begin
    assert report.table is before
    assert clock.missing == ["gone (report:no_such_function)", "lost (report:Gone.__init__)"]
    assert set(clock.spent) == {"outer", "inner"}
    assert min(clock.spent.values()) > 0
    assert sum(clock.spent.values()) <= whole


def test_json_is_the_same_for_the_same_figures(tmp_path: Path) -> None:
    report.write_json(tmp_path / "a" / "x.json", {"b": 1, "a": {"z": 0.5, "y": "é"}})
    text = (tmp_path / "a" / "x.json").read_text(encoding="utf-8")
    assert text.endswith("\n")
    assert list(json.loads(text)) == ["a", "b"]
    assert "é" in text


# Pages and models -------------------------------------------------------------------------------------------------

PARAGRAPHS = (
    "The mill at the end of the lane has stood idle for nine years, and nobody in the village can say why.",
    "Its owner left in spring with two suitcases and the promise to be back before the first snow.",
    "Since then the wheel has turned only in floods, and each flood takes another board of it away.",
)
FURNITURE = ("Home", "Advertisement", "Share this story", "Read more: nine mills to see")


def model_with_threshold(balanced: float) -> LineModel:
    """A model of zeros: every line scores one half, so the threshold alone decides."""
    table = PhraseTable.compile([["leek"]])
    arrays = {
        name: getattr(table, name.removeprefix("phrase_")) if -1 in shape else np.zeros(shape, dtype)
        for name, (dtype, shape) in LineModel.shapes(1).items()
    }
    thresholds = {"precision": 0.9, "balanced": balanced, "recall": 0.1}
    return LineModel(arrays, {"version": "test", "families": ["leeks"], "thresholds": thresholds})


KEEP_ALL, DROP_ALL = 0.25, 0.75


@pytest.fixture
def corpora_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three corpora in small, with pages written here."""
    html = "<html lang=en><body>" + "".join(f"<div>{f}</div><p>{p}</p>" for f, p in zip(FURNITURE, (*PARAGRAPHS, ""), strict=True))
    packed = gzip.compress(html.encode())
    wcxb, fundus, segments = tmp_path / "wcxb-dev", tmp_path / "fundus" / "us", tmp_path / "segments"
    for folder in (wcxb / "html", wcxb / "ground-truth", fundus, segments / "html"):
        folder.mkdir(parents=True)
    for number in range(6):
        truth = {"title": "The mill", "main_content": "\n".join(PARAGRAPHS), "with": [], "without": []}
        record = {
            "url": f"https://site{number}.example/mill",
            "_internal": {"page_type": {"primary": "article"}},
            "ground_truth": truth,
        }
        (wcxb / "ground-truth" / f"{number:04}.json").write_text(json.dumps(record), encoding="utf-8")
        (wcxb / "html" / f"{number:04}.html.gz").write_bytes(packed)
    body = {"summary": [], "sections": [{"headline": [], "paragraphs": list(PARAGRAPHS)}]}
    (fundus / "Courier.json").write_text(json.dumps({"V1": {"title": "The mill", "body": body}}), encoding="utf-8")
    (fundus / "Courier_2025_01_01.html.gz").write_bytes(packed)
    segment = {"file": "0.html.gz", "with": [PARAGRAPHS[0][:40]], "without": [FURNITURE[3]]}
    (segments / "segments.json").write_text(json.dumps({"https://a.example/": segment}), encoding="utf-8")
    (segments / "html" / "0.html.gz").write_bytes(packed)
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(tmp_path))
    monkeypatch.setenv("CLEANTEXT_CACHE", str(tmp_path / "cache"))
    return tmp_path


def test_each_page_goes_to_the_model_without_its_site(corpora_folder: Path) -> None:
    cleaner = bench.Cleaner([model_with_threshold(KEEP_ALL), model_with_threshold(DROP_ALL)])
    documents = corpora.read_corpus(corpora_folder, "wcxb")
    folds = site_folds([d.site for d in documents], 2)
    assert set(folds.tolist()) == {0, 1}, "the sites of the test must fall into both folds"
    texts = [f"{PARAGRAPHS[0]} {d.id}" for d in documents]
    cleaned = cleaner.clean(texts, documents)
    assert cleaned == [text if fold == 0 else "" for text, fold in zip(texts, folds, strict=True)]


def test_scores_are_one_per_line_that_is_not_blank(corpora_folder: Path) -> None:
    cleaner = bench.Cleaner([model_with_threshold(KEEP_ALL)])
    with closing(bench.Bench(cleaner, subset=10)) as small:
        pages = small.pages("wcxb")
    assert [len(s) for s in cleaner.scores(pages)] == [len(p.start) for p in pages]
    assert bench.oracle(pages[0]).split("\n") == list(PARAGRAPHS)


def test_scores_are_those_of_the_model_without_the_site(corpora_folder: Path) -> None:
    first = model_with_threshold(KEEP_ALL)
    other = LineModel(first.arrays | {"judge_intercept": np.array([512], np.int16)}, first.info)
    with closing(bench.Bench(bench.Cleaner([first]), subset=10)) as small:
        pages = small.pages("wcxb")
    folds = site_folds([p.site for p in pages], 2).tolist()
    assert set(folds) == {0, 1}
    expected = [bench.Cleaner([(first, other)[fold]]).scores([page])[0] for page, fold in zip(pages, folds, strict=True)]
    found = bench.Cleaner([first, other]).scores(pages)
    assert [scores.tolist() for scores in found] == [scores.tolist() for scores in expected]
    assert found[folds.index(0)].max() < found[folds.index(1)].min()


def test_countries_that_lose_by_cleaning_are_named(corpora_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    austria, usa = corpora_folder / "fundus" / "at", corpora_folder / "fundus" / "us"
    shutil.copytree(usa, austria)
    for path in list(austria.iterdir()):
        path.rename(path.with_name(path.name.replace("Courier", "Kurier")))
    monkeypatch.setattr(quality_pages, "FUNDUS_PEERS", ())
    cleaner = bench.Cleaner([model_with_threshold(KEEP_ALL), model_with_threshold(DROP_ALL)])
    with closing(bench.Bench(cleaner)) as whole:
        documents = whole.documents("fundus")
        assert site_folds([d.site for d in documents], 2).tolist() == [0, 1], "the newspapers' names must fall into both folds"
        assert [d.kind for d in documents] == ["at", "us"]
        figures = quality_pages.fundus(whole)
    # Of one nothing is left, of the other all.
    assert figures["under_keep_everything"] == ["us (full)", "us (nearly clean)"]
    assert figures["countries"]["full: cleantext"]["us"] == 0
    assert figures["countries"]["full: cleantext"]["at"] == figures["countries"]["full: keep everything"]["at"] > 0
    assert quality_pages.show_fundus(figures).endswith("under keep everything: us (full), us (nearly clean)")


def test_gap_of_a_better_system_is_positive(corpora_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality_pages, "PEERS", ())
    with closing(bench.Bench(bench.Cleaner([model_with_threshold(KEEP_ALL)]), subset=10)) as small:
        figures = quality_pages.full(small)
    ours, best = figures["systems"]["cleantext"], figures["systems"]["oracle"]
    assert best["all"] == 1 > ours["all"]
    assert best["gap"] == pytest.approx(1 - ours["all"])
    assert ours["gap"] == 0
    assert f"{1 - ours['all']:+.3f} ± 0.000" in quality_pages.show_full(figures)


def test_one_fold_holds_only_its_sites(corpora_folder: Path) -> None:
    cleaner = bench.Cleaner([model_with_threshold(KEEP_ALL)])
    found = []
    for fold in range(bench.N_FOLDS):
        with closing(bench.Bench(cleaner, fold=fold)) as part:
            found += [d.id for d in part.documents("wcxb")]
    assert sorted(found) == [d.id for d in corpora.read_corpus(corpora_folder, "wcxb")]


def test_missing_fold_models_say_how_they_are_made(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"fold-0\.ctm.*`python -m cleantext\.train`"):
        bench.Cleaner.from_folder(tmp_path)


def run_quality(tmp_path: Path, model: LineModel, *arguments: str) -> tuple[int, dict[str, float]]:
    """Exit code and measured figures of the parts that need no peer."""
    model.save(tmp_path / "model.bin")
    parts = ["--only", "nearly,alone,renderings,calibration,thresholds", "--subset", "10"]
    files = ["--model", str(tmp_path / "model.bin"), "--json", str(tmp_path / "out.json")]
    code = quality.main([*parts, *files, *arguments])
    measured: dict[str, float] = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))["measured"]
    return code, measured


def test_quality_of_a_model_that_keeps_everything(corpora_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, measured = run_quality(corpora_folder, model_with_threshold(KEEP_ALL))
    assert code == 0
    assert measured["nearly/furniture_removed"] == measured["nearly/content_lost"] == 0.0
    assert 0.8 < measured["nearly/f1"] < 1.0
    alone = {name: value for name, value in measured.items() if name.startswith("alone/")}
    assert alone
    assert set(alone.values()) == {0.0}
    # To the judge all lines are one half (128 of 255), so an F1 of 2 * 128 / (255 + 128) is expected; 3 of the 7 labelled are content.
    shift = math.log(0.36 / 0.64) - math.log((171 / 512) / (1 - 171 / 512))
    assert measured["calibration/wcxb, full"] == pytest.approx(1 / (1 + math.exp(-round(256 * shift) / 256)) - 3 / 7)
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if line.startswith("| oracle"))
    assert row.split("|")[2:5] == ["   1.000 ", "             1.000 ", "        0.000 "]


def test_quality_gate_end_to_end(corpora_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(gate, "FLOORS", corpora_folder / "floors.json")
    keep, drop = model_with_threshold(KEEP_ALL), model_with_threshold(DROP_ALL)
    assert run_quality(corpora_folder, keep, "--gate")[0] == 1, "no floors yet"
    code, measured = run_quality(corpora_folder, keep)
    hashes = {name: corpora.corpus_hash(corpora_folder, name) for name in corpora.READERS}
    gate.write(gate.update(measured, hashes, gate.read(gate.FLOORS), "10"), gate.FLOORS)
    assert run_quality(corpora_folder, keep, "--gate")[0] == code == 0
    capsys.readouterr()
    assert run_quality(corpora_folder, drop, "--gate")[0] == 1
    printed = capsys.readouterr().out
    assert "nearly/f1 is 0.0000, floor 0." in printed
    assert re.search(r"alone/lines_lost, .* is 1\.0000, ceiling 0\.0000", printed)
    page = corpora_folder / "wcxb-dev" / "html" / "0000.html.gz"
    page.write_bytes(gzip.compress(b"<p>Another page.</p>"))
    assert run_quality(corpora_folder, keep, "--gate")[0] == 1, "another corpus"


def test_held_out_pages_by_type() -> None:
    rows = quality_lines.types(None)["types"]
    others = [name for name in rows if "news" not in name and "press" not in name and name != "nothing"]
    assert rows["all but news"]["pages"] == sum(rows[name]["pages"] for name in others) == 229
    # Of some of these nothing is left, as it should be.
    assert rows["nothing"]["pages"] == 24
    assert 0 == rows["nothing"]["keep everything"] < rows["nothing"]["f1"]
    assert rows["news"]["pages"] == sum(row["pages"] for name, row in rows.items() if name.startswith("news, ")) == 78
    assert rows["press"]["pages"] == sum(row["pages"] for name, row in rows.items() if name.startswith("press, ")) == 56
    for name in ("news", "press", "all but news"):
        assert rows[name]["keep everything"] < rows[name]["f1"] < 1
    assert "documentation" not in rows
    assert all(0 <= row["content_lost"] <= row["furniture_removed"] <= 1 for row in rows.values())


def test_quality_refuses_an_unknown_part(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_info:
        quality.main(["--only", "leeks"])
    assert exit_info.value.code == 2
    assert "unknown part leeks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[soup](https://example.org)", "[soup]"),
        ('![leek](a.png "A leek") on top', "![leek] on top"),
        ("[soup](/a_(b)) with leeks", "[soup] with leeks"),
        ("call f[0](x y) now", "call f[0](x y) now"),  # not a target: it holds a space
        ('[soup](https://a.example/b_(c) "Soup") and (hot) [x][1] (two words)', "[soup] and [x][1] (two words)"),
    ],
)
def test_link_targets_are_no_words(text: str, expected: str) -> None:
    assert quality_pages.without_targets(text) == expected


def test_headlines_that_are_still_there() -> None:
    def labelled(text: str) -> LabelledPage:
        start, end = split_lines(text)
        label = np.ones(len(start), np.int8)
        return LabelledPage("x", "x", "wcxb", "article", "blocks", "full", text, start, end, label, label.astype(np.float32))

    document = Document("x", "wcxb", "x.example", "article", "", "", "The ferry, again", (), ())
    shown, told = labelled("Menu\nThe Ferry, Again\nIt came."), labelled("We saw the ferry, again and again.")
    assert quality_pages.headlines_kept([document] * 3, [shown, shown, told], ["The ferry again\nIt came.", "It came.", ""]) == (1, 2)


# Converters -------------------------------------------------------------------------------------------------------


def test_text_of_every_library_and_of_a_program(
    corpora_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Terminal browsers are not everywhere; `cat` prints the page as it is, `tail -f` waits for more of it.
    monkeypatch.setattr(converters, "PROGRAMS", {"source": ("cat",), "slow": ("tail", "-f")})
    monkeypatch.setattr(converters, "_SECONDS", 3)
    documents = corpora.read_corpus(corpora_folder, "wcxb")
    fold = int(site_folds([d.site for d in documents], bench.N_FOLDS)[0])
    model_with_threshold(KEEP_ALL).save(corpora_folder / f"fold-{fold}.ctm")
    assert converters.main(["--folds", str(corpora_folder), "--fold", str(fold)]) == 0
    rows = {cells[1].strip(): cells[2:] for line in capsys.readouterr().out.split("\n") if len(cells := line.split("|")) > 2}
    assert rows.keys() >= {"blocks", "slow", "source", *converters.LIBRARIES}
    for name in ("blocks", "source", *converters.LIBRARIES):
        everything, cleaned, best, failed = (float(cell) for cell in rows[name][:4])
        assert 0 < everything == cleaned <= best <= 1
        assert failed == 0
    assert float(rows["slow"][1]) == 0 < float(rows["slow"][3])


def test_program_prints_the_page_it_is_given() -> None:
    assert converters.program(["cat"], "<p>Leek soup</p>") == "<p>Leek soup</p>"


def test_program_that_fails_is_counted_unless_it_prints_the_page() -> None:
    document = Document("x", "wcxb", "x", "article", "<p>Soup", "Soup", "", (), ())
    with pytest.raises(subprocess.CalledProcessError):
        converters.program(["false"], document.html)
    assert converters.converted(functools.partial(converters.program, ["false"]), document) is None
    assert converters.program(["sh", "-c", 'cat "$0"; exit 3'], document.html) == "<p>Soup"
    assert converters.program(["true"], document.html) == ""


def test_program_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(converters, "PROGRAMS", {"leek -dump": ("leek-browser",), "mill": ("cat",)})
    assert list(converters.converters(["leek", "html2text, d"])) == ["html2text, defaults"]
    assert "leek -dump: left out, leek-browser is not installed" in capsys.readouterr().err


def test_page_on_which_a_library_fails_is_counted() -> None:
    document = Document("x", "wcxb", "x", "article", "<p>Soup", "Soup", "", (), ())
    assert converters.converted(converters.soup_text, document) == "Soup"
    assert converters.converted(lambda html: html[html.index("leek")], document) is None


# Weights of headlines ---------------------------------------------------------------------------------------------


def test_weights_that_tell_titles_from_other_candidates_are_found() -> None:
    size = len(headline_weights.weight_names())
    likely, other = [0, *range(10, 15)], [1, *range(10, 15)]
    title_last = headline_weights.Candidates(np.array([other, other, likely]), np.array([False, False, True]))
    title_first = headline_weights.Candidates(np.array([likely, other]), np.array([True, False]))
    none_shown = headline_weights.Candidates(np.array([likely]), np.array([False]))
    weights = headline_weights.fit([title_last, title_first, none_shown])
    assert weights.shape == (size,)
    assert weights[0] > 0.5
    assert weights[1] < -0.5
    assert np.abs(np.delete(weights, [0, 1])).max() < 1e-3  # what all candidates have tells nothing
    assert headline_weights.share_right([title_last, title_first], weights) == 1
    assert headline_weights.share_right([title_last, none_shown], -weights) == 0


# Command lines ----------------------------------------------------------------------------------------------------

BENCHMARKS = Path(bench.__file__).parent
# Those that draw need matplotlib, which the tests do without: see benchmarks/test_charts.py.
DRAWING = {"before_after.py", "charts.py"}
FILES = sorted(path.name for path in BENCHMARKS.glob("*.py") if not path.name.startswith("test_") and path.name not in DRAWING)
COMMANDS = {
    "ablations.py", "adapted.py", "before_after.py", "boxes.py", "charts.py", "classifier.py", "converters.py", "furniture_cases.py",
    "headline_weights.py", "normalize.py", "peer_cache.py", "quality.py", "scale.py", "speed.py", "wet.py",
}  # fmt: skip


def run_file(name: str, *arguments: str) -> int | str | None:
    """Run a file of the benchmarks as the shell would; its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", [name, *arguments])
        for variable in timing.THREAD_VARIABLES:  # some want them set before numpy is imported
            patch.setenv(variable, "1")
        with pytest.raises(SystemExit) as end:
            runpy.run_path(str(BENCHMARKS / name), run_name="__main__")
    return end.value.code


@pytest.mark.parametrize("name", FILES)
def test_help_of_every_file_says_what_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_file(name, "--help") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("usage:")
    assert ("This is no command" in shown) is (name not in COMMANDS)


@pytest.mark.parametrize("name", sorted(set(FILES) - COMMANDS))
def test_file_that_is_no_command_names_those_it_belongs_to(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_file(name) == 2
    told = capsys.readouterr().err
    named = re.findall(r"\w+\.py", told.partition("this is no command")[2])
    assert named
    assert set(named) <= COMMANDS


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("furniture_cases.py", ["--threshold", "x"], "argument --threshold: threshold 'x' is unknown"),
        ("boxes.py", ["--threshold", "x"], "argument --threshold: threshold 'x' is unknown"),
        ("furniture_cases.py", ["--threshold", "1.5"], "argument --threshold: threshold 1.5 is not a number from 0 to 1"),
        ("converters.py", ["--only", "nope, html2text"], "no converter's name begins with nope; there are lynx"),
        ("converters.py", ["--fold", "5"], "argument --fold"),
        ("adapted.py", ["--only", "others", "--folds", "nowhere"], "no fold-0.ctm in nowhere"),
        ("converters.py", ["--folds", "nowhere"], "no fold-0.ctm in nowhere"),
        ("headline_weights.py", ["--folds", "nowhere"], "no fold-0.ctm, fold-1.ctm"),
        ("peer_cache.py", ["pages"], "unrecognized arguments: pages"),
    ],
)
def test_wrong_command_lines_are_refused(name: str, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_file(name, *arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("name", ["converters.py", "peer_cache.py"])
@pytest.mark.parametrize(("folder", "message"), [("nowhere", "set CLEANTEXT_CORPORA"), (".", "no pages of corpus 'wcxb'")])
def test_commands_say_which_corpora_they_lack(
    name: str, folder: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CLEANTEXT_CORPORA", str(tmp_path / folder))
    monkeypatch.setenv("CLEANTEXT_CACHE", str(tmp_path / "cache"))
    assert run_file(name) == 2
    assert message in capsys.readouterr().err
