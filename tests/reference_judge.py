"""Columns of the judge, see `reference`."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache, cached_property

from reference_bins import Bins, column, range_bin
from reference_lines import PageLines

from cleantext.headline import SEEN, WEIGHTS
from cleantext.judge_columns import ECHO, TOPICAL
from cleantext.line_columns import COARSE_BINS

_SHARE_EDGES = (8, 21, 39, 64, 90, 128, 166, 192, 217, 235, 248)  # of 255
_SIDE_EDGES = (13, 39, 77, 128, 179, 217)  # of 255
_LINE_RANGES = ("1", "2-3", "4-6", "7-12", "13-25", "26-50", "51-100", "101-200", "201-400", "over 400")
# The weights are taken as they are; what is done with them is written anew.
_LEAST = sum(min(WEIGHTS[fact.name].get(name, 0) for name in fact.bins) for fact in SEEN)
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


def greatest_stretch(gains: Sequence[int]) -> tuple[int, int]:
    """First and last index of the stretch with the greatest sum; the first that ends, then the shortest."""
    best, sum_here, first, result = -math.inf, 0, 0, (0, 0)
    for index, gain in enumerate(gains):
        if sum_here <= 0:
            sum_here, first = 0, index
        sum_here += gain
        if sum_here > best:
            best, result = sum_here, (first, index)
    return result


class JudgedPage:
    """A page's lines with both views' scores.

    Parameters
    ----------
    lines : PageLines
    line, page : sequence of int
        Scores in 1/256 log-odds.
    """

    def __init__(self, lines: PageLines, line: Sequence[int], page: Sequence[int]) -> None:
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
        return greatest_stretch([2 * content - 255 * words for words, content in zip(self.words, self.content, strict=True)])

    @cached_property
    def likelihoods(self) -> list[int]:
        """Of being the headline, of the lines up to the first of the stretch."""
        return [_likelihood(self, index) for index in range(self.stretch[0] + 1)]

    @cached_property
    def core(self) -> tuple[int, int]:
        """The same where a line must be content with a probability of 0.8 to speak for it."""
        return greatest_stretch([content - 204 * words for words, content in zip(self.words, self.content, strict=True)])

    @cached_property
    def core_percent(self) -> int:
        first, last = self.core
        return 100 * sum(self.content[first : last + 1]) // max(sum(self.content), 1)

    @cached_property
    def level(self) -> int:
        """Mean score of the lines more likely content than not, by their content."""
        strong = [(content, score) for content, score in zip(self.content, self.page, strict=True) if probability(score) > 127]
        return sum(content * score for content, score in strong) // max(sum(content for content, _ in strong), 1)

    @cached_property
    def echoes(self) -> list[tuple[int, int]]:
        """For each line, how many of its topical words come back in content elsewhere, and how many it has."""
        topical = [one.topical for one in self.lines]
        total = sum(map(len, topical))
        bits = max(6, min(23, (2 * total - 1).bit_length() if total else 0))
        slots = [[key >> (32 - bits) for key in keys] for keys in topical]
        asked = [score if words >= 6 else 0 for score, words in zip(self.sure_score, self.words, strict=True)]
        table: Counter[int] = Counter()
        for some, score in zip(slots, asked, strict=True):
            for slot in some:
                table[slot] += score
        return [(sum(table[slot] - score >= 128 for slot in some), len(some)) for some, score in zip(slots, asked, strict=True)]

    @cached_property
    def sure_words_share(self) -> int:
        return bisect_right(_SHARE_EDGES, sum(self.sure) // max(sum(self.words), 1))

    @cached_property
    def sure_lines_ratio(self) -> int:
        """Mean probability of the lines by the more doubtful view, in 1/255."""
        return sum(self.sure_score) // self.n

    @cached_property
    def n_furniture(self) -> int:
        """Lines that both views put under -2 log-odds."""
        return sum(max(scores) < -512 for scores in zip(self.line, self.page, strict=True))

    @cached_property
    def begin_small(self) -> str:
        """Share of the lines that begin with a small letter."""
        share = 255 * sum(one.start in ("small letter", "accented small") for one in self.lines) // self.n
        return ("to 3 %", "to 10 %", "to 25 %", "to 50 %", "to 80 %", "over 80 %")[bisect_right((8, 26, 64, 128, 204), share)]

    @cached_property
    def run_shares(self) -> dict[int, int]:
        """Content of each run of several lines, by its first line, in 1/255 of its words."""
        return {low: self.ratio(self.content, low, high) for low, high in dict.fromkeys(self.lines.runs) if high - low > 1}

    @cached_property
    def words_per_line(self) -> int:
        return sum(self.words) // self.n

    def ratio(self, part: Sequence[int], low: int, high: int) -> int:
        """Part of the words of lines low:high, in 1/255."""
        return sum(part[low:high]) // max(sum(self.words[low:high]), 1)


@column("line view and page view")
def line_view_and_view(page: JudgedPage, index: int) -> Bins:
    return fine(page.line[index]), fine(page.page[index])


@column("page view, words")
def view_words(page: JudgedPage, index: int) -> Bins:
    return fine(page.page[index]), page.lines[index].coarse


def _neighbour(scores: Sequence[int], offset: int, index: int, scale: Callable[[int], int]) -> int:
    """Bin of a neighbour's score; 0 stands for "none"."""
    return scale(scores[index + offset]) + 1 if 0 <= index + offset < len(scores) else 0


@column(r"page view of line ([+-]\d+)")
def view_of_line(offset: int, page: JudgedPage, index: int) -> Bins:
    return _neighbour(page.page, offset, index, fine), rough(page.page[index])


@column(r"content within (\d+) lines")
def content_within(size: int, page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.ratio(page.content, max(index - size, 0), index + size + 1)), rough(page.page[index])


@column(r"sure content within (\d+) lines")
def sure_content_within(size: int, page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.ratio(page.sure, max(index - size, 0), index + size + 1)), rough(page.line[index])


@column("content words of the page, line view")
def content_words_of_the_page_and_line_view(page: JudgedPage, index: int) -> Bins:
    return page.sure_words_share, fine(page.line[index])


@column("content words of the page, page view")
def content_words_of_the_page(page: JudgedPage, index: int) -> Bins:
    return page.sure_words_share, fine(page.page[index])


@column("content lines of the page, line view")
def content_lines_of_the_page_and_line_view(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.sure_lines_ratio), fine(page.line[index])


@column("content lines of the page, page view")
def content_lines_of_the_page(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, page.sure_lines_ratio), fine(page.page[index])


@column("lines of the page, page view")
def lines_of_the_page(page: JudgedPage, index: int) -> Bins:
    return lines_bin(page.n), fine(page.page[index])


@column("sure furniture of the page, line view")
def sure_furniture_of_the_page_and_line_view(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, 255 * page.n_furniture // page.n), fine(page.line[index])


@column("sure furniture of the page, page view")
def sure_furniture_of_the_page(page: JudgedPage, index: int) -> Bins:
    return bisect_right(_SHARE_EDGES, 255 * page.n_furniture // page.n), fine(page.page[index])


@column("lines of sure furniture, line view")
def lines_of_sure_furniture_and_line_view(page: JudgedPage, index: int) -> Bins:
    return lines_bin(page.n_furniture), fine(page.line[index])


@column("lines of the page, line view")
def lines_of_the_page_line_view(page: JudgedPage, index: int) -> Bins:
    return lines_bin(page.n), fine(page.line[index])


@column("lines of the page that begin small, line view")
def lines_that_begin_small_line_view(page: JudgedPage, index: int) -> Bins:
    return page.begin_small, fine(page.line[index])


@column("lines of the page that begin small, page view")
def lines_that_begin_small_page_view(page: JudgedPage, index: int) -> Bins:
    return page.begin_small, fine(page.page[index])


def _segment(page: JudgedPage, index: int) -> str:
    first, last = page.stretch
    return "before" if index < first else "after" if index > last else "inside"


@column("main stretch, page view")
def main_stretch(page: JudgedPage, index: int) -> Bins:
    return _segment(page, index), fine(page.page[index])


@column("main stretch, line view and content lines")
def main_stretch_line_view_and_content_lines(page: JudgedPage, index: int) -> Bins:
    return _segment(page, index), fine(page.line[index]), bisect_right(_SIDE_EDGES, page.sure_lines_ratio)


def _border(page: JudgedPage, index: int) -> str:
    first, last = page.stretch
    if index < first or index > last:
        side, distance = ("before", first - index) if index < first else ("after", index - last)
        return f"{_FAR_RANGES[range_bin(_FAR_RANGES, min(distance, 63))]} {side}"
    return "only" if first == last else "first" if index == first else "last" if index == last else "inside"


@column("lines from the main stretch")
def lines_from_the_main_stretch(page: JudgedPage, index: int) -> Bins:
    return _border(page, index), rough(page.page[index])


@column("line view, words")
def line_view_words(page: JudgedPage, index: int) -> Bins:
    return fine(page.line[index]), page.lines[index].coarse


@column(r"line view of line ([+-]\d+)")
def line_view_of_line(offset: int, page: JudgedPage, index: int) -> Bins:
    return _neighbour(page.line, offset, index, fine), rough(page.line[index])


@column("content within the block")
def content_within_the_block(page: JudgedPage, index: int) -> Bins:
    low, high = page.lines.blocks[index]
    return bisect_right(_SHARE_EDGES, page.ratio(page.content, low, high)), rough(page.page[index])


@column("lines of the block")
def lines_of_the_block(page: JudgedPage, index: int) -> Bins:
    low, high = page.lines.blocks[index]
    return lines_bin(high - low), "first" if index == low else "later", page.lines[index].coarse


@column("phrase share, line view")
def phrase_share_line_view(page: JudgedPage, index: int) -> Bins:
    return page.lines[index].phrase_share, fine(page.line[index])


_PROSE_RANGES = ("to 2", "3-4", "5-7", "8-11", "12-15", "16-21", "22-29", "30-44", "over 44")


@column("words per line of the page, line view")
def words_per_line_of_the_page_line_view(page: JudgedPage, index: int) -> Bins:
    return range_bin(_PROSE_RANGES, page.words_per_line), fine(page.line[index])


@column("words per line of the page, shape")
def words_per_line_of_the_page_shape(page: JudgedPage, index: int) -> Bins:
    return range_bin(_PROSE_RANGES, page.words_per_line), page.lines[index].shape


@column("shape between paragraphs")
def shape_between_paragraphs(page: JudgedPage, index: int) -> Bins:
    below = index > 0 and page.lines[index - 1].is_paragraph
    above = index + 1 < page.n and page.lines[index + 1].is_paragraph
    between = ("elsewhere", "below a paragraph", "above a paragraph", "between paragraphs")[below + 2 * above]
    return between, page.lines[index].shape


def _breaks(page: JudgedPage, index: int) -> str:
    first, last = page.core
    if first <= index <= last:
        return "inside"
    side, between = ("before", page.page[index + 1 : first]) if index < first else ("after", page.page[last + 1 : index])
    number = sum(score < -256 for score in between)
    return f"{_FAR_RANGES[range_bin(_FAR_RANGES, min(number, 63))]} {side}"


@column("breaks before the core, page view")
def breaks_before_the_core_page_view(page: JudgedPage, index: int) -> Bins:
    return _breaks(page, index), rough(page.page[index])


@column("breaks before the core, line view")
def breaks_before_the_core_line_view(page: JudgedPage, index: int) -> Bins:
    return _breaks(page, index), rough(page.line[index])


@column("breaks before the core, content within it")
def breaks_before_the_core_content_within_it(page: JudgedPage, index: int) -> Bins:
    return _breaks(page, index), bisect_right((30, 50, 65, 80, 90, 95), page.core_percent)


def _against(page: JudgedPage, index: int) -> int:
    edges = (-7, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, 0, 0.5, 1)
    return bisect_right(edges, (page.page[index] - page.level) / 256)


@column("page view against the page's content")
def page_view_against_the_pages_content(page: JudgedPage, index: int) -> Bins:
    return _against(page, index), bisect_right((0.5, 1, 1.5, 2, 2.5, 3, 4), page.level / 256)


@column("page view against the page's content, line view")
def page_view_against_the_pages_content_line_view(page: JudgedPage, index: int) -> Bins:
    return _against(page, index), rough(page.line[index])


def _echo(page: JudgedPage, index: int) -> tuple[int, int]:
    back, number = page.echoes[index]
    share = -(-20 * back // number) if number else 0
    return bisect_right((1, 4, 7, 10, 13, 16, 20), share), bisect_right((1, 2, 3, 5, 9, 17), number)


@column("words that come back, page view")
def words_that_come_back_page_view(page: JudgedPage, index: int) -> Bins:
    return *_echo(page, index), rough(page.page[index])


@column("words that come back, line view")
def words_that_come_back_line_view(page: JudgedPage, index: int) -> Bins:
    return *_echo(page, index), rough(page.line[index])


def _above(page: JudgedPage, index: int) -> str:
    border = _border(page, index)
    return border if border == "first" or border.endswith("before") else "none"


@column("words that come back, lines above the main stretch")
def words_that_come_back_lines_above_the_main_stretch(page: JudgedPage, index: int) -> Bins:
    return *_echo(page, index), _above(page, index)


def _likelihood(page: JudgedPage, index: int) -> int:
    """How likely a line above the main stretch, or its first, is to be the headline."""
    echo, number = _echo(page, index)
    line = page.lines[index]
    if echo < 4 or number < 2 or line.n_words > (13 if line.end_type == "stop" else 23):
        return 0
    names = (ECHO.bins[echo], TOPICAL.bins[number], _border(page, index), COARSE_BINS[line.coarse], line.end_type, line.start)
    steps = sum(WEIGHTS[fact.name].get(name, 0) for fact, name in zip(SEEN, names, strict=True))
    return round(math.exp((steps - _LEAST) / 16))


def headline(page: JudgedPage, index: int) -> str:
    """How much of the likelihood of the lines above the main stretch, and of its first, is this one's."""
    if index >= len(page.likelihoods) or not page.likelihoods[index]:
        return "no"
    share = 100 * page.likelihoods[index] // sum(page.likelihoods)
    return "to 10 %" if share < 10 else "to 35 %" if share < 35 else "to 65 %" if share < 65 else "over 65 %"


@column("run, page view")
def run_page_view(page: JudgedPage, index: int) -> Bins:
    return page.lines.run_bins[index], rough(page.page[index])


@column("run, line view")
def run_line_view(page: JudgedPage, index: int) -> Bins:
    return page.lines.run_bins[index], rough(page.line[index])


@column("content within the run")
def content_within_the_run(page: JudgedPage, index: int) -> Bins:
    low, _ = page.lines.runs[index]
    share = 1 + bisect_right(_SHARE_EDGES, page.run_shares[low]) if low in page.run_shares else 0
    return share, rough(page.page[index])


@column("likely headline, page view")
def likely_headline_page_view(page: JudgedPage, index: int) -> Bins:
    return headline(page, index), rough(page.page[index])


@column("likely headline, line view")
def likely_headline_line_view(page: JudgedPage, index: int) -> Bins:
    return headline(page, index), rough(page.line[index])


@column("likely headline, lines above the main stretch")
def likely_headline_lines_above_the_main_stretch(page: JudgedPage, index: int) -> Bins:
    return headline(page, index), _above(page, index)
