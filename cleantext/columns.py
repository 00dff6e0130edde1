"""Facts about lines, columns that cross them, and the one look-up that serves all columns over the same facts.

A **fact** is a small whole number known of each line (a *bin*), such as how many words it has or what it ends with. A **column**
crosses one fact or several: each combination of bins has a weight of its own. That is what is trained and what is explained.

Scoring would take one look-up per column and line. But columns share facts: a **fold** crosses all facts of several columns, and the
sum of these columns' weights for every combination is worked out once, when a model is loaded. Scoring then takes one look-up per
fold: sums of whole numbers are the same in any order, so the scores are the same to the last bit. Facts of a whole page are folded
page by page instead (`PageFolds`): they take no part in the look-up, but choose the table in which it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FactArray = npt.NDArray[np.uint8]

_FEW_VALUES = 1 << 11
# So few rows are combined sooner by a product of matrices, which takes three calls; for more, BLAS would start threads.
_FEW_ROWS = 1 << 9


class Fact(NamedTuple):
    """Something known of a line, or of all lines of a page.

    Attributes
    ----------
    name : str
    bins : tuple of str
        At most 256.
    of : str
        Name of the finer fact that this one can be told from, "" if none.
    table : tuple of int
        The bin for each bin of that one.
    """

    name: str
    bins: tuple[str, ...]
    of: str = ""
    table: tuple[int, ...] = ()


class Column(NamedTuple):
    """A column: its name and the facts that it crosses; a bin is ``row * len(last axis) + ...`` as in C order."""

    name: str
    facts: tuple[Fact, ...]

    @property
    def axes(self) -> tuple[tuple[str, ...], ...]:
        """Names of each fact's bins."""
        return tuple(fact.bins for fact in self.facts)

    @property
    def size(self) -> int:
        """How many bins there are."""
        return prod(len(fact.bins) for fact in self.facts)

    def bin_name(self, index: int) -> str:
        """Readable name of a bin, such as ``"words: 7-8, ends with: colon"``."""
        parts = []
        for axis in reversed(self.axes):
            index, place = divmod(index, len(axis))
            parts.append(axis[place])
        return ", ".join(reversed(parts))


class ByteTable(bytes):
    """A bin for each byte."""

    array: FactArray


def byte_table(values: Sequence[int] | npt.NDArray[Any]) -> ByteTable:
    """A table for `look_up`: a bin for each byte; the last one stands for all beyond."""
    table = np.asarray(values).tolist()
    made = ByteTable([*table, *(table[-1:] * (256 - len(table)))])
    made.array = np.frombuffer(made, np.uint8)
    return made


def look_up(table: ByteTable, values: npt.NDArray[np.uint8]) -> FactArray:
    """The bin of each byte.

    `bytes.translate` takes a third of the time of `take`, for which numpy widens indices to eight bytes, but three calls more.
    """
    if values.size < _FEW_VALUES:
        return table.array.take(values)
    return np.frombuffer(values.tobytes().translate(table), np.uint8).reshape(values.shape)


def cross(columns: Sequence[Column], known: Sequence[Fact], facts: FactArray) -> IntArray:
    """Bins of columns.

    Parameters
    ----------
    columns : sequence of Column
    known : sequence of Fact
        Every fact that the columns cross, or one that it can be told from.
    facts : uint8 array of shape (n_known, n_rows)
        Their bins.

    Returns
    -------
    int64 array of shape (n_columns, n_rows)

    Examples
    --------
    >>> size, end = Fact("size", ("short", "long")), Fact("end", ("stop", "comma", "other"))
    >>> cross([Column("size and end", (size, end))], (size, end), np.array([[0, 1], [2, 1]], np.uint8)).tolist()
    [[2, 4]]
    """
    places = {fact.name: place for place, fact in enumerate(known)}
    bins = np.zeros((len(columns), facts.shape[1]), np.int64)
    for place, column in enumerate(columns):
        for fact in column.facts:
            bins[place] *= len(fact.bins)
            if fact.name in places:
                bins[place] += facts[places[fact.name]]
            else:
                bins[place] += look_up(byte_table(fact.table), facts[places[fact.of]])
    return bins


class Weighted(NamedTuple):
    """A column and the weights of its bins."""

    column: Column
    weights: IntArray


def covers(column: Column, facts: Sequence[Fact], page_facts: Sequence[Fact] = ()) -> bool:
    """Whether a column's facts are among some, or can be told from them, but for at most one of the page's."""
    names = {fact.name for fact in facts}
    missing = [fact for fact in column.facts if fact.name not in names and fact.of not in names]
    return not missing or (len(missing) == 1 and missing[0] in page_facts)


def _spread(column: Column, weights: IntArray, facts: Sequence[Fact]) -> IntArray:
    """A column's weights over other facts, of which each of its own is one or can be told: an axis for each, of length 1 if not needed.

    A fact of the column that is not among them has the first axis.
    """
    names = [fact.name for fact in facts]
    shape = [len(fact.bins) for fact in column.facts]
    index: list[IntArray] = []
    for fact in column.facts:
        told = fact.name not in names and fact.of in names
        name = fact.of if told else fact.name
        values = np.array(fact.table) if told else np.arange(len(fact.bins))
        axis = 1 + names.index(name) if name in names else 0
        index.append(values.reshape([-1 if place == axis else 1 for place in range(1 + len(names))]))
    spread: IntArray = weights.reshape(shape)[tuple(index)]
    return spread


def _shared_out(
    columns: Iterable[Weighted], groups: Sequence[Sequence[Fact]], page_facts: Sequence[Fact] = ()
) -> list[tuple[tuple[Fact, ...], list[Weighted]]]:
    """Groups of facts and the columns that each of them covers first; without facts that no column of a group needs, the longest first."""
    chosen: dict[tuple[Fact, ...], list[Weighted]] = {tuple(group): [] for group in groups}
    for one in columns:
        group = next((group for group in chosen if covers(one.column, group, page_facts)), one.column.facts)
        chosen.setdefault(group, []).append(one)
    members = []
    for group, some in chosen.items():
        names = {name for one in some for fact in one.column.facts for name in (fact.name, fact.of)}
        if some:
            members.append((tuple(fact for fact in group if fact.name in names), some))
    return sorted(members, key=lambda member: -len(member[0]))


class _Cells:
    """Where in a row of tables, one for each group of facts, the combinations of bins stand that lines have.

    Parameters
    ----------
    groups : sequence of sequence of Fact
        The longest ones first.
    known : sequence of Fact
        In the order in which their bins are given.
    """

    def __init__(self, groups: Sequence[Sequence[Fact]], known: Sequence[Fact]) -> None:
        self.shapes = [tuple(len(fact.bins) for fact in group) for group in groups]
        self.bounds = np.cumsum([0, *map(prod, self.shapes)]).tolist()
        for group, shape in zip(groups, self.shapes, strict=True):
            if prod(shape) > 1 << 16:
                raise ValueError(f"{prod(shape)} combinations of {', '.join(fact.name for fact in group)}: a column may have 65536 at most")
        places = {fact.name: place for place, fact in enumerate(known)}
        # All groups are combined at once: their first facts, their second ones, and so on as far as they have any.
        self._steps = []
        for depth in range(len(groups[0])):
            deep = [group[depth] for group in groups if len(group) > depth]
            sizes = np.array([[len(fact.bins)] for fact in deep], np.uint16)
            self._steps.append((np.array([places[fact.name] for fact in deep]), sizes))
        self._offsets = np.array(self.bounds[:-1])[:, np.newaxis]
        # How far apart in a group's table the bins of each fact are; the numbers are exact in 32 bits of float.
        self._strides = np.zeros((len(groups), len(known)), np.float32)
        for strides, group, shape in zip(self._strides, groups, self.shapes, strict=True):
            for depth, fact in enumerate(group):
                strides[places[fact.name]] += prod(shape[depth + 1 :])

    def find(self, facts: FactArray) -> IntArray:
        """Cells of each group's combination: int64 array of shape (n_groups, n_rows), given the bins of all known facts."""
        if facts.shape[1] < _FEW_ROWS:
            few: IntArray = (self._strides @ facts.astype(np.float32)).astype(np.int64)
            few += self._offsets
            return few
        (rows, _), *steps = self._steps
        # Combinations are counted in 16 bits, which numpy does four times as fast as in 64.
        cells = facts.take(rows, axis=0).astype(np.uint16)
        for rows, sizes in steps:
            some = cells[: len(rows)]
            some *= sizes
            some += facts.take(rows, axis=0)
        found: IntArray = cells + self._offsets
        return found


class Folds:
    """Sums of columns' weights for every combination of the facts of a group.

    Parameters
    ----------
    columns : iterable of Weighted
    groups : sequence of sequence of Fact
        Facts that are looked up together: a column goes to the first group that covers it, else to one of its own. Facts that no
        column of a group needs are left out.
    known : sequence of Fact
        Every fact in the order in which `sums` is given their bins.
    """

    def __init__(self, columns: Iterable[Weighted], groups: Sequence[Sequence[Fact]], known: Sequence[Fact]) -> None:
        members = _shared_out(columns, groups)
        self._cells = _Cells([group for group, _ in members], known)
        self.table: npt.NDArray[Any] = np.zeros(self._cells.bounds[-1], np.int64)
        for (group, some), low, high, shape in zip(members, self._cells.bounds, self._cells.bounds[1:], self._cells.shapes, strict=False):
            for column, weights in some:
                self.table[low:high].reshape(shape)[...] += _spread(column, weights, group)[0]
        # Half as wide if their sums fit in: a third less time to look up.
        if int(np.abs(self.table).max(initial=0)) * len(members) < 1 << 31:
            self.table = self.table.astype(np.int32)

    def sums(self, facts: FactArray) -> IntArray:
        """The columns' summed weights of each row, given the bins of all known facts: uint8 array of shape (n_known, n_rows)."""
        cells = self._cells.find(facts)
        found: IntArray = np.add.reduce(self.table.take(cells, mode="clip"), 0, dtype=self.table.dtype).astype(np.int64, copy=False)
        return found


class PageFolds:
    """The same for columns that cross facts of lines with at most one fact of the page: tables for each page.

    Parameters
    ----------
    columns : sequence of Weighted
        Each covered by one of `groups` but for a fact of the page.
    groups : sequence of sequence of Fact
        Facts of lines that are looked up together.
    known : sequence of Fact
        As for `Folds`.
    page_facts : sequence of Fact
        In the order in which `sums` is given their bins.
    """

    def __init__(
        self, columns: Sequence[Weighted], groups: Sequence[Sequence[Fact]], known: Sequence[Fact], page_facts: Sequence[Fact]
    ) -> None:
        members = _shared_out(columns, groups, page_facts)
        self._cells = _Cells([group for group, _ in members], known)
        starts = np.cumsum([0, *(len(fact.bins) for fact in page_facts)]).tolist()
        self._first = np.array(starts[:-1])[:, np.newaxis]
        self._table = np.zeros((starts[-1], self._cells.bounds[-1]), np.int64)
        for (group, some), low, high, shape in zip(members, self._cells.bounds, self._cells.bounds[1:], self._cells.shapes, strict=False):
            for column, weights in some:
                # What holds for every page is added to the first fact's bins: a page has exactly one of them.
                number = next((number for number, fact in enumerate(page_facts) if fact in column.facts), 0)
                spread = _spread(column, weights, group)
                self._table[starts[number] : starts[number + 1], low:high] += np.broadcast_to(spread, (len(spread), *shape)).reshape(
                    -1, high - low
                )

    def sums(self, facts: FactArray, page_facts: FactArray, page: IntArray) -> IntArray:
        """The columns' summed weights of each row.

        Parameters
        ----------
        facts : uint8 array of shape (n_known, n_rows)
        page_facts : uint8 array of shape (n_page_facts, n_pages)
        page : int64 array of shape (n_rows,)
            Page of each row.
        """
        tables = np.add.reduce(self._table.take(page_facts + self._first, axis=0), 0)
        cells = self._cells.find(facts)
        cells += page * tables.shape[1]
        found: IntArray = np.add.reduce(tables.ravel().take(cells), 0)
        return found
