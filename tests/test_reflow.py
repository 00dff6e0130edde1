"""Pages in other layouts: the same words under the same labels, on other lines, joined or damaged."""

from __future__ import annotations

import ftfy
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.train.pages import HEADLINE, LabelledPage, split_lines
from cleantext.train.reflow import LAYOUTS, one_of_each, reflow, reflowed

STORY = (
    "The ferry stopped at noon. Nobody had told the baker, who stood on the quay with ninety loaves. He sold them to the gulls' friends, "
    "as he called the tourists, for half the price. By two o'clock there were none left, and the ferry was back!"
)


def page_of(text: str, label: list[int], doc_id: str = "harbour") -> LabelledPage:
    start, end = split_lines(text)
    marks = np.array(label, np.int8)
    return LabelledPage(
        doc_id, doc_id, "wcxb", "article", "blocks", "full", text, start, end, marks, np.maximum(marks, 0).astype(np.float32)
    )


PAGE = page_of(f"Home\n\nNinety loaves\n\n\n{STORY}\r\nShare\n东京下雪了。大家都很高兴。", [0, HEADLINE, 1, 0, 1])


def rows_of(page: LabelledPage) -> list[tuple[str, int]]:
    return list(zip(page.lines(), page.label.tolist(), strict=True))


def test_wrapped_at_a_column() -> None:
    wrapped = reflow(PAGE, "wrapped")
    assert max(map(len, wrapped.lines())) <= 100
    story = [line for line, label in rows_of(wrapped) if label == 1][:-1]
    assert len(story) > 2
    assert " ".join(story) == STORY
    assert wrapped.text.startswith("Home\n\nNinety loaves\n\n\nThe ferry")


def test_every_sentence_on_a_line_of_its_own() -> None:
    lines = rows_of(reflow(PAGE, "sentences"))
    assert lines[:3] == [("Home", 0), ("Ninety loaves", HEADLINE), ("The ferry stopped at noon.", 1)]
    assert lines[-3:] == [("Share", 0), ("东京下雪了。", 1), ("大家都很高兴。", 1)]


@pytest.mark.parametrize(("layout", "between"), [("tight", "\n"), ("loose", "\n\n")])
def test_blank_lines(layout: str, between: str) -> None:
    found = reflow(PAGE, layout)
    assert found.text == between.join(PAGE.lines())
    assert found.label.tolist() == PAGE.label.tolist()


def test_spaces_that_do_not_break_make_no_line() -> None:
    line = " ".join(["The ferry", 150 * "\u00a0", "stopped", *20 * ["at noon"]])
    found = reflow(page_of(f"Home\n{line}", [0, 1]), "wrapped")
    assert [text.split()[0] for text, _ in rows_of(found)][:3] == ["Home", "The", "stopped"]
    assert all(text.strip() for text, _ in rows_of(found))


def test_lines_between_blank_ones_joined() -> None:
    assert rows_of(reflow(PAGE, "joined")) == [("Home", 0), ("Ninety loaves", 1), (f"{STORY} Share 东京下雪了。大家都很高兴。", 1)]
    assert reflow(PAGE, "joined").text.startswith("Home\n\nNinety loaves\n\n\nThe ferry")


@pytest.mark.parametrize(
    ("label", "joined", "flat"),
    [
        ([0, 0, 0], 0, 0),
        ([1, 1, 1], 1, 1),
        ([1, 0, 0], -1, 1),  # a third of it is content: doubtful, but better than nothing
        ([1, 1, 0], 1, 1),
        ([HEADLINE, 0, 0], -1, 1),
        ([1, -1, -1], -1, -1),  # mostly unknown
    ],
)
def test_label_of_joined_lines(label: list[int], joined: int, flat: int) -> None:
    page = page_of("nine loaves\nfive ferry\nfour gulls", label)
    assert rows_of(reflow(page, "joined")) == [("nine loaves five ferry four gulls", joined)]
    assert reflow(page, "flat").label.tolist() == [flat]
    known = [max(mark, 0) if mark != HEADLINE else 1 for mark in label]
    assert reflow(page, "flat").fraction.tolist() == pytest.approx([np.average(known, weights=[11, 10, 10])])


def test_a_little_content_among_joined_lines() -> None:
    page = page_of("ferry\nhome, news, sport, weather and shipping", [1, 0])
    assert reflow(page, "joined").label.tolist() == [0]
    assert reflow(page, "flat").label.tolist() == [1]


def test_whole_page_as_one_line() -> None:
    assert rows_of(reflow(PAGE, "flat")) == [(" ".join(PAGE.lines()), 1)]


def test_mojibake_is_what_ftfy_repairs() -> None:
    page = page_of("\u2022 Boats\n\n\u201cNinety loaves,\u201d he said \u2014 \u20ac2 each\u2026\nÀ bientôt", [0, 1, 1])
    found = reflow(page, "mojibake")
    assert found.lines()[0] == "â€¢ Boats"
    assert [ftfy.fix_encoding(line) for line in found.lines()] == page.lines()
    assert found.label.tolist() == page.label.tolist()


def test_small_letters() -> None:
    found = reflow(PAGE, "small letters")
    assert found.lines() == [line.lower() for line in PAGE.lines()]
    assert found.label.tolist() == PAGE.label.tolist()


@pytest.mark.parametrize("layout", dict.fromkeys(LAYOUTS))
def test_a_page_without_lines(layout: str) -> None:
    assert rows_of(reflow(page_of(" \n\n", []), layout)) == []


def test_unknown_layout() -> None:
    with pytest.raises(ValueError, match="'italic' is unknown: give one of flat, joined, loose"):
        reflow(PAGE, "italic")


def test_pages_take_the_layouts_by_turns() -> None:
    pages = [page_of(STORY, [1], f"page {number}") for number in range(len(LAYOUTS))]
    found = reflowed(pages)
    assert [page.rendering for page in found] == [*LAYOUTS, *LAYOUTS]
    assert [page.doc_id for page in found[:3]] == ["page 0", "page 0", "page 1"]
    assert [page.text for page in found] == [page.text for page in reflowed(pages)]
    assert len({page.text for page in found if page.rendering == "wrapped"}) > 1, "not all at the same column"


def test_first_rendering_of_each() -> None:
    pages = [page_of(text, [1], name) for name, text in (("a", "one"), ("b", "two"), ("a", "three"))]
    assert [page.text for page in one_of_each(pages)] == ["one", "two"]


@given(st.lists(st.text(st.characters(exclude_characters="\r\n"), max_size=200), max_size=6), st.sampled_from(LAYOUTS))
def test_words_stay_under_their_labels(lines: list[str], layout: str) -> None:
    text = "\n".join(lines)
    page = page_of(text, [index % 2 for index in range(len(split_lines(text)[0]))])
    found = reflow(page, layout)
    if layout in ("joined", "flat"):
        assert "".join("".join(found.lines()).split()) == "".join("".join(page.lines()).split())
        return
    for label in (0, 1):
        left = [line for line, mark in rows_of(found) if mark == label]
        if layout == "mojibake":
            left = [line.encode("sloppy-windows-1252").decode("utf-8", "surrogatepass") for line in left]
        words, again = ("".join("".join(some).split()) for some in ([line for line, mark in rows_of(page) if mark == label], left))
        # (A sigma at the end of a line is another small letter than one within it.)
        assert again == words if layout != "small letters" else again.casefold() == words.casefold()
