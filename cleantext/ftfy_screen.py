r"""Which lines of a block of pages ftfy may change, and the repair of just those.

Why the result is that of ``ftfy.fix_text(page, config)`` for every page:

- ftfy works on segments: lines with their ``\n``, cut into pieces of `max_decode_length` characters. The one
  thing that passes from one segment to the next is that ``unescape_html="auto"`` is off from the first segment
  with a ``<`` on.
- In a segment, ftfy applies its steps one after the other, again and again, until a round changes nothing. A
  segment that no step changes comes back as it is after one round.
- What a step needs to change something, `cleantext.ftfy_tables` tells: a character, or two neighbours. A line
  without these is left out. The conditions look at one or two characters alone, so what holds for a line holds
  for its pieces.
- Any other line is given to ``ftfy.fix_text`` by itself, with entities switched off if a line above has a ``<``.
  Three short cuts come first: a pair that `BADNESS_RE` does not confirm is none; a line that needs only its
  entities decoded, to text in which every step finds nothing to do, is that text; and so is a line that needs only
  that and one step of ftfy's search for the right encoding. ftfy itself would look for mojibake three times more.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate, groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cleantext import ftfy_tables, utf8
from cleantext.arrays import places_of

if TYPE_CHECKING:
    import ftfy
    from numpy.typing import NDArray

__all__ = ["Screen"]

# What makes a line suspect: a character or a form that a step acts on, a pair that mojibake needs, the beginning of
# an entity. A page's marks are (offset in characters, kinds), in order of offset. With _MORE, a mark stands for several
# of its line.
_CERTAIN, _PAIR, _ENTITY, _MORE = 1, 2, 4, 8
_Mark = tuple[int, int]
_Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

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


class Screen:
    """Tables for one config, and the repair of pages by them.

    Parameters
    ----------
    config : ftfy.TextFixerConfig
    plain : bool
        True to make no tables for text beyond ASCII, which takes some 10 ms; they are then made when needed.

    Raises
    ------
    ftfy_tables.UnknownFtfyError
        If ftfy's tables cannot be understood.
    """

    def __init__(self, config: ftfy.TextFixerConfig, plain: bool) -> None:
        import ftfy
        from ftfy import badness, fixes

        self._repair = ftfy.fix_text
        # Not public, so it may go; then ftfy does all of it.
        self._decode_once = getattr(ftfy, "_fix_encoding_one_step_and_explain", None) if _simple(config) else None
        # With explain=False, ftfy repairs encodings by its defaults, whatever the config says.
        self._decoding_config = ftfy.TextFixerConfig(explain=False)
        self._unescape = fixes.unescape_html
        self._badness = badness.BADNESS_RE
        self._config = config
        self._config_keeping_entities = config._replace(unescape_html=False)
        self._changed = ftfy_tables.changed_characters(config)
        opener, self._after_opener = ftfy_tables.entity_starts()
        self._kinds_alone: NDArray[np.uint8] = np.where(self._changed, _CERTAIN, 0).astype(np.uint8)
        if config.unescape_html:
            self._kinds_alone[opener] |= _ENTITY
        self._ascii_interesting = (self._kinds_alone[:0x100] != 0).tobytes()
        if not plain:
            _ = self._interesting

    @functools.cached_property
    def _pairs(self) -> ftfy_tables.Pairs | None:
        return ftfy_tables.required_pairs() if self._config.fix_encoding else None

    @functools.cached_property
    def _interesting(self) -> NDArray[np.bool_]:
        """The code units at which something may have to be done."""
        if self._pairs is not None:
            self._kinds_alone[self._pairs.single] |= _CERTAIN
        table: NDArray[np.bool_] = self._kinds_alone != 0
        if self._pairs is not None:
            table |= self._pairs.anchor
        return table

    def fix_pages(self, texts: list[str], members: list[int], plain: bool) -> None:
        """Repair ``texts[i]`` in place for every i in `members`; `plain` says that they are all ASCII."""
        if not members:
            return
        pages = [texts[i] for i in members]
        try:
            marks = self._marks(pages, plain)
        except UnicodeEncodeError:  # lone surrogates
            self._fix_unencodable(texts, members)
            return
        form = self._config.normalization
        if form is not None and not plain:
            for number, page in enumerate(pages):
                if not unicodedata.is_normalized(form, page):
                    marks[number] = sorted(marks.get(number, []) + _lines_not_normalized(form, page))
        for number, found in marks.items():
            texts[members[number]] = self._fix_page(pages[number], found)

    def fix_encoded(self, pages: Sequence[bytes], plain: bool) -> list[str]:
        """Decode and repair pages given as UTF-8 (lone surrogates as with ``surrogatepass``); `plain` says that they are all ASCII."""
        texts = [page.decode("utf-8", "surrogatepass") for page in pages]
        found = self._marks_of_bytes(pages, plain) if self._config.normalization is None else None
        if found is None:
            for ascii_only in (True, False):
                self.fix_pages(texts, [i for i, page in enumerate(pages) if page.isascii() is ascii_only], ascii_only)
            return texts
        marks, odd = found
        for number, some in marks.items():
            if number not in odd:
                texts[number] = self._fix_page(texts[number], some)
        if odd:
            self.fix_pages(texts, odd, False)
        return texts

    def _fix_unencodable(self, texts: list[str], members: list[int]) -> None:
        """Repair pages some of which have lone surrogates: those go to ftfy whole, being rare and broken."""
        encodable = []
        for i in members:
            try:
                texts[i].encode("utf-16-le")
            except UnicodeEncodeError:
                texts[i] = self._repair(texts[i], self._config)
            else:
                encodable.append(i)
        self.fix_pages(texts, encodable, False)

    def _marks(self, pages: list[str], plain: bool) -> dict[int, list[_Mark]]:
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
            hits, kinds = hits[first], np.bitwise_or.reduceat(kinds, first) | np.uint8(_MORE)
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
        """For each byte whether an interesting character may begin with it, as UTF-8, or one that `_marks_of_bytes` leaves to `_marks`."""
        codes = np.flatnonzero(self._interesting)
        table = np.zeros(256, np.bool_)
        table[np.where(codes < 0x80, codes, np.where(codes < 0x800, 0xC0 | codes >> 6, 0xE0 | codes >> 12))] = True
        table[_SURROGATE_LEAD] = table[_FOUR_BYTES:] = True
        return table.tobytes()

    def _marks_of_bytes(self, pages: Sequence[bytes], plain: bool) -> tuple[dict[int, list[_Mark]], list[int]] | None:
        """As `_marks`, from UTF-8, which is soon done where few characters are beyond ASCII.

        Returns the marks and the numbers of pages that have characters beyond U+FFFF or lone surrogates and must be looked at by
        `_marks`; None if all must.
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
        marks: dict[int, list[_Mark]] = {}
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
        tables = [self._kinds_alone] if self._pairs is None else [self._kinds_alone, *self._pairs[:-1]]
        surrogates = [table[0xD800:0xE000] for table in tables]
        return not self._interesting[0xD800:0xE000].any() and all(bool((some == some[0]).all()) for some in surrogates)

    @functools.cached_property
    def _byte_pairs(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]] | None:
        """`left` and `right` of `ftfy_tables.Pairs` for a byte of UTF-8; one that is not ASCII may be part of any character."""
        if self._pairs is None:
            return None
        left, right = (np.full(256, 0xFFFFFFFFFFFFFFFF, np.uint64) for _ in range(2))
        left[:0x80], right[:0x80] = self._pairs.left[:0x80], self._pairs.right[:0x80]
        return left, right

    @functools.cached_property
    def _kinds_before(self) -> NDArray[np.uint8]:
        """Kinds that a character may be of if this byte of UTF-8 stands behind it: entities need certain ones."""
        table = np.full(256, 0xFF, np.uint8)
        table[:0x80][~self._after_opener[:0x80]] -= _ENTITY
        if not self._after_opener[0x80:].any():
            table[0x80:] -= _ENTITY
        return table

    def _kinds_by_bytes(
        self, raw: NDArray[np.uint8], hits: NDArray[np.int64], codes: NDArray[np.uint16], behind: NDArray[np.int64]
    ) -> NDArray[np.uint8]:
        """As `_kinds`, for characters of UTF-8, given the code points at `hits` and where the next characters begin."""
        after = raw.take(behind)
        kinds = self._kinds_alone.take(codes)
        kinds &= self._kinds_before.take(after)
        if self._pairs is None or self._byte_pairs is None:
            return kinds
        left, right = self._byte_pairs
        bits = self._pairs.left.take(codes) & right.take(after)
        bits |= self._pairs.right.take(codes) & left.take(raw.take(hits - 1))
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
        kinds[(kinds == _ENTITY) & ~self._after_opener.take(after)] = 0
        if not plain and self._pairs is not None:
            tables, before = self._pairs, units.take(hits - 1)
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
            kinds[paired[(left | right) != 0]] |= _PAIR
        return kinds

    def _fix_page(self, text: str, marks: list[_Mark]) -> str:
        """Repair one page, given its marks."""
        # With "auto", entities are decoded in lines that end before the first "<".
        less_than = text.find("<") if self._config.unescape_html == "auto" else -1
        entities_end = less_than if less_than >= 0 else len(text) + 1
        pieces: list[str] = []
        done = end = next_mark = 0
        while next_mark < len(marks):
            offset = marks[next_mark][0]
            start = text.rfind("\n", end, offset) + 1 or end
            end = text.find("\n", offset) + 1 or len(text)
            first_mark = next_mark
            while next_mark < len(marks) and marks[next_mark][0] < end:
                next_mark += 1
            line = text[start:end]
            found = [(offset - start, kinds) for offset, kinds in marks[first_mark:next_mark]]
            fixed = self._fix_line(line, found, start <= entities_end, end <= entities_end)
            if fixed != line:
                pieces += (text[done:start], fixed)
                done = end
        return "".join([*pieces, text[done:]]) if pieces else text

    def _fix_line(self, line: str, marks: list[_Mark], entities_at_start: bool, entities: bool) -> str:
        """Repair one line, given its marks and whether entities are decoded at its start, and up to its end."""
        reasons = functools.reduce(lambda kinds, mark: kinds | mark[1], marks, 0)
        if not (
            reasons & _CERTAIN
            or len(line) > self._config.max_decode_length
            or (reasons & _PAIR and self._is_bad(line, [] if reasons & _MORE else marks))
        ):
            if not (reasons & _ENTITY and entities):
                return line
            decoded = self._unescape(line)
            if decoded == line:
                return line
            if self._is_clean(decoded):
                return decoded
        config = self._config if entities_at_start else self._config_keeping_entities
        repaired = self._decoded(line, config)
        return self._repair(line, config) if repaired is None else repaired

    def _decoded(self, line: str, config: ftfy.TextFixerConfig) -> str | None:
        """The line after ftfy's first two steps, entities and one change of encoding, if that is all there is to do; else None."""
        if self._decode_once is None or len(line) > config.max_decode_length:
            return None
        if config.unescape_html and (config.unescape_html != "auto" or "<" not in line):
            line = self._unescape(line)
        text: str = self._decode_once(line, self._decoding_config)[0]
        return text if self._is_left_alone(text) else None

    def _is_left_alone(self, segment: str) -> bool:
        """As `_is_clean`, by the tables: for text beyond ASCII, in which ftfy's pattern finds its way ten times slower."""
        try:
            marks = self._marks([segment], segment.isascii()).get(0, [])
        except UnicodeEncodeError:  # lone surrogates
            return False
        reasons = functools.reduce(lambda kinds, mark: kinds | mark[1], marks, 0)
        return not reasons & ~(_PAIR | _MORE) and not (reasons and self._is_bad(segment, [] if reasons & _MORE else marks))

    def _is_bad(self, line: str, marks: list[_Mark]) -> bool:
        """Whether ftfy may see mojibake in a line, given all its marks, or none if they are not known."""
        reach = None if self._pairs is None else self._pairs.reach
        if reach is None or not marks:
            return self._badness.search(line) is not None
        # Every match contains one of the pairs, and what stands around a match does not matter to the pattern,
        # except that a window's start may pass for the line's: too broad, but safe.
        return any(kinds & _PAIR and self._badness.search(line[max(at - reach, 0) : at + reach + 1]) for at, kinds in marks)

    @functools.cached_property
    def _changed_pattern(self) -> re.Pattern[str]:
        members = "".join(re.escape(chr(code)) for code in np.flatnonzero(self._changed).tolist())
        return re.compile(f"[{members}\ud800-\udfff]")

    def _is_clean(self, segment: str) -> bool:
        """Whether every step of ftfy, run on this segment with entities decoded, leaves it as it is."""
        form = self._config.normalization
        return (
            self._changed_pattern.search(segment) is None
            and (segment.isascii() or not self._config.fix_encoding or not self._badness.search(segment))
            and (form is None or unicodedata.is_normalized(form, segment))
            and self._unescape(segment) == segment
        )

    def prove(self) -> None:
        """Compare with ftfy on texts with every character up to U+FFFF, for versions that the tests have not seen.

        Raises
        ------
        ftfy_tables.UnknownFtfyError
            If the results differ.
        """
        codes = [*range(0xD800), *range(0xE000, ftfy_tables.UNITS)]
        rows = ["".join(f"a{chr(code)}b " for code in codes[i : i + 64]) for i in range(0, len(codes), 64)]
        pages = [
            "\n".join(rows),
            "Ã© &eacute; &amp;\n&lt;\n<b> &amp;\n&amp;",
            "\u201cÃ\u201d\x85 e\u0301 \u2026 \ud83d \u00e2\u20ac\u2122",
            "&amp;\n\x1b[1m&lt;\n&amp;lt;\r\n",
        ]
        fixed = list(pages)
        for plain in (True, False):
            self.fix_pages(fixed, [i for i, page in enumerate(pages) if page.isascii() is plain], plain)
        if fixed != [self._repair(page, self._config) for page in pages]:
            raise ftfy_tables.UnknownFtfyError("on a trial, its results differ from what its tables say")


def _characters_before(page: bytes, offsets: list[int]) -> list[int]:
    """How many characters begin before some offsets into UTF-8: every byte that is not 10xxxxxx begins one."""
    begun = (np.frombuffer(page, np.uint8, offsets[-1]) & 0xC0) != 0x80
    if len(offsets) > _MANY_OFFSETS:
        counts: list[int] = np.concatenate(([0], np.cumsum(begun))).take(offsets).tolist()
        return counts
    return [int(np.count_nonzero(begun[:offset])) for offset in offsets]


def _simple(config: ftfy.TextFixerConfig) -> bool:
    """Whether encodings are repaired and nothing is explained or brought to a normal form."""
    return config.fix_encoding and not config.explain and config.normalization is None


def _lines_not_normalized(form: _Form, text: str) -> list[_Mark]:
    """Marks at the start of every line that is not in a normal form."""
    marks = []
    offset = 0
    for line in text.split("\n"):
        if not unicodedata.is_normalized(form, line):
            marks.append((offset, _CERTAIN))
        offset += len(line) + 1
    return marks
