"""What a schedule of visits names: its table and roles, the response it reads, what ends follow-up, the content."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_date_sources import date_source_faults, needs_table, where_faults
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import Response, Schedule, TableSource

UNDONE = ("no", "none")
"""The words by which a cell says that something was not done; any other word says that it was."""


def check_schedule(scope: Scope, path: Path, spec: Schedule) -> Iterator[Fault]:
    """Faults of an endpoint of kind `schedule`."""
    yield from _response(scope, path, spec)
    derived = spec.response is not None
    if spec.visits == "responses" and derived:
        if spec.where:
            text = "found where on responses that are derived; expected it with a table of the records"
            yield Fault((*path, "where"), text)
    else:
        yield from needs_table(scope, (*path, "visits"), spec.visits, "date")
        yield from where_faults(scope, path, spec.where, spec.visits)
    if not spec.until and scope.protocol.study.cutoff is None and not scope.lacks("study"):
        text = (
            "found no until and no study.cutoff; expected one of them, as nothing says when follow-up ended"
        )
        yield Fault(path, text)
    for position, source in enumerate(spec.until):
        yield from date_source_faults(scope, (*path, "until", position), source, derived=derived)
    yield from _content(scope, (*path, "content"), spec)


def _response(scope: Scope, path: Path, spec: Schedule) -> Iterator[Fault]:
    if spec.response is None or scope.lacks("endpoints", spec.response):
        return
    endpoints = scope.protocol.endpoints
    names = [name for name, held in endpoints.items() if isinstance(held, Response) and held.lesions]
    words = "the name of a response endpoint that is derived from lesions"
    yield from scope.known((*path, "response"), spec.response, names, words)


def _content(scope: Scope, path: Path, spec: Schedule) -> Iterator[Fault]:
    """Each is a role that the table maps and that says whether something was done."""
    yield from each_once(path, spec.content)
    table: TableSource | None = getattr(scope.protocol.data, spec.visits)
    if table is None:
        return
    fitting = [name for name, role in ROLES_OF[spec.visits].items() if set(UNDONE) & set(role.meanings)]
    for position, name in enumerate(spec.content):
        at: Path = (*path, position)
        if name not in fitting:
            words = f"a role of {spec.visits} that says whether something was done"
            yield from scope.known(at, name, fitting, words)
        else:
            yield from needs_table(scope, at, spec.visits, name)
