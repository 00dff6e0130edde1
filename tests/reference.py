"""Features and scores once more, line by line and word by word in plain Python: slow, and short enough to be believed.

Two uses: the oracle of the tests (what numpy does to whole blocks must equal what is written here, on any text), and the baseline
"the same features in Python" of ``benchmarks/speed.py``. It shares with the package only what is data: the tables of character
classes and case, the names of columns and bins, the compiled phrases and a model's weights. It works on characters where the
package works on bytes, and on one page where the package works on blocks.

Every column of `features.COLUMNS` and `context.SECOND_COLUMNS` is one function, found by the column's name. It returns a place on
each of the column's axes, as a bin's name or as its number.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, partial
from typing import Any, NamedTuple

from cleantext import charclass as cc
from cleantext import context, features
from cleantext.features import COLUMNS, OWN_COLUMNS, PLACES, Column
from cleantext.model import LineModel
from cleantext.phrasetable import MAX_WORDS, PhraseTable

MAX_LINE_WORDS = 32767
LINE_END = re.compile(r"\r\n|\n|\r")
_64 = (1 << 64) - 1

Bins = tuple[int | str, ...]


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


# Characters and words -----------------------------------------------------------------------------------------------

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
    """
    folded = bytearray()
    for character in word:
        code = ord(character)
        folded += bytes([cc.FOLD[code]]) if code < 0x80 else chr(_FOLDS[code] if code < 0x800 else code).encode()
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


# Bins ---------------------------------------------------------------------------------------------------------------


@cache
def range_bin(names: tuple[str, ...], number: int) -> int:
    """The bin whose name covers a number; the names are "4", "5-8", "24+", "to 3", "over 400".

    >>> [range_bin(("0", "1-3", "4+"), n) for n in (0, 3, 9)]
    [0, 1, 2]
    """
    for index, name in enumerate(names):
        if name.endswith("+") or name.startswith("over"):
            return index
        if number <= int(re.findall(r"\d+", name)[-1]):
            return index
    raise AssertionError(f"{number} is in none of {names}")


@cache
def share_bin(part: int, whole: int) -> int:
    """Bin of `features.SHARE_BINS`, of the share in 64ths rounded up."""
    share = math.ceil(64 * part / max(whole, 1))
    return bisect_right((1, 7, 17, 33, 49, 64), min(share, 64))


@cache
def flat(column: Column, bins: Bins) -> int:
    """Number of a bin from the places on the column's axes."""
    number = 0
    for axis, place in zip(column.axes, bins, strict=True):
        index = axis.index(place) if isinstance(place, str) else place
        assert 0 <= index < len(axis), f"{column.name}: {place} is not on {axis}"
        number = number * len(axis) + index
    return number


_FUNCTIONS: list[tuple[re.Pattern[str], Callable[..., Bins]]] = []
_VIEW = "(?:page view|first round)"


def column(pattern: str) -> Callable[[Callable[..., Bins]], Callable[..., Bins]]:
    """Register the function of all columns whose name the pattern matches; groups are passed on, numbers as such."""

    def register(function: Callable[..., Bins]) -> Callable[..., Bins]:
        _FUNCTIONS.append((re.compile(pattern.replace("VIEW", _VIEW)), function))
        return function

    return register


@cache
def function_of(name: str) -> Callable[..., Bins]:
    for pattern, function in _FUNCTIONS:
        if match := pattern.fullmatch(name):
            groups = (int(g) if g.lstrip("+-").isdigit() else g for g in match.groups())
            return partial(function, *groups) if match.groups() else function
    raise LookupError(f"tests/reference.py has no function for the column {name!r}")


# Lines --------------------------------------------------------------------------------------------------------------

_STARTS = {
    cc.UPPER: "capital", cc.LOWER: "small letter", cc.DIGIT: "digit", cc.HIGH_UPPER: "accented capital",
    cc.HIGH_LOWER: "accented small", cc.HIGH: "letter", cc.CJK: "ideograph", cc.QUOTE: "quote", cc.OPEN: "bracket", cc.DASH: "dash",
    cc.STAR: "bullet", cc.HASH: "hash", cc.PIPE: "separator", cc.MARK: "symbol", cc.MONEY: "symbol", cc.CODE: "code sign",
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
        self.text = text.strip()
        self.words = list(words_of(self.text))[:MAX_LINE_WORDS]
        self.n_all = len(self.words)
        self.n_words = self.n_all - sum(word.kind == cc.CJK for word in self.words) // 2
        self.coarse = range_bin(features.COARSE_BINS, self.n_words)
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
    def key(self) -> int:
        """Equal for lines of equal words; lines without words are told apart by their length in bytes alone."""
        if not self.words:
            return len(self.text.encode("utf-8", "surrogatepass")) + 1
        return self.words[0].hash + sum(self.pairs) & _64

    def place_of(self, word: int, length: int) -> int:
        """Index into `PLACES` of a phrase."""
        n = self.n_all
        size = next(str(most) for most in (4, 8, 16, n) if n <= most)
        of_line = f"line of {size}" if n <= 16 else "long line"
        if length == n:
            name = f"whole line of {n if n < 3 else '3+'}" + " word" * (n == 1)
        elif word == 0:
            name = f"starts {of_line}"
        elif word + length == n:
            name = f"ends {of_line}"
        else:
            name = f"in {of_line}" if n > 4 else "in line of 8"
        return PLACES.index(name + ", sentence" * (self.end in _STOPS))

    @property
    def phrases(self) -> set[tuple[int, int]]:
        """Places and families of the line's phrases."""
        return {(self.place_of(word, length), family) for word, length, family in self.matches}

    @cached_property
    def label(self) -> int | None:
        """Family of the phrase that is the whole line or begins one of up to four words; of several the one furthest in `PLACES`."""
        places = [(place, family) for place, family in self.phrases if PLACES[place].startswith(("whole line", "starts line of 4"))]
        return max(places)[1] if places else None

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
    def word_slots(self) -> list[int]:
        return [slot(word.hash, features.WORD_BITS) for word in self.words]

    @property
    def pair_slots(self) -> list[int]:
        return [slot(pair, features.PAIR_BITS) for pair in self.pairs]


def slot(value: int, bits: int) -> int:
    return value >> 64 - bits


class Phrases:
    """The compiled phrases as a dictionary."""

    def __init__(self, table: PhraseTable) -> None:
        rows = zip(table.keys.tolist(), table.owners.tolist(), table.longer.tolist(), table.single.tolist(), strict=True)
        self.rows = {(key, single): (owner, longer) for key, owner, longer, single in rows}

    def find(self, hashes: Sequence[int]) -> list[tuple[int, int, int]]:
        """First word, length and family of every phrase; of one family's at one place the longest."""
        longest: dict[tuple[int, int], int] = {}
        for first in range(len(hashes)):
            owners, _ = self.rows.get((hashes[first], True), (0, False))
            self._note(longest, first, 1, owners)
            key = 0
            for count in range(2, min(MAX_WORDS, len(hashes) - first) + 1):
                last = hashes[first + count - 1]
                key = pair_hash(hashes[first], last) if count == 2 else mix(key * 0xC2B2AE3D27D4EB4F + last & _64)
                owners, longer = self.rows.get((key, False), (0, False))
                self._note(longest, first, count, owners)
                if not longer:
                    break
        return [(first, length, family) for (first, family), length in longest.items()]

    @staticmethod
    def _note(longest: dict[tuple[int, int], int], first: int, count: int, owners: int) -> None:
        while owners:
            family = (owners & -owners).bit_length() - 1
            longest[first, family] = count
            owners &= owners - 1


def lines_of(page: str, phrases: Phrases) -> list[Line]:
    """The lines of a page that are not blank, their phrases found."""
    spans = split_lines(page)
    texts = [page[start:end] for start, end in spans]
    lines = [Line(span, number, text) for number, (span, text) in enumerate(zip(spans, texts, strict=True)) if text.strip()]
    for line in lines:
        line.matches = phrases.find([word.hash for word in line.words])
    return lines


# Columns of the line itself -----------------------------------------------------------------------------------------


@column("words")
def words(line: Line) -> Bins:
    return (range_bin(features.WORD_BINS, line.n_words),)


@column("start and end")
def start_and_end(line: Line) -> Bins:
    return line.coarse, line.start, line.end


@column("words and end")
def words_and_end(line: Line) -> Bins:
    return range_bin(features.WORD_BINS, line.n_words), line.end


@column("capitalised words")
def capitalised_words(line: Line) -> Bins:
    number = line.n_kinds[cc.UPPER] + line.n_kinds[cc.HIGH_UPPER]
    return line.coarse, share_bin(number, line.n_all), line.end_type


@column("words in capitals")
def words_in_capitals(line: Line) -> Bins:
    return line.coarse, share_bin(sum(word.in_capitals for word in line.words), line.n_all)


@column("numbers")
def numbers(line: Line) -> Bins:
    return line.coarse, share_bin(line.n_kinds[cc.DIGIT], line.n_all)


@column("commas")
def commas(line: Line) -> Bins:
    return line.coarse, share_bin(line.n_gaps[cc.COMMA], line.n_all)


@column("sentences")
def sentences(line: Line) -> Bins:
    return line.coarse, range_bin(features.COUNT_BINS, line.n_gaps[cc.STOP])


@column("separators")
def separators(line: Line) -> Bins:
    return line.coarse, range_bin(features.COUNT_BINS, line.n_gaps[cc.PIPE])


@column("signs")
def signs(line: Line) -> Bins:
    return line.coarse, range_bin(features.COUNT_BINS, sum(line.n_gaps[kind] for kind in (cc.CODE, cc.OPEN, cc.HASH, cc.STAR)))


@column("word length")
def word_length(line: Line) -> Bins:
    """Mean bytes of a word, in halves rounded down; up to 3 and a half is still "to 3"."""
    halves = 2 * sum(word.size for word in line.words) // max(line.n_all, 1)
    return line.coarse, bisect_right((1, 7, 9, 11, 13, 17, 25), halves)


@column("script")
def script(line: Line) -> Bins:
    ideographs = line.n_kinds[cc.CJK]
    others = line.n_kinds[cc.HIGH_UPPER] + line.n_kinds[cc.HIGH_LOWER] + line.n_kinds[cc.HIGH]
    if 2 * ideographs > line.n_all:
        return line.coarse, "ideographs"
    if 2 * others > line.n_all:
        return line.coarse, "other alphabet"
    if ideographs:
        return line.coarse, "mixed"
    return line.coarse, "accented" if others else "ascii"


@column("phrase share")
def phrase_share(line: Line) -> Bins:
    covered = {word for first, length, _ in line.matches for word in range(first, first + length)}
    return line.coarse, share_bin(len(covered), line.n_all)


@column("links")
def links(line: Line) -> Bins:
    """Words before ``](`` or ``)(``, as Markdown's links have them."""
    number = sum(re.match(r"[\])}]\(", line.text[word.end : word.end + 2]) is not None for word in line.words)
    return line.coarse, range_bin(features.COUNT_BINS, number)


# Columns of place ---------------------------------------------------------------------------------------------------


@column("copies on page")
def copies(lines: Sequence[Line], index: int) -> Bins:
    number = _copies(tuple(line.key for line in lines))[lines[index].key]
    return lines[index].coarse, range_bin(("1", "2", "3-4", "5+"), number)


@cache
def _copies(keys: tuple[int, ...]) -> Counter[int]:
    return Counter(keys)


@column("blank lines")
def blank_lines(lines: Sequence[Line], index: int) -> Bins:
    number = lines[index].number
    above = index > 0 and number - lines[index - 1].number > 1
    below = index + 1 < len(lines) and lines[index + 1].number - number > 1
    return lines[index].coarse, ("none", "before", "after", "both")[above + 2 * below]


_DISTANCES = features.PLACE_COLUMNS[2].axes[0]


@column("lines from top")
def lines_from_top(lines: Sequence[Line], index: int) -> Bins:
    return range_bin(_DISTANCES, index + 1), lines[index].end_type


@column("lines to end")
def lines_to_end(lines: Sequence[Line], index: int) -> Bins:
    return range_bin(_DISTANCES, len(lines) - index), lines[index].end_type


@column("place on page")
def place_on_page(lines: Sequence[Line], index: int) -> Bins:
    return 10 * index // len(lines), lines[index].coarse


@column(r"line ([+-]\d+)")
def neighbour(offset: int, lines: Sequence[Line], index: int) -> Bins:
    if not 0 <= index + offset < len(lines):
        return ("none",)
    line = lines[index + offset]
    return (f"{features.COARSE_BINS[line.coarse]} words, {line.start_type}, {line.end_type}",)


@column("line before and after")
def line_before_and_after(lines: Sequence[Line], index: int) -> Bins:
    before = lines[index - 1].coarse + 1 if index else 0
    after = lines[index + 1].coarse + 1 if index + 1 < len(lines) else 0
    return lines[index].coarse, before, after


@column("label (above|below)")
def label(side: str, lines: Sequence[Line], index: int) -> Bins:
    """The nearest other line on that side that is hardly more than a phrase: its family, and how many lines away."""
    others = range(index - 1, -1, -1) if side == "above" else range(index + 1, len(lines))
    for other in others:
        if (family := lines[other].label) is not None:
            distance = range_bin(_LABEL_DISTANCES, abs(other - index))
            return family + 1, distance, lines[index].coarse
    return "none", 0, lines[index].coarse


_LABEL_DISTANCES = ("1", "2", "3", "4-6", "7-12", "13-25", "26-60", "over 60")


# Columns of the judge -----------------------------------------------------------------------------------------------

_SHARE_EDGES = (8, 21, 39, 64, 90, 128, 166, 192, 217, 235, 248)  # of 255
_SIDE_EDGES = (13, 39, 77, 128, 179, 217)  # of 255
_LINE_RANGES = ("1", "2-3", "4-6", "7-12", "13-25", "26-50", "51-100", "101-200", "201-400", "over 400")
_FAR_RANGES = ("0", "1", "2", "3-4", "5-8", "9-16", "17-32", "over 32")


def fine(score: int) -> int:
    """Bin of a score in 1/256 log-odds."""
    return bisect_right((-5, -3, -2, -1.25, -0.75, -0.375, 0, 0.375, 0.75, 1.25, 2, 3, 5), clipped(score) / 256)


def rough(score: int) -> int:
    return bisect_right((-2, -0.75, 0, 0.75, 2), clipped(score) / 256)


def clipped(score: int) -> int:
    """Scores beyond 8 log-odds are as good as 8."""
    return min(max(score, -2048), 2047)


@cache
def probability(score: int) -> int:
    """Of a score in 1/256 log-odds, in 1/255."""
    return round(255 / (1 + math.exp(-clipped(score) / 256)))


def lines_bin(number: int) -> int:
    return range_bin(_LINE_RANGES, min(number, 511))


class JudgedPage:
    """A page's lines with both views' scores, or the line view's and the first round's.

    Parameters
    ----------
    lines : sequence of Line
    line, page : sequence of int
        Scores in 1/256 log-odds.
    """

    def __init__(self, lines: Sequence[Line], line: Sequence[int], page: Sequence[int]) -> None:
        self.lines, self.line, self.page = lines, line, page
        self.n = len(lines)
        self.words = [min(one.n_words, 255) for one in lines]
        self.content = [words * probability(score) for words, score in zip(self.words, page, strict=True)]
        lower = [min(pair) for pair in zip(line, page, strict=True)]
        self.sure_score = [probability(score) for score in lower]
        self.sure = [words * score for words, score in zip(self.words, self.sure_score, strict=True)]

    @cached_property
    def stretch(self) -> tuple[int, int]:
        """First and last line of the stretch with the greatest sum of content less furniture; the first that ends, then the shortest."""
        best, sum_here, first, result = -math.inf, 0, 0, (0, 0)
        for index, (words, content) in enumerate(zip(self.words, self.content, strict=True)):
            gain = 2 * content - 255 * words
            if sum_here <= 0:
                sum_here, first = 0, index
            sum_here += gain
            if sum_here > best:
                best, result = sum_here, (first, index)
        return result

    @cached_property
    def sure_words_share(self) -> int:
        return bisect_right(_SHARE_EDGES, sum(self.sure) // max(sum(self.words), 1))

    @cached_property
    def sure_lines_ratio(self) -> int:
        """Mean probability of the lines by the more doubtful view, in 1/255."""
        return sum(self.sure_score) // self.n

    @cached_property
    def total(self) -> int:
        return sum(self.content)

    @cached_property
    def above(self) -> list[int]:
        """Content above each line."""
        sums = [0]
        for content in self.content:
            sums.append(sums[-1] + content)
        return sums[:-1]

    @cached_property
    def strong(self) -> list[int]:
        """Lines that both views call content, of eight words or more."""
        return [index for index in range(self.n) if self.sure_score[index] >= 192 and self.words[index] >= 8]

    def block(self, index: int) -> tuple[int, int]:
        """Lines around a line without a blank one between them."""
        low, high = index, index + 1
        while low > 0 and self.lines[low].number - self.lines[low - 1].number == 1:
            low -= 1
        while high < self.n and self.lines[high].number - self.lines[high - 1].number == 1:
            high += 1
        return low, high

    def ratio(self, part: Sequence[int], low: int, high: int) -> int:
        """Part of the words of lines low:high, in 1/255."""
        return sum(part[low:high]) // max(sum(self.words[low:high]), 1)


@column("line view and VIEW")
def line_view_and_view(page: JudgedPage, index: int) -> Bins:
    return fine(page.line[index]), fine(page.page[index])


@column("VIEW, words")
def view_words(page: JudgedPage, index: int) -> Bins:
    return fine(page.page[index]), page.lines[index].coarse


@column("VIEW, words and end")
def view_words_and_end(page: JudgedPage, index: int) -> Bins:
    return rough(page.page[index]), page.lines[index].coarse, page.lines[index].end_type


def _neighbour(scores: Sequence[int], offset: int, index: int, scale: Callable[[int], int]) -> int:
    """Bin of a neighbour's score; 0 stands for "none"."""
    return scale(scores[index + offset]) + 1 if 0 <= index + offset < len(scores) else 0


@column(r"VIEW of line ([+-]\d+)")
def view_of_line(offset: int, page: JudgedPage, index: int) -> Bins:
    return _neighbour(page.page, offset, index, fine), rough(page.page[index])


@column("VIEW of lines before and after")
def view_of_lines_before_and_after(page: JudgedPage, index: int) -> Bins:
    return _neighbour(page.page, -1, index, rough), _neighbour(page.page, 1, index, rough), rough(page.page[index])


@column(r"content within (\d+) lines, VIEW")
def content_within(size: int, page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.ratio(page.content, max(index - size, 0), index + size + 1)), rough(page.page[index])


@column(r"sure content within (\d+) lines, VIEW")
def sure_content_within(size: int, page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.ratio(page.sure, max(index - size, 0), index + size + 1)), rough(page.line[index])


@column(r"content (\d+) lines above and below, VIEW")
def content_above_and_below(size: int, page: JudgedPage, index: int) -> Bins:
    above = bisect_right(_SIDE_EDGES, page.ratio(page.content, max(index - size, 0), index))
    below = bisect_right(_SIDE_EDGES, page.ratio(page.content, index + 1, index + size + 1))
    return above, below, rough(page.page[index])


@column("share of the content above, VIEW")
def share_of_the_content_above(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, 255 * page.above[index] // max(page.total, 1)), rough(page.page[index])


@column("content words above and below, VIEW")
def content_words_above_and_below(page: JudgedPage, index: int) -> Bins:
    above = page.above[index]
    below = page.total - above - page.content[index]
    return lines_bin(above // 255), lines_bin(below // 255)


@column("content words of the page and line view, VIEW")
def content_words_of_the_page_and_line_view(page: JudgedPage, index: int) -> Bins:
    return page.sure_words_share, fine(page.line[index])


@column("content words of the page, VIEW")
def content_words_of_the_page(page: JudgedPage, index: int) -> Bins:
    return page.sure_words_share, fine(page.page[index])


@column("content lines of the page and line view, VIEW")
def content_lines_of_the_page_and_line_view(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.sure_lines_ratio), fine(page.line[index])


@column("content lines of the page, VIEW")
def content_lines_of_the_page(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.sure_lines_ratio), fine(page.page[index])


@column("lines of the page, VIEW")
def lines_of_the_page(page: JudgedPage, index: int) -> Bins:
    return lines_bin(page.n), fine(page.page[index])


@column("lines of the page, line view")
def lines_of_the_page_line_view(page: JudgedPage, index: int) -> Bins:
    return lines_bin(page.n), fine(page.line[index])


def _segment(page: JudgedPage, index: int) -> str:
    first, last = page.stretch
    return "before" if index < first else "after" if index > last else "inside"


@column("main stretch, VIEW")
def main_stretch(page: JudgedPage, index: int) -> Bins:
    return _segment(page, index), fine(page.page[index])


@column("main stretch, line view and content lines, VIEW")
def main_stretch_line_view_and_content_lines(page: JudgedPage, index: int) -> Bins:
    return _segment(page, index), fine(page.line[index]), bisect_right(_SIDE_EDGES, page.sure_lines_ratio)


@column("lines from the main stretch, VIEW")
def lines_from_the_main_stretch(page: JudgedPage, index: int) -> Bins:
    first, last = page.stretch
    if index < first or index > last:
        side, distance = ("before", first - index) if index < first else ("after", index - last)
        return f"{_FAR_RANGES[range_bin(_FAR_RANGES, min(distance, 63))]} {side}", rough(page.page[index])
    place = "only" if first == last else "first" if index == first else "last" if index == last else "inside"
    return place, rough(page.page[index])


@column("lines from sure content, VIEW")
def lines_from_sure_content(page: JudgedPage, index: int) -> Bins:
    above = [index - strong for strong in page.strong if strong <= index]
    below = [strong - index for strong in page.strong if strong >= index]
    far = [1 + range_bin(_FAR_RANGES, min(*side, 63)) if side else 0 for side in (above, below)]
    return far[0], far[1], rough(page.page[index])


@column("line view, words")
def line_view_words(page: JudgedPage, index: int) -> Bins:
    return fine(page.line[index]), page.lines[index].coarse


@column(r"line view of line ([+-]\d+)")
def line_view_of_line(offset: int, page: JudgedPage, index: int) -> Bins:
    return _neighbour(page.line, offset, index, fine), rough(page.line[index])


@column("content within the block, VIEW")
def content_within_the_block(page: JudgedPage, index: int) -> Bins:
    low, high = page.block(index)
    return bisect_right(_SHARE_EDGES, page.ratio(page.content, low, high)), rough(page.page[index])


@column("lines of the block")
def lines_of_the_block(page: JudgedPage, index: int) -> Bins:
    low, high = page.block(index)
    return lines_bin(high - low), "first" if index == low else "later", page.lines[index].coarse


# Features and scores ------------------------------------------------------------------------------------------------


class LineFeatures(NamedTuple):
    """Everything the package computes of a line that is not blank before any weight is known.

    Attributes
    ----------
    line : Line
    columns : list of int
        Bins of `features.COLUMNS`.
    """

    line: Line
    columns: list[int]


def reference_features(page: str, phrases: PhraseTable | Phrases) -> list[LineFeatures]:
    """Features of the lines of a page that are not blank.

    >>> first, second = reference_features("READ MORE:\\n\\nRain fell.", PhraseTable.compile([["read more"]]))
    >>> [column.bin_name(bin) for column, bin in zip(COLUMNS, first.columns)][1]
    '2, capital, colon'
    >>> [PLACES[place] for place, family in first.line.phrases]
    ['whole line of 2']
    """
    lines = lines_of(page, phrases if isinstance(phrases, Phrases) else Phrases(phrases))
    return [LineFeatures(line, columns_of(lines, index)) for index, line in enumerate(lines)]


def columns_of(lines: Sequence[Line], index: int) -> list[int]:
    own = [flat(c, function_of(c.name)(lines[index])) for c in OWN_COLUMNS]
    return own + [flat(c, function_of(c.name)(lines, index)) for c in COLUMNS[len(OWN_COLUMNS) :]]


def reference_judge_columns(
    lines: Sequence[Line], line: Sequence[int], page: Sequence[int], *, first: bool = True
) -> list[list[int]]:
    """Bins of a round's columns for each line of a page, from both views' scores in 1/256 log-odds."""
    judged = JudgedPage(lines, line, page)
    columns = context.FIRST_COLUMNS if first else context.SECOND_COLUMNS[len(context.FIRST_COLUMNS) :]
    return [[flat(c, function_of(c.name)(judged, index)) for c in columns] for index in range(len(lines))]


class Weights:
    """A model's weights as Python lists."""

    def __init__(self, model: LineModel) -> None:
        self.arrays: dict[str, Any] = {name: array.tolist() for name, array in model.arrays.items() if not name.startswith("phrase_")}
        self.phrases = Phrases(model.phrases)

    def view(self, side: str, found: LineFeatures) -> int:
        """A view's score of a line in 1/256 log-odds; the line view knows no columns of place."""
        weights = {name: self.arrays[f"{side}_{name}"] for name in ("columns", "phrases", "words", "pairs", "edges", "intercept")}
        score: int = weights["intercept"][0]
        known = COLUMNS if side == "page" else OWN_COLUMNS
        score += column_sum(weights["columns"], known, found.columns[: len(known)])
        score += sum(weights["edges"][slot] for slot in found.line.edges)
        score += sum(weights["phrases"][0][place] + weights["phrases"][family + 1][place] for place, family in found.line.phrases)
        words = sum(weights["words"][slot] for slot in found.line.word_slots) + sum(weights["pairs"][slot] for slot in found.line.pair_slots)
        root = round(2**14 / math.sqrt(max(found.line.n_all, 1)))
        return score + (words * root >> 14)

    def judge(self, found: Sequence[LineFeatures]) -> list[int]:
        """Final scores of a page's lines in 1/256 log-odds."""
        lines = [features.line for features in found]
        line, page = ([self.view(side, features) for features in found] for side in ("line", "page"))
        bins = reference_judge_columns(lines, line, page)
        first, second = (
            [self.arrays[f"{name}_intercept"][0] + column_sum(self.arrays[f"{name}_columns"], context.FIRST_COLUMNS, row) for row in bins]
            for name in ("first", "second")
        )
        later = context.SECOND_COLUMNS[len(context.FIRST_COLUMNS) :]
        weights = self.arrays["second_columns"][sum(column.size for column in context.FIRST_COLUMNS) :]
        again = reference_judge_columns(lines, line, first, first=False)
        return [score + column_sum(weights, later, row) for score, row in zip(second, again, strict=True)]


def column_sum(weights: Sequence[int], columns: Sequence[Column], bins: Sequence[int]) -> int:
    """Sum of the weights of bins; the columns' weights stand one after the other."""
    total = offset = 0
    for column, place in zip(columns, bins, strict=True):
        total += weights[offset + place]
        offset += column.size
    return total


@cache
def weights_of(model: LineModel) -> Weights:
    return Weights(model)


def reference_scores(pages: Sequence[str], model: LineModel) -> list[list[tuple[int, int, float]]]:
    """Start, end and score of every line of each page; 0 for a blank one, as `cleantext.score_lines` has it."""
    weights = weights_of(model)
    result = []
    for page in pages:
        found = reference_features(page, weights.phrases)
        scores = dict.fromkeys(split_lines(page), 0.0)
        for features, score in zip(found, weights.judge(found), strict=True):
            scores[features.line.span] = 1 / (1 + math.exp(-min(max(score, -4096), 4096) / 256))
        result.append([(start, end, score) for (start, end), score in scores.items()])
    return result


@cache
def _shipped() -> LineModel:
    return LineModel.load()


def score_page(text: str) -> list[float]:
    """Scores of a page's lines by the model that ships with the package."""
    return [score for _, _, score in reference_scores([text], _shipped())[0]]
