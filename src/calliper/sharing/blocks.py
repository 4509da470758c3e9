"""The document without what is hidden: what quotes it, and all that shows single patients."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from calliper.blocks import (
    Block,
    Cell,
    Column,
    Document,
    Figure,
    Footnote,
    Label,
    Section,
    Shape,
    Table,
    TableRow,
    Text,
)
from calliper.protocol.specs import Protocol
from calliper.sharing.numbers import HIDDEN, Shared
from calliper.sharing.results import tells_a_count, without_counts

KEYLESS = {
    "table-deviations-rules", "table-choices", "table-versions", "table-checklist", "table-p-counts",
}  # fmt: skip
"""Tables without results that tell of the study and not of patients."""

OF_PATIENTS = {"survival", "competing_risks", "courses", "schedule"}
"""Kinds of analysis whose figures show single patients: each on a line, or each event as a step at its own time."""

OF_GROUPS = {"cox", "subgroups", "response", "safety", "trend"}
"""Kinds whose figures show numbers of groups alone."""

SIZE = re.compile(r"\b([nN]\s*=\s*)(\d[\d,\u2009]*)")
DASH = "—"
NUMBERS = re.compile(r"\d[\d.,]*")

ABOUT = (
    "This is a shared report. It has no rows of single patients, and counts of 1 to {most} are printed as <{smallest}. "
    "Percentages, intervals and tests that follow from such a count, and as many other counts as keep it from being "
    "worked out, are printed as hidden. Ranges, curves of single events and listings are left out. The full report "
    "stays with the study."
)
SENTENCE = "A paragraph is left out here: it quotes a number that is hidden."
NOTE = "A note is left out here: it quotes a number that is hidden."


def shared_document(document: Document, protocol: Protocol, shared: Shared) -> Document:
    """The document with a first section that says what it is, and nothing in it that is hidden."""
    about = Text(ABOUT.format(most=shared.smallest - 1, smallest=shared.smallest), "note")
    sections = [_section(section, protocol, shared) for section in document.sections]
    return replace(document, sections=(Section("shared", "Shared report", (about,)), *sections))


def _section(section: Section, protocol: Protocol, shared: Shared) -> Section:
    if section.id == "data":
        return replace(section, blocks=(Text("Problems of single records are not shared.", "note"),))
    made: list[Block] = []
    for block in section.blocks:
        shown = _block(block, protocol, shared)
        if not made or shown != made[-1]:
            made.append(shown)
    return replace(section, blocks=tuple(made))


def _block(block: Block, protocol: Protocol, shared: Shared) -> Block:
    if isinstance(block, Text):
        return Text(SENTENCE, "note") if _quotes(block.keys, block.text, shared) else block
    return _table(block, shared) if isinstance(block, Table) else _figure(block, protocol, shared)


def _quotes(keys: Sequence[str], text: str, shared: Shared) -> bool:
    """Whether a text shows a hidden number: by its keys, or where it has none by its words."""
    return bool(shared.hidden.intersection(keys)) if keys else tells_a_count(text, shared)


def _table(table: Table, shared: Shared) -> Block:
    if table.id not in KEYLESS and not any(cell.keys for row in table.rows for cell in row.cells):
        return Text(f"{table.number} ({table.caption}) is not shared: it lists single records.", "note")
    return replace(
        table,
        columns=tuple(_column(column, shared) for column in table.columns),
        rows=tuple(
            TableRow(tuple(_cell(cell, shared) for cell in row.cells), row.role) for row in table.rows
        ),
        footnotes=_notes(table.footnotes, shared),
        made=tuple(without_counts(sentence, shared) for sentence in table.made),
    )


def _cell(cell: Cell, shared: Shared) -> Cell:
    if not _quotes(cell.keys, cell.text, shared):
        return cell
    if not cell.keys:
        return Cell(HIDDEN, notes=cell.notes)
    is_small = cell.keys[0] in shared.small
    return Cell(shared.mark(cell.keys[0]) if is_small else HIDDEN, notes=cell.notes)


def _column(column: Column, shared: Shared) -> Column:
    return replace(column, header=_sized(column.header, shared), spanner=_sized(column.spanner, shared))


def _sized(head: str, shared: Shared) -> str:
    """A heading whose `n = 46` stays if anyone may know it."""

    def size(found: re.Match[str]) -> str:
        is_known = int(re.sub(r"\D", "", found[2])) in shared.sizes
        return found[0] if is_known else f"{found[1]}{HIDDEN}"

    return SIZE.sub(size, head)


def _notes(notes: Iterable[Footnote], shared: Shared) -> tuple[Footnote, ...]:
    return tuple(
        Footnote(note.mark, NOTE) if _quotes(note.keys, note.text, shared) else note for note in notes
    )


def _figure(figure: Figure, protocol: Protocol, shared: Shared) -> Block:
    spec = max(
        (
            each
            for each in protocol.analyses
            if figure.id == f"figure-{each.id}" or figure.id.startswith(f"figure-{each.id}-")
        ),
        key=lambda each: len(each.id),
        default=None,
    )
    if spec is None and figure.id == "figure-flow":
        return _flow(figure, shared)
    if spec is None or spec.kind not in OF_GROUPS:
        shows = spec is not None and spec.kind in OF_PATIENTS
        why = "it shows single patients" if shows else "it is not of a kind known to show groups alone"
        return Text(f"{figure.number} ({figure.caption}) is not shared: {why}.", "note")
    if any(key.startswith(f"{spec.id}/") for key in shared.listed):
        return Text(
            f"{figure.number} ({figure.caption}) is not shared: it draws numbers that are hidden.", "note"
        )
    made = tuple(without_counts(sentence, shared) for sentence in figure.made)
    return replace(figure, footnotes=_notes(figure.footnotes, shared), made=made)


def _flow(figure: Figure, shared: Shared) -> Figure:
    """The flow of patients: its boxes stand where they stand whatever is in them."""

    def blanked(shape: Shape) -> Shape:
        return _label(shape, shared) if isinstance(shape, Label) else shape

    return replace(
        figure.redrawn(blanked),
        alt=f"{figure.caption}; a dash stands for a number that is hidden.",
        footnotes=_notes(figure.footnotes, shared),
        made=tuple(without_counts(sentence, shared) for sentence in figure.made),
    )


def _label(label: Label, shared: Shared) -> Label:
    if label.key not in shared.hidden:
        return label
    mark = (
        shared.mark(label.key) if label.key in shared.small else DASH
    )  # a box is as wide as its numbers were
    words = SIZE.sub(rf"\1{mark}", label.text) if SIZE.search(label.text) else NUMBERS.sub(mark, label.text)
    return replace(label, text=words, key="")
