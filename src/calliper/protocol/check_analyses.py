"""Names that an analysis uses: endpoints, landmarks, terms, variables, arms, levels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from calliper.protocol.check_agreement import check_agreement
from calliper.protocol.check_definitions import check_definitions
from calliper.protocol.check_exposure import check_exposure_analysis, check_treatment_analysis
from calliper.protocol.check_measurements import check_trend
from calliper.protocol.check_safety import check_safety
from calliper.protocol.check_subgroups import check_curves, check_subgroups
from calliper.protocol.mistakes import Fault, Path
from calliper.protocol.scope import CATEGORIES, NUMBERS, Scope, each_once
from calliper.protocol.specs import (
    AgreementAnalysis,
    Analysis,
    BaselineAnalysis,
    CompetingRisksAnalysis,
    CoursesAnalysis,
    CoxAnalysis,
    DefinitionsAnalysis,
    ExposureAnalysis,
    Response,
    ResponseAnalysis,
    SafetyAnalysis,
    SubgroupsAnalysis,
    SurvivalAnalysis,
    TimeToEvent,
    TreatmentAnalysis,
    TrendAnalysis,
)

RESERVED_IDS = {
    "flow": "the patient flow",
    "conventions": "the comparison of conventions",
    "multiplicity": "the adjustment for the number of tests",
}
"""Ids of analyses that every study has, and what they are."""

_WANTED = {
    "response": "response",
    "survival": "time_to_event",
    "cox": "time_to_event",
    "subgroups": "time_to_event",
    "competing_risks": "time_to_event",
    "safety": "toxicity",
    "exposure": "exposure",
    "treatment": "treatments",
    "trend": "measurements",
    "deviations": "deviations",
    "follow_up_schedule": "schedule",
}
"""The kind of endpoint that each kind of analysis takes."""

_USABLE = (*NUMBERS, *CATEGORIES)


def check_analyses(scope: Scope) -> Iterator[Fault]:
    """Faults of the section analyses."""
    seen = set(RESERVED_IDS)
    for position, spec in zip(scope.positions["analyses"], scope.protocol.analyses):
        path: Path = ("analyses", position)
        if spec.id in seen:
            whose = RESERVED_IDS.get(spec.id, "an analysis above")
            yield Fault((*path, "id"), f"found the id '{spec.id}', which {whose} has; expected another")
        seen.add(spec.id)
        if spec.population is not None and not scope.lacks("populations", spec.population):
            known = scope.protocol.populations
            yield from scope.known((*path, "population"), spec.population, known, "the name of a population")
        yield from _analysis(scope, path, spec)


def _analysis(scope: Scope, path: Path, spec: Analysis) -> Iterator[Fault]:
    if not isinstance(spec, BaselineAnalysis | CoursesAnalysis | AgreementAnalysis | DefinitionsAnalysis):
        yield from _endpoint(scope, (*path, "endpoint"), spec.endpoint, _WANTED[spec.kind])
    match spec:
        case BaselineAnalysis():
            yield from _baseline(scope, path, spec)
        case ResponseAnalysis():
            yield from _landmarks(scope, path, spec)
        case SurvivalAnalysis():
            yield from _survival(scope, path, spec)
            yield from check_curves(path, spec)
        case CoxAnalysis():
            yield from _cox(scope, path, spec)
        case SubgroupsAnalysis():
            yield from check_subgroups(scope, path, spec)
        case CompetingRisksAnalysis():
            yield from _competing_risks(scope, path, spec)
        case AgreementAnalysis():
            for position, name in enumerate(spec.endpoints):
                yield from _endpoint(scope, (*path, "endpoints", position), name, "response")
            if spec.adjudicated is not None:
                yield from _endpoint(scope, (*path, "adjudicated"), spec.adjudicated, "response")
            yield from check_agreement(scope, path, spec)
        case SafetyAnalysis():
            yield from check_safety(scope, path, spec)
        case CoursesAnalysis():
            yield from _courses(scope, path, spec)
        case ExposureAnalysis():
            yield from check_exposure_analysis(path, spec)
        case TreatmentAnalysis():
            yield from check_treatment_analysis(scope, path, spec)
        case TrendAnalysis():
            yield from check_trend(scope, path, spec)
        case DefinitionsAnalysis():
            yield from check_definitions(scope, path, spec)
            for position, name in enumerate(spec.endpoints):
                yield from _words_of_causes(scope, (*path, "endpoints", position), name)


def _endpoint(scope: Scope, at: Path, name: str, wanted: str) -> Iterator[Fault]:
    """The endpoint exists and is of the wanted kind."""
    if scope.lacks("endpoints", name):
        return
    endpoints = scope.protocol.endpoints
    fitting = [known for known, endpoint in endpoints.items() if endpoint.kind == wanted]
    words = f"{'an' if wanted[0] in 'aeiou' else 'a'} {wanted} endpoint"
    if name in endpoints and name not in fitting:
        yield Fault(at, f"found the {endpoints[name].kind} endpoint '{name}'; expected {words}")
    else:
        yield from scope.known(at, name, fitting, f"the name of {words}")


def _variables(scope: Scope, path: Path, names: Sequence[str], *, arm: bool = False) -> Iterator[Fault]:
    """Each is a number or a category, and is listed once."""
    yield from each_once(path, names)
    for position, name in enumerate(names):
        if not (arm and name == "arm"):
            yield from scope.variable((*path, position), name, _USABLE, "a number or category variable")


def _baseline(scope: Scope, path: Path, spec: BaselineAnalysis) -> Iterator[Fault]:
    yield from _variables(scope, (*path, "variables"), spec.variables)
    for name in spec.show:
        at: Path = (*path, "show", name)
        if name not in spec.variables:
            yield from scope.known(at, name, spec.variables, "one of this analysis' variables")
        elif name in scope.types:
            yield from scope.variable(at, name, NUMBERS, "a number variable")


def _landmarks(scope: Scope, path: Path, spec: ResponseAnalysis) -> Iterator[Fault]:
    yield from each_once((*path, "landmarks"), spec.landmarks)
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, Response):
        for position, name in enumerate(spec.landmarks):
            words = f"a landmark of '{spec.endpoint}'"
            yield from scope.known((*path, "landmarks", position), name, endpoint.landmarks, words)


def _competing_risks(scope: Scope, path: Path, spec: CompetingRisksAnalysis) -> Iterator[Fault]:
    yield from _survival(scope, path, spec)
    endpoint = scope.protocol.endpoints.get(spec.endpoint)
    if isinstance(endpoint, TimeToEvent):
        words = endpoint.causes
        if len(words) == 1:
            yield Fault(
                (*path, "endpoint"),
                f"found '{spec.endpoint}', which has no competing events; expected an endpoint with competing: or with "
                "recorded: causes",
            )
        yield from _words_of_causes(scope, (*path, "endpoint"), spec.endpoint)
    at: Path = (*path, "adjust")
    yield from _variables(scope, at, spec.adjust, arm=True)
    for position, name in enumerate(spec.adjust):
        if name == (spec.by or "arm"):
            yield Fault((*at, position), f"found '{name}', whose groups are compared; expected other factors")


def _words_of_causes(scope: Scope, path: Path, name: str) -> Iterator[Fault]:
    """Each event of an endpoint has words of its own."""
    endpoint = scope.protocol.endpoints.get(name)
    if isinstance(endpoint, TimeToEvent) and len(set(endpoint.causes.values())) < len(endpoint.causes):
        yield Fault(
            path,
            f"found two events of '{name}' in the same words; expected words of its own for each (its "
            "event_label, the reasons under competing)",
        )


def _survival(scope: Scope, path: Path, spec: SurvivalAnalysis | CompetingRisksAnalysis) -> Iterator[Fault]:
    if spec.by == "arm":
        yield Fault((*path, "by"), "found 'arm'; expected no by: at all, which compares the arms")
    elif spec.by is not None:
        yield from scope.variable((*path, "by"), spec.by, CATEGORIES, "a category variable")
    for key, times in (("at", spec.at), ("ticks", spec.ticks)):
        at: Path = (*path, key)
        yield from each_once(at, times)
        for position, time in enumerate(times):
            if time < 0:
                yield Fault((*at, position), f"found {time:g}; expected a time of at least 0")


def _cox(scope: Scope, path: Path, spec: CoxAnalysis) -> Iterator[Fault]:
    yield from _variables(scope, (*path, "factors"), spec.factors, arm=True)
    for name, level in spec.references.items():
        yield from _reference(scope, (*path, "references", name), spec, name, level)
    seen = {"univariable"}
    for position, model in enumerate(spec.models):
        at: Path = (*path, "models", position)
        if model.id in seen:
            yield Fault((*at, "id"), f"found the id '{model.id}', which is taken; expected another")
        seen.add(model.id)
        yield from each_once((*at, "factors"), model.factors)
        for place, name in enumerate(model.factors):
            yield from scope.known(
                (*at, "factors", place), name, spec.factors, "one of this analysis' factors"
            )


def _reference(scope: Scope, path: Path, spec: CoxAnalysis, name: str, level: str) -> Iterator[Fault]:
    """A reference belongs to a categorical factor and is one of its levels."""
    if name not in spec.factors:
        yield from scope.known(path, name, spec.factors, "one of this analysis' factors")
    elif name == "arm":
        if not scope.lacks("arms"):
            yield from scope.known(path, level, scope.protocol.arms.groups, "the name of an arm")
    elif name in scope.types and scope.types[name].kind == "category":
        yield from scope.known(path, level, scope.types[name].levels, f"a level of '{name}'")
    elif name in scope.types:
        yield Fault(path, f"found a reference for the number '{name}'; expected one only for a category")


def _courses(scope: Scope, path: Path, spec: CoursesAnalysis) -> Iterator[Fault]:
    """The endpoints exist, are of their kinds, and all count their days from one start."""
    yield from each_once((*path, "figures"), spec.figures)
    if "swimmer" in spec.figures and spec.follow_up is None:
        at: Path = (*path, "figures", spec.figures.index("swimmer"))
        yield Fault(at, "found swimmer without follow_up; expected follow_up:, whose bars it draws")
    named = {
        "response": (spec.response, "response"),
        "follow_up": (spec.follow_up, "time_to_event"),
        "treatments": (spec.treatments, "treatments"),
    }
    for key, (name, kind) in named.items():
        if name is not None:
            yield from _endpoint(scope, (*path, key), name, kind)
    response = scope.protocol.endpoints.get(spec.response)
    if not isinstance(response, Response):
        return
    if response.start is None:
        text = f"found '{spec.response}', which has no start; expected a response endpoint with start:"
        yield Fault((*path, "response"), text)
        return
    for key in ("follow_up", "treatments"):
        name = named[key][0]
        endpoint = scope.protocol.endpoints.get(name or "")
        if endpoint is None or endpoint.kind != named[key][1] or getattr(endpoint, "recorded", None):
            continue
        start = getattr(endpoint, "start", None)
        if start != response.start:
            yield Fault(
                (*path, key),
                f"found '{name}', which starts at {start}; expected an endpoint from {response.start}, as "
                f"'{spec.response}' is",
            )
        elif getattr(endpoint, "counted_from", None) is not None:
            text = f"found '{name}', whose counted_from moves day 0; expected an endpoint without it"
            yield Fault((*path, key), text)
