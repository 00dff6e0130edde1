"""What numpy does slowly by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_LINE_BYTES = 64


def read_ahead(table: npt.NDArray[Any], n: int) -> None:
    """Touch a table in order, if it is to be looked up often enough.

    Between two blocks, other arrays drive a model's tables out of the processor's second cache. Each random look-up then waits for memory,
    while the processor fetches ahead what is read in order. Measured on 79,000 words and a table of 1 MB: 62 microseconds for reading and
    looking up, 224 for looking up alone. Results do not change.

    Parameters
    ----------
    table : array
        C-contiguous, of a multiple of eight bytes, or of fewer than eight.
    n : int
        How many items will be looked up.

    Examples
    --------
    >>> read_ahead(np.zeros(1 << 17, np.int64), 100_000)
    """
    if 8 <= table.nbytes < n * _LINE_BYTES:
        np.add.reduce(table.view(np.int64)[:: _LINE_BYTES // 8])


def places_of(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Indices of the flags that are set, which are few: ``flags.nonzero()[0]`` in half the time.

    Where less than a tenth are set, numpy searches from each one to the next, which takes 10 to 16 ns for each. Here eight flags at a time
    are looked at as one number, and only those of the numbers that are not 0 one by one.

    Parameters
    ----------
    flags : bool array of shape (n,)
        C-contiguous.

    Returns
    -------
    int64 array

    Examples
    --------
    >>> flags = np.zeros(1027, np.bool_)
    >>> flags[[3, 4, 1000, 1026]] = True
    >>> places_of(flags).tolist()
    [3, 4, 1000, 1026]
    """
    n = len(flags) & ~7
    if n < 1 << 13:  # a call, against a dozen
        return flags.nonzero()[0]
    eights = flags[:n].view(np.uint64)
    some = (eights != 0).nonzero()[0]
    if len(some) > len(eights) >> 1:
        return flags.nonzero()[0]
    inside = eights.take(some).view(np.bool_).nonzero()[0]
    found: npt.NDArray[np.int64] = some.take(inside >> 3)
    found <<= 3
    inside &= 7
    found += inside
    return found if n == len(flags) else np.concatenate((found, flags[n:].nonzero()[0] + n))


def sums_between(values: npt.NDArray[np.int64], first: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Sums of the values from each place on up to the next one, and from the last one to the end.

    A running total and its differences take half as long again.

    Parameters
    ----------
    values : int64 array of shape (n_values,)
    first : int64 array of shape (n,)
        Ascending, up to `n_values`. Where two places are the same, the first one's sum is any number.

    Examples
    --------
    >>> sums_between(np.array([1, 2, 4]), np.array([0, 2, 3])).tolist()
    [3, 4, 0]
    """
    if len(first) and first[-1] < len(values):
        return np.add.reduceat(values, first)
    inside = int(first.searchsorted(len(values)))
    sums = np.zeros(len(first), np.int64)
    if inside:
        np.add.reduceat(values, first[:inside], out=sums[:inside])
    return sums
