"""Competing risks by arm or another category: cumulative incidence, Gray's test, hazard ratios of each event."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from calliper.analyses.competing_risks_models import ADJUSTED, CompetingStudy, hazard_ratios
from calliper.analyses.competing_risks_wording import gray_method, summary_method
from calliper.analyses.convention import resolve
from calliper.analyses.groups import arm_groups, category_groups, group_factor
from calliper.analyses.hazard import factor_of
from calliper.analyses.outcomes import read_outcomes
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect
from calliper.analyses.survival import even_ticks, left_out
from calliper.endpoints import Derived
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol, TimeToEvent
from calliper.results import Results
from calliper.stats.competing_risks import CumulativeIncidence, cumulative_incidence, incidence_at
from calliper.stats.gray import gray_test
from calliper.stats.survival import kaplan_meier, survival_at
from calliper.summaries.cause_table import CauseTable


def analyse_competing_risks(spec: CompetingRisksAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Estimate and compare the cumulative incidences of the included patients by arm, or by `spec.by`.

    A patient without a time, or without a group, is left out and counted in the methods. What the data cannot
    support becomes a failed method with subject `METHOD CAUSE`, or `adjusted METHOD CAUSE` for an adjusted model.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: CompetingRisksAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    patients = derived.cohort.patients
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise ValueError(f"{spec.endpoint} is not a time-to-event endpoint")
    groups = category_groups(protocol, patients, spec.by) if spec.by else arm_groups(protocol, patients)
    group = [group_factor(protocol, groups, spec.by)]
    beside = [factor_of(name, protocol, patients, {}) for name in spec.adjust]
    study = CompetingStudy(
        spec=spec,
        unit=endpoint.unit,
        confidence=protocol.confidence,
        alpha=protocol.alpha,
        convention=resolve(protocol),
        groups=groups,
        outcomes=read_outcomes(patients, derived.endpoints[spec.endpoint], endpoint.causes),
        models={"": group, ADJUSTED: [*group, *beside]} if beside else {"": group},
    )
    times = study.outcomes.times
    used = times.known & groups.of_patient.is_not_null().to_numpy()
    tables = study.outcomes.tables(groups, used)
    ticks = spec.ticks or even_ticks(float(times.time[used].max(initial=0.0)), unit=endpoint.unit)
    place = Place(spec.id, variable=spec.endpoint)
    summary = summary_method(spec, protocol, n_used=int(used.sum()), excluded=left_out(times, groups))
    yield summary
    for (name, table), label in zip(tables.items(), groups.labels, strict=True):
        here = place.on(group=name)
        yield from _group_rows(here, table, study)
        for late in _late(table, spec.at):
            failure = (
                f"no cumulative incidence at {late:g} {study.unit}: the follow-up of {label} ends before"
            )
            yield replace(summary, subject=f"{spec.endpoint} {name} at {late:g}", failure=failure)
        if table.n:
            yield from _curve_rows(here, table, study, ticks)
    yield from _group_rows(place.on(group="overall"), sum(tables.values(), CauseTable()), study)
    yield from _gray(place, tables, study)
    yield from hazard_ratios(place, study, protocol)


def _incidence(table: CauseTable, cause: str, study: CompetingStudy) -> CumulativeIncidence:
    """The curve of one cause in one group."""
    interval = study.convention.survival_ci
    return cumulative_incidence(table, study.words[cause], confidence=study.confidence, interval=interval)


def _late(table: CauseTable, at: Sequence[float]) -> tuple[float, ...]:
    """The times past the last follow-up of a group that has patients."""
    return tuple(t for t in at if table.n and survival_at(kaplan_meier(table.any_cause()), t) is None)


def _group_rows(place: Place, table: CauseTable, study: CompetingStudy) -> Iterator[Entry]:
    """Who had which event, and at each of the times asked for the incidences and the share free of all."""
    yield from place.rows({"n": table.n, "censored": int(table.censored.sum())})
    for cause, words in study.words.items():
        events = table.n_events(words) if table.n else 0
        yield from place.on(level=cause).rows({"events": events})
    if not table.n:
        return
    free = kaplan_meier(table.any_cause(), confidence=study.confidence, interval=study.convention.survival_ci)
    curves = {cause: _incidence(table, cause, study) for cause in study.words}
    for t in study.spec.at:
        left = survival_at(free, t)
        if left is None:
            continue
        limits = {"event_free_lower": left.lower, "event_free_upper": left.upper}
        yield from place.rows({"event_free": left.survival, **limits}, at=t)
        yield from place.rows({"event_free_se": left.standard_error}, at=t)
        for cause, curve in curves.items():
            read = incidence_at(curve, t)
            if read is not None:
                limits = {"incidence_lower": read.lower, "incidence_upper": read.upper}
                here = place.on(level=cause)
                yield from here.rows({"incidence": read.incidence, **limits}, at=t)
                yield from here.rows({"incidence_se": read.standard_error}, at=t)


def _curve_rows(
    place: Place, table: CauseTable, study: CompetingStudy, ticks: Sequence[float]
) -> Iterator[Entry]:
    everyone = table.any_cause()
    for t in ticks:
        yield from place.rows({"at_risk": everyone.at_risk_at(t)}, at=t)
    for cause, words in study.words.items():
        here, own = place.on(level=cause), table.one_cause(words)
        for t in ticks:
            yield from here.rows({"cumulative_events": own.events_by(t)}, at=t)
        if table.times[0] > 0:
            yield from here.rows({"curve": 0.0, "curve_lower": None, "curve_upper": None}, at=0.0)
        curve = _incidence(table, cause, study)
        columns = (curve.time, curve.incidence, curve.lower, curve.upper)
        for t, height, lower, upper in zip(*(column.tolist() for column in columns), strict=True):
            limits = {"curve_lower": _known(lower), "curve_upper": _known(upper)}
            yield from here.rows({"curve": height, **limits}, at=t)


def _known(limit: float) -> float | None:
    return None if math.isnan(limit) else limit


def _gray(place: Place, tables: Mapping[str, CauseTable], study: CompetingStudy) -> Iterator[Entry]:
    present = {group: table for group, table in tables.items() if table.n}
    method = gray_method(study.spec, n_used=sum(table.n for table in present.values()))
    if len(present) < 2:
        yield replace(method, failure="no Gray test: fewer than two groups have patients")
        return
    yield method
    for cause, words in study.words.items():
        test = attempt(gray_test, present, words)
        if isinstance(test, Refusal):
            yield replace(method, subject=f"gray {cause}", failure=test.sentence)
            continue
        here = place.on(level=cause)
        for group, observed, expected in zip(test.groups, test.observed, test.expected, strict=True):
            yield from here.on(group=group).rows({"observed.gray": observed, "expected.gray": expected})
        stats = {"statistic.gray": test.chi2, "df.gray": test.df, "p.gray": test.p}
        yield from here.on(group="between").rows(stats)
