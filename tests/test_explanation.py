"""Explanations add up: what is named are the very weights the score was summed from."""

from __future__ import annotations

import math
from html.parser import HTMLParser

import numpy as np
import pytest
from hypothesis import given
from reference import reference_features, reference_scores, weights_of
from reference_lines import PageLines
from strategies import drawn_model, pages

from cleantext import Explanation, LineModel, explain, score_lines
from cleantext.explanation import usual_weights
from cleantext.line_columns import COARSE_BINS
from cleantext.plain import is_blank

MODEL = drawn_model()
ALL = 10**9
TEXT = "READ MORE\n\nThe harbour, said NATO, is quiet.\r\n \r\nPhoto by 東京 <b>&\nshare"


def spoken(line_contributions: tuple[tuple[str, float], ...], speaker: str) -> float:
    return sum(value for name, value in line_contributions if name.startswith(f"{speaker}: "))


@given(pages())
def test_lines_and_decisions_are_those_of_the_scores(text: str) -> None:
    scores = score_lines(text, model=MODEL)
    expected = [
        (start, end, text[start:end], score, keep)
        for start, end, score, keep in zip(*(array.tolist() for array in scores), strict=True)
        if not is_blank(text[start:end])
    ]
    assert [line[:5] for line in explain(text, model=MODEL)] == expected


@given(pages())
def test_contributions_of_the_judge_add_up_to_the_score(text: str) -> None:
    intercept = int(MODEL.arrays["judge_intercept"][0]) / 256
    for line in explain(text, model=MODEL, top=ALL):
        total = spoken(line.contributions, "judge") + intercept
        # Scores are cut at 16 log-odds; the logarithm of a score that near to one is good to six digits.
        assert math.log(line.score / (1 - line.score)) == pytest.approx(max(-16, min(16, total)), abs=1e-5)


@given(pages())
def test_contributions_of_the_views_add_up_to_their_scores(text: str) -> None:
    weights = weights_of(MODEL)
    expected = reference_features(text, weights.phrases)
    lines = PageLines(one.line for one in expected)
    for index, (line, found) in enumerate(zip(explain(text, model=MODEL, top=ALL), expected, strict=True)):
        for side in ("line", "page"):
            intercept = int(MODEL.arrays[f"{side}_intercept"][0])
            # The sum over words is cut to a whole number of 1/256, and the root is rounded to 1/2^14.
            tolerance = (1 + abs(len(found.line.words)) * 0.1) / 256
            score = weights.view(side, found) - intercept
            if side == "page":
                score += weights.near(lines, index)
            assert spoken(line.contributions, side) == pytest.approx(score / 256, abs=tolerance)


def test_what_can_be_expected_of_the_page_is_named_where_it_moves_scores() -> None:
    arrays = {name: array if name.startswith("phrase_") else np.zeros_like(array) for name, array in MODEL.arrays.items()}
    (line,) = explain("Harbour", model=LineModel(arrays, MODEL.info), top=ALL)
    # All is one half, 128 of 255: F1 2 * 128 / (128 + 255), half of which lies 0.11 log-odds below 0.36.
    ((name, value),) = line.contributions
    assert name == "judge: expected F1 of the page (0.67)"
    assert value == pytest.approx(0.115, abs=0.005)
    arrays["judge_intercept"][0] = 1000
    (line,) = explain("Harbour", model=LineModel(arrays, MODEL.info), top=ALL)
    assert line.contributions == ()


def test_strongest_first_and_no_more_than_asked() -> None:
    for top in (0, 1, 6, 50):
        for line, whole in zip(explain(TEXT, model=MODEL, top=top), explain(TEXT, model=MODEL, top=ALL), strict=True):
            assert line.contributions == whole.contributions[:top]
            strengths = [abs(value) for _, value in line.contributions]
            assert strengths == sorted(strengths, reverse=True)


def test_names_say_who_speaks_of_what() -> None:
    first, _, third, _ = explain(TEXT, model=MODEL, top=ALL)
    names = {name for name, _ in first.contributions}
    for expected in (
        "line: words (2)",
        "line: more phrase (whole line of 2, capitalised)",
        "page: more phrase (whole line of 2, capitalised)",
        "line: \N{LEFT DOUBLE QUOTATION MARK}READ\N{RIGHT DOUBLE QUOTATION MARK}",
        "line: \N{LEFT DOUBLE QUOTATION MARK}READ MORE\N{RIGHT DOUBLE QUOTATION MARK}",
        "line: form of \N{LEFT DOUBLE QUOTATION MARK}READ MORE\N{RIGHT DOUBLE QUOTATION MARK}",
        "line: first word",
        "line: whole line",
        "page: blank lines (2, after)",
        "page: lines from top (1, letter)",
        "page: no line above",
        "page: line below, first word",
    ):
        assert expected in names
    # The last word's pair reaches into the next line; it is not the line's.
    assert not any("MORE The" in name for name in names)
    assert any(name == "line: \N{LEFT DOUBLE QUOTATION MARK}東 京\N{RIGHT DOUBLE QUOTATION MARK}" for name, _ in third.contributions)
    assert all(name.split(": ")[0] in ("line", "page", "judge") for name in names)


def test_words_are_named_beside_numbers_and_targets_of_links() -> None:
    (line,) = explain("[12]Harbour [news](/harbour-news) today", model=MODEL, top=ALL)
    names = {name for name, _ in line.contributions}
    for words in ("Harbour", "news today"):
        assert f"line: \N{LEFT DOUBLE QUOTATION MARK}{words}\N{RIGHT DOUBLE QUOTATION MARK}" in names


def test_threshold_and_wrong_types_as_everywhere() -> None:
    assert [line.keep for line in explain(TEXT, threshold=0, model=MODEL)] == [True] * 4
    assert [line.keep for line in explain(TEXT, threshold=1, model=MODEL)] == [False] * 4
    with pytest.raises(ValueError, match="threshold"):
        explain(TEXT, threshold="best", model=MODEL)
    with pytest.raises(TypeError, match="decode it first"):
        explain(b"bytes", model=MODEL)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "\n", " \r\n\t"])
def test_pages_without_lines(text: str) -> None:
    assert explain(text, model=MODEL) == Explanation()
    assert explain(text, model=MODEL)._repr_html_().count("<tr") == 1


class Cells(HTMLParser):
    """Texts of a table's cells and the tags met."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.cells: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


@given(pages())
def test_table_of_a_notebook_shows_any_text_as_it_is(text: str) -> None:
    found = explain(text, model=MODEL)
    cells = Cells()
    cells.feed(found._repr_html_())
    cells.close()
    assert set(cells.tags) <= {"table", "tr", "th", "td"}
    assert len(cells.cells) == 4 * len(found)
    # An HTML parser takes NUL and carriage returns for other characters; nothing else may change.
    texts = [line.text for line in found]
    assert [cell for cell, line in zip(cells.cells[2::4], texts, strict=True) if "\0" not in line] == [t for t in texts if "\0" not in t]


def test_score_is_that_of_the_reference() -> None:
    expected = [score for _, _, score in reference_scores([TEXT], MODEL)[0] if score]
    assert [line.score for line in explain(TEXT, model=MODEL)] == pytest.approx(expected, rel=1e-12)


def test_columns_are_told_against_those_of_usual_lines() -> None:
    shown = [("Advertisement", [0]), ("The harbour is quiet.\nRead more", [1, 0]), ("Read more about it", [1])]
    usual = usual_weights(MODEL, [(text, np.array(label, np.int8)) for text, label in shown])
    assert {speaker: np.shape(rows)[1] for speaker, rows in usual.items()} == dict.fromkeys(("line", "page", "judge"), len(COARSE_BINS))
    told = LineModel(MODEL.arrays, MODEL.info | {"usual": usual})
    for text in (TEXT, *(text for text, _ in shown)):
        for line, plain in zip(explain(text, model=told, top=ALL), explain(text, model=MODEL, top=ALL), strict=True):
            for speaker in ("line", "page", "judge"):
                # Not a weight is lost: what is taken from the columns is told as one.
                assert spoken(line.contributions, speaker) == pytest.approx(spoken(plain.contributions, speaker), abs=1e-6)
    # One line of one word, furniture: it is the usual one, and no column says more or less of it.
    (line,) = explain("Advertisement", model=told, top=ALL)
    columns = [value for name, value in line.contributions if name.startswith("judge: ") and "usual" not in name and "expected" not in name]
    assert max(map(abs, columns), default=0) <= 0.001
    # No line was as long as that.
    assert usual["line"][0][COARSE_BINS.index("24+")] == 0


def test_doubtful_lines_are_not_usual() -> None:
    page = "The harbour is quiet.\nRead more"
    doubtful = usual_weights(MODEL, [(page, np.array([1, -1], np.int8))])
    assert [row[COARSE_BINS.index("2")] for row in doubtful["line"]] == [0.0] * len(doubtful["line"])


def test_usual_weights_of_another_shape() -> None:
    wrong = LineModel(MODEL.arrays, MODEL.info | {"usual": {"line": [[0.0]]}})
    with pytest.raises(ValueError, match="usual weights of line"):
        explain("Advertisement", model=wrong)
