"""How a time-to-event endpoint is counted, and how partial dates are read, in sentences from the study file."""

from __future__ import annotations

from collections.abc import Iterator

from calliper.displays import labels
from calliper.protocol import specs
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import Protocol

IMPUTED = {
    "death": "the 15th of its month or 1 July of its year",
    "last_contact": "the first day of its month or year",
    "progression": "the 15th of its month, and not from a year alone",
    "new_therapy": "the first day of its month or year",
    "ae_start": "the first day of its month or year",
    "ae_end": "the last day of its month or year",
    "birth": "the 15th of its month or 1 July of its year",
}


def time_to_event(protocol: Protocol, spec: specs.TimeToEvent) -> str:
    """The start, what ends the time, and every rule that sets an event aside."""
    name = f"{spec.label} ({spec.short})"
    if spec.recorded is not None:
        return (
            f"{name}, in {spec.unit}: time and event were taken as the records give them.{_competing(spec)}"
        )
    start = labels.in_sentence(labels.variable(protocol, spec.start or ""))
    if spec.counted_from is not None:
        start = f"{dated(protocol, spec.counted_from)} after {start}"
    events = [dated(protocol, source) for source in spec.events]
    until = events[0] if len(events) == 1 else f"the earliest of {labels.listed(events, 'or')}"
    return f"{name} was counted from {start} to {until}.{_competing(spec)}{''.join(_told(protocol, spec))}"


def _told(protocol: Protocol, spec: specs.TimeToEvent) -> Iterator[str]:
    """What is adequate, and the other rules; of those that an earlier endpoint has too, only which one that is."""
    adequate, rules = list(_adequate(protocol, spec)), list(_rules(protocol, spec))
    for earlier in protocol.endpoints.values():
        if earlier is spec:
            break
        if not isinstance(earlier, specs.TimeToEvent) or earlier.recorded is not None:
            continue
        if shared := set(rules) & set(_rules(protocol, earlier)):
            yield from (*adequate, *(rule for rule in rules if rule not in shared))
            yield f" The other rules are those of {earlier.short}."
            return
    yield from (*rules[:1], *adequate, *rules[1:])


def _competing(spec: specs.TimeToEvent) -> str:
    words = list(spec.competing_causes.values())
    if not words:
        return ""
    return f" If it came first, {labels.listed(words, 'or')} ended the time as a competing event."


def _censoring(protocol: Protocol, spec: specs.TimeToEvent) -> str:
    if spec.censor:
        return "; failing that, at ".join(dated(protocol, source) for source in spec.censor)
    return "the last adequate scan, or without one on day 0"


def _adequate(protocol: Protocol, spec: specs.TimeToEvent) -> Iterator[str]:
    held = spec.assessments
    if held is None:
        return
    read = ""
    if held.response is not None and isinstance(scans := protocol.endpoints[held.response], specs.Response):
        read = f" ({labels.in_sentence(scans.label)} {labels.criteria(scans.criteria)})"
    yield f" A scan is adequate with the response {labels.listed(held.adequate, 'or')}{read}."


def _rules(protocol: Protocol, spec: specs.TimeToEvent) -> Iterator[str]:
    """How a time without an event is censored, then what sets an event aside."""
    cutoff = ", and never after the data cut-off" if protocol.study.cutoff else ""
    yield f" Without an event, time is censored at {_censoring(protocol, spec)}{cutoff}."
    held = spec.assessments
    if held is not None:
        if held.baseline is not None:
            baseline = labels.in_sentence(labels.variable(protocol, held.baseline))
            yield f" Without {baseline} by the start no scan counts."
        if held.max_gap_days is not None:
            yield (
                f" An event more than {held.max_gap_days} days after the last adequate scan before it (or after "
                "the start) does not count; time is censored at that scan."
            )
    if spec.new_therapy is not None:
        therapies = labels.listed([dated(protocol, source) for source in spec.new_therapy.first_of], "or")
        if spec.new_therapy.effect == "ignore":
            yield f" A new therapy ({therapies}) changes nothing."
        else:
            yield (
                f" Scans and events after a new therapy ({therapies}) do not count; time is censored at the last "
                "adequate scan up to its start."
            )
    if spec.add_one_day:
        yield " The first day counts as day 1."


ROLES = {
    "child_pugh": "Child-Pugh class",
    "child_points": "Child-Pugh points",
    "ecog": "ECOG",
    "afp": "AFP",
    "new_site": "a new lesion in",
}
"""What roles are called in a sentence, where that is not their name."""


def _role(role: str) -> str:
    return ROLES.get(role, role.replace("_", " "))


def dated(protocol: Protocol, source: specs.DateSource) -> str:
    """Where a date comes from, and what it stands for where that adds something."""
    if source.refractory is not None:
        place = (
            f"the first day refractory to {labels.listed(source.refractory.drugs, 'or')} by the rules "
            f"{labels.listed(source.refractory.rules, 'or')} of JSH-LCSGJ 2014"
        )
    elif source.date is not None:
        place = labels.in_sentence(labels.variable(protocol, source.date))
    else:
        place = _among_rows(source)
    if source.despite is not None:
        drugs = labels.listed(source.despite.drugs, "or")
        place += (
            f" that was not followed by {drugs} within {source.despite.within_days} days, or was seen still or again "
            "after it"
        )
    words = place if place == source.reason else f"{place} ({source.reason})"
    if not source.arms:
        return words
    return f"{words}, of {labels.listed([labels.arm(protocol, name) for name in source.arms])} alone"


def _among_rows(source: specs.DateSource | specs.RowDate) -> str:
    which = "first" if source.first else "last"
    kept = labels.listed(
        [f"{_role(role)} {labels.listed(values, 'or')}" for role, values in source.where.items()]
    )
    end = "end date" if source.role == "end" else "date"
    return f"the {which} {end} among {str(source.table).replace('_', ' ')}{' with ' + kept if kept else ''}"


def dates_of_rows(protocol: Protocol) -> str:
    """Which dates of patients are taken from the rows of a table; nothing where none is."""
    taken = [
        f"{spec.label} is {_among_rows(spec)}."
        for spec in protocol.derived.values()
        if isinstance(spec, specs.RowDate)
    ]
    return " ".join(taken)


def partial_dates(protocol: Protocol) -> str:
    """Which partial dates are completed, and how; nothing where the study file completes none."""
    completed = [
        (labels.variable(protocol, name), spec.impute.field)
        for name, spec in protocol.variables.items()
        if isinstance(spec, specs.Date) and spec.impute is not None
    ]
    for table in ROLES_OF:
        held: specs.TableSource | None = getattr(protocol.data, table)
        completed += [
            (f"{role} of {table.replace('_', ' ')}", impute.field)
            for role, impute in (held.impute.items() if held is not None else ())
        ]
    if not completed:
        return ""
    each = [f"{labels.in_sentence(name)}, {IMPUTED[field]}" for name, field in completed]
    return (
        f"A date without its day, or without month and day, was completed: {'; '.join(each)}; within its month or "
        "year it was moved to the limits that the study file names. Each is listed as a query."
    )
