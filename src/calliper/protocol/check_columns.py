"""What a table says of its columns besides their headers: codes, limits of dates, allowed values, whose a drug is."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.roles import OF_SESSIONS, ROLES_OF, dates_of
from calliper.protocol.scope import RECORDED_DATES, Scope
from calliper.protocol.specs import TableSource

CODED = ("text", "words", "set")


def check_columns(scope: Scope, name: str, table: TableSource) -> Iterator[Fault]:
    """Faults of the keys `codes`, `not_before`, `not_after`, `allowed` and `arms` of a table."""
    path: Path = ("data", name)
    roles = {role: held for role, held in ROLES_OF[name].items() if role in table.columns}
    yield from _codes(scope, name, table)
    dates = [role for role in dates_of(name) if role in table.columns]
    for key, limits in (("not_before", table.not_before), ("not_after", table.not_after)):
        for role, variables in limits.items():
            at: Path = (*path, key, role)
            yield from scope.known(at, role, dates, "a role of this table that holds dates")
            for position, variable in enumerate(variables):
                yield from scope.variable((*at, position), variable, RECORDED_DATES, "a date variable")
    numbers = [role for role, held in roles.items() if held.kind in ("number", "whole")]
    for role, values in table.allowed.items():
        yield from scope.known(
            (*path, "allowed", role), role, numbers, "a role of this table that holds numbers"
        )
        if not values:
            yield Fault(
                (*path, "allowed", role), "found no value; expected the values that the role may have"
            )
    if table.arms and "drug" not in table.columns:
        yield Fault((*path, "arms"), "found arms without the role 'drug'; expected the header of its column")
    for drug, arms in table.arms.items():
        for position, arm in enumerate(() if scope.lacks("arms") else arms):
            at = (*path, "arms", drug, position)
            yield from scope.known(at, arm, scope.protocol.arms.groups, "the name of an arm")
    if name in OF_SESSIONS and scope.protocol.data.sessions is None:
        yield Fault(path, "found no table data.sessions; expected it, as the rows name its sessions")


def _codes(scope: Scope, name: str, table: TableSource) -> Iterator[Fault]:
    """Codes are of a role that holds text, mean a word that it may have, and are not missing."""
    path: Path = ("data", name, "codes")
    coded = [
        role
        for role, held in ROLES_OF[name].items()
        if name != "patients" and role in table.columns and role != "patient" and held.kind in CODED
    ]
    for role, codes in table.codes.items():
        yield from scope.known((*path, role), role, coded, "a role of this table that holds words")
        known = ROLES_OF[name][role].meanings if role in coded else ()
        for code, word in codes.items():
            at: Path = (*path, role, code)
            if known:
                yield from scope.known(at, word, known, f"a word of '{role}'")
            if code in scope.protocol.reading.missing:
                yield Fault(at, f"found '{code}', which reading.missing calls missing; expected one meaning")
