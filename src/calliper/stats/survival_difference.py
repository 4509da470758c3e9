"""Two curves compared at one time, and by the ratio of their restricted means."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr

from calliper.errors import CannotEstimate
from calliper.stats.estimates import chi_square, normal_quantile
from calliper.stats.survival import KaplanMeier, SurvivalAt, rmst, survival_at


@dataclass(frozen=True)
class SurvivalDifference:
    """S of the first curve less S of the second, at one time, with its symmetric interval.

    `chi2` and two-sided `p` are of the test on the log-log scale; None where a curve is still at 1.
    """

    time: float
    value: float
    standard_error: float
    lower: float
    upper: float
    chi2: float | None
    p: float | None


@dataclass(frozen=True)
class RestrictedMeanRatio:
    """The restricted mean of the first curve over that of the second. `log_error` is the error of its log."""

    tau: float
    value: float
    log_error: float
    lower: float
    upper: float
    p: float


def survival_difference(a: KaplanMeier, b: KaplanMeier, t: float) -> SurvivalDifference:
    """Compare two curves at time t, chosen beforehand.

    The interval is S_a - S_b -/+ z sqrt(SE_a^2 + SE_b^2), with Greenwood's errors. The test is that of Klein,
    Logan, Harhoff and Andersen (2007, Stat Med 26, 4505-4519) on the scale log(-log S), which keeps its size in
    small samples: chi2 = (log(-log S_a) - log(-log S_b))^2 / sum of (SE / (S log S))^2, 1 df.

    Raises:
        CannotEstimate: follow-up of a group ends before t, a curve is at 0, or neither has any variance.
    """
    first, second = _read(a, t), _read(b, t)
    errors = [float(at.standard_error or 0.0) for at in (first, second)]
    error = math.hypot(*errors)
    if error == 0:
        raise CannotEstimate(f"no difference at {t:g}: no event by then in either group")
    value, z = first.survival - second.survival, normal_quantile(a.confidence)
    lower, upper = max(value - z * error, -1.0), min(value + z * error, 1.0)
    if max(first.survival, second.survival) == 1:
        return SurvivalDifference(t, value, error, lower, upper, None, None)
    logs = [math.log(at.survival) for at in (first, second)]
    shift = math.log(logs[0] / logs[1])
    variance = sum((e / (at.survival * log)) ** 2 for e, at, log in zip(errors, (first, second), logs))
    test = chi_square(shift**2 / variance, 1)
    return SurvivalDifference(t, value, error, lower, upper, test.chi2, test.p)


def rmst_ratio(a: KaplanMeier, b: KaplanMeier, tau: float) -> RestrictedMeanRatio:
    """Return the restricted mean of a over that of b, with the interval and two-sided p of its log (normal).

    Var log ratio = sum of (SE / mean)^2. Uno and others (2014, J Clin Oncol 32, 2380-2385), as R's `survRM2`.

    Raises:
        CannotEstimate: as `rmst` for either curve, a mean is 0, or neither curve has any variance up to tau.
        ValueError: tau is not above zero.
    """
    first, second = rmst(a, tau), rmst(b, tau)
    if min(first.value, second.value) <= 0:
        raise CannotEstimate(f"no ratio of the restricted means to {tau:g}: the mean of a group is 0")
    error = math.hypot(first.standard_error / first.value, second.standard_error / second.value)
    if error == 0:
        raise CannotEstimate(f"no test of the restricted means: no event before {tau:g} in either group")
    shift, reach = math.log(first.value / second.value), normal_quantile(a.confidence) * error
    limits = math.exp(shift - reach), math.exp(shift + reach)
    return RestrictedMeanRatio(
        tau, first.value / second.value, error, *limits, p=float(2 * ndtr(-abs(shift) / error))
    )


def _read(km: KaplanMeier, t: float) -> SurvivalAt:
    at = survival_at(km, t)
    if at is None:
        raise CannotEstimate(f"no difference at {t:g}: follow-up of a group ends at {float(km.time[-1]):g}")
    if at.standard_error is None:
        raise CannotEstimate(f"no difference at {t:g}: nobody of a group is left free of the event")
    return at
