"""Facts about lines, columns that cross them, and the one look-up that serves all columns over the same facts.

A **fact** is a small whole number known of each line (a *bin*), such as how many words it has or what it ends with. A **column**
crosses one fact or several: each combination of bins has a weight of its own. That is what is trained and what is explained.

Scoring would take one look-up per column and line. But columns share facts: a **fold** crosses all facts of several columns, and the
sum of these columns' weights for every combination is worked out once, when a model is loaded. Scoring then takes one look-up per
fold: sums of whole numbers are the same in any order, so the scores are the same to the last bit. Facts of a whole page are folded
page by page instead (`PageFold`): they take no part in the look-up, but choose the table in which it is made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
FactArray = npt.NDArray[np.uint8]
FoldArray = npt.NDArray[np.uint16]


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


def byte_table(values: Sequence[int] | npt.NDArray[Any]) -> bytes:
    """A table for `look_up`: a bin for each byte; the last one stands for all beyond."""
    table = np.asarray(values).tolist()
    return bytes([*table, *(table[-1:] * (256 - len(table)))])


def look_up(table: bytes, values: npt.NDArray[np.uint8]) -> FactArray:
    """The bin of each byte. `bytes.translate` takes a third of the time of `take`, for which numpy widens indices to eight bytes."""
    return np.frombuffer(values.tobytes().translate(table), np.uint8).reshape(values.shape)


def cross(columns: Sequence[Column], facts: Mapping[str, FactArray], n_rows: int) -> IntArray:
    """Bins of columns.

    Parameters
    ----------
    columns : sequence of Column
    facts : mapping of str to uint8 array of shape (n_rows,)
        Bins of every fact by its name.
    n_rows : int

    Returns
    -------
    int64 array of shape (n_columns, n_rows)

    Examples
    --------
    >>> size, end = Fact("size", ("short", "long")), Fact("end", ("stop", "comma", "other"))
    >>> facts = {"size": np.array([0, 1], np.uint8), "end": np.array([2, 1], np.uint8)}
    >>> cross([Column("size and end", (size, end))], facts, 2).tolist()
    [[2, 4]]
    """
    bins = np.empty((len(columns), n_rows), np.int64)
    for place, column in enumerate(columns):
        bins[place] = facts[column.facts[0].name]
        for fact in column.facts[1:]:
            bins[place] *= len(fact.bins)
            bins[place] += facts[fact.name]
    return bins


def _spread(column: Column, weights: IntArray, facts: Sequence[Fact]) -> IntArray:
    """A column's weights over other facts, of which each of its own is one or can be told: its axes in their order, length 1 for others.

    Facts of the column that are not among them come first, as they are.
    """
    names = [fact.name for fact in facts]
    own = [fact for fact in column.facts if fact.name not in names and fact.of not in names]
    index: list[IntArray] = []
    for fact in column.facts:
        if fact in own:
            place, values = own.index(fact), np.arange(len(fact.bins))
        elif fact.name in names:
            place, values = len(own) + names.index(fact.name), np.arange(len(fact.bins))
        else:
            place, values = len(own) + names.index(fact.of), np.array(fact.table)
        shape = [1] * (len(own) + len(facts))
        shape[place] = len(values)
        index.append(values.reshape(shape))
    spread: IntArray = weights.reshape([len(fact.bins) for fact in column.facts])[tuple(index)]
    return spread


class Weighted(NamedTuple):
    """A column and the weights of its bins."""

    column: Column
    weights: IntArray


def covers(column: Column, facts: Sequence[Fact], page_facts: Sequence[Fact] = ()) -> bool:
    """Whether a column's facts are among some, or can be told from them, but for at most one of the page's."""
    names = {fact.name for fact in facts}
    missing = [fact for fact in column.facts if fact.name not in names and fact.of not in names]
    return not missing or (len(missing) == 1 and missing[0] in page_facts)


def fold(columns: Iterable[Weighted], groups: Sequence[Sequence[Fact]]) -> list[Fold]:
    """Share columns out among groups of facts: each to the first that covers it, else to a group of its own."""
    chosen: dict[tuple[Fact, ...], list[Weighted]] = {tuple(group): [] for group in groups}
    for one in columns:
        group = next((group for group in chosen if covers(one.column, group)), one.column.facts)
        chosen.setdefault(group, []).append(one)
    return [Fold(group, members) for group, members in chosen.items() if members]


class Fold:
    """The sum of some columns' weights for every combination of their facts.

    Parameters
    ----------
    facts : sequence of Fact
        Facts that cover the columns'; those that no column needs are left out.
    columns : sequence of Weighted
    """

    def __init__(self, facts: Sequence[Fact], columns: Sequence[Weighted]) -> None:
        needed = {name for one in columns for fact in one.column.facts for name in (fact.name, fact.of)}
        self.facts = [fact for fact in facts if fact.name in needed]
        table = np.zeros([len(fact.bins) for fact in self.facts], np.int64)
        if table.size > 1 << 16:
            raise ValueError(f"{table.size} combinations of {', '.join(fact.name for fact in facts)}: 65536 at most")
        for column, weights in columns:
            table += _spread(column, weights, self.facts)
        self.table = table.ravel()

    def cells(self, facts: Mapping[str, FactArray]) -> FoldArray:
        """Where in the table each row's sum stands."""
        return combine(self.facts, facts)

    def sums(self, facts: Mapping[str, FactArray]) -> IntArray:
        """The columns' summed weights of each row."""
        found: IntArray = self.table.take(self.cells(facts))
        return found


def combine(crossed: Sequence[Fact], facts: Mapping[str, FactArray]) -> FoldArray:
    """The combination of bins that each row has, counted in C order."""
    cells = facts[crossed[0].name].astype(np.uint16)
    for fact in crossed[1:]:
        cells *= np.uint16(len(fact.bins))
        cells += facts[fact.name]
    return cells


class PageFold:
    """The same for columns that cross facts of lines with one fact of the page: a table for each page.

    Parameters
    ----------
    facts : sequence of Fact
        Of lines.
    page_facts : sequence of Fact
        Of pages.
    columns : sequence of Weighted
        Each crosses some of `facts` and at most one of `page_facts`.
    """

    def __init__(self, facts: Sequence[Fact], page_facts: Sequence[Fact], columns: Sequence[Weighted]) -> None:
        needed = {name for one in columns for fact in one.column.facts for name in (fact.name, fact.of)}
        self.facts = [fact for fact in facts if fact.name in needed]
        self.page_facts = [fact for fact in page_facts if fact.name in needed]
        shape = tuple(len(fact.bins) for fact in self.facts)
        self.size = prod(shape)
        always = np.zeros(shape, np.int64)
        by_page = {fact.name: np.zeros((len(fact.bins), *shape), np.int64) for fact in self.page_facts}
        for column, weights in columns:
            mine = [fact for fact in column.facts if fact.name in by_page]
            if mine:
                by_page[mine[0].name] += _spread(column, weights, self.facts)
            else:
                always += _spread(column, weights, self.facts)
        # What holds for every page is added to the first page fact's bins: a page has exactly one of them.
        tables = list(by_page.values())
        tables[0] += always
        self._table = np.concatenate(tables).reshape(-1, self.size)
        self._first = np.cumsum([0, *(len(fact.bins) for fact in self.page_facts[:-1])])[:, np.newaxis]

    def sums(self, facts: Mapping[str, FactArray], page_facts: Mapping[str, FactArray], page: IntArray) -> IntArray:
        """The columns' summed weights of each row.

        Parameters
        ----------
        facts : mapping of str to uint8 array of shape (n_rows,)
        page_facts : mapping of str to uint8 array of shape (n_pages,)
        page : int64 array of shape (n_rows,)
            Page of each row.
        """
        bins = np.array([page_facts[fact.name] for fact in self.page_facts], np.int64)
        tables = np.add.reduce(self._table.take(bins + self._first, axis=0), 0)
        found: IntArray = tables.ravel().take(page * self.size + combine(self.facts, facts))
        return found


def sum_folds(folds: Sequence[Fold], facts: Mapping[str, FactArray]) -> IntArray:
    """Summed weights of all columns of some folds for each row; at least one fold."""
    total = folds[0].sums(facts)
    for one in folds[1:]:
        total += one.sums(facts)
    return total
