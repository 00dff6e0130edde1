"""Likely headlines: hand-made candidates. (`test_model.py` holds the facts of drawn pages against the reference's.)"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from cleantext.headline import SEEN, WEIGHTS, headline_facts
from cleantext.judge_columns import HEADLINE
from cleantext.windows import Pages


class Row(NamedTuple):
    """Names of a line's bins, in the order of `SEEN`."""

    echo: str = "over 95 %"
    topical: str = "5-8"
    border: str = "3-4 before"
    words: str = "9-13"
    end: str = "letter"
    start: str = "capital"


def shares(*pages: list[Row]) -> list[str]:
    rows = [row for page in pages for row in page]
    seen = tuple(np.array([fact.bins.index(row[place]) for row in rows], np.uint8) for place, fact in enumerate(SEEN))
    out = np.full(len(rows), 9, np.uint8)
    headline_facts(seen, Pages(np.cumsum([0, *map(len, pages)]), np.arange(len(rows))), out)
    return [HEADLINE.bins[place] for place in out.tolist()]


def test_the_only_candidate_has_all_of_the_likelihood() -> None:
    assert shares([Row(echo="to 15 %"), Row(), Row(border="inside"), Row(border="1 after")]) == ["no", "over 65 %", "no", "no"]


def test_equal_lines_share_it() -> None:
    assert shares([Row(), Row()]) == ["to 65 %"] * 2
    assert shares([Row()] * 3) == ["to 35 %"] * 3
    assert shares([Row()] * 11) == ["to 10 %"] * 11


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Row(start="bullet"), id="an item of a list"),
        pytest.param(Row(words="3-4", topical="2"), id="the name of a section"),
        pytest.param(Row(end="stop", border="1 before"), id="a standfirst"),
        pytest.param(Row(border="over 32 before"), id="an entry of a menu"),
        pytest.param(Row(echo="to 60 %"), id="the headline of another story"),
    ],
)
def test_likelier_than(other: Row) -> None:
    assert shares([other, Row()])[1] == "over 65 %"


def test_each_page_has_its_own() -> None:
    weak = [Row(echo="to 60 %", border="only")]
    assert shares(weak, [Row()], [Row(topical="0")], [], weak) == ["over 65 %", "over 65 %", "no", "over 65 %"]


@pytest.mark.parametrize(
    "row", [Row(topical="1"), Row(echo="to 45 %"), Row(words="24+"), Row(words="14-23", end="stop"), Row(border="last")]
)
def test_no_candidate(row: Row) -> None:
    assert shares([row]) == ["no"]


def test_weights_are_of_bins_that_there_are() -> None:
    assert {fact.name for fact in SEEN} == set(WEIGHTS)
    assert [name for fact in SEEN for name in WEIGHTS[fact.name] if name not in fact.bins] == []
