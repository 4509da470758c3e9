"""Fine and Gray's model: how covariates move the cumulative incidence of one cause among several.

The hazard of the subdistribution, -d log(1 - F(t | x)), is h0(t) exp(x'b), where F is the incidence of the
cause. b is that of Cox's likelihood on risk sets in which those who have had a competing event stay
(subdistribution.py). Its information is not the inverse of a variance, as weights are estimated and a patient
counts in risk sets after his event: the variance is I^-1 (sum of u_i u_i') I^-1, u_i = eta_i + psi_i as
subdistribution_variance.py has them. Fine and Gray (1999, JASA 94, 496-509, sections 3 and 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox_data import column_names, cox_data
from calliper.stats.cox_design import check_design, check_direction
from calliper.stats.estimates import ChiSquare, chi_square
from calliper.stats.newton import climb, newton_step
from calliper.stats.partial_likelihood import Likelihood, likelihood, risk_sums
from calliper.stats.subdistribution import (
    SubdistributionSets,
    TiedCensoring,
    censoring_curves,
    subdistribution_sets,
)
from calliper.stats.subdistribution_variance import censoring_parts, score_parts
from calliper.summaries.columns import Column

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
CensoringVariance: TypeAlias = Literal["estimated", "known"]


@dataclass(frozen=True, eq=False)
class FineGrayFit:
    """A fitted model of the incidence of `cause`. `coefficients` have shape (p,), `covariance` (p, p), as `names`.

    exp(b) is a ratio of subdistribution hazards: `cox.hazard_ratio` and `cox.wald_test` read it as they read a
    Cox model. The covariance is the sandwich; `variance` says whether it allows for the estimation of the
    censoring curve. The likelihoods are pseudo-likelihoods: twice their gain, `lrt`, is only about a
    chi-square, and Wald's is the test. `hazard` (m,) is the cumulative hazard of the subdistribution at the
    covariates `centre` (p,), at the times `time` (m,) of events of the cause.
    """

    cause: str
    names: tuple[str, ...]
    coefficients: Floats
    covariance: Floats
    standard_errors: Floats
    loglik_null: float
    loglik: float
    wald_test: ChiSquare
    lrt: ChiSquare
    n: int
    n_events: int
    n_competing: int
    iterations: int
    ties: Ties
    tied_censoring: TiedCensoring
    variance: CensoringVariance
    centre: Floats
    time: Floats
    hazard: Floats


@dataclass(frozen=True, eq=False)
class PredictedIncidence:
    """The cumulative incidence of a cause for one patient, (m,), at the times of events of the cause, (m,)."""

    cause: str
    time: Floats
    incidence: Floats


def fine_gray(
    time: Column,
    cause: Column,
    X: npt.ArrayLike,
    *,
    of: str,
    causes: Sequence[str],
    censored: str = "censored",
    censoring_group: Column | None = None,
    names: Sequence[str] | None = None,
    ties: Ties = "breslow",
    tied_censoring: TiedCensoring = "with",
    variance: CensoringVariance = "estimated",
    tolerance: float = 1e-8,
    max_iterations: int = 50,
) -> FineGrayFit:
    """Fit -log(1 - F(t | x)) = H0(t) exp(x'b), F the cumulative incidence of one cause.

    The defaults are those of `cmprsk::crr`; ties "efron", tied censoring "after" and variance "known" are
    those of `survival::finegray` followed by `coxph` with a sandwich by patient.

    Args:
        time: follow-up of each patient, shape (n,), finite and >= 0.
        cause: the name of the cause where the time ends in the event, `censored` where it does not.
        X: the covariates, shape (n, p), finite, with no column of ones.
        of: the cause of interest.
        causes: every cause that may occur; those other than `of` compete with it.
        censored: the word for a patient without an event; null is refused.
        censoring_group: groups of patients who are censored alike, each with a curve of its own; one if not
            given. Censoring must not depend on covariates otherwise.
        names: of the columns; x1, x2, ... if not given.
        ties: "breslow" or "efron", for events of the cause at one time.
        tied_censoring: whether those with an event at t are at risk of being censored at t: "with", they are;
            "after", they are not, as a Kaplan-Meier curve of censoring should have it.
        variance: "estimated" allows for the estimation of the censoring curve (psi, above); "known" takes the
            curve for the truth.
        tolerance: Newton's method stops after a step shorter than this in standard errors of the information.
        max_iterations: how many steps to try.

    Raises:
        CannotEstimate: no event of the cause, a covariate that is constant or determined by others, a
            likelihood without maximum (separation), no convergence, or too few patients for the sandwich.
        ValueError: an unknown cause or option, or columns that are not as above.
    """
    _check_options(ties, tied_censoring, variance)
    labels = _cause_labels(cause, of=of, causes=causes, censored=censored)
    own, left = labels == of, labels == censored
    data = cox_data(time, own, X)
    words = column_names(names, data)
    if not own.any():
        raise CannotEstimate(f"no Fine-Gray model: no patient has the event by {of!r}")
    group = _groups(censoring_group, data.n)
    curves = censoring_curves(data.time, left, group, tied=tied_censoring)
    sets = subdistribution_sets(data.time, own, ~own & ~left, curves, ties=ties)
    check_design(sets, data.X[sets.order], names=words)
    centre, spread = data.X.mean(axis=0), data.X.std(axis=0)
    scaled = ((data.X - centre) / spread)[sets.order]
    null = likelihood(sets, scaled, np.zeros(len(words)))
    b, best, iterations = _maximum(
        sets, scaled, null, names=words, tolerance=tolerance, max_iterations=max_iterations
    )
    inverse = np.linalg.inv(best.information)
    influence = score_parts(sets, scaled, b)
    if variance == "estimated":
        influence = influence + censoring_parts(sets, scaled, b, curves)
    scaled_covariance = _sandwich(influence @ inverse)
    covariance = scaled_covariance / np.outer(spread, spread)
    sums = risk_sums(sets, scaled, b)
    steps = sets.over_events(1 / sums.denominator) * np.exp(-sums.log_scale)
    return FineGrayFit(
        cause=of,
        names=words,
        coefficients=b / spread,
        covariance=covariance,
        standard_errors=np.sqrt(np.diag(covariance)),
        loglik_null=null.value,
        loglik=best.value,
        wald_test=chi_square(float(b @ np.linalg.solve(scaled_covariance, b)), len(words)),
        lrt=chi_square(max(2 * (best.value - null.value), 0.0), len(words)),
        n=data.n,
        n_events=int(own.sum()),
        n_competing=int((~own & ~left).sum()),
        iterations=iterations,
        ties=ties,
        tied_censoring=tied_censoring,
        variance=variance,
        centre=centre,
        time=np.minimum.reduceat(data.time[sets.order][sets.event_rows], sets.first_events)[::-1],
        hazard=np.cumsum(steps[::-1]),
    )


def predicted_incidence(fit: FineGrayFit, at: npt.ArrayLike) -> PredictedIncidence:
    """Return F(t | x) = 1 - exp(-H0(t) exp(x'b)) for the covariates `at`, shape (p,); H0 jumps by the sum of 1 / D_k.

    With Breslow's ties it is the estimate of `cmprsk::predict.crr`. Fine and Gray (1999, section 5).

    Raises:
        ValueError: `at` is not p finite numbers.
    """
    x = np.asarray(at, dtype=np.float64)
    if x.shape != fit.coefficients.shape or not np.isfinite(x).all():
        raise ValueError(f"at is {x.tolist()}; expected {len(fit.names)} finite numbers")
    with np.errstate(over="ignore"):  # a hazard without end is an incidence of 1
        ratio = np.exp(float((x - fit.centre) @ fit.coefficients))
        return PredictedIncidence(fit.cause, fit.time, -np.expm1(-ratio * fit.hazard))


def _maximum(
    sets: SubdistributionSets,
    X: Floats,
    null: Likelihood,
    *,
    names: Sequence[str],
    tolerance: float,
    max_iterations: int,
) -> tuple[Floats, Likelihood, int]:
    b: Floats = np.zeros(X.shape[1])
    step, current = b, null
    for iteration in range(1, max_iterations + 1):
        found = newton_step(current)
        if found is None:
            break
        step, squared_length = found
        b, current = climb(lambda b: likelihood(sets, X, b), b, step, current)
        # As in cox.py: a step along a monotone likelihood is short in standard errors alone.
        if squared_length <= tolerance**2 and np.ptp(X @ step) <= 1e-3:
            return b, current, iteration
        if np.ptp(X @ b) > 15:
            check_direction(sets, X, step, names=names)
    check_direction(sets, X, step, names=names)
    raise CannotEstimate(f"no Fine-Gray model: the fit to {', '.join(names)} does not settle")


def _sandwich(influence: Floats) -> Floats:
    """Return D'D of the influences, (n, p)."""
    covariance = np.asarray(influence.T @ influence, dtype=np.float64)
    errors = np.sqrt(np.diag(covariance))
    if not errors.all() or np.linalg.cond(covariance / np.outer(errors, errors)) > 1e14:
        raise CannotEstimate("no Fine-Gray model: too few patients for a variance of the coefficients")
    return covariance


def _check_options(ties: str, tied_censoring: str, variance: str) -> None:
    for name, value, known in (
        ("ties", ties, ("breslow", "efron")),
        ("tied_censoring", tied_censoring, ("with", "after")),
        ("variance", variance, ("estimated", "known")),
    ):
        if value not in known:
            raise ValueError(f"{name} is {value!r}; expected {' or '.join(known)}")


def _cause_labels(cause: Column, *, of: str, causes: Sequence[str], censored: str) -> npt.NDArray[Any]:
    if of not in causes:
        raise ValueError(f"of is {of!r}; expected one of {', '.join(map(repr, causes))}")
    if censored in causes:
        raise ValueError(f"{censored!r} means censored and is among the causes")
    labels = np.asarray(cause, dtype=object)
    for place, label in enumerate(labels.tolist()):
        if label not in causes and label != censored:
            known = ", ".join(map(repr, [*causes, censored]))
            raise ValueError(f"cause[{place}] is {label!r}; expected one of {known}")
    return labels


def _groups(column: Column | None, size: int) -> Integers:
    if column is None:
        return np.zeros(size, dtype=np.int64)
    found = np.unique(np.asarray(column), return_inverse=True)[1]
    if found.size != size:
        raise ValueError(f"{size} times and {found.size} groups of censoring; expected as many of each")
    return found
