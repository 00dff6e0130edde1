"""Targets and numbers of links, which are no words of a page: ``[text](https://example.org/a-long-path)``, ``[12]text``.

A target's dozen of words would make a label look like a paragraph, to the features and to the sums of words of a page alike; a number
before every link, as terminal browsers print it, would be what all of a menu's lines begin with.
"""

from __future__ import annotations

import re

import numpy as np

from .arrays import places_of

_MARK = b"]("
# Up to the closing bracket or a title in quotes; brackets inside a target may be nested once, as in CommonMark's usual case, and white
# space ends it, so that "[1](see the note below)" keeps its words.
_TARGET = re.compile(rb"""\]\([^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+(?=\)|[ ]["'])""")

# Before a letter and not behind one, as in "[12]Sport", but not "arrival[12]by sea"; or behind a bracket, as in "[Sport][12]".
_NUMBER = re.compile(rb"\[(?:(?<![0-9A-Za-z_\x80-\xff]\[)[0-9]{1,5}\](?=[A-Za-z\x80-\xff])|(?<=\]\[)[0-9]{1,5}\])")


def blank_links(data: bytes) -> bytes:
    """Replace what is no word of a page in its links by spaces: `blank_link_targets` and `blank_link_numbers`.

    Examples
    --------
    >>> blank_links(b"[3][map](/maps/7)")
    b'[3][map](       )'
    >>> blank_links(b"[3]map and [map](/maps/7)")
    b'   map and [map](       )'
    """
    return blank_link_numbers(blank_link_targets(data))


def blank_link_targets(data: bytes) -> bytes:
    """Replace the targets of Markdown links by spaces.

    Parameters
    ----------
    data : bytes
        UTF-8.

    Returns
    -------
    bytes
        Of the same length, with the same line ends; the same object if there is nothing to replace.

    Examples
    --------
    >>> blank_link_targets(b"a [map](/maps/7) and ![](pier.jpg 'the pier')")
    b"a [map](       ) and ![](         'the pier')"
    >>> blank_link_targets(b"[1](see the note)")
    b'[1](see the note)'
    """
    # Most text has few links or none, which numpy finds out six times faster than `bytes.find` or the pattern. A page has no such bracket.
    if _MARK[:1] not in data:
        return data
    raw = np.frombuffer(data, np.uint8)
    both = raw[:-1] == _MARK[0]
    both &= raw[1:] == _MARK[1]
    if not both.any():
        return data
    marks = places_of(both)
    pieces: list[bytes] = []
    done = end = 0
    for place in marks.tolist():
        match = _TARGET.match(data, place) if place >= end else None
        begin = place + len(_MARK)
        if match is not None and match.end() > begin:
            end = match.end()
            pieces += (data[done:begin], b" " * (end - begin))
            done = end
    return b"".join((*pieces, data[done:])) if pieces else data


def blank_link_numbers(data: bytes) -> bytes:
    """Replace the numbers of links by spaces, as `blank_link_targets` does their targets.

    Examples
    --------
    >>> blank_link_numbers(b"[12]Sport, as [some][13] say [14]")
    b'    Sport, as [some]     say [14]'
    """
    if b"[" not in data:
        return data
    raw = np.frombuffer(data, np.uint8)
    # Digits come down to 0 to 9, and whatever stands before them in the table is a large number.
    both = raw[1:] - np.uint8(ord("0")) < 10
    both &= raw[:-1] == ord("[")
    pieces: list[bytes] = []
    done = 0
    for place in places_of(both).tolist():
        match = _NUMBER.match(data, place)
        if match is not None:
            pieces += (data[done:place], b" " * len(match[0]))
            done = match.end()
    return b"".join((*pieces, data[done:])) if pieces else data
