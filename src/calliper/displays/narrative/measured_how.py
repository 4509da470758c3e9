"""What was measured, from when, and how it was followed: the endpoints of the study file, and what it leaves out."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Text
from calliper.displays import labels
from calliper.displays.narrative.exposure import exposed
from calliper.displays.narrative.facts import Facts
from calliper.displays.narrative.measurements import measured
from calliper.displays.narrative.responses import response
from calliper.displays.narrative.schedule import scheduled
from calliper.displays.narrative.study_design import UNSTATED
from calliper.displays.narrative.times import dates_of_rows, partial_dates, time_to_event
from calliper.displays.narrative.toxicities import toxicity
from calliper.displays.narrative.treatments import treatments
from calliper.protocol import specs
from calliper.protocol.specs import Protocol


def _texts(sentences: Sequence[str], otherwise: str = "") -> tuple[Text, ...]:
    """A paragraph each; where there is none, the sentence that says so."""
    return tuple(Text(words) for words in (sentences or [otherwise]) if words)


def time_zero(facts: Facts) -> tuple[Text, ...]:
    """The day from which each endpoint is counted; for times that the records give, that nobody said."""
    counted: dict[str, list[str]] = {}
    recorded: list[str] = []
    for spec in facts.protocol.endpoints.values():
        start = getattr(spec, "start", None)
        name = labels.in_sentence(spec.label)
        if start is not None:
            counted.setdefault(labels.in_sentence(labels.variable(facts.protocol, start)), []).append(name)
        elif isinstance(spec, specs.TimeToEvent):
            recorded.append(name)
    if len(counted) == 1 and not recorded:
        return (Text(f"Time zero was {next(iter(counted))}, for every endpoint that is counted from a day."),)
    told = [f"Time zero was {start} for {labels.listed(names)}." for start, names in counted.items()]
    if recorded:
        told.append(f"{UNSTATED}: the day from which {labels.listed(recorded)} was counted in the records.")
    return _texts([" ".join(told)] if told else [], "No endpoint is counted from a day.")


def treatment_given(facts: Facts) -> tuple[Text, ...]:
    """How the treatment was given, in the authors' words; then what the records hold of it."""
    procedures = facts.protocol.study.procedures
    lead = labels.ended(procedures) if procedures else f"{UNSTATED}: how each treatment was given."
    held = [treatments(facts.protocol, spec) for spec in facts.endpoints(specs.Treatments)]
    held += [exposed(facts.protocol, spec) for spec in facts.endpoints(specs.Exposure)]
    lost = [] if held else ["What was given, how often and in what dose is no endpoint of this study."]
    return _texts([lead, *held, *lost])


def followed(facts: Facts) -> tuple[Text, ...]:
    """The schedule of visits, or that none is declared."""
    held = [scheduled(facts.protocol, spec) for spec in facts.endpoints(specs.Schedule)]
    return _texts(
        held, f"{UNSTATED}: the schedule of visits and scans; they were taken as the records have them."
    )


def responses(facts: Facts) -> tuple[Text, ...]:
    """Criteria, landmarks and denominators of each response, and who read the scans."""
    held = [response(facts.protocol, spec) for spec in facts.endpoints(specs.Response)]
    if not held:
        return (Text("Tumour response is no endpoint of this study."),)
    readers = facts.protocol.study.readers
    who = (
        labels.ended(readers)
        if readers
        else f"{UNSTATED}: who read the scans, and whether masked to the arm."
    )
    return _texts([*held, who])


def times(facts: Facts) -> tuple[Text, ...]:
    """Start, events and censoring of every time to an event, and the units."""
    held = [time_to_event(facts.protocol, spec) for spec in facts.endpoints(specs.TimeToEvent)]
    return (*_texts(held, "No time to an event is an endpoint of this study."), *_units(facts.protocol))


def dates(facts: Facts) -> tuple[Text, ...]:
    """How partial dates are completed, or that none is, and which dates are those of rows."""
    completed = _texts(
        [words] if (words := partial_dates(facts.protocol)) else [],
        "No date was completed: one without its day or month is an error of the records.",
    )
    return (*completed, *_texts([dates_of_rows(facts.protocol)]))


def safety(facts: Facts) -> tuple[Text, ...]:
    """Version, windows and counting of adverse events, and what else was measured after the start."""
    held = [toxicity(facts.protocol, spec) for spec in facts.endpoints(specs.Toxicity)]
    later = [measured(facts.protocol, spec) for spec in facts.endpoints(specs.Measurements)]
    return (*_texts(held, "Adverse events are no endpoint of this study."), *_texts(later))


def data(facts: Facts) -> tuple[Text, ...]:
    """How the records were checked, what was found, and what became of a record with an error."""
    errors = sum(problem.severity == "error" for problem in facts.problems)
    declared = len(facts.protocol.checks)
    further = f", and {declared} further checks of the study file held between values" if declared else ""
    if facts.protocol.reading.on_error == "stop":
        fate = "A record with an error stops the analysis"
    else:
        fate = "A record with an error was left out"
    queries = len(facts.problems) - errors
    found = (
        f"{facts.forms.count(errors)} errors and {facts.forms.count(queries)} queries were found; they are listed with "
        "the data"
        if facts.problems
        else "Nothing was found"
    )
    return (
        Text(
            "Every cell was checked against the type, unit, codes and limits that the study file declares"
            f"{further}. {found}. {fate}, a query is used as it stands, and no value is altered "
            "other than by a declared rule."
        ),
    )


def _units(protocol: Protocol) -> tuple[Text, ...]:
    """How the times that were counted are shown, each unit once."""
    counted: dict[str, list[str]] = {}
    for spec in protocol.endpoints.values():
        if isinstance(spec, specs.TimeToEvent) and spec.recorded is None:
            counted.setdefault(spec.unit, []).append(spec.short)
    if not counted:
        return ()
    shown = [f"in {unit}{_divisor(unit)}" for unit in counted]
    if len(counted) > 1:
        shown = [
            f"{labels.listed(names)} {words}" for names, words in zip(counted.values(), shown, strict=True)
        ]
    return (Text(f"Times were counted in days and are shown {labels.listed(shown)}."),)


def _divisor(unit: str) -> str:
    days = {
        "weeks": "a week is 7 days",
        "months": "a month is 30.4375 days",
        "years": "a year is 365.25 days",
    }
    return f" ({days[unit]})" if unit in days else ""
