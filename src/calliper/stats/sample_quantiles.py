"""The quantiles of a measurement, as R, SAS and SPSS define them."""

from __future__ import annotations

import math

import numpy as np

from calliper.errors import CannotEstimate
from calliper.stats.conventions import QuantileKind
from calliper.summaries.moments import ValueCounts


def sample_quantile(values: ValueCounts, p: float, *, kind: QuantileKind) -> float:
    """Return the p-quantile of the known values, of the type that Hyndman and Fan (1996) number `kind`.

    The American Statistician 50, 361-365. Type 7 is R's, 6 is SPSS's, and 2 is SAS's (PCTLDEF=5): the value at
    rank np rounded up, and where np is whole the mean of that value and the next.

    Raises:
        CannotEstimate: no value is known.
        ValueError: p is not between 0 and 1.

    >>> four = ValueCounts((1.0, 2.0, 3.0, 4.0), (1, 1, 1, 1))
    >>> [sample_quantile(four, 0.25, kind=kind) for kind in (2, 6, 7)]
    [1.5, 1.25, 1.75]
    """
    if not 0 < p < 1:
        raise ValueError(f"p is {p}; expected a number between 0 and 1")
    if not values.n:
        raise CannotEstimate("no quantile: no value is known")
    if kind != 2:
        return values.quantile(p, kind=kind)
    rank = values.n * p
    whole = round(rank)
    if math.isclose(rank, whole, rel_tol=1e-14):
        return (_ordered(values, whole) + _ordered(values, min(whole + 1, values.n))) / 2
    return _ordered(values, math.ceil(rank))


def _ordered(values: ValueCounts, rank: int) -> float:
    """The value of this rank, 1 for the smallest."""
    return float(values.values[int(np.searchsorted(np.cumsum(values.counts), rank))])
