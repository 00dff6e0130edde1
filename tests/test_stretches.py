"""Cutting a block for the token stage must not show: neither in scores nor in the words that are counted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import drawn_model, pages

from cleantext import features, stretches
from cleantext.lines import Block, make_block
from cleantext.model import LineModel

WORDS = 40_000  # more than `features.MAX_LINE_WORDS`


def scores_in_stretches(block: Block, size: int) -> list[float]:
    """Scores of a block cut into stretches of `size` bytes, whatever its own size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cleantext.model.stretches", lambda whole: stretches.stretches(whole, size))
        patch.setattr(stretches, "_LONG_LINE", size)
        scores: list[float] = drawn_model().score_block(block).score.tolist()
        return scores


@given(texts=st.lists(pages(), min_size=1, max_size=5), size=st.integers(1, 200))
def test_stretches_hold_every_line_once(texts: list[str], size: int) -> None:
    block = make_block(texts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stretches, "_LONG_LINE", size)
        parts = list(stretches.stretches(block, size))
    found = [part.data[s:e] for part in parts for s, e in zip(part.start, part.end, strict=True)]
    assert found == [block.data[s:e] for s, e in zip(block.start, block.end, strict=True)]
    first = np.cumsum([0, *(len(part.start) for part in parts[:-1])])
    assert [part.first_line for part in parts] == first.tolist()


@given(texts=st.lists(pages(), min_size=1, max_size=5), size=st.integers(1, 200))
def test_scores_do_not_depend_on_stretches(texts: list[str], size: int) -> None:
    block = make_block(texts)
    assert scores_in_stretches(block, size) == drawn_model().score_block(block).score.tolist()


@given(texts=st.lists(pages(), min_size=1, max_size=5), size=st.integers(1, 12))
def test_scores_do_not_depend_on_how_many_rows_the_judge_sees_at_once(texts: list[str], size: int) -> None:
    block = make_block(texts)
    expected = drawn_model().score_block(block).score.tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cleantext.judge._ROWS", size)
        assert drawn_model().score_block(block).score.tolist() == expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("read more by the harbour " * (WORDS // 5) + "Photo by NATO.", id="words"),
        pytest.param("東京 写真" * WORDS + "。", id="ideographs"),
        pytest.param("[share](photo) " * WORDS + "!”", id="links and a closing quote"),
        pytest.param("word " * WORDS + " " * 5_000, id="white space at its end"),
        pytest.param("\u3000" * 200_000 + "word", id="white space at its start"),
        pytest.param("a" * 400_000 + "b", id="one word"),
        pytest.param(". " * 300_000, id="no word"),
    ],
)
def test_a_long_line_is_scored_as_if_it_were_whole(line: str) -> None:
    block = make_block([f"A headline\n\n{line}\nA last line.", "Another page."])
    model: LineModel = drawn_model()
    own = features.own_features(block.data, block.start, block.end, model.phrases)
    whole, _ = model.views.own_scores(own)
    found, line_scores, _, near = model._own_scores(block)
    assert found.row.tolist() == own.row.tolist()
    assert [column.tolist() for column in found.columns] == [column.tolist() for column in own.columns]
    assert found.key.tolist() == own.key.tolist()
    assert line_scores.tolist() == whole.tolist()
    assert near.tolist() == model.views.near_sums(own).tolist()
    assert found.section.tolist() == own.section.tolist()


def test_a_long_line_of_many_words_is_cut() -> None:
    block = make_block(["word " * 500_000])
    (stretch,) = stretches.stretches(block)
    assert len(stretch.data) < len(block.data) / 5
