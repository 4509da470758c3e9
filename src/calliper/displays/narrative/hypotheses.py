"""Declared tests in words."""

from __future__ import annotations

from calliper.displays import labels
from calliper.protocol.multiplicity_specs import parts
from calliper.protocol.specs import Protocol, Response, ResponseAnalysis


def hypothesis(protocol: Protocol, name: str) -> str:
    """What a declared test is of: `overall survival`, `objective response (tumour response, 3 months)`."""
    analysis, landmark, rate = parts(name)
    spec = next(held for held in protocol.analyses if held.id == analysis)
    endpoint = protocol.endpoints[getattr(spec, "endpoint", "")]
    words = labels.in_sentence(endpoint.label)
    if isinstance(spec, ResponseAnalysis) and isinstance(endpoint, Response):
        moment = labels.in_sentence(endpoint.landmarks[landmark].label)
        kind = "objective response" if rate == "ORR" else "disease control"
        words = f"{kind} ({words}, {moment})"
    if spec.population is not None:
        words += f" in the {labels.in_sentence(protocol.populations[spec.population].label)}"
    return words
