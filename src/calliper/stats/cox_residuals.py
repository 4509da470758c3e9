"""Residuals of a Cox model: martingale, deviance, score, dfbeta and Schoenfeld's, as R's `residuals.coxph`.

With the notation of partial_likelihood.py, event k adds h_k = u_k / D_k to the baseline hazard, and z_k is
the mean covariate then. A patient with an event of its own at that time counts as at risk for the share 1 -
f_k of it, everybody else at risk in full.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.cox_data import CoxData
from calliper.stats.cox_fit import CoxFit, check_same_patients
from calliper.stats.partial_likelihood import RiskSums, risk_sums, weighted_information
from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class EventMeans:
    """What happened at each event of a fitted model: h (k,) up to exp(-`sums.log_scale`), and z (k, p).

    `X` (n, p) is in the order of the sets and less `centre` (p,), and so is z.
    """

    sets: RiskSets
    X: Floats
    centre: Floats
    sums: RiskSums
    hazard: Floats
    mean: Floats

    def covariance(self) -> Floats:
        """Return the inverse of the information, whatever the variance that the fit reports."""
        once = np.ones(self.hazard.size)
        return np.asarray(np.linalg.inv(weighted_information(self.sets, self.X, self.sums, once)))

    def experienced(self, values: Floats) -> Floats:
        """Return, for each row, the sum of values (k, ...) over the events it was at risk at, by its share."""
        sets = self.sets
        fraction = sets.fraction.reshape(-1, *[1] * (values.ndim - 1))
        found = sets.up_to(sets.over_events(values))
        found[sets.event_rows] -= sets.over_events(fraction * values)[sets.moment]
        return found

    def as_given(self, values: Floats) -> Floats:
        """Return values (n, ...) in the order of the data."""
        found = np.empty_like(values)
        found[self.sets.order] = values
        return found


@dataclass(frozen=True, eq=False)
class SchoenfeldResiduals:
    """One for each event, by stratum, time and row: `row` (k,) of the data, `time` (k,), `values` (k, p)."""

    row: Integers
    time: Floats
    values: Floats


def event_means(fit: CoxFit, data: CoxData) -> EventMeans:
    """Return the hazard and the mean covariate of each event, at the fitted b.

    Raises:
        ValueError: the model was fitted to other patients, or to discrete ties, which have no such events.
    """
    check_same_patients(fit, data)
    if fit.ties == "discrete":
        raise ValueError("ties is 'discrete'; expected a fit with efron or breslow")
    sets, centre = data.risk_sets(fit.ties), data.X.mean(axis=0)
    X = (data.X - centre)[sets.order]
    sums = risk_sums(sets, X, fit.coefficients)
    total = sums.at_risk[sets.moment] - sets.fraction[:, None] * sums.with_event[sets.moment]
    mean = total / sums.denominator[:, None]
    return EventMeans(sets, X, centre, sums, sets.mean_weight / sums.denominator, mean)


def martingale_residuals(fit: CoxFit, data: CoxData) -> Floats:
    """Return events less expected events of each row, (n,): d_i - exp(x_i'b) H(t_i).

    Their sum, by case weight, is 0. Barlow and Prentice (1988, Biometrika 75, 65-74); Therneau, Grambsch and
    Fleming (1990, Biometrika 77, 147-160).

    Raises:
        ValueError: as `event_means`.
    """
    means = event_means(fit, data)
    expected = means.sums.risk / means.sets.weight * means.experienced(means.hazard)
    return means.as_given(means.sets.event - expected)


def deviance_residuals(fit: CoxFit, data: CoxData) -> Floats:
    """Return sign(M) sqrt(-2 (M + d log(d - M))) of the martingale residuals M, (n,).

    Therneau, Grambsch and Fleming (1990, Biometrika 77, 147-160, equation 10).

    Raises:
        ValueError: as `event_means`.
    """
    residual = martingale_residuals(fit, data)
    log_expected = np.log(data.event - residual, where=data.event, out=np.zeros(data.n))
    return np.asarray(np.sign(residual) * np.sqrt(np.maximum(-2 * (residual + log_expected), 0.0)))


def score_residuals(fit: CoxFit, data: CoxData) -> Floats:
    """Return each row's part of the score, (n, p), not multiplied by its case weight.

    The sum over the events at which it was at risk of (x_i - z_k) (dN_i - exp(x_i'b) h_k); an event's own z
    is the mean of z_k over the events of its time. Lin and Wei (1989, JASA 84, 1074-1078, equation 2.4).

    Raises:
        ValueError: as `event_means`.
    """
    return _score(event_means(fit, data))


def dfbeta(fit: CoxFit, data: CoxData) -> Floats:
    """Return, (n, p), about how far b falls where a row is left out: its score, by weight, times information^-1.

    Raises:
        ValueError: as `event_means`.
    """
    means = event_means(fit, data)
    weight = np.ones(data.n) if data.weights is None else data.weights
    return np.asarray((weight[:, None] * _score(means)) @ means.covariance())


def schoenfeld_residuals(fit: CoxFit, data: CoxData) -> SchoenfeldResiduals:
    """Return x_i less the mean z of those at risk, for each event. Schoenfeld (1982, Biometrika 69, 239-241).

    Raises:
        ValueError: as `event_means`.
    """
    means = event_means(fit, data)
    sets = means.sets
    rows = sets.order[sets.event_rows]
    order = np.lexsort((rows, -sets.block[sets.event_rows], data.stratum[rows]))
    return SchoenfeldResiduals(rows[order], data.time[rows[order]], _departures(means)[order])


def scaled_schoenfeld_residuals(fit: CoxFit, data: CoxData) -> SchoenfeldResiduals:
    """Return b + (number of events) V s for each event: about b(t). V is the model's covariance.

    Grambsch and Therneau (1994, Biometrika 81, 515-526, equation 4, with the mean of the information).

    Raises:
        ValueError: as `event_means`.
    """
    plain = schoenfeld_residuals(fit, data)
    scale = fit.n_events * event_means(fit, data).covariance()
    return SchoenfeldResiduals(plain.row, plain.time, fit.coefficients + plain.values @ scale)


def _departures(means: EventMeans) -> Floats:
    """The covariates of each event less the mean z of the events of its time, (k, p)."""
    sets = means.sets
    size = np.bincount(sets.moment)[:, None]
    return np.asarray(means.X[sets.event_rows] - (sets.over_events(means.mean) / size)[sets.moment])


def _score(means: EventMeans) -> Floats:
    hazard = means.hazard
    rate = (means.sums.risk / means.sets.weight)[:, None]
    drift = means.X * means.experienced(hazard)[:, None] - means.experienced(hazard[:, None] * means.mean)
    score = -rate * drift
    score[means.sets.event_rows] += _departures(means)
    return means.as_given(score)
