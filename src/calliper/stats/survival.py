"""Kaplan-Meier, and what is read off its curve."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calliper.errors import CannotEstimate
from calliper.stats.conventions import FlatRule, MedianInterval, SurvivalInterval
from calliper.stats.estimates import Estimate, normal_quantile
from calliper.stats.survival_limits import probability_limits
from calliper.summaries.risk_table import RiskTable
from calliper.summaries.tied_times import time_cells

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

# S = 0.5 reached in floating point may miss 0.5 by its rounding; R uses the same tolerance.
_TOLERANCE = math.sqrt(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class KaplanMeier:
    """The curve at every distinct time, of events and of censorings alike; all arrays have shape (k,).

    `standard_error` is Greenwood's, of S itself. Limits are NaN where they do not exist: where S is 0, and
    on the log-log, logit and arcsine scales where S is 1.
    """

    time: Floats
    at_risk: Integers
    events: Integers
    censored: Integers
    survival: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    confidence: float
    interval: SurvivalInterval

    @property
    def n(self) -> int:
        """How many patients the curve describes."""
        return int(self.events.sum() + self.censored.sum())


@dataclass(frozen=True)
class SurvivalAt:
    """The curve read at one time. `at_risk` counts the times >= t; None where a limit does not exist."""

    time: float
    at_risk: int
    survival: float
    standard_error: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class RestrictedMean:
    """The mean time lived without the event up to `tau`, or a difference of two; unit of the times."""

    tau: float
    value: float
    standard_error: float
    lower: float
    upper: float
    p: float | None = None


def kaplan_meier(
    table: RiskTable, *, confidence: float = 0.95, interval: SurvivalInterval = "log"
) -> KaplanMeier:
    """Estimate S(t) = product over t_i <= t of (1 - d_i / n_i), with Greenwood's variance.

    Var S(t) = S(t)^2 sum d_i / (n_i (n_i - d_i)). Kaplan and Meier (1958, JASA 53, 457-481), sec. 2; the
    transformed intervals are those of Borgan and Liestol (1990, Scand J Stat 17, 35-41) and of R's `survfit`.
    With late entries n_i counts those who entered before t_i (Tsai, Jewell and Wang 1987, Biometrika 74,
    883-886), and where an event leaves nobody at risk S stays 0, whoever enters later.

    Raises:
        CannotEstimate: the table holds no patient.
    """
    if not table.times.size:
        raise CannotEstimate("no survival curve: no patient has a follow-up time")
    at_risk, events = table.at_risk, table.events
    left, happened = at_risk - events, events > 0
    survival: Floats = np.cumprod(np.divide(left, at_risk, out=np.ones(left.size), where=happened))
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.divide(events, at_risk * left, out=np.zeros(left.size), where=happened)
        relative_error = np.sqrt(np.cumsum(steps))
        error = np.where(survival > 0, survival * relative_error, np.nan)
    lower, upper = probability_limits(survival, error, interval=interval, z=normal_quantile(confidence))
    return KaplanMeier(
        time=table.times,
        at_risk=at_risk,
        events=events,
        censored=table.censored,
        survival=survival,
        standard_error=error,
        lower=lower,
        upper=upper,
        confidence=confidence,
        interval=interval,
    )


def reverse_kaplan_meier(
    table: RiskTable, *, confidence: float = 0.95, interval: SurvivalInterval = "log"
) -> KaplanMeier:
    """Estimate the distribution of follow-up: censoring is the event, and the event censors.

    Schemper and Smith (1996, Control Clin Trials 17, 343-346). The median of this curve is the median
    follow-up.

    Raises:
        CannotEstimate: the table holds no patient.
    """
    flipped = replace(table, events=table.censored, censored=table.events)
    return kaplan_meier(flipped, confidence=confidence, interval=interval)


def quantile(
    km: KaplanMeier,
    p: float = 0.5,
    *,
    median_flat: FlatRule = "midpoint",
    median_ci: MedianInterval = "brookmeyer-crowley",
) -> Estimate:
    """Return the time by which a share p has had the event (0.5: the median), with its limits.

    Args:
        km: the curve; its own limits carry the Brookmeyer-Crowley interval.
        p: between 0 and 1; the curve is read at S = 1 - p.
        median_flat: where the curve is level at exactly 1 - p: "midpoint" of the level piece (R, SAS), or its
            "first" time (SPSS). A level piece that no later event ends is read at its first time under both.
        median_ci: "brookmeyer-crowley" reads the limits of S(t) as the curve itself is read (Brookmeyer and
            Crowley
            1982, Biometrics 38, 29-41); "spss" is the estimate -/+ z SE, with the SE of Collett (2015,
            Modelling Survival Data, 3rd ed., sec. 2.4).

    Returns:
        None stands where the curve, or the limit, does not come down to 1 - p.

    Raises:
        ValueError: p is not between 0 and 1.
    """
    if not 0 < p < 1:
        raise ValueError(f"p is {p}; expected a number between 0 and 1")
    target = 1 - p
    value = _first_below(km.time, km.survival, target, median_flat)
    if median_ci == "spss":
        reach = _collett_reach(km, target)
        if value is None or reach is None:
            return Estimate(value, None, None)
        return Estimate(value, value - reach, value + reach)
    lower = _first_below(km.time, km.lower, target, median_flat)
    upper = _first_below(km.time, km.upper, target, median_flat)
    return Estimate(value, lower, upper)


def survival_at(km: KaplanMeier, t: float) -> SurvivalAt | None:
    """Read the curve at time t, as R's `summary(survfit, times = t)`; None past the last follow-up.

    Before the first distinct time S is 1 with no error.
    """
    cells, cell = time_cells(km.time), time_cells(np.array([t], dtype=np.float64))[0]
    if cell > cells[-1]:
        return None
    at_risk = int(km.at_risk[np.searchsorted(cells, cell, side="left")])
    row = int(np.searchsorted(cells, cell, side="right")) - 1
    if row < 0:
        return SurvivalAt(t, at_risk, 1.0, 0.0, 1.0, 1.0)
    return SurvivalAt(
        time=t,
        at_risk=at_risk,
        survival=float(km.survival[row]),
        standard_error=_known(km.standard_error[row]),
        lower=_known(km.lower[row]),
        upper=_known(km.upper[row]),
    )


def rmst(km: KaplanMeier, tau: float) -> RestrictedMean:
    """Return the area under the curve up to tau, with its standard error; the interval is symmetric.

    Variance: sum over event times of (area from t_i to tau)^2 d_i / (n_i (n_i - d_i)); Klein and
        Moeschberger (2003, Survival Analysis, 2nd ed., eqs. 4.5.1-4.5.3). A last event that leaves nobody
        adds nothing.

    Raises:
        CannotEstimate: tau is after the last follow-up time and the curve has not reached zero.
        ValueError: tau is not above zero.
    """
    if not (tau > 0 and math.isfinite(tau)):
        raise ValueError(f"tau is {tau}; expected a finite time above zero")
    last = float(km.time[-1])
    if time_cells(np.array([tau]))[0] > time_cells(np.array([last]))[0] and km.survival[-1] > 0:
        raise CannotEstimate(f"no restricted mean to {tau:g}: follow-up ends at {last:g} with survivors")
    keep = km.time <= tau
    edges = np.concatenate([[0.0], km.time[keep], [tau]])
    areas = np.diff(edges) * np.concatenate([[1.0], km.survival[keep]])
    area_after = np.cumsum(areas[1:][::-1])[::-1]
    n, d = km.at_risk[keep], km.events[keep]
    hazard_variance = np.where(n > d, d / np.maximum(n * (n - d), 1), 0.0)
    error = math.sqrt(float(area_after**2 @ hazard_variance))
    value, z = float(areas.sum()), normal_quantile(km.confidence)
    return RestrictedMean(tau, value, error, value - z * error, value + z * error)


def rmst_difference(a: KaplanMeier, b: KaplanMeier, tau: float) -> RestrictedMean:
    """Return the restricted mean of a less that of b, with its interval and two-sided p (normal).

    Raises:
        CannotEstimate: as `rmst` for either curve, or neither curve has any variance up to tau.
    """
    first, second = rmst(a, tau), rmst(b, tau)
    error = math.hypot(first.standard_error, second.standard_error)
    if error == 0:
        raise CannotEstimate(f"no test of the restricted means: no event before {tau:g} in either group")
    value, z = first.value - second.value, normal_quantile(a.confidence)
    p = float(2 * ndtr(-abs(value) / error))
    return RestrictedMean(tau, value, error, value - z * error, value + z * error, p)


def _first_below(time: Floats, curve: Floats, target: float, flat: FlatRule) -> float | None:
    reached = np.flatnonzero(curve < target + _TOLERANCE)
    if not reached.size:
        return None
    first = reached[0]
    later = reached[curve[reached] < curve[first]]
    if flat == "midpoint" and abs(curve[first] - target) < _TOLERANCE and later.size:
        return float((time[first] + time[later[0]]) / 2)
    return float(time[first])


def _collett_reach(km: KaplanMeier, target: float) -> float | None:
    first = np.flatnonzero(km.survival < target + _TOLERANCE)
    jumps = km.events > 0
    time = np.concatenate([[0.0], km.time[jumps]])
    survival = np.concatenate([[1.0], km.survival[jumps]])
    above = np.flatnonzero(survival >= target + 0.05 - _TOLERANCE)
    below = np.flatnonzero(survival <= target - 0.05 + _TOLERANCE)
    if not (first.size and above.size and below.size):
        return None
    u, low = above[-1], below[0]
    if time[low] <= time[u]:  # the curve falls through the median on day 0: there is no slope
        return None
    density = (survival[u] - survival[low]) / (time[low] - time[u])
    reach = normal_quantile(km.confidence) * float(km.standard_error[first[0]]) / float(density)
    return reach if math.isfinite(reach) else None


def _known(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
