"""Populations of the study: who they are, how many, and blocks of analyses limited to one, which say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from calliper.blocks import Block, Cell, Column, Footnote, Table, TableRow, Text
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf, shown
from calliper.displays.narrative.sentences import Sentences
from calliper.protocol.specs import AnalysisSpec, Protocol
from calliper.results import Results, Row

FLOW = "flow"


def named(protocol: Protocol, spec: AnalysisSpec, words: str) -> str:
    """The words, and the population where the analysis is limited to one: `Overall survival, per-protocol set`.

    A title that names the population already is left as it is.
    """
    if spec.population is None:
        return words
    label = labels.in_sentence(protocol.populations[spec.population].label)
    return words if label.casefold() in words.casefold() else f"{words}, {label}"


def plain(protocol: Protocol, population: str) -> tuple[str, str]:
    """The part of the patients that a row's population is of, and the label of the study's population, if any."""
    name, _, part = population.partition(".")
    held = protocol.populations.get(name)
    return (population, "") if held is None else (part or "included", labels.in_sentence(held.label))


def size_of(results: Results, spec: AnalysisSpec, group: str) -> Row | None:
    """How many patients of a group the analysis could see."""
    if spec.population is None:
        return Shelf(results, FLOW, "screened").row(group, "", "", "included")
    return Shelf(results, FLOW, spec.population).row(group, "", "", "n")


def in_population(
    blocks: Sequence[Block], spec: AnalysisSpec, protocol: Protocol, results: Results
) -> tuple[Block, ...]:
    """The blocks of an analysis as they are, or with its population before them, in captions and under tables."""
    if spec.population is None:
        return tuple(blocks)
    sizes = _sizes(spec.population, protocol, results)
    label = protocol.populations[spec.population].label
    lead = replace(sizes, text=f"{label}: {sizes.text}.")
    said = [_said(block, spec, protocol, lead) for block in blocks]
    return (lead, *said)


def _said(block: Block, spec: AnalysisSpec, protocol: Protocol, lead: Text) -> Block:
    if isinstance(block, Text):
        return block
    caption = named(protocol, spec, block.caption)
    return replace(block, caption=caption, footnotes=(Footnote("", lead.text, lead.keys), *block.footnotes))


def _sizes(name: str, protocol: Protocol, results: Results) -> Text:
    """`38 of 42 patients in A, 44 of 48 in B`, of those included."""
    forms = numbers.forms(protocol)
    words = Sentences(forms)
    parts: list[str] = []
    for arm in protocol.arms.groups:
        row = Shelf(results, FLOW, name).row(arm, "", "", "n")
        size = words.quote(forms.count, row)
        whole = words.quote(forms.count, Shelf(results, FLOW, "screened").row(arm, "", "", "included"))
        if size and whole:
            parts.append(
                f"{size} of {whole}{'' if parts else ' included patients'} in {labels.arm(protocol, arm)}"
            )
    words.add(labels.listed(parts))
    held = words.text()
    return held[0] if held else Text("no included patient")


def populations_table(protocol: Protocol, results: Results) -> Table | None:
    """How many patients each population has, by arm; None where the study has none of its own."""
    forms = numbers.forms(protocol)
    if not protocol.populations:
        return None
    arms = list(protocol.arms.groups)
    groups = [*arms, "overall"] if len(arms) > 1 else arms
    screened = Shelf(results, FLOW, "screened")
    rows = [
        TableRow(
            (
                Cell("Included patients"),
                *(shown(forms.count, screened.row(group, "", "", "included")) for group in groups),
            )
        )
    ]
    notes = []
    for name, spec in protocol.populations.items():
        shelf = Shelf(results, FLOW, name)
        cells = (shown(forms.count, shelf.row(group, "", "", "n")) for group in groups)
        rows.append(TableRow((Cell(spec.label), *cells)))
        unknown = shelf.row("overall", "", "", "unknown")
        if unknown is not None and unknown.value:
            text = f"{spec.label}: {forms.count(unknown.value)} left out because the rule is unknown."
            notes.append(Footnote("", text, (unknown.key,)))
    return Table(
        id="table-populations",
        number="",
        caption="Populations of the analyses",
        columns=(
            Column("Population", "left"),
            *(Column(labels.heading(protocol, group)) for group in groups),
        ),
        rows=tuple(rows),
        footnotes=tuple(notes),
    )


def populations_in_methods(results: Results) -> tuple[Text, ...]:
    """Who is in each population, as the analysis that counted them says."""
    held = [method for method in results.methods_of(FLOW) if method.name == "population"]
    return (Text(" ".join(method.sentence for method in held)),) if held else ()
