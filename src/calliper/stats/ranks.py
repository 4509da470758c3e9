"""Comparisons of distributions by ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calliper.errors import CannotEstimate
from calliper.stats.estimates import ChiSquare, chi_square
from calliper.summaries.moments import ValueCounts

Floats: TypeAlias = npt.NDArray[np.float64]

_EXACT_BELOW = 50


@dataclass(frozen=True)
class RankTest:
    """Mann and Whitney's U of the first group (R's W): pairs in which it has the larger value, ties half.

    `z` is None where the p-value is exact. p is two-sided.
    """

    u: float
    z: float | None
    p: float
    method: Literal["exact", "normal"]


def mann_whitney(
    a: ValueCounts, b: ValueCounts, *, continuity: bool = True, exact: bool | None = None
) -> RankTest:
    """Compare two groups by ranks (Mann and Whitney 1947, Ann Math Stat 18, 50-60).

    Args:
        a: the values of the first group.
        b: the values of the second.
        continuity: move U half a step towards its mean before the normal p (R; SPSS does not).
        exact: True for the exact p, which needs untied values; False for the normal p with variance
            corrected for
            ties; None for exact where both groups have fewer than 50 values and no value is tied, as R.

    Raises:
        CannotEstimate: a group has no value, all values are equal, or `exact` is True and values are tied.
    """
    if not (a.n and b.n):
        raise CannotEstimate("no rank test: a group has no known value")
    pooled = a + b
    ranks, tied = _mid_ranks(pooled), max(pooled.counts) > 1
    u = float(_rank_sum(a, pooled, ranks)) - a.n * (a.n + 1) / 2
    if exact and tied:
        raise CannotEstimate("no exact rank test: some values are tied")
    if exact or (exact is None and not tied and max(a.n, b.n) < _EXACT_BELOW):
        return RankTest(u=u, z=None, p=_exact_p(round(u), a.n, b.n), method="exact")
    variance = a.n * b.n / 12 * ((pooled.n + 1) - _tie_term(pooled) / (pooled.n * (pooled.n - 1)))
    if variance <= 0:
        raise CannotEstimate("no rank test: all values are equal")
    distance = u - a.n * b.n / 2
    if continuity:
        distance -= math.copysign(min(0.5, abs(distance)), distance)
    z = distance / math.sqrt(variance)
    return RankTest(u=u, z=z, p=float(2 * ndtr(-abs(z))), method="normal")


def kruskal_wallis(groups: Sequence[ValueCounts]) -> ChiSquare:
    """Compare two or more groups by ranks, corrected for ties (Kruskal and Wallis 1952, JASA 47, 583-621).

    H = (12 / (N (N + 1)) sum R_g^2 / n_g - 3 (N + 1)) / (1 - sum (t^3 - t) / (N^3 - N)). Groups with no
    value are left out.

    Raises:
        CannotEstimate: fewer than two groups have a value, or all values are equal.
    """
    known = [group for group in groups if group.n]
    if len(known) < 2:
        raise CannotEstimate("no rank test: fewer than two groups have a known value")
    pooled = sum(known, ValueCounts())
    if len(pooled.values) < 2:
        raise CannotEstimate("no rank test: all values are equal")
    n, ranks = pooled.n, _mid_ranks(pooled)
    squares = math.fsum(_rank_sum(group, pooled, ranks) ** 2 / group.n for group in known)
    h = (12 * squares / (n * (n + 1)) - 3 * (n + 1)) / (1 - _tie_term(pooled) / (n**3 - n))
    return chi_square(max(h, 0.0), len(known) - 1)


def _mid_ranks(pooled: ValueCounts) -> Floats:
    counts = np.array(pooled.counts, dtype=np.float64)
    return np.cumsum(counts) - (counts - 1) / 2


def _rank_sum(group: ValueCounts, pooled: ValueCounts, ranks: Floats) -> float:
    places = np.searchsorted(np.array(pooled.values), np.array(group.values))
    return float(ranks[places] @ np.array(group.counts, dtype=np.float64))


def _tie_term(pooled: ValueCounts) -> float:
    counts = np.array(pooled.counts, dtype=np.float64)
    return float((counts**3 - counts).sum())


def _exact_p(u: int, first: int, second: int) -> float:
    """Twice the smaller tail of U, at most 1; U of untied values is as likely below its mean as above."""
    below = min(u, first * second - u)
    ways = _ways(first, second)
    return min(1.0, 2 * float(ways[: below + 1].sum() / ways.sum()))


def _ways(first: int, second: int) -> Floats:
    """How many of the arrangements of the two groups have U = 0, 1, ..., first x second."""
    ways = np.zeros((first + 1, first * second + 1))
    ways[0, 0] = 1
    for rank in range(1, first + second + 1):
        for size in range(min(first, rank), 0, -1):
            beyond = rank - size
            if beyond <= second:
                ways[size, beyond:] += ways[size - 1, : ways.shape[1] - beyond]
    return np.asarray(ways[first])
