"""The method sentence of an analysis of definitions, from the protocol and the convention in force."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.analyses.association import FEWEST_EXPECTED
from calliper.analyses.cause_models import CHOICES
from calliper.analyses.convention import resolve
from calliper.analyses.wording import INTERVALS, TESTS, TIES, categories_in_words, inside, listed, percent
from calliper.protocol.definitions import (
    Definition,
    rate_definitions,
    responses_of,
    time_definitions,
    times_of,
)
from calliper.protocol.specs import CompetingRisksAnalysis, DefinitionsAnalysis, Protocol
from calliper.results import Method, Parameter

RATE_WORDS = {"ORR": "objective response", "DCR": "disease control"}
PATIENTS = {"evaluable": "evaluable patients", "all": "all patients"}


def summary_method(spec: DefinitionsAnalysis, protocol: Protocol) -> Method:
    """What was compared with what, how, and when a conclusion was said to hold."""
    convention = resolve(protocol)
    return Method(
        analysis=spec.id,
        name="summary",
        sentence=" ".join(_sentences(spec, protocol)),
        parameters={
            **_main(spec, protocol),
            "ties": convention.ties,
            "chi_square": convention.chi_square,
            "confidence": protocol.confidence,
            "alpha": protocol.alpha,
            "sides": 2,
            "read_by": "test" if _has_two_arms(protocol) else "interval",
        },
    )


def _main(spec: DefinitionsAnalysis, protocol: Protocol) -> dict[str, Parameter]:
    """The main definitions by name."""
    grids = [
        time_definitions(spec, protocol),
        *(rate_definitions(spec, protocol, rate) for rate in spec.rates[:1]),
    ]
    mains = [grid[0] for grid in grids if grid]
    named = {"main_response" if main.landmark else "main_time": main for main in mains}
    return {
        key: f"{main.variable} {main.population}" if main.landmark else main.variable
        for key, main in named.items()
    }


def _sentences(spec: DefinitionsAnalysis, protocol: Protocol) -> Iterator[str]:
    yield from _of_times(spec, protocol)
    yield from _of_rates(spec, protocol)
    test = f"the P value of the test between the arms is on the same side of {protocol.alpha:g}"
    interval = (
        f"the {percent(protocol.confidence)} confidence intervals of both, or of neither, include no effect"
    )
    yield (
        "The conclusion of the main definition, the first of its kind, was said to hold under another where the "
        f"estimate is on the same side of no effect and {test if _has_two_arms(protocol) else interval}."
    )
    yield "These comparisons are exploratory, and their P values are not adjusted for multiplicity."


def _of_times(spec: DefinitionsAnalysis, protocol: Protocol) -> Iterator[str]:
    definitions = time_definitions(spec, protocol)
    if not definitions:
        return
    main, *others = (inside(endpoint.label) for endpoint in times_of(spec, protocol).values())
    if definitions[1].endpoint == definitions[0].endpoint:
        others.insert(0, "by its cumulative incidence")
    reference = protocol.arms.groups[protocol.arms.reference].label
    yield (
        f"The comparison of {main} was made again under other definitions: {'; '.join(others)}. Each has the two-sided "
        f"log-rank test and the hazard ratio of a Cox model with the arm as only covariate, compared with {reference}, "
        f"with {TIES[resolve(protocol).ties]} and Wald {percent(protocol.confidence)} confidence intervals"
        f"{_competing(definitions)}."
    )


def _competing(definitions: tuple[Definition, ...]) -> str:
    if not any(definition.reading == "incidence" for definition in definitions):
        return ""
    ties = TIES[CHOICES[CompetingRisksAnalysis.model_fields["fine_gray"].default].ties]
    return (
        "; where other events compete they censor in these, and of the cumulative incidence there are Gray's "
        f"test and the subdistribution hazard ratio of Fine and Gray's model, with {ties}"
    )


def _of_rates(spec: DefinitionsAnalysis, protocol: Protocol) -> Iterator[str]:
    responses = [inside(endpoint.label) for endpoint in responses_of(spec, protocol).values()]
    if not responses:
        return
    rates = listed([RATE_WORDS[rate] for rate in spec.rates])
    patients = listed([PATIENTS[name] for name in spec.denominators])
    reference = protocol.arms.groups[protocol.arms.reference].label
    yield (
        f"Rates of {rates} ({listed(responses)}) were compared at each landmark among {patients}, by "
        f"{categories_in_words(resolve(protocol))}, or {TESTS['fisher']} where an expected count is below "
        f"{FEWEST_EXPECTED:g}, with the difference from {reference} and its {INTERVALS['newcombe']} "
        f"{percent(protocol.confidence)} confidence interval."
    )


def _has_two_arms(protocol: Protocol) -> bool:
    return len(protocol.arms.groups) == 2
