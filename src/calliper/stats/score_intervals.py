"""Score intervals for the difference and the ratio of two risks (Miettinen and Nurminen)."""

from __future__ import annotations

import math

from calliper.errors import CannotEstimate
from calliper.stats.estimates import Interval, normal_quantile
from calliper.stats.roots import crossing

# The logarithm of the risk ratio is sought within these.
_LOG_RANGE = 300.0


def score_difference(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return x1 / n1 - x2 / n2 with the score interval of Miettinen and Nurminen.

    The limits are the differences d with (p1 - p2 - d)^2 = z^2 V, V = (r1 (1 - r1) / n1 + r2 (1 - r2) / n2)
    N / (N - 1), N = n1 + n2 and r1, r2 the likeliest risks that differ by d. Miettinen and Nurminen (1985,
    Stat Med 4, 213-226).

    Raises:
        CannotEstimate: a group holds nobody.
        ValueError: a count is negative or above its group's size, or the confidence is not between 0 and 1.

    >>> found = score_difference(56, 70, 48, 80)
    >>> round(found.lower, 4), round(found.upper, 4)
    (0.0528, 0.3382)
    """
    z = normal_quantile(confidence)
    p1, p2 = _risks(x1, n1, x2, n2)
    difference = p1 - p2

    def score(d: float) -> float:
        r1, r2 = _likeliest_risks(x1, n1, x2, n2, d)
        return _standardised(difference - d, _variance(r1, n1, r2, n2, 1.0))

    return Interval(
        value=difference,
        lower=crossing(lambda d: score(d) - z, -1.0, difference) if difference > -1 else -1.0,
        upper=crossing(lambda d: score(d) + z, difference, 1.0) if difference < 1 else 1.0,
    )


def score_ratio(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Interval:
    """Return the risk x1 / n1 over the risk x2 / n2 with the score interval of Miettinen and Nurminen.

    The limits are the ratios f with (p1 - f p2)^2 = z^2 V, V = (r1 (1 - r1) / n1 + f^2 r2 (1 - r2) / n2)
    N / (N - 1), N = n1 + n2 and r1, r2 the likeliest risks whose ratio is f. Miettinen and Nurminen (1985,
    Stat Med 4, 213-226); without N / (N - 1) Koopman (1984, Biometrics 40, 513-517). Without an
    event in the first group the ratio and the lower limit are 0, without one in the second the ratio and the
    upper limit are infinite.

    Raises:
        CannotEstimate: a group holds nobody, or neither has an event.
        ValueError: as `score_difference`.

    >>> found = score_ratio(24, 73, 53, 65)
    >>> round(found.lower, 3), round(found.upper, 3)
    (0.28, 0.56)
    """
    z = normal_quantile(confidence)
    p1, p2 = _risks(x1, n1, x2, n2)
    if not x1 and not x2:
        raise CannotEstimate("no risk ratio: neither group has an event")

    def score(log_ratio: float) -> float:
        f = math.exp(log_ratio)
        r2 = _likeliest_second_risk(x1, n1, x2, n2, f)
        return _standardised(p1 - f * p2, _variance(min(f * r2, 1.0), n1, r2, n2, f))

    return Interval(
        value=p1 / p2 if x2 else math.inf,
        lower=math.exp(crossing(lambda r: score(r) - z, -_LOG_RANGE, _LOG_RANGE)) if x1 else 0.0,
        upper=math.exp(crossing(lambda r: score(r) + z, -_LOG_RANGE, _LOG_RANGE)) if x2 else math.inf,
    )


def _risks(x1: int, n1: int, x2: int, n2: int) -> tuple[float, float]:
    for x, n in ((x1, n1), (x2, n2)):
        if not 0 <= x <= n:
            raise ValueError(f"{x} of {n}; expected 0 <= x <= n")
        if n == 0:
            raise CannotEstimate("no comparison of risks: a group holds no patient")
    return x1 / n1, x2 / n2


def _likeliest_risks(x1: int, n1: int, x2: int, n2: int, d: float) -> tuple[float, float]:
    """The two risks of greatest likelihood where the first is `d` more: a root of the cubic of the appendix.

    Written for the first risk, as Farrington and Manning (1990, Stat Med 9, 1447-1454).
    """
    p1, p2, theta = x1 / n1, x2 / n2, n2 / n1
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p2 + d * (theta + 2))
    c = d * d + d * (2 * p1 + theta + 1) + p1 + theta * p2
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) - p1 * d * (1 + d) / (2 * a)
    u = math.copysign(math.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    angle = math.acos(min(max(v / u**3, -1.0), 1.0)) if u else 0.0
    r1 = 2 * u * math.cos((math.pi + angle) / 3) - b / (3 * a)
    r1 = min(max(r1, 0.0, d), 1.0, 1.0 + d)
    return r1, min(max(r1 - d, 0.0), 1.0)


def _likeliest_second_risk(x1: int, n1: int, x2: int, n2: int, f: float) -> float:
    """The second risk of greatest likelihood where the first is `f` times it: the lesser root of a quadratic."""
    a, b, c = (n1 + n2) * f, n1 * f + x1 + n2 + x2 * f, x1 + x2
    return min(2 * c / (b + math.sqrt(max(b * b - 4 * a * c, 0.0))), 1.0)


def _variance(r1: float, n1: int, r2: float, n2: int, factor: float) -> float:
    n = n1 + n2
    return (r1 * (1 - r1) / n1 + factor**2 * r2 * (1 - r2) / n2) * n / (n - 1)


def _standardised(distance: float, variance: float) -> float:
    if variance > 0:
        return distance / math.sqrt(variance)
    return math.copysign(math.inf, distance) if distance else 0.0
