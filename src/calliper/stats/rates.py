"""Rates of events over person-time: intervals of one, and the ratio and the difference of two.

A rate is in events per unit of the person-time. `proportions.exact_poisson` has the exact interval of one.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from calliper.errors import CannotEstimate
from calliper.stats.estimates import Interval, normal_quantile
from calliper.stats.proportions import clopper_pearson

# Two counts whose probabilities differ by less than this share are equally likely, as in R.
_SAME = 1e-7


def rate_wald(x: int, person_time: float, confidence: float = 0.95) -> Interval:
    """Return the rate x / T with the interval x / T -/+ z sqrt(x) / T, cut at 0; of no width without events.

    Rothman, Greenland and Lash (2008, Modern Epidemiology, 3rd ed., ch. 14).

    Raises:
        CannotEstimate: the person-time is 0.
        ValueError: x is negative, the person-time is negative or not finite, or the confidence is not between
            0 and 1.
    """
    rate = _rate(x, person_time)
    reach = normal_quantile(confidence) * math.sqrt(x) / person_time
    return Interval(rate, max(rate - reach, 0.0), rate + reach)


def rate_log(x: int, person_time: float, confidence: float = 0.95) -> Interval:
    """Return the rate x / T with the interval x / T times or over exp(z / sqrt(x)).

    Rothman, Greenland and Lash (2008, Modern Epidemiology, 3rd ed., ch. 14). Raises as `rate_wald`, and
    CannotEstimate without an event.
    """
    rate = _rate(x, person_time)
    if not x:
        raise CannotEstimate("no interval of the rate on the log scale: there was no event")
    reach = math.exp(normal_quantile(confidence) / math.sqrt(x))
    return Interval(rate, rate / reach, rate * reach)


def rate_ratio(x1: int, time1: float, x2: int, time2: float, confidence: float = 0.95) -> Interval:
    """Return the rate x1 / T1 over the rate x2 / T2 with its exact interval.

    Given x1 + x2, x1 is binomial, with odds T1 / T2 times the ratio: Clopper and Pearson's limits of it.
    Lehmann and Romano (2005, Testing Statistical Hypotheses, 3rd ed., sec. 4.5); `poisson.test` in R. Without
    an event in the second group the ratio and the upper limit are infinite.

    Raises:
        CannotEstimate: a person-time is 0, or there is no event at all.
        ValueError: as `rate_wald`.

    >>> found = rate_ratio(11, 800, 10, 3011)
    >>> [round(x, 3) for x in (found.value, found.lower, found.upper)]
    [4.14, 1.596, 10.874]
    """
    first, second = _two_rates(x1, time1, x2, time2)
    share = clopper_pearson(x1, x1 + x2, confidence)
    return Interval(
        value=first / second if x2 else math.inf,
        lower=share.lower / (1 - share.lower) * (time2 / time1),
        upper=share.upper / (1 - share.upper) * (time2 / time1) if x2 else math.inf,
    )


def rate_ratio_p(x1: int, time1: float, x2: int, time2: float) -> float:
    """Return the exact two-sided p of equal rates: the probability, given x1 + x2, of an x1 no likelier.

    Given the sum x1 is Binomial(x1 + x2, T1 / (T1 + T2)); equally likely within 1e-7. Przyborowski and
    Wilenski (1940, Biometrika 31, 313-323); `poisson.test` in R. Raises as `rate_ratio`.
    """
    _two_rates(x1, time1, x2, time2)
    n, share = x1 + x2, time1 / (time1 + time2)
    every = np.arange(n + 1)
    ways = gammaln(n + 1) - gammaln(every + 1) - gammaln(n - every + 1)
    log_p = ways + xlogy(every, share) + xlog1py(n - every, -share)
    return min(1.0, float(np.exp(log_p[log_p <= log_p[x1] + math.log1p(_SAME)]).sum()))


def rate_ratio_wald(x1: int, time1: float, x2: int, time2: float, confidence: float = 0.95) -> Interval:
    """Return the rate x1 / T1 over the rate x2 / T2 with the interval of SE(log ratio) = sqrt(1/x1 + 1/x2).

    Rothman, Greenland and Lash (2008, Modern Epidemiology, 3rd ed., ch. 14). Raises as `rate_ratio`, and
    CannotEstimate where a group has no event.
    """
    first, second = _two_rates(x1, time1, x2, time2)
    if not x1 or not x2:
        raise CannotEstimate("no rate ratio with an interval on the log scale: a group has no event")
    reach = math.exp(normal_quantile(confidence) * math.sqrt(1 / x1 + 1 / x2))
    return Interval(first / second, first / second / reach, first / second * reach)


def rate_difference(x1: int, time1: float, x2: int, time2: float, confidence: float = 0.95) -> Interval:
    """Return the rate x1 / T1 less the rate x2 / T2 with Wald's interval, SE = sqrt(x1 / T1^2 + x2 / T2^2).

    Rothman, Greenland and Lash (2008, Modern Epidemiology, 3rd ed., ch. 14). Raises as `rate_ratio`.
    """
    first, second = _two_rates(x1, time1, x2, time2)
    reach = normal_quantile(confidence) * math.sqrt(x1 / time1**2 + x2 / time2**2)
    return Interval(first - second, first - second - reach, first - second + reach)


def _two_rates(x1: int, time1: float, x2: int, time2: float) -> tuple[float, float]:
    rates = _rate(x1, time1), _rate(x2, time2)
    if not x1 and not x2:
        raise CannotEstimate("no comparison of rates: there was no event in either group")
    return rates


def _rate(x: int, person_time: float) -> float:
    if x < 0 or not 0 <= person_time < math.inf:
        raise ValueError(f"{x} events in {person_time} of person-time; expected zero or more, and finite")
    if person_time == 0:
        raise CannotEstimate("no rate: nobody was at risk for any time")
    return x / person_time
