"""Names that an endpoint uses: variables, tables, roles."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.endpoint_specs import DATE_ROLES
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import CATEGORIES, DATES, NUMBERS, Scope
from calliper.protocol.specs import (
    DateSource,
    Landmark,
    Number,
    Response,
    TableSource,
    Term,
    TimeToEvent,
    Toxicity,
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
                yield from _toxicity(scope, path, spec)


def _start(scope: Scope, path: Path, spec: TimeToEvent | Response | Toxicity) -> Iterator[Fault]:
    if spec.start is not None:
        yield from scope.variable((*path, "start"), spec.start, DATES, "a date variable")


def _needs(scope: Scope, path: Path, table: str, *roles: str) -> Iterator[Fault]:
    """A fault unless the study has this table and maps these roles."""
    if scope.lacks("data"):
        return
    source: TableSource | None = getattr(scope.protocol.data, table)
    if source is None:
        yield Fault(path, f"found no table data.{table}; expected it, as this endpoint reads it")
        return
    for role in roles:
        if role not in source.columns:
            yield Fault(
                path,
                f"found no role '{role}' in data.{table}.columns; expected it, as this endpoint reads it",
            )


def _time_to_event(scope: Scope, path: Path, spec: TimeToEvent) -> Iterator[Fault]:
    if spec.recorded is not None:
        at: Path = (*path, "recorded")
        for key, name in (("time", spec.recorded.time), ("event", spec.recorded.event)):
            if name is not None:
                yield from scope.variable((*at, key), name, NUMBERS, "a number variable")
        if spec.recorded.parameter is not None:
            yield from _needs(scope, (*at, "parameter"), "times")
    for key, sources in (("events", spec.events), ("censor", spec.censor)):
        for position, source in enumerate(sources):
            yield from _date_source(scope, (*path, key, position), source)


def _date_source(scope: Scope, path: Path, source: DateSource) -> Iterator[Fault]:
    if source.date is not None:
        yield from scope.variable((*path, "date"), source.date, DATES, "a date variable")
    for key, table in (("first", source.first), ("last", source.last)):
        if table is not None:
            yield from _needs(scope, (*path, key), table, DATE_ROLES[table])
            held: TableSource | None = getattr(scope.protocol.data, table)
            for role in source.where if held is not None else ():
                words = f"a role of data.{table}.columns"
                yield from scope.known((*path, "where", role), role, held.columns if held else (), words)


def _response(scope: Scope, path: Path, spec: Response) -> Iterator[Fault]:
    for name, landmark in spec.landmarks.items():
        at: Path = (*path, "landmarks", name)
        if landmark.variable is not None:
            yield from _recorded_category(scope, (*at, "variable"), landmark, spec)
        elif landmark.visit is not None:
            yield from _needs(scope, (*at, "visit"), "responses", "visit")
        elif landmark.day is not None:
            yield from _needs(scope, (*at, "day"), "responses", "date")
            if spec.start is None:
                yield Fault(
                    (*at, "day"), "found no start in this endpoint; expected start:, to count days from"
                )
        else:
            yield from _needs(scope, (*at, "only_record"), "responses")


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


def _toxicity(scope: Scope, path: Path, spec: Toxicity) -> Iterator[Fault]:
    terms: dict[str, Term] = {} if isinstance(spec.terms, str) else spec.terms
    for name, term in terms.items():
        at: Path = (*path, "terms", name)
        if name == "any":
            yield Fault(at, "found the name 'any', which results use; expected another name")
        if term.variable is not None:
            yield from _grade(scope, (*at, "variable"), term.variable)
    if isinstance(spec.terms, str) or any(term.values for term in terms.values()):
        yield from _needs(scope, (*path, "terms"), "adverse_events", spec.by)
    if spec.window_days is not None:
        at = (*path, "window_days")
        if spec.start is None:
            yield Fault(at, "found no start in this endpoint; expected start:, to count days from")
        yield from _needs(scope, at, "adverse_events", "start")
        low, high = spec.window_days
        if low is not None and high is not None and low > high:
            yield Fault(at, f"found {low} before {high}; expected the lower end first")


def _grade(scope: Scope, path: Path, name: str) -> Iterator[Fault]:
    faults = list(scope.variable(path, name, (Number,), "an integer variable"))
    yield from faults
    spec = scope.protocol.variables.get(name)
    if not faults and isinstance(spec, Number) and spec.type != "integer":
        yield Fault(path, f"found the number '{name}'; expected a variable of type integer, as grades are")
