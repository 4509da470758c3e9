"""A measurement summarised: its moments, and its distinct values with how often each occurs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from calliper.errors import CannotEstimate
from calliper.summaries.columns import Column, Floats, Integers, known_numbers


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


def moments(values: Column) -> Moments:
    """Summarise the known values; null is left out.

    The deviations are taken from the rounded mean and corrected for its rounding (the corrected two-pass
    algorithm, Chan, Golub and LeVeque 1983, eq. 1.7).

    Raises:
        ValueError: a value is NaN or infinite.

    >>> moments(np.array([1.0, 2.0, 3.0]))
    Moments(n=3, mean=2.0, m2=2.0)
    """
    known = known_numbers(values)
    if not known.size:
        return Moments()
    mean = float(known.mean())
    deviations = known - mean
    drift = float(deviations.sum())
    m2 = max(float(deviations @ deviations) - drift**2 / known.size, 0.0)
    return Moments(n=known.size, mean=mean + drift / known.size, m2=m2)


@dataclass(frozen=True)
class ValueCounts:
    """The distinct known values, ascending, and how often each occurs; what quantiles and rank tests need."""

    values: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if len(self.values) != len(self.counts):
            raise ValueError(f"{len(self.values)} values but {len(self.counts)} counts")

    def __add__(self, other: ValueCounts) -> ValueCounts:
        return _gather(
            np.array(self.values + other.values, dtype=np.float64),
            np.array(self.counts + other.counts, dtype=np.int64),
        )

    @property
    def n(self) -> int:
        """How many values are known."""
        return sum(self.counts)

    @property
    def minimum(self) -> float:
        """The smallest value; raises CannotEstimate where none is known."""
        return self._ordered(1)

    @property
    def maximum(self) -> float:
        """The largest value; raises CannotEstimate where none is known."""
        return self._ordered(self.n)

    def quantile(self, p: float, *, kind: Literal[6, 7] = 7) -> float:
        """Return the p-quantile, by linear interpolation between ordered values.

        Args:
            p: between 0 and 1.
            kind: 7 as R and NumPy by default, at rank 1 + (n - 1) p; 6 as SPSS and Minitab, at rank (n + 1)
                p.
                The numbers are those of Hyndman and Fan (1996, The American Statistician 50, 361-365).

        Raises:
            CannotEstimate: no value is known.
            ValueError: p is outside 0 to 1.

        >>> ValueCounts((1.0, 2.0, 4.0), (1, 1, 2)).quantile(0.5)
        3.0
        """
        if not 0 <= p <= 1:
            raise ValueError(f"p is {p}; expected a number from 0 to 1")
        rank = 1 + (self.n - 1) * p if kind == 7 else min(max((self.n + 1) * p, 1), self.n)
        # A whole rank computed in floating point can fall short of itself: 0.29 * 100 is 28.999...96.
        whole = round(rank) if math.isclose(rank, round(rank), rel_tol=1e-14) else math.floor(rank)
        low = self._ordered(whole)
        share = rank - whole
        return low if share <= 0 else low + share * (self._ordered(whole + 1) - low)

    @cached_property
    def _last_ranks(self) -> Integers:
        return np.cumsum(np.array(self.counts, dtype=np.int64))

    def _ordered(self, rank: int) -> float:
        if not self.counts:
            raise CannotEstimate("no value is known")
        return self.values[min(int(np.searchsorted(self._last_ranks, rank)), len(self.values) - 1)]


def value_counts(values: Column) -> ValueCounts:
    """Count how often each known value occurs; null is left out.

    Raises:
        ValueError: a value is NaN or infinite.

    >>> value_counts(np.array([3, 1, 3]))
    ValueCounts(values=(1.0, 3.0), counts=(1, 2))
    """
    known = known_numbers(values)
    return _gather(known, np.ones(known.size, dtype=np.int64))


def _gather(values: Floats, counts: Integers) -> ValueCounts:
    # Minus zero and zero are one value; adding zero makes them print alike.
    distinct, index = np.unique(values + 0.0, return_inverse=True)
    totals = np.zeros(distinct.size, dtype=np.int64)
    np.add.at(totals, index, counts)
    return ValueCounts(tuple(distinct.tolist()), tuple(totals.tolist()))
