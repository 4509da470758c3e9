"""Names that the declared tests use: analyses that compare the arms, landmarks of a response."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.multiplicity_specs import parts
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import CompetingRisksAnalysis, Response, ResponseAnalysis, SurvivalAnalysis

TESTED = (SurvivalAnalysis, CompetingRisksAnalysis, ResponseAnalysis)
"""The analyses that have one test between the arms, of the endpoint as a whole."""


def check_multiplicity(scope: Scope) -> Iterator[Fault]:
    """Faults of the section multiplicity."""
    held = scope.protocol.multiplicity
    if held is None:
        return
    if len(scope.protocol.arms.groups) < 2:
        yield Fault(("multiplicity",), "found it with one arm; expected two arms or more, which are compared")
        return
    yield from _hypothesis(scope, ("multiplicity", "primary"), held.primary)
    for position, name in enumerate(held.secondary):
        yield from _hypothesis(scope, ("multiplicity", "secondary", position), name)
    named = (held.primary, *held.secondary)
    yield from (
        Fault(("multiplicity", "secondary", fault.path[-1] - 1), fault.text)
        for fault in each_once((), named)
        if isinstance(fault.path[-1], int)
    )


def _hypothesis(scope: Scope, path: Path, hypothesis: str) -> Iterator[Fault]:
    name, landmark, rate = parts(hypothesis)
    analyses = {
        spec.id: spec
        for spec in scope.protocol.analyses
        if isinstance(spec, TESTED) and getattr(spec, "by", None) is None
    }
    if name not in analyses:
        if not scope.lacks("analyses"):
            wanted = "the id of an analysis of survival, competing risks or response between arms"
            yield from scope.known(path, name, analyses, wanted)
        return
    spec = analyses[name]
    if not isinstance(spec, ResponseAnalysis):
        if rate:
            yield Fault(path, f"found '{hypothesis}'; expected '{name}' alone, as it has one test")
        return
    if not rate:
        example = f"'{name} LANDMARK ORR' or '{name} LANDMARK DCR'"
        yield Fault(path, f"found '{hypothesis}', an analysis of response; expected {example}")
        return
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, Response):
        known = spec.landmarks or tuple(endpoint.landmarks)
        yield from scope.known(path, landmark, known, f"a landmark of the analysis '{name}'")
