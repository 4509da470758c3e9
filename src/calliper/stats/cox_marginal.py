"""The marginal likelihood of tied times: the tie hides an order, and every order is possible.

With w_i = exp(x_i'b), and R the sum of w over those at risk at a time who do not have the event at it, the d
events of the time come before everything that follows with the probability

    L = sum over the d! orders of prod w_j / (R + the w of those still to come)
      = integral over t > 0 of prod (1 - exp(-w_i t / R)) exp(-t)

as if events were exponential and the first of the others came at t / R. Kalbfleisch and Prentice (1973, Biometrika
60, 267-278); DeLong, Guirguis and So (1994, Biometrika 81, 607-611). SAS calls it TIES=EXACT. R's "exact" is
another likelihood, that of cox_discrete.py.

In v = log t the integrand is log-concave and analytic in the strip |Im v| < pi / 2, where sums at equal steps
converge faster than any power of the step (Trefethen and Weideman 2014, SIAM Rev 56, 385-458, section 5). With E
the mean under the integrand, phi(y) = y / (e^y - 1), y_i = w_i t / R and c = sum of phi(y_i) x_i + (1 - t) S1 / R,
S1 and S2 the sums of w x and w xx' over the same as R, the score is E c and the information

    -E[sum of phi(y_i) (1 - y_i - phi(y_i)) x_i x_i'] + E[t - 1] S2 / R + S1 S1' / R^2 - Var c
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.partial_likelihood import (
    Likelihood,
    risk_sums,
    weighted_information,
    weighted_score,
)
from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]

# The integrand is left out where it is less than exp(-45) of its largest value.
_DEPTH = 45.0


def marginal_likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return the log-likelihood, score and information at b; X (n, p) is in the order of the sets.

    Somebody at risk must be spared at each moment; without case weights.
    """
    sums, size = risk_sums(sets, X, b), np.bincount(sets.moment)
    untied = (size == 1)[sets.moment].astype(np.float64)
    with np.errstate(all="ignore"):  # far from the maximum; such a step is not taken
        log_share = np.log(sums.risk[sets.event_rows] / sums.denominator)
        value = float(log_share[untied == 1].sum())
        score = weighted_score(sets, X, sums, untied)
        information = weighted_information(sets, X, sums, untied)
        rest = sets.without_event(np.column_stack([sums.risk, sums.risk[:, None] * X]), np.add)
        share: Floats = np.zeros(size.size)
        for moment in np.flatnonzero(size > 1):
            rows = sets.event_rows[sets.moment == moment]
            total, mean = rest[moment, 0], rest[moment, 1:] / rest[moment, 0]
            tied = _tied_events(sums.risk[rows] / total, X[rows], mean)
            value += tied.log_value
            score = score + tied.score
            information = information + tied.information
            share[moment] = tied.excess / total
        # S2 of all tied times in one product: each row counts while it is at risk and spared.
        spread = sets.up_to(share)
        spread[sets.event_rows] -= share[sets.moment]
        information = information + X.T @ ((sums.risk * spread)[:, None] * X)
    return Likelihood(value, score, np.asarray(information))


@dataclass(frozen=True, eq=False)
class _Tied:
    """log L of one time, its score, its information but for S2, and E[t - 1], which multiplies S2 / R."""

    log_value: float
    score: Floats
    information: Floats
    excess: float


def _tied_events(ratio: Floats, x: Floats, mean: Floats) -> _Tied:
    """The d events of one time: ratio (d,) is w / R, x (d, p) theirs, and mean (p,) S1 / R of the others."""
    v, weight, log_value = _nodes(ratio)
    t = np.exp(v)
    y = np.minimum(t[:, None] * ratio, 700.0)
    phi = np.where(y > 0, y / np.expm1(y), 1.0)
    c = phi @ x + (1 - t)[:, None] * mean
    score = weight @ c
    bend = weight @ (phi * (1 - y - phi))
    information = (
        np.outer(mean, mean) - (bend[:, None] * x).T @ x - (weight[:, None] * (c - score)).T @ (c - score)
    )
    return _Tied(log_value, score, information, float(weight @ (t - 1)))


def _nodes(ratio: Floats) -> tuple[Floats, Floats, float]:
    """Equal steps of v = log t, the share of the integral at each, and the log of the integral."""
    events = ratio.size
    # The mode is at 1 <= t <= d + 1; no tail is longer than that of t e^-t to the left, t^(d + 1) e^-t to the right.
    reach = np.linspace(-_DEPTH, np.log(events + 10 * np.sqrt(events) + _DEPTH), 200)
    height = _log_integrand(reach, ratio)
    high = np.flatnonzero(height > height.max() - _DEPTH)
    low, top = reach[max(high[0] - 1, 0)], reach[min(high[-1] + 1, reach.size - 1)]
    # The peak is no narrower than this deviation; a Gaussian one would be summed to exp(-2 pi^2 / 0.5^2).
    step = 0.5 / np.sqrt(1 + 1.7 * events)
    while True:
        v = np.arange(low, top + step, step)
        height = _log_integrand(v, ratio)
        weight = np.exp(height - height.max())
        odd, total = float(weight[1::2].sum()), float(weight.sum())
        # Twice the step gives two sums; where they agree to 1e-7, the sum of both is right to about its square.
        if not abs(2 * odd - total) > 1e-7 * total:
            return v, weight / total, float(height.max() + np.log(step * total))
        step /= 2


def _log_integrand(v: Floats, ratio: Floats) -> Floats:
    t = np.exp(v)
    return np.asarray(np.log(-np.expm1(-t[:, None] * ratio)).sum(axis=1) - t + v)
