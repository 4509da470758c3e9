"""Which treatments were read, as sessions or as periods; and how many sessions patients had, in a short paragraph."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import Protocol, TreatmentAnalysis, Treatments
from calliper.results import Results


def treatments(protocol: Protocol, spec: Treatments) -> str:
    """What was read of which treatment, from when to when.

    `as` is what it says: a session is a day, a period has a first and a last one.
    """
    ways = {"session": "sessions of", "period": "periods on"}
    told = []
    for way, words in ways.items():
        held = [labels.in_sentence(item.label) for item in spec.items.values() if item.taken == way]
        told += [f"{words} {labels.listed(held)}"] if held else []
    start = labels.in_sentence(labels.variable(protocol, spec.start))
    until = " to the data cut-off" if protocol.study.cutoff else ""
    read = f"{spec.label}: {labels.listed(told)} from {start}{until}"
    return f"{read}; treatment that began before {start} is not counted."


def treatment(spec: TreatmentAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """The sessions of each treatment by arm: in all, and a patient. Nothing of treatments that have only periods."""
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Treatments):
        return ()
    words, shelf = Sentences(forms), Shelf(results, spec.id, "included")
    for name in spec.items or endpoint.items:
        item = endpoint.items[name]
        told = [
            _sessions(words, shelf, name, arm, protocol) for arm in labels.ordered(protocol, shelf.groups())
        ]
        if item.taken == "session" and any(told):
            words.add(
                f"Sessions of {labels.in_sentence(item.label)}: {'; '.join(text for text in told if text)}."
            )
    if words.sentences:
        words.add("This describes what was given; the arms were not compared.")
    return words.text()


def _sessions(words: Sentences, shelf: Shelf, name: str, arm: str, protocol: Protocol) -> str:
    forms = numbers.forms(protocol)
    total, n = shelf.row(arm, name, "", "sessions"), shelf.row(arm, "", "", "n")
    a_patient = [shelf.row(arm, name, "a patient", stat) for stat in ("median", "min", "max")]
    counts = words.quote(lambda k, of: f"{forms.count(k)} in {labels.counted_patients(int(of))}", total, n)
    median = words.quote(
        lambda m, low, high: forms.median_range(m, low, high, forms.whole_or_tenth), *a_patient
    )
    return (
        f"{counts} with {labels.arm(protocol, arm)}, median {median} a patient" if counts and median else ""
    )
