"""Names that an analysis of agreement uses: two response endpoints, a third, and landmarks that all of them have."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.readings import compared_landmarks
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import AgreementAnalysis, Response


def check_agreement(scope: Scope, path: Path, spec: AgreementAnalysis) -> Iterator[Fault]:
    """Faults of one analysis of agreement; whether its endpoints exist is asked elsewhere."""
    names = (*spec.endpoints, *((spec.adjudicated,) if spec.adjudicated is not None else ()))
    yield from each_once((*path, "endpoints"), spec.endpoints)
    if spec.adjudicated in spec.endpoints:
        text = f"found '{spec.adjudicated}', one of the two compared; expected a third endpoint"
        yield Fault((*path, "adjudicated"), text)
    yield from each_once((*path, "landmarks"), spec.landmarks)
    held = [scope.protocol.endpoints.get(name) for name in names]
    specs = [endpoint for endpoint in held if isinstance(endpoint, Response)]
    if len(specs) < len(names):
        return
    shared = [name for name in specs[0].landmarks if name in specs[1].landmarks]
    for position, name in enumerate(spec.landmarks):
        words = f"a landmark of both '{names[0]}' and '{names[1]}'"
        yield from scope.known((*path, "landmarks", position), name, shared, words)
    if not shared:
        text = f"found no landmark that '{names[0]}' and '{names[1]}' share; expected one of the same name in both"
        yield Fault((*path, "endpoints"), text)
    if spec.adjudicated is not None:
        compared = compared_landmarks(scope.protocol, spec)
        absent = [name for name in compared if name in shared and name not in specs[2].landmarks]
        if absent:
            listed = ", ".join(f"'{name}'" for name in absent)
            text = f"found no {listed} in '{spec.adjudicated}'; expected every landmark compared, or fewer landmarks:"
            yield Fault((*path, "adjudicated"), text)
