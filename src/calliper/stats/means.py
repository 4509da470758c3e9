"""Comparisons of means and of variances; those by ranks are in ranks.py and can be had from here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import fdtrc, stdtr, stdtrit

from calliper.errors import CannotEstimate
from calliper.stats.estimates import one_tail
from calliper.stats.ranks import kruskal_wallis, mann_whitney
from calliper.summaries.columns import Column, known_numbers
from calliper.summaries.moments import Moments, moments

__all__ = ["FTest", "TTest", "anova", "kruskal_wallis", "levene", "mann_whitney", "t_pooled", "t_welch"]


@dataclass(frozen=True)
class TTest:
    """Student's t for the mean of a less that of b, with the limits of the difference; p is two-sided."""

    t: float
    df: float
    p: float
    difference: float
    lower: float
    upper: float


@dataclass(frozen=True)
class FTest:
    """A ratio of variances and its p, the upper tail of the F distribution."""

    f: float
    df1: int
    df2: int
    p: float


def t_pooled(a: Moments, b: Moments, *, confidence: float = 0.95) -> TTest:
    """Compare two means, one variance for both: SE^2 = ((m2a + m2b) / (na + nb - 2)) (1/na + 1/nb).

    Student (1908, Biometrika 6, 1-25).

    Raises:
        CannotEstimate: a group has fewer than two values, or neither varies.
    """
    _check(a, b)
    df = a.n + b.n - 2
    return _t_test(a, b, math.sqrt((a.m2 + b.m2) / df * (1 / a.n + 1 / b.n)), df, confidence)


def t_welch(a: Moments, b: Moments, *, confidence: float = 0.95) -> TTest:
    """Compare two means, a variance for each: SE^2 = va/na + vb/nb, with Satterthwaite's degrees of freedom.

    df = SE^4 / ((va/na)^2 / (na - 1) + (vb/nb)^2 / (nb - 1)). Welch (1947, Biometrika 34, 28-35).

    Raises:
        CannotEstimate: a group has fewer than two values, or neither varies.
    """
    _check(a, b)
    first, second = a.variance / a.n, b.variance / b.n
    share = first / (first + second)
    df = 1 / (share**2 / (a.n - 1) + (1 - share) ** 2 / (b.n - 1))
    return _t_test(a, b, math.sqrt(first + second), df, confidence)


def anova(groups: Sequence[Moments]) -> FTest:
    """Compare the means of two or more groups: F = (SSB / (k - 1)) / (SSW / (n - k)).

    Fisher (1925, Statistical Methods for Research Workers, ch. 7). Groups with no value are left out.

    Raises:
        CannotEstimate: fewer than two groups have a value, no group has two, or no group varies.
    """
    known = [group for group in groups if group.n]
    total = sum(known, Moments())
    df1, df2 = len(known) - 1, total.n - len(known)
    if df1 < 1:
        raise CannotEstimate("no comparison of means: fewer than two groups have a known value")
    within = math.fsum(group.m2 for group in known)
    if df2 < 1 or within == 0:
        raise CannotEstimate("no comparison of means: the values do not vary within any group")
    between = math.fsum(group.n * (group.mean - total.mean) ** 2 for group in known)
    f = (between / df1) / (within / df2)
    return FTest(f=f, df1=df1, df2=df2, p=float(fdtrc(df1, df2, f)))


def levene(groups: Sequence[Column]) -> FTest:
    """Compare the variances of two or more groups: ANOVA of the absolute deviations from each group's mean.

    Levene (1960), as SPSS prints it; the Brown-Forsythe variant (R's `car::leveneTest` default) takes
    deviations from the median. Nulls are left out.

    Raises:
        CannotEstimate: as `anova`, of the deviations.
        ValueError: a value is NaN or infinite.
    """
    known = [known_numbers(group) for group in groups]
    return anova([moments(np.abs(values - values.mean())) for values in known if values.size])


def _check(a: Moments, b: Moments) -> None:
    if a.n < 2 or b.n < 2:
        raise CannotEstimate(f"no comparison of means: {a.n} and {b.n} known values, two in each are needed")
    if a.m2 + b.m2 == 0:
        raise CannotEstimate("no comparison of means: the values do not vary within either group")


def _t_test(a: Moments, b: Moments, error: float, df: float, confidence: float) -> TTest:
    difference = a.mean - b.mean
    t = difference / error
    reach = -float(stdtrit(df, one_tail(confidence))) * error
    p = 2 * float(stdtr(df, -abs(t)))
    return TTest(t=t, df=df, p=p, difference=difference, lower=difference - reach, upper=difference + reach)
