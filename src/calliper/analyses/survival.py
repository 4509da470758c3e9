"""Survival by arm or another category: Kaplan-Meier, follow-up, the log-rank test and hazard ratios."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from calliper.analyses.convention import resolve
from calliper.analyses.cox_model import Factor, fit_model
from calliper.analyses.cox_penalised import fit_penalised
from calliper.analyses.cox_rows import instead_of, penalised_effect
from calliper.analyses.follow_up import Flags, FollowUp, follow_up
from calliper.analyses.groups import Groups, arm_groups, category_groups, group_factor
from calliper.analyses.places import Entry, Place, Refusal, attempt, collect
from calliper.analyses.restricted_mean import restricted_means
from calliper.analyses.survival_wording import cox_method, firth_method, logrank_method, summary_method
from calliper.endpoints import Derived
from calliper.protocol.specs import Protocol, SurvivalAnalysis, TimeToEvent
from calliper.results import Results
from calliper.stats.conventions import Convention
from calliper.stats.cox import hazard_ratio
from calliper.stats.logrank import logrank
from calliper.stats.survival import KaplanMeier, kaplan_meier, quantile, reverse_kaplan_meier, survival_at
from calliper.summaries.risk_table import RiskTable, risk_tables

QUANTILES = {"median": 0.5, "q1": 0.25, "q3": 0.75}


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the curves are read."""

    convention: Convention
    confidence: float
    unit: str
    at: tuple[float, ...]
    ticks: tuple[float, ...]


def analyse_survival(spec: SurvivalAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Estimate and compare the survival of the included patients by arm, or by `spec.by`.

    A patient without a time, or without a group, is left out and counted in the methods.
    """
    return collect(_entries(spec, protocol, derived))


def _entries(spec: SurvivalAnalysis, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    patients = derived.cohort.patients
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise ValueError(f"{spec.endpoint} is not a time-to-event endpoint")
    groups = category_groups(protocol, patients, spec.by) if spec.by else arm_groups(protocol, patients)
    times = follow_up(patients, derived.endpoints[spec.endpoint])
    used = times.known & groups.of_patient.is_not_null().to_numpy()
    tables = risk_tables(
        times.time[used], times.event[used], groups.of_patient.filter(used).to_numpy(), groups=groups.names
    )
    reading = _Reading(
        convention=resolve(protocol),
        confidence=protocol.confidence,
        unit=endpoint.unit,
        at=spec.at,
        ticks=spec.ticks or even_ticks(float(times.time[used].max(initial=0.0)), unit=endpoint.unit),
    )
    place = Place(spec.id, variable=spec.endpoint)
    summary = summary_method(spec, protocol, n_used=int(used.sum()), excluded=left_out(times, groups))
    yield summary
    for (group, table), label in zip(tables.items(), groups.labels, strict=True):
        here = place.on(group=group)
        curve = _curve(table, reading)
        yield from _summary_rows(here, table, curve, reading)
        if table.n and not table.n_events:
            failure = f"no median: no {endpoint.event_label} among the {table.n} patients of {label}"
            yield replace(summary, subject=f"{spec.endpoint} {group}", failure=failure)
        if curve is not None:
            for late in _late(curve, reading.at):
                failure = f"no survival at {late:g} {reading.unit}: the follow-up of {label} ends before"
                yield replace(summary, subject=f"{spec.endpoint} {group} at {late:g}", failure=failure)
            yield from _curve_rows(here, table, curve, reading)
            if spec.stop_below is not None:
                yield from here.rows({"drawn_to": last_with(table, spec.stop_below)}, unit=reading.unit)
    everyone = sum(tables.values(), RiskTable())
    yield from _summary_rows(place.on(group="overall"), everyone, _curve(everyone, reading), reading)
    yield from _reason_rows(place, groups, times, used)
    if spec.rmst is not None:
        yield from restricted_means(spec, protocol, groups, tables)
    yield from _logrank(place, tables, spec=spec, protocol=protocol)
    yield from _hazard_ratios(place, groups, times, spec=spec, protocol=protocol)


def even_ticks(last: float, *, unit: str, most: int = 6) -> tuple[float, ...]:
    """Even times from 0 to no later than `last`, in at most `most` steps.

    Steps are 1, 2 or 5 times a power of ten; for months 1, 2, 3, 6, 12, 24 and so on in whole years.

    >>> even_ticks(34.2, unit="months")
    (0.0, 6.0, 12.0, 18.0, 24.0, 30.0)
    >>> even_ticks(1826, unit="days")
    (0.0, 500.0, 1000.0, 1500.0)
    """
    if last <= 0:
        return (0.0,)
    decade = 10.0 ** (math.floor(math.log10(last)) - 1)
    steps = [decade * factor for factor in (1, 2, 5, 10, 20, 50)]
    if unit == "months" and last >= 6:
        steps = [1.0, 2.0, 3.0, 6.0, *(12.0 * 2**k for k in range(20))]
    step = next(step for step in steps if last / step <= most)
    return tuple(step * place for place in range(int(last / step * (1 + 1e-9)) + 1))


def left_out(times: FollowUp, groups: Groups) -> tuple[int, str]:
    """How many patients are left out, and why."""
    without_group = int((times.known & groups.of_patient.is_null().to_numpy()).sum())
    reasons = [times.why_without()] if not times.known.all() else []
    if without_group:
        reasons.append(f"group not known ({without_group})")
    return int((~times.known).sum()) + without_group, "; ".join(reasons)


def _curve(table: RiskTable, reading: _Reading) -> KaplanMeier | None:
    """The curve of a group; None where nobody is in it."""
    if not table.n:
        return None
    return kaplan_meier(table, confidence=reading.confidence, interval=reading.convention.survival_ci)


def _late(curve: KaplanMeier, at: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(t for t in at if survival_at(curve, t) is None)


def _summary_rows(
    place: Place, table: RiskTable, curve: KaplanMeier | None, reading: _Reading
) -> Iterator[Entry]:
    censored = table.n - table.n_events
    yield from place.rows({"n": table.n, "events": table.n_events, "censored": censored})
    yield from place.rows({"person_time": table.person_time}, unit=reading.unit)
    if curve is None:
        return
    convention = reading.convention
    yield from place.rows({"min_time": table.times[0], "max_time": table.times[-1]}, unit=reading.unit)
    followed = reverse_kaplan_meier(table, confidence=reading.confidence, interval=convention.survival_ci)
    for name, of, p in (*((name, curve, p) for name, p in QUANTILES.items()), ("follow_up", followed, 0.5)):
        found = quantile(of, p, median_flat=convention.median_flat, median_ci=convention.median_ci)
        stats = {name: found.value, f"{name}_lower": found.lower, f"{name}_upper": found.upper}
        yield from place.rows(stats, unit=reading.unit)


def _reason_rows(place: Place, groups: Groups, times: FollowUp, used: Flags) -> Iterator[Entry]:
    """How many events and censorings have each reason, in each group and together."""
    reasons, group_of = np.array(times.reasons, dtype=object), groups.of_patient.to_numpy()
    for stat, code in (("events", 1), ("censored", 0)):
        chosen = used & (times.event == code)
        for reason in sorted(set(reasons[chosen])):
            here = chosen & (reasons == reason)
            for group in groups.names:
                yield from place.on(group=group, level=reason).rows(
                    {stat: int((here & (group_of == group)).sum())}
                )
            yield from place.on(group="overall", level=reason).rows({stat: int(here.sum())})


def _curve_rows(place: Place, table: RiskTable, curve: KaplanMeier, reading: _Reading) -> Iterator[Entry]:
    for t in reading.at:
        read = survival_at(curve, t)
        if read is not None:
            limits = {"survival_lower": read.lower, "survival_upper": read.upper}
            yield from place.rows({"survival": read.survival, **limits}, at=t)
            yield from place.rows({"survival_se": read.standard_error}, at=t)
    leaving = replace(table, events=table.censored, censored=table.events)
    for t in reading.ticks:
        counts = {"cumulative_events": table.events_by(t), "cumulative_censored": leaving.events_by(t)}
        yield from place.rows({"at_risk": table.at_risk_at(t), **counts}, at=t)
    if table.times[0] > 0:
        yield from place.rows({"curve": 1.0, "curve_lower": 1.0, "curve_upper": 1.0}, at=0.0)
    columns = (curve.time, curve.survival, curve.lower, curve.upper, curve.censored)
    for t, level, lower, upper, censored in zip(*(column.tolist() for column in columns), strict=True):
        limits = {"curve_lower": _known(lower), "curve_upper": _known(upper)}
        yield from place.rows({"curve": level, **limits}, at=t)
        if censored:
            yield from place.rows({"censored_here": censored}, at=t)


def last_with(table: RiskTable, fewest: float) -> float:
    """The last time at which `fewest` patients, or below 1 that share of all, are at risk; 0 where they never are."""
    # a share of n in floating point may come out a hair above a whole number (0.07 * 100)
    wanted = fewest if fewest >= 1 else math.ceil(round(fewest * table.n, 9))
    enough = table.times[table.at_risk >= wanted]
    return float(enough[-1]) if enough.size else 0.0


def _known(limit: float) -> float | None:
    return None if math.isnan(limit) else limit


def _logrank(
    place: Place, tables: Mapping[str, RiskTable], *, spec: SurvivalAnalysis, protocol: Protocol
) -> Iterator[Entry]:
    present = {group: table for group, table in tables.items() if table.n}
    method = logrank_method(spec, protocol, n_used=sum(table.n for table in present.values()))
    if len(present) < 2:
        yield replace(method, failure="no log-rank test: fewer than two groups have patients")
        return
    test = attempt(logrank, present)
    if isinstance(test, Refusal):
        yield replace(method, failure=test.sentence)
        return
    yield method
    for group, observed, expected in zip(test.groups, test.observed, test.expected, strict=True):
        counts = {"observed.logrank": observed, "expected.logrank": expected}
        yield from place.on(group=group).rows(counts)
    stats = {"statistic.logrank": test.chi2, "df.logrank": test.df, "p.logrank": test.p}
    yield from place.on(group="between").rows(stats)


def _hazard_ratios(
    place: Place, groups: Groups, times: FollowUp, *, spec: SurvivalAnalysis, protocol: Protocol
) -> Iterator[Entry]:
    ties = resolve(protocol).ties
    method = cox_method(spec, protocol, ties=ties)
    if len(groups.names) < 2:
        yield replace(method, failure="no hazard ratio: there is only one group")
        return
    factor = group_factor(protocol, groups, spec.by)
    fit = attempt(fit_model, [factor], times, ties=ties)
    if isinstance(fit, Refusal):
        yield replace(method, failure=fit.sentence)
        if fit.no_maximum:
            yield from _penalised_ratios(place, factor, groups, times, spec=spec, protocol=protocol)
        return
    (term,) = fit.terms
    yield replace(method, n_used=int(np.sum(fit.used)), warnings=_without_time(groups, term.unused))
    for index, level in enumerate(term.levels):
        hr = hazard_ratio(fit.cox, index, confidence=protocol.confidence)
        stats = {"hr.cox": hr.value, "lower.cox": hr.lower, "upper.cox": hr.upper, "p.cox": hr.p}
        yield from place.on(group=f"{level} vs {groups.reference}").rows(stats)


def _penalised_ratios(
    place: Place,
    factor: Factor,
    groups: Groups,
    times: FollowUp,
    *,
    spec: SurvivalAnalysis,
    protocol: Protocol,
) -> Iterator[Entry]:
    """Firth's hazard ratios, beside the ordinary ones whose likelihood has no maximum."""
    ties = resolve(protocol).ties
    method = firth_method(spec, protocol, ties=ties)
    found = attempt(fit_penalised, [factor], times, ties=ties, confidence=protocol.confidence)
    if isinstance(found, Refusal):
        yield replace(method, failure=found.sentence)
        return
    (term,) = found.model.columns
    warnings = (f"{instead_of(factor.label)}.", *_without_time(groups, term.unused))
    yield replace(method, n_used=found.firth.n, warnings=warnings)
    for index, level in enumerate(term.levels):
        yield from place.on(group=f"{level} vs {groups.reference}").rows(penalised_effect(found, index))


def _without_time(groups: Groups, unused: Sequence[str]) -> tuple[str, ...]:
    labels = dict(zip(groups.names, groups.labels, strict=True))
    return tuple(f"No patient of {labels[level]} has a time." for level in unused)
