"""Names of variables, derived variables, checks and eligibility criteria that must fit together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from calliper.errors import ProtocolError
from calliper.protocol.check_date_sources import needs_table, where_faults
from calliper.protocol.check_record_checks import check_faults
from calliper.protocol.check_scores import made_faults
from calliper.protocol.criteria import VariableType, check_types, parse
from calliper.protocol.dated_tables import DATE_ROLES
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.rule_text import KEYWORDS
from calliper.protocol.scope import CATEGORIES, DATES, NUMBERS, RECORDED_DATES, Scope, each_once
from calliper.protocol.specs import (
    Category,
    Check,
    Choose,
    Criterion,
    Cut,
    Date,
    Derived,
    Flag,
    Impute,
    Number,
    Regroup,
    RowDate,
    Score,
    Span,
    Stage,
)

RESERVED = ("patient", "centre", "arm", "any", "overall", "between", *KEYWORDS)
"""Names with a meaning of their own: columns of every table, groups of results, words of rules."""


def check_variables(scope: Scope) -> Iterator[Fault]:
    """Faults of the sections variables, derived, checks and eligibility."""
    for name, spec in scope.protocol.variables.items():
        path: Path = ("variables", name)
        yield from _reserved(path, name)
        match spec:
            case Number():
                yield from _ends((*path, "range"), spec.range)
                yield from _ends((*path, "plausible"), spec.plausible)
            case Category():
                yield from _codes(scope, path, spec)
            case Date():
                yield from _ends((*path, "range"), spec.range)
                yield from _not_before(scope, path, name, spec)
                yield from _not_before_last(scope, path, spec)
                if spec.impute is not None:
                    yield from impute_faults(scope, (*path, "impute"), spec.impute, own=name)
    names = list(scope.protocol.derived)
    for position, (name, derived) in enumerate(scope.protocol.derived.items()):
        yield from _derived(_above(scope, names[position:]), name, derived)
    for name, held in scope.types.items():
        if "" in held.levels:
            section = "variables" if name in scope.protocol.variables else "derived"
            yield Fault((section, name), "found an empty level; expected words for every level")
    yield from _rules(scope, "checks", scope.protocol.checks)
    yield from _rules(scope, "eligibility", scope.protocol.eligibility)


def _above(scope: Scope, later: Sequence[str]) -> Scope:
    """The scope of a derived variable: the variables, and the derived variables above it."""
    names = [name for name in scope.types if name in scope.protocol.variables or name not in later]
    return replace(scope, types={name: scope.types[name] for name in names})


def _reserved(path: Path, name: str) -> Iterator[Fault]:
    if name in RESERVED:
        yield Fault(path, f"found the name '{name}', which has a meaning of its own; expected another name")


def _ends(
    path: Path, ends: tuple[float | None, float | None] | tuple[date | None, date | None] | None
) -> Iterator[Fault]:
    low, high = ends or (None, None)
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        yield Fault(path, f"found {low} before {high}; expected the lower end first")


def _codes(scope: Scope, path: Path, spec: Category) -> Iterator[Fault]:
    for code in spec.codes:
        if code in scope.protocol.reading.missing:
            text = f"found '{code}', which reading.missing calls missing; expected one meaning"
            yield Fault((*path, "codes", code), text)


def _not_before(scope: Scope, path: Path, name: str, spec: Date) -> Iterator[Fault]:
    if spec.not_before is None:
        return
    at: Path = (*path, "not_before")
    if spec.not_before == name:
        yield Fault(at, f"found '{name}' itself; expected the name of another date variable")
        return
    yield from scope.variable(at, spec.not_before, RECORDED_DATES, "a date variable")


def impute_faults(scope: Scope, path: Path, spec: Impute, *, own: str = "") -> Iterator[Fault]:
    """Faults of the limits of completed dates: other date variables of the patients table."""
    for key, names in (("not_before", spec.not_before), ("not_after", spec.not_after)):
        for position, name in enumerate(names):
            at: Path = (*path, key, position)
            if name == own:
                yield Fault(at, f"found '{name}' itself; expected the name of another date variable")
            else:
                yield from scope.variable(at, name, RECORDED_DATES, "a date variable")


def _not_before_last(scope: Scope, path: Path, spec: Date) -> Iterator[Fault]:
    if scope.lacks("data"):
        return
    tables = [name for name in DATE_ROLES if getattr(scope.protocol.data, name) is not None]
    for table, where in spec.not_before_last.items():
        at: Path = (*path, "not_before_last", table)
        yield from scope.known(at, table, tables, "a table of the study that holds dates")
        if table in tables:
            columns = getattr(scope.protocol.data, table).columns
            for role in (DATE_ROLES[table], *where):
                yield from scope.known((*at, role), role, columns, f"a role of data.{table}.columns")


def _derived(scope: Scope, name: str, spec: Derived) -> Iterator[Fault]:
    """Faults of one derived variable; `scope` holds the variables it may use."""
    path: Path = ("derived", name)
    yield from _reserved(path, name)
    if name in scope.protocol.variables:
        yield Fault(path, f"found the name '{name}', which a variable has; expected another name")
        return
    match spec:
        case Cut():
            yield from _source(scope, (*path, "cut"), spec.cut, NUMBERS, "a number variable")
            yield from each_once((*path, "labels"), spec.labels)
        case Flag():
            yield from rule_faults(scope, (*path, "rule"), spec.rule)
            yield from each_once((*path, "labels"), spec.labels)
        case Regroup():
            yield from _source(scope, (*path, "regroup"), spec.regroup, CATEGORIES, "a category variable")
            yield from _groups(scope, path, spec)
        case Choose():
            for position, held in enumerate(spec.cases):
                yield from rule_faults(scope, (*path, "cases", position, "when"), held.when)
        case Stage() | Score():
            yield from made_faults(scope, path, spec)
        case Span():
            for key, date_name in (("from_date", spec.from_date), ("to_date", spec.to_date)):
                yield from _source(scope, (*path, key), date_name, DATES, "a date variable")
        case RowDate():
            at = (*path, "first" if spec.first else "last")
            yield from needs_table(scope, at, spec.table, spec.dated_by, reader="this variable")
            yield from where_faults(scope, path, spec.where, spec.table)


def _source(scope: Scope, path: Path, name: str, kinds: tuple[type, ...], words: str) -> Iterator[Fault]:
    """The variable a derived one is made from; one further down the file is named as such."""
    if name not in scope.types and name in scope.protocol.derived:
        yield Fault(path, f"found '{name}', which is derived here or below; expected {words} from above")
    else:
        yield from scope.variable(path, name, kinds, words)


def _groups(scope: Scope, path: Path, spec: Regroup) -> Iterator[Fault]:
    source = scope.types.get(spec.regroup, VariableType("text"))
    if source.kind != "category":
        return
    owner: dict[str, str] = {}
    for group, levels in spec.groups.items():
        for position, level in enumerate(levels):
            at: Path = (*path, "groups", group, position)
            yield from scope.known(at, level, source.levels, f"a level of '{spec.regroup}'")
            if level in owner:
                yield Fault(at, f"found '{level}', which is in group '{owner[level]}'; expected it once")
            owner.setdefault(level, group)
    left = [level for level in source.levels if level not in owner]
    if left:
        named = ", ".join(f"'{level}'" for level in left)
        yield Fault(
            (*path, "groups"), f"found no group for {named}; expected every level of '{spec.regroup}'"
        )


def _rules(scope: Scope, section: str, entries: Sequence[Check | Criterion]) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for position, entry in zip(scope.positions[section], entries):
        path: Path = (section, position)
        if entry.id in first:
            yield Fault((*path, "id"), f"found the id '{entry.id}' a second time; expected it once")
        first.setdefault(entry.id, position)
        if entry.rule is not None:
            yield from rule_faults(scope, (*path, "rule"), entry.rule)
        if isinstance(entry, Check):
            yield from check_faults(scope, path, entry)


def rule_faults(scope: Scope, path: Path, text: str) -> Iterator[Fault]:
    """Faults of a rule: its grammar, or else its names and types."""
    try:
        rule = parse(text)
    except ProtocolError as error:
        yield from (Fault(path, mistake) for mistake in error.mistakes)
        return
    if any(scope.lacks("variables", name) or scope.lacks("derived", name) for name in rule.names):
        return
    below = [name for name in rule.names if name not in scope.types and name in scope.protocol.derived]
    for name in below:
        yield Fault(path, f"found '{name}', which is derived here or below; expected variables from above")
    if not below:
        yield from (Fault(path, mistake) for mistake in check_types(rule, scope.types))
