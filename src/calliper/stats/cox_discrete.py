"""The partial likelihood of discrete time: which of those at risk have the d events that fell at one time?

It is the conditional logistic likelihood, which R's `coxph` calls ties = "exact" and SAS TIES=DISCRETE:
exp(sum of x'b over the events) / sum over all sets of d of those at risk of the same. Another likelihood is
called exact as well, the marginal one of Kalbfleisch and Prentice (SAS TIES=EXACT), which is cox_marginal.py's.

The sum over sets is an elementary symmetric polynomial, built up a patient at a time: a set of k either
leaves the new patient out, or holds it and k - 1 others. Gail, Lubin and Rubinstein (1981, Biometrika 68,
703-707, equation 4). Here the recursion runs on its logarithm and on the mean and the covariance of the sum
of x over a random set, so that nothing overflows and nothing is taken off. Cox (1972, J R Stat Soc B 34,
187-220, section 6).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.partial_likelihood import Likelihood
from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


def discrete_likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return the log-likelihood, score and information at b; X (n, p) is in the order of the sets.

    It takes rows times events at one time; with late entry, which makes risk sets that do not hold one
    another, as much for each event time.
    """
    log_risk, size = X @ b, np.bincount(sets.moment)
    value = float(log_risk[sets.event_rows].sum())
    score = X[sets.event_rows].sum(axis=0)
    information = np.zeros((X.shape[1], X.shape[1]))
    for rows, stops in _passes(sets):
        state = _nobody(max(int(size[moment]) for moment in stops.values()), X.shape[1])
        for place, row in enumerate(rows, start=1):
            state = _joined(state, float(log_risk[row]), X[row])
            if place in stops:
                events = int(size[stops[place]])
                value -= float(state.log_total[events])
                score = score - state.mean[events]
                information = information + state.covariance[events]
    return Likelihood(value, score, information)


def certain_events(sets: RiskSets) -> Integers:
    """Return the rows, as given, whose event everyone at risk had: of these the likelihood says nothing."""
    crowd = sets.at_risk(np.ones(sets.event.size))
    certain = crowd[sets.moment] == np.bincount(sets.moment)[sets.moment]
    return np.asarray(sets.order[sets.event_rows[certain]])


@dataclass(frozen=True, eq=False)
class _Subsets:
    """Random sets of 0, 1, ..., d of the patients so far: log of the sum, mean and covariance of the sum of x."""

    log_total: Floats
    mean: Floats
    covariance: Floats


def _nobody(events: int, covariates: int) -> _Subsets:
    log_total = np.where(np.arange(events + 1) == 0, 0.0, -np.inf)
    return _Subsets(
        log_total, np.zeros((events + 1, covariates)), np.zeros((events + 1, covariates, covariates))
    )


def _joined(so_far: _Subsets, log_risk: float, x: Floats) -> _Subsets:
    """The subsets once one more patient can be in them; `share` is how many of each size hold the patient."""
    held = so_far.log_total[:-1] + log_risk
    total = np.logaddexp(so_far.log_total[1:], held)
    share = np.exp(held - np.where(np.isfinite(total), total, 0.0))
    step = so_far.mean[:-1] + x - so_far.mean[1:]
    one, two = share[:, None], share[:, None, None]
    between = two * (1 - two) * step[:, :, None] * step[:, None, :]
    within = (1 - two) * so_far.covariance[1:] + two * so_far.covariance[:-1]
    return _Subsets(
        np.concatenate([so_far.log_total[:1], total]),
        np.concatenate([so_far.mean[:1], so_far.mean[1:] + one * step]),
        np.concatenate([so_far.covariance[:1], within + between]),
    )


def _passes(sets: RiskSets) -> Iterator[tuple[Integers, dict[int, int]]]:
    """Rows in the order in which they join, and after how many of them which moment's risk set is complete."""
    if sets.tree is not None:
        for moment in range(sets.moments.size):
            rows = np.flatnonzero((sets.first <= moment) & (moment < sets.end))
            yield rows, {rows.size: moment}
        return
    ends = np.append(sets.starts, sets.order.size)
    for first, end in sets.strata:
        moments = np.flatnonzero((sets.moments >= first) & (sets.moments < end))
        if moments.size:
            start = int(ends[first])
            stops = {int(ends[sets.moments[moment] + 1]) - start: int(moment) for moment in moments}
            yield np.arange(start, start + max(stops)), stops
