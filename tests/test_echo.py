"""Words that come back in content elsewhere on the page."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from cleantext.echo import echo_facts, sure_content
from cleantext.judge_columns import ECHO, TOPICAL
from cleantext.lines import make_block
from cleantext.own import own_features
from cleantext.phrasetable import PhraseTable
from cleantext.windows import Pages

TABLE = PhraseTable.compile([["share"]])


def facts_of(texts: list[str], sure: list[int]) -> list[tuple[str, str]]:
    """Names of both bins of every line that is not blank."""
    block = make_block(texts)
    own = own_features(block.data, block.start, block.end, TABLE)
    pages = Pages(own.row.searchsorted(block.first_line), own.row)
    out = np.empty((2, pages.n_rows), np.uint8)
    echo_facts(own.topical, own.n_topical, np.array(sure, np.int64), pages, out)
    return [(ECHO.bins[a], TOPICAL.bins[b]) for a, b in out.T.tolist()]


def test_a_heading_shares_words_with_the_text_and_another_story_does_not() -> None:
    page = "The ferry returns\nOn Monday the ferry came back to the harbour.\nCouncil sells library"
    assert facts_of([page], [0, 255, 0]) == [("to 60 %", "2"), ("0", "5-8"), ("0", "3-4")]


def test_words_of_furniture_do_not_count() -> None:
    assert facts_of(["ferry harbour\nferry harbour"], [0, 0]) == [("0", "2"), ("0", "2")]
    assert facts_of(["ferry harbour\nferry harbour"], [255, 0]) == [("0", "2"), ("over 95 %", "2")]


def test_content_of_two_lines_adds_up() -> None:
    assert facts_of(["ferry\nferry\nferry"], [64, 64, 0]) == [("0", "1"), ("0", "1"), ("over 95 %", "1")]
    assert facts_of(["ferry\nferry\nferry"], [64, 63, 0]) == [("0", "1")] * 3


def test_other_pages_do_not_count() -> None:
    assert facts_of(["the ferry", "the ferry"], [255, 255]) == [("0", "1")] * 2


def test_pairs_of_ideographs_and_syllables() -> None:
    assert facts_of(["東京の写真\n東京へ行く"], [255, 255])[0] == ("to 30 %", "3-4")
    assert facts_of(["서울 지하철\n서울 버스"], [255, 255]) == [("to 45 %", "3-4"), ("to 60 %", "2")]


def test_rows_of_few_words_are_not_asked() -> None:
    assert sure_content(np.array([255, 255, 100]), np.array([5, 6, 255])).tolist() == [0, 255, 100]


def test_pages_without_rows_or_words() -> None:
    assert facts_of([""], []) == []
    assert facts_of(["", "--\n12 345", "\n"], [255, 255]) == [("0", "0")] * 2


words = st.lists(st.sampled_from(["ferry", "harbour", "of", "Straße", "写真", "новость", "12", "café"]), max_size=6).map(" ".join)


@given(st.lists(st.lists(words.filter(bool), min_size=1, max_size=5), min_size=1, max_size=4), st.integers(0, 255))
def test_a_page_alone_has_the_same_facts_as_among_others(pages: list[list[str]], sure: int) -> None:
    texts = ["\n".join(page) for page in pages]
    together = facts_of(texts, [sure] * sum(map(len, pages)))
    assert together == [fact for text, page in zip(texts, pages, strict=True) for fact in facts_of([text], [sure] * len(page))]
