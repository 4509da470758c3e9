"""Cox's partial likelihood of many fits to the same patients, drawn in different numbers or otherwise covered.

The formulas are those of partial_likelihood.py with replicated rows: a patient drawn c times is c patients, so
that S0 sums c exp(x'b), and with Efron's ties d of a time is the sum of c over its events. Arrays carry the
fits along an axis, patients or moments (times with an event) along the last, in the order of `RiskSets`:
those at risk at a moment are a cumulative sum. No loop runs over fits, patients or events.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.conventions import Ties
from calliper.stats.risk_sets import RiskSets

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Likelihoods:
    """The log-likelihood (B,), score (B, p) and information (B, p, p) of B fits."""

    value: Floats
    score: Floats
    information: Floats

    def at(self, fits: Integers) -> Likelihoods:
        """Return those of some fits."""
        return Likelihoods(self.value[fits], self.score[fits], self.information[fits])

    @staticmethod
    def joined(parts: Sequence[Likelihoods]) -> Likelihoods:
        """Return the fits of all parts, one part after another."""
        return Likelihoods(
            np.concatenate([part.value for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.information for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class Batch:
    """B fits. `counts` (B, n) holds how often each patient is drawn; `X` (p, B, n), or (p, 1, n) where all fits
    share it, the covariates, finite wherever a patient is drawn and zero elsewhere.

    The T terms of the denominators stand one after another: `cell` (T,) is the place fit * moments + moment,
    `fraction` (T,) its f, and `times` (T,) how often it counts.
    """

    sets: RiskSets
    ties: Ties
    counts: Floats
    X: Floats
    cell: Integers
    fraction: Floats
    times: Floats

    def some(self, fits: Integers) -> Batch:
        """Return the batch of some of the fits."""
        X = self.X if self.X.shape[1] == 1 else self.X[:, fits]
        return batch(self.sets, self.counts[fits], X, ties=self.ties)

    def log_risk(self, b: Floats) -> Floats:
        """Return x'b, (B, n), of coefficients (B, p)."""
        total: Floats = b[:, :1] * self.X[0]
        for column in range(1, b.shape[1]):
            total += b[:, column, None] * self.X[column]
        return total

    def reach(self, b: Floats) -> Floats:
        """Return how far apart x'b are among the patients drawn, (B,)."""
        log_risk, drawn = self.log_risk(b), self.counts > 0
        highest = np.where(drawn, log_risk, -np.inf).max(axis=1)
        return np.asarray(highest - np.where(drawn, log_risk, np.inf).min(axis=1))

    def evaluate(self, b: Floats) -> Likelihoods:
        """Return the likelihoods at b, (B, p). What overflows is not finite."""
        with np.errstate(all="ignore"):
            return self._evaluate(b)

    def _evaluate(self, b: Floats) -> Likelihoods:
        sets, fits = self.sets, len(b)
        log_risk = self.log_risk(b)
        drawn = np.where(self.counts > 0, log_risk, -np.inf)
        scale = drawn.max(axis=1, keepdims=True)
        risk = self.counts * np.exp(drawn - scale)
        weighted = risk * self.X
        moments = sets.moments.size
        S0, T0 = at_risk(sets, risk).ravel(), with_event(sets, risk).ravel()
        S, T = at_risk(sets, weighted), with_event(sets, weighted)

        def total(values: Floats) -> Floats:
            """The sum of values, one a term, at each moment, (B, m)."""
            sums = np.bincount(self.cell, weights=values, minlength=fits * moments)
            return np.asarray(sums.reshape(fits, moments), dtype=np.float64)

        f = self.fraction
        denominator = S0[self.cell] - f * T0[self.cell]
        share = self.times / denominator
        square = share / denominator
        a, c = total(share), total(f * share)
        own = self.counts[:, sets.event_rows]
        log_terms = total(self.times * np.log(denominator)).sum(axis=1)
        value = (own * (log_risk[:, sets.event_rows] - scale)).sum(axis=1) - log_terms
        observed = (own * self.X[..., sets.event_rows]).sum(axis=-1)
        score = (observed - (a * S).sum(axis=-1) + (c * T).sum(axis=-1)).T
        expected = up_to(sets, a)
        expected[:, sets.event_rows] -= c[:, sets.moment]
        crossed = total(f * square)
        moments_of_mean = _products(S, total(square) * S - crossed * T) + _products(
            T, total(f**2 * square) * T - crossed * S
        )
        return Likelihoods(value, score, _products(self.X, expected * weighted) - moments_of_mean)


def batch(sets: RiskSets, counts: Floats, X: Floats, *, ties: Ties) -> Batch:
    """Return the batch of these counts (B, n) and covariates (p, B or 1, n), both in the order of the sets."""
    tied = with_event(sets, counts).astype(np.int64).ravel()
    if ties == "breslow":
        cell = np.flatnonzero(tied)
        return Batch(sets, ties, counts, X, cell, np.zeros(cell.size), tied[cell].astype(np.float64))
    cell = np.repeat(np.arange(tied.size), tied)
    rank = np.arange(cell.size) - np.repeat(np.cumsum(tied) - tied, tied)
    return Batch(sets, ties, counts, X, cell, rank / tied[cell], np.ones(cell.size))


def at_risk(sets: RiskSets, values: Floats) -> Floats:
    """Return the sum of values (..., n) over the patients at risk at each moment, (..., m)."""
    total = np.empty((*values.shape[:-1], sets.moments.size))
    last = np.append(sets.starts[1:], sets.order.size)[sets.moments] - 1
    for rows, moments in _strata(sets):
        sums = np.cumsum(values[..., rows], axis=-1)
        total[..., moments] = sums[..., last[moments] - rows.start]
    return total


def with_event(sets: RiskSets, values: Floats) -> Floats:
    """Return the sum of values (..., n) over the patients with the event at each moment, (..., m)."""
    events = values[..., sets.event_rows]
    if sets.event_rows.size == sets.moments.size:
        return np.asarray(events)
    return np.asarray(np.add.reduceat(events, sets.first_events, axis=-1), dtype=np.float64)


def up_to(sets: RiskSets, values: Floats) -> Floats:
    """Return, for each patient, the sum of values (B, m) over the moments it is at risk at, (B, n)."""
    total = np.zeros((len(values), sets.moments.size + 1))
    for _, moments in _strata(sets):
        total[:, moments] = np.cumsum(values[:, moments][:, ::-1], axis=1)[:, ::-1]
    return np.asarray(total[:, np.where(sets.first < sets.end, sets.first, sets.moments.size)])


def _strata(sets: RiskSets) -> list[tuple[slice, slice]]:
    """The rows and the moments of each stratum."""
    starts = np.append(sets.starts, sets.order.size)
    blocks = np.array(sets.strata)
    rows, moments = starts[blocks], np.searchsorted(sets.moments, blocks)
    return [(slice(*place), slice(*moment)) for place, moment in zip(rows.tolist(), moments.tolist())]


def _products(left: Floats, right: Floats) -> Floats:
    """The sum over the last axis of every column of left, (p, B or 1, n), times every one of right; (B, p, p)."""
    return np.asarray(np.moveaxis(left, 0, 1) @ np.moveaxis(np.moveaxis(right, 0, 1), 1, 2))
