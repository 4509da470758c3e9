"""A finished document in another language: labels of tables and figures, captions, headings, and known paragraphs."""

from __future__ import annotations

from collections.abc import Iterator
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
from calliper.displays.language.speaker import Speaker, english, speaker
from calliper.displays.tables.records import PROBLEM_LINES
from calliper.messages.told import teller
from calliper.protocol.specs import Protocol

TAGS = {"zh": "zh-CN"}
"""The tags of the languages as BCP 47 has them."""


def in_language(document: Document, protocol: Protocol) -> Document:
    """The document in the language that the study file asks for.

    Numbers, keys, and the words of the study file stay as they are. A paragraph stays English unless each of its
    sentences is in the catalogue, and its section says so.
    """
    to = speaker(protocol)
    if to is None:
        return document
    return replace(
        document,
        subtitle=to.say(document.subtitle),
        facts=tuple((to.say(name), to.say(text)) for name, text in document.facts),
        sections=tuple(
            _section(section, to) for section in _with_problems(document, protocol.report.language)
        ),
        banner=to.say(document.banner),
        language=TAGS[protocol.report.language],
        furniture=to.held.furniture,
    )


def _with_problems(document: Document, language: str) -> Iterator[Section]:
    """The sections with the lines of problems in the words of the checks' own catalogue."""
    tell = teller(language)

    def told(block: Block) -> Block:
        if not isinstance(block, Table) or block.id != PROBLEM_LINES:
            return block
        rows = (
            replace(row, cells=tuple(replace(cell, text=tell(cell.text)) for cell in row.cells))
            for row in block.rows
        )
        return replace(block, rows=tuple(rows))

    for section in document.sections:
        yield replace(section, blocks=tuple(map(told, section.blocks)))


def _section(section: Section, to: Speaker) -> Section:
    blocks: list[Block] = []
    is_partly = False
    for block in section.blocks:
        match block:
            case Text():
                told = to.paragraph(block.text)
                is_partly |= told is None
                blocks.append(replace(block, text=english(block.text) if told is None else told))
            case Table():
                blocks.append(_table(block, to))
            case Figure():
                blocks.append(_figure(block, to))
    note = [Text(to.held.furniture["partly"], "note")] if is_partly else []
    return replace(section, title=to.say(section.title), blocks=(*note, *blocks))


def _table(table: Table, to: Speaker) -> Table:
    return replace(
        table,
        number=to.say(table.number),
        caption=to.say(table.caption),
        columns=tuple(_column(column, to) for column in table.columns),
        rows=tuple(_row(row, to) for row in table.rows),
        footnotes=_notes(table.footnotes, to),
    )


def _column(column: Column, to: Speaker) -> Column:
    return replace(column, header=to.say(column.header), spanner=to.say(column.spanner))


def _row(row: TableRow, to: Speaker) -> TableRow:
    return replace(row, cells=tuple(_cell(cell, to) for cell in row.cells))


def _cell(cell: Cell, to: Speaker) -> Cell:
    return replace(cell, text=to.say(cell.text))


def _notes(notes: tuple[Footnote, ...], to: Speaker) -> tuple[Footnote, ...]:
    return tuple(replace(note, text=to.paragraph(note.text) or english(note.text)) for note in notes)


def _figure(figure: Figure, to: Speaker) -> Figure:
    def letters(shape: Shape) -> Shape:
        return replace(shape, text=to.say(shape.text)) if isinstance(shape, Label) else shape

    return replace(
        figure.redrawn(letters),
        number=to.say(figure.number),
        caption=to.say(figure.caption),
        footnotes=_notes(figure.footnotes, to),
    )
