"""Finds the phrases of the named families in a block's words, without a loop over words.

Phrases are compiled to hashes of their words, so that the readable tables (`cleantext.phrases`) are needed for training only;
the compiled table is part of the model file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .tokens import MIX_B, HashArray, mix, tokenize

IntArray = npt.NDArray[np.int64]

# A direct-index filter in front of the exact search: 2^18 bytes stay in the second-level cache, and some twenty thousand prefixes
# in it let one word in fourteen through by chance.
_FILTER_BITS = 18
_SHIFT = np.uint64(64 - _FILTER_BITS)
MAX_WORDS = 12


class Matches(NamedTuple):
    """Phrases found, the longest one of each family at each place.

    Attributes
    ----------
    word : int64 array of shape (n_matches,)
        Index of the first word.
    length : int64 array of shape (n_matches,)
        Number of words.
    family : int64 array of shape (n_matches,)
        Index into the table's families.
    """

    word: IntArray
    length: IntArray
    family: IntArray


def _extend(prefix: HashArray, word: HashArray) -> HashArray:
    """Hash of a phrase one word longer; never equal to that of the same words in another order."""
    return mix(prefix * MIX_B + word)


class PhraseTable:
    """Compiled phrases.

    Parameters
    ----------
    keys : uint64 array of shape (n_keys,)
        Hashes of every phrase and of every beginning of one, in ascending order.
    owners : uint64 array of shape (n_keys,)
        Bit f is set where the key is a whole phrase of family f; 0 where it is only a beginning.
    longer : bool array of shape (n_keys,)
        Whether some phrase goes on after this key.

    Raises
    ------
    ValueError
        If the arrays differ in length or `keys` is not ascending.
    """

    def __init__(self, keys: HashArray, owners: HashArray, longer: npt.NDArray[np.bool_]) -> None:
        if not len(keys) == len(owners) == len(longer):
            raise ValueError(f"phrase table: {len(keys)} keys, {len(owners)} owners, {len(longer)} flags; they must be as many")
        if np.any(keys[1:] <= keys[:-1]):
            raise ValueError("phrase table: keys must be ascending and unique")
        self.keys = keys
        self.owners = owners
        self.longer = longer

    @classmethod
    def compile(cls, families: Sequence[Sequence[str]]) -> PhraseTable:
        """Compile the phrases of up to 64 families.

        Examples
        --------
        >>> table = PhraseTable.compile([["photo by", "photo"], ["read more"]])
        >>> tokens = tokenize(b"\\nA photo by X. Read more\\n")
        >>> matches = table.find(tokens.hash, np.array([0]), np.array([6]))
        >>> list(zip(matches.word.tolist(), matches.length.tolist(), matches.family.tolist()))
        [(1, 2, 0), (4, 2, 1)]
        """
        if len(families) > 64:
            raise ValueError(f"{len(families)} phrase families; a table holds 64 at most")
        owners: dict[int, int] = {}
        longer: dict[int, bool] = {}
        for index, phrases in enumerate(families):
            for phrase in phrases:
                words = tokenize(b"\n" + phrase.encode() + b"\n").hash
                if not 0 < len(words) <= MAX_WORDS:
                    raise ValueError(f"phrase {phrase!r} has {len(words)} words; 1 to {MAX_WORDS} are allowed")
                key = words[:1]
                for count in range(1, len(words) + 1):
                    whole = count == len(words)
                    name = int(key[0])
                    owners[name] = owners.get(name, 0) | (whole << index)
                    longer[name] = longer.get(name, False) or not whole
                    if not whole:
                        key = _extend(key, words[count : count + 1])
        ordered = sorted(owners)
        return cls(
            np.array(ordered, np.uint64),
            np.array([owners[key] for key in ordered], np.uint64),
            np.array([longer[key] for key in ordered], np.bool_),
        )

    @cached_property
    def _filter(self) -> npt.NDArray[np.bool_]:
        table = np.zeros(1 << _FILTER_BITS, np.bool_)
        table[(self.keys >> _SHIFT).astype(np.int64)] = True
        return table

    def find(self, hashes: HashArray, first: IntArray, stop: IntArray) -> Matches:
        """Find all phrases that lie within one line.

        Parameters
        ----------
        hashes : uint64 array of shape (n_words,)
            From `tokenize`.
        first, stop : int64 array of shape (n_lines,)
            Words ``first[i]:stop[i]`` are those of line `i`; ascending, without gaps between the lines that have words.

        Returns
        -------
        Matches
        """
        word = np.flatnonzero(self._filter[(hashes >> _SHIFT).view(np.int64)])
        found: list[tuple[IntArray, int, HashArray]] = []
        if len(word) and len(self.keys):
            line_stop = stop[np.searchsorted(first, word, side="right") - 1]
            key = hashes[word]
            for count in range(1, MAX_WORDS + 1):
                slot = np.searchsorted(self.keys, key)
                slot[slot == len(self.keys)] = 0
                known = self.keys[slot] == key
                owner = self.owners[slot]
                whole = np.flatnonzero(known & (owner != 0))
                if len(whole):
                    found.append((word[whole], count, owner[whole]))
                going = np.flatnonzero(known & self.longer[slot] & (word + count < line_stop))
                if not len(going):
                    break
                word, line_stop = word[going], line_stop[going]
                key = _extend(key[going], hashes[word + count])
        return self._longest(found)

    @staticmethod
    def _longest(found: list[tuple[IntArray, int, HashArray]]) -> Matches:
        """Spread owner bits to one row a family; of one family's phrases at one place keep the longest."""
        words, lengths, families = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
        for word, count, owner in found:
            while len(word):
                # The lowest set bit is a power of two, exact in float64 up to 2^63.
                low = owner & (~owner + np.uint64(1))
                words.append(word)
                lengths.append(np.full(len(word), count))
                families.append(np.log2(low.astype(np.float64)).astype(np.int64))
                owner = owner ^ low
                left = np.flatnonzero(owner)
                word, owner = word[left], owner[left]
        word, length, family = np.concatenate(words), np.concatenate(lengths), np.concatenate(families)
        key = (word * 64 + family) * 16 + length
        key.sort()
        last = np.append(key[1:] >> 4 != key[:-1] >> 4, True) if len(key) else np.empty(0, np.bool_)
        key = key[last]
        return Matches(key >> 10, key & 15, (key >> 4) & 63)
