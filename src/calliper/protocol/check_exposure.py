"""What exposure and treatment name: the table and its roles, drugs, dates, arms; items and days of their analyses."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_date_sources import date_source_faults, needs_table
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import Exposure, ExposureAnalysis, TreatmentAnalysis, Treatments


def check_exposure(scope: Scope, path: Path, spec: Exposure) -> Iterator[Fault]:
    """Faults of an endpoint of kind `exposure`."""
    yield from needs_table(scope, path, "exposure", *(("drug", "end", "dose") if _has_table(scope) else ()))
    yield from each_once((*path, "drugs"), spec.drugs)
    yield from each_once((*path, "arms"), spec.arms)
    if not scope.lacks("arms"):
        for position, arm in enumerate(spec.arms):
            yield from scope.known(
                (*path, "arms", position), arm, scope.protocol.arms.groups, "the name of an arm"
            )
    for position, source in enumerate(spec.until):
        yield from date_source_faults(scope, (*path, "until", position), source, derived=False)


def _has_table(scope: Scope) -> bool:
    return not scope.lacks("data") and scope.protocol.data.exposure is not None


def check_exposure_analysis(path: Path, spec: ExposureAnalysis) -> Iterator[Fault]:
    """Faults of an analysis of kind `exposure`, its endpoint apart."""
    if spec.delay_days is not None and spec.delay_days[0] > spec.delay_days[1]:
        low, high = spec.delay_days
        yield Fault((*path, "delay_days"), f"found {low} before {high}; expected the lower end first")
    yield from each_once((*path, "at"), spec.at)
    for position, time in enumerate(spec.at):
        if time < 0:
            yield Fault((*path, "at", position), f"found {time:g}; expected a time of at least 0")


def check_treatment_analysis(scope: Scope, path: Path, spec: TreatmentAnalysis) -> Iterator[Fault]:
    """Faults of an analysis of kind `treatment`, its endpoint apart."""
    yield from each_once((*path, "items"), spec.items)
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, Treatments):
        for position, name in enumerate(spec.items):
            words = f"a treatment of '{spec.endpoint}'"
            yield from scope.known((*path, "items", position), name, endpoint.items, words)
