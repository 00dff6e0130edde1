"""Pages as terminal browsers print them: the same words under the same labels, links numbered and their targets listed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.train.pages import HEADLINE, LabelledPage, split_lines
from cleantext.train.terminal import TERMINAL, terminal

STORY = (
    "The ferry stopped at noon. Nobody had told [the baker](https://quay.example/baker), who stood there with **ninety** loaves till two."
)
TEXT = f"""[Home](/)

# Ninety loaves
* [![gull](gull.png)](/birds "Birds")
  * [Tides (high)](tides_(high))
---

{STORY}
| loaves | price |
| --- | --- |
| 90 | [half](#half) |"""
LABEL = [0, HEADLINE, 0, 0, -1, 1, 1, 1, 1]
# Of each style a name that gives it.
BROWSER, REFERENCES, WRAPPED = "ferry 0", "ferry 2", "ferry 1"


def page_of(text: str, label: list[int], doc_id: str) -> LabelledPage:
    start, end = split_lines(text)
    marks = np.array(label, np.int8)
    fraction = np.maximum(marks, 0).astype(np.float32)
    return LabelledPage(doc_id, "quay.example", "wcxb", "article", "markdown", "full", text, start, end, marks, fraction)


def rows_of(page: LabelledPage) -> list[tuple[str, int]]:
    return list(zip(page.lines(), page.label.tolist(), strict=True))


def test_as_a_browser_prints_it() -> None:
    found = terminal(page_of(TEXT, LABEL, BROWSER))
    assert found.rendering == TERMINAL
    rows = rows_of(found)
    assert rows[:4] == [("   [1]Home", 0), ("Ninety loaves", HEADLINE), ("     * [2]gull", 0), ("          + [3]Tides (high)", 0)]
    listed = [text for text, label in rows if text.endswith(("/", "/birds", "(high)", "/baker", "#half"))]
    assert listed[1:] == [
        "   1. https://quay.example/",
        "   2. https://quay.example/birds",
        "   3. https://quay.example/tides_(high)",
        "   4. https://quay.example/baker",
        "   5. https://quay.example/#half",
    ]
    assert rows[-6] == ("References", 0)
    story = [text.strip() for text, label in rows if label == 1]
    assert " ".join(" ".join(story).split()) == (
        "The ferry stopped at noon. Nobody had told [4]the baker, who stood there with ninety loaves till two. loaves price 90 [5]half"
    )
    assert "\n\nNinety loaves\n     * [2]gull" in found.text
    assert "\n\nReferences\n\n" in found.text


def test_as_markdown_with_reference_links() -> None:
    rows = rows_of(terminal(page_of(TEXT, LABEL, REFERENCES)))
    assert rows[0] == ("[Home][1]", 0)
    assert rows[1] == ("# Ninety loaves", HEADLINE)
    assert rows[2] == ("* [gull][2]", 0)
    assert rows[-5:] == [
        (f"[{number}]: https://quay.example/{end}", 0) for number, end in enumerate(("", "birds", "tides_(high)", "baker", "#half"), 1)
    ]


def test_as_markdown_wrapped_at_a_column() -> None:
    found = terminal(page_of(TEXT, LABEL, WRAPPED))
    rows = rows_of(found)
    assert rows[0] == ("[Home](/)", 0)
    story = [text for text, label in rows if label == 1][:-3]
    assert len(story) == 3
    assert " ".join(story) == STORY
    assert "\n\n# Ninety loaves\n* [![gull](gull.png)]" in found.text
    assert rows[-1] == ("| 90 | [half](#half) |", 1)


def test_all_styles_and_several_widths_are_made() -> None:
    found = [terminal(page_of(TEXT, LABEL, f"ferry {number}")) for number in range(40)]
    assert {page.lines()[-1].lstrip()[:2] for page in found} == {"5.", "[5", "| "}
    assert len({max(map(len, page.lines())) for page in found}) > 2
    assert [page.text for page in found] == [terminal(page_of(TEXT, LABEL, f"ferry {number}")).text for number in range(40)]


def test_page_without_links_has_no_list() -> None:
    assert rows_of(terminal(page_of("Ninety loaves", [1], BROWSER))) == [("   Ninety loaves", 1)]


@pytest.mark.parametrize("name", [BROWSER, REFERENCES, WRAPPED])
def test_page_without_lines(name: str) -> None:
    assert rows_of(terminal(page_of(" \n\n", [], name))) == []


@given(
    st.lists(st.text(st.sampled_from("[]()!#*|-`\"' ab/:\u3000é東"), max_size=60), max_size=6),
    st.sampled_from([BROWSER, REFERENCES, WRAPPED]),
)
def test_spans_and_labels_fit_whatever_the_text(lines: list[str], name: str) -> None:
    text = "\n".join(lines)
    start, _ = split_lines(text)
    page = page_of(text, [1] * len(start), name)
    found = terminal(page)
    assert len(found.start) == len(found.end) == len(found.label) == len(found.fraction)
    assert all(line.strip() for line in found.lines())
    assert [line for line, label in rows_of(found) if label == 0] == [] or "](" in text
