"""Hazard ratios where events compete: of one cause by Cox's model, of its subdistribution by Fine and Gray's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calliper.analyses.cox_model import Factor, Fit, complete_cases, fit_model
from calliper.analyses.cox_penalised import Penalised, fit_penalised
from calliper.analyses.outcomes import CENSORED, Outcomes
from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox import hazard_ratio
from calliper.stats.cox_fit import Estimated
from calliper.stats.design import Design, design_of
from calliper.stats.fine_gray import CensoringVariance, FineGrayFit, fine_gray
from calliper.stats.risk_sets import CoxTies
from calliper.stats.subdistribution import TiedCensoring


@dataclass(frozen=True, slots=True)
class Choices:
    """On what the programs for Fine and Gray's model differ; see `stats.fine_gray.fine_gray`."""

    ties: Ties
    tied_censoring: TiedCensoring
    variance: CensoringVariance


CHOICES = {
    "cmprsk": Choices(ties="breslow", tied_censoring="with", variance="estimated"),
    "survival": Choices(ties="efron", tied_censoring="after", variance="known"),
}


@dataclass(frozen=True, eq=False)
class SubdistributionFit:
    """Fine and Gray's model of factors: the design of its patients, and the fit."""

    model: Design
    fit: FineGrayFit


def fit_cause(factors: Sequence[Factor], outcomes: Outcomes, cause: str, *, ties: CoxTies) -> Fit:
    """Fit the hazard of one cause, in which the other events censor. Raises CannotEstimate as `fit_model`."""
    return fit_model(factors, outcomes.one_cause(cause), ties=ties)


def fit_cause_penalised(
    factors: Sequence[Factor], outcomes: Outcomes, cause: str, *, ties: CoxTies, confidence: float
) -> Penalised:
    """The same by Firth's penalised likelihood. Raises CannotEstimate as `fit_penalised`."""
    return fit_penalised(factors, outcomes.one_cause(cause), ties=ties, confidence=confidence)


def fit_subdistribution(
    factors: Sequence[Factor], outcomes: Outcomes, cause: str, *, choices: Choices
) -> SubdistributionFit:
    """Fit the factors together to their complete cases.

    Raises:
        CannotEstimate: no complete case, a factor without variation or without patients at its reference
            level, or as `stats.fine_gray.fine_gray`.
    """
    used = complete_cases(factors, outcomes.times)
    if not used.any():
        labels = ", ".join(factor.label for factor in factors)
        raise CannotEstimate(f"no Fine-Gray model: no patient has a time and {labels} known")
    model = design_of(factors, used)
    fit = fine_gray(
        outcomes.times.time[used],
        outcomes.ended_by[used],
        model.matrix,
        of=outcomes.words[cause],
        causes=tuple(outcomes.words.values()),
        censored=CENSORED,
        names=model.names,
        ties=choices.ties,
        tied_censoring=choices.tied_censoring,
        variance=choices.variance,
    )
    return SubdistributionFit(model, fit)


def wald_effect(fit: Estimated, index: int, *, method: str, confidence: float) -> dict[str, float | None]:
    """The coefficient at `index`: its hazard ratio with Wald's interval and test."""
    hr = hazard_ratio(fit, index, confidence=confidence)
    return {
        f"coefficient.{method}": float(fit.coefficients[index]),
        f"se.{method}": float(fit.standard_errors[index]),
        f"hr.{method}": hr.value,
        f"lower.{method}": hr.lower,
        f"upper.{method}": hr.upper,
        f"statistic.{method}": hr.z,
        f"p.{method}": hr.p,
    }
