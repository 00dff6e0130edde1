r"""Which lines of a page are its own text: alignment of the page's tokens with the gold text.

1. Both texts become tokens: words, and each character of a script written without spaces.
2. Their longest common subsequence gives matches in order.  Matches that follow one another closely on both
   sides form a *run*; a run of a common word or two is chance, so only runs of at least ``MIN_RUN`` tokens
   count, or runs that are whole lines on both sides.
3. A copy of the same tokens nearer to the text takes the place of a far one: a headline stands in the
   navigation and in the document's title as well, and the subsequence takes any of them.
4. Gold that is still unmatched stands elsewhere in another order (boxes, footnotes, captions): further passes
   align what is left on either side, so moved blocks are found and no gold token is used twice.
5. A line's fraction is the share of its tokens that matched; below 0.2 it is furniture, above 0.8 content,
   between them doubtful.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import regex
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

#: Lines with a fraction above ``CONTENT`` are content, below ``FURNITURE`` furniture, the rest doubtful.
CONTENT = 0.8
FURNITURE = 0.2

#: Tokens a run needs to count.  Four common words in the same order are rarely chance within one page; three
#: often are ("at the end", "in the year").
MIN_RUN = 4

#: Tokens that may lie between two matches of one run, on either side: a footnote mark, a full stop read as a
#: word, a hyphenation.
MAX_GAP = 2

# A later pass sees less context, so it asks for more: a paragraph's worth of tokens, or a line of at least
# five that stands in the gold as it is.
_MOVED_RUN = 8
_MOVED_LINE = 5
_PASSES = 3

# Tokens a line needs to be known as a part of a segment.
_SEGMENT_PART = 3

#: Share of the gold's tokens that the page must hold before its other lines count as furniture.  Where the
#: page shows less (another version of it was annotated, or scripts would have loaded the text) its own text
#: may be among them.
MIN_COVERAGE = 0.5

# The bit matrix that recovers a subsequence holds one bit per pair of tokens: 2**31 pairs are 256 MiB.
_MAX_PAIRS = 2**31

# A character of a script written without spaces between words, or, for Hangul, with spaces set at will.
_SPACELESS = r"[\p{Han}\p{Hiragana}\p{Katakana}\u30FC\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
_CHARACTER = regex.compile(_SPACELESS)
_TOKEN = regex.compile(rf"{_SPACELESS}\p{{M}}*|(?:(?!{_SPACELESS})\w)+")
# Words of these scripts are two characters long on average, so four characters are two words: easily chance.
_CHARACTER_WEIGHT = 0.5
# Targets of Markdown links and images, and addresses: no annotator's text holds them.
_TARGET = regex.compile(r"(?<=\])\((?:[^()\s]|\([^()\s]*\))*(?:\s+\"[^\"]*\")?\)|\bhttps?://[^\s<>\"')\]]+")

#: What ends a line, and nothing else does (`cleantext.lines`).
LINE_END = regex.compile(r"\r\n|\n|\r")

IntArray = NDArray[np.int64]


def tokenize(text: str) -> list[str]:
    r"""Split a text into the tokens that are aligned.

    Parameters
    ----------
    text : str

    Returns
    -------
    list of str
        ``\w+`` of the lower-cased text, except that every character of a script written without spaces
        between words (and Hangul, whose spacing varies) is a token of its own.  Addresses and the targets of
        Markdown links are left out.

    Examples
    --------
    >>> tokenize("Leek-soup, [hot](https://example.org/hot)!")
    ['leek', 'soup', 'hot']
    >>> tokenize("韭菜soup")
    ['韭', '菜', 'soup']
    """
    return [str(token) for token in _TOKEN.findall(_TARGET.sub(" ", text).lower())]


@dataclass(frozen=True)
class _Side:
    """Tokens of one text as integers, with the line each stands in."""

    tokens: IntArray
    line: IntArray
    #: Position of the first token of each line, and one past the last token of the text.
    first: IntArray
    #: What a token counts for in a run, in words.
    weight: NDArray[np.float64]


def _weight(token: str) -> float:
    """Count a character of a script without spaces as half a word, any other token as one."""
    return _CHARACTER_WEIGHT if _CHARACTER.match(token) else 1.0


def _sides(page: Sequence[str], gold: Sequence[str]) -> tuple[_Side, _Side]:
    ids: dict[str, int] = {}

    def side(lines: Sequence[str]) -> _Side:
        words = [tokenize(line) for line in lines]
        per_line = [[ids.setdefault(token, len(ids)) for token in tokens] for tokens in words]
        lengths = np.array([len(tokens) for tokens in per_line], dtype=np.int64)
        flat = np.array([token for tokens in per_line for token in tokens], dtype=np.int64)
        first = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        weight = np.array([_weight(token) for tokens in words for token in tokens], dtype=np.float64)
        return _Side(flat, np.repeat(np.arange(len(per_line)), lengths), first, weight)

    return side(page), side(gold)


def _common_subsequence(a: IntArray, b: IntArray) -> tuple[IntArray, IntArray]:
    """Positions in ``a`` and in ``b`` of a longest common subsequence, both ascending."""
    # Tokens of one side alone can match nothing; leaving them out makes the bit matrix much smaller.
    at_a, at_b = np.flatnonzero(np.isin(a, b)), np.flatnonzero(np.isin(b, a))
    found_a, found_b = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    # Texts beyond the bound are aligned in slices of the longer side; only a run across a cut may suffer.
    step_a = max(1, _MAX_PAIRS // max(1, len(at_b)))
    low = 0
    for cut in range(0, len(at_a), step_a):
        part = at_a[cut : cut + step_a]
        rest = at_b[low:]
        for op in LCSseq.opcodes(a[part].tolist(), b[rest].tolist()):
            if op.tag == "equal":
                found_a.append(part[op.src_start : op.src_end])
                found_b.append(rest[op.dest_start : op.dest_end])
        if len(found_b[-1]) and cut + step_a < len(at_a):
            low = int(np.searchsorted(at_b, found_b[-1][-1])) + 1
    return np.concatenate(found_a), np.concatenate(found_b)


def _runs(page: IntArray, gold: IntArray) -> Iterator[slice]:
    """Slices of matches that follow one another with at most ``MAX_GAP`` tokens between, on both sides."""
    if not len(page):
        return
    breaks = np.flatnonzero((np.diff(page) > MAX_GAP + 1) | (np.diff(gold) > MAX_GAP + 1)) + 1
    bounds = [0, *breaks.tolist(), len(page)]
    for low, high in pairwise(bounds):
        yield slice(low, high)


def _whole_lines(positions: IntArray, side: _Side) -> bool:
    """Whether the positions are all tokens of one or more lines."""
    low, high = positions[0], positions[-1] + 1
    return bool(len(positions) == high - low and side.first[side.line[low]] == low and side.first[side.line[high - 1] + 1] == high)


def _slide(page: _Side, at_page: IntArray, runs: list[slice]) -> None:
    """Move runs, in place, to the copy of their tokens that is nearest to the runs beside them.

    Begins with the longest run, the one thing sure to be in its place, and goes outwards.
    """
    anchor = max(range(len(runs)), key=lambda i: runs[i].stop - runs[i].start)
    for i in [*range(anchor - 1, -1, -1), *range(anchor + 1, len(runs))]:
        run = at_page[runs[i]]
        wanted = page.tokens[run[0] : run[-1] + 1]
        # The run may lie anywhere between its neighbours; an end of the page is no neighbour to be near to.
        low = int(at_page[runs[i - 1].stop - 1]) + 1 if i else 0
        high = int(at_page[runs[i + 1].start]) if i + 1 < len(runs) else len(page.tokens)
        last = high - len(wanted)
        starts = low + np.flatnonzero(page.tokens[low : last + 1] == wanted[0])
        copies = [s for s in starts.tolist() if np.array_equal(page.tokens[s : s + len(wanted)], wanted)]
        gaps = [(min(s - low if i else high, last - s if i + 1 < len(runs) else high), s != run[0], s) for s in copies]
        at_page[runs[i]] = run - run[0] + min(gaps)[2]


def _counts(run: slice, page: tuple[IntArray, _Side], gold: tuple[IntArray, _Side], moved: bool) -> bool:
    """Whether a run is long enough, or covers lines, to be more than chance."""
    size = float(page[1].weight[page[0][run]].sum())
    if size >= (_MOVED_RUN if moved else MIN_RUN):
        return True
    whole = _whole_lines(page[0][run], page[1])
    return whole and (size >= _MOVED_LINE if moved else _whole_lines(gold[0][run], gold[1]))


def match_tokens(page: _Side, gold: _Side) -> NDArray[np.bool_]:
    """Say which tokens of the page are matched by the gold text, each gold token at most once."""
    matched = np.zeros(len(page.tokens), dtype=bool)
    free_page, free_gold = np.arange(len(page.tokens)), np.arange(len(gold.tokens))
    for turn in range(_PASSES):
        a, b = _common_subsequence(page.tokens[free_page], gold.tokens[free_gold])
        at_page, at_gold = free_page[a], free_gold[b]
        runs = [run for run in _runs(at_page, at_gold) if _counts(run, (at_page, page), (at_gold, gold), turn > 0)]
        if not runs:
            break
        if turn == 0:
            _slide(page, at_page, runs)
        taken_page = np.concatenate([at_page[run] for run in runs])
        taken_gold = np.concatenate([at_gold[run] for run in runs])
        matched[taken_page] = True
        free_page = np.setdiff1d(free_page, taken_page, assume_unique=True)
        free_gold = np.setdiff1d(free_gold, taken_gold, assume_unique=True)
        if len(free_gold) < _MOVED_LINE:
            break
    return matched


def label_lines(lines: Sequence[str], gold: str) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    r"""Label a page's lines by the gold text.

    Parameters
    ----------
    lines : sequence of str
        The page's lines, blank ones left out or not.
    gold : str
        The page's own text.  Its line ends matter only for the shortest lines: a line of one to three words
        counts as found where it is a line of the gold as well, or where its neighbours are found beside it.

    Returns
    -------
    label : ndarray of int8, shape (n_lines,)
        1 content, 0 furniture, -1 doubtful: a fraction between ``FURNITURE`` and ``CONTENT``, or no token at
        all, or not content on a page that holds less than ``MIN_COVERAGE`` of the gold.
    fraction : ndarray of float32, shape (n_lines,)
        Share of the line's tokens that are matched; 0.0 for a line without tokens.

    Examples
    --------
    >>> lines = ["Home | Soups", "Leek soup", "* * *", "Boil the leeks, then add cream.", "Share soup"]
    >>> label, fraction = label_lines(lines, "Leek soup\nBoil the leeks, then add cream.")
    >>> label.tolist()
    [0, 1, -1, 1, 0]
    >>> fraction.tolist()
    [0.0, 1.0, 0.0, 1.0, 0.0]
    """
    page, wanted = _sides(lines, LINE_END.split(gold))
    matched = match_tokens(page, wanted)
    n_tokens = np.diff(page.first)
    hits = np.bincount(page.line[matched], minlength=len(lines))
    fraction = np.divide(hits, n_tokens, out=np.zeros(len(lines)), where=n_tokens > 0)
    label = np.where(fraction > CONTENT, 1, np.where(fraction < FURNITURE, 0, -1))
    label[n_tokens == 0] = -1
    if matched.sum() < MIN_COVERAGE * len(wanted.tokens):
        label[label == 0] = -1
    return label.astype(np.int8), fraction.astype(np.float32)


def label_segments(lines: Sequence[str], present: Sequence[str], absent: Sequence[str]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Label a page's lines where only short segments are annotated.

    Parameters
    ----------
    lines : sequence of str
        The page's lines.
    present, absent : sequence of str
        Segments of the page's own text, and of its furniture.

    Returns
    -------
    label : ndarray of int8, shape (n_lines,)
        1 for a line that holds a present segment, or of at least three tokens that stand in one; 0 likewise
        for the absent ones; -1 for all others and for lines that both claim.
    fraction : ndarray of float32, shape (n_lines,)
        1.0, 0.0, and 0.5 where nothing is known.

    Examples
    --------
    >>> label_segments(["Leek soup is hot", "Menu", "Imprint"], ["soup is"], ["Menu"])[0].tolist()
    [1, 0, -1]
    """
    stay, go = (_claims(lines, segments) for segments in (present, absent))
    label = np.where(stay & ~go, 1, np.where(go & ~stay, 0, -1)).astype(np.int8)
    fraction = np.where(label == 1, 1.0, np.where(label == 0, 0.0, 0.5)).astype(np.float32)
    return label, fraction


def _claims(lines: Sequence[str], segments: Sequence[str]) -> NDArray[np.bool_]:
    """Whether a line holds one of the segments, or is a part of one; compared token by token."""
    wanted = [" " + " ".join(tokens) + " " for segment in segments if (tokens := tokenize(segment))]

    def claimed(line: str) -> bool:
        tokens = tokenize(line)
        text = " " + " ".join(tokens) + " "
        return any(segment in text or (len(tokens) >= _SEGMENT_PART and text in segment) for segment in wanted)

    return np.array([claimed(line) for line in lines], dtype=bool).reshape(len(lines))
