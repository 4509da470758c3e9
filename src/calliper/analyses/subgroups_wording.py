"""The method sentences of an analysis of subgroups."""

from __future__ import annotations

from calliper.analyses.wording import TIES, capital, inside, listed, percent
from calliper.protocol.specs import Protocol, SubgroupsAnalysis
from calliper.results import Method
from calliper.stats.risk_sets import CoxTies


def _factors(spec: SubgroupsAnalysis, protocol: Protocol) -> str:
    return listed([inside(spec.labels.get(name, protocol.variable(name).label)) for name in spec.factors])


def _outcome(spec: SubgroupsAnalysis, protocol: Protocol) -> str:
    return inside(protocol.endpoints[spec.endpoint].label)


def summary_method(
    spec: SubgroupsAnalysis, protocol: Protocol, *, n_used: int, excluded: tuple[int, str]
) -> Method:
    """What divides the patients, and what that cannot show."""
    outcome = _outcome(spec, protocol)
    sentence = (
        f"{capital(outcome)} was compared between the arms in subgroups by {_factors(spec, protocol)}. These analyses "
        "are exploratory and not adjusted for their number; the interval of a hazard ratio within a subgroup is not a "
        "test of whether the arms differ there."
    )
    n_excluded, why = excluded
    return Method(
        spec.id,
        "summary",
        sentence,
        parameters={"confidence": protocol.confidence},
        n_used=n_used,
        n_excluded=n_excluded,
        why_excluded=why,
    )


def cox_method(spec: SubgroupsAnalysis, protocol: Protocol, *, ties: CoxTies) -> Method:
    """The Cox model of each subgroup."""
    reference = protocol.arms.groups[protocol.arms.reference].label
    sentence = (
        f"Hazard ratios of {_outcome(spec, protocol)} in subgroups, compared with {reference}, are those of a Cox "
        f"model fitted to the patients of the subgroup with the arm as its only covariate, with {TIES[ties]} and Wald "
        f"{percent(protocol.confidence)} confidence intervals."
    )
    return Method(spec.id, "cox", sentence, parameters={"ties": ties, "confidence": protocol.confidence})


def firth_method(spec: SubgroupsAnalysis, protocol: Protocol, *, ties: CoxTies) -> Method:
    """The same models by Firth's penalised likelihood, where the likelihood itself has no maximum."""
    sentence = (
        "Where the partial likelihood of a subgroup has no maximum (separation), its hazard ratios are those of "
        f"Firth's penalised likelihood (Firth 1993; Heinze and Schemper 2001), with {TIES[ties]} and profile penalised "
        f"likelihood {percent(protocol.confidence)} confidence intervals."
    )
    return Method(spec.id, "firth", sentence, parameters={"ties": ties, "confidence": protocol.confidence})


def interaction_method(spec: SubgroupsAnalysis, protocol: Protocol, *, ties: CoxTies) -> Method:
    """The test of interaction of one factor with the arm."""
    sentence = (
        f"The interaction of the arm with {_factors(spec, protocol)} was tested for {_outcome(spec, protocol)}, one "
        "test a factor, by the two-sided likelihood ratio test of the products of arm and factor in a Cox model with "
        f"both and {TIES[ties]}, among the patients whose factor is known."
    )
    return Method(spec.id, "interaction", sentence, parameters={"ties": ties, "sides": 2})
