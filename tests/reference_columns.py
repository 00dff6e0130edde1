"""Columns of a line itself and of its place on the page, see `reference`."""

from __future__ import annotations

import re
from bisect import bisect_right

from reference_bins import Bins, column, range_bin, share_bin
from reference_lines import Line, PageLines

from cleantext import charclass as cc
from cleantext.line_columns import COUNT_BINS, PLACE_COLUMNS, SECTIONS, WORD_BINS

# Of the line itself


@column("words")
def words(line: Line) -> Bins:
    return (range_bin(WORD_BINS, line.n_words),)


@column("start and end")
def start_and_end(line: Line) -> Bins:
    return line.coarse, line.start, line.end


@column("words and end")
def words_and_end(line: Line) -> Bins:
    return range_bin(WORD_BINS, line.n_words), line.end


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
    return line.coarse, range_bin(COUNT_BINS, line.n_gaps[cc.STOP])


@column("separators")
def separators(line: Line) -> Bins:
    return line.coarse, range_bin(COUNT_BINS, line.n_gaps[cc.PIPE])


@column("signs")
def signs(line: Line) -> Bins:
    return line.coarse, range_bin(COUNT_BINS, sum(line.n_gaps[kind] for kind in (cc.CODE, cc.OPEN, cc.HASH, cc.STAR)))


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
    return line.coarse, line.phrase_share


@column("links")
def links(line: Line) -> Bins:
    """Words before ``](`` or ``)(``, as Markdown's links have them."""
    number = sum(re.match(r"[\])}]\(", line.text[word.end : word.end + 2]) is not None for word in line.words)
    return line.coarse, range_bin(COUNT_BINS, number)


# Of its place


@column("copies on page")
def copies(lines: PageLines, index: int) -> Bins:
    return lines[index].coarse, range_bin(("1", "2", "3-4", "5+"), lines.copies[lines[index].key])


@column("blank lines")
def blank_lines(lines: PageLines, index: int) -> Bins:
    number = lines[index].number
    above = index > 0 and number - lines[index - 1].number > 1
    below = index + 1 < len(lines) and lines[index + 1].number - number > 1
    return lines[index].coarse, ("none", "before", "after", "both")[above + 2 * below]


_DISTANCES = PLACE_COLUMNS[2].axes[0]


@column("lines from top")
def lines_from_top(lines: PageLines, index: int) -> Bins:
    return range_bin(_DISTANCES, index + 1), lines[index].end_type


@column("lines to end")
def lines_to_end(lines: PageLines, index: int) -> Bins:
    return range_bin(_DISTANCES, len(lines) - index), lines[index].end_type


@column("place on page")
def place_on_page(lines: PageLines, index: int) -> Bins:
    return 10 * index // len(lines), lines[index].coarse


@column(r"line ([+-]\d+)")
def neighbour(offset: int, lines: PageLines, index: int) -> Bins:
    if not 0 <= index + offset < len(lines):
        return ("none",)
    return (lines[index + offset].shape,)


@column("line before and after")
def line_before_and_after(lines: PageLines, index: int) -> Bins:
    before = lines[index - 1].coarse + 1 if index else 0
    after = lines[index + 1].coarse + 1 if index + 1 < len(lines) else 0
    return lines[index].coarse, before, after


@column("label (above|below)")
def label(side: str, lines: PageLines, index: int) -> Bins:
    """The nearest other line on that side that is hardly more than a phrase: its family, and how many lines away."""
    others = range(index - 1, -1, -1) if side == "above" else range(index + 1, len(lines))
    for other in others:
        if (family := lines[other].label) is not None:
            distance = range_bin(_LABEL_DISTANCES, abs(other - index))
            return family + 1, distance, lines[index].coarse
    return "none", 0, lines[index].coarse


@column("(dates|replies|related) on page")
def section(name: str, lines: PageLines, index: int) -> Bins:
    """How many labels of a section stand above the line and below it."""
    number = SECTIONS.index(name) + 1
    hits = [number in labels for labels in lines.labels]
    many = ("0", "1", "2", "3-4", "5-9", "10+")
    return range_bin(many, sum(hits[:index])), range_bin(many, sum(hits[index + 1 :])), lines[index].coarse


_LABEL_DISTANCES = ("1", "2", "3", "4-6", "7-12", "13-25", "26-60", "over 60")


@column("run, words")
def run_words(lines: PageLines, index: int) -> Bins:
    return lines.run_bins[index], lines[index].coarse


@column("runs on, shape")
def runs_on_shape(lines: PageLines, index: int) -> Bins:
    low, high = lines.runs[index]
    return ("no", "from above", "below", "both")[(low < index) + 2 * (index + 1 < high)], lines[index].shape
