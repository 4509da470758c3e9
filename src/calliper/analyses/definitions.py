"""The comparison of the arms under several definitions of an endpoint, and whether its conclusion holds under each.

Every number is that of the analysis of the endpoint alone: the survival, competing-risks and response analyses are
asked for it, and what they answer stands here under this analysis' own id.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import replace

from calliper.analyses.competing_risks import analyse_competing_risks
from calliper.analyses.conclusions import Rows, agreement, conclude
from calliper.analyses.definitions_wording import summary_method
from calliper.analyses.groups import arm_groups
from calliper.analyses.places import Entry, Place, collect
from calliper.analyses.response import analyse_response
from calliper.analyses.survival import analyse_survival
from calliper.endpoints import Derived
from calliper.protocol.definitions import (
    EVENT,
    Definition,
    landmarks_of,
    rate_definitions,
    responses_of,
    time_definitions,
    times_of,
)
from calliper.protocol.specs import (
    CompetingRisksAnalysis,
    DefinitionsAnalysis,
    Protocol,
    ResponseAnalysis,
    SurvivalAnalysis,
)
from calliper.results import Method, Results, Row

LOGRANK = {"statistic.logrank", "df.logrank", "p.logrank"}
GRAY = {"statistic.gray", "df.gray", "p.gray"}
HAZARD_METHODS = ("cox", "firth", "cause_specific", "fine_gray")
RATIOS = {f"{stat}.{method}" for stat in ("hr", "lower", "upper", "p") for method in HAZARD_METHODS}
TIMES = {"n", "events", "censored", "median", *LOGRANK, *GRAY, *RATIOS}
RATES = {"count", "proportion", "difference", "lower.newcombe", "upper.newcombe", "p"}
"""The stats that are taken over from the analyses of single endpoints."""


def analyse_definitions(spec: DefinitionsAnalysis, protocol: Protocol, derived: Derived) -> Results:
    """Compare the arms of the included patients under every definition of `spec`.

    Rows of a time-to-event endpoint stand where its own analysis has them (variable = endpoint), those of response with
    variable = `endpoint landmark`. Of every contrast, `holds` says whether a definition has the conclusion of the main
    one; where it cannot be told there is no such row.
    """
    numbers = [
        *(entry for name in times_of(spec, protocol) for entry in _time(spec, name, protocol, derived)),
        *(
            entry
            for name in responses_of(spec, protocol)
            for entry in _response(spec, name, protocol, derived)
        ),
    ]
    rows = {row.key: row for row in numbers if isinstance(row, Row)}
    return collect([summary_method(spec, protocol), *numbers, *_verdicts(spec, protocol, derived, rows)])


def _time(spec: DefinitionsAnalysis, name: str, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    """The numbers of one time-to-event endpoint by arm, without its curves."""
    alone = SurvivalAnalysis(id=spec.id, kind="survival", endpoint=name)
    made = analyse_survival(alone, protocol, derived)
    others = times_of(spec, protocol)[name].competing_causes
    if not others:
        yield from _methods(made, name)
        yield from (row for row in made if not row.level and _is_taken(row, TIMES))
        return
    # No median: of a curve in which the competing events censor it would be that of a world without them.
    competing = CompetingRisksAnalysis(id=spec.id, kind="competing_risks", endpoint=name)
    beside = analyse_competing_risks(competing, protocol, derived)
    yield from (method for method in _methods(made, name) if method.name == "logrank")
    yield from (row for row in made if row.stat in LOGRANK)
    yield from (method for method in _methods(beside, name) if method.subject.split(" ")[-1] not in others)
    for row in beside:
        if _is_taken(row, TIMES if row.level in ("", EVENT) else {"events"}):
            yield row


def _is_taken(row: Row, stats: Set[str]) -> bool:
    return row.stat in stats and row.group != "overall"


def _response(spec: DefinitionsAnalysis, name: str, protocol: Protocol, derived: Derived) -> Iterator[Entry]:
    """The rates of one response endpoint at the landmarks asked for."""
    landmarks = landmarks_of(spec, responses_of(spec, protocol)[name])
    alone = ResponseAnalysis(id=spec.id, kind="response", endpoint=name, landmarks=landmarks)
    made = analyse_response(alone, protocol, derived)
    told = ("headline", "fisher", "newcombe")
    yield from (method for method in _methods(made, name) if method.name in told)
    for row in made:
        is_rate = row.level in spec.rates and _is_taken(row, RATES)
        if row.population in spec.denominators and (is_rate or (not row.level and _is_taken(row, {"n"}))):
            yield replace(row, variable=f"{name} {row.variable}")


def _methods(made: Results, name: str) -> Iterator[Method]:
    """The methods of an endpoint's analysis, each with the endpoint as the first word of its subject."""
    for method in made.methods:
        words = method.subject.split(" ")
        yield (
            method
            if words[0] == name
            else replace(method, subject=" ".join(word for word in (name, *words) if word))
        )


def _verdicts(spec: DefinitionsAnalysis, protocol: Protocol, derived: Derived, rows: Rows) -> Iterator[Row]:
    """Of every contrast, whether each definition has the main one's conclusion, and how many have."""
    groups = arm_groups(protocol, derived.cohort.patients)
    grids = [("", time_definitions(spec, protocol))]
    grids += [(rate, rate_definitions(spec, protocol, rate)) for rate in spec.rates]
    for level, definitions in grids:
        for _, contrast in groups.contrasts if definitions else ():
            place = Place(spec.id, group=contrast, level=level)
            by_test = len(groups.names) == 2
            yield from _held(place, definitions, rows, alpha=protocol.alpha, by_test=by_test)


def _held(
    place: Place, definitions: Sequence[Definition], rows: Rows, *, alpha: float, by_test: bool
) -> Iterator[Row]:
    (anywhere,) = place.rows({"holds": None})
    found = [conclude(rows, anywhere, one, alpha=alpha, by_test=by_test) for one in definitions]
    main, held, untold = found[0], 0, 0
    for one, conclusion in zip(definitions[1:], found[1:], strict=True):
        if main is None or conclusion is None:
            untold += 1
            continue
        told = agreement(main, conclusion)
        held += told["holds"] == 1
        here = place.on(population=one.population, variable=one.variable, level=one.level)
        yield from here.rows({f"{stat}{one.suffix}": value for stat, value in told.items()})
    yield from place.rows({"definitions": len(found) - 1, "held": held, "untold": untold})
