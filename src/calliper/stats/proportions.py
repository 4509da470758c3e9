"""Intervals for a proportion, a difference of proportions, and a rate."""

from __future__ import annotations

import math

from scipy.special import betainccinv, betaincinv, gammainccinv, gammaincinv

from calliper.errors import CannotEstimate
from calliper.stats.estimates import Interval, normal_quantile, one_tail


def clopper_pearson(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the exact interval: quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x).

    Clopper and Pearson (1934, Biometrika 26, 404-413). The lower limit is 0 at x = 0 and the upper 1 at x =
    n.

    Raises:
        CannotEstimate: n is 0.
        ValueError: x or n is negative, or x is above n.

    >>> round(100 * clopper_pearson(0, 90).upper, 2)
    4.02
    """
    share, tail = _share(x, n), one_tail(confidence)
    lower = float(betaincinv(x, n - x + 1, tail)) if x else 0.0
    upper = float(betainccinv(x + 1, n - x, tail)) if x < n else 1.0
    return Interval(share, lower, upper)


def wilson(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the score interval, no continuity correction (Wilson 1927, JASA 22, 209-212).

    (p + z^2/2n -/+ z sqrt(p q / n + z^2 / 4n^2)) / (1 + z^2 / n). Raises as `clopper_pearson`.
    """
    share, z = _share(x, n), normal_quantile(confidence)
    centre, reach = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n + (z / (2 * n)) ** 2)
    lower = (centre - reach) / (1 + z**2 / n) if x else 0.0
    upper = (centre + reach) / (1 + z**2 / n) if x < n else 1.0
    return Interval(share, lower, upper)


def wald(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the interval p -/+ z sqrt(p q / n), cut at 0 and 1; poor for small n and extreme p.

    Raises as `clopper_pearson`.
    """
    share = _share(x, n)
    reach = normal_quantile(confidence) * math.sqrt(share * (1 - share) / n)
    return Interval(share, max(share - reach, 0.0), min(share + reach, 1.0))


def newcombe(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return x1 / n1 - x2 / n2 with the hybrid score interval.

    Newcombe (1998, Stat Med 17, 873-890), method 10.

    Lower: d - sqrt((p1 - l1)^2 + (u2 - p2)^2); upper: d + sqrt((u1 - p1)^2 + (p2 - l2)^2), with l and u
        Wilson's limits. Raises as `clopper_pearson`.
    """
    first, second = wilson(x1, n1, confidence), wilson(x2, n2, confidence)
    difference = first.value - second.value
    return Interval(
        value=difference,
        lower=difference - math.hypot(first.value - first.lower, second.upper - second.value),
        upper=difference + math.hypot(first.upper - first.value, second.value - second.lower),
    )


def exact_poisson(x: int, person_time: float, confidence: float = 0.95) -> Interval:
    """Return the rate x / person-time with its exact interval, in events per unit of the person-time.

    Half the chi-square quantiles with 2x and 2x + 2 degrees of freedom, over the person-time. Garwood (1936,
    Biometrika 28, 437-442).

    Raises:
        CannotEstimate: the person-time is 0.
        ValueError: x or the person-time is negative.
    """
    if x < 0 or person_time < 0:
        raise ValueError(f"{x} events in {person_time} of person-time; expected zero or more")
    if person_time == 0:
        raise CannotEstimate("no rate: nobody was at risk for any time")
    tail = one_tail(confidence)
    lower = float(gammaincinv(x, tail)) if x else 0.0
    return Interval(x / person_time, lower / person_time, float(gammainccinv(x + 1, tail)) / person_time)


def _share(x: int, n: int) -> float:
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n}; expected 0 <= x <= n")
    if n == 0:
        raise CannotEstimate("no proportion: there is no patient to divide by")
    return x / n
