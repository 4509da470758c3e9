"""Subgroups in words: the tests of interaction, and the hazard ratios of a factor whose test has P below alpha."""

from __future__ import annotations

from calliper.blocks import Text
from calliper.displays import labels, numbers
from calliper.displays.effects import FIRTH
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.subgroups import EXPLORATORY, Subgroups, read_subgroups
from calliper.protocol.specs import Protocol, SubgroupsAnalysis
from calliper.results import Results


def subgroups(spec: SubgroupsAnalysis, protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """Every test of interaction with its P value, and that these analyses are exploratory."""
    forms = numbers.forms(protocol)
    held, words = read_subgroups(spec, protocol, results), Sentences(forms)
    tested = [(factor, row) for factor in spec.factors if (row := held.p(factor)) is not None]
    told = [
        f"{labels.in_sentence(held.label(factor))} ({words.quote(forms.p_equation, row)})"
        for factor, row in tested
    ]
    outcome = labels.in_sentence(held.endpoint.label)
    lead = f"Interactions of the arm with {labels.listed(told)} were tested for {outcome}"
    below = [factor for factor, row in tested if row.value is not None and row.value < protocol.alpha]
    if told and not below:
        words.add(f"{lead}; none had P < {protocol.alpha:g}.")
    elif told:
        names = labels.listed([labels.in_sentence(held.label(factor)) for factor in below])
        words.add(f"{lead}; P was below {protocol.alpha:g} for {names}.")
    for factor in below:
        words.add(_levels(words, held, factor))
    untold = [labels.in_sentence(held.label(name)) for name in spec.factors if held.p(name) is None]
    if untold:
        words.add(
            f"The interaction of the arm with {labels.listed(untold)} could not be tested for {outcome}."
        )
    return (*words.text(), Text(EXPLORATORY))


def _levels(words: Sentences, held: Subgroups, factor: str) -> str:
    """The hazard ratios of a factor's levels, each contrast on its own."""
    level_of_confidence, parts = labels.confidence(held.protocol), []
    for arm in held.compared:
        told = []
        for level in held.levels(factor):
            found = held.ratio(arm, factor, level)
            if found is not None:
                ratio = words.quote(
                    lambda v, low, high: (
                        f"{words.forms.sharper(words.forms.ratio, low, high)(v)} ({level_of_confidence} CI "
                        f"{words.forms.interval(low, high, words.forms.ratio)})"
                    ),
                    *found.rows,
                )
                told.append(f"{level} {ratio}{f', {FIRTH}' if found.is_firth else ''}")
        parts += [f"{held.contrast(arm)}: {', '.join(told)}"] if told else []
    label = labels.in_sentence(held.label(factor))
    return f"Hazard ratios by {label}, {'; '.join(parts)}." if parts else ""
