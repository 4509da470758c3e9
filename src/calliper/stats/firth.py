"""Firth's penalised likelihood for the Cox model: finite estimates where the likelihood has no maximum.

    l*(b) = l(b) + log|I(b)| / 2

with the score U_j + tr(I^-1 dI/db_j) / 2. At event k the patients at risk are drawn with probabilities
proportional to w_i, or to w_i (1 - f_k) for those with the event; dI/db_j sums the third central moments of x
under them, so that with y = L'x, LL' = I^-1, the trace is the sum over the events of E[|y - Ey|^2 (x_j -
Ex_j)]. Firth (1993, Biometrika 80, 27-38); Heinze and Schemper (2001, Biometrics 57, 114-119, section 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox_data import CoxData, column_names, cox_data
from calliper.stats.cox_design import check_varying
from calliper.stats.cox_objective import Objective, cox_objective
from calliper.stats.estimates import ChiSquare, chi_square
from calliper.stats.newton import climb, newton_step
from calliper.stats.partial_likelihood import Likelihood, likelihood, risk_sums
from calliper.stats.profile_likelihood import ProfileRatio, profile_ratio
from calliper.stats.risk_sets import RiskSets
from calliper.summaries.columns import Column

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FirthFit:
    """A penalised fit. Likelihoods are l*; `lrt` compares with b = 0 under the same penalty.

    `covariance` is the inverse of the information at b; where likelihoods are as skew as those that call for
    this fit, `firth_hazard_ratio` describes b and its standard error does not.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    loglik_null: float
    loglik: float
    lrt: ChiSquare
    n: int
    n_events: int
    iterations: int
    ties: Ties


def fit_firth(
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    *,
    ties: Ties = "efron",
    strata: Column | None = None,
    entry: Column | None = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-9,
    max_iterations: int = 500,
) -> FirthFit:
    """Fit the Cox model of `fit_cox` by maximum penalised likelihood; the arguments are the same.

    Raises:
        CannotEstimate: no event, a covariate that is constant or determined by others, or no convergence.
        ValueError: as `fit_cox`.
    """
    data = cox_data(time, event, X, strata=strata, entry=entry)
    labels = column_names(names, data)
    objective = firth_objective(data, ties=ties)
    check_varying(objective.sets, data.X[objective.sets.order], names=labels)
    null = current = objective.evaluate(np.zeros(len(labels)))
    b: Floats = np.zeros(len(labels))
    for iteration in range(1, max_iterations + 1):
        found = newton_step(current)
        if found is None:
            break
        b, current = climb(objective.evaluate, b, found[0], current)
        if found[1] <= tolerance**2:
            covariance = np.linalg.inv(current.information)
            return FirthFit(
                names=labels,
                coefficients=b / objective.spread,
                covariance=covariance / np.outer(objective.spread, objective.spread),
                standard_errors=np.sqrt(np.diag(covariance)) / objective.spread,
                # The penalty is that of the covariates as given.
                loglik_null=null.value + float(np.log(objective.spread).sum()),
                loglik=current.value + float(np.log(objective.spread).sum()),
                lrt=chi_square(max(2 * (current.value - null.value), 0.0), len(labels)),
                n=data.n,
                n_events=int(data.event.sum()),
                iterations=iteration,
                ties=ties,
            )
    raise CannotEstimate(f"no penalised Cox model: the fit to {', '.join(labels)} does not settle")


def firth_hazard_ratio(fit: FirthFit, data: CoxData, index: int, *, confidence: float = 0.95) -> ProfileRatio:
    """Return the hazard ratio of the covariate at `index` with its profile penalised likelihood interval.

    The penalty stays that of all covariates along the profile and in the test of b = 0: Heinze and Schemper
    (2001, section 2).

    Raises:
        CannotEstimate: the profile does not settle.
        ValueError: the model was fitted to other data.
    """
    if (fit.n, fit.n_events) != (data.n, int(data.event.sum())) or data.X.shape[1] != len(fit.names):
        raise ValueError("the penalised model was fitted to other data")
    objective = firth_objective(data, ties=fit.ties)
    return profile_ratio(objective, fit.coefficients * objective.spread, index, confidence=confidence)


def firth_objective(data: CoxData, *, ties: Ties) -> Objective:
    """Return l* of the data. It holds the information of l, which is near enough to that of l* to climb by.

    Raises:
        ValueError: weights, or ties that are neither efron nor breslow.
    """
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow")
    if data.weights is not None:
        raise ValueError("weights with a penalised likelihood; expected none")
    plain = cox_objective(data, ties=ties)
    sets, X = plain.sets, plain.X
    return Objective(sets, X, plain.spread, lambda b: penalised_likelihood(sets, X, b))


def penalised_likelihood(sets: RiskSets, X: Floats, b: Floats) -> Likelihood:
    """Return l* and its score with the information of l; X (n, p) is in the order of the sets."""
    found = likelihood(sets, X, b)
    lost = Likelihood(-np.inf, found.score, found.information)
    if not (np.isfinite(found.value) and np.isfinite(found.information).all()):
        return lost
    try:
        root = np.linalg.cholesky(found.information)
    except np.linalg.LinAlgError:
        # Far from the maximum the information is lost in its rounding, and l* falls without end.
        return lost
    log_determinant = 2 * float(np.log(np.diag(root)).sum())
    y = np.asarray(np.linalg.solve(root, X.T).T, dtype=np.float64)
    pull = _trace(sets, X, b, y) / 2
    return Likelihood(found.value + log_determinant / 2, found.score + pull, found.information)


def _trace(sets: RiskSets, X: Floats, b: Floats, y: Floats) -> Floats:
    """tr(I^-1 dI/db_j), (p,), from the covariates scaled by the root of I^-1, (n, p)."""
    sums = risk_sums(sets, X, b)
    length = (y**2).sum(axis=1)

    def expected(values: Floats) -> Floats:
        """The mean of values (n, ...) over those at risk at each event, (k, ...)."""
        shape = (-1, *[1] * (values.ndim - 1))
        weighted = sums.risk.reshape(shape) * values
        total = sets.at_risk(weighted)[sets.moment]
        total = total - sets.fraction.reshape(shape) * sets.with_event(weighted)[sets.moment]
        return np.asarray(total / sums.denominator.reshape(shape))

    mean, mean_y = expected(X), expected(y)
    cross = expected(X[:, :, None] * y[:, None, :]) - mean[:, :, None] * mean_y[:, None, :]
    third = expected(length[:, None] * X) - expected(length)[:, None] * mean
    third = third - 2 * np.einsum("kjl,kl->kj", cross, mean_y)
    return np.asarray(third.sum(axis=0))
