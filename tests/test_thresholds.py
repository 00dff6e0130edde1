"""Thresholds are chosen by what they give on both situations; rates and F1 are checked by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import drawn_model

from cleantext import score_lines
from cleantext.model import LineModel
from cleantext.train.pages import LabelledPage, site_folds, split_lines
from cleantext.train.thresholds import STEPS, Situation, calibration, choose, held_out_scores, page_f1


def situation(rows: list[tuple[int, float, int, int]]) -> Situation:
    """From rows of page, score, label, words."""
    page, score, label, words = (list(column) for column in zip(*rows, strict=True))
    return Situation(np.array(score, float), np.array(label, np.int8), np.array(words, float), np.array(page))


def test_page_f1_by_hand() -> None:
    rows = [
        # Kept at 0.5: ten words of content and five of furniture; five of content lost.
        (0, 0.9, 1, 10), (0, 0.6, 0, 5), (0, 0.2, 1, 5), (0, 0.1, 0, 99),
        # All right.
        (1, 0.5, 1, 7), (1, 0.4, 0, 3),
        # No content, nothing kept; no content, something kept.
        (2, 0.3, 0, 4), (3, 0.7, 0, 4),
    ]  # fmt: skip
    # Page 0: 2 * 10 / (15 + 15); page 1: 1; page 2: 1; page 3: 0.
    assert page_f1(situation(rows), 0.5) == pytest.approx((2 / 3 + 1 + 1 + 0) / 4)


def test_rates_by_hand() -> None:
    # At the threshold that is best here (keep the first two): one furniture line of two removed, one content line of three lost.
    rows = [(0, 0.9, 1, 50), (0, 0.8, 1, 30), (0, 0.7, 0, 20), (0, 0.3, 1, 10), (0, 0.1, 0, 40)]
    chosen, measured = choose({"only": situation(rows)})
    rates = measured["balanced"]["only"]
    # Keeping four lines: 90 of 110 words are content, all of 90; F1 0.9. Keeping two: all of 80, 80 of 90; F1 0.941.
    assert chosen["balanced"] == 0.71  # the lowest of ten that do the same
    assert rates["f1"] == pytest.approx(2 * 80 / (80 + 90), abs=1e-4)
    assert rates["precision"] == 1
    assert rates["recall"] == pytest.approx(80 / 90, abs=1e-4)
    assert rates["furniture_lines_removed"] == 1
    assert rates["content_lines_lost"] == pytest.approx(1 / 3, abs=1e-4)


def test_both_situations_count_alike_in_the_calibration() -> None:
    # Scores say nothing, so that only the shift is left: by lines it would be log(804 / 206).
    few = situation([(0, 0.5, number < 2, 1) for number in range(10)])
    many = situation([(0, 0.5, number < 800, 1) for number in range(1000)])
    scale, shift = calibration({"full pages": few, "nearly clean": many})
    assert [scale, shift] == pytest.approx([0, 0], abs=1e-3)


scored = st.lists(st.tuples(st.integers(0, 4), st.floats(0.01, 0.99), st.integers(0, 1), st.integers(0, 40)), max_size=40)


@given(scored, scored)
def test_order_and_what_is_measured(one: list[tuple[int, float, int, int]], other: list[tuple[int, float, int, int]]) -> None:
    # Both labels are there, and the last page has a line.
    both = [(0, 0.5, 1, 3), (5, 0.5, 0, 3)]
    situations = {name: situation(sorted([*rows, *both])) for name, rows in (("full pages", one), ("nearly clean", other))}
    chosen, measured = choose(situations)
    assert chosen["recall"] <= chosen["balanced"] <= chosen["precision"]
    assert set(chosen.values()) <= set(STEPS.tolist())
    sums = [sum(page_f1(s, step) for s in situations.values()) for step in STEPS]
    # Within 0.0002 of the best in each situation's mean, and F1s are rounded to four places.
    assert sum(page_f1(s, chosen["balanced"]) for s in situations.values()) >= max(sums) - 2 * 0.0002 - 3e-4
    for name, threshold in chosen.items():
        for key, s in situations.items():
            keep, content = s.score >= threshold, s.label == 1
            rates = measured[name][key]
            assert rates["content_lines_lost"] == pytest.approx(np.mean(~keep[content]), abs=1e-4)
            assert rates["furniture_lines_removed"] == pytest.approx(np.mean(~keep[~content]), abs=1e-4)
            assert rates["f1"] == pytest.approx(page_f1(s, threshold), abs=1e-4)
    for rows in measured["curve"].values():
        steps, removed, lost = (list(column) for column in zip(*rows, strict=True))
        assert steps == STEPS[::5].tolist()
        assert removed == sorted(removed)
        assert lost == sorted(lost)


def test_half_the_losses() -> None:
    # A thousand lines of either kind whose scores overlap: wherever the threshold is, some of both are wrong.
    draw = np.random.default_rng(0)
    content = [(0, score, 1, 10) for score in draw.normal(0.65, 0.15, 1000).clip(0.01, 0.99).tolist()]
    furniture = [(0, score, 0, 10) for score in draw.normal(0.35, 0.15, 1000).clip(0.01, 0.99).tolist()]
    s = situation([*content, *furniture])
    chosen, measured = choose({"full pages": s, "nearly clean": s})
    lost = {name: measured[name]["full pages"]["content_lines_lost"] for name in chosen}
    kept = {name: 1 - measured[name]["full pages"]["furniture_lines_removed"] for name in chosen}
    assert min(lost["balanced"], kept["balanced"]) > 0.05
    assert lost["recall"] <= 0.5 * lost["balanced"]
    assert kept["precision"] <= 0.5 * kept["balanced"]
    # And no further away than needed: a step closer would not do.
    assert np.mean(s.score[s.label == 1] < chosen["recall"] + 0.01) > 0.5 * lost["balanced"]
    assert np.mean(s.score[s.label == 0] >= chosen["precision"] - 0.01) > 0.5 * kept["balanced"]


def page_of(text: str, site: str, label: list[int], *, corpus: str = "wcxb", rendering: str = "blocks") -> LabelledPage:
    start, end = split_lines(text)
    marks = np.array(label, np.int8)
    return LabelledPage(site, site, corpus, "article", rendering, "full", text, start, end, marks, np.maximum(marks, 0).astype(np.float32))


@cache
def models() -> tuple[LineModel, ...]:
    return tuple(drawn_model(seed) for seed in range(5))


def test_every_page_is_scored_by_the_model_that_has_not_seen_it() -> None:
    text = "Menu\n\nThe harbour was quiet.\nshare"
    pages = [page_of(text, f"site{n}.example", [0, 1, -1]) for n in range(12)]
    others = [
        page_of(text, "site1.example", [0, 1, 0], rendering="alt"),
        page_of(text, "site2.example", [0, 1, 0], corpus="segments"),
        page_of("\n", "site3.example", []),
    ]
    found = held_out_scores([*pages, *others], models())["full pages"]
    folds = site_folds([page.site for page in pages], 5).tolist()
    assert len(set(folds)) > 2
    expected = [score_lines(text, model=models()[fold]).score[[0, 2]] for fold in folds]
    assert np.array_equal(found.score, np.concatenate(expected))
    assert found.label.tolist() == [0, 1] * 12
    assert found.words.tolist() == [1, 4] * 12
    assert found.page.tolist() == [number for number in range(12) for _ in range(2)]
