"""Targets of Markdown links, which are no words of a page: ``[text](https://example.org/a-long-path)``.

A target's dozen of words would make a label look like a paragraph, to the features and to the sums of words of a page alike. On WCXB's
pages as Markdown three quarters of the words of furniture lines stood in targets.
"""

from __future__ import annotations

import re

_MARK = b"]("
# Up to the closing bracket or a title in quotes; brackets inside a target may be nested once, as in CommonMark's usual case, and white
# space ends it, so that "[1](see the note below)" keeps its words.
_TARGET = re.compile(rb"""\]\([^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+(?=\)|[ ]["'])""")


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
    if _MARK not in data:
        return data
    return _TARGET.sub(_blank, data)


def _blank(match: re.Match[bytes]) -> bytes:
    start, end = match.span()
    return _MARK + b" " * (end - start - len(_MARK))
