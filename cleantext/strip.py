"""Pages in, their content out: lines -> features -> scores -> keep -> normalise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache, partial
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from .arguments import check_count, check_normalize, check_pages, check_text, chosen_model
from .lines import Block, batches, char_offsets, make_block
from .model import LineModel, Scores
from .tokens import IntArray

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

Threshold = float | str | None


class LineScores(NamedTuple):
    """Every line of a page, blank ones too.

    Attributes
    ----------
    start, end : int64 array of shape (n_lines,)
        Str indices into the page, without the line end.
    score : float64 array of shape (n_lines,)
        P(content), in (0, 1), moved by what can be expected of its page (`expected`); 0 for a blank line.
    keep : bool array of shape (n_lines,)
        ``score >= threshold``; False for a blank line (between kept lines one of them is kept as a blank line).
    """

    start: IntArray
    end: IntArray
    score: npt.NDArray[np.float64]
    keep: npt.NDArray[np.bool_]


def strip_boilerplate(
    text: str, *, threshold: Threshold = None, normalize: bool | TextFixerConfig = True, model: LineModel | None = None
) -> str:
    """Take the furniture out of a page.

    Parameters
    ----------
    text : str
        A page; any str is legal.
    threshold : float or {"precision", "balanced", "recall"}, optional
        Lines with at least this score are kept; by default "balanced".
    normalize : bool or ftfy.TextFixerConfig
        Pass the kept lines through ftfy: True for our settings (`normalize.DEFAULT_CONFIG`), False for not at all.
    model : LineModel, optional
        By default the one that ships with the package.

    Returns
    -------
    str
        The kept lines joined with ``\\n``; where blank lines stood between two of them, one blank line stands. No blank line and
        no line end at the ends; ``""`` if nothing is content. ftfy repairs that text and may itself add line ends, also at the ends:
        a line's ``&#10;`` becomes one.

    Raises
    ------
    TypeError
        If `text` is not a str, or a setting is of another type: `normalize` takes no 0, 1 or None, and `model` no path.
    ValueError
        If `threshold` is an unknown name or not from 0 to 1, or if ftfy cannot work with the values of `normalize`.

    Examples
    --------
    >>> strip_boilerplate("")
    ''
    >>> page = '''Rain kept the harvest waiting until the last week of October, the growers said.
    ...
    ... Advertisement
    ...
    ... By then the first frost had come, and half of the grapes were lost on the vine.'''
    >>> print(strip_boilerplate(page))
    Rain kept the harvest waiting until the last week of October, the growers said.
    <BLANKLINE>
    By then the first frost had come, and half of the grapes were lost on the vine.

    What an entity stands for is text of its line:

    >>> strip_boilerplate("The council met on Monday and voted for it &#10;&#10;")
    'The council met on Monday and voted for it \\n\\n'
    """
    return _strip([check_text(text)], threshold, check_normalize(normalize), chosen_model(model))[0]


def strip_many(
    texts: Iterable[str | None],
    *,
    threshold: Threshold = None,
    normalize: bool | TextFixerConfig = True,
    model: LineModel | None = None,
    workers: int | None = None,
) -> list[str | None]:
    """Take the furniture out of many pages, each as `strip_boilerplate` would; None stays None.

    Parameters
    ----------
    texts : iterable of str or None
        A list, a column of a table, a generator; a single text, a whole table, a mapping and a set are refused.
    threshold, normalize, model
        As for `strip_boilerplate`.
    workers : int, optional
        Processes to share the work, 1 or more; by default, and with 1, it is done in this one. Where processes are not forked (Windows,
        macOS, and Linux from Python 3.14 on) the call must stand under ``if __name__ == "__main__":``, as each runs the script anew.

    Returns
    -------
    list of str or None
        One result per page, in order.

    Raises
    ------
    TypeError
        If `texts` is not what holds a page per item, a page is neither a str nor None (NaN is neither: the message says where it
        stands), or a setting is of another type.
    ValueError
        If `threshold`, `normalize` or `workers` is not valid; `workers` is not in a daemonic process, such as a worker of
        `multiprocessing.Pool`.
    RuntimeError
        With `workers`: if a process dies (killed, or out of memory) or cannot start. Where processes are not forked, a program needs the
        usual ``if __name__ == "__main__":``.

    Examples
    --------
    >>> strip_many(["", None])
    ['', None]
    """
    return list(strip_stream(texts, threshold=threshold, normalize=normalize, model=model, workers=workers))


def strip_stream(
    texts: Iterable[str | None],
    *,
    threshold: Threshold = None,
    normalize: bool | TextFixerConfig = True,
    model: LineModel | None = None,
    workers: int | None = None,
) -> Iterator[str | None]:
    """As `strip_many`, but page by page in constant memory.

    Reads `texts` about a block (half a megabyte, 2,048 pages) ahead of what it yields; with `workers` about 4 MB of characters ahead for
    each process, at first 128 KB, and yields what is done whenever `texts` gives a page. Processes end with the iterator, also when it
    is dropped.

    Parameters
    ----------
    texts, threshold, normalize, model, workers
        As for `strip_many`.

    Yields
    ------
    str or None
        One result per page, in order.

    Raises
    ------
    TypeError, ValueError
        As `strip_many`: for settings and `texts` that are not valid at the call, for a page that is not a str, and whatever
        error `texts` raises, once the results of all pages before it were yielded.
    RuntimeError
        As `strip_many`.

    Examples
    --------
    >>> next(strip_stream(iter(["\\n\\n"])))
    ''
    """
    given, model = model, chosen_model(model)
    limit = model.threshold(threshold)
    normalize = check_normalize(normalize)
    pages = check_pages(texts)
    if workers is not None:
        workers = check_count("workers", workers, 1, ": leave it out to clean in this process, or pass os.cpu_count()")
    if workers is not None and workers > 1:
        from .workers import in_processes

        clean = partial(strip_many, threshold=limit, normalize=normalize, model=given)  # each process can read the one that ships
        # Pages are checked here and not in the worker, so that the error rises where the page was given.
        return in_processes(clean, pages, workers)
    return _stream(pages, limit, normalize, model)


def _stream(texts: Iterable[str | None], limit: float, normalize: bool | TextFixerConfig, model: LineModel) -> Iterator[str | None]:
    for group in batches(texts):
        pages = [text for text in group if text is not None]
        cleaned = iter(_strip(pages, limit, normalize, model))
        yield from [None if text is None else next(cleaned) for text in group]


def _strip(pages: list[str], threshold: Threshold, normalize: bool | TextFixerConfig, model: LineModel) -> list[str]:
    limit = model.threshold(threshold)
    if not pages:
        return []
    block = make_block(pages)
    scores = model.score_block(block)
    return normalized(kept_texts(block, scores, scores.score >= limit), normalize)


def normalized(pages: list[bytes], normalize: bool | TextFixerConfig) -> list[str]:
    """Pages as str, passed through ftfy if that is wanted; see `strip_boilerplate` for `normalize`."""
    if normalize is False:
        return [page.decode("utf-8", "surrogatepass") for page in pages]
    fixed: list[str] = _normalizer().fix_encoded(pages, None if normalize is True else normalize)
    return fixed


@cache
def _normalizer() -> ModuleType:
    """`normalize`, imported when first needed; an import statement in a function takes 9 us every time."""
    from . import normalize

    return normalize


def kept_texts(block: Block, scores: Scores, keep: npt.NDArray[np.bool_]) -> list[bytes]:
    """Texts of a block's pages with only the kept lines.

    Parameters
    ----------
    block : Block
    scores : Scores
        Of that block.
    keep : bool array of shape (n_rows,)

    Returns
    -------
    list of bytes
        One per page, as UTF-8.
    """
    data = block.data
    chosen = keep.nonzero()[0]
    n_pages = len(scores.first_row) - 1
    if not len(chosen):
        return [b""] * n_pages
    line = scores.row.take(chosen)
    start, end = block.start.take(line), block.end.take(line)

    # Kept lines that are as far apart as they will be in the result are cut out in one slice: the usual case, whole stretches. A blank
    # line stands somewhere between two of them if they are further apart in lines than in rows.
    blank_between = (line[1:] - line[:-1]) > (chosen[1:] - chosen[:-1])
    apart = start[1:] - end[:-1] != 1 + blank_between
    if b"\r" in data:
        raw = np.frombuffer(data, np.uint8)
        apart |= (raw.take(end[:-1]) != 10) | (raw.take(start[1:] - 1) != 10)
    first_kept = chosen.searchsorted(scores.first_row)
    if n_pages > 1:
        inner = first_kept[1:-1]
        apart[inner.compress((inner > 0) & (inner < len(chosen))) - 1] = True
    last = apart.nonzero()[0]  # of each run but the last one
    # What stands before each run, and the run, in turn; a page's first piece is left out.
    starts, ends = [int(start[0]), *start.take(last + 1).tolist()], [*end.take(last).tolist(), int(end[-1])]
    pieces = [b"\n"] * (2 * len(starts))
    pieces[1::2] = [data[low:high] for low, high in zip(starts, ends, strict=True)]
    if n_pages == 1 and len(starts) == 1:
        return [pieces[1]]
    for index in (blank_between.take(last).nonzero()[0] + 1).tolist():
        pieces[2 * index] = b"\n\n"
    bounds = (2 * np.append(0, last + 1).searchsorted(first_kept)).tolist()
    return [b"".join(pieces[low + 1 : high]) for low, high in pairwise(bounds)]


def score_lines(text: str, *, threshold: Threshold = None, model: LineModel | None = None) -> LineScores:
    """Score every line of a page.

    Parameters
    ----------
    text : str
        A page; any str is legal.
    threshold, model
        As for `strip_boilerplate`.

    Returns
    -------
    LineScores

    Examples
    --------
    >>> scores = score_lines("Advertisement\\n\\n")
    >>> scores.start.tolist(), scores.end.tolist(), scores.keep.tolist()
    ([0, 14, 15], [13, 14, 15], [False, False, False])
    """
    model = chosen_model(model)
    limit = model.threshold(threshold)
    block = make_block([check_text(text)])
    scores = model.score_block(block)
    score = np.zeros(len(block.start))
    score[scores.row] = scores.score
    keep = np.zeros(len(score), np.bool_)
    keep[scores.row] = scores.score >= limit
    page_start = int(block.page_start[0])
    return LineScores(char_offsets(block.data, block.start, page_start), char_offsets(block.data, block.end, page_start), score, keep)
