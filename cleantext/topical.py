"""Words that tell what a line is about: long ones, and pairs of ideographs. `echo` looks for them in the rest of the page."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from . import charclass as cc
from .line_facts import RowWords
from .tokens import HashArray, IntArray, Tokens

KeyArray = npt.NDArray[np.uint32]

# Bytes from which on a word counts: four letters, which leaves most of the words out that every text of a language has; numbers count
# from 255 digits on, which is as good as never. An ideograph counts with the next one: two together are a word more often than not.
_MIN_LENGTH = np.full(256, 255, np.uint8)
_MIN_LENGTH[[cc.LOWER, cc.UPPER]] = 4
_MIN_LENGTH[[cc.HIGH, cc.HIGH_LOWER, cc.HIGH_UPPER]] = 7
_HALF = np.uint64(32)


def topical_words(tokens: Tokens, pairs: HashArray, words: RowWords) -> tuple[KeyArray, IntArray]:
    """Words that tell what a line is about.

    Parameters
    ----------
    tokens : Tokens
    pairs : uint64 array of shape (n_words,)
        Hash of each word with the next one.
    words : RowWords

    Returns
    -------
    key : uint32 array of shape (n_topical,)
        Of each such word, row after row.
    count : int64 array of shape (n_rows,)
        How many each row has.
    """
    chosen = tokens.length >= _MIN_LENGTH.take(tokens.kind)
    ideograph = tokens.ideograph
    if len(ideograph):
        first, second = ideograph[:-1], ideograph[1:]
        chosen[first[(second - first == 1) & (tokens.start.take(second) == tokens.end.take(first))]] = True
    place = chosen.nonzero()[0]
    if words.longest > len(_MIN_LENGTH):  # a row may have more words than are looked at
        place = place[place < words.stop.take(words.row.take(place))]
    key = tokens.hash.take(place)
    if len(ideograph):
        of_two = (tokens.kind.take(place) == cc.CJK).nonzero()[0]
        key[of_two] = pairs.take(place.take(of_two))
    key >>= _HALF
    return key.astype(np.uint32), np.bincount(words.row.take(place), minlength=len(words.first))
