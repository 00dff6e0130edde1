"""Targets and numbers of links are blanked, byte for byte, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference_lines import without_numbers, without_targets

from cleantext.links import blank_link_numbers, blank_link_targets
from cleantext.tokens import tokenize

# Pieces that put brackets, quotes, white space and line ends beside each other in every order.
PIECES = ("](", "(", ")", "[", "!", " ", "\t", "\x0b", '"', "'", "a", "é", "東", "1", "[12]", "\n", "\r", "\x85", "b/c")


def words_of(data: bytes) -> list[str]:
    tokens = tokenize(data)
    return [data[s:e].decode() for s, e in zip(tokens.start, tokens.end, strict=True)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[Home](https://example.org/home)", ["Home"], id="link"),
        pytest.param("![](pier-at-dawn.jpg)", [], id="image without a text"),
        pytest.param("[a](b_(c)_d) e", ["a", "e"], id="brackets in a target"),
        pytest.param("[a](b 'the title')", ["a", "the", "title"], id="title"),
        pytest.param("[![alt](image.png)](page.html) text", ["alt", "text"], id="image in a link"),
        pytest.param("call[0](some argument)", ["call", "0", "some", "argument"], id="no target: white space"),
        pytest.param("[a](never closed", ["a", "never", "closed"], id="no target: open"),
        pytest.param("[a](b\nc)", ["a", "b", "c"], id="no target: line end"),
    ],
)
def test_words_of_targets_are_no_words(text: str, words: list[str]) -> None:
    assert words_of(blank_link_targets(f"\n{text}\n".encode())) == words


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_each_line_is_blanked_as_the_reference_does(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\r", "\n")
    expected = "\n".join(without_targets(line) for line in text.split("\n"))
    assert blank_link_targets(text.encode()).decode() == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("[12]Sport [13]Élan", ["Sport", "Élan"], id="before a letter"),
        pytest.param("[Sport][12]", ["Sport"], id="behind a link's text"),
        pytest.param("* [1]Home", ["Home"], id="in a list"),
        pytest.param("as some say [12], others do not [13]", ["as", "some", "say", "12", "others", "do", "not", "13"], id="citation"),
        pytest.param("items[0]name", ["items", "0", "name"], id="code"),
        pytest.param("[1]: https", ["1", "https"], id="where the target stands"),
        pytest.param("[12345]a [a][12345]", ["a", "a"], id="as long a number as may be"),
        pytest.param("[123456]a", ["123456", "a"], id="too long a number"),
    ],
)
def test_numbers_of_links_are_no_words(text: str, words: list[str]) -> None:
    assert words_of(blank_link_numbers(f"\n{text}\n".encode())) == words


@given(pieces=st.lists(st.sampled_from(PIECES), max_size=30))
def test_numbers_of_each_line_are_blanked_as_the_reference_does(pieces: list[str]) -> None:
    text = "".join(pieces).replace("\r", "\n")
    expected = "\n".join(without_numbers(line) for line in text.split("\n"))
    assert blank_link_numbers(text.encode()).decode() == expected


def test_text_without_links_is_not_copied() -> None:
    data = b"(a) [b] c"
    assert blank_link_targets(data) is data
    assert blank_link_numbers(data) is data
