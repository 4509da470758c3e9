"""Names that an endpoint uses: variables, tables, roles."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_date_sources import date_source_faults, needs_table
from calliper.protocol.check_deviations import check_deviations
from calliper.protocol.check_exposure import check_exposure
from calliper.protocol.check_measurements import check_measurements
from calliper.protocol.check_schedule import check_schedule
from calliper.protocol.check_toxicity import check_toxicity
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import CATEGORIES, DATES, NUMBERS, Scope
from calliper.protocol.specs import (
    Assessments,
    Deviations,
    Endpoint,
    Exposure,
    FromLesions,
    Landmark,
    Measurements,
    RecordedTime,
    Response,
    Schedule,
    TimeToEvent,
    Toxicity,
    Treatments,
)


def check_endpoints(scope: Scope) -> Iterator[Fault]:
    """Faults of the section endpoints."""
    for name, spec in scope.protocol.endpoints.items():
        path: Path = ("endpoints", name)
        if spec.kind != "time_to_event" or spec.start is not None:
            yield from _start(scope, path, spec)
        match spec:
            case TimeToEvent():
                yield from _time_to_event(scope, path, spec)
            case Response():
                yield from _response(scope, path, spec)
            case Toxicity():
                yield from check_toxicity(scope, path, spec)
            case Treatments():
                yield from _treatments(scope, path, spec)
            case Deviations():
                yield from check_deviations(scope, path, spec)
            case Exposure():
                yield from check_exposure(scope, path, spec)
            case Schedule():
                yield from check_schedule(scope, path, spec)
            case Measurements():
                yield from check_measurements(scope, path, spec)


def _start(scope: Scope, path: Path, spec: Endpoint) -> Iterator[Fault]:
    if spec.start is not None:
        yield from scope.variable((*path, "start"), spec.start, DATES, "a date variable")


def _time_to_event(scope: Scope, path: Path, spec: TimeToEvent) -> Iterator[Fault]:
    if spec.recorded is not None:
        yield from _recorded(scope, (*path, "recorded"), spec.recorded)
    derived = _reads_derived(scope, spec)
    if spec.counted_from is not None:
        yield from date_source_faults(scope, (*path, "counted_from"), spec.counted_from, derived=derived)
    therapies = spec.new_therapy.first_of if spec.new_therapy is not None else ()
    for keys, sources in (
        (("events",), spec.events),
        (("competing",), spec.competing),
        (("new_therapy", "first_of"), therapies),
        (("censor",), spec.censor),
    ):
        for position, source in enumerate(sources):
            yield from date_source_faults(scope, (*path, *keys, position), source, derived=derived)
    if spec.assessments is not None:
        yield from _assessments(scope, (*path, "assessments"), spec.assessments, derived=derived)


def _reads_derived(scope: Scope, spec: TimeToEvent) -> bool:
    """Whether an endpoint's responses are those derived from lesions, so that no table of them is needed."""
    named = spec.assessments.response if spec.assessments is not None else None
    held = scope.protocol.endpoints.get(named or "")
    return isinstance(held, Response) and held.lesions is not None


def _recorded(scope: Scope, path: Path, spec: RecordedTime) -> Iterator[Fault]:
    for key, name in (("time", spec.time), ("event", spec.event)):
        if name is not None:
            yield from scope.variable((*path, key), name, NUMBERS, "a number variable")
    if spec.parameter is not None:
        yield from needs_table(scope, (*path, "parameter"), "times")
    if spec.cause is not None:
        faults = list(scope.variable((*path, "cause"), spec.cause, CATEGORIES, "a category variable"))
        yield from faults
        if not faults and spec.cause in scope.types:
            levels = scope.types[spec.cause].levels
            for level in spec.causes:
                yield from scope.known((*path, "causes", level), level, levels, f"a level of '{spec.cause}'")
            unread = [f"'{level}'" for level in levels if level not in spec.causes]
            if unread:
                text = (
                    f"found no {', '.join(unread)}; expected every level of '{spec.cause}' among the causes"
                )
                yield Fault((*path, "causes"), text)


def _assessments(scope: Scope, path: Path, spec: Assessments, *, derived: bool) -> Iterator[Fault]:
    if not derived:
        yield from needs_table(scope, path, "responses", "date")
    if spec.baseline is not None:
        yield from scope.variable((*path, "baseline"), spec.baseline, DATES, "a date variable")
    if spec.response is None or scope.lacks("endpoints", spec.response):
        return
    names = [name for name, held in scope.protocol.endpoints.items() if isinstance(held, Response)]
    yield from scope.known((*path, "response"), spec.response, names, "the name of a response endpoint")


def _response(scope: Scope, path: Path, spec: Response) -> Iterator[Fault]:
    for key, name in (("new_therapy", spec.new_therapy), ("death", spec.death)):
        if name is not None:
            yield from scope.variable((*path, key), name, DATES, "a date variable")
    if spec.lesions is not None:
        yield from _from_lesions(scope, (*path, "lesions"), spec, spec.lesions)
    table = "responses" if spec.lesions is None else "imaging"
    for name, landmark in spec.landmarks.items():
        at: Path = (*path, "landmarks", name)
        if spec.lesions is not None and (landmark.variable is not None or landmark.only_record):
            yield Fault(at, "found a recorded response; expected day, visit or best, as lesions: derives it")
        elif landmark.variable is not None:
            yield from _recorded_category(scope, (*at, "variable"), landmark, spec)
        elif landmark.visit is not None:
            yield from needs_table(scope, (*at, "visit"), table, "visit")
        elif landmark.day is not None or landmark.best is not None:
            key = "day" if landmark.day is not None else "best"
            yield from needs_table(scope, (*at, key), table, "date")
            if spec.start is None and spec.lesions is None:
                yield Fault(
                    (*at, key), "found no start in this endpoint; expected start:, to count days from"
                )
        else:
            yield from needs_table(scope, (*at, "only_record"), "responses")


def _from_lesions(scope: Scope, path: Path, spec: Response, held: FromLesions) -> Iterator[Fault]:
    yield from needs_table(scope, path, "lesions")
    yield from needs_table(scope, path, "imaging")
    if held.readers:
        yield from needs_table(scope, (*path, "readers"), "imaging", "reader")
    if held.repeat_treatment:
        yield from needs_table(scope, (*path, "repeat_treatment"), "exposure", "drug")
    if spec.start is None:
        yield Fault(path, "found no start in this endpoint; expected start:, the first treatment")


def _recorded_category(scope: Scope, path: Path, landmark: Landmark, spec: Response) -> Iterator[Fault]:
    """A category of the patients' table, every level of which the endpoint's codes can read."""
    name = landmark.variable or ""
    faults = list(scope.variable(path, name, CATEGORIES, "a category variable"))
    yield from faults
    if not faults and name in scope.types:
        unread = [level for level in scope.types[name].levels if level not in spec.codes]
        if unread:
            named = ", ".join(f"'{level}'" for level in unread)
            yield Fault(
                path, f"found {named} among the levels of '{name}'; expected each in the endpoint's codes"
            )


def _treatments(scope: Scope, path: Path, spec: Treatments) -> Iterator[Fault]:
    """The table is there, with ends where periods are read, and no drug belongs to two treatments."""
    yield from needs_table(scope, path, "exposure", "drug")
    named: dict[str, str] = {}
    for name, item in spec.items.items():
        at: Path = (*path, "items", name)
        if item.taken == "period" and scope.protocol.data.exposure is not None:
            yield from needs_table(scope, (*at, "as"), "exposure", "end")
        for position, drug in enumerate(item.drugs):
            if drug in named:
                whose = f"the treatment '{named[drug]}'" if named[drug] != name else "this treatment"
                text = f"found '{drug}', which {whose} has already; expected each drug once"
                yield Fault((*at, "drugs", position), text)
            named.setdefault(drug, name)
