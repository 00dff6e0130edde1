"""How lines stand to the core of their page."""

from __future__ import annotations

import numpy as np
import pytest

from cleantext.context import PROBABILITY
from cleantext.core import core_facts
from cleantext.judge_columns import CORE_FACTS
from cleantext.windows import Pages, running


def facts_of(scores: list[int], words: list[int], level: int) -> list[tuple[str, ...]]:
    """Names of the bins of one page's lines."""
    view, n_words = np.array(scores, np.int64), np.array(words, np.int64)
    pages = Pages(np.array([0, len(scores)]), np.arange(len(scores)))
    out = np.empty((len(CORE_FACTS), len(scores)), np.uint8)
    content = n_words * PROBABILITY.take(view + 2048, mode="clip")
    core_facts(view, (running(n_words), running(content)), np.array([level]), pages, out)
    return [tuple(fact.bins[place] for fact, place in zip(CORE_FACTS, column, strict=True)) for column in out.T.tolist()]


def test_an_article_with_comments_behind_it() -> None:
    # Navigation, article, a row of buttons, a comment that reads like content, the footer.
    found = facts_of([-900, 1000, 900, -700, -700, 200, -800], [3, 50, 60, 2, 2, 30, 5], level=900)
    breaks, share, against, level = zip(*found, strict=True)
    assert breaks == ("0 before", "inside", "inside", "0 after", "1 after", "2 after", "2 after")
    assert set(share) == {"to 90 %"}
    assert against == ("under -7", "0", "0", "-7", "-7", "-3", "-7")
    assert set(level) == {"3"}


def test_breaks_are_counted_up_to_the_core_from_both_sides() -> None:
    breaks = [row[0] for row in facts_of([-600] * 45 + [1500] + [-600] * 45, [2] * 45 + [100] + [2] * 45, level=1500)]
    assert breaks[0] == breaks[5] == "over 32 before"
    assert breaks[44:47] == ["0 before", "inside", "0 after"]
    assert breaks[47] == "1 after"
    assert breaks[-1] == "over 32 after"


@pytest.mark.parametrize(("probability", "place"), [(203, "0 after"), (205, "inside")])
def test_what_a_line_must_reach_to_speak_for_the_core(probability: int, place: str) -> None:
    score = int(np.flatnonzero(probability == PROBABILITY)[0]) - len(PROBABILITY) // 2
    assert [row[0] for row in facts_of([1500, score], [100, 10], level=900)] == ["inside", place]


def test_a_page_without_content_has_a_core_all_the_same() -> None:
    found = facts_of([-2000, -1900], [1, 1], level=0)
    assert [row[0] for row in found] == ["inside", "0 after"]
    assert {row[3] for row in found} == {"under 0.5"}


def test_pages_without_lines() -> None:
    assert facts_of([], [], level=0) == []
