"""Measurements over time in the Methods: what was followed, and which value of a window counts."""

from __future__ import annotations

from calliper.displays import labels, numbers
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Measurements, Moment, Protocol


def measured(protocol: Protocol, spec: Measurements) -> str:
    """The items, the windows, and the value that counts in each."""
    items = labels.listed([labels.in_sentence(item.label) for item in spec.items.values()])
    start = labels.in_sentence(labels.variable(protocol, spec.start))
    windows = labels.listed([_window(moment, numbers.forms(protocol)) for moment in spec.windows.values()])
    return (
        f"{spec.label}: {items}, in windows of days from {start}: {windows}. Of two values as near the earlier counts, "
        "and of two on one day the later row."
    )


def _window(moment: Moment, forms: Forms) -> str:
    low, high = (forms.fixed(day, 0) for day in moment.days)
    which = (
        "the last value" if moment.day is None else f"the value nearest to day {forms.fixed(moment.day, 0)}"
    )
    return f"{labels.in_sentence(moment.label)}, day {low} to {high} ({which})"
