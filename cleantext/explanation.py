"""Why a line was kept or dropped: the features that spoke most, each with its log-odds."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

import numpy as np

from . import context, expected, features
from .arguments import check_count, check_text, chosen_model
from .features import COLUMNS, N_EDGES, OWN_COLUMNS, PLACES
from .line_columns import NEAR_LINES
from .lines import char_offsets, make_block
from .links import blank_links
from .model import COLUMN_OFFSETS, JUDGE_OFFSETS, SCALE_BITS, WORD_SCALE, LineModel, View, probability
from .strip import Threshold
from .tokens import IntArray, tokenize
from .views import NEAR_STEP

_EDGE_NAMES = ("first word", "first words", "last word", "last words", "whole line")


class ExplainedLine(NamedTuple):
    """A line that is not blank, and why.

    Attributes
    ----------
    start, end : int
        Str indices into the page.
    text : str
    score : float
        P(content), moved up on pages of which little is certain (`expected`).
    keep : bool
    contributions : tuple of (str, float)
        The features that spoke most, strongest first, in log-odds: above zero for content, below for furniture. A name begins
        with who speaks: ``line`` and ``page`` are the views of the line, ``judge`` weighs them and the state of the page.
    """

    start: int
    end: int
    text: str
    score: float
    keep: bool
    contributions: tuple[tuple[str, float], ...]


class Explanation(tuple[ExplainedLine, ...]):
    """Explained lines of a page, in order; a notebook shows them as a table."""

    __slots__ = ()

    def _repr_html_(self) -> str:
        rows = []
        for line in self:
            why = ", ".join(f"{escape(name)}&nbsp;{value:+.1f}" for name, value in line.contributions)
            style = "" if line.keep else ' style="opacity:.55"'
            mark = "keep" if line.keep else "drop"
            rows.append(f"<tr{style}><td>{mark}</td><td>{line.score:.2f}</td><td>{escape(line.text)}</td><td>{why}</td></tr>")
        head = "<tr><th></th><th>score</th><th>line</th><th>what spoke most</th></tr>"
        return f"<table>{head}{''.join(rows)}</table>"


def explain(text: str, *, threshold: Threshold = None, model: LineModel | None = None, top: int = 6) -> Explanation:
    """Explain the decision on every line of a page that is not blank.

    Parameters
    ----------
    text : str
        A page; any str is legal.
    threshold, model
        As for `strip_boilerplate`.
    top : int
        How many features to name for each line, 0 or more.

    Returns
    -------
    Explanation
        A tuple of `ExplainedLine`.

    Raises
    ------
    TypeError
        If `text` is not a str, or a setting is of another type.
    ValueError
        If `threshold` or `top` is not valid.

    Examples
    --------
    >>> line, = explain("Advertisement")
    >>> line.text, line.keep, line.contributions[0][1] < 0
    ('Advertisement', False, True)
    """
    model = chosen_model(model)
    limit = model.threshold(threshold)
    top = check_count("top", top, 0)
    block = make_block([check_text(text)])
    own = features.own_features(block.data, block.start, block.end, model.phrases)
    first_row = np.searchsorted(own.row, block.first_line)
    place = features.place_columns(own, own.row, first_row)
    pages = context.Pages(first_row, own.row)
    near = features.near_rows(own, pages)
    line_view, page_view = model.views.own_scores(own)
    page_view = page_view + model.views.around_scores(own, model.views.near_sums(own), pages)
    judge = context.judge_columns(own, line_view, page_view, pages)
    judged = model.judge.scores(own, line_view, page_view, pages)
    page_f1, shift = (int(values[0]) for values in expected.page_shifts(judged, own.n_words, pages))
    score = probability(judged + shift)
    of_page = [(f"judge: expected F1 of the page ({page_f1 / context.SCALE:.2f})", shift / context.SCALE)] if shift else []

    start = char_offsets(block.data, block.start[own.row], int(block.page_start[0])).tolist()
    end = char_offsets(block.data, block.end[own.row], int(block.page_start[0])).tolist()
    words = _words(blank_links(block.data))
    own_columns = own.columns
    lines = []
    for row in range(len(own.row)):
        found = [
            *_columns(row, "line", OWN_COLUMNS, own_columns, COLUMN_OFFSETS, model.views.line.columns),
            *_view(row, "line", model.views.line, own, words, model.families),
            *_columns(row, "page", OWN_COLUMNS, own_columns, COLUMN_OFFSETS, model.views.page.columns),
            *_view(row, "page", model.views.page, own, words, model.families),
            *_columns(row, "page", COLUMNS[len(OWN_COLUMNS) :], place, COLUMN_OFFSETS[len(OWN_COLUMNS) :], model.views.page.columns),
            *_near(near[:, row].tolist(), model.views.page, own),
            *_columns(row, "judge", context.JUDGE_COLUMNS, judge, JUDGE_OFFSETS, model.arrays["judge_columns"]),
            *of_page,
        ]
        found.sort(key=lambda item: (-abs(item[1]), item[0]))
        value = float(score[row])
        lines.append(ExplainedLine(start[row], end[row], text[start[row] : end[row]], value, value >= limit, tuple(found[:top])))
    return Explanation(lines)


def _words(data: bytes) -> list[str]:
    tokens = tokenize(data)
    return [data[start:end].decode("utf-8", "replace") for start, end in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]


def _columns(
    row: int, speaker: str, columns: tuple[features.Column, ...], bins: IntArray, offsets: IntArray, weights: np.ndarray
) -> Iterator[tuple[str, float]]:
    for column, values, offset in zip(columns, bins, offsets.tolist(), strict=False):
        weight = int(weights[offset + int(values[row])])
        if weight:
            yield f"{speaker}: {column.name} ({column.bin_name(int(values[row]))})", weight / context.SCALE


def _view(
    row: int, speaker: str, view: View, own: features.OwnFeatures, words: list[str], families: tuple[str, ...]
) -> Iterator[tuple[str, float]]:
    for index in np.flatnonzero(own.phrase_row == row).tolist():
        family, place = int(own.phrase_family[index]), int(own.phrase_place[index])
        weight = int(view.phrases[family + 1, place]) + int(view.phrases[0, place])
        yield f"{speaker}: {families[family]} phrase ({PLACES[place]})", weight / context.SCALE
    for name, slots in zip(_EDGE_NAMES, own.edge, strict=True):
        weight = int(view.edges[slots[row]])
        if weight:
            yield f"{speaker}: {name}", weight / context.SCALE
    low, high = int(own.first_word[row]), int(own.stop_word[row])
    scale = int(WORD_SCALE[high - low]) / (1 << SCALE_BITS)
    for index in range(low, high):
        for name, weights, slots, begin, end in (
            ("", view.words, own.word, index, index + 1),
            ("", view.pairs, own.pair, index, index + 2),
            ("form of ", view.forms, own.form, max(index - 2, low), index + 1),
        ):
            if end <= high and (weight := int(weights[slots[index]])):
                text = " ".join(words[begin:end])
                spoken = f"{name}\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"
                yield f"{speaker}: {spoken}", weight * scale / context.SCALE


def _near(near: list[int], view: View, own: features.OwnFeatures) -> Iterator[tuple[str, float]]:
    """What the words of other lines say of a line, given the rows those are, -1 for none."""
    for line, row, weights in zip(NEAR_LINES, near, view.near, strict=True):
        if row < 0:
            if weight := int(weights[0]):
                yield f"page: no {line}", N_EDGES * NEAR_STEP * weight / context.SCALE
            continue
        for name, slots in zip(_EDGE_NAMES, own.edge, strict=True):
            if weight := int(weights[slots[row]]):
                yield f"page: {line}, {name}", weight * NEAR_STEP / context.SCALE
