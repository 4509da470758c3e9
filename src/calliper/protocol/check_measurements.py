"""What measurements name: tests and units that are known, tables and their roles; items of an analysis of trend."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.disease.lab_tests import QUANTITIES, units_of
from calliper.protocol.check_date_sources import needs_table
from calliper.protocol.measurement_specs import VISIT_NUMBERS, Measurements
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import TrendAnalysis


def check_measurements(scope: Scope, path: Path, spec: Measurements) -> Iterator[Fault]:
    """Faults of an endpoint of kind `measurements`."""
    for name, item in spec.items.items():
        at: Path = (*path, "items", name)
        if item.lab is not None:
            yield from needs_table(scope, (*at, "lab"), "labs")
            known = list(scope.known((*at, "lab"), item.lab, QUANTITIES, "a test that is known"))
            yield from known
            if not known:
                words = f"a unit of {item.lab}"
                yield from scope.known((*at, "unit"), item.unit or "", units_of(item.lab), words)
        if item.score is not None:
            yield from needs_table(scope, (*at, "score"), "labs")
        if item.visit is not None:
            found = list(
                scope.known((*at, "visit"), item.visit, VISIT_NUMBERS, "a role of visits that is a number")
            )
            yield from found or needs_table(scope, (*at, "visit"), "visits", item.visit)


def check_trend(scope: Scope, path: Path, spec: TrendAnalysis) -> Iterator[Fault]:
    """Faults of an analysis of kind `trend`, its endpoint apart."""
    yield from each_once((*path, "items"), spec.items)
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, Measurements):
        for position, name in enumerate(spec.items):
            words = f"an item of '{spec.endpoint}'"
            yield from scope.known((*path, "items", position), name, endpoint.items, words)
