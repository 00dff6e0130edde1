"""What was taken out of each page, and why: the cleaned text with the dropped lines beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .arguments import check_normalize, check_pages, chosen_model
from .lines import batches, char_offsets, make_block
from .model import LineModel, Scores
from .strip import Threshold, kept_texts, normalized

if TYPE_CHECKING:
    from ftfy import TextFixerConfig


class DroppedLine(NamedTuple):
    """A line that was taken out of a page.

    Attributes
    ----------
    start, end : int
        Str indices into the page as it was given, without the line end: ``page[start:end]`` is the line.
    score : float
        P(content), below the threshold; see `LineScores`.
    reason : str
        The family of furniture phrases that spoke most against it, such as ``"ad_label"``; "other" if none did.
    """

    start: int
    end: int
    score: float
    reason: str


class PageReport(NamedTuple):
    """A cleaned page and what was taken out of it.

    Attributes
    ----------
    text : str
        The cleaned text.
    n_lines : int
        Lines of the page that are not blank.
    n_words : int
        Words in them; an ideograph is half a word.
    n_words_dropped : int
    mean_score : float
        Over the lines; 1.0 for a page without lines.
    dropped : tuple of DroppedLine
    """

    text: str
    n_lines: int
    n_words: int
    n_words_dropped: int
    mean_score: float
    dropped: tuple[DroppedLine, ...]


def report_stream(
    texts: Iterable[str | None],
    *,
    threshold: Threshold = None,
    normalize: bool | TextFixerConfig = True,
    model: LineModel | None = None,
) -> Iterator[PageReport | None]:
    """As `strip_stream`, with what was taken out of each page; in this process.

    Parameters
    ----------
    texts, threshold, normalize, model
        As for `strip_many`.

    Yields
    ------
    PageReport or None
        None for a page that is None.

    Raises
    ------
    TypeError, ValueError
        As `strip_many`: for settings and `texts` that are not valid at the call, for a page that is not a str, and whatever
        error `texts` raises, once the reports of all pages before it were yielded.

    Examples
    --------
    >>> report = next(report_stream(["Advertisement"]))
    >>> report.text, report.n_lines, report.dropped[0].reason
    ('', 1, 'ad_label')
    """
    model = chosen_model(model)
    return _report_stream(check_pages(texts), model.threshold(threshold), check_normalize(normalize), model)


def _report_stream(
    texts: Iterable[str | None], limit: float, normalize: bool | TextFixerConfig, model: LineModel
) -> Iterator[PageReport | None]:
    for group in batches(texts):
        pages = [text for text in group if text is not None]
        reports = iter(_reports(pages, limit, normalize, model) if pages else ())
        yield from [None if text is None else next(reports) for text in group]


def _reports(pages: list[str], limit: float, normalize: bool | TextFixerConfig, model: LineModel) -> list[PageReport]:
    block = make_block(pages)
    scores = model.score_block(block)
    keep = scores.score >= limit
    texts = normalized(kept_texts(block, scores, keep), normalize)
    words = scores.own.n_words
    reasons = _reasons(scores, model)
    reports = []
    for page, text in enumerate(texts):
        low, high = int(scores.first_row[page]), int(scores.first_row[page + 1])
        gone = low + np.flatnonzero(~keep[low:high])
        line = scores.row[gone]
        page_start = int(block.page_start[page])
        start = char_offsets(block.data, block.start[line], page_start)
        end = char_offsets(block.data, block.end[line], page_start)
        dropped = map(DroppedLine, start.tolist(), end.tolist(), scores.score[gone].tolist(), [reasons[row] for row in gone.tolist()])
        n_lines = high - low
        mean = float(scores.score[low:high].sum() / n_lines) if n_lines else 1.0
        reports.append(PageReport(text, n_lines, int(words[low:high].sum()), int(words[gone].sum()), mean, tuple(dropped)))
    return reports


def _reasons(scores: Scores, model: LineModel) -> list[str]:
    """For each row the family of the phrase with the lowest weight, "other" for a row without one that speaks against it."""
    names = ["other"] * len(scores.row)
    own = scores.own
    weights = model.views.line.phrases
    weight = weights[own.phrase_family + 1, own.phrase_place].astype(np.int64) + weights[0, own.phrase_place]
    for index in np.argsort(-weight, kind="stable").tolist():
        if weight[index] < 0:
            names[int(own.phrase_row[index])] = model.families[int(own.phrase_family[index])]
    return names
