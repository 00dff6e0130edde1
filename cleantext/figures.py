"""What one page lost, as figures that an adapter can store beside its text.

The adapters (Arrow columns, datatrove metadata) offer the same figures under the same names. They are defined
here once, without importing any engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Final

from cleantext.reports import PageReport

Figure = int | float | str


def _ratio_removed(report: PageReport, page: str) -> float:
    # A page without words has lost none of them: 0.0 and not NaN, so that `ratio_removed <= 0.8` keeps such a
    # row.
    return report.n_words_dropped / report.n_words if report.n_words else 0.0


def _dropped_text(report: PageReport, page: str) -> str:
    # From the original page, before normalisation: what is set aside must be what was there.
    return "\n".join(page[line.start : line.end] for line in report.dropped)


#: Name of each figure -> how it follows from a page's report and its original text.
#:
#: - ``words_removed`` (int): words in the dropped lines.
#: - ``ratio_removed`` (float, 0 to 1): the same as a share of the page's words; 0.0 for a page without words.
#: - ``lines_dropped`` (int): dropped lines that are not blank.
#: - ``mean_score`` (float, 0 to 1): mean score of the page's lines that are not blank; 1.0 for a page without
#:   lines.
#: - ``dropped_text`` (str): the dropped lines as they stood in the page, joined with a line feed.
FIGURES: Final[MappingProxyType[str, Callable[[PageReport, str], Figure]]] = MappingProxyType(
    {
        "words_removed": lambda report, page: report.n_words_dropped,
        "ratio_removed": _ratio_removed,
        "lines_dropped": lambda report, page: len(report.dropped),
        "mean_score": lambda report, page: report.mean_score,
        "dropped_text": _dropped_text,
    }
)


def check_figures(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names of figures as a tuple.

    Parameters
    ----------
    names : iterable of str
        Names of `FIGURES`, in the order in which they are wanted.

    Raises
    ------
    TypeError
        If `names` is a single string: ``add="mean_score"`` would otherwise be read letter by letter.
    ValueError
        If a name is unknown or given twice; the message lists the known ones.

    Examples
    --------
    >>> check_figures(["words_removed", "mean_score"])
    ('words_removed', 'mean_score')
    >>> check_figures(["words"])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    ValueError: unknown figure 'words': known are words_removed, ratio_removed, ...

    """
    if isinstance(names, str):
        raise TypeError(f"figures are given as a sequence of names, such as ({names!r},), not as a string")
    wanted = tuple(names)
    for position, name in enumerate(wanted):
        if name not in FIGURES:
            raise ValueError(f"unknown figure {name!r}: known are {', '.join(FIGURES)}")
        if name in wanted[:position]:
            raise ValueError(f"figure {name!r} is asked for twice")
    return wanted
