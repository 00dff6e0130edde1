"""Why a line was kept or dropped: the features that spoke most, each with its log-odds.

Columns that cross the same facts share what they say: "no phrase" has a high weight in lines of three words, and "no comma" a low one
that all such lines have as well. So each column's weight is told as its difference from what the column says of usual lines of as many
words, half of them content, and what usual lines have in common is told as one. The sum stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from . import context, expected, features
from .arguments import check_count, check_text, chosen_model
from .features import COLUMNS, N_EDGES, OWN_COLUMNS, PLACES
from .line_columns import COARSE, COARSE_BINS, NEAR_LINES
from .lines import Block, char_offsets, make_block
from .links import blank_links
from .model import COLUMN_OFFSETS, JUDGE_OFFSETS, SCALE_BITS, WORD_SCALE, LineModel, View, probability
from .plain import plain_lines
from .strip import Threshold
from .tokens import IntArray
from .views import NEAR_STEP

FloatArray = npt.NDArray[np.float64]

_EDGE_NAMES = ("first word", "first words", "last word", "last words", "whole line")


class ExplainedLine(NamedTuple):
    """A line that is not blank, and why.

    Attributes
    ----------
    start, end : int
        Str indices into the page.
    text : str
    score : float
        P(content), moved by what can be expected of its page (`expected`).
    keep : bool
    contributions : tuple of (str, float)
        The features that spoke most, strongest first, in log-odds: above zero for content, below for furniture. A name begins
        with who speaks: ``line`` and ``page`` are the views of the line, ``judge`` weighs them and the state of the page. What
        usual lines of as many words have in common is one of them.
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
    seen = _seen(block, model)
    own = seen.own
    page_f1, page_shift = expected.page_shifts(seen.judged, own.n_words, seen.pages)
    shift = expected.line_shifts(page_shift, seen.spared, seen.pages)
    score = probability(seen.judged + shift)
    of_page = f"judge: expected F1 of the page ({page_f1[0] / context.SCALE:.2f})"
    spoken = [(speaker, *_against_usual(speaker, seen, model)) for speaker in _SPEAKERS]

    start = char_offsets(block.data, block.start[own.row], int(block.page_start[0])).tolist()
    end = char_offsets(block.data, block.end[own.row], int(block.page_start[0])).tolist()
    words = _words(block)
    lines = []
    for row in range(len(own.row)):
        found = [
            *(one for speaker, common, apart in spoken for one in _columns(row, speaker, seen, common, apart)),
            *_view(row, "line", model.views.line, own, words, model.families),
            *_view(row, "page", model.views.page, own, words, model.families),
            *_near(seen.near[:, row].tolist(), model.views.page, own),
            *([(of_page, float(shift[row] / context.SCALE))] if shift[row] else ()),
        ]
        found.sort(key=lambda item: (-abs(item[1]), item[0]))
        value = float(score[row])
        lines.append(ExplainedLine(start[row], end[row], text[start[row] : end[row]], value, value >= limit, tuple(found[:top])))
    return Explanation(lines)


_SPEAKERS = {"line": OWN_COLUMNS, "page": COLUMNS, "judge": context.JUDGE_COLUMNS}
_OFFSETS = {"line": COLUMN_OFFSETS, "page": COLUMN_OFFSETS, "judge": JUDGE_OFFSETS}
_DIGITS = 3  # of log-odds that are kept


class _Seen(NamedTuple):
    """What views and judge see of a block: bins of each speaker's columns, int64 arrays of shape (n_columns, n_rows), and the rest."""

    own: features.OwnFeatures
    pages: context.Pages
    near: IntArray
    bins: dict[str, IntArray]
    judged: IntArray
    spared: npt.NDArray[np.bool_]

    def weights(self, speaker: str, model: LineModel) -> FloatArray:
        """What each column says of each row, in log-odds: shape (n_columns, n_rows)."""
        bins = self.bins[speaker]
        return np.asarray(model.arrays[f"{speaker}_columns"][bins + _OFFSETS[speaker][: len(bins), np.newaxis]] / context.SCALE)


def _seen(block: Block, model: LineModel) -> _Seen:
    own = features.own_features(block.data, block.start, block.end, model.phrases)
    first_row = np.searchsorted(own.row, block.first_line)
    place = features.place_columns(own, own.row, first_row)
    pages = context.Pages(first_row, own.row)
    near = features.near_rows(own, pages)
    line_view, page_view = model.views.own_scores(own)
    page_view = page_view + model.views.around_scores(own, model.views.near_sums(own), pages)
    seen = context.Context(own, line_view, page_view, pages)
    bins = {
        "line": own.columns,
        "page": np.concatenate((own.columns, place)),
        "judge": seen.columns(slice(0, pages.n_rows)),
    }
    return _Seen(own, pages, near, bins, model.judge.scores(seen), expected.spared_rows(seen))


def usual_weights(model: LineModel, pages: Iterable[tuple[str, npt.NDArray[np.int8]]]) -> dict[str, list[list[float]]]:
    """What each column says of usual lines of as many words: the mean of its means over content and over furniture.

    Parameters
    ----------
    model : LineModel
    pages : iterable of (str, int8 array of shape (n_rows,))
        Pages, and for each of their lines that are not blank 1 for content, 0 for furniture, below 0 where that is doubtful.

    Returns
    -------
    dict of str to list of list of float
        For "line", "page" and "judge" log-odds by column and by bin of `line_columns.COARSE`, as a model's header has them under "usual".
    """
    sums = {speaker: np.zeros((2, len(columns), len(COARSE_BINS))) for speaker, columns in _SPEAKERS.items()}
    counts = np.zeros((2, len(COARSE_BINS)))
    for text, label in pages:
        seen = _seen(make_block([text]), model)
        size = seen.own.fact(COARSE)
        for kind in (0, 1):
            rows = np.flatnonzero(label == kind)
            counts[kind] += np.bincount(size[rows], minlength=len(COARSE_BINS))
            for speaker, total in sums.items():
                np.add.at(total[kind].T, size[rows], seen.weights(speaker, model)[:, rows].T)
    means = {speaker: (total / np.maximum(counts, 1)[:, np.newaxis]).sum(axis=0) for speaker, total in sums.items()}
    kinds = np.maximum((counts > 0).sum(axis=0), 1)
    return {speaker: np.round(mean / kinds, _DIGITS).tolist() for speaker, mean in means.items()}


def _against_usual(speaker: str, seen: _Seen, model: LineModel) -> tuple[FloatArray, FloatArray]:
    """What a usual line of as many words gets from all columns, for each row, and how each column differs from that."""
    weights = seen.weights(speaker, model)
    usual = np.array(model.info.get("usual", {}).get(speaker, np.zeros((len(weights), len(COARSE_BINS)))), np.float64)
    if usual.shape != (len(weights), len(COARSE_BINS)):
        raise ValueError(f"line model: usual weights of {speaker} have shape {usual.shape}, expected {(len(weights), len(COARSE_BINS))}")
    usual = usual[:, seen.own.fact(COARSE)]
    return usual.sum(axis=0), weights - usual


def _columns(row: int, speaker: str, seen: _Seen, common: FloatArray, apart: FloatArray) -> Iterator[tuple[str, float]]:
    if value := float(common[row]):
        yield f"{speaker}: usual line of {COARSE_BINS[int(seen.own.fact(COARSE)[row])]} words", value
    for column, bins, values in zip(_SPEAKERS[speaker], seen.bins[speaker], apart, strict=True):
        if value := float(values[row]):
            yield f"{speaker}: {column.name} ({column.bin_name(int(bins[row]))})", value


def _words(block: Block) -> list[str]:
    data, _, _, tokens = plain_lines(blank_links(block.data), block.start, block.end)
    return [data[start:end].decode("utf-8", "replace") for start, end in zip(tokens.start.tolist(), tokens.end.tolist(), strict=True)]


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
