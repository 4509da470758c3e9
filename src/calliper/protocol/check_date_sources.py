"""The entries of a time-to-event endpoint that give a date: what they name must be there, and can be met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from calliper.disease.response_criteria import NEW, NON_TARGET, OVERALL, SITES, TARGET
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.scope import DATES, Scope
from calliper.protocol.specs import RESPONSE_CATEGORIES, DateSource, Refractory, TableSource

DERIVED_ROLES = {
    "patient": (),
    "date": (),
    "visit": (),
    "response": RESPONSE_CATEGORIES,
    "scan": (),
    "target": TARGET,
    "non_target": NON_TARGET,
    "new": NEW,
    "new_site": SITES,
    "overall": OVERALL,
}
"""The roles of responses that are derived from lesions, with the values of each (none: any text)."""


def needs_table(
    scope: Scope, path: Path, table: str, *roles: str, reader: str = "this endpoint"
) -> Iterator[Fault]:
    """A fault unless the study has this table and maps these roles."""
    if scope.lacks("data"):
        return
    source: TableSource | None = getattr(scope.protocol.data, table)
    if source is None:
        yield Fault(path, f"found no table data.{table}; expected it, as {reader} reads it")
        return
    for role in roles:
        if role not in source.columns:
            yield Fault(
                path,
                f"found no role '{role}' in data.{table}.columns; expected it, as {reader} reads it",
            )


def date_source_faults(scope: Scope, path: Path, source: DateSource, *, derived: bool) -> Iterator[Fault]:
    """Faults of one entry; `derived` says that the endpoint's responses are derived from lesions."""
    if source.date is not None:
        yield from scope.variable((*path, "date"), source.date, DATES, "a date variable")
    for position, arm in enumerate(source.arms):
        if not scope.lacks("arms"):
            yield from scope.known(
                (*path, "arms", position), arm, scope.protocol.arms.groups, "the name of an arm"
            )
    if source.table == "responses" and derived:
        yield from _derived_where(scope, path, source)
    elif source.table is not None:
        yield from needs_table(
            scope, (*path, "first" if source.first else "last"), source.table, source.dated_by
        )
        yield from where_faults(scope, path, source.where, source.table)
    if source.despite is not None:
        yield from needs_table(scope, (*path, "despite"), "exposure", "drug")
    if source.refractory is not None:
        yield from _refractory(scope, (*path, "refractory"), source.refractory, derived=derived)


def _derived_where(scope: Scope, path: Path, source: DateSource) -> Iterator[Fault]:
    for role, values in source.where.items():
        at: Path = (*path, "where", role)
        yield from scope.known(at, role, DERIVED_ROLES, "a role of derived responses")
        yield from _values(scope, at, values, DERIVED_ROLES.get(role, ()))


def where_faults(
    scope: Scope, path: Path, wanted: Mapping[str, tuple[str, ...]], table: str
) -> Iterator[Fault]:
    """Under `where` a role or a further column of the table, and values that its cells can be read as."""
    held: TableSource | None = getattr(scope.protocol.data, table)
    if held is None:
        return
    for role, values in wanted.items():
        at: Path = (*path, "where", role)
        further = held.further.get(role)
        if further is not None:
            yield from _values(scope, at, values, tuple(further.codes.values()))
            continue
        yield from scope.known(at, role, (*held.columns, *held.further), f"a role of data.{table}.columns")
        yield from _values(
            scope, at, values, ROLES_OF[table][role].meanings if role in ROLES_OF[table] else ()
        )


def _values(scope: Scope, at: Path, values: tuple[str, ...], known: tuple[str, ...]) -> Iterator[Fault]:
    """A fault for every value that no row can have; nothing where any text may stand."""
    for position, value in enumerate(values if known else ()):
        yield from scope.known((*at, position), value, dict.fromkeys(known), f"a value of '{at[-1]}'")


def _refractory(scope: Scope, path: Path, spec: Refractory, *, derived: bool) -> Iterator[Fault]:
    """Each rule finds what it reads; one that cannot is to be left out by name."""
    yield from needs_table(scope, path, "exposure", "drug")
    if scope.lacks("data"):
        return
    visits = scope.protocol.data.visits
    roles = visits.columns if visits is not None else {}
    needed = {
        "R1": (derived, "responses derived from lesions (assessments.response)"),
        "R2": ("nodules" in roles, "the role 'nodules' of data.visits"),
        "R3": ("afp" in roles, "the role 'afp' of data.visits"),
        "R4": (derived, "responses derived from lesions (assessments.response)"),
        "R5": (derived, "responses derived from lesions (assessments.response)"),
    }
    for rule in spec.rules:
        is_there, what = needed[rule]
        if not is_there:
            yield Fault(path, f"found {rule} without {what}; expected it, or rules: without {rule}")
