"""What a toxicity endpoint names: variables, tables, roles, tests, arms, and versions that grade a laboratory value."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.disease.ctcae.lab_rules import LAB_RULES, VERSION_5
from calliper.disease.ctcae.versions import VERSIONS
from calliper.disease.lab_tests import QUANTITIES, units_of
from calliper.protocol.check_date_sources import date_source_faults, needs_table, where_faults
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import Scope
from calliper.protocol.specs import Number, Term, Toxicity


def check_toxicity(scope: Scope, path: Path, spec: Toxicity) -> Iterator[Fault]:
    """Faults of a toxicity endpoint, but for its start."""
    terms: dict[str, Term] = {} if isinstance(spec.terms, str) else spec.terms
    for name, term in terms.items():
        at: Path = (*path, "terms", name)
        if name == "any":
            yield Fault(at, "found the name 'any', which results use; expected another name")
        if term.variable is not None:
            yield from _grade(scope, (*at, "variable"), term.variable)
        if term.lab is not None:
            yield from _lab(scope, at, term, spec)
    reads_rows = isinstance(spec.terms, str) or any(term.values for term in terms.values())
    if reads_rows:
        yield from needs_table(scope, (*path, "terms"), "adverse_events", spec.by)
    if any(term.lab is not None for term in terms.values()):
        yield from _version(path, spec)
    yield from _window(scope, path, spec, reads_rows=reads_rows)
    yield from _which_rows(scope, path, spec)
    for position, arm in enumerate(spec.arms):
        if not scope.lacks("arms"):
            words = "the name of an arm"
            yield from scope.known((*path, "arms", position), arm, scope.protocol.arms.groups, words)
    for position, source in enumerate(spec.followed_to):
        yield from date_source_faults(scope, (*path, "followed_to", position), source, derived=False)


def _grade(scope: Scope, path: Path, name: str) -> Iterator[Fault]:
    faults = list(scope.variable(path, name, (Number,), "an integer variable"))
    yield from faults
    spec = scope.protocol.variables.get(name)
    if not faults and isinstance(spec, Number) and spec.type != "integer":
        yield Fault(path, f"found the number '{name}'; expected a variable of type integer, as grades are")


def _lab(scope: Scope, path: Path, term: Term, spec: Toxicity) -> Iterator[Fault]:
    """The test can be graded, from a baseline, and its recorded terms are there to be compared."""
    yield from scope.known((*path, "lab"), term.lab or "", VERSION_5, "a test that is graded")
    yield from needs_table(scope, (*path, "lab"), "labs")
    if spec.start is None and spec.window not in ("after_each", "on_drug"):
        text = "found no start in this endpoint; expected start:, on or before which the last value is the baseline"
        yield Fault((*path, "lab"), text)
    if term.default_limits is not None and term.lab in QUANTITIES:
        units, unit = units_of(term.lab or ""), term.default_limits.unit
        yield from scope.known((*path, "default_limits", "unit"), unit, units, f"a unit of {term.lab}")
    if term.compare_with:
        yield from needs_table(scope, (*path, "compare_with"), "adverse_events", "term")


def _version(path: Path, spec: Toxicity) -> Iterator[Fault]:
    if spec.version not in LAB_RULES:
        listed = ", ".join(VERSIONS)
        text = (
            f"found '{spec.version}'; expected one of {listed}, the versions whose laboratory rules are known"
        )
        yield Fault((*path, "version"), text)


def _window(scope: Scope, path: Path, spec: Toxicity, *, reads_rows: bool) -> Iterator[Fault]:
    key = spec.window
    if key is not None:
        at: Path = (*path, key)
        if spec.start is None and key in ("window_days", "until_next"):
            yield Fault(at, "found no start in this endpoint; expected start:, to count days from")
        if reads_rows:
            yield from needs_table(scope, at, "adverse_events", "start")
        if key != "window_days":
            roles = ("drug", "start", "end") if key == "on_drug" else ("drug", "start")
            yield from needs_table(scope, (*at, "drugs"), "exposure", *roles)
    if spec.window_days is not None:
        low, high = spec.window_days
        if low is not None and high is not None and low > high:
            yield Fault((*path, "window_days"), f"found {low} before {high}; expected the lower end first")
    if spec.compares and not spec.has_opening:
        text = "found no window with a first day; expected one, as what was there before it opens is compared"
        yield Fault((*path, "baseline"), text)
    if spec.compares and reads_rows:
        yield from needs_table(scope, (*path, "baseline"), "adverse_events", "term", "grade")


def _which_rows(scope: Scope, path: Path, spec: Toxicity) -> Iterator[Fault]:
    if spec.related:
        yield from needs_table(scope, (*path, "related"), "adverse_events", "related")
    if "related" in spec.where and spec.related:
        yield Fault((*path, "where", "related"), "found related: beside it; expected one of the two")
    if spec.where:
        yield from needs_table(scope, (*path, "where"), "adverse_events")
        yield from where_faults(scope, path, spec.where, "adverse_events")
