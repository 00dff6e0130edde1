"""Where in a block of pages ftfy may have something to do: the marks by which `ftfy_screen` chooses lines."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np

from cleantext import ftfy_tables, utf8
from cleantext.arrays import places_of

if TYPE_CHECKING:
    import ftfy
    from numpy.typing import NDArray

__all__ = ["CERTAIN", "ENTITY", "MORE", "PAIR", "Mark", "Marks"]

# What makes a line suspect: a character or a form that a step acts on, a pair that mojibake needs, the beginning of
# an entity. A page's marks are (offset in characters, kinds), in order of offset. With MORE, a mark stands for several
# of its line.
CERTAIN, PAIR, ENTITY, MORE = 1, 2, 4, 8
Mark = tuple[int, int]

# Arrays are as long as this at most, in code units: numpy widens the indices of a look-up to 8 bytes each, and what
# is found is worked on in a dozen arrays of 1-8 bytes an element. A block of ordinary pages is one piece.
_PIECE = 1 << 18

# From this many marks in a block on, only one is kept per line. Ordinary text has one mark in some thousand characters;
# a text all of mojibake has more than characters, and as Python objects they would take 100 bytes each.
_MANY_MARKS = 1 << 16

# Bytes that may begin an interesting character: where there are more, looking at code units one after the other is quicker.
_MANY_SUSPECTS = 1 / 12

# Up to so many offsets, counting anew for each is quicker than a running total.
_MANY_OFFSETS = 30

_NEW_LINE = ord("\n")
_LINE_FEED = "\n".encode("utf-16-le")
_FOUR_BYTES, _SURROGATE_LEAD = 0xF0, 0xED  # first bytes of characters in UTF-8
_SECOND_HALF = 0xDC00  # the top six bits of the second code unit of a character beyond U+FFFF


class Marks:
    """Finds marks by the tables for one config.

    Parameters
    ----------
    config : ftfy.TextFixerConfig
    plain : bool
        True to make no tables for text beyond ASCII, which takes some 10 ms; they are then made when needed.

    Attributes
    ----------
    changed : bool array of shape (65536,)
        Code units that a step changes by themselves.
    """

    def __init__(self, config: ftfy.TextFixerConfig, plain: bool) -> None:
        self._fix_encoding = config.fix_encoding
        self.changed = ftfy_tables.changed_characters(config)
        opener, self._after_opener = ftfy_tables.entity_starts()
        self._kinds_alone: NDArray[np.uint8] = np.where(self.changed, CERTAIN, 0).astype(np.uint8)
        if config.unescape_html:
            self._kinds_alone[opener] |= ENTITY
        self._ascii_interesting = (self._kinds_alone[:0x100] != 0).tobytes()
        if not plain:
            _ = self._interesting

    @functools.cached_property
    def pairs(self) -> ftfy_tables.Pairs | None:
        return ftfy_tables.required_pairs() if self._fix_encoding else None

    @functools.cached_property
    def _interesting(self) -> NDArray[np.bool_]:
        """The code units at which something may have to be done."""
        if self.pairs is not None:
            self._kinds_alone[self.pairs.single] |= CERTAIN
        table: NDArray[np.bool_] = self._kinds_alone != 0
        if self.pairs is not None:
            table |= self.pairs.anchor
        return table

    def find(self, pages: list[str], plain: bool) -> dict[int, list[Mark]]:
        """The marks of those pages that have any, by page number.

        Raises
        ------
        UnicodeEncodeError
            If there are lone surrogates.
        """
        # A line feed stands before, between and after the pages, so that every character has neighbours. Pages
        # beyond ASCII are encoded one by one: joined as str, one emoji would make all of them four bytes a character.
        units: NDArray[Any]
        if plain:
            raw = "\n".join(["", *pages, ""]).encode("ascii")
            sizes = list(map(len, pages))
            units = np.frombuffer(raw, np.uint8)
            flags = np.frombuffer(raw.translate(self._ascii_interesting), np.bool_)
        else:
            encoded = [page.encode("utf-16-le") for page in pages]
            sizes = [len(page) >> 1 for page in encoded]
            units = np.frombuffer(_LINE_FEED.join([b"", *encoded, b""]), "<u2")
        found = []
        for start in range(0, units.size, _PIECE):
            piece = slice(start, start + _PIECE)
            hits = np.flatnonzero(flags[piece] if plain else self._interesting.take(units[piece]))
            if hits.size:
                hits += start
                kinds = self._kinds(units, hits, plain)
                if (marked := np.flatnonzero(kinds)).size:
                    found.append((hits[marked], kinds[marked]))
        if not found:
            return {}
        hits, kinds = map(np.concatenate, zip(*found, strict=True))
        if hits.size > _MANY_MARKS:
            lines = np.searchsorted(np.flatnonzero(units == _NEW_LINE), hits)
            first = np.flatnonzero(np.diff(lines, prepend=-1))
            hits, kinds = hits[first], np.bitwise_or.reduceat(kinds, first) | np.uint8(MORE)
        firsts = np.cumsum([1, *[size + 1 for size in sizes[:-1]]])
        numbers = np.searchsorted(firsts, hits, side="right") - 1
        offsets = hits - firsts[numbers]
        if not plain and (second_halves := np.flatnonzero((units & 0xFC00) == _SECOND_HALF)).size:
            # From code units to characters: less the characters of two units between the page's start and here.
            offsets -= np.searchsorted(second_halves, hits, side="right")
            offsets += np.searchsorted(second_halves, firsts)[numbers]
        marks = zip(numbers.tolist(), offsets.tolist(), kinds.tolist(), strict=True)
        return {number: [mark[1:] for mark in group] for number, group in groupby(marks, itemgetter(0))}

    @functools.cached_property
    def _suspects(self) -> bytes:
        """For each byte whether an interesting character may begin with it, as UTF-8, or one that `find_in_bytes` leaves to `find`."""
        codes = np.flatnonzero(self._interesting)
        table = np.zeros(256, np.bool_)
        table[np.where(codes < 0x80, codes, np.where(codes < 0x800, 0xC0 | codes >> 6, 0xE0 | codes >> 12))] = True
        table[_SURROGATE_LEAD] = table[_FOUR_BYTES:] = True
        return table.tobytes()

    def find_in_bytes(self, pages: Sequence[bytes], plain: bool) -> tuple[dict[int, list[Mark]], list[int]] | None:
        """As `find`, from UTF-8, which is soon done where few characters are beyond ASCII.

        Returns the marks and the numbers of pages that have characters beyond U+FFFF or lone surrogates and must be looked at by
        `find`; None if all must.
        """
        data = b"\n".join((b"", *pages, b""))
        flags = np.frombuffer(data.translate(self._ascii_interesting if plain else self._suspects), np.bool_)
        hits = places_of(flags)
        if not len(hits):
            return {}, []
        if len(hits) > min(len(data) * _MANY_SUSPECTS + 100, _MANY_MARKS):
            return None
        raw = np.frombuffer(data, np.uint8)
        beyond = hits[:0]
        if plain:
            kinds = self._kinds(raw, hits, True)
        else:
            codes, lead = utf8.code_points(raw, hits)
            surrogate = (codes & 0xF800) == 0xD800
            if self._surrogates_alike:
                surrogate &= lead == _SURROGATE_LEAD
            beyond = hits.compress(surrogate)
            kinds = self._kinds_by_bytes(raw, hits, codes, hits + utf8.widths(lead))
        marked = kinds.nonzero()[0]
        if not len(marked) and not len(beyond):
            return {}, []
        firsts = np.array(list(accumulate((len(page) + 1 for page in pages[:-1]), initial=1)))
        odd = np.unique(firsts.searchsorted(beyond, side="right") - 1).tolist()
        hits, kinds = hits.take(marked), kinds.take(marked)
        marks: dict[int, list[Mark]] = {}
        numbers = firsts.searchsorted(hits, side="right") - 1
        bounds = [0, *((numbers[1:] != numbers[:-1]).nonzero()[0] + 1).tolist(), len(numbers)]
        for low, high in pairwise(bounds if len(numbers) else ()):
            number = int(numbers[low])
            offsets = (hits[low:high] - firsts[number]).tolist()
            if not plain:
                offsets = _characters_before(pages[number], offsets)
            marks[number] = list(zip(offsets, kinds[low:high].tolist(), strict=True))
        return marks, odd

    @functools.cached_property
    def _surrogates_alike(self) -> bool:
        """Whether any character beyond U+FFFF may stand for any other, and none has to be looked at for its own sake."""
        tables = [self._kinds_alone] if self.pairs is None else [self._kinds_alone, *self.pairs[:-1]]
        surrogates = [table[0xD800:0xE000] for table in tables]
        return not self._interesting[0xD800:0xE000].any() and all(bool((some == some[0]).all()) for some in surrogates)

    @functools.cached_property
    def _byte_pairs(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]] | None:
        """`left` and `right` of `ftfy_tables.Pairs` for a byte of UTF-8; one that is not ASCII may be part of any character."""
        if self.pairs is None:
            return None
        left, right = (np.full(256, 0xFFFFFFFFFFFFFFFF, np.uint64) for _ in range(2))
        left[:0x80], right[:0x80] = self.pairs.left[:0x80], self.pairs.right[:0x80]
        return left, right

    @functools.cached_property
    def _kinds_before(self) -> NDArray[np.uint8]:
        """Kinds that a character may be of if this byte of UTF-8 stands behind it: entities need certain ones."""
        table = np.full(256, 0xFF, np.uint8)
        table[:0x80][~self._after_opener[:0x80]] -= ENTITY
        if not self._after_opener[0x80:].any():
            table[0x80:] -= ENTITY
        return table

    def _kinds_by_bytes(
        self, raw: NDArray[np.uint8], hits: NDArray[np.int64], codes: NDArray[np.uint16], behind: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """As `_kinds`, for characters of UTF-8, given the code points at `hits` and where the next characters begin."""
        after = raw.take(behind)
        kinds = self._kinds_alone.take(codes)
        kinds &= self._kinds_before.take(after)
        if self.pairs is None or self._byte_pairs is None:
            return kinds
        left, right = self._byte_pairs
        bits = self.pairs.left.take(codes) & right.take(after)
        bits |= self.pairs.right.take(codes) & left.take(raw.take(hits - 1))
        some = bits.nonzero()[0]
        if len(some):
            # Where the bytes beside one leave it open: with two characters on either side, a text of five for each.
            around = np.empty((len(some), 5), np.uint16)
            around[:, 2] = codes.take(some)
            at = utf8.previous(raw, hits.take(some))
            around[:, 1] = utf8.code_points(raw, at)[0]
            around[:, 0] = utf8.code_points(raw, utf8.previous(raw, at))[0]
            at = behind.take(some)
            around[:, 3], lead = utf8.code_points(raw, at)
            around[:, 4] = utf8.code_points(raw, at + utf8.widths(lead))[0]
            kinds[some] = self._kinds(around.ravel(), np.arange(2, around.size, 5), False)
        return kinds

    def _kinds(self, units: NDArray[Any], hits: NDArray[np.int64], plain: bool) -> NDArray[np.uint8]:
        """What is the matter at each of `hits`, 0 where nothing."""
        found, after = units.take(hits), units.take(hits + 1)
        kinds = self._kinds_alone.take(found)
        kinds[(kinds == ENTITY) & ~self._after_opener.take(after)] = 0
        if not plain and self.pairs is not None:
            tables, before = self.pairs, units.take(hits - 1)
            left, right = tables.left.take(found), tables.right.take(found)  # each hit as left or right of a pair
            left &= tables.right.take(after)
            right &= tables.left.take(before)
            (paired,) = np.nonzero(left | right)
            # What stands around the pair is looked at only where there is one, which is rarely. A line feed stands at
            # either end of the block, so if the hit is next to one, the look-up may wrap around and find the other.
            left = left[paired] & tables.before.take(before[paired])
            left &= tables.after.take(units.take(hits[paired] + 2, mode="wrap"))
            right = right[paired] & tables.after.take(after[paired])
            right &= tables.before.take(units.take(hits[paired] - 2, mode="wrap"))
            kinds[paired[(left | right) != 0]] |= PAIR
        return kinds


def _characters_before(page: bytes, offsets: list[int]) -> list[int]:
    """How many characters begin before some offsets into UTF-8: every byte that is not 10xxxxxx begins one."""
    begun = (np.frombuffer(page, np.uint8, offsets[-1]) & 0xC0) != 0x80
    if len(offsets) > _MANY_OFFSETS:
        counts: list[int] = np.concatenate(([0], np.cumsum(begun))).take(offsets).tolist()
        return counts
    return [int(np.count_nonzero(begun[:offset])) for offset in offsets]
