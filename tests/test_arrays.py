"""Indices of the flags that are set, whatever their number and places."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleantext.arrays import places_of, read_ahead, sums_between


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.3, 1.0])
@pytest.mark.parametrize("size", [0, 1, 7, 8, 1023, 1024, 1025, 1031, 1032, 5003])
def test_same_as_numpy(size: int, share: float) -> None:
    flags = np.random.default_rng(size).random(size) < share
    assert places_of(flags).tolist() == flags.nonzero()[0].tolist()


@given(st.sets(st.integers(0, 2999), max_size=30), st.integers(2990, 3010))
def test_few_flags(some: set[int], size: int) -> None:
    flags = np.zeros(size, np.bool_)
    flags[[place for place in some if place < size]] = True
    assert places_of(flags).tolist() == sorted(place for place in some if place < size)


@pytest.mark.parametrize("size", [0, 1, 4, 7, 8, 1 << 12])
def test_tables_of_any_size_are_read_ahead(size: int) -> None:
    read_ahead(np.zeros(size, np.uint8), 1000)


@pytest.mark.parametrize("n_values", [0, 1, 7])
@given(data=st.data())
def test_sums_between(n_values: int, data: st.DataObject) -> None:
    values = data.draw(st.lists(st.integers(-(1 << 63), (1 << 63) - 1), min_size=n_values, max_size=n_values))
    first = sorted(data.draw(st.lists(st.integers(0, n_values), max_size=6)))
    found = sums_between(np.array(values, np.int64), np.array(first, np.int64)).tolist()
    for begin, stop, total in zip(first, [*first[1:], n_values][: len(first)], found, strict=True):
        # Sums wrap around.
        assert begin == stop or (total - sum(values[begin:stop])) % (1 << 64) == 0
