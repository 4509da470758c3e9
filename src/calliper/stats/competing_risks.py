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
    q_own, q_any = events / n, everyone.events / n
    before = np.concatenate([[1.0], np.cumprod(1 - q_any)[:-1]])
    incidence: Floats = np.cumsum(before * q_own)
    error = np.sqrt(_variance(incidence, before, q_own, q_any, n))
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


def _variance(incidence: Floats, before: Floats, q_own: Floats, q_any: Floats, n: Integers) -> Floats:
    # With F(t) - F(t_i) multiplied out, the sums over t_i run once through the times. Where q is 1 nobody is
    # left, F rises no further and its B is 0.
    with np.errstate(divide="ignore", invalid="ignore"):
        survivors = np.where(q_any < 1, q_any / ((1 - q_any) * n), 0.0)
    own, cross = before**2 * q_own * (1 - q_own) / n, before * q_own / n
    squares = (
        incidence**2 * np.cumsum(survivors)
        - 2 * incidence * np.cumsum(survivors * incidence)
        + np.cumsum(survivors * incidence**2)
    )
    products = incidence * np.cumsum(cross) - np.cumsum(cross * incidence)
    variance: Floats = np.maximum(np.cumsum(own) + squares - 2 * products, 0)
    return variance
