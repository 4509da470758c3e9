"""Cox's partial likelihood, its score and its information, for untied, Breslow's and Efron's events alike.

With r_i = exp(x_i'b), case weights v_i and w_i = v_i r_i, each event k at time t has a denominator D_k =
S0(t) - f_k T0(t), where S0 sums w over the patients at risk at t and T0 over those with the event at t; f_k
is 0 for Breslow, and 0, 1/d, ..., (d - 1)/d over the d events at t for Efron. S1 and T1 are the same sums of
w x, u_k is the mean weight of the events at t. Over the events, and per time a = sum u / D_k and c = sum u
f_k / D_k:

    log-likelihood   sum over events of v x'b - u log D_k
    score            X'(v event) - S1'a + T1'c
    information      X' diag(e) X - sum over events of u z_k z_k',  z_k = (S1 - f_k T1) / D_k

with e_i = w_i (sum of a over the times at which patient i is at risk, less c at i's own where i has the
event). So the sum over events of S2 / S0 is one matrix product, the rest are sums over the distinct event
times, and no loop runs over either. Cox (1972, J R Stat Soc B 34, 187-220); Breslow (1974, Biometrics 30,
89-99); Efron (1977, JASA 72, 557-565); late entry and weights: Therneau and Grambsch (2000, Modeling
Survival Data, sections 3.3 and 7.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood at one b, with its score (p,) and information (p, p)."""

    value: float
    score: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class RiskSums:
    """The sums at one b: w (n,) and D (k,) up to exp(`log_scale`), and S1 and T1 (m, p)."""

    risk: Floats
    log_scale: float
    denominator: Floats
    at_risk: Floats
    with_event: Floats


def risk_sums(sets: RiskSets, X: Floats, b: Floats) -> RiskSums:
    """Return the sums over the risk sets; X (n, p) is in the order of the sets."""
    log_risk = X @ b
    # Hazard ratios are unchanged by a common factor, which keeps exp from overflowing.
    log_scale = float(log_risk.max(initial=-np.inf))
    risk = sets.weight * np.exp(log_risk - log_scale)
    weighted = risk[:, None] * X
    denominator = sets.at_risk(risk)[sets.moment] - sets.fraction * sets.with_event(risk)[sets.moment]
    return RiskSums(risk, log_scale, denominator, sets.at_risk(weighted), sets.with_event(weighted))


def likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return the log-likelihood, score and information at b; X (n, p) is in the order of the sets."""
    sums, once = risk_sums(sets, X, b), np.ones(sets.moment.size)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_risk = X[sets.event_rows] @ b - sums.log_scale
        own, mean = sets.weight[sets.event_rows], sets.mean_weight
        value = float((own * log_risk - mean * np.log(sums.denominator)).sum())
        return Likelihood(
            value, weighted_score(sets, X, sums, once), weighted_information(sets, X, sums, once)
        )


def weighted_score(sets: RiskSets, X: Floats, sums: RiskSums, weight: Floats) -> Floats:
    """Return the sum over events of a weight, (k,), times x less the mean of those at risk, (p,).

    It multiplies the case weights, and is the same for all events of a moment.
    """
    share = weight * sets.mean_weight / sums.denominator
    a, c = sets.over_events(share), sets.over_events(sets.fraction * share)
    own = weight * sets.weight[sets.event_rows]
    score: Floats = own @ X[sets.event_rows] - a @ sums.at_risk + c @ sums.with_event
    return score


def weighted_information(sets: RiskSets, X: Floats, sums: RiskSums, weight: Floats) -> Floats:
    """Return the sum over events of a weight, (k,), times the covariance of x among those at risk, (p, p).

    The weight is as in `weighted_score`.
    """
    share = weight * sets.mean_weight / sums.denominator
    expected = sets.up_to(sets.over_events(share))
    expected[sets.event_rows] -= sets.over_events(sets.fraction * share)[sets.moment]
    expected *= sums.risk
    square, f = share / sums.denominator, sets.fraction
    S, T = sums.at_risk, sums.with_event
    both = S.T @ (sets.over_events(f * square)[:, None] * T)
    means: Floats = (
        S.T @ (sets.over_events(square)[:, None] * S)
        - (both + both.T)
        + T.T @ (sets.over_events(f**2 * square)[:, None] * T)
    )
    return np.asarray(X.T @ (expected[:, None] * X) - means)
