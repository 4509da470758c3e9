"""The Cox model: its fit, hazard ratios, and tests of nested models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from calliper.errors import CannotEstimate
from calliper.stats.concordance import Concordance, concordance
from calliper.stats.conventions import Ties
from calliper.stats.cox_design import check_design, check_direction
from calliper.stats.estimates import ChiSquare, chi_square, normal_quantile
from calliper.stats.partial_likelihood import Likelihood, RiskSets, likelihood, risk_sets
from calliper.stats.proportional_hazards import ProportionalHazards, cox_zph
from calliper.summaries.columns import Column, event_flags, survival_times

__all__ = [
    "Concordance",
    "CoxFit",
    "HazardRatio",
    "ProportionalHazards",
    "concordance",
    "cox_zph",
    "fit_cox",
    "hazard_ratio",
    "lrt",
    "wald_test",
]

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CoxFit:
    """A fitted model. `coefficients` and `standard_errors` have shape (p,), `covariance` (p, p), as `names`.

    The three tests compare the model with that of no covariate; p is two-sided.
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
    ties: Ties


@dataclass(frozen=True)
class HazardRatio:
    """exp(b) for one covariate, with Wald's limits, z = b / SE and its two-sided p."""

    value: float
    lower: float
    upper: float
    z: float
    p: float


def fit_cox(
    time: Column,
    event: Column,
    X: npt.ArrayLike,
    *,
    ties: Ties = "efron",
    strata: Column | None = None,
    names: Sequence[str] | None = None,
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> CoxFit:
    """Fit log h(t | x) = log h0(t) + x'b by maximum partial likelihood (see partial_likelihood.py).

    Newton's method from b = 0 on covariates centred and scaled to unit deviation, halving a step that does
    not raise the likelihood. It stops after a step shorter than `tolerance` in standard errors.

    Args:
        time: follow-up of each patient, shape (n,), finite and >= 0.
        event: 1 or True where it ends in the event.
        X: the covariates, shape (n, p), finite, with no column of ones.
        ties: "efron" (R's default) or "breslow" (SAS, SPSS).
        strata: each patient's stratum; every stratum has a baseline hazard of its own.
        names: of the columns; x1, x2, ... if not given.
        tolerance: see above.
        max_iterations: how many steps to try.

    Raises:
        CannotEstimate: no event, a covariate that is constant or determined by others, a likelihood that
            has no
            maximum (separation), or no convergence; the sentence names the covariates.
        ValueError: a time, flag or covariate that is not as above, or lengths that differ.
    """
    times, flags, design, stratum = _checked(time, event, X, strata)
    labels = tuple(names) if names is not None else tuple(f"x{j + 1}" for j in range(design.shape[1]))
    if len(labels) != design.shape[1]:
        raise ValueError(f"{len(labels)} names for {design.shape[1]} columns")
    if ties not in ("efron", "breslow"):
        raise ValueError(f"ties is {ties!r}; expected efron or breslow")
    if not times.size:
        raise CannotEstimate("no Cox model: there is no patient")
    sets = risk_sets(times, flags, stratum, ties=ties)
    check_design(sets, design[sets.order], names=labels)
    spread = design.std(axis=0)
    scaled = ((design - design.mean(axis=0)) / spread)[sets.order]
    null = likelihood(sets, scaled, np.zeros(len(labels)))
    b, best, iterations = _maximum(
        sets, scaled, null, names=labels, tolerance=tolerance, max_iterations=max_iterations
    )
    covariance = np.linalg.inv(best.information)
    p = len(labels)
    return CoxFit(
        names=labels,
        coefficients=b / spread,
        covariance=covariance / np.outer(spread, spread),
        standard_errors=np.sqrt(np.diag(covariance)) / spread,
        loglik_null=null.value,
        loglik=best.value,
        score_test=chi_square(float(null.score @ np.linalg.solve(null.information, null.score)), p),
        wald_test=chi_square(float(b @ best.information @ b), p),
        lrt=chi_square(2 * (best.value - null.value), p),
        n=times.size,
        n_events=int(flags.sum()),
        iterations=iterations,
        ties=ties,
    )


def hazard_ratio(fit: CoxFit, index: int, *, confidence: float = 0.95) -> HazardRatio:
    """Return the hazard ratio of one unit of the covariate at `index`."""
    b, error = float(fit.coefficients[index]), float(fit.standard_errors[index])
    reach, z = normal_quantile(confidence) * error, b / error
    return HazardRatio(math.exp(b), math.exp(b - reach), math.exp(b + reach), z, float(2 * ndtr(-abs(z))))


def wald_test(fit: CoxFit, indices: Sequence[int]) -> ChiSquare:
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
        ValueError: the fits differ in patients, events, ties or null likelihood (strata), or the models are
            not
            nested by the names of their covariates.
    """
    same = (full.n, full.n_events, full.ties) == (reduced.n, reduced.n_events, reduced.ties)
    if not (same and math.isclose(full.loglik_null, reduced.loglik_null, rel_tol=1e-9)):
        raise ValueError("the two models were not fitted to the same patients, strata and ties")
    if not set(reduced.names) < set(full.names):
        raise ValueError(f"{', '.join(reduced.names)} is not nested in {', '.join(full.names)}")
    return chi_square(max(2 * (full.loglik - reduced.loglik), 0.0), len(full.names) - len(reduced.names))


def _checked(
    time: Column, event: Column, X: npt.ArrayLike, strata: Column | None
) -> tuple[Floats, npt.NDArray[np.bool_], Floats, Integers]:
    times, flags, design = survival_times(time), event_flags(event), np.asarray(X, dtype=np.float64)
    if design.ndim != 2 or not design.shape[1]:
        raise ValueError(f"X has shape {design.shape}; expected patients by one or more covariates")
    if not np.isfinite(design).all():
        row, column = (int(place[0]) for place in np.nonzero(~np.isfinite(design)))
        raise ValueError(f"X[{row}, {column}] is {design[row, column]}; expected a finite number")
    stratum = np.zeros(times.size, dtype=np.int64)
    if strata is not None:
        stratum = np.unique(np.asarray(strata), return_inverse=True)[1].astype(np.int64)
    if not times.size == flags.size == design.shape[0] == stratum.size:
        sizes = f"{times.size} times, {flags.size} flags, {design.shape[0]} rows of X, {stratum.size} strata"
        raise ValueError(f"{sizes}; expected as many of each")
    return times, flags, design, stratum


def _maximum(
    sets: RiskSets,
    X: Floats,
    null: Likelihood,
    *,
    names: Sequence[str],
    tolerance: float,
    max_iterations: int,
) -> tuple[Floats, Likelihood, int]:
    b: Floats = np.zeros(X.shape[1])
    step: Floats = np.zeros(X.shape[1])
    current = null
    for iteration in range(1, max_iterations + 1):
        try:
            step = np.asarray(np.linalg.solve(current.information, current.score), dtype=np.float64)
        except np.linalg.LinAlgError:
            break
        squared_length = float(current.score @ step)
        if not squared_length >= 0:
            break
        b, current = _climb(sets, X, b, step, current)
        # Along a monotone likelihood standard errors grow without bound, so that any step is short in them:
        # the step must be short on the scale of the hazard ratios as well.
        if squared_length <= tolerance**2 and np.ptp(X @ step) <= 1e-3:
            return b, current, iteration
        if np.ptp(X @ b) > 15:
            check_direction(sets, X, step, names=names)
    check_direction(sets, X, step, names=names)
    raise CannotEstimate(f"no Cox model: the fit to {', '.join(names)} does not settle")


def _climb(
    sets: RiskSets, X: Floats, b: Floats, step: Floats, current: Likelihood
) -> tuple[Floats, Likelihood]:
    """Take the longest of the step, its half, its quarter, ... that does not lower the likelihood."""
    share = 1.0
    # At the maximum the likelihood can fall by its own rounding.
    floor = current.value - 1e-11 * abs(current.value)
    while share > 1e-6:
        candidate = likelihood(sets, X, b + share * step)
        if candidate.value >= floor and np.isfinite(candidate.information).all():
            return b + share * step, candidate
        share /= 2
    return b, current
