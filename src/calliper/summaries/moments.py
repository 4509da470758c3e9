"""A measurement summarised: its moments, and its distinct values with how often each occurs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from calliper.errors import CannotEstimate
from calliper.summaries.columns import (
    Column,
    Floats,
    Integers,
    frequencies,
    known_numbers,
    no_counts,
    no_numbers,
)
from calliper.summaries.frozen import FrozenArrays


@dataclass(frozen=True)
class Moments:
    """Count, mean and sum of squared deviations from the mean (`m2`) of the known values.

    Moments add by Chan, Golub and LeVeque (1983, The American Statistician 37, 242-247), eq. 1.5:
    m2 = m2a + m2b + d^2 na nb / (na + nb), with d the difference of the means.
    """

    n: int = 0
    mean: float = 0.0
    m2: float = 0.0

    def __add__(self, other: Moments) -> Moments:
        n = self.n + other.n
        if not self.n or not other.n:
            return self if self.n else other
        difference = other.mean - self.mean
        return Moments(
            n=n,
            mean=self.mean + difference * other.n / n,
            m2=self.m2 + other.m2 + difference**2 * self.n * other.n / n,
        )

    @property
    def variance(self) -> float:
        """The sample variance, m2 / (n - 1).

        Raises:
            CannotEstimate: fewer than two values are known.
        """
        if self.n < 2:
            raise CannotEstimate(
                f"no standard deviation: {self.n} known value{'s' * (self.n != 1)}, two are needed"
            )
        return self.m2 / (self.n - 1)

    @property
    def sd(self) -> float:
        """The sample standard deviation; raises as `variance`."""
        return math.sqrt(self.variance)


def moments(values: Column, *, count: Column | None = None) -> Moments:
    """Summarise the known values; null is left out.

    The deviations are taken from the rounded mean and corrected for its rounding (the corrected two-pass
    algorithm, Chan, Golub and LeVeque 1983, eq. 1.7). `count` says how many patients have each value; one each
    without it.

    Raises:
        ValueError: a value is NaN, infinite or too large to square, or a count is not a whole number of patients.

    >>> moments(np.array([1.0, 2.0, 3.0]))
    Moments(n=3, mean=2.0, m2=2.0)
    >>> moments(np.array([1.0, 3.0]), count=np.array([2, 1])) == moments(np.array([1.0, 1.0, 3.0]))
    True
    """
    known, many = known_with_counts(values, count)
    n = int(many.sum())
    if not n:
        return Moments()
    with np.errstate(over="ignore", invalid="ignore"):
        mean = float(known @ many) / n
        deviations = known - mean
        drift = float(deviations @ many)
        m2 = max(float(deviations**2 @ many) - drift**2 / n, 0.0)
    if not math.isfinite(m2):
        largest = float(np.abs(known).max())
        raise ValueError(
            f"a value is {largest:g} in size; expected values whose squares add up: change the unit"
        )
    return Moments(n=n, mean=mean + drift / n, m2=m2)


@dataclass(frozen=True, eq=False)
class ValueCounts(FrozenArrays):
    """The distinct known values, ascending, and how often each occurs, (k,); for quantiles and rank tests."""

    values: Floats = field(default_factory=no_numbers)
    counts: Integers = field(default_factory=no_counts)

    def __post_init__(self) -> None:
        self._freeze(values=np.float64, counts=np.int64)
        if self.values.size != self.counts.size:
            raise ValueError(f"{self.values.size} values but {self.counts.size} counts; expected as many")
        if self.values.size and not (np.isfinite(self.values).all() and (np.diff(self.values) > 0).all()):
            raise ValueError(
                f"values are {self.values.tolist()[:9]} ...; expected finite ones, each above the last"
            )
        if self.counts.size and self.counts.min() < 0:
            raise ValueError(f"the smallest count is {self.counts.min()}; expected zero or more")

    def __add__(self, other: ValueCounts) -> ValueCounts:
        return _tallied(
            np.concatenate([self.values, other.values]), np.concatenate([self.counts, other.counts])
        )

    @property
    def n(self) -> int:
        """How many values are known."""
        return int(self.counts.sum())

    @property
    def minimum(self) -> float:
        """The smallest value; raises CannotEstimate where none is known."""
        return self._ordered(1)

    @property
    def maximum(self) -> float:
        """The largest value; raises CannotEstimate where none is known."""
        return self._ordered(self.n)

    def quantile(self, p: float, *, kind: Literal[2, 6, 7] = 7) -> float:
        """Return the p-quantile.

        Args:
            p: between 0 and 1.
            kind: 7 as R and NumPy by default, between ordered values at rank 1 + (n - 1) p; 6 as SPSS and
                Minitab, at rank (n + 1) p; 2 as SAS by default (PCTLDEF=5), the value at rank n p rounded up, or
                the mean of two where n p is whole. The numbers are those of Hyndman and Fan (1996, The American
                Statistician 50, 361-365).

        Raises:
            CannotEstimate: no value is known.
            ValueError: p is outside 0 to 1, or the kind is another.

        >>> ValueCounts(np.array([1.0, 2.0, 4.0]), np.array([1, 1, 2])).quantile(0.5)
        3.0
        """
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}; expected a number from 0 to 1")
        if kind == 2:
            whole, share = _split(self.n * p)
            low, high = self._ordered(max(whole, 1)), self._ordered(min(whole + 1, self.n))
            return high if share > 0 or whole == 0 else (low + high) / 2
        if kind not in (6, 7):
            raise ValueError(f"kind is {kind}; expected 2, 6 or 7")
        whole, share = _split(1 + (self.n - 1) * p if kind == 7 else min(max((self.n + 1) * p, 1), self.n))
        low = self._ordered(whole)
        return low if share <= 0 else low + share * (self._ordered(whole + 1) - low)

    @cached_property
    def _last_ranks(self) -> Integers:
        return np.cumsum(self.counts)

    def _ordered(self, rank: int) -> float:
        if not self.counts.size:
            raise CannotEstimate("no value is known")
        return float(self.values[min(int(np.searchsorted(self._last_ranks, rank)), self.values.size - 1)])


def value_counts(values: Column, *, count: Column | None = None) -> ValueCounts:
    """Count how often each known value occurs; null is left out. `count` as in `moments`.

    Raises:
        ValueError: as `moments`.

    >>> value_counts(np.array([3, 1, 3])).counts.tolist()
    [1, 2]
    """
    return _tallied(*known_with_counts(values, count))


def known_with_counts(values: Column, count: Column | None) -> tuple[Floats, Integers]:
    """Return the values that are not null, and how many patients have each.

    Raises:
        ValueError: as `moments`.
    """
    known = known_numbers(values)
    if count is None:
        return known, np.ones(known.size, dtype=np.int64)
    many = frequencies(count, len(values))
    there = np.ones(len(values), dtype=np.bool_) if isinstance(values, np.ndarray) else values.is_not_null()
    assert many is not None  # noqa: S101 (a count was given)
    return known, many[np.asarray(there)]


def _split(rank: float) -> tuple[int, float]:
    """The whole part of a rank, and what is over; a whole rank in floating point can fall short of itself."""
    whole = round(rank) if math.isclose(rank, round(rank), rel_tol=1e-14) else math.floor(rank)
    return whole, rank - whole


def _tallied(values: Floats, counts: Integers) -> ValueCounts:
    # Minus zero and zero are one value; adding zero makes them print alike.
    distinct, index = np.unique(values + 0.0, return_inverse=True)
    totals = np.bincount(index, weights=counts, minlength=distinct.size).astype(np.int64)
    return ValueCounts(distinct[totals > 0], totals[totals > 0])
