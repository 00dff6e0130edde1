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
  entities decoded, once or more, to text in which every step finds nothing to do, is that text; and so is a line that
  needs only that and steps of ftfy's search for the right encoding. ftfy itself would look for mojibake three times
  more. A line with a character that only ftfy's later steps take out goes to ftfy at once.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import numpy as np

from cleantext import ftfy_tables
from cleantext.ftfy_marks import CERTAIN, ENTITY, MORE, PAIR, Mark, Marks

if TYPE_CHECKING:
    import ftfy

__all__ = ["Screen"]

# Characters up to which ftfy's pattern for mojibake is quicker than the arrays of `Marks`.
_SHORT = 128

_Form = Literal["NFC", "NFD", "NFKC", "NFKD"]


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
        self._marks = Marks(config, plain)

    def fix_pages(self, texts: list[str], members: list[int], plain: bool) -> None:
        """Repair ``texts[i]`` in place for every i in `members`; `plain` says that they are all ASCII."""
        if not members:
            return
        pages = [texts[i] for i in members]
        try:
            marks = self._marks.find(pages, plain)
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
        found = self._marks.find_in_bytes(pages, plain) if self._config.normalization is None else None
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

    def _fix_page(self, text: str, marks: list[Mark]) -> str:
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

    def _fix_line(self, line: str, marks: list[Mark], entities_at_start: bool, entities: bool) -> str:
        """Repair one line, given its marks and whether entities are decoded at its start, and up to its end."""
        reasons = functools.reduce(lambda kinds, mark: kinds | mark[1], marks, 0)
        if not (
            reasons & CERTAIN
            or len(line) > self._config.max_decode_length
            or (reasons & PAIR and self._is_bad(line, [] if reasons & MORE else marks))
        ):
            if not (reasons & ENTITY and entities):
                return line
            decoded = self._unescape(line)
            if decoded == line:
                return line
            while self._is_clean(decoded):
                again = self._unescape(decoded)
                if again == decoded:
                    return decoded
                decoded = again
        config = self._config if entities_at_start else self._config_keeping_entities
        repaired = self._decoded(line, config)
        return self._repair(line, config) if repaired is None else repaired

    def _decoded(self, line: str, config: ftfy.TextFixerConfig) -> str | None:
        """The line after ftfy's first two steps, entities and changes of encoding, if that is all there is to do; else None."""
        if self._decode_once is None or len(line) > config.max_decode_length or self._kept_pattern.search(line):
            return None
        if config.unescape_html and (config.unescape_html != "auto" or "<" not in line):
            line = self._unescape(line)
        while True:
            text: str = self._decode_once(line, self._decoding_config)[0]
            if self._is_left_alone(text):
                return text
            if text == line:
                return None
            line = text

    def _is_left_alone(self, segment: str) -> bool:
        """Whether every step of ftfy leaves a segment as it is: by the tables, unless that is soon seen without them."""
        if self._unescape(segment) != segment:
            return False
        if len(segment) <= _SHORT or self._changed_pattern.search(segment):
            return self._is_clean(segment)
        try:
            marks = self._marks.find([segment], segment.isascii()).get(0, [])
        except UnicodeEncodeError:  # lone surrogates
            return False
        reasons = functools.reduce(lambda kinds, mark: kinds | mark[1], marks, 0)
        return not reasons & ~(PAIR | MORE) and not (reasons and self._is_bad(segment, [] if reasons & MORE else marks))

    def _is_bad(self, line: str, marks: list[Mark]) -> bool:
        """Whether ftfy may see mojibake in a line, given all its marks, or none if they are not known."""
        reach = None if self._marks.pairs is None else self._marks.pairs.reach
        if reach is None or not marks:
            return self._badness.search(line) is not None
        # Every match contains one of the pairs, and what stands around a match does not matter to the pattern,
        # except that a window's start may pass for the line's: too broad, but safe.
        return any(kinds & PAIR and self._badness.search(line[max(at - reach, 0) : at + reach + 1]) for at, kinds in marks)

    @functools.cached_property
    def _changed_pattern(self) -> re.Pattern[str]:
        changed = self._marks.changed
        beyond = "\U00010000-\U0010ffff" if changed[0xD800:0xE000].any() else ""  # as code units tell: one of them, or all
        return _one_of(np.flatnonzero(changed).tolist(), "\ud800-\udfff" + beyond)

    @functools.cached_property
    def _kept_pattern(self) -> re.Pattern[str]:
        """Characters that a step changes and that a change of encoding hardly ever takes out: ASCII, and what no single byte stands for."""
        return _one_of([code for code in np.flatnonzero(self._marks.changed).tolist() if not 0x80 <= code < 0xE000])

    def _is_clean(self, segment: str) -> bool:
        """Whether every step of ftfy but for entities leaves this segment as it is."""
        form = self._config.normalization
        return (
            self._changed_pattern.search(segment) is None
            and (segment.isascii() or not self._config.fix_encoding or not self._badness.search(segment))
            and (form is None or unicodedata.is_normalized(form, segment))
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


def _one_of(codes: list[int], ranges: str = "") -> re.Pattern[str]:
    """A pattern for one of some characters, or of ranges; if there are none, it matches nothing."""
    members = "".join(re.escape(chr(code)) for code in codes) + ranges
    return re.compile(f"[{members}]" if members else "(?!)")


def _simple(config: ftfy.TextFixerConfig) -> bool:
    """Whether encodings are repaired and nothing is explained or brought to a normal form."""
    return config.fix_encoding and not config.explain and config.normalization is None


def _lines_not_normalized(form: _Form, text: str) -> list[Mark]:
    """Marks at the start of every line that is not in a normal form."""
    marks = []
    offset = 0
    for line in text.split("\n"):
        if not unicodedata.is_normalized(form, line):
            marks.append((offset, CERTAIN))
        offset += len(line) + 1
    return marks
