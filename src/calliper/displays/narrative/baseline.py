"""The arms at baseline in words: in what they differ by the standardised difference, and what that does not show."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import BaselineAnalysis, Protocol
from calliper.results import Results

BALANCED = 0.1
"""A standardised difference above this is called an imbalance (Austin 2009, Stat Med 28, 3083-3107)."""


def baseline(spec: BaselineAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """A sentence for each pair of arms; none where there is one arm."""
    forms = numbers.forms(protocol)
    shelf, words = Shelf(results, spec.id, "included"), Sentences(forms)
    for group, reference in shelf.contrasts():
        apart, untold, is_known = [], [], False
        for name in spec.variables:
            row = shelf.row(f"{group} vs {reference}", name, "", "smd")
            if row is None or row.value is None:
                untold.append(labels.in_sentence(labels.variable(protocol, name)))
                continue
            is_known = True
            if abs(row.value) > BALANCED:
                size = words.quote(forms.coefficient, row)
                apart.append(f"{labels.in_sentence(labels.variable(protocol, name))} ({size})")
        if not is_known:
            continue
        pair = labels.contrast(protocol, group, reference)
        if apart:
            words.add(
                f"The standardised difference, {pair}, was above {BALANCED:g} for {labels.listed(apart)}, and for no "
                "other characteristic of which it could be estimated."
            )
        else:
            none = f"; that of {labels.listed(untold)} could not be estimated" if untold else ""
            words.add(f"No standardised difference, {pair}, was above {BALANCED:g}{none}.")
    words.add(
        "A characteristic alike in both arms does not show that they are alike in what was not recorded."
        if words.sentences
        else ""
    )
    return words.text()
