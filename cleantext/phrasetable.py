"""Finds the phrases of the named families in a block's words, without a loop over words.

Phrases are compiled to hashes of their words, so that the readable tables (`cleantext.phrases`) are needed for training only;
the compiled table is part of the model file.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .arrays import places_of, read_ahead
from .tokens import MIX_A, MIX_B, HashArray, mix, tokenize_all

IntArray = npt.NDArray[np.int64]

# Direct-index filters in front of the exact look-up, one for phrases of one word and one for the first two words of the longer ones:
# 2^18 bytes each stay in the second-level cache. A slot holds a byte of its key, so that hardly a word in a hundred is let through by
# chance; with one bit it was every seventh. Asking for two words at once matters: every third word of prose begins some phrase, every
# hundredth pair does.
_FILTER_BITS = 18
_SEVERAL = 255
_LONGER, _SINGLE = 64, 128  # above the families
_SHIFT = np.uint64(64 - _FILTER_BITS)
# So many keys are found sooner one by one: 0.1 us each, against some 15 us for a dozen calls.
_FEW = 150
MAX_WORDS = 12
_NONE = np.empty(0, np.int64)
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
    pairs = np.empty_like(hashes)
    pairs[-1:] = 0
    np.multiply(hashes[:-1], MIX_A, out=pairs[:-1])
    pairs[:-1] += hashes[1:] * MIX_B
    return pairs


def _extend(prefix: HashArray, word: HashArray) -> HashArray:
    """Hash of a phrase of three words or more from that of all but its last."""
    return mix(prefix * MIX_B + word)


class _Keys:
    """Hashes of phrases and of their beginnings, and what is known of each.

    Parameters
    ----------
    keys : uint64 array of shape (n_keys,)
        In ascending order.
    known : uint8 array of shape (n_keys,)
        The family, counted from 1, or 0 if it is only a beginning; `_LONGER` more if phrases go on after it.
    """

    def __init__(self, keys: HashArray, known: npt.NDArray[np.uint8]) -> None:
        # A look-up may end one beyond the last key: there stands the greatest number, which is no phrase.
        self._keys = np.append(keys, np.uint64(0xFFFFFFFFFFFFFFFF))
        self._known = np.append(known, np.uint8(0))
        # Two to four slots for each key.
        self._shift = np.uint64(max(62 - len(keys).bit_length(), 64 - _FILTER_BITS))

    @cached_property
    def _filter(self) -> npt.NDArray[np.uint8]:
        """For each slot the lowest byte of its key; `_SEVERAL` for a slot of several keys, or of one whose byte is that of empty slots."""
        table = np.zeros(1 << _FILTER_BITS, np.uint8)
        keys = self._keys[:-1]
        slot, mark = (keys >> _SHIFT).astype(np.int64), keys.astype(np.uint8)
        table[slot] = mark
        table[slot[(table[slot] != mark) | (mark == 0)]] = _SEVERAL
        return table

    @cached_property
    def _bucket(self) -> npt.NDArray[np.unsignedinteger[Any]]:
        """First key of each slot: keys are ascending, so those of a slot stand together."""
        slots = np.arange(1 << (64 - int(self._shift)), dtype=np.uint64)
        # As small as may be, for it is looked up at random.
        return (self._keys[:-1] >> self._shift).searchsorted(slots).astype(np.min_scalar_type(len(self._keys)))

    def candidates(self, hashes: HashArray) -> IntArray:
        """Which hashes may be keys; hardly any others."""
        if len(self._keys) == 1:  # phrases of one word only, or none of one
            return _NONE
        table = self._filter
        read_ahead(table, len(hashes))
        mark = table.take((hashes >> _SHIFT).view(np.int64), mode="clip")
        may = mark == hashes.astype(np.uint8)
        may |= mark == _SEVERAL
        return places_of(may)

    def known(self, key: HashArray) -> npt.NDArray[np.uint8]:
        """What is known of each key, 0 where it is none."""
        if len(key) < _FEW:
            place = self._keys.searchsorted(key)
            known = self._known.take(place)
            known *= (self._keys.take(place) == key).view(np.uint8)
            return known
        read_ahead(self._bucket, len(key))
        place = self._bucket.take((key >> self._shift).view(np.int64), mode="clip").astype(np.int64)
        read_ahead(self._keys, len(key))
        there = self._keys.take(place, mode="clip")
        # Few slots hold more than one key; keys are ascending, so a greater one ends the search.
        behind = (there < key).nonzero()[0]
        while len(behind):
            place[behind] += 1
            there[behind] = self._keys.take(place.take(behind))
            behind = behind[there.take(behind) < key.take(behind)]
        known = self._known.take(place, mode="clip")
        known *= (there == key).view(np.uint8)
        return known


class PhraseTable:
    """Compiled phrases.

    Parameters
    ----------
    keys : uint64 array of shape (n_keys,)
        Hashes of every phrase and of every beginning of one, in ascending order.
    known : uint8 array of shape (n_keys,)
        The family of which the key is a whole phrase, counted from 1, or 0 where it is only a beginning; `_LONGER` more if some phrase
        goes on after this key, `_SINGLE` more if the key is of one word.
    sections : uint8 array of shape (n_families,)
        Which of `line_columns.SECTIONS` each family's labels tell of, counted from 1, or 0.

    Raises
    ------
    ValueError
        If `keys` and `known` differ in length, `keys` is not ascending, or a key's family is beyond those of `sections`.
    """

    def __init__(self, keys: HashArray, known: npt.NDArray[np.uint8], sections: npt.NDArray[np.uint8]) -> None:
        if len(keys) != len(known):
            raise ValueError(f"phrase table: {len(keys)} keys, {len(known)} families; they must be as many")
        if np.any(keys[1:] <= keys[:-1]):
            raise ValueError("phrase table: keys must be ascending and unique")
        if (last := int((known & np.uint8(_LONGER - 1)).max(initial=0))) > len(sections):
            raise ValueError(f"phrase table: a phrase of family {last}, but there are {len(sections)} families")
        self.keys = keys
        self.known = known
        self.sections = sections
        # A bit for each section, so that a line can have several.
        self.section_bits = (1 << sections.astype(np.int64) >> 1).astype(np.uint8)
        single = known >= _SINGLE
        self._one, self._more = (_Keys(keys[some], known[some] & np.uint8(_SINGLE - 1)) for some in (single, ~single))

    @classmethod
    def compile(cls, families: Sequence[Sequence[str]], sections: Sequence[int] = ()) -> PhraseTable:
        """Compile the phrases of up to 63 families.

        A phrase of two families is taken for the first one's.

        Parameters
        ----------
        families : sequence of sequence of str
            Their phrases' spellings.
        sections : sequence of int
            See `PhraseTable`; by default no family tells of any.

        Examples
        --------
        >>> from cleantext.tokens import tokenize
        >>> table = PhraseTable.compile([["photo by", "photo"], ["read more"]])
        >>> tokens = tokenize(b"\\nA photo by X. Read more\\n")
        >>> matches = table.find(tokens.hash, pair_hashes(tokens.hash), np.zeros(6, np.int32), np.array([6]))
        >>> list(zip(matches.word.tolist(), matches.length.tolist(), matches.family.tolist()))
        [(1, 2, 0), (4, 2, 1)]
        """
        if len(families) > MAX_FAMILIES:
            raise ValueError(f"{len(families)} phrase families; a table holds {MAX_FAMILIES} at most")
        spellings = [phrase for phrases in families for phrase in phrases]
        family = np.arange(len(families)).repeat(list(map(len, families)))
        tokens, bounds = tokenize_all(spellings)
        first, n_words = bounds[:-1], bounds[1:] - bounds[:-1]
        wrong = ((n_words < 1) | (n_words > MAX_WORDS)).nonzero()[0]
        if len(wrong):
            raise ValueError(f"phrase {spellings[wrong[0]]!r} has {n_words[wrong[0]]} words; 1 to {MAX_WORDS} are allowed")
        one = (n_words == 1).nonzero()[0]
        found = [(tokens.hash[first[one]], one, np.ones(len(one), np.bool_))]
        going = (n_words > 1).nonzero()[0]
        key = pair_hashes(tokens.hash)[first[going]]
        for count in range(2, MAX_WORDS + 1):
            found.append((key, going, n_words[going] == count))
            longer = n_words[going] > count
            going = going[longer]
            key = _extend(key[longer], tokens.hash[first[going] + count])
        keys, place = np.unique(np.concatenate([key for key, _, _ in found]), return_inverse=True)
        phrase, whole = (np.concatenate([row[column] for row in found]) for column in (1, 2))
        owner = np.full(len(keys), MAX_FAMILIES)
        np.minimum.at(owner, place[whole], family[phrase[whole]])
        known = np.where(owner < MAX_FAMILIES, owner + 1, 0).astype(np.uint8)
        known[np.unique(place[~whole])] += _LONGER
        known[np.unique(place[: len(one)])] += _SINGLE
        return cls(keys, known, np.array(sections or [0] * len(families), np.uint8))

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
        if not len(self.keys) or not len(hashes):
            return Matches(_NONE, _NONE, _NONE)
        word = self._one.candidates(hashes)
        words, found, counts = [word], [self._one.known(hashes.take(word))], [1]
        word = self._more.candidates(pairs)
        key, line_stop = pairs.take(word), stop.take(line.take(word))
        for count in range(2, MAX_WORDS + 1):
            known = self._more.known(key)
            if count == 2:
                known *= (word + 2 <= line_stop).view(np.uint8)
            words.append(word)
            found.append(known)
            counts.append(count)
            going = ((known >= _LONGER) & (word + count < line_stop)).nonzero()[0]
            if not len(going):
                break
            word, line_stop = word.take(going), line_stop.take(going)
            key = _extend(key.take(going), hashes.take(word + count))
            if len(key) >= _FEW:
                # Hardly any phrase goes on as the text does.
                going = self._more.candidates(key)
                word, line_stop, key = word.take(going), line_stop.take(going), key.take(going)
        return _longest(np.concatenate(words), np.concatenate(found), np.array(counts).repeat(np.array(list(map(len, words)))))


def _longest(word: IntArray, known: npt.NDArray[np.uint8], count: IntArray) -> Matches:
    """Of one family's phrases at one place keep the longest; where no phrase is known to end, there is none."""
    family = known & (_LONGER - 1)
    whole = family.nonzero()[0]
    key = (word.take(whole) << 6 | family.take(whole) - 1) << 4 | count.take(whole)
    key.sort()
    place = key >> 4
    last = np.empty(len(key), np.bool_)
    last[-1:] = True
    np.not_equal(place[1:], place[:-1], out=last[:-1])
    key, place = key.compress(last), place.compress(last)
    return Matches(place >> 6, key & 15, place & 63)
