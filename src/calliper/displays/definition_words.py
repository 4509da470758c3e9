"""Definitions in words: what differs between an endpoint and the main one, or where that has no words its label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from calliper.displays import labels
from calliper.protocol.definitions import Definition, responses_of, times_of
from calliper.protocol.readings import told_apart
from calliper.protocol.specs import DefinitionsAnalysis, Protocol
from calliper.protocol.time_specs import DateSource, NewTherapy, TimeToEvent

DEFINITIONS = "The comparison under other definitions"
"""What an analysis of definitions is of, where it has no title."""

DENOMINATORS = {"evaluable": "evaluable patients", "all": "all patients"}
NAMES_ONLY = {"kind", "label", "short", "unit", "event_label"}
"""Keys of an endpoint in which two definitions may differ and be one."""


Told = list[str] | None
"""What differs, in words; None where it has none."""


def times_in_words(spec: DefinitionsAnalysis, protocol: Protocol) -> dict[str, str]:
    """Each time-to-event endpoint: `No gap rule (TTPg)`, or its label where it is the main one or has no words."""
    held = times_of(spec, protocol)
    if not held:
        return {}
    main = next(iter(held.values()))
    told = {name: difference(protocol, main, endpoint) for name, endpoint in held.items()}
    often = Counter(told.values())
    return {
        name: f"{words[0].upper()}{words[1:]} ({held[name].short})"
        if words and often[words] == 1
        else held[name].label
        for name, words in told.items()
    }


def rate_in_words(spec: DefinitionsAnalysis, protocol: Protocol, definition: Definition) -> str:
    """`3 months, evaluable patients`; of several response endpoints with the label of its own first."""
    held = responses_of(spec, protocol)
    endpoint = held[definition.endpoint]
    words = [endpoint.landmarks[definition.landmark].label, DENOMINATORS[definition.population]]
    if len(held) > 1:
        words = [endpoint.label, *(labels.in_sentence(word) for word in words)]
    return ", ".join(words)


def subject_in_words(spec: DefinitionsAnalysis, protocol: Protocol, subject: str) -> str:
    """The endpoint that a method is about, of response with the landmark, the rate and the patients."""
    name, *rest = subject.split(" ")
    held = responses_of(spec, protocol).get(name)
    if held is None or not rest or rest[0] not in held.landmarks:
        return labels.in_sentence(times_in_words(spec, protocol).get(name, held.label if held else ""))
    landmark, *beside = rest
    population = "all" if "all" in beside else "evaluable"
    moment = rate_in_words(spec, protocol, Definition(name, "rate", "", landmark, population))
    rates = [
        labels.in_sentence(labels.RESPONSE_WORDS[word]) for word in beside if word in labels.RESPONSE_WORDS
    ]
    return ", ".join([labels.in_sentence(moment), *rates])


def difference(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> str:
    """What the other endpoint does otherwise; empty where nothing differs or something has no words."""
    fields = [name for name in TimeToEvent.model_fields if name not in NAMES_ONLY]
    differing = [name for name in fields if getattr(main, name) != getattr(other, name)]
    told = [TOLD[name](protocol, main, other) if name in TOLD else None for name in differing]
    return "" if None in told else ", ".join(words for part in told if part for words in part)


def _recorded(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    """What a level of a recorded cause is, where it is another thing than in the main endpoint."""
    one, two = main.recorded, other.recorded
    if one is None or two is None or one.model_copy(update={"causes": two.causes}) != two:
        return None
    became = {level: cause for level, cause in two.causes.items() if one.causes.get(level) != cause}
    words = {"event": "counted as an event", "censored": "censored"}
    return [
        f"{labels.in_sentence(level)} {words.get(cause, 'competes')}" for level, cause in became.items()
    ] or None


def _start(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    if other.start is None:
        return None
    return [f"counted from {labels.in_sentence(labels.variable(protocol, other.start))}"]


def _counted_from(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    return None if other.counted_from is None else [f"counted from {other.counted_from.reason}"]


def _events(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    changed = _changed(main.events, other.events)
    if changed is None:
        return None
    came, went = changed
    now_competing = {source.reason for source in other.competing}
    changed = came, [reason for reason in went if reason not in now_competing]
    words = zip(changed, ("counted as an event", "not counted as an event"), strict=True)
    return [f"{labels.listed(reasons)} {what}" for reasons, what in words if reasons]


def _competing(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    changed = _changed(main.competing, other.competing)
    if changed is None:
        return None
    came, went = changed
    now_events = {source.reason for source in other.events}
    changed = came, [reason for reason in went if reason not in now_events]
    words = zip(changed, (("competes", "compete"), ("does not compete", "do not compete")), strict=True)
    return [f"{labels.listed(reasons)} {what[len(reasons) > 1]}" for reasons, what in words if reasons]


def _changed(main: Sequence[DateSource], other: Sequence[DateSource]) -> tuple[list[str], list[str]] | None:
    """The reasons that came and those that went; None where what has the same reason is another source."""
    came = [source.reason for source in other if source not in main]
    went = [source.reason for source in main if source not in other]
    if set(came) & set(went) or not (came or went):
        return None
    return list(dict.fromkeys(came)), list(dict.fromkeys(went))


def _assessments(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    one, two, told = main.assessments, other.assessments, {"max_gap_days", "response"}
    if one is None or two is None or one.model_dump(exclude=told) != two.model_dump(exclude=told):
        return None
    words = []
    if one.max_gap_days != two.max_gap_days:
        words.append("no gap rule" if two.max_gap_days is None else f"gap rule of {two.max_gap_days} days")
    if one.response != two.response:
        words.append(_scans(protocol, one.response, two.response))
    return words


def _scans(protocol: Protocol, one: str | None, two: str | None) -> str:
    """Whose categories the scans have: `scans by RECIST 1.1`, what tells the two response endpoints apart."""
    if two is None:
        return "responses as recorded"
    name = labels.endpoint(protocol, two) if one is None else told_apart(protocol, (one, two))[1]
    return f"scans by {labels.in_sentence(name)}"


def _new_therapy(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    one, two = main.new_therapy, other.new_therapy
    if (one is not None and two is not None and one.first_of != two.first_of) or _censors(one) == _censors(
        two
    ):
        return None
    return ["censored at new therapy" if _censors(two) else "new therapy ignored"]


def _censors(held: NewTherapy | None) -> bool:
    return held is not None and held.effect != "ignore"


def _add_one_day(protocol: Protocol, main: TimeToEvent, other: TimeToEvent) -> Told:
    return ["the first day counted" if other.add_one_day else "the first day not counted"]


TOLD: dict[str, Callable[[Protocol, TimeToEvent, TimeToEvent], Told]] = {
    "recorded": _recorded,
    "start": _start,
    "counted_from": _counted_from,
    "events": _events,
    "competing": _competing,
    "assessments": _assessments,
    "new_therapy": _new_therapy,
    "add_one_day": _add_one_day,
}
"""The keys in which two definitions may differ that have words."""
