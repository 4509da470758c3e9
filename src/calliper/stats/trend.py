"""Tests of a trend across ordered groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, whole_counts
from calliper.stats.estimates import ChiSquare, chi_square

Floats: TypeAlias = npt.NDArray[np.float64]


def cochran_armitage(counts: Counts, *, scores: Sequence[float] | None = None) -> ChiSquare:
    """Test a linear trend of a risk over ordered groups: one row a group; the first column counts the events.

    (sum t (x - n p))^2 / (p q (sum n t^2 - (sum n t)^2 / N)), t the scores, 1, 2, 3, ... unless given, and p
    the risk in all. Cochran (1954, Biometrics 10, 417-451); Armitage (1955, Biometrics 11, 375-386);
    `prop.trend.test` in R. N / (N - 1) times `linear_by_linear`.

    Raises:
        CannotEstimate: all or none have the event, or all are in groups of one score.
        ValueError: the table has not two columns, there is not one finite score a group, or a count is
            negative or not whole.

    >>> round(cochran_armitage([[15, 27], [10, 36], [3, 37]]).p, 4)
    0.002
    """
    table = whole_counts(counts)
    if table.shape[1] != 2:
        raise ValueError(f"expected two columns, with and without the event; this table has {table.shape[1]}")
    n = int(table.sum())
    test = linear_by_linear(table, row_scores=scores)
    return chi_square(test.chi2 * n / (n - 1), 1)


def linear_by_linear(
    counts: Counts,
    *,
    row_scores: Sequence[float] | None = None,
    column_scores: Sequence[float] | None = None,
) -> ChiSquare:
    """Test a linear association of two ordered categories: (N - 1) r^2, r the correlation of their scores.

    The scores are 1, 2, 3, ... unless given. Mantel (1963, J Am Stat Assoc 58, 690-700); Agresti (2013,
    Categorical Data Analysis, 3rd ed., sec. 3.4.1); SPSS's "linear-by-linear association".

    Raises:
        CannotEstimate: everybody has one score in the rows or in the columns.
        ValueError: there is not one finite score a level, or a count is negative or not whole.
    """
    table = whole_counts(counts).astype(np.float64)
    n = table.sum()
    if not n:
        raise CannotEstimate("no test of trend: the table is empty")
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    u = _centred(row_scores, rows, "row")
    v = _centred(column_scores, columns, "column")
    spread = (rows @ u**2) * (columns @ v**2)
    if not spread:
        raise CannotEstimate("no test of trend: every patient has the same score")
    return chi_square(float((n - 1) * (u @ table @ v) ** 2 / spread), 1)


def _centred(scores: Sequence[float] | None, totals: Floats, side: str) -> Floats:
    """The scores less their mean; all zero where everybody has one score."""
    given = np.arange(1, totals.size + 1) if scores is None else np.asarray(scores)
    if given.shape != totals.shape or not np.isfinite(given).all():
        raise ValueError(f"{side} scores are {scores}; expected {totals.size} finite numbers")
    held = given[totals > 0]
    if (held == held[0]).all():
        return np.zeros(totals.size)
    centred: Floats = given - totals @ given / totals.sum()
    return centred
