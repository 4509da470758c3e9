"""What each patient does to the estimate of a Fine-Gray model: the parts of its sandwich variance.

    eta_i   sum over the events k of w_i(t_k) (x_i - z_k) (dN_i - exp(x_i'b) h_k)
    psi_i   sum over t of q(t) / Y(t) (dN_i^c - Y_i dN^c / Y),  q(t) = A1 B0 - A0 B1

with h_k = 1 / D_k and z_k the mean covariate of those at risk; Y of the patient's group of censoring are at risk
of being censored at t and N^c counts those who are; A0 and A1 sum exp(x'b) (1, x) / G(s-) over those of the group
whose competing event came before t, and B0 and B1 sum G(t_k-) h_k (1, z_k) over the events at and after t. psi is
what a censoring, or its absence, does to G and through the weights to the score of others. Fine and Gray (1999,
JASA 94, 496-509, section 4).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.partial_likelihood import risk_sums
from calliper.stats.subdistribution import CensoringCurves, SubdistributionSets

Floats: TypeAlias = npt.NDArray[np.float64]


def score_parts(sets: SubdistributionSets, X: Floats, b: Floats) -> Floats:
    """Return eta of each row, (n, p); X (n, p) and the result are in the order of the sets."""
    hazard, mean, risk = _hazards(sets, X, b)
    drift = X * _experienced(sets, hazard)[:, None] - _experienced(sets, hazard[:, None] * mean)
    score = -risk[:, None] * drift
    size = np.bincount(sets.moment)[:, None]
    score[sets.event_rows] += X[sets.event_rows] - (sets.over_events(mean) / size)[sets.moment]
    return np.asarray(score)


def _hazards(sets: SubdistributionSets, X: Floats, b: Floats) -> tuple[Floats, Floats, Floats]:
    """h and z of each event, (k,) and (k, p), and exp(x'b) of each row, (n,); h and exp(x'b) up to one factor."""
    sums = risk_sums(sets, X, b)
    total = sums.at_risk[sets.moment] - sets.fraction[:, None] * sums.with_event[sets.moment]
    return 1 / sums.denominator, total / sums.denominator[:, None], sums.risk


def _experienced(sets: SubdistributionSets, values: Floats) -> Floats:
    """The weighted sum of values (k, ...) over the events each row was at risk at; its own counts for 1 - f_k."""
    fraction = sets.fraction.reshape(-1, *[1] * (values.ndim - 1))
    found = sets.up_to(sets.over_events(values))
    found[sets.event_rows] -= sets.over_events(fraction * values)[sets.moment]
    return found


def censoring_parts(sets: SubdistributionSets, X: Floats, b: Floats, curves: CensoringCurves) -> Floats:
    """Return psi of each row, (n, p); X (n, p) and the result are in the order of the sets."""
    hazard, mean, risk = _hazards(sets, X, b)
    step = sets.over_events(np.column_stack([hazard, hazard[:, None] * mean]))
    slots = curves.slot[sets.order][sets.event_rows[sets.first_events]]
    found = np.zeros(X.shape)
    for group, at_risk in enumerate(curves.at_risk):
        members = np.flatnonzero((curves.group == group)[sets.order])
        slot, exposed = curves.slot[sets.order][members], curves.exposed[sets.order][members]
        gone = curves.censored[group]
        weight = np.where(sets.competes[members], risk[members] / curves.own[sets.order][members], 0.0)
        before, after = np.zeros((2, at_risk.size + 1, X.shape[1] + 1))
        np.add.at(before[1:], slot, weight[:, None] * np.column_stack([np.ones(members.size), X[members]]))
        before = np.cumsum(before, axis=0)[:-1]
        np.add.at(after, slots, curves.before[group][slots][:, None] * step)
        after = np.cumsum(after[::-1], axis=0)[::-1][:-1]
        q = before[:, 1:] * after[:, :1] - before[:, :1] * after[:, 1:]
        rate = np.divide(q, at_risk[:, None], out=np.zeros(q.shape), where=gone[:, None] > 0)
        lost = np.divide(gone, at_risk, out=np.zeros(gone.size), where=gone > 0)[:, None] * rate
        spent = np.vstack([np.zeros(X.shape[1]), np.cumsum(lost, axis=0)])
        left = sets.censored[members]
        found[members] = left[:, None] * rate[slot] - spent[exposed]
    return found
