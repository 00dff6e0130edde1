"""Bins and columns by their names, see `reference`."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cache, partial

from cleantext.features import Column

Bins = tuple[int | str, ...]


@cache
def range_bin(names: tuple[str, ...], number: int) -> int:
    """The bin whose name covers a number; the names are "4", "5-8", "24+", "to 3", "over 400".

    >>> [range_bin(("0", "1-3", "4+"), n) for n in (0, 3, 9)]
    [0, 1, 2]
    """
    for index, name in enumerate(names):
        if name.endswith("+") or name.startswith("over"):
            return index
        if number <= int(re.findall(r"\d+", name)[-1]):
            return index
    raise AssertionError(f"{number} is in none of {names}")


@cache
def share_bin(part: int, whole: int) -> int:
    """Bin of `line_columns.SHARE_BINS`, of the share in 64ths rounded up."""
    share = math.ceil(64 * part / max(whole, 1))
    return bisect_right((1, 7, 17, 33, 49, 64), min(share, 64))


@cache
def flat(column: Column, bins: Bins) -> int:
    """Number of a bin from the places on the column's axes."""
    number = 0
    for axis, place in zip(column.axes, bins, strict=True):
        index = axis.index(place) if isinstance(place, str) else place
        assert 0 <= index < len(axis), f"{column.name}: {place} is not on {axis}"
        number = number * len(axis) + index
    return number


_FUNCTIONS: list[tuple[re.Pattern[str], Callable[..., Bins]]] = []


def column(pattern: str) -> Callable[[Callable[..., Bins]], Callable[..., Bins]]:
    """Register the function of all columns whose name the pattern matches; groups are passed on, numbers as such."""

    def register(function: Callable[..., Bins]) -> Callable[..., Bins]:
        _FUNCTIONS.append((re.compile(pattern), function))
        return function

    return register


def patterns() -> list[re.Pattern[str]]:
    """Of the names of all columns that have a function."""
    return [pattern for pattern, _ in _FUNCTIONS]


@cache
def function_of(name: str) -> Callable[..., Bins]:
    for pattern, function in _FUNCTIONS:
        if match := pattern.fullmatch(name):
            groups = (int(g) if g.lstrip("+-").isdigit() else g for g in match.groups())
            return partial(function, *groups) if match.groups() else function
    raise LookupError(f"tests/reference.py has no function for the column {name!r}")
