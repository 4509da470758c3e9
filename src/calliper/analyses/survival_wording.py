"""The method sentences of a survival analysis, from the protocol and the convention in force."""

from __future__ import annotations

from calliper.analyses.convention import resolve
from calliper.analyses.groups import levels_of
from calliper.analyses.wording import TIES, capital, firth_in_words, inside, percent
from calliper.protocol.specs import Protocol, SurvivalAnalysis
from calliper.results import Method
from calliper.stats.conventions import Convention
from calliper.stats.risk_sets import CoxTies


def summary_method(
    spec: SurvivalAnalysis, protocol: Protocol, *, n_used: int, excluded: tuple[int, str]
) -> Method:
    """Kaplan-Meier: the scale of its intervals, how the median is read, and the follow-up."""
    convention = resolve(protocol)
    level = percent(protocol.confidence)
    sentence = (
        f"Survival curves were estimated by the Kaplan-Meier method with pointwise {level} confidence "
        f"intervals {scale(convention)}; the median and the quartiles carry {_median(convention, level)}, "
        f"and where the curve is level at a quantile {_flat(convention)} is taken. Median follow-up is that "
        "of the reverse Kaplan-Meier method."
    )
    n_excluded, why = excluded
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={
            "confidence": protocol.confidence,
            "survival_ci": convention.survival_ci,
            "median_ci": convention.median_ci,
            "median_flat": convention.median_flat,
        },
        n_used=n_used,
        n_excluded=n_excluded,
        why_excluded=why,
    )


def rmst_methods(spec: SurvivalAnalysis, protocol: Protocol, *, unit: str) -> tuple[Method, Method]:
    """The restricted means with their differences, and their ratios."""
    level, tau = percent(protocol.confidence), spec.rmst
    parameters = {"tau": tau, "confidence": protocol.confidence, "sides": 2}
    means = (
        f"The mean of {inside(protocol.endpoints[spec.endpoint].label)} restricted to {tau:g} {unit} is the area under "
        f"the Kaplan-Meier curve up to then, with symmetric {level} confidence intervals of it and of differences, and "
        "two-sided tests of differences by the normal distribution."
    )
    ratios = (
        f"Ratios of restricted means have {level} confidence intervals, and two-sided tests, on the scale of their "
        "logarithm."
    )
    return (
        Method(spec.id, "rmst", means, parameters=parameters),
        Method(spec.id, "rmst_ratio", ratios, parameters=parameters),
    )


def logrank_method(spec: SurvivalAnalysis, protocol: Protocol, *, n_used: int) -> Method:
    """The log-rank test of all groups."""
    sentence = f"{capital(_groups(spec, protocol))} were compared by the two-sided log-rank test."
    return Method(spec.id, "logrank", sentence, parameters={"sides": 2, "rho": 0}, n_used=n_used)


def cox_method(spec: SurvivalAnalysis, protocol: Protocol, *, ties: CoxTies) -> Method:
    """The Cox model whose only covariate is the group."""
    level = percent(protocol.confidence)
    sentence = (
        f"{_unadjusted(spec, protocol)}, with {TIES[ties]} and Wald {level} confidence intervals and tests."
    )
    parameters = {"ties": ties, "confidence": protocol.confidence, "sides": 2}
    return Method(spec.id, "cox", sentence, parameters=parameters)


def firth_method(spec: SurvivalAnalysis, protocol: Protocol, *, ties: CoxTies) -> Method:
    """The same model by Firth's penalised likelihood, where the likelihood itself has no maximum."""
    sentence = (
        f"{_unadjusted(spec, protocol)}; its likelihood has no maximum (separation), and it was fitted by "
        f"{firth_in_words(ties, percent(protocol.confidence))}."
    )
    parameters = {"ties": ties, "confidence": protocol.confidence, "sides": 2}
    return Method(spec.id, "firth", sentence, parameters=parameters)


def _unadjusted(spec: SurvivalAnalysis, protocol: Protocol) -> str:
    if spec.by in (None, "arm"):
        covariate, reference = "the arm", protocol.arms.groups[protocol.arms.reference].label
    else:
        covariate = inside(protocol.variable(spec.by or "").label)
        reference = f"{covariate} {levels_of(protocol, spec.by or '')[0]}"
    return (
        f"Unadjusted hazard ratios, compared with {reference}, are those of a Cox proportional hazards model "
        f"with {covariate} as its only covariate"
    )


def _groups(spec: SurvivalAnalysis, protocol: Protocol) -> str:
    if spec.by in (None, "arm"):
        return "arms"
    return f"groups by {inside(protocol.variable(spec.by or '').label)}"


def scale(convention: Convention) -> str:
    """The scale on which pointwise intervals are symmetric."""
    if convention.survival_ci == "plain":
        return "without transformation"
    return f"on the {convention.survival_ci} scale"


def _median(convention: Convention, level: str) -> str:
    if convention.median_ci == "spss":
        return f"symmetric {level} intervals from the standard error of the quantile (Collett)"
    return f"Brookmeyer-Crowley {level} intervals"


def _flat(convention: Convention) -> str:
    return "the midpoint of the level piece" if convention.median_flat == "midpoint" else "its first time"
