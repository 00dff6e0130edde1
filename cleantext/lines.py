"""The one definition of a line, and blocks of pages as UTF-8 bytes.

A line is what lies between ``\\r\\n``, ``\\n`` or ``\\r`` and nothing else. `str.splitlines` also cuts at U+2028, ``\\x0b``,
``\\x0c``, ``\\x1c``-``\\x1e`` and U+0085, which occur inside sentences of scraped text; a cut there would tear them apart.

Pages are joined to blocks so that every step after this one is a handful of numpy calls for hundreds of pages. A block is
bytes, not str: ``bytes.translate`` and 8-byte loads work on bytes, and a str with one emoji in it costs four bytes a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .arrays import places_of

IntArray = npt.NDArray[np.int64]

# Measured on English pages: 0.25-1 MB is a plateau; under it the fixed cost of some 400 numpy calls shows, over it page faults do.
BLOCK_BYTES = 1 << 19
# What is worked out for each page takes 6 KB, so that pages of a word or none are bounded by their number: from 1,024 on the time for
# such a page stays the same, and beyond 4,096 it grows.
BLOCK_PAGES = 1 << 11


class Block(NamedTuple):
    """Pages joined to one buffer, and where their lines stand.

    Attributes
    ----------
    data : bytes
        ``\\n``, then every page as UTF-8 (lone surrogates in the generalised form of ``surrogatepass``) with a ``\\n`` after it.
    start, end : int64 array of shape (n_lines,)
        Byte offsets into `data` of every line, blank ones too, without its line end.
    first_line : int64 array of shape (n_pages + 1,)
        Lines ``first_line[p]:first_line[p + 1]`` are those of page `p`; every page has at least one.
    page_start : int64 array of shape (n_pages,)
        Byte offset into `data` at which each page begins.
    """

    data: bytes
    start: IntArray
    end: IntArray
    first_line: IntArray
    page_start: IntArray


def make_block(pages: Sequence[str]) -> Block:
    """Join pages to a block.

    Parameters
    ----------
    pages : sequence of str
        At least one page; any str is legal.

    Returns
    -------
    Block

    Examples
    --------
    >>> block = make_block(["a\\r\\nb", ""])
    >>> [block.data[s:e] for s, e in zip(block.start, block.end)]
    [b'a', b'b', b'']
    >>> block.first_line.tolist()
    [0, 2, 3]
    """
    encoded = [page.encode("utf-8", "surrogatepass") for page in pages]
    data = b"\n".join((b"", *encoded, b""))
    bounds = np.array(list(accumulate((len(page) + 1 for page in encoded), initial=1)), np.int64)  # of pages, each with a line end
    page_start, page_end = bounds[:-1], bounds[1:] - 1

    raw = np.frombuffer(data, np.uint8)
    if b"\r" in data:
        start, end = _spans_with_carriage_returns(raw, page_end)
    else:
        newline = places_of(raw == 10)
        start = newline[:-1] + 1
        end = newline[1:]
    first_line = start.searchsorted(bounds)
    return Block(data, start, end, first_line, page_start)


def _spans_with_carriage_returns(raw: npt.NDArray[np.uint8], page_end: IntArray) -> tuple[IntArray, IntArray]:
    """Spans where ``\\r`` and ``\\r\\n`` end lines too; a ``\\r`` that ends a page is not joined to the ``\\n`` put after the page."""
    # Flags of bytes throughout: numpy's sets of places (`union1d`, `isin`) take more than linear time on a page of nothing but `\r`.
    stop = raw == 10
    carriage = raw == 13
    before_newline = carriage[:-1] & stop[1:]
    before_newline[page_end - 1] = False
    stop |= carriage
    stop[:-1] ^= before_newline
    stops = places_of(stop)
    start = stops[:-1] + 1
    end = stops[1:] - before_newline[stops[1:] - 1]
    return start, end


def batches(pages: Iterable[str | None], size: int = BLOCK_BYTES, count: int = BLOCK_PAGES) -> Iterator[list[str | None]]:
    """Group pages so that each group has about `size` characters and at most `count` pages; a longer page is a group of its own.

    Parameters
    ----------
    pages : iterable of str or None
        Consumed lazily, never further than the group being built. None counts as a page without characters. An error of it is raised
        after the group of the pages before it.
    size : int
        Characters after which a group is closed.
    count : int
        Pages after which a group is closed.

    Yields
    ------
    list of str or None
        Never empty.

    Examples
    --------
    >>> list(batches(["aa", None, "b", "cccc", "d"], size=4))
    [['aa', None, 'b'], ['cccc'], ['d']]
    >>> list(batches(["", "", ""], count=2))
    [['', ''], ['']]
    """
    group: list[str | None] = []
    used = 0
    try:
        for page in pages:
            length = 0 if page is None else len(page)
            if group and (used + length > size or len(group) == count):
                full, group, used = group, [], 0
                yield full
            group.append(page)
            used += length
    except Exception:
        if group:
            yield group
        raise
    if group:
        yield group


def char_offsets(data: bytes, offsets: IntArray, page_start: int) -> IntArray:
    """Turn byte offsets within one page into str indices.

    Parameters
    ----------
    data : bytes
        A block's bytes.
    offsets : int64 array of shape (n,)
        Byte offsets into `data`, each at a character's first byte or at the page's end.
    page_start : int
        Where the page begins in `data`.

    Returns
    -------
    int64 array of shape (n,)
        Indices into the page's str.

    Examples
    --------
    >>> char_offsets("é\\na".encode(), np.array([0, 2, 3]), 0).tolist()
    [0, 1, 2]
    """
    if not len(offsets):
        return offsets
    raw = np.frombuffer(data, np.uint8)[page_start : int(offsets.max())]
    # Every byte that is not a continuation byte (10xxxxxx) begins a character.
    begun = np.concatenate(([0], np.cumsum((raw & 0xC0) != 0x80, dtype=np.int64)))
    result: IntArray = begun[offsets - page_start]
    return result
