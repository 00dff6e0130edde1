"""Lines, words and phrases once more, in plain Python, see `reference`."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, cached_property
from itertools import pairwise
from typing import NamedTuple

from reference_bins import range_bin, share_bin

from cleantext import charclass as cc
from cleantext import features
from cleantext.line_columns import COARSE_BINS, PLACES
from cleantext.phrasetable import MAX_WORDS, PhraseTable

MAX_LINE_WORDS = 32767
LINE_END = re.compile(r"\r\n|\n|\r")
_64 = (1 << 64) - 1
_32 = (1 << 32) - 1


def split_lines(page: str) -> list[tuple[int, int]]:
    """Start and end of every line, as str indices.

    >>> split_lines("a\\r\\n\\rb")
    [(0, 1), (3, 3), (4, 5)]
    """
    spans, start = [], 0
    for match in LINE_END.finditer(page):
        spans.append((start, match.start()))
        start = match.end()
    return [*spans, (start, len(page))]


# Characters and words

_CLASSES = cc.code_point_classes().tolist()
_FOLDS = cc.two_byte_folds().tolist()
_LETTERS = cc.letter_classes(cc.two_byte_folds()).tolist()


def char_class(character: str) -> int:
    """Class of a character: from the byte table, from the table of code points, or a symbol beyond that."""
    code = ord(character)
    if code < 0x80:
        return cc.BYTE_CLASS[code]
    return int(_CLASSES[code]) if code < 0x10000 else cc.MARK


def first_class(character: str) -> int:
    """As `char_class`, telling capitals from small letters outside ASCII too: of Latin, Greek, Cyrillic, Armenian, Vietnamese."""
    kind, code = char_class(character), ord(character)
    if kind != cc.HIGH:
        return kind
    if code < 0x800:
        return int(_LETTERS[code])
    if 0x1E00 <= code <= 0x1EFF:
        return cc.HIGH_LOWER if code % 2 else cc.HIGH_UPPER
    return kind


def fold(word: str) -> bytes:
    """A word as it is hashed: small letters, every digit 0, UTF-8.

    >>> fold("ÖL2go").decode()
    'öl0go'
    >>> fold("ĐỌC THÊM").decode() == fold("đọc thêm").decode()
    True
    """
    folded = bytearray()
    for character in word:
        code = ord(character)
        if code < 0x80:
            folded.append(cc.FOLD[code])
            continue
        if code < 0x800:
            code = _FOLDS[code]
        elif 0x1E00 <= code <= 0x1EFF and not 0x1E96 <= code <= 0x1E9F:
            code |= 1  # Latin Extended Additional: capitals are even
        folded += chr(code).encode()
    return bytes(folded)


def mix(key: int) -> int:
    key = key * 0x9E3779B97F4A7C15 & _64
    key ^= key >> 32
    key = key * 0x165667B19E3779F9 & _64
    return key ^ key >> 29


@cache
def word_hash(folded: bytes) -> int:
    """Hash of a folded word: of its first eight bytes and, if there are more, its last eight and its length."""
    key = int.from_bytes(folded[:8], "little")
    if len(folded) > 8:
        key ^= (int.from_bytes(folded[-8:], "little") ^ len(folded)) * 0xC2B2AE3D27D4EB4F & _64
    return mix(key)


def pair_hash(word: int, following: int) -> int:
    return word * 0x9E3779B97F4A7C15 + following * 0xC2B2AE3D27D4EB4F & _64


def _is_short_label(place: str) -> bool:
    """Whether a phrase there is the whole line, or begins one of up to four words."""
    return place.startswith("whole line") or place.split(",", maxsplit=1)[0] == "starts line of 4"


def _is_longer_label(place: str) -> bool:
    """Whether a phrase there begins a line of up to eight words that is no sentence."""
    return place.split(",", maxsplit=1)[0] == "starts line of 8" and ", sentence" not in place


class Word(NamedTuple):
    """A word of a line: where it stands, the class of its first character, its hash, its bytes in UTF-8."""

    start: int
    end: int
    kind: int
    hash: int
    size: int
    in_capitals: bool


def _word(text: str, start: int, end: int) -> Word:
    word = text[start:end]
    folded = fold(word)
    size = len(folded)
    capitals = size > 1 and char_class(word[0]) == char_class(word[-1]) == cc.UPPER
    return Word(start, end, first_class(word[0]), word_hash(folded), size, capitals)


def words_of(text: str) -> Iterator[Word]:
    """Runs of letters and digits; an ideograph, and what is like one, is a word of its own."""
    start = None
    for index, character in enumerate(text):
        kind = char_class(character)
        if kind & cc.WORD and kind != cc.CJK:
            start = index if start is None else start
            continue
        if start is not None:
            yield _word(text, start, index)
            start = None
        if kind == cc.CJK:
            yield _word(text, index, index + 1)
    if start is not None:
        yield _word(text, start, len(text))


_FORMS = {cc.LOWER: 1, cc.HIGH_LOWER: 1, cc.UPPER: 2, cc.HIGH_UPPER: 2, cc.DIGIT: 3, cc.HIGH: 4, cc.CJK: 5}
_CAPITALS = 6


def form_sign(character: str) -> int:
    """Number of what stands before a word: the class of a sign, 31 for a letter. Ideographs join to nothing."""
    kind = char_class(character)
    return cc.OTHER if kind == cc.CJK else min(kind, 31)


def form_code(word: Word, behind: str, *, is_last: bool) -> int:
    """Number of how a word is written and of what stands behind it."""
    sign = form_sign(behind) if behind else cc.NEWLINE
    if is_last and sign == cc.SPACE:
        sign = cc.NEWLINE
    return (_CAPITALS if word.in_capitals else _FORMS.get(word.kind, 0)) * 18 + min(sign, 17)


_WHITE = " \t\x0b\x0c"


# What is not seen, and the digits of every script but ASCII's, from the standard library's tables.
_UNSEEN = [
    0xAD, 0x34F, 0x61C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), 0x200B, *range(0x200D, 0x2010), *range(0x202A, 0x202F),
    *range(0x2060, 0x2070), 0x2800, 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0, *range(0xFFF9, 0xFFFC),
]  # fmt: skip
_BLOCKS_WITH_DIGITS = (range(0x600, 0x1820), range(0xFF10, 0xFF1A))
# (Those of scripts beyond, in which hardly any page is written, stay what they are.)
_PLAIN = dict.fromkeys(_UNSEEN, "") | {
    code: str(unicodedata.decimal(chr(code))) for block in _BLOCKS_WITH_DIGITS for code in block if chr(code).isdecimal()
}


def plain(text: str) -> str:
    """A text without invisible characters, the digits of all scripts written as ASCII's.

    >>> plain("Wer\\xad\\u200bbung \\u0663")
    'Werbung 3'
    """
    return text.translate(_PLAIN)


def without_targets(text: str) -> str:
    """A line with spaces for the targets of its Markdown links, one for each byte.

    >>> without_targets("[é](é(é)) [b](c (d) ](e 'f')")
    "[é](       ) [b](c (d) ](  'f')"
    """
    parts, at = [], 0
    while at < len(text):
        end = _target_end(text, at + 2) if text.startswith("](", at) else None
        parts.append(text[at] if end is None else "](" + " " * len(text[at + 2 : end].encode("utf-8", "surrogatepass")))
        at = at + 1 if end is None else end
    return "".join(parts)


def without_numbers(text: str) -> str:
    """A line with spaces for the numbers of its links: in square brackets, up to five digits, before a letter that begins a word, or
    behind a square bracket.

    >>> without_numbers("[12]Sport, [a][3] b[4]c [5] é[6]é [7]é")
    '    Sport, [a]    b[4]c [5] é[6]é    é'
    """
    parts = list(text)
    for match in re.finditer(r"\[[0-9]{1,5}\]", text):
        before, behind = text[: match.start()][-1:], text[match.end() :][:1]
        begins = not (before.isalnum() or before == "_" or before > "\x7f") and (behind > "\x7f" or behind.isalpha())
        if begins or before == "]":
            parts[match.start() : match.end()] = " " * len(match[0])
    return "".join(parts)


def _target_end(text: str, at: int) -> int | None:
    """Where the target ends that begins here, None if it is none."""
    while at < len(text):
        if text[at] == ")" or text[at : at + 2] in (' "', " '"):
            return at
        if text[at] in _WHITE:
            return None
        if text[at] == "(":
            at = next((place for place in range(at + 1, len(text)) if text[place] in "()" + _WHITE), len(text))
            if text[at : at + 1] != ")":
                return None
        at += 1
    return None


# Lines and phrases

_STARTS = {
    cc.UPPER: "capital", cc.LOWER: "small letter", cc.DIGIT: "digit", cc.HIGH_UPPER: "accented capital",
    cc.HIGH_LOWER: "accented small", cc.HIGH: "letter", cc.CJK: "ideograph", cc.QUOTE: "quote", cc.OPEN: "bracket", cc.DASH: "dash",
    cc.STAR: "bullet", cc.HASH: "hash", cc.PIPE: "separator", cc.MARK: "symbol", cc.MONEY: "symbol", cc.CODE: "code sign",
    cc.COPYRIGHT: "copyright sign",
}  # fmt: skip
_ENDS = {
    cc.LOWER: "small letter", cc.UPPER: "capital", cc.DIGIT: "digit", cc.HIGH: "letter", cc.CJK: "ideograph", cc.STOP: "full stop",
    cc.COMMA: "comma", cc.COLON: "colon", cc.QUOTE: "quote", cc.OPEN: "bracket", cc.CLOSE: "bracket", cc.PIPE: "separator",
}  # fmt: skip
_START_TYPES = {
    "capital": "capital", "accented capital": "capital", "small letter": "small", "accented small": "small", "letter": "small",
    "digit": "digit", "ideograph": "ideograph", "dash": "bullet", "bullet": "bullet", "hash": "bullet",
}  # fmt: skip
_STOPS = ("full stop", "question mark", "exclamation mark", "ellipsis", "stop and quote")


class Line:
    """A line that is not blank.

    Parameters
    ----------
    span : (int, int)
        Start and end in the page.
    number : int
        Which of the page's lines it is, blank ones counted.
    text : str
    """

    def __init__(self, span: tuple[int, int], number: int, text: str) -> None:
        self.span, self.number = span, number
        self.text = plain(without_numbers(without_targets(text))).strip()
        words = list(words_of(self.text))
        self.words, self.beyond = words[:MAX_LINE_WORDS], words[MAX_LINE_WORDS:][:1]
        self.n_all = len(self.words)
        self.n_words = self.n_all - sum(word.kind == cc.CJK for word in self.words) // 2
        self.coarse = range_bin(COARSE_BINS, self.n_words)
        self.gaps = [self.text[word.end : word.end + 1] for word in self.words]
        gap_classes = [char_class(gap) if gap else cc.NEWLINE for gap in self.gaps]
        self.n_kinds = Counter(word.kind for word in self.words)
        self.n_gaps = Counter(gap_classes)
        self.pairs = [pair_hash(a.hash, b.hash) for a, b in zip(self.words, self.words[1:], strict=False)]
        self.matches: list[tuple[int, int, int]] = []

    @property
    def start(self) -> str:
        if self.words and self.words[0].start == 0:
            return _STARTS[self.words[0].kind]
        return _STARTS.get(char_class(self.text[0]), "other")

    @cached_property
    def end(self) -> str:
        last = self.text[-1]
        kind = char_class(last)
        if last == "?":
            return "question mark"
        if last == "!":
            return "exclamation mark"
        if last == "\N{HORIZONTAL ELLIPSIS}" or self.text.endswith(".."):
            return "ellipsis"
        if kind in (cc.QUOTE, cc.CLOSE) and char_class(self.text[-2:-1] or "\n") == cc.STOP:
            return "stop and quote"
        return _ENDS.get(kind, "other")

    @property
    def start_type(self) -> str:
        return _START_TYPES.get(self.start, "other")

    @property
    def end_type(self) -> str:
        if self.end in ("small letter", "capital", "digit", "letter", "ideograph"):
            return "letter"
        if self.end in _STOPS:
            return "stop"
        return "colon or comma" if self.end in ("comma", "colon") else "other"

    @property
    def shape(self) -> str:
        """Name of the line's bin in a neighbour's column."""
        return f"{COARSE_BINS[self.coarse]} words, {self.start_type}, {self.end_type}"

    @property
    def is_paragraph(self) -> bool:
        """Whether it is of nine words or more and ends as a sentence does."""
        return self.n_words >= 9 and self.end_type == "stop"

    @property
    def is_open(self) -> bool:
        """Whether a sentence may run on behind it."""
        return self.end in ("small letter", "capital", "digit", "letter", "comma", "quote", "bracket", "other")

    @property
    def starts_inside(self) -> bool:
        """Whether it begins as no sentence does."""
        return self.start in ("small letter", "accented small", "other")

    @property
    def key(self) -> int:
        """Equal for lines of equal words; lines without words are told apart by their length in bytes alone."""
        if not self.words:
            return len(self.text.encode("utf-8", "surrogatepass")) + 1
        return self.words[0].hash + sum(self.pairs) & _64

    def place_of(self, word: int, length: int) -> int:
        """Index into `PLACES` of a phrase."""
        n = self.n_all
        size = next(str(most) for most in (4, 8, 16, 48, n) if n <= most)
        of_line = f"line of {size}" if n <= 48 else "long line"
        if length == n:
            name = f"whole line of {n if n < 3 else '3+'}" + " word" * (n == 1)
        elif word == 0:
            name = f"starts {of_line}"
        elif word + length == n:
            name = f"ends {of_line}"
        else:
            name = "in long line" if n > 16 else f"in {of_line}" if n > 4 else "in line of 8"
        behind = self.text[self.words[word + length - 1].end :][:1]
        if word + length < n and behind and char_class(behind) == cc.COLON:
            manner = ", before a colon"
        elif self.end in _STOPS:
            manner = ", sentence"
        else:
            capitalised = sum(one.kind in (cc.UPPER, cc.HIGH_UPPER) for one in self.words)
            manner = ", capitalised" * (2 * capitalised > n)
        return PLACES.index(name + manner + ", one word" * (length == 1 and n > 1))

    def is_row_of_figures(self, first: int, length: int) -> bool:
        """Whether a phrase is of three numbers without the same sign of dates between them."""
        words = self.words[first : first + length]
        if length != 3 or any(word.kind != cc.DIGIT for word in words):
            return False
        signs = {self.text[a.end : b.start] for a, b in pairwise(words)}
        return len(signs) > 1 or not re.fullmatch(r"[-./‐‑–؍．／－] ?| [-./‐‑–؍．／－] ", signs.pop())

    @property
    def phrases(self) -> set[tuple[int, int]]:
        """Places and families of the line's phrases, without those in the middle of more than 64 words."""
        n = self.n_all
        some = [match for match in self.matches if n <= 64 or match[0] == 0 or match[0] + match[1] == n]
        return {(self.place_of(word, length), family) for word, length, family in some}

    @property
    def phrase_share(self) -> int:
        """Bin of the share of words that phrases cover."""
        covered = {word for first, length, _ in self.matches for word in range(first, first + length)}
        return share_bin(len(covered), self.n_all)

    @cached_property
    def label(self) -> int | None:
        """Family of the phrase that is the whole line or begins one of up to four words; of several the one furthest in `PLACES`."""
        places = [(place, family) for place, family in self.phrases if _is_short_label(PLACES[place])]
        return max(places)[1] if places else None

    @property
    def section_families(self) -> set[int]:
        """Families of phrases that are the whole line or begin one of up to four words, or of up to eight without a full stop."""
        return {family for place, family in self.phrases if _is_short_label(PLACES[place]) or _is_longer_label(PLACES[place])}

    @property
    def edges(self) -> list[int]:
        """Hash slots of the first word, first two, last word, last two, whole line; 0 for what there is not."""
        hashes: list[int | None] = [None] * 5
        if self.words:
            hashes[0], hashes[2] = self.words[0].hash, self.words[-1].hash
        if self.pairs:
            hashes[1], hashes[3] = self.pairs[0], self.pairs[-1]
        if 0 < self.n_all <= 8:
            hashes[4] = self.key
        salts = (0x9FB21C651E98DF25, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3)
        return [
            0 if h is None else slot((h ^ salt) * 0x9E3779B97F4A7C15 & _64, features.EDGE_BITS)
            for h, salt in zip(hashes, salts, strict=True)
        ]

    @property
    def topical(self) -> list[int]:
        """The upper half of the hash of each word that tells what the line is about; of an ideograph and the one beside it together."""
        words, keys = [*self.words, *self.beyond], []
        for index, word in enumerate(self.words):
            if word.kind != cc.CJK:
                needed = {cc.LOWER: 4, cc.UPPER: 4, cc.DIGIT: 255}.get(word.kind, 7)
                keys += [word.hash] * (word.size >= needed)
            elif index + 1 < len(words) and words[index + 1].kind == cc.CJK and words[index + 1].start == word.end:
                keys.append(pair_hash(word.hash, words[index + 1].hash))
        return [key >> 32 for key in keys]

    @property
    def word_slots(self) -> list[int]:
        return [slot(word.hash, features.WORD_BITS) for word in self.words]

    @property
    def form_slots(self) -> list[int]:
        """Hash slots of how each word and up to two before it are written, and of the signs between them."""
        slots: list[int] = []
        link, code = 0, 0
        for index, word in enumerate(self.words):
            sign = form_sign(self.text[word.start - 1]) if word.start else cc.NEWLINE
            before = link if index else (1 << 13) - 1
            link = ((code if index else 128 + form_sign(self.text[0])) << 5 | sign) * 0x9E3779B1 & _32
            code = form_code(word, self.text[word.end :][:1], is_last=index + 1 == len(self.words) and not self.beyond)
            key = (before * 0x85EBCA77 ^ link) + code * 0xC2B2AE3D & _32
            slots.append(((key ^ key >> 15) * 0x27D4EB2F & _32) >> 32 - features.FORM_BITS)
        return slots

    @property
    def pair_slots(self) -> list[int]:
        return [slot(pair, features.PAIR_BITS) for pair in self.pairs]


def slot(value: int, bits: int) -> int:
    return value >> 64 - bits


class Phrases:
    """The compiled phrases as a dictionary."""

    def __init__(self, table: PhraseTable) -> None:
        rows = zip(table.keys.tolist(), table.known.tolist(), strict=True)
        # Below 64 the family, counted from 1; 64 more if some phrase goes on, 128 more if the key is of one word.
        self.rows = {(key, known >= 128): (known % 64 - 1, known % 128 >= 64) for key, known in rows}
        self.sections: list[int] = table.sections.tolist()

    def find(self, hashes: Sequence[int]) -> list[tuple[int, int, int]]:
        """First word, length and family of every phrase; of one family's at one place the longest."""
        longest: dict[tuple[int, int], int] = {}
        for first in range(len(hashes)):
            family, _ = self.rows.get((hashes[first], True), (-1, False))
            if family >= 0:
                longest[first, family] = 1
            key = 0
            for count in range(2, min(MAX_WORDS, len(hashes) - first) + 1):
                last = hashes[first + count - 1]
                key = pair_hash(hashes[first], last) if count == 2 else mix(key * 0xC2B2AE3D27D4EB4F + last & _64)
                family, longer = self.rows.get((key, False), (-1, False))
                if family >= 0:
                    longest[first, family] = count
                if not longer:
                    break
        return [(first, length, family) for (first, family), length in longest.items()]


class PageLines(list[Line]):
    """The lines of a page that are not blank."""

    sections: Sequence[int] = ()
    """Which of `SECTIONS` each family tells of, counted from 1, or 0."""

    @cached_property
    def labels(self) -> list[set[int]]:
        """Of which sections each line is a label, counted from 1."""
        return [{self.sections[family] for family in line.section_families} - {0} for line in self]

    def near(self, index: int) -> list[Line | None]:
        """The line above, the line below, and the nearest one above that is as short as a heading."""
        above = [line for line in self[max(index - 40, 0) : index] if line.n_words <= 6 and line.end_type != "stop"]
        return [
            self[index - 1] if index else None,
            self[index + 1] if index + 1 < len(self) else None,
            above[-1] if above else None,
        ]

    @cached_property
    def copies(self) -> Counter[int]:
        """How many lines have a key."""
        return Counter(line.key for line in self)

    @cached_property
    def blocks(self) -> list[tuple[int, int]]:
        """For each line, where the lines around it without a blank one between them begin and end."""
        starts = [index for index, line in enumerate(self) if index == 0 or line.number - self[index - 1].number > 1]
        bounds = zip(starts, [*starts[1:], len(self)], strict=True)
        return [(low, high) for low, high in bounds for _ in range(low, high)]

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """For each line, where the lines begin and end that run on from one another."""
        follows = [index > 0 and self[index].number - self[index - 1].number == 1 and self[index - 1].is_open for index in range(len(self))]
        inside = [one and line.starts_inside for one, line in zip(follows, self, strict=True)]
        bridges = [one and line.n_words <= 6 for one, line in zip(follows, self, strict=True)]
        on = [here or (bridge and after) for here, bridge, after in zip(inside, bridges, [*inside[1:], False], strict=True)]
        starts = [index for index, one in enumerate(on) if not one]
        return [(low, high) for low, high in zip(starts, [*starts[1:], len(self)], strict=True) for _ in range(low, high)]

    @cached_property
    def run_bins(self) -> list[str]:
        """For each line, how many words its run has, and whether a sentence ends there."""
        names = ("to 4", "5-8", "9-16", "17-32", "33-64", "over 64")
        found = []
        for low, high in dict.fromkeys(self.runs):
            size = sum(min(line.n_words, 255) for line in self[low:high])
            several = f"{names[range_bin(names, size)]} words" + ", full stop" * (self[high - 1].end_type == "stop")
            found += [several if high - low > 1 else "alone"] * (high - low)
        return found


def lines_of(page: str, phrases: Phrases) -> PageLines:
    """The lines of a page that are not blank, their phrases found."""
    spans = split_lines(page)
    texts = [page[start:end] for start, end in spans]
    lines = PageLines(Line(span, number, text) for number, (span, text) in enumerate(zip(spans, texts, strict=True)) if plain(text).strip())
    lines.sections = phrases.sections
    for line in lines:
        line.matches = [match for match in phrases.find([word.hash for word in line.words]) if not line.is_row_of_figures(*match[:2])]
    return lines
