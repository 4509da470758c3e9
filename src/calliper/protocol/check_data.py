"""Names and paths of the data, centres and arms that must fit together."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_columns import check_columns
from calliper.protocol.check_files import check_files, check_path
from calliper.protocol.check_tumours import check_tumours
from calliper.protocol.check_variables import impute_faults
from calliper.protocol.mistakes import Fault, Path, did_you_mean, one_of
from calliper.protocol.roles import ROLES_OF, dates_of
from calliper.protocol.scope import Scope
from calliper.protocol.specs import Reshaped, TableSource

ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    table: (
        tuple(name for name, role in roles.items() if role.is_needed),
        tuple(name for name, role in roles.items() if not role.is_needed),
    )
    for table, roles in ROLES_OF.items()
}
"""The column roles of each table: required, optional."""

RESERVED_ARMS = ("any", "overall", "between", "univariable")
"""Words that stand in an arm's place in the keys of results."""


def check_data(scope: Scope) -> Iterator[Fault]:
    """Faults of the sections data, centres, reading, arms and published."""
    protocol = scope.protocol
    if not scope.lacks("data"):
        for name in ROLES:
            table: TableSource | None = getattr(protocol.data, name)
            if table is not None and not isinstance(table, Reshaped):
                yield from _table(scope, name, table)
        if protocol.data.tumours is not None:
            yield from check_tumours(scope, protocol.data.tumours)
    yield from _centres(scope)
    if not scope.lacks("arms"):
        yield from _arms(scope)
    if protocol.published is not None:
        yield from check_path(("published",), protocol.published, may_be_absolute=False)
    for position, path in enumerate(protocol.mappings):
        yield from check_path(("mappings", position), path, may_be_absolute=False)
    if protocol.answers is not None:
        yield from check_path(("answers",), protocol.answers, may_be_absolute=False)
    if protocol.pseudonyms is not None:
        yield from check_path(("pseudonyms", "key"), protocol.pseudonyms.key, may_be_absolute=True)


def _table(scope: Scope, name: str, table: TableSource) -> Iterator[Fault]:
    path: Path = ("data", name)
    required, optional = ROLES[name]
    for role in table.columns:
        if role not in (*required, *optional):
            roles = (*required, *optional)
            near = (
                " (arms.column names it)"
                if role == "arm" and name == "patients"
                else did_you_mean(role, roles)
            )
            yield Fault((*path, "columns", role), f"found the role '{role}'; expected {one_of(roles)}{near}")
    dates = [role for role in dates_of(name) if role in table.columns]
    for role, impute in table.impute.items():
        yield from scope.known((*path, "impute", role), role, dates, "a role of this table that holds dates")
        yield from impute_faults(scope, (*path, "impute", role), impute)
    for role in required:
        if role not in table.columns:
            yield Fault((*path, "columns"), f"found no role '{role}'; expected the header of its column")
    yield from _further(scope, path, table, (*required, *optional))
    yield from check_columns(scope, name, table)
    needs_centre = name == "patients" and "centre" not in table.columns
    yield from check_files(scope, path, table.files, needs_centre=needs_centre)


def _further(scope: Scope, path: Path, table: TableSource, roles: tuple[str, ...]) -> Iterator[Fault]:
    """A further column is a long table's, has a name that no role has, and codes that are not missing."""
    for name, further in table.further.items():
        at: Path = (*path, "further", name)
        if path[1] == "patients":
            yield Fault(at, f"found '{name}'; expected columns of the patients table under variables")
        elif name in roles:
            yield Fault(at, f"found the name '{name}', which a role has; expected it under columns")
        for code in further.codes:
            if code in scope.protocol.reading.missing:
                text = f"found '{code}', which reading.missing calls missing; expected one meaning"
                yield Fault((*at, "codes", code), text)


def _centres(scope: Scope) -> Iterator[Fault]:
    """A name found in the files must mean one centre."""
    owner: dict[str, str] = {name: name for name in scope.protocol.centres}
    for name, centre in scope.protocol.centres.items():
        for position, alias in enumerate(centre.aliases):
            if owner.setdefault(alias, name) != name:
                path: Path = ("centres", name, "aliases", position)
                yield Fault(
                    path, f"found '{alias}', which means centre '{owner[alias]}'; expected another name"
                )


def _arms(scope: Scope) -> Iterator[Fault]:
    arms = scope.protocol.arms
    yield from scope.known(("arms", "reference"), arms.reference, arms.groups, "the name of an arm")
    owner: dict[str, str] = {}
    for name, arm in arms.groups.items():
        path: Path = ("arms", "groups", name)
        if name in RESERVED_ARMS:
            yield Fault(path, f"found the name '{name}', which results use; expected another name")
        for position, value in enumerate(arm.values):
            at: Path = (*path, "values", position)
            if value in owner:
                yield Fault(
                    at, f"found '{value}', which means arm '{owner[value]}'; expected each value in one arm"
                )
            if value in scope.protocol.reading.missing:
                yield Fault(at, f"found '{value}', which reading.missing calls missing; expected one meaning")
            owner.setdefault(value, name)
