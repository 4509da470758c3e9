"""Cox's partial likelihood, its score and its information, for untied, Breslow's and Efron's events alike.

With w_i = exp(x_i'b), each event k at time t has a denominator D_k = S0(t) - f_k T0(t), where S0 sums w
over the patients at risk at t and T0 over those with the event at t; f_k is 0 for Breslow, and 0, 1/d, ...,
(d - 1)/d over the d events at t for Efron. The mean covariate is z_k = (S1(t) - f_k T1(t)) / D_k, S1 and T1
the same sums of w x. Then

    log-likelihood   sum over events of x'b - log D_k
    score            X'(event - e)
    information      X' diag(e) X - Z'Z

with e_i = w_i (sum of 1 / D_k over events k up to patient i's time, less sum of f_k / D_k over those at it
where i has the event): the sum over events of S2 / S0 is one matrix product, and no loop runs over times.
Cox (1972, J R Stat Soc B 34, 187-220); Breslow (1974, Biometrics 30, 89-99); Efron (1977, JASA 72,
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

    `order` (n,) takes the rows as given to this order. `strata` holds the first and end row of each
    stratum. For each event, in row order: `event_rows` its row, `last_at_risk` the last row at risk then,
    `tied` the index of its time among the event times, and `fraction` its f. The patients at risk at an
    event are the rows of its stratum up to `last_at_risk`, that row included.
    """

    order: Integers
    strata: tuple[tuple[int, int], ...]
    event: Flags
    event_rows: Integers
    last_at_risk: Integers
    tied: Integers
    fraction: Floats

    def running(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, or other accumulation, over the rows at risk at each event; values (n,), (n, p)."""
        total = np.empty_like(values)
        for first, end in self.strata:
            operation.accumulate(values[first:end], axis=0, out=total[first:end])
        return np.asarray(total[self.last_at_risk])

    def up_to(self, values: Floats) -> Floats:
        """Return, for each row, the sum of a value per event, (m,), over the events it was at risk at."""
        by_row: Floats = np.zeros(self.event.size)
        np.add.at(by_row, self.last_at_risk, values)
        total = np.empty_like(by_row)
        for first, end in self.strata:
            total[first:end] = np.cumsum(by_row[first:end][::-1])[::-1]
        return total

    def among_tied(self, values: Floats) -> Floats:
        """Return, for each event, the sum of a value per event, (m,) or (m, p), over those at its time."""
        if not self.tied.size:
            return values
        starts = np.flatnonzero(np.diff(self.tied, prepend=-1))
        return np.asarray(np.add.reduceat(values, starts, axis=0)[self.tied])


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood at one b, with its score (p,) and information (p, p)."""

    value: float
    score: Floats
    information: Floats


@dataclass(frozen=True, eq=False)
class RiskSums:
    """The sums at one b: w (n,), and for each event the denominator D (m,) and mean covariate z (m, p)."""

    risk: Floats
    log_scale: float
    denominator: Floats
    mean: Floats


def risk_sets(time: Floats, event: Flags, strata: Integers, *, ties: Ties) -> RiskSets:
    """Sort patients into risk sets; near-equal times are one time, as `summaries.tied_times` decides."""
    _, slot = distinct_times(time)
    order = np.lexsort((-slot, strata))
    slot, stratum, happened = slot[order], strata[order], event[order]
    new_stratum = np.diff(stratum, prepend=stratum[0] - 1) != 0
    new_slot = new_stratum | (np.diff(slot, prepend=slot[0] - 1) != 0)
    block = np.cumsum(new_slot) - 1
    block_end = np.append(np.flatnonzero(new_slot)[1:], slot.size) - 1
    edges = [*np.flatnonzero(new_stratum).tolist(), slot.size]
    event_rows = np.flatnonzero(happened)
    event_block = block[event_rows]
    _, first, tied, size = np.unique(event_block, return_index=True, return_inverse=True, return_counts=True)
    efron = (np.arange(tied.size) - first[tied]) / size[tied]
    return RiskSets(
        order=order,
        strata=tuple(pairwise(edges)),
        event=happened,
        event_rows=event_rows,
        last_at_risk=block_end[event_block],
        tied=tied,
        fraction=efron if ties == "efron" else np.zeros(tied.size),
    )


def risk_sums(sets: RiskSets, X: Floats, b: Floats) -> RiskSums:
    """Return the sums over the risk sets; X (n, p) is in the order of the sets."""
    log_risk = X @ b
    # Hazard ratios are unchanged by a common factor, which keeps exp from overflowing.
    log_scale = float(log_risk.max(initial=-np.inf))
    risk = np.exp(log_risk - log_scale)
    weighted = risk[:, None] * X
    rows, fraction = sets.event_rows, sets.fraction
    denominator = sets.running(risk) - fraction * sets.among_tied(risk[rows])
    total = sets.running(weighted) - fraction[:, None] * sets.among_tied(weighted[rows])
    with np.errstate(divide="ignore", invalid="ignore"):
        return RiskSums(risk, log_scale, denominator, total / denominator[:, None])


def likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return the log-likelihood, score and information at b; X (n, p) is in the order of the sets."""
    sums = risk_sums(sets, X, b)
    log_risk = X[sets.event_rows] @ b
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float((log_risk - sums.log_scale - np.log(sums.denominator)).sum())
    score = (X[sets.event_rows] - sums.mean).sum(axis=0)
    return Likelihood(value, score, weighted_information(sets, X, sums, np.ones(sets.event_rows.size)))


def weighted_information(sets: RiskSets, X: Floats, sums: RiskSums, weight: Floats) -> Floats:
    """Return the sum over events of a weight, (m,), times the covariance of x among those at risk; (p, p)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weight / sums.denominator
        expected = sets.up_to(share)
        expected[sets.event_rows] -= sets.among_tied(sets.fraction * share)
        expected *= sums.risk
        information: Floats = X.T @ (expected[:, None] * X) - sums.mean.T @ (weight[:, None] * sums.mean)
    return information
