"""A fitted Cox model, its hazard ratios, and tests of nested models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calliper.stats.cox_data import CoxData
from calliper.stats.estimates import ChiSquare, chi_square, normal_quantile
from calliper.stats.partial_likelihood import Likelihood
from calliper.stats.risk_sets import CoxTies

Floats: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted model. `coefficients` and `standard_errors` have shape (p,), `covariance` (p, p), as `names`.

    The three tests compare the model with that of no covariate; p is two-sided. `variance` says where the
    covariance, and with it the standard errors and Wald's test, come from: the information of the model, or
    the sandwich of `cox_robust`; the score and likelihood ratio tests are always the model's. `n` counts
    rows.
    """

    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    loglik_null: float
    loglik: float
    score_test: ChiSquare
    wald_test: ChiSquare
    lrt: ChiSquare
    n: int
    n_events: int
    iterations: int
    ties: CoxTies
    variance: Literal["model", "robust"] = "model"


def maximum_fit(
    names: Sequence[str],
    b: Floats,
    spread: Floats,
    *,
    best: Likelihood,
    null: Likelihood,
    n: int,
    n_events: int,
    iterations: int,
    ties: CoxTies,
) -> CoxFit:
    """Return the fit at the maximum b of covariates that were divided by `spread`, both (p,)."""
    covariance, p = np.linalg.inv(best.information), len(names)
    return CoxFit(
        names=tuple(names),
        coefficients=b / spread,
        covariance=covariance / np.outer(spread, spread),
        standard_errors=np.sqrt(np.diag(covariance)) / spread,
        loglik_null=null.value,
        loglik=best.value,
        score_test=chi_square(float(null.score @ np.linalg.solve(null.information, null.score)), p),
        wald_test=chi_square(float(b @ best.information @ b), p),
        lrt=chi_square(2 * (best.value - null.value), p),
        n=n,
        n_events=n_events,
        iterations=iterations,
        ties=ties,
    )


class Estimated(Protocol):
    """Coefficients with their covariance: of a Cox, a Fine-Gray or a frailty model."""

    @property
    def coefficients(self) -> Floats:
        """The coefficients, (p,)."""

    @property
    def covariance(self) -> Floats:
        """Their covariance, (p, p)."""

    @property
    def standard_errors(self) -> Floats:
        """The roots of its diagonal, (p,)."""


@dataclass(frozen=True)
class HazardRatio:
    """exp(b) for one covariate, with Wald's limits, z = b / SE and its two-sided p.

    Of a covariate in an absurd unit, exp(b) or a limit may be too large for a number, and is infinite.
    """

    value: float
    lower: float
    upper: float
    z: float
    p: float


def hazard_ratio(fit: Estimated, index: int, *, confidence: float = 0.95) -> HazardRatio:
    """Return the hazard ratio of one unit of the covariate at `index`."""
    b, error = float(fit.coefficients[index]), float(fit.standard_errors[index])
    reach, z = normal_quantile(confidence) * error, b / error
    return HazardRatio(_exp(b), _exp(b - reach), _exp(b + reach), z, float(2 * ndtr(-abs(z))))


def wald_test(fit: Estimated, indices: Sequence[int]) -> ChiSquare:
    """Test that the coefficients at `indices` are all zero: b' V^-1 b with their part of the covariance.

    Raises:
        ValueError: no index, or one given twice.
    """
    chosen = list(indices)
    if not chosen or len(set(chosen)) != len(chosen):
        raise ValueError(f"indices {chosen}; expected one or more, each once")
    b, covariance = fit.coefficients[chosen], fit.covariance[np.ix_(chosen, chosen)]
    return chi_square(float(b @ np.linalg.solve(covariance, b)), len(chosen))


def lrt(full: CoxFit, reduced: CoxFit) -> ChiSquare:
    """Test a model against one nested in it, fitted to the same patients: twice the gain in log-likelihood.

    Raises:
        ValueError: the fits differ in patients, events, ties or null likelihood (strata, weights), or the
            models are not nested by the names of their covariates.
    """
    same = (full.n, full.n_events, full.ties) == (reduced.n, reduced.n_events, reduced.ties)
    if not (same and math.isclose(full.loglik_null, reduced.loglik_null, rel_tol=1e-9)):
        raise ValueError("the two models were not fitted to the same patients, strata and ties")
    if not set(reduced.names) < set(full.names):
        raise ValueError(f"{', '.join(reduced.names)} is not nested in {', '.join(full.names)}")
    return chi_square(max(2 * (full.loglik - reduced.loglik), 0.0), len(full.names) - len(reduced.names))


def check_same_patients(fit: CoxFit, data: CoxData) -> None:
    """Refuse data that the model was not fitted to, as far as their counts tell.

    Raises:
        ValueError: rows, events or covariates differ in number.
    """
    fitted = (fit.n, fit.n_events, len(fit.names))
    given = (data.n, int(data.event.sum()), data.X.shape[1])
    if fitted != given:
        words = "rows, events and covariates"
        raise ValueError(f"the model was fitted to {fitted} {words}; the data have {given}")


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf
