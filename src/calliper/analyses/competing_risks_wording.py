"""The method sentences of an analysis of competing risks, from the protocol and the convention in force."""

from __future__ import annotations

from calliper.analyses.cause_models import CHOICES
from calliper.analyses.convention import resolve
from calliper.analyses.groups import levels_of
from calliper.analyses.survival_wording import scale
from calliper.analyses.wording import TIES, firth_in_words, inside, listed, percent
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol, TimeToEvent
from calliper.results import Method

PROGRAMS = {"cmprsk": "the R package cmprsk (crr)", "survival": "the R package survival (finegray)"}


def summary_method(
    spec: CompetingRisksAnalysis, protocol: Protocol, *, n_used: int, excluded: tuple[int, str]
) -> Method:
    """The cumulative incidences, the scale of their intervals, and what is not given in their place."""
    convention = resolve(protocol)
    sentence = (
        f"The cumulative incidence of each event of {inside(protocol.endpoints[spec.endpoint].label)} "
        f"({listed(_events(spec, protocol))}) was estimated by the Aalen-Johansen method with pointwise "
        f"{percent(protocol.confidence)} confidence intervals {scale(convention)}; one minus a Kaplan-Meier curve in "
        "which the competing events censor, which is larger, is not given."
    )
    n_excluded, why = excluded
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=sentence,
        parameters={"confidence": protocol.confidence, "survival_ci": convention.survival_ci},
        n_used=n_used,
        n_excluded=n_excluded,
        why_excluded=why,
    )


def gray_method(spec: CompetingRisksAnalysis, *, n_used: int) -> Method:
    """Gray's test of each event."""
    sentence = "The groups' cumulative incidences of each event were compared by Gray's test, two-sided, with rho = 0."
    return Method(spec.id, "gray", sentence, parameters={"sides": 2, "rho": 0}, n_used=n_used)


def cause_specific_method(spec: CompetingRisksAnalysis, protocol: Protocol) -> Method:
    """The Cox models of each event."""
    ties, level = resolve(protocol).ties, percent(protocol.confidence)
    sentence = (
        f"Cause-specific hazard ratios, {_compared(spec, protocol)}, are those of a Cox model of each event in "
        f"which the other events censor, with {TIES[ties]} and Wald {level} confidence intervals and tests; "
        f"{_covariates(spec, protocol)}."
    )
    parameters = {"ties": ties, "confidence": protocol.confidence, "sides": 2, **_adjusted(spec)}
    return Method(spec.id, "cause_specific", sentence, parameters=parameters)


def firth_method(spec: CompetingRisksAnalysis, protocol: Protocol) -> Method:
    """The penalised fits beside those that have no maximum."""
    ties = resolve(protocol).ties
    sentence = (
        "Where the partial likelihood of a cause-specific model has no maximum (separation), the hazard ratios are "
        f"those of {firth_in_words(ties, percent(protocol.confidence))}."
    )
    parameters = {"ties": ties, "confidence": protocol.confidence, "sides": 2}
    return Method(spec.id, "firth", sentence, parameters=parameters)


def fine_gray_method(spec: CompetingRisksAnalysis, protocol: Protocol) -> Method:
    """Fine and Gray's models of each event."""
    choices, level = CHOICES[spec.fine_gray], percent(protocol.confidence)
    sentence = (
        "As a secondary analysis, subdistribution hazard ratios are those of Fine and Gray's model of each event with "
        f"the same covariates, with {TIES[choices.ties]}, Wald {level} confidence intervals and tests from its "
        f"sandwich variance, and the choices of {PROGRAMS[spec.fine_gray]}; they say which way a cumulative incidence "
        "differs, and are no ratios of risks."
    )
    parameters = {
        "ties": choices.ties,
        "tied_censoring": choices.tied_censoring,
        "variance": choices.variance,
        "confidence": protocol.confidence,
        "sides": 2,
        **_adjusted(spec),
    }
    return Method(spec.id, "fine_gray", sentence, parameters=parameters)


def _events(spec: CompetingRisksAnalysis, protocol: Protocol) -> list[str]:
    endpoint = protocol.endpoints[spec.endpoint]
    return [inside(words) for words in endpoint.causes.values()] if isinstance(endpoint, TimeToEvent) else []


def _compared(spec: CompetingRisksAnalysis, protocol: Protocol) -> str:
    if spec.by in (None, "arm"):
        return f"compared with {protocol.arms.groups[protocol.arms.reference].label}"
    return f"compared with {_group(spec, protocol)} {levels_of(protocol, spec.by or '')[0]}"


def _group(spec: CompetingRisksAnalysis, protocol: Protocol) -> str:
    return "the arm" if spec.by in (None, "arm") else inside(protocol.variable(spec.by or "").label)


def _covariates(spec: CompetingRisksAnalysis, protocol: Protocol) -> str:
    group = _group(spec, protocol)
    if not spec.adjust:
        return f"{group} is the only covariate"
    labels = ["the arm" if name == "arm" else inside(protocol.variable(name).label) for name in spec.adjust]
    beside = f"the adjusted ones have {listed(labels)} beside it"
    return f"{group} is the only covariate of the unadjusted ones, and {beside}"


def _adjusted(spec: CompetingRisksAnalysis) -> dict[str, str]:
    return {"adjust": ", ".join(spec.adjust)} if spec.adjust else {}
