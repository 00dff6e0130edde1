"""Features and scores once more, line by line and word by word in plain Python: slow, and short enough to be believed.

Two uses: the oracle of the tests (what numpy does to whole blocks must equal what is written here, on any text), and the baseline
"the same features in Python" of ``benchmarks/speed.py``. It shares with the package only what is data: the tables of character
classes and case, the names of columns and bins, the compiled phrases and a model's weights. It works on characters where the
package works on bytes, and on one page where the package works on blocks.

Every column of `features.COLUMNS` and `context.JUDGE_COLUMNS` is one function, found by the column's name. It returns a place on
each of the column's axes, as a bin's name or as its number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple

import reference_columns  # noqa: F401 - registers its columns
from reference_bins import flat, function_of
from reference_judge import JudgedPage, headline, probability
from reference_lines import Line, PageLines, Phrases, lines_of, split_lines

from cleantext import context
from cleantext.features import COLUMNS, OWN_COLUMNS, Column
from cleantext.model import LineModel
from cleantext.phrasetable import PhraseTable


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

    >>> from cleantext.features import PLACES
    >>> first, second = reference_features("READ MORE:\\n\\nRain fell.", PhraseTable.compile([["read more"]]))
    >>> [column.bin_name(bin) for column, bin in zip(COLUMNS, first.columns)][1]
    '2, capital, colon'
    >>> [PLACES[place] for place, family in first.line.phrases]
    ['whole line of 2, capitalised']
    """
    lines = lines_of(page, phrases if isinstance(phrases, Phrases) else Phrases(phrases))
    return [LineFeatures(line, columns_of(lines, index)) for index, line in enumerate(lines)]


def columns_of(lines: PageLines, index: int) -> list[int]:
    own = [flat(c, function_of(c.name)(lines[index])) for c in OWN_COLUMNS]
    return own + [flat(c, function_of(c.name)(lines, index)) for c in COLUMNS[len(OWN_COLUMNS) :]]


def reference_judge_columns(lines: PageLines, line: Sequence[int], page: Sequence[int]) -> list[list[int]]:
    """Bins of the judge's columns for each line of a page, from both views' scores in 1/256 log-odds."""
    return judge_columns_of(JudgedPage(lines, line, page))


def judge_columns_of(page: JudgedPage) -> list[list[int]]:
    return [[flat(c, function_of(c.name)(page, index)) for c in context.JUDGE_COLUMNS] for index in range(page.n)]


class Weights:
    """A model's weights as Python lists."""

    def __init__(self, model: LineModel) -> None:
        self.arrays: dict[str, Any] = {name: array.tolist() for name, array in model.arrays.items() if not name.startswith("phrase_")}
        self.phrases = Phrases(model.phrases)

    def view(self, side: str, found: LineFeatures) -> int:
        """A view's score of a line in 1/256 log-odds; the line view knows no columns of place."""
        weights = {name: self.arrays[f"{side}_{name}"] for name in ("columns", "phrases", "words", "pairs", "edges", "forms", "intercept")}
        score: int = weights["intercept"][0]
        known = COLUMNS if side == "page" else OWN_COLUMNS
        score += column_sum(weights["columns"], known, found.columns[: len(known)])
        score += sum(weights["edges"][slot] for slot in found.line.edges)
        score += sum(weights["phrases"][0][place] + weights["phrases"][family + 1][place] for place, family in found.line.phrases)
        words = sum(weights["words"][slot] for slot in found.line.word_slots)
        words += sum(weights["pairs"][slot] for slot in found.line.pair_slots)
        words += sum(weights["forms"][slot] for slot in found.line.form_slots)
        n_words = max(found.line.n_all, 1)
        scale = round(2**14 / max(math.sqrt(n_words), n_words / math.sqrt(24)))
        score += words * scale >> 14
        return score

    def near(self, lines: PageLines, index: int) -> int:
        """What the page view adds for the words of lines near one, in 1/256 log-odds."""
        score = 0
        for weights, line in zip(self.arrays["page_near"], lines.near(index), strict=True):
            score += 4 * sum(weights[slot] for slot in (line.edges if line else [0] * 5))
        return score

    def judge(self, found: Sequence[LineFeatures]) -> tuple[list[int], list[bool]]:
        """What the judge says of a page's lines, in 1/256 log-odds, and which are not moved down with their page."""
        lines = PageLines(one.line for one in found)
        line = [self.view("line", one) for one in found]
        page = [self.view("page", one) + self.near(lines, index) for index, one in enumerate(found)]
        intercept, weights = self.arrays["judge_intercept"][0], self.arrays["judge_columns"]
        judged = JudgedPage(lines, line, page)
        scores = [intercept + column_sum(weights, context.JUDGE_COLUMNS, row) for row in judge_columns_of(judged)]
        first, last = judged.stretch
        return scores, [first <= index <= last or headline(judged, index) not in ("no", "to 10 %") for index in range(judged.n)]


def column_sum(weights: Sequence[int], columns: Sequence[Column], bins: Sequence[int]) -> int:
    """Sum of the weights of bins; the columns' weights stand one after the other."""
    total = offset = 0
    for column, place in zip(columns, bins, strict=True):
        total += weights[offset + place]
        offset += column.size
    return total


def page_shift(judged: Sequence[int], words: Sequence[int]) -> int:
    """What the log-odds of a page's lines are moved by, in 1/256, for the best F1 that can be expected of keeping the likeliest ones."""
    lines = [(probability(score), count) for score, count in zip(judged, words, strict=True)]
    content = sum(chance * count for chance, count in lines)
    best = Fraction(0)
    for threshold in range(48, 129, 4):
        kept = [(chance, count) for chance, count in lines if chance >= threshold]
        total = 255 * sum(count for _, count in kept) + content
        if total:
            best = max(best, Fraction(2 * sum(chance * count for chance, count in kept), total))
    # (The last threshold keeps all lines that another one does not.)
    if words:
        best = max(best, Fraction(2 * content, max(255 * sum(words) + content, 1)))
    lowest = 0.34 if content < 255 * 20 and len(lines) > 3 else 0.19
    n_furniture = sum(chance < 0.05 * 255 for chance, _ in lines)
    own = min(max(int(256 * best) / 512, lowest), 0.36 + 0.14 * min(n_furniture, 20) / 20)
    return round(256 * (math.log(0.36 / 0.64) - math.log(own / (1 - own))))


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
        judged, spared = weights.judge(found)
        shift = page_shift(judged, [one.line.n_words for one in found])
        for one, score, is_spared in zip(found, judged, spared, strict=True):
            moved = score + (max(shift, 0) if is_spared else shift)
            scores[one.line.span] = 1 / (1 + math.exp(-min(max(moved, -4096), 4096) / 256))
        result.append([(start, end, score) for (start, end), score in scores.items()])
    return result


@cache
def _shipped() -> LineModel:
    return LineModel.load()


def score_page(text: str) -> list[float]:
    """Scores of a page's lines by the model that ships with the package."""
    return [score for _, _, score in reference_scores([text], _shipped())[0]]
