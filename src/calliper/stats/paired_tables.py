"""Tests of two answers of the same patients: a square table, first answer by second."""

from __future__ import annotations

import numpy as np
from scipy.special import bdtr

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, Integers, whole_counts
from calliper.stats.estimates import ChiSquare, chi_square


def mcnemar(counts: Counts, *, corrected: bool = False) -> ChiSquare:
    """Test whether two yes-or-no answers are yes equally often: (|b - c| - k)^2 / (b + c) of [[a, b], [c, d]].

    k is 0, or where `corrected` 1, unless b = c. McNemar (1947, Psychometrika 12, 153-157), corrected by
    Edwards (1948, Psychometrika 13, 185-187); `mcnemar.test` in R, whose default is corrected.

    Raises:
        CannotEstimate: no patient changed.
        ValueError: the table is not 2x2, or a count is negative or not whole.

    >>> round(mcnemar([[794, 86], [150, 570]]).chi2, 4)
    17.3559
    """
    up, down = _changes(counts)
    distance = abs(up - down)
    correction = 1 if corrected and distance else 0
    return chi_square((distance - correction) ** 2 / (up + down), 1)


def mcnemar_exact(counts: Counts, *, mid_p: bool = False) -> float:
    """Return the two-sided exact p of McNemar's test: twice the lesser tail of Binomial(b + c, 1/2), 1 at most.

    With `mid_p` less the probability of the b seen, half of which each tail loses. Agresti (2013, Categorical
    Data Analysis, 3rd ed., sec. 11.1); Fagerland, Lydersen and Laake (2013, BMC Med Res Methodol 13, 91).
    Raises as `mcnemar`.
    """
    up, down = _changes(counts)
    n, fewer = up + down, min(up, down)
    tail = float(bdtr(fewer, n, 0.5))
    if not mid_p:
        return min(1.0, 2 * tail)
    lower = float(bdtr(fewer - 1, n, 0.5)) if fewer else 0.0
    return min(1.0, tail + lower)


def bowker(counts: Counts) -> ChiSquare:
    """Test the symmetry of a square table: sum over pairs of levels of (x_ij - x_ji)^2 / (x_ij + x_ji).

    A degree of freedom a pair of levels between which anybody changed. Bowker (1948, J Am Stat Assoc 43,
    572-574). R's `mcnemar.test` has no answer where a pair is empty, and counts every pair.

    Raises:
        CannotEstimate: no patient changed.
        ValueError: the table is not square, or a count is negative or not whole.
    """
    table = _square(counts)
    above = np.triu_indices(table.shape[0], k=1)
    up, down = table[above], table.T[above]
    both = (up + down) > 0
    if not both.any():
        raise CannotEstimate("no test of change: no patient changed")
    up, down = up[both], down[both]
    return chi_square(float(((up - down) ** 2 / (up + down)).sum()), int(both.sum()))


def _changes(counts: Counts) -> tuple[int, int]:
    table = _square(counts)
    if table.shape != (2, 2):
        raise ValueError(f"expected a 2x2 table; this one is {table.shape[0]}x{table.shape[1]}")
    up, down = int(table[0, 1]), int(table[1, 0])
    if not up + down:
        raise CannotEstimate("no test of change: no patient changed")
    return up, down


def _square(counts: Counts) -> Integers:
    table = whole_counts(counts)
    if table.shape[0] != table.shape[1]:
        raise ValueError(f"expected a square table; this one is {table.shape[0]}x{table.shape[1]}")
    return table
