"""What a user may rely on, whatever the model's weights are: labels go, text stays, and any string is legal.

The examples are data in ``tests/cases/behaviour``; ``tests/cases/README.md`` tells their form. A case
that fails today carries ``"known_failure": "why"`` there and is a strict expected failure: once it passes,
the mark has to go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import ftfy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cleantext import score_lines, strip_boilerplate, strip_many
from cleantext.plain import is_blank

CASES = Path(__file__).resolve().parent / "cases"
LINE_END = re.compile(r"\r\n|\n|\r")
# The settings the library promises (docs/architecture.md): repairs, and nothing that rewrites what an author
# typed.
PROMISED = ftfy.TextFixerConfig(
    uncurl_quotes=False,
    fix_latin_ligatures=False,
    fix_character_width=False,
    fix_line_breaks=False,
    normalization=None,
)


def load(name: str, *id_fields: str) -> list[Any]:
    """The cases of ``behaviour/NAME.json`` as pytest parameters, named by ``id_fields``."""
    cases = json.loads((CASES / "behaviour" / f"{name}.json").read_text(encoding="utf-8"))
    return [
        pytest.param(
            case,
            id="-".join(case[field] for field in id_fields),
            marks=[pytest.mark.xfail(strict=True, reason=case["known_failure"])] if "known_failure" in case else [],
        )
        for case in cases
    ]


def two_paragraphs(lang: str) -> tuple[str, str]:
    """Two paragraphs of plain prose: the third and fourth block of the language's first carrier page."""
    blocks = (CASES / "carriers" / f"{lang}-1.txt").read_text(encoding="utf-8").split("\n\n")
    return blocks[2], blocks[3]


def is_subsequence(part: Sequence[str], whole: Sequence[str]) -> bool:
    """Whether ``part`` is ``whole`` with some items left out."""
    remaining: Iterator[str] = iter(whole)
    return all(item in remaining for item in part)


def lines_with_text(text: str) -> list[str]:
    """The lines of ``text`` that are not blank."""
    return [line for line in LINE_END.split(text) if not is_blank(line)]


# Labels and sentences.


@pytest.mark.parametrize("case", load("alone_between_paragraphs", "what", "lang", "line"))
def test_label_alone_between_two_paragraphs_goes(case: dict[str, str]) -> None:
    first, second = two_paragraphs(case["lang"])
    assert strip_boilerplate(f"{first}\n\n{case['line']}\n\n{second}") == f"{first}\n\n{second}"


@pytest.mark.parametrize("case", load("inside_a_sentence", "lang", "word", "line"))
def test_same_word_inside_a_sentence_stays(case: dict[str, str]) -> None:
    first, second = two_paragraphs(case["lang"])
    as_a_paragraph = f"{first}\n\n{case['line']}\n\n{second}"
    assert strip_boilerplate(as_a_paragraph) == as_a_paragraph
    within_a_paragraph = f"{first} {case['line']}\n\n{second}"
    assert strip_boilerplate(within_a_paragraph) == within_a_paragraph


@pytest.mark.parametrize("case", load("inside_a_sentence", "lang", "word", "line"))
def test_sentence_names_the_word_it_is_about(case: dict[str, str]) -> None:
    # The words are inflected in some languages; their stem is there in all of them.
    assert case["word"].casefold()[:4] in case["line"].casefold()


# Pages.


@pytest.mark.parametrize("case", load("whole_pages", "name"))
def test_page_without_furniture_comes_back_unchanged(case: dict[str, str]) -> None:
    assert strip_boilerplate(case["text"]) == case["text"], case["why"]


@pytest.mark.parametrize("case", load("mixed_pages", "name"))
def test_page_with_furniture_keeps_its_own_text(case: dict[str, str]) -> None:
    assert strip_boilerplate(case["text"]) == case["expected"], case["why"]


# Blank lines.


def test_blank_lines_between_kept_lines_become_one() -> None:
    first, second = two_paragraphs("en")
    assert strip_boilerplate(f"\n \n{first}\n\n\t\n\n{second}\n\n") == f"{first}\n\n{second}"


def test_lines_that_stood_together_stay_together() -> None:
    first, second = two_paragraphs("en")
    assert strip_boilerplate(f"{first}\n{second}") == f"{first}\n{second}"


def test_dropped_line_between_two_lines_leaves_no_blank_line() -> None:
    first, second = two_paragraphs("en")
    assert strip_boilerplate(f"{first}\nAdvertisement\n{second}") == f"{first}\n{second}"


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends_give_the_same_text(line_end: str) -> None:
    first, second = two_paragraphs("en")
    page = f"{first}\n\nAdvertisement\n\n{second}\n"
    assert strip_boilerplate(page.replace("\n", line_end)) == strip_boilerplate(page)


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x0c", "\x1c", "\x85"])
def test_only_line_feeds_and_carriage_returns_end_a_line(separator: str) -> None:
    first, second = two_paragraphs("en")
    page = f"{first}{separator}Advertisement{separator}{second}"
    lines = score_lines(page)
    assert (lines.start.tolist(), lines.end.tolist()) == ([0], [len(page)])


# Wrong arguments.


@pytest.mark.parametrize("text", [b"bytes", bytearray(b"bytes"), memoryview(b"bytes")])
def test_bytes_raise_a_type_error_that_tells_how_to_decode(text: Any) -> None:
    with pytest.raises(TypeError, match="decode"):
        strip_boilerplate(text)
    with pytest.raises(TypeError, match="decode"):
        strip_many(["a page", text])


@pytest.mark.parametrize("text", [None, 3, 2.5, ["a page"], object()])
def test_other_types_raise_a_type_error(text: Any) -> None:
    with pytest.raises(TypeError, match="str"):
        strip_boilerplate(text)


@pytest.mark.parametrize("threshold", [-0.01, 1.01, float("nan"), float("inf")])
def test_threshold_out_of_range_raises(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        strip_boilerplate("a page", threshold=threshold)


def test_unknown_threshold_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"(?s)precision.*balanced.*recall|balanced.*precision.*recall"):
        strip_boilerplate("a page", threshold="accuracy")


def test_no_threshold_is_the_balanced_one() -> None:
    page = "\n\n".join(["Advertisement", *two_paragraphs("en"), "You may also like"])
    assert strip_boilerplate(page) == strip_boilerplate(page, threshold="balanced")


# Many pages.


def test_none_stays_none() -> None:
    first, second = two_paragraphs("en")
    assert strip_many([None, first, None, "", second]) == [None, first, None, "", second]
    assert strip_many([None, None]) == [None, None]
    assert strip_many([]) == []


def test_any_iterable_of_pages_is_accepted() -> None:
    pages = [*two_paragraphs("en"), *two_paragraphs("ja")]
    assert strip_many(iter(pages)) == strip_many(tuple(pages)) == strip_many(pages)


# Any string is a legal page.

PROSE, ARABIC = two_paragraphs("en")[0], two_paragraphs("ar")[0]
LEGAL = {
    "empty": "",
    "white_space": " \t\u00a0\u3000",
    "line_ends_only": "\r\n\n\r\r\n",
    "one_character": "x",
    "no_line_end": PROSE,
    "one_line_of_a_megabyte": PROSE + " word" * 200_000,
    "one_word_of_a_megabyte": "x" * 1_000_000,
    "hundred_thousand_lines": "line\n" * 100_000,
    "hundred_thousand_blank_lines": "\n" * 100_000 + PROSE,
    "lone_high_surrogate": f"{PROSE} \ud83d",
    "lone_low_surrogate": f"\udc00\n{PROSE}",
    "surrogate_pair_in_two_halves": "\ud83d\ude00\n" + PROSE,
    "nul": f"\x00\n{PROSE}\x00{PROSE}",
    "control_characters": "".join(map(chr, range(32))) + PROSE,
    "byte_order_mark": "\ufeff" + PROSE,
    "not_characters": "\uffff\ufffe\U0010ffff",
    "right_to_left": "\u202e" + ARABIC + "\u202c\n\u200f",
    "combining_marks": "e" + "\u0301" * 5_000,
    "joined_emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467\n" * 50,
    "entities": "&amp;&lt;b&gt;&#10;&nbsp;&\n" * 20,
    "markup": "<div class='ad'>" * 500,
    "digits": "3.1415926535\n" * 50,
    "all_planes": "".join(chr(i) for i in range(0, 0x110000, 257)),
}


@pytest.mark.parametrize("name", LEGAL)
def test_any_string_is_a_legal_page(name: str) -> None:
    text = LEGAL[name]
    kept = strip_boilerplate(text, normalize=False)
    assert isinstance(strip_boilerplate(text), str)
    assert is_subsequence(lines_with_text(kept), lines_with_text(text))
    lines = score_lines(text)
    assert len(lines.start) == len(lines.end) == len(lines.score) == len(lines.keep)
    assert np.isfinite(lines.score).all()
    assert ((lines.score >= 0) & (lines.score <= 1)).all()
    spans = [text[start:end] for start, end in zip(lines.start.tolist(), lines.end.tolist(), strict=True)]
    assert [line for line in spans if not is_blank(line)] == lines_with_text(text)


@pytest.mark.parametrize("name", ["empty", "white_space", "line_ends_only"])
def test_page_without_a_line_gives_the_empty_text(name: str) -> None:
    assert strip_boilerplate(LEGAL[name]) == ""


@pytest.mark.parametrize("name", ["no_line_end", "nul", "lone_high_surrogate", "byte_order_mark", "right_to_left"])
def test_odd_characters_do_not_cost_a_paragraph(name: str) -> None:
    kept = strip_boilerplate(LEGAL[name], normalize=False)
    prose = [line for line in lines_with_text(LEGAL[name]) if PROSE[:20] in line or ARABIC[:20] in line]
    assert prose
    assert set(prose) <= set(LINE_END.split(kept))


# Properties.

FURNITURE = [
    "Advertisement",
    "Share",
    "Photo by Ana Ruiz / AFP",
    "READ MORE:",
    "Home | News",
    "広告",
    "Anzeige",
    "© 2024 X",
]
SENTENCES = [block for lang in ("en", "de", "ru", "ja", "ar") for block in two_paragraphs(lang)]
LINES = st.one_of(
    st.sampled_from(FURNITURE),
    st.sampled_from(SENTENCES),
    st.sampled_from(["", " ", "\t", "The end.", "- 2 eggs", "a\tb\tc", "| a | b |", "# Title", "    return x"]),
    st.text(max_size=40),
    st.text(st.characters(), max_size=20),
)
PAGES = st.builds(
    lambda lines, ends: "".join(line + end for line, end in zip(lines, ends, strict=False)),
    st.lists(LINES, max_size=30),
    st.lists(st.sampled_from(["\n", "\n\n", "\r\n", "\r"]), min_size=30, max_size=30),
)
THRESHOLDS = st.floats(0.0, 1.0)
PROPERTY = settings(deadline=None, max_examples=150)


@PROPERTY
@given(PAGES)
def test_kept_lines_are_a_subsequence_of_the_page(text: str) -> None:
    assert is_subsequence(lines_with_text(strip_boilerplate(text, normalize=False)), lines_with_text(text))


@PROPERTY
@given(PAGES)
def test_result_obeys_the_rule_for_blank_lines(text: str) -> None:
    lines = strip_boilerplate(text, normalize=False).split("\n")
    if lines != [""]:
        assert not is_blank(lines[0])
        assert not is_blank(lines[-1])
        assert all(line == "" for line in lines if is_blank(line))
        assert all(a or b for a, b in pairwise(lines))


@PROPERTY
@given(PAGES, THRESHOLDS, THRESHOLDS)
def test_higher_threshold_never_adds_a_line(text: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    keep_low, keep_high = score_lines(text, threshold=low).keep, score_lines(text, threshold=high).keep
    assert (keep_low | ~keep_high).all()
    few = strip_boilerplate(text, threshold=high, normalize=False)
    many = strip_boilerplate(text, threshold=low, normalize=False)
    assert is_subsequence(lines_with_text(few), lines_with_text(many))


@PROPERTY
@given(PAGES)
def test_threshold_zero_keeps_every_line(text: str) -> None:
    assert lines_with_text(strip_boilerplate(text, threshold=0.0, normalize=False)) == lines_with_text(text)


@PROPERTY
@given(PAGES)
def test_text_scores_and_spans_tell_the_same_story(text: str) -> None:
    lines = score_lines(text)
    spans = [text[start:end] for start, end in zip(lines.start.tolist(), lines.end.tolist(), strict=True)]
    kept = [line for line, keep in zip(spans, lines.keep.tolist(), strict=True) if keep and not is_blank(line)]
    assert lines_with_text(strip_boilerplate(text, normalize=False)) == kept


@PROPERTY
@given(PAGES)
def test_normalised_result_is_what_ftfy_makes_of_the_kept_lines(text: str) -> None:
    assert strip_boilerplate(text) == ftfy.fix_text(strip_boilerplate(text, normalize=False), PROMISED)


@PROPERTY
@given(st.lists(st.none() | PAGES, max_size=8))
def test_many_pages_are_cleaned_as_one_by_one(pages: list[str | None]) -> None:
    assert strip_many(pages) == [None if page is None else strip_boilerplate(page) for page in pages]


@PROPERTY
@given(PAGES)
def test_cleaning_is_a_pure_function(text: str) -> None:
    assert strip_boilerplate(text) == strip_boilerplate(text)
