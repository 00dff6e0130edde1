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
    pieces: list[bytes] = []
    done, place = 0, data.find(_MARK)
    # `bytes.find` is several times faster than the pattern's own search for its beginning, and most text has few links.
    while place >= 0:
        begin = place + len(_MARK)
        match = _TARGET.match(data, place)
        end = begin if match is None else match.end()
        if end > begin:
            pieces += (data[done:begin], b" " * (end - begin))
            done = end
        place = data.find(_MARK, end)
    return b"".join((*pieces, data[done:])) if pieces else data
