"""Lines and blocks: one definition, exact offsets, nothing decided by the block."""

from __future__ import annotations

import itertools
import re
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import characters, pages

from cleantext.lines import batches, char_offsets, make_block

# Every character that `str.splitlines` cuts at, and what is near it.
SEPARATORS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "a", "é", "東", "🙂", "\ud800")
separated = st.lists(st.sampled_from(SEPARATORS), max_size=12).map("".join)
texts = st.one_of(separated, pages())


def lines_of(block_pages: list[str]) -> list[list[str]]:
    """The lines of each page as the block has them."""
    block = make_block(block_pages)
    found = [block.data[s:e].decode("utf-8", "surrogatepass") for s, e in zip(block.start, block.end, strict=True)]
    return [found[low:high] for low, high in zip(block.first_line[:-1], block.first_line[1:], strict=True)]


@given(st.lists(texts, min_size=1, max_size=6))
def test_lines_are_what_lies_between_line_ends(block_pages: list[str]) -> None:
    assert lines_of(block_pages) == [re.split(r"\r\n|\n|\r", page) for page in block_pages]


@pytest.mark.parametrize("page", ["", "\n", "\r", "\r\n", "\n\r", "\r\r\n", "\r\n\n", "a\r", "\ra", "a\r\n", "\na"])
@pytest.mark.parametrize("neighbour", ["", "\n", "\r", "a\r", "\na"])
def test_line_ends_at_the_borders_of_pages(page: str, neighbour: str) -> None:
    pattern = re.compile(r"\r\n|\n|\r")
    assert lines_of([neighbour, page, neighbour]) == [pattern.split(neighbour), pattern.split(page), pattern.split(neighbour)]


def test_only_two_characters_end_lines() -> None:
    # In one page of every code point there are exactly the two lines ends' cuts.
    page = "".join(map(chr, range(sys.maxunicode + 1)))
    assert [len(line) for line in lines_of([page])[0]] == [10, 2, sys.maxunicode + 1 - 14]


@pytest.mark.parametrize("line", ["\r", "\r\n", "a\r\n"])
def test_other_line_ends_take_little_more_time(line: str) -> None:
    """Sets of places instead of flags took a hundred times as long for a megabyte, and more and more beyond."""

    def took(page: str) -> float:
        begin = time.perf_counter()
        make_block([page])
        return time.perf_counter() - begin

    many, plain = line * (1_000_000 // len(line)), "\n" * 1_000_000
    assert min(took(many) for _ in range(3)) < 25 * min(took(plain) for _ in range(3))


@given(st.lists(texts, min_size=1, max_size=4))
def test_offsets_are_exact(block_pages: list[str]) -> None:
    block = make_block(block_pages)
    for number, page in enumerate(block_pages):
        lines = slice(block.first_line[number], block.first_line[number + 1])
        start, end = (char_offsets(block.data, at[lines], int(block.page_start[number])) for at in (block.start, block.end))
        assert start.dtype == end.dtype == np.int64
        assert [page[s:e] for s, e in zip(start, end, strict=True)] == re.split(r"\r\n|\n|\r", page)
        assert start[0] == 0
        assert end[-1] == len(page)


@given(st.text(characters(), min_size=1, max_size=20))
def test_offset_of_every_character(page: str) -> None:
    block = make_block(["é\n", page])
    begin = int(block.page_start[1])
    sizes = [len(character.encode("utf-8", "surrogatepass")) for character in page]
    offsets = begin + np.cumsum([0, *sizes])
    assert char_offsets(block.data, offsets, begin).tolist() == list(range(len(page) + 1))


def test_no_offsets() -> None:
    assert char_offsets(b"\n", np.empty(0, np.int64), 1).tolist() == []


@given(st.lists(st.none() | st.text("ab", max_size=7), max_size=12), st.integers(1, 12), st.integers(1, 5))
def test_batches_keep_pages_and_order_and_size(texts: list[str | None], size: int, count: int) -> None:
    def characters_of(group: list[str | None]) -> int:
        return sum(len(page or "") for page in group)

    groups = list(batches(texts, size, count))
    assert [page for group in groups for page in group] == texts
    assert all(groups)
    for group in groups:
        assert len(group) == 1 or (characters_of(group) <= size and len(group) <= count)
    # No group could have taken the first page of the next one.
    for group, following in itertools.pairwise(groups):
        assert characters_of(group) + characters_of(following[:1]) > size or len(group) == count


@pytest.mark.parametrize("n_pages", [0, 1, 3, 4])
def test_batches_give_the_pages_before_an_error(n_pages: int) -> None:
    def source() -> Iterator[str]:
        yield from ["page"] * n_pages
        raise KeyError("broken shard")

    groups = batches(source(), count=3)
    for whole in batches(["page"] * n_pages, count=3):
        assert next(groups) == whole
    with pytest.raises(KeyError, match="broken shard"):
        next(groups)


def test_batches_look_one_page_ahead() -> None:
    taken = []

    def source() -> Iterator[str]:
        for number in range(1000):
            taken.append(number)
            yield "abc"

    groups = batches(source(), 9)
    assert taken == []
    for turn in range(1, 5):
        next(groups)
        assert len(taken) == 3 * turn + 1
