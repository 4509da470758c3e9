"""The odds ratio of a 2x2 table given its margins: exact limits that need no large sample.

Given both margins the first cell X follows Fisher's non-central hypergeometric distribution,
P(X = u) = C(r1, u) C(r2, s - u) psi^u / sum over v of the same, with psi the odds ratio, r1 and r2 the rows'
totals and s the first column's.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, whole_counts
from calliper.stats.estimates import Interval, one_tail
from calliper.stats.fisher import fisher_2x2
from calliper.stats.roots import crossing

Floats: TypeAlias = npt.NDArray[np.float64]

# The logarithm of the odds ratio is sought within these; no table of whole numbers comes near.
_LOG_RANGE = 700.0


def exact_odds_ratio(counts: Counts, *, confidence: float = 0.95, mid_p: bool = False) -> Interval:
    """Return the conditional maximum-likelihood odds ratio of [[a, b], [c, d]] with its exact interval.

    The estimate solves E(X) = a; the limits solve P(X >= a) = t and P(X <= a) = t, t the tail probability.
    Cornfield (1956, Proc 3rd Berkeley Symp 4, 135-148); Fisher (1935, J R Stat Soc 98, 39-82); `fisher.test`
    in R. With `mid_p` a itself counts half in each tail: shorter limits, whose coverage is near the nominal
    and no longer at least it; the estimate stays. Lancaster (1961, J Am Stat Assoc 56, 223-234).

    The estimate is 0 or infinite where a is the least or the most the margins allow, and so is that limit.

    Raises:
        CannotEstimate: a row or a column holds nobody.
        ValueError: the table is not 2x2, a count is negative or not whole, or the confidence is not between 0
            and 1.

    >>> found = exact_odds_ratio([[32, 8], [26, 19]])
    >>> [round(x, 3) for x in (found.value, found.lower, found.upper)]
    [2.886, 1.008, 8.936]
    """
    tail, cell = one_tail(confidence), _first_cell(counts)
    seen = 0.5 if mid_p else 1.0
    lower, upper = 0.0, math.inf
    if cell.seen > cell.least:
        lower = _solve(lambda log_psi: tail - cell.above(log_psi, seen))
    if cell.seen < cell.most:
        upper = _solve(lambda log_psi: cell.below(log_psi, seen) - tail)
    if cell.seen == cell.least:
        return Interval(0.0, lower, upper)
    if cell.seen == cell.most:
        return Interval(math.inf, lower, upper)
    return Interval(_solve(lambda log_psi: cell.seen - cell.mean(log_psi)), lower, upper)


def fisher_mid_p(counts: Counts) -> float:
    """Return Fisher's two-sided p of a 2x2 table less half the probability of the table seen.

    Lancaster (1961, J Am Stat Assoc 56, 223-234), as SAS PROC FREQ. Raises as `fisher_2x2`.
    """
    p = fisher_2x2(counts)
    return p - _first_cell(counts).at(0.0) / 2


@dataclass(frozen=True)
class _Cell:
    """The first cell of a 2x2 table with fixed margins: the values it can take, and how likely."""

    values: Floats
    log_ways: Floats
    seen: int

    @property
    def least(self) -> int:
        return int(self.values[0])

    @property
    def most(self) -> int:
        return int(self.values[-1])

    def probabilities(self, log_psi: float) -> Floats:
        """The probability of each value at this log odds ratio."""
        exponent = self.log_ways + (self.values - self.seen) * log_psi
        weights = np.exp(exponent - exponent.max())
        shares: Floats = weights / weights.sum()
        return shares

    def mean(self, log_psi: float) -> float:
        """The expected value."""
        return float(self.values @ self.probabilities(log_psi))

    def at(self, log_psi: float) -> float:
        """The probability of the value seen."""
        return float(self.probabilities(log_psi)[self.seen - self.least])

    def above(self, log_psi: float, seen: float) -> float:
        """The probability of more than the value seen, plus the share `seen` of that value's own."""
        p, here = self.probabilities(log_psi), self.seen - self.least
        return float(p[here + 1 :].sum() + seen * p[here])

    def below(self, log_psi: float, seen: float) -> float:
        """The probability of less than the value seen, plus the share `seen` of that value's own."""
        p, here = self.probabilities(log_psi), self.seen - self.least
        return float(p[:here].sum() + seen * p[here])


def _first_cell(counts: Counts) -> _Cell:
    table = whole_counts(counts)
    if table.shape != (2, 2):
        raise ValueError(f"expected a 2x2 table; this one is {table.shape[0]}x{table.shape[1]}")
    (a, b), (c, d) = table.tolist()
    if 0 in (a + b, c + d, a + c, b + d):
        raise CannotEstimate("no odds ratio: a row or a column of the table holds nobody")
    values = np.arange(max(0, a - d), min(a + b, a + c) + 1, dtype=np.float64)
    log_ways = -sum(gammaln(n + 1.0) for n in (values, a + b - values, a + c - values, d - a + values))
    return _Cell(values, np.asarray(log_ways, dtype=np.float64), a)


def _solve(falling: Callable[[float], float]) -> float:
    """The odds ratio at which a function of its logarithm, that falls, is zero."""
    return math.exp(crossing(falling, -_LOG_RANGE, _LOG_RANGE))
