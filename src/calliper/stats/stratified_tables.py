"""Association within strata: the tests of Cochran, Mantel and Haenszel, and their common odds ratio.

Tables are one table of counts a stratum, all with the same rows and columns. A stratum of fewer than two
patients tells nothing and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, whole_counts
from calliper.stats.estimates import ChiSquare, Interval, chi_square, normal_quantile

Floats: TypeAlias = npt.NDArray[np.float64]


def mantel_haenszel(tables: Sequence[Counts], *, corrected: bool = False) -> ChiSquare:
    """Test association in 2x2 tables of several strata, given that of the strata with the counts.

    (|sum (a - E a)| - c)^2 / sum V(a), with E a = r1 c1 / n and V(a) = r1 r2 c1 c2 / (n^2 (n - 1)); c is 0, or
    where `corrected` 0.5, unless the sum is below 0.5. Cochran (1954, Biometrics 10, 417-451); Mantel and
    Haenszel (1959, J Natl Cancer Inst 22, 719-748); `mantelhaen.test` in R, whose default is corrected.

    Raises:
        CannotEstimate: no stratum has two groups and two categories.
        ValueError: there is no table, one is not 2x2, or a count is negative or not whole.

    >>> round(mantel_haenszel([[[6, 2], [3, 5]], [[4, 1], [2, 4]]]).p, 4)
    0.0384
    """
    a, b, c, d = _cells(tables)
    n = a + b + c + d
    distance = abs(float((a - (a + b) * (a + c) / n).sum()))
    variance = float(((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * (n - 1))).sum())
    if variance == 0:
        raise CannotEstimate("no test: no stratum has two groups and two categories")
    correction = 0.5 if corrected and distance >= 0.5 else 0.0
    return chi_square((distance - correction) ** 2 / variance, 1)


def common_odds_ratio(tables: Sequence[Counts], *, confidence: float = 0.95) -> Interval:
    """Return the odds ratio common to the strata's 2x2 tables [[a, b], [c, d]], with a log interval.

    R / S with R = sum a d / n and S = sum b c / n, as Mantel and Haenszel (1959, J Natl Cancer Inst 22,
    719-748). V(log) = sum PR / 2R^2 + sum (PS + QR) / 2RS + sum QS / 2S^2, P = (a + d) / n and Q = (b + c) /
    n of each stratum. Robins, Breslow and Greenland (1986, Biometrics 42, 311-323); `mantelhaen.test` in R.
    With one stratum, ad / bc and Woolf's interval.

    Raises:
        CannotEstimate: a d or b c is zero in every stratum.
        ValueError: as `mantel_haenszel`, or the confidence is not between 0 and 1.
    """
    a, b, c, d = _cells(tables)
    n = a + b + c + d
    p, q, r, s = (a + d) / n, (b + c) / n, a * d / n, b * c / n
    up, down = float(r.sum()), float(s.sum())
    if not up or not down:
        raise CannotEstimate("no common odds ratio with an interval: a cell is zero in every stratum")
    variance = float(
        (p * r).sum() / (2 * up**2) + (p * s + q * r).sum() / (2 * up * down) + (q * s).sum() / (2 * down**2)
    )
    reach = math.exp(normal_quantile(confidence) * math.sqrt(variance))
    return Interval(up / down, up / down / reach, up / down * reach)


def general_association(tables: Sequence[Counts]) -> ChiSquare:
    """Test association in r x c tables of several strata, the categories in no order: d' V^-1 d.

    d sums over the strata the counts less their expectation, all rows but one by all columns but one; V sums
    the covariances of the multiple hypergeometric distribution, (R x C) / (n^2 (n - 1)) with R = n diag(r) -
    r r' and C = n diag(c) - c c', x the Kronecker product; (rows - 1) (columns - 1) degrees of freedom.
    Birch (1965, J R Stat Soc B 27, 111-124); Landis, Heyman and Koch (1978, Int Stat Rev 46, 237-254), sec.
    3; `mantelhaen.test` in R. Rows and columns that hold nobody in any stratum are dropped first.

    Raises:
        CannotEstimate: fewer than two rows or columns hold anybody, or the strata do not connect all of them.
        ValueError: there is no table, they differ in shape, or a count is negative or not whole.
    """
    strata = _strata(tables)
    everyone = strata.sum(axis=0)
    strata = strata[:, everyone.sum(axis=1) > 0][:, :, everyone.sum(axis=0) > 0]
    if min(strata.shape[1:]) < 2:
        raise CannotEstimate("no test: only one group or one category holds any patient")
    degrees = (strata.shape[1] - 1) * (strata.shape[2] - 1)
    distance, variance = np.zeros(degrees), np.zeros((degrees, degrees))
    for table in strata:
        n, rows, columns = table.sum(), table.sum(axis=1), table.sum(axis=0)
        distance += (table - np.outer(rows, columns) / n)[1:, 1:].ravel()
        variance += np.kron(_spread(rows), _spread(columns)) / (n**2 * (n - 1))
    if np.linalg.matrix_rank(variance) < degrees:
        raise CannotEstimate("no test: no stratum compares some of the groups or categories with the others")
    return chi_square(float(distance @ np.linalg.solve(variance, distance)), degrees)


def _spread(totals: Floats) -> Floats:
    spread: Floats = (totals.sum() * np.diag(totals) - np.outer(totals, totals))[1:, 1:]
    return spread


def _cells(tables: Sequence[Counts]) -> tuple[Floats, Floats, Floats, Floats]:
    strata = _strata(tables)
    if strata.shape[1:] != (2, 2):
        raise ValueError(f"expected 2x2 tables; these are {strata.shape[1]}x{strata.shape[2]}")
    return strata[:, 0, 0], strata[:, 0, 1], strata[:, 1, 0], strata[:, 1, 1]


def _strata(tables: Sequence[Counts]) -> Floats:
    """The strata with two patients or more, shape (strata, rows, columns)."""
    whole = [whole_counts(table) for table in tables]
    shapes = sorted({table.shape for table in whole})
    if len(shapes) != 1:
        raise ValueError(f"the strata's tables have the shapes {shapes}; expected one shape")
    kept = [table.astype(np.float64) for table in whole if table.sum() >= 2]
    if not kept:
        raise CannotEstimate("no test: no stratum holds two patients")
    return np.stack(kept)
