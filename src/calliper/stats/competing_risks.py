"""Aalen-Johansen: how many have had each of several exclusive events by a time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import SurvivalInterval
from calliper.stats.estimates import normal_quantile
from calliper.stats.survival_limits import probability_limits
from calliper.summaries.cause_table import CauseTable
from calliper.summaries.tied_times import time_cells

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CumulativeIncidence:
    """The share who have had the event by `cause`, at every distinct time; all arrays have shape (k,).

    `events` counts those of this cause alone. Limits are NaN where they do not exist: on the scales other than
    plain where the incidence is 0, and on the log-log, logit and arcsine scales where it is 1.
    """

    cause: str
    time: Floats
    at_risk: Integers
    events: Integers
    incidence: Floats
    standard_error: Floats
    lower: Floats
    upper: Floats
    confidence: float
    interval: SurvivalInterval


@dataclass(frozen=True)
class IncidenceAt:
    """The curve read at one time. `at_risk` counts the times >= t; None where a limit does not exist."""

    time: float
    at_risk: int
    incidence: float
    standard_error: float
    lower: float | None
    upper: float | None


def cumulative_incidence(
    table: CauseTable, cause: str, *, confidence: float = 0.95, interval: SurvivalInterval = "log"
) -> CumulativeIncidence:
    """Estimate F_j(t) = sum over t_i <= t of S(t_i-) d_ji / n_i, S the curve free of every cause.

    Var F_j(t) = sum over t_i <= t of { S(t_i-)^2 q_j (1 - q_j) + B^2 q (1 - q) - 2 S(t_i-) B q_j (1 - q) } /
    n_i, with q_j = d_ji / n_i, q the sum of the q_j, and B = (F_j(t) - F_j(t_i)) / (1 - q): the events of a
    time are multinomial among those at risk. Aalen and Johansen (1978, Scand J Stat 5, 141-150); the variance
    is that of Aalen (1978, Ann Stat 6, 534-545) with ties, equal to the infinitesimal jackknife of R's
    `survfit`. The intervals are R's, taken of F_j.

    Raises:
        CannotEstimate: the table holds no patient.
        ValueError: the table knows no such cause.
    """
    row = table.place(cause)
    if not table.times.size:
        raise CannotEstimate("no cumulative incidence: no patient has a follow-up time")
    everyone = table.any_cause()
    n, events = everyone.at_risk, table.events[row]
    before = np.concatenate([[1.0], np.cumprod((n - everyone.events) / n)[:-1]])
    incidence: Floats = np.minimum(np.cumsum(before * events / n), 1.0)
    error = np.sqrt(_variance(events, everyone.events, n))
    z = normal_quantile(confidence)
    lower, upper = probability_limits(incidence, error, interval=interval, z=z)
    return CumulativeIncidence(
        cause=cause,
        time=table.times,
        at_risk=n,
        events=events,
        incidence=incidence,
        standard_error=error,
        lower=lower,
        upper=upper,
        confidence=confidence,
        interval=interval,
    )


def incidence_at(curve: CumulativeIncidence, t: float) -> IncidenceAt | None:
    """Read the curve at time t, as R's `summary(survfit, times = t)`; None past the last follow-up.

    Before the first distinct time the incidence is 0 with no error and no limits.
    """
    cells, cell = time_cells(curve.time), time_cells(np.array([t], dtype=np.float64))[0]
    if cell > cells[-1]:
        return None
    at_risk = int(curve.at_risk[np.searchsorted(cells, cell, side="left")])
    row = int(np.searchsorted(cells, cell, side="right")) - 1
    if row < 0:
        return IncidenceAt(t, at_risk, 0.0, 0.0, None, None)
    limits = (float(curve.lower[row]), float(curve.upper[row]))
    lower, upper = (None if math.isnan(limit) else limit for limit in limits)
    incidence, error = float(curve.incidence[row]), float(curve.standard_error[row])
    return IncidenceAt(t, at_risk, incidence, error, lower, upper)


def _variance(events: Integers, everything: Integers, n: Integers) -> Floats:
    """The sum of Var X_i / n_i, X_i being what one more patient with an outcome at t_i adds to F_j(t).

    That is A = S(t_i-) - B with the event by the cause, -B by another, 0 without: Var X = q_j (1 - q_j) A^2 +
    q_o (1 - q_o) B^2 + 2 q_j q_o A B, in which nothing is taken off. (1 - q) A is the share free of every event
    at the end, and what the other causes take after t_i and this one after t; (1 - q) B what it takes from t_i
    to t. Both are sums to the end, so that F near 1 loses no digits, and both are multiplied out, so that the
    sums over t_i run once through the times.
    """
    q_own, q_other, left = events / n, (everything - events) / n, (n - everything) / n
    survival = np.concatenate([[1.0], np.cumprod(left)])
    before, after = survival[:-1], survival[1:]
    spared, taken = after[-1] + _still_to_come(before * q_other), _still_to_come(before * q_own)
    # Where q is 1 nobody is left, this cause takes nothing more, and A is S(t_i-).
    share = np.divide(1.0, left**2 * n, out=np.zeros(n.size), where=left > 0)
    last = np.where(left > 0, 0.0, before**2 * q_own * (1 - q_own) / n)
    own, other, both = q_own * (1 - q_own) * share, q_other * (1 - q_other) * share, q_own * q_other * share
    constant = np.cumsum(last + own * spared**2 + other * taken**2 + 2 * both * spared * taken)
    linear = np.cumsum(own * spared - other * taken + both * (taken - spared))
    square = np.cumsum(own + other - 2 * both)
    variance: Floats = constant + taken * (2 * linear + taken * square)
    return np.where(np.cumsum(events) > 0, np.maximum(variance, 0), 0.0)


def _still_to_come(steps: Floats) -> Floats:
    """Return, for each time, the sum of the steps after it."""
    return np.asarray(np.append(np.cumsum(steps[:0:-1])[::-1], 0.0))
