"""How adverse events were counted, in sentences from the study file."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from calliper.displays import labels, safety_words
from calliper.protocol import specs
from calliper.protocol.specs import Protocol, Toxicity


def toxicity(protocol: Protocol, spec: Toxicity) -> str:
    """The criteria, when an event counts, what was there before, whose and which events, and what no record means."""
    graded = any(
        isinstance(held, specs.SafetyAnalysis) and held.grades and protocol.endpoints[held.endpoint] is spec
        for held in protocol.analyses
    )
    by = f"by {safety_words.dictionary(spec)}; each patient counts once for each event"
    counted = f"graded {by}, at the worst grade" if graded else f"recorded {by}"
    return " ".join([f"{spec.label} were {counted}.", *_told(protocol, spec)])


def _told(protocol: Protocol, spec: Toxicity) -> Iterator[str]:
    """The rules of an endpoint; where all those of an earlier one are among them, of these only which one that is."""
    rules = list(_rules(protocol, spec))
    for earlier in takewhile(lambda held: held is not spec, protocol.endpoints.values()):
        if (
            isinstance(earlier, Toxicity)
            and (shared := set(_rules(protocol, earlier)))
            and shared <= set(rules)
        ):
            name = labels.in_sentence(earlier.label)
            rules = [*(rule for rule in rules if rule not in shared), f"The other rules are those of {name}."]
            break
    yield from (*rules, *_absent(spec))


def _rules(protocol: Protocol, spec: Toxicity) -> Iterator[str]:
    if spec.arms:
        arms = labels.listed([labels.arm(protocol, arm) for arm in spec.arms])
        yield f"Only patients with {arms} were asked about them."
    yield from _window(protocol, spec)
    if spec.compares:
        yield "An event that a patient already had before counts only once its grade is higher."
    wanted = {**spec.where, **({"related": spec.related} if spec.related else {})}
    if wanted:
        words = "; ".join(
            f"{role.replace('_', ' ')}: {labels.listed(held, 'or')}" for role, held in wanted.items()
        )
        yield f"Only events recorded with these words count ({words})."
    yield from _laboratory(spec)


def _absent(spec: Toxicity) -> Iterator[str]:
    """What it means that a patient has no record of an event."""
    terms = () if isinstance(spec.terms, str) else spec.terms.values()
    if spec.terms == "as recorded" or not all(term.lab for term in terms):
        yield (
            "A patient without a record of an event is taken to have had none."
            if spec.not_listed == "none"
            else "A patient without a record of an event is left out of the denominator of that event."
        )


def _window(protocol: Protocol, spec: Toxicity) -> Iterator[str]:
    start = labels.in_sentence(labels.variable(protocol, spec.start)) if spec.start else "the start"
    if spec.window_days is not None:
        yield f"Events that began {_on_days(*spec.window_days)} from {start} count."
    if spec.until_next is not None:
        first, last = spec.until_next.days
        days = f"from day {first} from {start}" if last is None else f"on day {first} to {last} from {start}"
        session = f"the next session of {labels.listed(spec.until_next.drugs, 'or')}"
        yield f"Events that began {days}, and before {session}, count."
    if spec.after_each is not None:
        first, last = spec.after_each.days
        session = f"a session of {labels.listed(spec.after_each.drugs, 'or')}"
        yield f"Events that began on day {first} to {last} from {session} count, each with the latest session."
        yield "Patients without a session are left out of the denominators."
    if spec.on_drug is not None:
        drugs, after = labels.listed(spec.on_drug.drugs, "or"), spec.on_drug.days_after
        end = "the last" if after == 0 else f"{after} {'day' if after == 1 else 'days'} after the last"
        yield f"Events that began from the first dose of {drugs} to {end} count."
        yield "Patients without a dose are left out of the denominators."


def _on_days(low: int | None, high: int | None) -> str:
    if low is None or high is None:
        end = f"no earlier than day {low}" if high is None else f"no later than day {high}"
        return "on any day" if low is None and high is None else end
    return f"on day {low} to {high}"


def _laboratory(spec: Toxicity) -> Iterator[str]:
    terms = () if isinstance(spec.terms, str) else spec.terms.values()
    measured = [labels.in_sentence(term.label) for term in terms if term.lab is not None]
    if measured:
        yield (
            f"Laboratory values ({labels.listed(measured)}) were graded by the limits of the laboratory that measured "
            "them and by the last value on or before the start; a patient without a value that can be graded is left "
            "out of the denominator."
        )
