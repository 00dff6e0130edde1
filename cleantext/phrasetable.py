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

from .arrays import places_of, read_ahead
from .tokens import MIX_A, MIX_B, HashArray, mix, tokenize

IntArray = npt.NDArray[np.int64]

# Direct-index filters in front of the exact look-up, one for phrases of one word and one for the first two words of the longer ones:
# 2^18 bytes each stay in the second-level cache, and ten thousand keys in one let every twenty-fifth word through by chance. Asking
# for two words at once matters: every third word of prose begins some phrase, every hundredth pair does.
_FILTER_BITS = 18
_SHIFT = np.uint64(64 - _FILTER_BITS)
# So many keys are found sooner one by one: 0.1 us each, against some 15 us for a dozen calls.
_FEW = 150
MAX_WORDS = 12
MAX_FAMILIES = 63  # with "none" six bits of a match's key


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


def pair_hashes(hashes: HashArray) -> HashArray:
    """Hash of each word with the next one; 0 for the last.

    Parameters
    ----------
    hashes : uint64 array of shape (n_words,)
        From `tokenize`.

    Returns
    -------
    uint64 array of shape (n_words,)
    """
    pairs = np.zeros_like(hashes)
    np.multiply(hashes[:-1], MIX_A, out=pairs[:-1])
    pairs[:-1] += hashes[1:] * MIX_B
    return pairs


def _extend(prefix: HashArray, word: HashArray) -> HashArray:
    """Hash of a phrase of three words or more from that of all but its last."""
    return mix(prefix * MIX_B + word)


class PhraseTable:
    """Compiled phrases.

    Parameters
    ----------
    keys : uint64 array of shape (n_keys,)
        Hashes of every phrase and of every beginning of one, in ascending order.
    owners : int8 array of shape (n_keys,)
        Family of which the key is a whole phrase; -1 where it is only a beginning.
    longer : bool array of shape (n_keys,)
        Whether some phrase goes on after this key.
    single : bool array of shape (n_keys,)
        Whether the key is of one word; all others are of two or more.

    Raises
    ------
    ValueError
        If the arrays differ in length or `keys` is not ascending.
    """

    def __init__(self, keys: HashArray, owners: npt.NDArray[np.int8], longer: npt.NDArray[np.bool_], single: npt.NDArray[np.bool_]) -> None:
        if not len(keys) == len(owners) == len(longer) == len(single):
            raise ValueError(
                f"phrase table: {len(keys)} keys, {len(owners)} owners, {len(longer)} and {len(single)} flags; they must be as many"
            )
        if np.any(keys[1:] <= keys[:-1]):
            raise ValueError("phrase table: keys must be ascending and unique")
        self.keys = keys
        self.owners = owners
        self.longer = longer
        self.single = single
        # A look-up may end one beyond the last key: there stands the greatest number, which is no phrase.
        self._keys = np.append(keys, np.uint64(0xFFFFFFFFFFFFFFFF))
        self._owners = np.append(owners, np.int8(-1)).astype(np.int64)
        self._longer = np.append(longer, np.False_)
        self._single = np.append(single, np.False_)

    @classmethod
    def compile(cls, families: Sequence[Sequence[str]]) -> PhraseTable:
        """Compile the phrases of up to 63 families.

        A phrase of two families is taken for the first one's.

        Examples
        --------
        >>> table = PhraseTable.compile([["photo by", "photo"], ["read more"]])
        >>> tokens = tokenize(b"\\nA photo by X. Read more\\n")
        >>> matches = table.find(tokens.hash, pair_hashes(tokens.hash), np.zeros(6, np.int32), np.array([6]))
        >>> list(zip(matches.word.tolist(), matches.length.tolist(), matches.family.tolist()))
        [(1, 2, 0), (4, 2, 1)]
        """
        if len(families) > MAX_FAMILIES:
            raise ValueError(f"{len(families)} phrase families; a table holds {MAX_FAMILIES} at most")
        owners: dict[int, int] = {}
        longer: dict[int, bool] = {}
        singles: dict[int, bool] = {}
        for index, phrases in enumerate(families):
            for phrase in phrases:
                words = tokenize(b"\n" + phrase.encode() + b"\n").hash
                if not 0 < len(words) <= MAX_WORDS:
                    raise ValueError(f"phrase {phrase!r} has {len(words)} words; 1 to {MAX_WORDS} are allowed")
                key = words[:1] if len(words) == 1 else pair_hashes(words)[:1]
                for count in range(min(len(words), 2), len(words) + 1):
                    if count > 2:
                        key = _extend(key, words[count - 1 : count])
                    whole = count == len(words)
                    name = int(key[0])
                    if whole and owners.get(name, -1) < 0:
                        owners[name] = index
                    owners.setdefault(name, -1)
                    longer[name] = longer.get(name, False) or not whole
                    singles[name] = len(words) == 1
        ordered = sorted(owners)
        return cls(
            np.array(ordered, np.uint64),
            np.array([owners[key] for key in ordered], np.int8),
            np.array([longer[key] for key in ordered], np.bool_),
            np.array([singles[key] for key in ordered], np.bool_),
        )

    @cached_property
    def _filters(self) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        slot = (self.keys >> _SHIFT).astype(np.int64)
        one, two = np.zeros(1 << _FILTER_BITS, np.bool_), np.zeros(1 << _FILTER_BITS, np.bool_)
        one[slot[self.single]] = True
        two[slot[~self.single]] = True
        return one, two

    @cached_property
    def _bucket(self) -> npt.NDArray[np.unsignedinteger]:
        """First key of each slot: keys are ascending, so those of a slot stand together."""
        first = np.searchsorted(self.keys >> _SHIFT, np.arange(1 << _FILTER_BITS, dtype=np.uint64))
        # As small as may be, for it is looked up at random: half a megabyte for the shipped model's keys.
        return first.astype(np.min_scalar_type(len(self.keys)))

    def _find_keys(self, key: HashArray) -> tuple[IntArray, npt.NDArray[np.bool_]]:
        """Where each key stands, or would stand, and whether it does."""
        if len(key) < _FEW:
            place = self._keys.searchsorted(key)
            return place, self._keys.take(place) == key
        read_ahead(self._bucket, len(key))
        place = self._bucket.take((key >> _SHIFT).view(np.int64)).astype(np.int64)
        read_ahead(self._keys, len(key))
        there = self._keys.take(place)
        # Few slots hold more than one key; keys are ascending, so a greater one ends the search.
        behind = (there < key).nonzero()[0]
        while len(behind):
            place[behind] += 1
            there[behind] = self._keys.take(place.take(behind))
            behind = behind[there.take(behind) < key.take(behind)]
        return place, there == key

    def find(self, hashes: HashArray, pairs: HashArray, line: npt.NDArray[np.int32], stop: IntArray) -> Matches:
        """Find all phrases that lie within one line.

        Parameters
        ----------
        hashes, pairs : uint64 array of shape (n_words,)
            From `tokenize` and `pair_hashes`.
        line : int32 array of shape (n_words,)
            Line of each word, ascending.
        stop : int64 array of shape (n_lines,)
            The words of line `i` end before word ``stop[i]``; those from there on are not looked at in phrases of two words or more.

        Returns
        -------
        Matches
        """
        found: list[tuple[IntArray, int, IntArray]] = []
        if not len(self.keys) or not len(hashes):
            return self._longest(found)
        one, two = self._filters
        read_ahead(one, len(hashes))
        word = places_of(one.take((hashes >> _SHIFT).view(np.int64)))
        place, found_keys = self._find_keys(hashes.take(word))
        found_keys &= self._single.take(place)
        known = found_keys.nonzero()[0]
        if len(known):
            found.append((word.take(known), 1, self._owners.take(place.take(known))))

        read_ahead(two, len(pairs))
        word = two.take((pairs >> _SHIFT).view(np.int64)).nonzero()[0]
        key = pairs.take(word)
        place, found_keys = self._find_keys(key)
        known = found_keys.nonzero()[0]
        word, key, place = word.take(known), key.take(known), place.take(known)
        line_stop = stop.take(line.take(word))
        known = (word + 2 <= line_stop).nonzero()[0]
        for count in range(2, MAX_WORDS + 1):
            word, key, place, line_stop = word.take(known), key.take(known), place.take(known), line_stop.take(known)
            owner = self._owners.take(place)
            whole = (owner >= 0).nonzero()[0]
            if len(whole):
                found.append((word.take(whole), count, owner.take(whole)))
            going = (self._longer.take(place) & (word + count < line_stop)).nonzero()[0]
            if not len(going):
                break
            word, line_stop = word.take(going), line_stop.take(going)
            key = _extend(key.take(going), hashes.take(word + count))
            place, found_keys = self._find_keys(key)
            known = found_keys.nonzero()[0]
        return self._longest(found)

    @staticmethod
    def _longest(found: list[tuple[IntArray, int, IntArray]]) -> Matches:
        """Of one family's phrases at one place keep the longest."""
        if not found:
            nothing = np.empty(0, np.int64)
            return Matches(nothing, nothing, nothing)
        key = np.concatenate([((word * 64 + family) << 4) + count for word, count, family in found])
        key.sort()
        place = key >> 4
        key = key[np.append(place[1:] != place[:-1], True)]
        return Matches(key >> 10, key & 15, (key >> 4) & 63)
