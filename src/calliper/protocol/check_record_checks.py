"""Names that a study's checks use beyond their rules: variables, tables, roles."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_specs import NUMBERS_OF, Check
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import DATES, Scope, each_once


def check_faults(scope: Scope, path: Path, check: Check) -> Iterator[Fault]:
    """Faults of `same`, `dates` and `jump` of one check."""
    yield from each_once((*path, "same"), check.same)
    for position, name in enumerate(check.same):
        if not scope.lacks("variables", name) and not scope.lacks("derived", name):
            known = (*scope.types, "centre", "arm")
            yield from scope.known(
                (*path, "same", position), name, known, "the name of a variable, or centre"
            )
    if check.dates is not None:
        at: Path = (*path, "dates")
        for position, table in enumerate(check.dates.tables):
            yield from _table(scope, (*at, "tables", position), table)
        if check.dates.not_before is not None:
            yield from scope.variable((*at, "not_before"), check.dates.not_before, DATES, "a date variable")
        if check.dates.days_after_cutoff is not None and scope.protocol.study.cutoff is None:
            yield Fault((*at, "days_after_cutoff"), "found no study.cutoff; expected it, to count days from")
    if check.jump is not None:
        at = (*path, "jump")
        yield from _table(scope, (*at, "table"), check.jump.table)
        columns = getattr(getattr(scope.protocol.data, check.jump.table), "columns", None)
        if columns is not None and not scope.lacks("data"):
            known = tuple(role for role in NUMBERS_OF[check.jump.table] if role in columns)
            words = f"a role of data.{check.jump.table}.columns that holds numbers"
            yield from scope.known((*at, "role"), check.jump.role, known, words)


def _table(scope: Scope, path: Path, table: str) -> Iterator[Fault]:
    if not scope.lacks("data") and getattr(scope.protocol.data, table) is None:
        yield Fault(path, f"found no table data.{table}; expected it, as this check reads it")
