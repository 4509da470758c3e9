"""Limitations that follow from the study file and the results, written without anyone's leave."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Section, Text
from calliper.displays import labels, readings, safety_words
from calliper.displays.definition_words import DEFINITIONS, subject_in_words
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.study_limits import study_limits
from calliper.displays.narrative.tests_made import counted
from calliper.displays.populations import named
from calliper.protocol.specs import (
    AgreementAnalysis,
    AnalysisSpec,
    BaselineAnalysis,
    CoxAnalysis,
    DefinitionsAnalysis,
    Protocol,
    Response,
    ResponseAnalysis,
    SafetyAnalysis,
    SubgroupsAnalysis,
)
from calliper.results import MULTIPLICITY, Method


def limits(facts: Facts, sections: Sequence[Section]) -> tuple[Text, ...]:
    """How the study was made, multiplicity, then every warning and failure of a method."""
    protocol, results = facts.protocol, facts.results
    boxed = [*study_limits(facts), *counted(protocol, results, sections)]
    listed = [
        *(
            Text(f"{_title(protocol, method)}: {labels.ended(warning)}", "warning")
            for method in results.methods
            for warning in method.warnings
        ),
        *(
            Text(f"{_title(protocol, method)}, not estimated: {labels.ended(method.failure)}", "warning")
            for method in results.methods
            # Where the exact test was to be the headline a warning says so; elsewhere it is not missed. Nor is a test
            # of change where nobody changed; why a ratio of rates is not there stands under its table.
            if method.failure and method.name not in ("fisher", "mcnemar", "rate_ratio")
        ),
    ]
    return tuple(dict.fromkeys([*boxed, *listed]))


def _title(protocol: Protocol, method: Method) -> str:
    """The analysis in words, which of its subjects the method is about, and its population where it has its own."""
    for spec in protocol.analyses:
        if spec.id == method.analysis and spec.population is not None:
            return named(protocol, spec, _of_all(protocol, method))
    return _of_all(protocol, method)


def _of_all(protocol: Protocol, method: Method) -> str:
    for spec in protocol.analyses:
        if spec.id == method.analysis and isinstance(spec, AgreementAnalysis):
            subject = _subject(protocol, spec, method.subject)
            return f"{readings.heading(protocol, spec)}{subject and ', '}{subject}"
        if spec.id == method.analysis and isinstance(spec, DefinitionsAnalysis):
            subject = subject_in_words(spec, protocol, method.subject)
            return f"{spec.title or DEFINITIONS}{subject and ', '}{subject}"
        if spec.id == method.analysis:
            endpoint = getattr(spec, "endpoint", None) or getattr(spec, "response", None)
            title = spec.title or (labels.endpoint(protocol, endpoint) if endpoint else "Baseline")
            subject = _subject(protocol, spec, method.subject)
            return f"{labels.divided(title, protocol, getattr(spec, 'by', None))}{subject and ', '}{subject}"
    return "Multiplicity" if method.analysis == MULTIPLICITY else "Patients"


def _subject(protocol: Protocol, spec: AnalysisSpec, subject: str) -> str:
    """A method's subject in words; empty where its sentence names it already."""
    if isinstance(spec, CoxAnalysis):
        models = {model.id: labels.in_sentence(model.label) for model in spec.models}
        return models.get(subject, "each factor alone" if subject else "")
    name = subject.split(" ", maxsplit=1)[0]
    if isinstance(spec, SubgroupsAnalysis):
        return "subgroups" if subject else ""
    if isinstance(spec, BaselineAnalysis) and name in spec.variables:
        return labels.in_sentence(labels.variable(protocol, name))
    if isinstance(spec, SafetyAnalysis) and subject:
        return safety_words.subject(protocol, spec, subject)
    if isinstance(spec, AgreementAnalysis) and subject:
        endpoint = protocol.endpoints[spec.endpoints[0]]
        held = endpoint.landmarks.get(name) if isinstance(endpoint, Response) else None
        return "scan by scan" if held is None else labels.in_sentence(held.label)
    if isinstance(spec, ResponseAnalysis) and subject == "scans":
        return "recorded and derived categories of scans"
    if isinstance(spec, ResponseAnalysis) and subject:
        endpoint = protocol.endpoints[spec.endpoint]
        rate = next(rate for rate in ("ORR", "DCR") if f" {rate}" in subject)
        words = labels.landmark(endpoint, name) if isinstance(endpoint, Response) else name
        moment = words.removeprefix(endpoint.label).removeprefix(" at ").removeprefix(", ")
        return ", ".join(held for held in (moment, labels.in_sentence(labels.RESPONSE_WORDS[rate])) if held)
    return ""
