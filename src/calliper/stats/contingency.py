"""Tests and measures of association in a table of counts.

Counts are anything that makes a two-dimensional array of whole numbers, such as `Crosstab.counts`.
Rows and columns that hold nobody are dropped before a test.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import xlogy

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, Integers, expected, min_expected, occupied, whole_counts
from calliper.stats.estimates import ChiSquare, Interval, chi_square, normal_quantile
from calliper.stats.fisher import fisher, fisher_2x2

__all__ = [
    "expected",
    "fisher",
    "fisher_2x2",
    "likelihood_ratio",
    "min_expected",
    "odds_ratio",
    "pearson",
    "relative_risk",
    "risk_difference",
    "yates",
]


def pearson(counts: Counts) -> ChiSquare:
    """Test association by Pearson's chi-square, sum (O - E)^2 / E, with no continuity correction.

    Pearson (1900, Phil Mag 50, 157-175); `chisq.test(correct = FALSE)` in R. Raises as `occupied`.

    >>> pearson([[32, 8], [26, 19]])
    ChiSquare(chi2=4.824748119767277, df=1, p=0.028053963942336488)
    """
    table = occupied(counts)
    e = expected(table)
    return chi_square(float(((table - e) ** 2 / e).sum()), _degrees(table))


def yates(counts: Counts) -> ChiSquare:
    """Test association in a 2x2 table with Yates's continuity correction, sum (|O - E| - c)^2 / E.

    c is 0.5, or |O - E| where that is smaller, as in R's `chisq.test`. Yates (1934, J R Stat Soc Suppl 1,
    217-235).

    Raises:
        CannotEstimate: as `occupied`.
        ValueError: as `occupied`, or the table is not 2x2 once empty rows and columns are dropped.
    """
    table = occupied(counts)
    if table.shape != (2, 2):
        raise ValueError(
            f"Yates's correction is for 2x2 tables; this one is {table.shape[0]}x{table.shape[1]}"
        )
    e = expected(table)
    distance = np.abs(table - e)
    return chi_square(float(((distance - np.minimum(0.5, distance.min())) ** 2 / e).sum()), 1)


def likelihood_ratio(counts: Counts) -> ChiSquare:
    """Test association by the likelihood ratio, G = 2 sum O log(O / E). Raises as `occupied`.

    Agresti (2013, Categorical Data Analysis, 3rd ed., sec. 3.2.1).
    """
    table = occupied(counts)
    e = expected(table)
    g = 2 * float((xlogy(table, table) - xlogy(table, e)).sum())
    return chi_square(max(g, 0.0), _degrees(table))


def odds_ratio(counts: Counts, *, confidence: float = 0.95) -> Interval:
    """Return ad / bc of the 2x2 table [[a, b], [c, d]], with Woolf's interval.

    SE(log OR) = sqrt(1/a + 1/b + 1/c + 1/d). Woolf (1955, Ann Hum Genet 19, 251-253). For small counts, or a
    zero, `odds_ratio.exact_odds_ratio` has the better interval.

    Raises:
        CannotEstimate: a cell is zero.
        ValueError: the table is not 2x2, or as `occupied`.
    """
    a, b, c, d = _two_by_two(counts)
    if 0 in (a, b, c, d):
        raise CannotEstimate("no odds ratio with an interval: a cell of the table is zero")
    return _ratio(a * d / (b * c), math.sqrt(1 / a + 1 / b + 1 / c + 1 / d), confidence)


def relative_risk(counts: Counts, *, confidence: float = 0.95) -> Interval:
    """Return the risk in the first row over the risk in the second; the first column counts the events.

    SE(log RR) = sqrt(1/a - 1/n1 + 1/c - 1/n2). Katz et al. (1978, Biometrics 34, 469-474), method C.

    Raises:
        CannotEstimate: a row holds nobody, or a row has no event.
        ValueError: the table is not 2x2, or as `occupied`.
    """
    a, b, c, d = _two_by_two(counts)
    if not (a + b and c + d):
        raise CannotEstimate("no relative risk: a group holds no patient")
    if not (a and c):
        raise CannotEstimate("no relative risk with an interval: a group has no event")
    error = math.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    return _ratio((a / (a + b)) / (c / (c + d)), error, confidence)


def risk_difference(counts: Counts, *, confidence: float = 0.95) -> Interval:
    """Return the risk in the first row less that in the second, with Wald's interval; first column: events.

    For small counts or risks near 0 or 1, `proportions.newcombe` and `score_intervals.score_difference` have
    better intervals.

    Raises:
        CannotEstimate: a row holds nobody.
        ValueError: the table is not 2x2, or as `occupied`.
    """
    a, b, c, d = _two_by_two(counts)
    if not (a + b and c + d):
        raise CannotEstimate("no risk difference: a group holds no patient")
    first, second = a / (a + b), c / (c + d)
    error = math.sqrt(first * (1 - first) / (a + b) + second * (1 - second) / (c + d))
    reach = normal_quantile(confidence) * error
    return Interval(first - second, first - second - reach, first - second + reach)


def _two_by_two(counts: Counts) -> tuple[int, int, int, int]:
    table = whole_counts(counts)
    if table.shape != (2, 2):
        raise ValueError(f"expected a 2x2 table; this one is {table.shape[0]}x{table.shape[1]}")
    (a, b), (c, d) = table.tolist()
    return int(a), int(b), int(c), int(d)


def _ratio(value: float, log_error: float, confidence: float) -> Interval:
    reach = math.exp(normal_quantile(confidence) * log_error)
    return Interval(value, value / reach, value * reach)


def _degrees(table: Integers) -> int:
    rows, columns = table.shape
    return int((rows - 1) * (columns - 1))
