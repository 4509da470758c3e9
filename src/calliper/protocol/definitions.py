"""What an analysis of definitions sets side by side, in its order: the main definition of each kind first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calliper.protocol.analysis_specs import DefinitionsAnalysis
from calliper.protocol.response_specs import Response
from calliper.protocol.specs import Protocol
from calliper.protocol.time_specs import TimeToEvent

EVENT = "event"
"""The cause in results of an endpoint's own event, where others compete with it."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One way to compare the arms: an endpoint, and what is read of it.

    `hazard` is that of a time-to-event endpoint, of its own event where others compete; `incidence` the cumulative
    incidence of that event; `rate` a rate of response at a landmark among the patients of a denominator. `variable`,
    `level` and `population` are where its effect stands in results.
    """

    endpoint: str
    reading: Literal["hazard", "incidence", "rate"]
    level: str = ""
    landmark: str = ""
    population: str = "included"

    @property
    def variable(self) -> str:
        """The endpoint, of a rate with its landmark."""
        return f"{self.endpoint} {self.landmark}" if self.landmark else self.endpoint

    @property
    def suffix(self) -> str:
        """What the stats of its verdict end in: two readings of one event stand at one place."""
        return ".fine_gray" if self.reading == "incidence" else ""


def times_of(spec: DefinitionsAnalysis, protocol: Protocol) -> dict[str, TimeToEvent]:
    """The time-to-event endpoints of the analysis by name."""
    held = {name: protocol.endpoints.get(name) for name in spec.endpoints}
    return {name: endpoint for name, endpoint in held.items() if isinstance(endpoint, TimeToEvent)}


def responses_of(spec: DefinitionsAnalysis, protocol: Protocol) -> dict[str, Response]:
    """The response endpoints of the analysis by name."""
    held = {name: protocol.endpoints.get(name) for name in spec.endpoints}
    return {name: endpoint for name, endpoint in held.items() if isinstance(endpoint, Response)}


def time_definitions(spec: DefinitionsAnalysis, protocol: Protocol) -> tuple[Definition, ...]:
    """Each time-to-event endpoint by its hazard, and where events compete by its cumulative incidence too."""
    made: list[Definition] = []
    for name, endpoint in times_of(spec, protocol).items():
        if endpoint.competing_causes:
            made += [Definition(name, "hazard", EVENT), Definition(name, "incidence", EVENT)]
        else:
            made.append(Definition(name, "hazard"))
    return tuple(made)


def rate_definitions(spec: DefinitionsAnalysis, protocol: Protocol, rate: str) -> tuple[Definition, ...]:
    """A rate at each landmark of each response endpoint, under each denominator."""
    return tuple(
        Definition(name, "rate", rate, landmark, population)
        for name, endpoint in responses_of(spec, protocol).items()
        for landmark in landmarks_of(spec, endpoint)
        for population in spec.denominators
    )


def landmarks_of(spec: DefinitionsAnalysis, endpoint: Response) -> tuple[str, ...]:
    """The landmarks that are compared of one response endpoint, in the order asked for."""
    return tuple(name for name in spec.landmarks or endpoint.landmarks if name in endpoint.landmarks)
