"""Whether the definitions of an analysis can stand side by side: of one unit, told apart in print, more than one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calliper.protocol.definitions import (
    rate_definitions,
    responses_of,
    time_definitions,
    times_of,
)
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import DefinitionsAnalysis, Response, TimeToEvent

_OF_RESPONSE = ("landmarks", "rates", "denominators")


def check_definitions(scope: Scope, path: Path, spec: DefinitionsAnalysis) -> Iterator[Fault]:
    """Faults of one analysis of definitions."""
    if not scope.lacks("arms") and len(scope.protocol.arms.groups) < 2:
        text = (
            "found a study of one arm; expected two or more, as the comparison of arms is what is looked at"
        )
        yield Fault((*path, "kind"), text)
    for key in ("endpoints", *_OF_RESPONSE):
        yield from each_once((*path, key), getattr(spec, key))
    faults = list(_endpoints(scope, path, spec))
    yield from faults
    if faults or any(scope.lacks("endpoints", name) for name in spec.endpoints):
        return
    times, responses = times_of(spec, scope.protocol), responses_of(spec, scope.protocol)
    yield from _told_apart(path, spec, times)
    yield from _told_apart(path, spec, responses)
    yield from _one_unit(path, spec, times)
    yield from _landmarks(scope, path, spec, responses)
    yield from _more_than_one(scope, path, spec)


def _at(path: Path, spec: DefinitionsAnalysis, name: str) -> Path:
    return (*path, "endpoints", spec.endpoints.index(name))


def _endpoints(scope: Scope, path: Path, spec: DefinitionsAnalysis) -> Iterator[Fault]:
    """Each is a time-to-event or a response endpoint."""
    endpoints = scope.protocol.endpoints
    fitting = [name for name, held in endpoints.items() if isinstance(held, TimeToEvent | Response)]
    for name in spec.endpoints:
        if name in endpoints and name not in fitting:
            kind = endpoints[name].kind
            text = f"found the {kind} endpoint '{name}'; expected a time_to_event or response endpoint"
            yield Fault(_at(path, spec, name), text)
        elif not scope.lacks("endpoints", name):
            words = "the name of a time_to_event or response endpoint"
            yield from scope.known(_at(path, spec, name), name, fitting, words)


def _told_apart(
    path: Path, spec: DefinitionsAnalysis, held: Mapping[str, TimeToEvent] | Mapping[str, Response]
) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, endpoint in held.items():
        if endpoint.label in seen:
            text = f"found '{name}', which has the label of '{seen[endpoint.label]}'; expected a label of its own"
            yield Fault(_at(path, spec, name), text)
        seen.setdefault(endpoint.label, name)


def _one_unit(path: Path, spec: DefinitionsAnalysis, times: Mapping[str, TimeToEvent]) -> Iterator[Fault]:
    main = next(iter(times.values()), None)
    for name, endpoint in times.items():
        if main is not None and endpoint.unit != main.unit:
            text = f"found '{name}' in {endpoint.unit}; expected {main.unit}, as the first definition has"
            yield Fault(_at(path, spec, name), text)


def _landmarks(
    scope: Scope, path: Path, spec: DefinitionsAnalysis, responses: Mapping[str, Response]
) -> Iterator[Fault]:
    """Every landmark is one of some response endpoint, and every response endpoint has one of them."""
    if not responses:
        for key in _OF_RESPONSE:
            if key in spec.model_fields_set:
                text = f"found {key} without a response endpoint; expected one among the endpoints"
                yield Fault((*path, key), text)
        return
    known = dict.fromkeys(name for endpoint in responses.values() for name in endpoint.landmarks)
    for position, landmark in enumerate(spec.landmarks):
        words = f"a landmark of '{next(iter(responses))}'" if len(responses) == 1 else "a landmark"
        yield from scope.known((*path, "landmarks", position), landmark, known, words)
    for name, endpoint in responses.items():
        if spec.landmarks and not set(spec.landmarks) & set(endpoint.landmarks):
            text = f"found '{name}', which has none of the landmarks; expected one of them in it"
            yield Fault(_at(path, spec, name), text)


def _more_than_one(scope: Scope, path: Path, spec: DefinitionsAnalysis) -> Iterator[Fault]:
    """Of each kind there is a definition beside the main one."""
    protocol = scope.protocol
    if len(time_definitions(spec, protocol)) == 1:
        text = "found one definition of a time to an event; expected another, to set beside it"
        yield Fault((*path, "endpoints"), text)
    if len(rate_definitions(spec, protocol, spec.rates[0])) == 1:
        text = (
            "found one definition of response; expected another endpoint, landmark or denominator beside it"
        )
        yield Fault((*path, "endpoints"), text)
