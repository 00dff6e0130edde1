"""The line model: two views of a line and a judge, each a logistic regression whose weights are looked up.

The *line view* asks what the line itself says and knows nothing of its surroundings; the *page view* asks whether the line stands
where content stands; the *judge* weighs both by the state of the page (`context`). Weights are 16-bit numbers of 1/256 log-odds,
so sums are exact: the same page gets the same scores in every batch and on every machine.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import context, expected, features
from .features import COLUMNS, EDGE_BITS, FORM_BITS, OWN_COLUMNS, PAIR_BITS, PLACES, WORD_BITS, OwnFeatures
from .judge import JUDGE_OFFSETS, Judge
from .line_columns import NEAR_LINES
from .lines import Block
from .phrasetable import PhraseTable
from .runs import Runs
from .stretches import stretches
from .tokens import IntArray
from .views import COLUMN_OFFSETS, SCALE_BITS, WORD_SCALE, View, Views, WeightArray

__all__ = [
    "COLUMN_OFFSETS", "JUDGE_OFFSETS", "SCALE_BITS", "SCORE", "WORD_SCALE", "Judge", "LineModel", "Scores", "View", "Views",
    "WeightArray", "probability",
]  # fmt: skip

MAGIC = b"cleantext line model\n"
FORMAT = 12
DEFAULT_PATH = Path(__file__).with_name("model.bin")

# Scores of every log-odds that a judge can give, in steps of 1/256; beyond 16 log-odds a score is as good as certain.
_LIMIT = 16 * context.SCALE
SCORE = 1 / (1 + np.exp(-np.arange(-_LIMIT, _LIMIT + 1) / context.SCALE))
# What a block and its arrays take.
_KEPT_BYTES = 1 << 24


def probability(log_odds: IntArray) -> npt.NDArray[np.float64]:
    """Scores of log-odds in 1/256."""
    scores: npt.NDArray[np.float64] = SCORE.take(log_odds + _LIMIT, mode="clip")
    return scores


def _keep_freed_memory() -> None:
    """Make glibc keep what is freed after a block for the next one.

    By default it hands memory back to the system and takes it anew, page fault by page fault: that cost a third of the time in blocks of
    128 KB. It raises its threshold for that to twice the largest array freed so far. This one is not touched, so it costs nothing, and
    with other allocators it does nothing.
    """
    np.empty(_KEPT_BYTES, np.uint8)


class Scores(NamedTuple):
    """Scores of a block's lines that are not blank.

    Attributes
    ----------
    row : int64 array of shape (n_rows,)
        Which of the block's lines each is.
    first_row : int64 array of shape (n_pages + 1,)
        Rows ``first_row[p]:first_row[p + 1]`` are those of page `p`.
    score : float64 array of shape (n_rows,)
        P(content), in (0, 1), moved by what can be expected of its page (`expected`).
    own : OwnFeatures
    judged : int64 array of shape (n_rows,)
        What the judge says of each line, in 1/256 log-odds, before it is moved by what can be expected of the page.
    """

    row: IntArray
    first_row: IntArray
    score: npt.NDArray[np.float64]
    own: OwnFeatures
    judged: IntArray


class LineModel:
    """A trained model.

    Parameters
    ----------
    arrays : mapping of str to array
        The arrays named in `LineModel.shapes`.
    info : mapping
        Header: ``version``, ``families`` (names), ``thresholds`` and their measured precision and recall, provenance, attribution.

    Raises
    ------
    ValueError
        If an array is missing, superfluous, or of another type or shape than expected, the header lacks something, a threshold is no
        number from 0 to 1, or a phrase is of a family that there is not: the message names the difference.

    Examples
    --------
    >>> model = LineModel.load()
    >>> sorted(model.thresholds)
    ['balanced', 'precision', 'recall']
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], info: Mapping[str, Any]) -> None:
        for key in ("version", "families", "thresholds"):
            if key not in info:
                raise ValueError(f"line model: the header has no {key!r}")
        self.info: dict[str, Any] = dict(info)
        _check_thresholds(info["thresholds"])
        self.families: tuple[str, ...] = tuple(info["families"])
        expected = self.shapes(len(self.families))
        if set(arrays) != set(expected):
            missing, unknown = sorted(set(expected) - set(arrays)), sorted(set(arrays) - set(expected))
            raise ValueError(f"line model: arrays missing {missing}, unknown {unknown}")
        for name, (dtype, shape) in expected.items():
            array = arrays[name]
            fits = len(array.shape) == len(shape) and all(n in (-1, m) for n, m in zip(shape, array.shape, strict=True))
            if array.dtype != dtype or not fits:
                raise ValueError(f"line model: {name} is {array.dtype}{array.shape}, expected {np.dtype(dtype)}{shape}")
        self.arrays = {name: arrays[name] for name in expected}
        self.phrases = PhraseTable(*(arrays[f"phrase_{name}"] for name in ("keys", "known", "sections")))

    @staticmethod
    def shapes(n_families: int) -> dict[str, tuple[Any, tuple[int, ...]]]:
        """Type and shape of every array of a model; -1 stands for any length."""
        view = {
            "phrases": (n_families + 1, len(PLACES)),
            "words": (1 << WORD_BITS,),
            "pairs": (1 << PAIR_BITS,),
            "edges": (1 << EDGE_BITS,),
            "forms": (1 << FORM_BITS,),
            "intercept": (1,),
        }
        shapes: dict[str, tuple[Any, tuple[int, ...]]] = {
            f"{side}_{name}": (np.int16, shape) for side in ("line", "page") for name, shape in view.items()
        }
        for side, n_columns, n_near in (("line", len(OWN_COLUMNS), 0), ("page", len(COLUMNS), len(NEAR_LINES))):
            shapes[f"{side}_columns"] = (np.int16, (int(COLUMN_OFFSETS[n_columns]),))
            shapes[f"{side}_near"] = (np.int8, (n_near, 1 << EDGE_BITS))
        shapes["judge_columns"] = (np.int16, (int(JUDGE_OFFSETS[-1]),))
        shapes["judge_intercept"] = (np.int16, (1,))
        shapes["phrase_keys"] = (np.uint64, (-1,))
        shapes["phrase_known"] = (np.uint8, (-1,))
        shapes["phrase_sections"] = (np.uint8, (n_families,))
        return shapes

    @property
    def version(self) -> str:
        """Name of this model; it changes whenever outputs may."""
        return str(self.info["version"])

    @cached_property
    def thresholds(self) -> dict[str, float]:
        """Named thresholds."""
        return {name: float(value) for name, value in self.info["thresholds"].items()}

    def threshold(self, threshold: float | str | None) -> float:
        """Resolve a threshold given as a number, a name or None ("balanced").

        Raises
        ------
        ValueError
            If it is an unknown name or a number outside [0, 1].
        TypeError
            If it is neither.
        """
        if threshold is None:
            threshold = "balanced"
        if isinstance(threshold, str):
            if threshold not in self.thresholds:
                names = ", ".join(sorted(self.thresholds))
                raise ValueError(f"threshold {threshold!r} is unknown: give a number from 0 to 1 or one of {names}")
            return self.thresholds[threshold]
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float, np.integer, np.floating)):
            raise TypeError(f"threshold must be a number or a name, not {type(threshold).__name__}")
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold {threshold} is not a number from 0 to 1")
        return float(threshold)

    @cached_property
    def views(self) -> Views:
        """Both views, ready to score."""
        _keep_freed_memory()
        line, page = (View(*(self.arrays[f"{side}_{name}"] for name in View._fields)) for side in ("line", "page"))
        return Views(line, page)

    @cached_property
    def judge(self) -> Judge:
        """The judge, ready to score."""
        return Judge(*(self.arrays[name] for name in Judge.ARRAYS))

    def score_block(self, block: Block) -> Scores:
        """Score every line of a block.

        Parameters
        ----------
        block : Block
            From `lines.make_block`.

        Returns
        -------
        Scores
        """
        own, line, page, near = self._own_scores(block)
        first_row = own.row.searchsorted(block.first_line)
        pages = context.Pages(first_row, own.row)
        runs = Runs(own, pages)
        page += self.views.around_scores(own, near, pages, runs)
        seen = context.Context(own, line, page, pages, runs)
        judged = self.judge.scores(seen)
        _, shift = expected.page_shifts(judged, own.n_words, pages)
        return Scores(own.row, first_row, probability(judged + expected.line_shifts(shift, expected.spared_rows(seen), pages)), own, judged)

    def _own_scores(self, block: Block) -> tuple[OwnFeatures, IntArray, IntArray, IntArray]:
        """Features of lines by themselves, without the words, what both views say of them, and what they say of lines near them."""
        owns, lines, pages, nears = [], [], [], []
        for stretch in stretches(block):
            own = features.own_features(stretch.data, stretch.start, stretch.end, self.phrases)
            line, page = self.views.own_scores(own)
            own = own._replace(row=own.row + stretch.first_line) if stretch.first_line else own
            owns.append(own)
            lines.append(line)
            pages.append(page)
            nears.append(self.views.near_sums(own))
        if len(owns) == 1:
            return owns[0], lines[0], pages[0], nears[0]
        return features.join(owns), np.concatenate(lines), np.concatenate(pages), np.concatenate(nears)

    def __getstate__(self) -> dict[str, Any]:
        """What a pickle holds: what is worked out on first use would make it three times as large, and each worker gets one."""
        return {"arrays": self.arrays, "info": self.info}

    def __setstate__(self, state: dict[str, Any]) -> None:
        LineModel.__init__(self, **state)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model: a line of magic, the length of the header, the header as JSON, the arrays as little-endian bytes.

        The same model gives the same bytes. The file appears whole or not at all, whoever else saves to the same path
        meanwhile.

        Raises
        ------
        FileNotFoundError
            If there is no folder for it.
        OSError
            If it cannot be written.

        Examples
        --------
        >>> LineModel.load().save("no/such/folder/mine.ctm")
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] there is no folder for the model, make it first: 'no/such/folder'
        """
        from .atomic import AtomicFile  # which scoring does not need

        target = Path(path)
        if not target.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "there is no folder for the model, make it first", str(target.parent))
        listed = [[name, np.dtype(array.dtype).str.lstrip("<|="), list(array.shape)] for name, array in self.arrays.items()]
        header = json.dumps({"format": FORMAT, **self.info, "arrays": listed}, ensure_ascii=True, sort_keys=True).encode()
        body = b"".join(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes() for array in self.arrays.values())
        with AtomicFile(target) as file:
            file.write(MAGIC + b"%d\n" % len(header) + header + b"\n" + body)

    @classmethod
    def load(cls, path: str | os.PathLike[str] | None = None) -> LineModel:
        """Read a model; without a path the one that ships with the package.

        Raises
        ------
        ValueError
            If the file is not a line model, is of another format, cut short or too long.
        OSError
            If it cannot be read.
        """
        source = DEFAULT_PATH if path is None else Path(path)
        data = source.read_bytes()
        if not data.startswith(MAGIC):
            raise ValueError(f"{source}: not a cleantext line model")
        length, _, rest = data[len(MAGIC) :].partition(b"\n")
        try:
            info = json.loads(rest[: int(length)])
            found, listed = info.pop("format"), info.pop("arrays", ())
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise ValueError(f"{source}: the header cannot be read, the file is damaged or cut short ({error})") from error
        if found != FORMAT:
            raise ValueError(f"{source}: model format differs from {FORMAT}, which this version reads; train it anew or update cleantext")
        try:
            arrays = _arrays(data, len(MAGIC) + len(length) + 1 + int(length) + 1, listed)
            return cls(arrays, info)
        except ValueError as error:
            raise ValueError(f"{source}: {error}") from error
        except (TypeError, AttributeError, SyntaxError, OverflowError) as error:  # of numpy too, for a damaged type or shape
            raise ValueError(f"{source}: the header cannot be read, the file is damaged ({error})") from error


def _check_thresholds(thresholds: object) -> None:
    """Raise a ValueError for what would drop every line, or fail only once something is cleaned."""
    if not isinstance(thresholds, Mapping):
        raise ValueError(f"line model: the thresholds are a {type(thresholds).__name__}, expected names with a number from 0 to 1 each")
    for name, value in thresholds.items():
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        if not isinstance(name, str) or not number or not 0 <= value <= 1:
            raise ValueError(f"line model: the threshold {name!r} is {value!r}, expected a number from 0 to 1")


def _arrays(data: bytes, offset: int, listed: list[tuple[str, str, list[int]]]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a model file, which stand one after the other, given each one's name, type and shape."""
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, code, shape in listed:
        dtype = np.dtype(code).newbyteorder("<")
        count = int(np.prod(shape))
        if offset + count * dtype.itemsize > len(data):
            raise ValueError(f"cut short in {name}")
        arrays[name] = np.frombuffer(data, dtype, count, offset).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
        offset += count * dtype.itemsize
    if offset != len(data):
        raise ValueError(f"{len(data) - offset} bytes too many")
    return arrays
