"""Cox's partial likelihood, its score and its information, for untied, Breslow's and Efron's events alike.

With w_i = exp(x_i'b), each event k at time t has a denominator D_k = S0(t) - f_k T0(t), where S0 sums w over
the patients at risk at t and T0 over those with the event at t; f_k is 0 for Breslow, and 0, 1/d, ..., (d -
1)/d over the d events at t for Efron. S1 and T1 are the same sums of w x. Over the events, and per time a =
sum 1 / D_k and c = sum f_k / D_k:

    log-likelihood   sum over events of x'b - log D_k
    score            X'event - S1'a + T1'c
    information      X' diag(e) X - sum over events of z_k z_k',  z_k = (S1 - f_k T1) / D_k

with e_i = w_i (sum of a up to patient i's time, less c at it where i has the event). So the sum over events
of S2 / S0 is one matrix product, the rest are sums over the distinct event times, and no loop runs over
either. Cox (1972, J R Stat Soc B 34, 187-220); Breslow (1974, Biometrics 30, 89-99); Efron (1977, JASA 72,
557-565).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.conventions import Ties
from calliper.summaries.tied_times import distinct_times

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class RiskSets:
    """Who is at risk at each event. Rows are sorted by stratum, then from the last time to the first.

    `order` (n,) takes the rows as given to this order. A block is the rows of one time in one stratum:
    `block` (n,) is the block of each row, `starts` the first row of each block, `strata` the first and end
    block of each stratum. `moments` (m,) are the blocks with an event, `moment` (k,) the index among them of
    each event, `event_rows` (k,) its row and `fraction` (k,) its f. At risk at a moment are the rows of its
    stratum up to the end of its block.
    """

    order: Integers
    event: Flags
    block: Integers
    starts: Integers
    strata: tuple[tuple[int, int], ...]
    moments: Integers
    moment: Integers
    event_rows: Integers
    fraction: Floats

    def at_risk(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, or other accumulation, of values (n, ...) over those at risk at each moment."""
        total = operation.reduceat(values, self.starts, axis=0)
        for first, end in self.strata:
            operation.accumulate(total[first:end], axis=0, out=total[first:end])
        return np.asarray(total[self.moments])

    def with_event(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, or other accumulation, over those with the event at each moment."""
        return np.asarray(operation.reduceat(values[self.event_rows], self._first_events, axis=0))

    def over_events(self, values: Floats) -> Floats:
        """Return the sum of a value per event, (k,), at each moment, (m,)."""
        total: Floats = np.bincount(self.moment, weights=values, minlength=self.moments.size).astype(
            np.float64
        )
        return total

    def up_to(self, values: Floats) -> Floats:
        """Return, for each row, (n,), the sum of a value per moment, (m,), over those it was at risk at."""
        total: Floats = np.zeros(self.starts.size)
        total[self.moments] = values
        for first, end in self.strata:
            total[first:end] = np.cumsum(total[first:end][::-1])[::-1]
        return np.asarray(total[self.block])

    @property
    def _first_events(self) -> Integers:
        return np.flatnonzero(np.diff(self.moment, prepend=-1))


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood at one b, with its score (p,) and information (p, p)."""

    value: float
    score: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class RiskSums:
    """The sums at one b: w (n,) up to exp(`log_scale`), D (k,), and S1 and T1 (m, p)."""

    risk: Floats
    log_scale: float
    denominator: Floats
    at_risk: Floats
    with_event: Floats


def risk_sets(time: Floats, event: Flags, strata: Integers, *, ties: Ties) -> RiskSets:
    """Sort patients into risk sets; near-equal times are one time, as `summaries.tied_times` decides."""
    _, slot = distinct_times(time)
    order = np.lexsort((-slot, strata))
    slot, stratum, happened = slot[order], strata[order], event[order]
    new_stratum = np.diff(stratum, prepend=stratum[0] - 1) != 0
    new_block = new_stratum | (np.diff(slot, prepend=slot[0] - 1) != 0)
    block, starts = np.cumsum(new_block) - 1, np.flatnonzero(new_block)
    edges = [*block[new_stratum].tolist(), starts.size]
    event_rows = np.flatnonzero(happened)
    moments, moment, size = np.unique(block[event_rows], return_inverse=True, return_counts=True)
    rank = np.arange(moment.size) - np.repeat(np.cumsum(size) - size, size)
    return RiskSets(
        order=order,
        event=happened,
        block=block,
        starts=starts,
        strata=tuple(pairwise(edges)),
        moments=moments,
        moment=moment,
        event_rows=event_rows,
        fraction=rank / size[moment] if ties == "efron" else np.zeros(moment.size),
    )


def risk_sums(sets: RiskSets, X: Floats, b: Floats) -> RiskSums:
    """Return the sums over the risk sets; X (n, p) is in the order of the sets."""
    log_risk = X @ b
    # Hazard ratios are unchanged by a common factor, which keeps exp from overflowing.
    log_scale = float(log_risk.max(initial=-np.inf))
    risk = np.exp(log_risk - log_scale)
    weighted = risk[:, None] * X
    denominator = sets.at_risk(risk)[sets.moment] - sets.fraction * sets.with_event(risk)[sets.moment]
    return RiskSums(risk, log_scale, denominator, sets.at_risk(weighted), sets.with_event(weighted))


def likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return the log-likelihood, score and information at b; X (n, p) is in the order of the sets."""
    sums, once = risk_sums(sets, X, b), np.ones(sets.moment.size)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_risk = X[sets.event_rows] @ b - sums.log_scale
        value = float((log_risk - np.log(sums.denominator)).sum())
        return Likelihood(
            value, weighted_score(sets, X, sums, once), weighted_information(sets, X, sums, once)
        )


def weighted_score(sets: RiskSets, X: Floats, sums: RiskSums, weight: Floats) -> Floats:
    """Return the sum over events of a weight, (k,), times x less the mean of those at risk, (p,)."""
    share = weight / sums.denominator
    a, c = sets.over_events(share), sets.over_events(sets.fraction * share)
    score: Floats = weight @ X[sets.event_rows] - a @ sums.at_risk + c @ sums.with_event
    return score


def weighted_information(sets: RiskSets, X: Floats, sums: RiskSums, weight: Floats) -> Floats:
    """Return the sum over events of a weight, (k,), times the covariance of x among those at risk, (p, p).

    A weight is the same for all events of a moment.
    """
    share = weight / sums.denominator
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
