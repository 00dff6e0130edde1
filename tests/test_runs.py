"""Lines that are one sentence cut into pieces."""

from __future__ import annotations

import numpy as np
import pytest

from cleantext import LineModel, features
from cleantext.line_columns import RUN, RUNS_ON
from cleantext.lines import make_block
from cleantext.runs import Runs
from cleantext.windows import Pages

PHRASES = LineModel.load().phrases


def runs_of(*texts: str) -> Runs:
    block = make_block(list(texts))
    own = features.own_features(block.data, block.start, block.end, PHRASES)
    return Runs(own, Pages(np.searchsorted(own.row, block.first_line), own.row))


def names(text: str) -> list[str]:
    """Each line's run, as the model names it."""
    return [RUN.bins[place] for place in runs_of(text).run.tolist()]


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("The ferry was late\nand the band went home.\nAbout us", [2, 1]),
        ("In spring we went to\nParis\nand\nRome\n, where it rained.\nContact", [5, 1]),  # a text node on each line
        ("Introduction\nIn the spring we went by train\nto the coast", [1, 2]),
        ("Introduction\nIn the spring\nwe went by train", [3]),  # short enough for a name in a sentence
        ("Home\nNews\nSport\nContact", [1, 1, 1, 1]),
        ("The ferry was late\n\nand the band went home.", [1, 1]),  # a blank line between them
        ("It was late.\nand the band went home", [1, 1]),  # a full stop
        ("Ingredients:\nflour\nwater\nsalt", [1, 3]),  # small letters run on, whatever they are
        ("Été\nélan vital", [2]),
        ("昨日は雨でした\n今日は晴れです", [1, 1]),  # scripts without case
        ("قال الوزير\nإن المشروع", [1, 1]),
        ("one line", [1]),
        ("", []),
    ],
)
def test_where_runs_end(text: str, sizes: list[int]) -> None:
    assert runs_of(text).sizes.tolist() == sizes


def test_words_of_a_run_and_how_it_ends() -> None:
    assert names("Late\nagain.\n\nFour more words\nwithout any end") == [
        "to 4 words, full stop", "to 4 words, full stop", "5-8 words", "5-8 words",
    ]  # fmt: skip
    assert set(names("\n".join(["more words of the same sentence"] * 20))) == {"over 64 words"}
    # A line counts up to 255 words, and so does a run.
    assert set(names("\n".join(["word " * 400] * 3))) == {"over 64 words"}
    assert names("Alone.") == ["alone"]


def test_which_sides_run_on() -> None:
    found = runs_of("We went to\nParis\nby train.\nHome")
    assert [RUNS_ON.bins[place] for place in found.on.tolist()] == ["below", "both", "from above", "no"]
    assert found.bounds.tolist() == [0, 3, 4]


def test_runs_end_where_pages_end() -> None:
    assert runs_of("The ferry was", "late again", "", "and so on").sizes.tolist() == [1, 1, 1]
