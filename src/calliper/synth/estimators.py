"""Just enough survival arithmetic to steer the calibration, quick to repeat thousands of times.

Written apart from `calliper.stats` on purpose: the cohort is calibrated with these few lines, and the report
that reads it back uses the other ones, so that an error in either shows as a disagreement. Deaths on one day
are taken as tied in the log-rank test (hypergeometric variance); the Cox model wants distinct days of death,
and the cohort has them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]

NEWTON_STEPS = 6
LARGEST_COEFFICIENT = 5.0
"""Newton steps are held within this, so that a hopeless trial scores badly and does not overflow."""


@dataclass(frozen=True)
class WaldFits:
    """Cox coefficients, standard errors, and `trend_z`: do they change with time? Each of shape (p,)."""

    coefficient: Floats
    standard_error: Floats
    trend_z: Floats

    @property
    def z(self) -> Floats:
        """Wald statistics, shape (p,)."""
        return self.coefficient / self.standard_error


def log_rank(days: Days, event: Flags, group: Flags) -> float:
    """Log-rank chi-square with 1 degree of freedom for two groups; arguments of shape (n,).

    Reference: Mantel (1966), with the hypergeometric variance.
    """
    times, index, deaths = np.unique(days[event], return_inverse=True, return_counts=True)
    at_risk = len(days) - np.searchsorted(np.sort(days), times)
    in_group = days[group]
    at_risk_1 = len(in_group) - np.searchsorted(np.sort(in_group), times)
    deaths_1 = np.bincount(index, weights=group[event].astype(float), minlength=len(times))
    share = at_risk_1 / at_risk
    variance = deaths * share * (1 - share) * (at_risk - deaths) / np.maximum(at_risk - 1, 1)
    return float((deaths_1 - deaths * share).sum() ** 2 / variance.sum())


def median_crossing(days: Days, event: Flags) -> tuple[int, float, float]:
    """The first day on which the Kaplan-Meier curve is at or below 0.5, and the curve before and after it.

    Raises:
        ValueError: the curve stays above 0.5.
    """
    before = 1.0
    for time in np.unique(days[event]):
        after = before * (1 - int((event & (days == time)).sum()) / int((days >= time).sum()))
        if after <= 0.5:
            return int(time), before, after
        before = after
    raise ValueError(f"the curve ends at {before:.3f}, above 0.5")


def cox_each(days: Days, died: Flags, factors: Floats) -> WaldFits:
    """One Cox model for each column of `factors`, shape (n, p), all fitted at once; distinct days of death.

    Reference: Cox (1972), the partial likelihood of a single covariate.
    """
    order, dead = _from_last(days, died)
    x = factors[order] - factors.mean(axis=0)
    beta = np.zeros(x.shape[1])
    information = np.ones(x.shape[1])
    for _ in range(NEWTON_STEPS):
        weight = np.exp(x * beta)
        s0 = np.cumsum(weight, axis=0)[dead]
        mean = np.cumsum(weight * x, axis=0)[dead] / s0
        square = np.cumsum(weight * x * x, axis=0)[dead] / s0
        information = (square - mean**2).sum(axis=0)
        beta = _held(beta + (x[dead] - mean).sum(axis=0) / information, x)
    trend = _trend_z(x[dead] - mean, square - mean**2)
    return WaldFits(beta, 1 / np.sqrt(information), trend)


def cox_together(days: Days, died: Flags, factors: Floats) -> WaldFits:
    """One Cox model with every column of `factors`, shape (n, p); distinct days of death.

    Reference: Cox (1972).
    """
    order, dead = _from_last(days, died)
    x = factors[order] - factors.mean(axis=0)
    products = x[:, :, None] * x[:, None, :]
    beta = np.zeros(x.shape[1])
    for _ in range(NEWTON_STEPS):
        weight = np.exp(x @ beta)
        s0 = np.cumsum(weight)[dead]
        mean = np.cumsum(weight[:, None] * x, axis=0)[dead] / s0[:, None]
        square = np.cumsum(weight[:, None, None] * products, axis=0)[dead] / s0[:, None, None]
        spread = square - mean[:, :, None] * mean[:, None, :]
        information = spread.sum(axis=0)
        beta = _held(beta + np.linalg.solve(information, (x[dead] - mean).sum(axis=0)), x)
    trend = _trend_z(x[dead] - mean, np.diagonal(spread, axis1=1, axis2=2))
    return WaldFits(beta, np.sqrt(np.diag(np.linalg.inv(information))), trend)


def _trend_z(residuals: Floats, variances: Floats) -> Floats:
    """Score test for a coefficient linear in the rank of the time of death; arguments of shape (deaths, p).

    Each factor by itself, which is near enough to steer by. Reference: Grambsch and Therneau (1994).
    """
    rank = np.arange(len(residuals), dtype=float)[:, None]
    centred = rank - (rank * variances).sum(axis=0) / variances.sum(axis=0)
    score: Floats = (centred * residuals).sum(axis=0) / np.sqrt((centred**2 * variances).sum(axis=0))
    return score


def _held(beta: Floats, x: Floats) -> Floats:
    limit = LARGEST_COEFFICIENT / np.maximum(np.abs(x).max(axis=0), 1.0)
    return np.clip(beta, -limit, limit)


def _from_last(days: Days, died: Flags) -> tuple[Days, Flags]:
    """Patients from the longest time down (a death after those censored that day), and who died."""
    order = np.lexsort((died, -days))
    return order, died[order]
