"""A block cut into stretches of lines, so that arrays of words stay in the cache and memory stays bounded however long a page is.

What lines say by themselves is found stretch by stretch; where they stand is seen over the whole block.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from . import charclass as cc
from .features import MAX_LINE_WORDS
from .lines import BLOCK_BYTES, Block
from .links import blank_link_targets
from .plain import plain_lines
from .tokens import IntArray, Tokens

# A block has so many characters, and in text of the Latin alphabets hardly more bytes: it is one stretch, without a stub behind it.
_STRETCH_BYTES = BLOCK_BYTES * 5 // 4
# Lines of more bytes are cut to the words that are looked at: 32767 words have some 200 KB.
_LONG_LINE = 1 << 18
# The end of a cut line: much more than its last character and what stands before a closing quote.
_TAIL = 1 << 10
_TAIL_VISIBLE = 16
_NO_SPANS = np.empty(0, np.int64)


class Stretch(NamedTuple):
    """Some lines of a block.

    Attributes
    ----------
    data : bytes
        Begins with a line end and has one after every line.
    start, end : int64 array of shape (n_lines,)
        Spans of the lines in `data`.
    first_line : int
        Which of the block's lines the first one is.
    """

    data: bytes
    start: IntArray
    end: IntArray
    first_line: int


def stretches(block: Block, size: int = _STRETCH_BYTES) -> Iterator[Stretch]:
    """Cut a block into stretches of lines.

    Parameters
    ----------
    block : Block
    size : int
        Bytes that a stretch has at most, unless it is one line.

    Yields
    ------
    Stretch
        In order; together they have every line once. A line of more than 256 KB is a stretch of its own, without what lies between the
        words that are looked at (`features.MAX_LINE_WORDS`) and its end.

    Examples
    --------
    >>> from cleantext.lines import make_block
    >>> [stretch.data for stretch in stretches(make_block(["one\\ntwo\\nthree"]), size=8)]
    [b'\\none\\ntwo\\n', b'\\nthree\\n']
    """
    if len(block.data) <= size:
        yield Stretch(block.data, block.start, block.end, 0)
        return
    first, n_lines = 0, len(block.start)
    while first < n_lines:
        begin = int(block.start[first])
        stop = max(int(block.end.searchsorted(begin + size, side="right")), first + 1)
        start, end = block.start[first:stop] - (begin - 1), block.end[first:stop] - (begin - 1)
        if int(end[0]) - 1 > _LONG_LINE:
            line = _shortened(block.data[begin : int(block.end[first])])
            yield Stretch(b"\n" + line + b"\n", np.array([1], np.int64), np.array([len(line) + 1], np.int64), first)
            first += 1
        else:
            yield Stretch(block.data[begin - 1 : int(block.end[stop - 1])] + b"\n", start, end, first)
            first = stop


def _shortened(line: bytes) -> bytes:
    """A line without what features do not look at: the words beyond `MAX_LINE_WORDS`, but not its end."""
    # Before the cut, which must not leave half a target. What is left is not plain yet: links come first, as in a line that is not cut.
    line = blank_link_targets(line)
    tail = line[_character(line, max(len(line) - _TAIL, 0)) :]
    visible = (_tokens(tail).classes[1:-1] != cc.SPACE).nonzero()[0]
    if not len(visible) or int(visible[-1]) < _TAIL_VISIBLE:
        return line
    size = _LONG_LINE
    while size < len(line) - _TAIL:
        head = line[: _character(line, size)]
        # With one word more than is looked at, the last one of those is whole and what follows it is there.
        if len(_tokens(head).start) > MAX_LINE_WORDS:
            return head + tail
        size *= 2
    return line


def _tokens(piece: bytes) -> Tokens:
    """Words as features count them."""
    return plain_lines(b"\n" + piece + b"\n", _NO_SPANS, _NO_SPANS)[3]


def _character(line: bytes, offset: int) -> int:
    """The first offset from here on at which a character begins."""
    while offset < len(line) and line[offset] & 0xC0 == 0x80:
        offset += 1
    return offset
