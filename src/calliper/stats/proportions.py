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


def wilson_corrected(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the score interval corrected for continuity, by half a patient.

    (2 n p + z^2 - 1 - z sqrt(z^2 - 2 - 1/n + 4 p (n q + 1))) / (2 (n + z^2)) to (2 n p + z^2 + 1 + z sqrt(z^2
    + 2 - 1/n + 4 p (n q - 1))) / (2 (n + z^2)), from 0 at x = 0 and to 1 at x = n. Newcombe (1998, Stat Med
    17, 857-872), method 4. Raises as `clopper_pearson`.
    """
    share, z = _share(x, n), normal_quantile(confidence)
    rest, base = 1 - share, 2 * (n + z**2)
    below = z * math.sqrt(max(z**2 - 2 - 1 / n + 4 * share * (n * rest + 1), 0.0))
    above = z * math.sqrt(max(z**2 + 2 - 1 / n + 4 * share * (n * rest - 1), 0.0))
    lower = max((2 * x + z**2 - 1 - below) / base, 0.0) if x else 0.0
    upper = min((2 * x + z**2 + 1 + above) / base, 1.0) if x < n else 1.0
    return Interval(share, lower, upper)


def agresti_coull(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with Wald's interval around the share after z^2 patients more, half of them with the event.

    m = n + z^2, s = (x + z^2 / 2) / m, s -/+ z sqrt(s (1 - s) / m), cut at 0 and 1. Agresti and Coull (1998,
    Am Stat 52, 119-126). Raises as `clopper_pearson`.
    """
    share, z = _share(x, n), normal_quantile(confidence)
    total = n + z**2
    centre = (x + z**2 / 2) / total
    reach = z * math.sqrt(centre * (1 - centre) / total)
    return Interval(share, max(centre - reach, 0.0), min(centre + reach, 1.0))


def jeffreys(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the equal-tailed limits of Beta(x + 1/2, n - x + 1/2), from 0 at x = 0 and to 1 at x = n.

    Brown, Cai and DasGupta (2001, Stat Sci 16, 101-133), sec. 3.1. Raises as `clopper_pearson`.
    """
    share, tail = _share(x, n), one_tail(confidence)
    lower = float(betaincinv(x + 0.5, n - x + 0.5, tail)) if x else 0.0
    upper = float(betainccinv(x + 0.5, n - x + 0.5, tail)) if x < n else 1.0
    return Interval(share, lower, upper)


def wald(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with the interval p -/+ z sqrt(p q / n), cut at 0 and 1; poor for small n and extreme p.

    Raises as `clopper_pearson`.
    """
    share = _share(x, n)
    reach = normal_quantile(confidence) * math.sqrt(share * (1 - share) / n)
    return Interval(share, max(share - reach, 0.0), min(share + reach, 1.0))


def wald_corrected(x: int, n: int, confidence: float = 0.95) -> Interval:
    """Return x / n with Wald's interval widened by 1 / 2n on each side, cut at 0 and 1.

    Fleiss, Levin and Paik (2003, Statistical Methods for Rates and Proportions, 3rd ed., ch. 2). Raises as
    `clopper_pearson`.
    """
    share = _share(x, n)
    reach = normal_quantile(confidence) * math.sqrt(share * (1 - share) / n) + 1 / (2 * n)
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


def agresti_caffo(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return x1 / n1 - x2 / n2 with Wald's interval after one event and one patient without are added to each group.

    s_i = (x_i + 1) / (n_i + 2); s1 - s2 -/+ z sqrt(sum of s_i (1 - s_i) / (n_i + 2)), cut at -1 and 1. The
    estimate is that of the data. Agresti and Caffo (2000, Am Stat 54, 280-288). Raises as `clopper_pearson`.
    """
    difference = _share(x1, n1) - _share(x2, n2)
    first, second = (x1 + 1) / (n1 + 2), (x2 + 1) / (n2 + 2)
    error = math.sqrt(first * (1 - first) / (n1 + 2) + second * (1 - second) / (n2 + 2))
    reach = normal_quantile(confidence) * error
    return Interval(difference, max(first - second - reach, -1.0), min(first - second + reach, 1.0))


def hauck_anderson(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return x1 / n1 - x2 / n2 with Wald's interval on n - 1, corrected for continuity, cut at -1 and 1.

    d -/+ (1 / (2 min(n1, n2)) + z sqrt(p1 q1 / (n1 - 1) + p2 q2 / (n2 - 1))). Hauck and Anderson (1986, Am
    Stat 40, 318-322).

    Raises:
        CannotEstimate: a group holds fewer than two patients.
        ValueError: as `clopper_pearson`.
    """
    first, second = _share(x1, n1), _share(x2, n2)
    if min(n1, n2) < 2:
        raise CannotEstimate("no interval for the difference: a group holds one patient only")
    error = math.sqrt(first * (1 - first) / (n1 - 1) + second * (1 - second) / (n2 - 1))
    return _cut(first - second, 1 / (2 * min(n1, n2)) + normal_quantile(confidence) * error)


def wald_difference_corrected(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return x1 / n1 - x2 / n2 with Wald's interval widened by (1 / n1 + 1 / n2) / 2, cut at -1 and 1.

    Newcombe (1998, Stat Med 17, 873-890), method 2. Raises as `clopper_pearson`.
    """
    first, second = _share(x1, n1), _share(x2, n2)
    error = math.sqrt(first * (1 - first) / n1 + second * (1 - second) / n2)
    return _cut(first - second, normal_quantile(confidence) * error + (1 / n1 + 1 / n2) / 2)


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


def _cut(difference: float, reach: float) -> Interval:
    return Interval(difference, max(difference - reach, -1.0), min(difference + reach, 1.0))


def _share(x: int, n: int) -> float:
    if not 0 <= x <= n:
        raise ValueError(f"{x} of {n}; expected 0 <= x <= n")
    if n == 0:
        raise CannotEstimate("no proportion: there is no patient to divide by")
    return x / n
