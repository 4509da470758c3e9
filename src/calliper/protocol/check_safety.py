"""What a safety analysis names: terms, arms, roles that say what an event was, sessions, grades before."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.protocol.check_date_sources import needs_table
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.safety_specs import KIND_ROLES, KINDS_IN_WORDS
from calliper.protocol.scope import Scope, each_once
from calliper.protocol.specs import SafetyAnalysis, Term, Toxicity, Treatments

ROW_KEYS = ("categories", "kinds", "patient_years", "sessions", "shifts")
"""What is counted from single events, and the days on which they began."""


def check_safety(scope: Scope, path: Path, spec: SafetyAnalysis) -> Iterator[Fault]:
    """Faults of an analysis of kind `safety`, its endpoint apart."""
    for key in ("terms", "arms", "kinds", "shifts", "figures"):
        yield from each_once((*path, key), getattr(spec, key))
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, Toxicity):
        yield from _terms(scope, path, spec, endpoint)
        yield from _arms(scope, path, spec, endpoint)
        yield from _kinds(scope, path, spec, endpoint)
        yield from _figures(path, spec)
        for key in ROW_KEYS:
            if getattr(spec, key):
                yield from _reads_rows(path, key, endpoint)
        yield from _patient_years(path, spec, endpoint)
        yield from _sessions(scope, path, spec, endpoint)
        yield from _shifts(scope, path, spec, endpoint)


def _terms(scope: Scope, path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    if isinstance(endpoint.terms, str):
        if spec.terms:
            text = f"found terms, but '{spec.endpoint}' takes its terms as recorded; expected no terms here"
            yield Fault((*path, "terms"), text)
        return
    for position, name in enumerate(spec.terms):
        words = f"a term of '{spec.endpoint}'"
        yield from scope.known((*path, "terms", position), name, endpoint.terms, words)


def _arms(scope: Scope, path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    """The arms exist, and their patients were asked."""
    if scope.lacks("arms"):
        return
    for position, name in enumerate(spec.arms):
        at: Path = (*path, "arms", position)
        yield from scope.known(at, name, scope.protocol.arms.groups, "the name of an arm")
        if endpoint.arms and name in scope.protocol.arms.groups and name not in endpoint.arms:
            text = f"found '{name}', whose events '{spec.endpoint}' does not ask for; expected one of its own arms"
            yield Fault(at, text)


def _kinds(scope: Scope, path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    """Each kind can be told from a role of the table, and the words that say so are given."""
    if spec.categories:
        yield from needs_table(scope, (*path, "categories"), "adverse_events", "category")
        if endpoint.by == "category":
            text = (
                f"found categories, but the terms of '{spec.endpoint}' are the table's categories themselves"
            )
            yield Fault((*path, "categories"), f"{text}; expected an endpoint with by: term")
    for position, kind in enumerate(spec.kinds):
        at: Path = (*path, "kinds", position)
        yield from needs_table(scope, at, "adverse_events", KIND_ROLES[kind])
        if kind in KINDS_IN_WORDS and not getattr(spec.words, kind):
            text = f"found '{kind}' without words.{kind}; expected the recorded words that say so, as [yes]"
            yield Fault(at, text)
    for kind in KINDS_IN_WORDS:
        if getattr(spec.words, kind) and kind not in spec.kinds:
            text = f"found words for '{kind}', which kinds does not have; expected it among kinds"
            yield Fault((*path, "words", kind), text)


def _reads_rows(path: Path, key: str, endpoint: Toxicity) -> Iterator[Fault]:
    """A fault where a term is a patients' column: of it no single events are recorded."""
    terms: dict[str, Term] = {} if isinstance(endpoint.terms, str) else endpoint.terms
    columns = [name for name, term in terms.items() if term.variable is not None]
    if columns:
        text = f"found {key}, but '{columns[0]}' is a patients' column, of which no single events are known"
        yield Fault((*path, key), f"{text}; expected an endpoint whose terms have values or lab")


def _figures(path: Path, spec: SafetyAnalysis) -> Iterator[Fault]:
    if "grades" in spec.figures and not spec.grades:
        at: Path = (*path, "figures", spec.figures.index("grades"))
        yield Fault(at, "found the figure grades with grades: false; expected grades: true, as it draws them")


def _patient_years(path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    if spec.patient_years and not endpoint.has_opening:
        yield Fault(
            (*path, "patient_years"),
            f"found patient_years, but '{spec.endpoint}' has no window with a first day; expected one, as the time at "
            "risk begins with it",
        )


def _sessions(scope: Scope, path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    """The sessions that are counted are those after which the events count."""
    if spec.sessions is None or scope.lacks("endpoints", spec.sessions):
        return
    at: Path = (*path, "sessions")
    treatments = scope.protocol.endpoints.get(spec.sessions)
    if not isinstance(treatments, Treatments):
        known = [name for name, held in scope.protocol.endpoints.items() if isinstance(held, Treatments)]
        yield from scope.known(at, spec.sessions, known, "the name of a treatments endpoint")
    elif endpoint.after_each is None:
        text = f"found sessions, but '{spec.endpoint}' has no after_each, which says after which session an event was"
        yield Fault(at, f"{text}; expected an endpoint with after_each")
    elif sessions_item(treatments, endpoint) is None:
        drugs = " and ".join(endpoint.after_each.drugs)
        yield Fault(
            at,
            f"found '{spec.sessions}', of which no item as: session has the drugs {drugs}, after which "
            f"'{spec.endpoint}' counts; expected the same drugs",
        )
    elif endpoint.start != treatments.start:
        text = f"found '{spec.sessions}', which starts at {treatments.start}; expected the start of '{spec.endpoint}'"
        yield Fault(at, text)


def sessions_item(treatments: Treatments, endpoint: Toxicity) -> str | None:
    """The item whose sessions open the windows of the endpoint, or None."""
    drugs = set(endpoint.after_each.drugs) if endpoint.after_each is not None else set()
    fitting = (
        name
        for name, item in treatments.items.items()
        if item.taken == "session" and set(item.drugs) == drugs
    )
    return next(fitting, None)


def _shifts(scope: Scope, path: Path, spec: SafetyAnalysis, endpoint: Toxicity) -> Iterator[Fault]:
    at: Path = (*path, "shifts")
    if not spec.shifts:
        return
    if endpoint.compares or not endpoint.has_opening:
        found = "compares with the baseline" if endpoint.compares else "has no window with a first day"
        expected = (
            "baseline: {compare: false}" if endpoint.compares else "one, before which the baseline lies"
        )
        yield Fault(at, f"found shifts, but '{spec.endpoint}' {found}; expected {expected}")
    if isinstance(endpoint.terms, str):
        text = f"found shifts, but '{spec.endpoint}' takes its terms as recorded"
        yield Fault(at, f"{text}; expected an endpoint that declares them")
    else:
        for position, name in enumerate(spec.shifts):
            words = f"a term of '{spec.endpoint}'"
            yield from scope.known((*at, position), name, endpoint.terms, words)
