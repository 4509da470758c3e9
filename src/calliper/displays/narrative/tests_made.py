"""How many tests a report makes, and what the declared ones allow to be said."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Block, Section, Text
from calliper.displays import numbers
from calliper.displays.narrative.hypotheses import hypothesis
from calliper.displays.narrative.sentences import Sentences
from calliper.displays.tables.multiplicity import counts_table, p_of, printed_p_values, tests_table
from calliper.protocol.specs import Protocol
from calliper.results import Results


def tests_section(protocol: Protocol, results: Results, sections: Sequence[Section]) -> tuple[Section, ...]:
    """The section Multiplicity; none where the sections print no P value and no test is declared."""
    tables = [tests_table(protocol, results), counts_table(protocol, results, sections)]
    held = [table for table in tables if table is not None]
    if not held:
        return ()
    blocks: list[Block] = [*_primary(protocol, results), *counted(protocol, results, sections), *held]
    return (Section("multiplicity", "Multiplicity", tuple(blocks)),)


def counted(protocol: Protocol, results: Results, sections: Sequence[Section]) -> tuple[Text, ...]:
    """How many P values are printed, and how many of them chance alone would put below alpha."""
    forms = numbers.forms(protocol)
    printed = printed_p_values(results, sections)
    if not printed:
        return ()
    has_family = protocol.multiplicity is not None and protocol.multiplicity.secondary
    rest = "only those of the secondary tests" if has_family else "none"
    return (
        Text(
            f"The tables and figures print {printed} P values of differences and associations, {rest} adjusted "
            f"for their number. If none existed, up to {forms.fixed(printed * protocol.alpha, 1)} would "
            f"still be expected below {protocol.alpha:g}.",
            "note",
        ),
    )


def _primary(protocol: Protocol, results: Results) -> tuple[Text, ...]:
    """The primary P value, and whether the secondary tests can confirm anything."""
    forms = numbers.forms(protocol)
    held = protocol.multiplicity
    if held is None:
        return (Text("The study file declares no primary test: every P value is descriptive."),)
    row, words = p_of(protocol, results, held.primary), Sentences(forms)
    name = hypothesis(protocol, held.primary)
    if row is None or row.value is None:
        words.add(f"The primary test, of {name}, could not be made.")
        confirms = False
    else:
        confirms = row.value < protocol.alpha
        side = "below" if confirms else "not below"
        words.add(
            f"The primary test, of {name}, has {words.quote(forms.p_equation, row)}, {side} the level "
            f"{protocol.alpha:g}."
        )
    if held.secondary:
        words.add(
            "The adjusted P values of the secondary tests may be held against the same level."
            if confirms
            else "The secondary tests are therefore descriptive, whatever their P values."
        )
    return words.text()
