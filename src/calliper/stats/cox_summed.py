"""The Cox model of patients who are not here: fitted to the sums of partitions too large, or too far, to hold.

Each step of Newton's method asks for the risk-set sums at its b; those of all partitions add. The formulas are
those of partial_likelihood.py, with S2 and T2 for the covariance of those at risk.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.kernels import KERNELS, Kernels, Table
from calliper.stats.conventions import Ties
from calliper.stats.cox_design import NO_EVENT, TOO_LITTLE, least_information
from calliper.stats.cox_fit import CoxFit, maximum_fit
from calliper.stats.newton import maximum
from calliper.stats.partial_likelihood import Likelihood
from calliper.summaries.risk_set_sums import RiskSetSums

Floats: TypeAlias = npt.NDArray[np.float64]

_LOST = 1e-11
"""The share of the information at 0, along some direction, of which no more than rounding is left at a maximum."""


def fit_cox_summed(
    sums_at: Callable[[Floats, Floats], RiskSetSums],
    *,
    p: int,
    ties: Ties = "efron",
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> CoxFit:
    """Fit a Cox model to whatever patients the sums are of; equal to `cox.fit_cox` of them all, to rounding.

    Args:
        sums_at: the risk-set sums of all patients at b, given b and the centre, both (p,).
        p: the number of covariates.
        ties: "efron" or "breslow".
        tolerance: as `cox.fit_cox`.
        max_iterations: as `cox.fit_cox`.

    Raises:
        CannotEstimate: no event, covariates that are constant or determined by others, or a fit that does not
            settle, or that rises without end, as where the likelihood has no maximum (separation).
        ValueError: other ties.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow")
    first = sums_at(np.zeros(p), np.zeros(p))
    if not first.events.any():
        raise CannotEstimate(NO_EVENT)
    n = float(first.left[:, 0].sum())
    centre = first.left[:, 1 : 1 + p].sum(axis=0) / n
    start = sums_at(np.zeros(p), centre)
    squares = start.left[:, 1 + p :].sum(axis=0)[_diagonal(p)]
    spread = np.sqrt(np.where(squares > 0, squares / n, 1.0))
    reach = start.high - start.low

    def scaled(sums: RiskSetSums) -> Likelihood:
        found = summed_likelihood(sums, ties=ties)
        return Likelihood(found.value, found.score / spread, found.information / np.outer(spread, spread))

    null = scaled(start)
    names = ", ".join(first.names)
    if least_information(null.information) < TOO_LITTLE:
        raise CannotEstimate(
            f"no Cox model: among the patients at risk a covariate of {names} has one value, or others determine "
            "it; leave it out"
        )
    b, best, iterations = maximum(
        lambda b: scaled(sums_at(b / spread, centre)),
        null,
        names=first.names,
        span=lambda v: float(np.abs(v / spread) @ reach),
        explain=lambda _: None,
        tolerance=tolerance,
        max_iterations=max_iterations,
    )
    if _least_left(null.information, best.information) < _LOST:
        raise CannotEstimate(
            f"no Cox model: the likelihood of {names} rises as far as it was followed, as where a covariate "
            "separates patients with the event from those without"
        )
    return maximum_fit(
        first.names,
        b,
        spread,
        best=best,
        null=null,
        n=round(n),
        n_events=int(first.events.sum()),
        iterations=iterations,
        ties=ties,
    )


def _least_left(before: Floats, after: Floats) -> float:
    """The smallest share of the information `before` that is left `after`, over all directions."""
    root = np.linalg.cholesky(before)
    held = np.linalg.solve(root, np.linalg.solve(root, after).T)
    return float(np.linalg.eigvalsh((held + held.T) / 2)[0])


def summed_likelihood(sums: RiskSetSums, *, ties: Ties, kernels: Kernels = KERNELS) -> Likelihood:
    """Return the log-likelihood, score and information at the b of the sums."""
    p, times = sums.b.size, sums.events.size
    # Of each time its events, then its censorings.
    runs: Floats = np.empty((2 * times, sums.left.shape[1]))
    runs[::2], runs[1::2] = sums.died, sums.left - sums.died
    found = kernels.risk_pass(
        None,
        np.arange(2 * times + 1),
        Table(np.ascontiguousarray(runs[:, : 1 + p])),
        events=sums.events,
        fresh=np.diff(sums.stratum, prepend=-1) != 0,
        efron=ties == "efron",
    )
    square = np.zeros((p, p))
    square[np.triu_indices(p)] = found.experienced @ runs[:, 1 + p :]
    return Likelihood(
        value=float(sums.event_sum @ sums.b) - found.log_sum,
        score=sums.event_sum - found.first[1:],
        information=square + np.triu(square, 1).T - found.second[1:, 1:],
    )


def _diagonal(p: int) -> npt.NDArray[np.bool_]:
    """Where the diagonal stands in an upper triangle by rows."""
    rows, columns = np.triu_indices(p)
    return np.asarray(rows == columns)
