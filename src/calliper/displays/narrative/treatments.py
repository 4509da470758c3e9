"""Which treatments were read, as sessions or as periods, in a sentence from the study file."""

from __future__ import annotations

from calliper.displays import labels
from calliper.protocol.specs import Protocol, Treatments


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
