"""Names and paths of the data, centres and arms that must fit together."""

from __future__ import annotations

import re
from collections.abc import Iterator

from calliper.protocol.check_variables import impute_faults
from calliper.protocol.mistakes import Fault, Path, did_you_mean, one_of
from calliper.protocol.scope import Scope
from calliper.protocol.specs import TableSource

ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "patients": (("patient",), ("centre",)),
    "responses": (("patient", "response"), ("date", "visit")),
    "adverse_events": (("patient", "term"), ("category", "grade", "start", "end", "related", "serious")),
    "times": (("patient", "endpoint", "time", "event"), ()),
    "contacts": (("patient", "date"), ("status",)),
    "exposure": (("patient", "start"), ("drug", "end", "dose")),
    "imaging": (
        ("patient", "scan", "date"),
        ("visit", "modality", "arterial_phase", "reader", "slice_mm"),
    ),
    "lesions": (
        ("patient", "scan", "lesion", "organ", "role"),
        (
            "kind",
            "status",
            "pattern",
            "delineated",
            "prior_treatment",
            "treated",
            "whole_mm",
            "viable_mm",
            "short_axis_mm",
        ),
    ),
}
"""The column roles of each table: required, optional. The arm's column is named in `arms`."""

DATES_OF: dict[str, tuple[str, ...]] = {
    "responses": ("date",),
    "adverse_events": ("start", "end"),
    "contacts": ("date",),
    "exposure": ("start", "end"),
    "imaging": ("date",),
}
"""The roles that hold dates."""

RESERVED_ARMS = ("any", "overall", "between", "univariable")
"""Words that stand in an arm's place in the keys of results."""


def check_data(scope: Scope) -> Iterator[Fault]:
    """Faults of the sections data, centres, reading, arms and published."""
    protocol = scope.protocol
    if not scope.lacks("data"):
        for name in ROLES:
            table: TableSource | None = getattr(protocol.data, name)
            if table is not None:
                yield from _table(scope, name, table)
    yield from _centres(scope)
    if not scope.lacks("arms"):
        yield from _arms(scope)
    if protocol.published is not None:
        yield from _file_path(("published",), protocol.published, may_be_absolute=False)


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
    dates = [role for role in DATES_OF.get(name, ()) if role in table.columns]
    for role, impute in table.impute.items():
        yield from scope.known((*path, "impute", role), role, dates, "a role of this table that holds dates")
        yield from impute_faults(scope, (*path, "impute", role), impute)
    for role in required:
        if role not in table.columns:
            yield Fault((*path, "columns"), f"found no role '{role}'; expected the header of its column")
    seen = []
    for position, file in enumerate(table.files):
        at: Path = (*path, "files", position)
        yield from _file_path((*at, "path"), file.path, may_be_absolute=True)
        same = file.model_dump(exclude={"centre", "header_row"})
        if same in seen:
            yield Fault((*at, "path"), f"found '{file.path}' a second time in this table; expected it once")
        seen.append(same)
        yield from _file_centre(scope, name, table, position)


def _file_centre(scope: Scope, name: str, table: TableSource, position: int) -> Iterator[Fault]:
    """Every patient has a centre where centres are declared: the file's, or a column's."""
    at: Path = ("data", name, "files", position)
    centre = table.files[position].centre
    centres = scope.protocol.centres
    if not centres or scope.lacks("centres") or (centre is not None and scope.lacks("centres", centre)):
        return
    if centre is not None:
        yield from scope.known((*at, "centre"), centre, centres, "the name of a centre")
    elif name == "patients" and "centre" not in table.columns:
        yield Fault(at, "found no centre; expected centre: here, or a column for the role centre")


def _file_path(path: Path, text: str, *, may_be_absolute: bool) -> Iterator[Fault]:
    """A path has / between its folders and stands for itself; nothing is fetched."""
    is_absolute = text.startswith("/") or re.match(r"[A-Za-z]:/", text)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text):
        yield Fault(path, f"found the address '{text}'; expected the path of a file")
    elif "\\" in text:
        yield Fault(path, f"found '{text}'; expected / between folders ('{text.replace(chr(92), '/')}')")
    elif text.startswith("~"):
        yield Fault(path, f"found '{text}'; expected a path without ~: the folder by its name")
    elif is_absolute and not may_be_absolute:
        yield Fault(path, f"found the absolute path '{text}'; expected one relative to the study file")


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
