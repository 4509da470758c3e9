"""Names that deviations and populations use: tables, columns, dates, endpoints, and the types in their rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from calliper.protocol.check_date_sources import date_source_faults, needs_table, where_faults
from calliper.protocol.check_variables import RESERVED, rule_faults
from calliper.protocol.criteria import VariableType
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.roles import OF_SESSIONS, ROLES_OF
from calliper.protocol.rule_columns import (
    COUNTED,
    DATED_BY,
    ENDPOINT_COLUMNS,
    LONG,
    NUMBER,
    own_types,
    rule_names,
)
from calliper.protocol.scope import Scope
from calliper.protocol.specs import DateSource, DeviationRule, Deviations, Response

POPULATIONS = (
    "included",
    "screened",
    "evaluable",
    "all",
    "measured",
    "followed",
    "scans",
    "overall",
    "between",
)
"""Populations that results have of themselves."""


def check_deviations(scope: Scope, path: Path, spec: Deviations) -> Iterator[Fault]:
    """Faults of one endpoint of kind `deviations`."""
    is_derived = spec.response is not None
    if spec.response is not None and not scope.lacks("endpoints", spec.response):
        endpoints = scope.protocol.endpoints.items()
        fitting = [
            name for name, held in endpoints if isinstance(held, Response) and held.lesions is not None
        ]
        words = "the name of a response endpoint that is derived from lesions"
        yield from scope.known((*path, "response"), spec.response, fitting, words)
    for name, source in spec.dates.items():
        yield from _name(scope, spec, (*path, "dates", name), name)
        yield from date_source_faults(scope, (*path, "dates", name), source, derived=is_derived)
    for name, held in spec.preceding.items():
        at: Path = (*path, "preceding", name)
        yield from _name(scope, spec, at, name)
        if held.table == "responses" and is_derived:
            like = DateSource(last="responses", where=held.where, reason="preceding")
            yield from date_source_faults(scope, at, like, derived=True)
            continue
        yield from needs_table(scope, (*at, "table"), held.table, DATED_BY[held.table])
        yield from where_faults(scope, at, held.where, held.table)
    if spec.dates and spec.start is None:
        yield Fault(
            (*path, "dates"), "found no start in this endpoint; expected start:, from which dates are read"
        )
    seen: set[str] = set()
    for position, rule in enumerate(spec.rules):
        at = (*path, "rules", position)
        if rule.id in seen:
            yield Fault((*at, "id"), f"found the id '{rule.id}' a second time; expected it once")
        if rule.id == "any":
            yield Fault((*at, "id"), "found the id 'any', which results use; expected another")
        seen.add(rule.id)
        faults = list(_read_from(scope, at, rule))
        yield from faults
        if not faults:
            yield from _rules(scope, at, spec, rule)


def _name(scope: Scope, spec: Deviations, path: Path, name: str) -> Iterator[Fault]:
    """A name that rules can use, and that nothing of the patient has."""
    is_role = any(name in roles for roles in ROLES_OF.values())
    if name in RESERVED or name in (*COUNTED, LONG, "day") or is_role:
        yield Fault(path, f"found the name '{name}', which has a meaning of its own; expected another name")
    elif name in scope.types or (name in spec.dates and name in spec.preceding):
        what = "a variable" if name in scope.types else "an entry of dates"
        yield Fault(path, f"found the name '{name}', which {what} has; expected another name")


def _read_from(scope: Scope, path: Path, rule: DeviationRule) -> Iterator[Fault]:
    """The table, the endpoint or the steps are there."""
    if rule.order is not None:
        yield from needs_table(scope, (*path, "order"), "embolisation", "action")
    elif rule.table is not None:
        at: Path = (*path, "table")
        faults = list(scope.known(at, rule.table, ROLES_OF, "the name of a table"))
        yield from faults
        if not faults and rule.table != "patients":
            yield from needs_table(scope, at, rule.table)
    elif rule.endpoint is not None and not scope.lacks("endpoints", rule.endpoint):
        endpoints = scope.protocol.endpoints
        fitting = [name for name, held in endpoints.items() if held.kind in ENDPOINT_COLUMNS]
        yield from scope.known((*path, "endpoint"), rule.endpoint, fitting, "the name of an endpoint")
    table = rule.table or rule.order or ""
    if rule.every == "session":
        if table not in OF_SESSIONS:
            words = f"expected it only with a table of sessions ({', '.join(OF_SESSIONS)})"
            yield Fault((*path, "every"), f"found every: session with {rule.read_from}; {words}")
        else:
            yield from needs_table(scope, (*path, "every"), "sessions")
    if rule.every == "patient" and rule.table == "patients":
        yield Fault(
            (*path, "every"), "found every: patient with the patients; expected it with another table"
        )


def _rules(scope: Scope, path: Path, spec: Deviations, rule: DeviationRule) -> Iterator[Fault]:
    names = rule_names(spec, rule, scope.protocol)
    counted = {**names, **dict.fromkeys(COUNTED, NUMBER)}
    for key, text, known in (
        ("where", rule.where, names),
        ("rule", rule.rule, counted),
        ("major_unless", rule.major_unless, counted),
    ):
        if text is not None:
            yield from _typed(scope, (*path, key), text, known)
    if rule.dated_by is not None:
        made = (*spec.dates, *spec.preceding)
        dates = [name for name, held in names.items() if held.kind == "date" and name not in made]
        yield from scope.known((*path, "dated_by"), rule.dated_by, dates, "a date that the rule may name")


def _typed(scope: Scope, path: Path, text: str, names: Mapping[str, VariableType]) -> Iterator[Fault]:
    yield from rule_faults(replace(scope, types=names), path, text)


def check_populations(scope: Scope) -> Iterator[Fault]:
    """Faults of the section populations."""
    endpoints = scope.protocol.endpoints
    fitting = [name for name, held in endpoints.items() if isinstance(held, Deviations)]
    for name, spec in scope.protocol.populations.items():
        path: Path = ("populations", name)
        if name in POPULATIONS:
            yield Fault(path, f"found the name '{name}', which results use; expected another name")
        if spec.rule is not None:
            yield from _typed(scope, (*path, "rule"), spec.rule, own_types(scope.protocol))
        wanted = spec.without_major
        if wanted is not None and not scope.lacks("endpoints", wanted):
            words = "the name of a deviations endpoint"
            yield from scope.known((*path, "without_major"), wanted, fitting, words)
