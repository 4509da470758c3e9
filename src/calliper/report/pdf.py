"""A document as a PDF by typst: tagged for screen readers (PDF/UA-1), with real tables, and no clock in it.

This file says what is on the page, report.typ beside it how that looks. Every word of the document is handed to typst
as a string literal.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import NamedTuple

from calliper.blocks import Block, Cell, Column, Document, Figure, Footnote, Section, Table, TableRow, Text
from calliper.report.raster import drawing, letters, printed_mm
from calliper.report.running_text import unbroken
from calliper.report.table_layout import (
    INDENT_MM,
    PADDING_MM,
    PORTRAIT_MM,
    Layout,
    height_mm,
    is_heading,
    layout,
    row_mm,
    spanners,
    text_mm,
)
from calliper.report.typesetting import fonts_for, literal, page

_FACT_MM = 140.0
_WHOLE_MM, _WHOLE_LANDSCAPE_MM = 210.0, 130.0
"""A table no higher than this is not divided between pages, nor from its footnotes."""

_TALL_MM = 100.0
"""A row higher than this may be divided between pages."""

_SLACK_MM = 0.1
"""A word wider than its room by less is not broken: it is the rounding of the measure."""


class _Piece(NamedTuple):
    """A heading or a block as typst source, and whether its page lies on its side."""

    source: str
    is_landscape: bool = False


def render(document: Document) -> bytes:
    """The whole report as PDF. Equal documents give equal bytes.

    Raises OutputError naming every letter that no font of this machine has, and the block in which it stands.
    """
    return page(source(document), fonts_for(_texts(document)))


def source(document: Document) -> str:
    """The report as typst source, a block a line."""
    facts = "".join(f"({_words(name)}, {_fitted(fact, _FACT_MM)}), " for name, fact in document.facts)
    head = (
        f"#show: report.with(title: {_words(document.title)}, subtitle: {_words(document.subtitle)}, "
        f"banner: {_words(document.banner)}, language: {literal(document.language[:2])}, facts: ({facts}))"
    )
    pieces = (piece for section in document.sections for piece in _section(section))
    lines = []
    for is_landscape, held in groupby(pieces, key=lambda piece: piece.is_landscape):
        body = "\n".join(piece.source for piece in held)
        lines.append(f"#page(flipped: true)[\n{body}\n]" if is_landscape else body)
    return "\n".join([_look(), head, *lines, ""])


@cache
def _look() -> str:
    return files(__package__).joinpath("report.typ").read_text(encoding="utf-8")


def _texts(document: Document) -> Iterator[tuple[str, str]]:
    """Every text of the report, each with the name of the block in which it stands."""
    yield from (("Title", text) for text in (document.title, document.subtitle, document.banner))
    for name, fact in document.facts:
        yield from ((name, name), (name, fact))
    for section in document.sections:
        yield section.title, section.title
        for block in section.blocks:
            yield from _texts_of(block, section.title)


def _texts_of(block: Block, section: str) -> Iterator[tuple[str, str]]:
    if isinstance(block, Text):
        yield section, block.text
        return
    yield block.number, block.number
    yield block.number, block.caption
    for note in block.footnotes:
        yield from ((block.number, note.mark), (block.number, note.text))
    if isinstance(block, Figure):
        yield from letters(block.scene, block.number)
        return
    for column in block.columns:
        yield from ((block.number, text) for text in (column.header, column.spanner, *column.notes))
    for row in block.rows:
        yield from ((block.number, text) for cell in row.cells for text in (cell.text, *cell.notes))


def _section(section: Section) -> Iterator[_Piece]:
    """The heading and the blocks; the heading lies on its side where the table under it does."""
    pieces = [_block(block) for block in section.blocks]
    is_landscape = bool(pieces) and pieces[0].is_landscape
    yield _Piece(f"#heading(level: 1, {_words(section.title)})", is_landscape)
    yield from pieces


def _block(block: Block) -> _Piece:
    if isinstance(block, Text):
        return _Piece(_text(block))
    if isinstance(block, Figure):
        return _Piece(_figure(block))
    held = layout(block)
    return _Piece(_table(block, held), held.is_landscape)


def _text(text: Text) -> str:
    words = _fitted(text.text)
    calls = {"paragraph": "par", "item": "list.item", "note": "note", "warning": "warning"}
    return f"#{calls[text.role]}({words})" + ("" if text.role == "item" else "\n")


def _figure(figure: Figure) -> str:
    drawn = literal(drawing(figure.scene))
    return (
        f"#drawing({_words(figure.number)}, {_fitted(figure.caption)}, {_words(figure.alt or figure.caption)}, "
        f"{printed_mm(figure.scene):.2f}mm, {drawn}, {_footnotes(figure.footnotes)})"
    )


def _table(table: Table, held: Layout) -> str:
    widths = "".join(f"{width:.2f}mm, " for width in held.widths)
    aligns = "".join(f"{column.align}, " for column in table.columns)
    most = _WHOLE_LANDSCAPE_MM if held.is_landscape else _WHOLE_MM
    is_whole = str(height_mm(table, held) <= most).lower()
    parts = [
        _header(table.columns, held),
        *(_row(row, held) for row in table.rows),
        "table.hline(stroke: thick)",
    ]
    return (
        f"#tabled({_words(table.number)}, {_fitted(table.caption)}, {held.size}pt, {is_whole}, ({widths}), "
        f"({aligns}), {_footnotes(table.footnotes)}, {', '.join(parts)})"
    )


def _header(columns: tuple[Column, ...], held: Layout) -> str:
    """The header, repeated on every page: two rows where columns have spanners."""
    parts = ["table.hline(stroke: thick)"]
    lower: list[str] = []
    has_spanners = any(column.spanner for column in columns)
    for start, end, spanner in spanners(columns):
        heads = [_head(columns[place], held.widths[place], held.size) for place in range(start, end)]
        if spanner:
            room = sum(held.widths[start:end]) - PADDING_MM
            words = _fitted(spanner, room, held.size, bold=True)
            parts.append(f"table.cell(colspan: {end - start}, align: center, strong({words}))")
            parts.append(f"table.hline(y: 1, start: {start}, end: {end}, stroke: hair)")
            lower += heads
        else:
            parts += [f"head({words}, rowspan: 2)" if has_spanners else f"head({words})" for words in heads]
    parts += [f"head({words})" for words in lower]
    return f"table.header({', '.join(parts)}, table.hline(stroke: thin))"


def _head(column: Column, width: float, size: float) -> str:
    return _fitted(column.header, width - PADDING_MM, size, bold=True) + _marks(column.notes)


def _row(row: TableRow, held: Layout) -> str:
    if is_heading(row):
        whole = sum(held.widths) - PADDING_MM
        words = _content(row.cells[0], whole, held.size, bold=True)
        return f"table.header(level: 2, repeat: false, group({len(row.cells)}, {words}))"
    rooms = [width - PADDING_MM for width in held.widths]
    if row.role == "level":
        rooms[0] -= INDENT_MM
    n_bold = {"group": 1, "total": len(rooms)}.get(row.role, 0)
    cells = [
        _content(cell, room, held.size, bold=place < n_bold)
        for place, (cell, room) in enumerate(zip(row.cells, rooms, strict=True))
    ]
    cells[:n_bold] = [f"strong({cell})" for cell in cells[:n_bold]]
    if row_mm(row, held) > _TALL_MM:
        indent = INDENT_MM if row.role == "level" else 0.0
        first, *others = cells
        cells = [f"inner({indent}mm, {first}, breakable: true)"]
        cells += [f"table.cell(breakable: true, {cell})" for cell in others]
    elif row.role == "level":
        cells[0] = f"inner({INDENT_MM}mm, {cells[0]})"
    rule = "table.hline(stroke: hair), " if row.role == "total" else ""
    return rule + ", ".join(cells)


def _content(cell: Cell, room: float, size: float, *, bold: bool = False) -> str:
    return _fitted(cell.text, room, size, bold=bold) + _marks(cell.notes)


def _marks(notes: tuple[str, ...]) -> str:
    return f" + mark({_words(','.join(notes))})" if notes else ""


def _footnotes(notes: tuple[Footnote, ...]) -> str:
    told = "".join(f"({_words(note.mark)}, {_fitted(note.text)}), " for note in notes)
    return f"({told})"


def _words(text: str) -> str:
    """The text as a literal in which no line ends between a sign and its number."""
    return literal(unbroken(text))


def _fitted(text: str, room: float = PORTRAIT_MM, size: float = 10.5, *, bold: bool = False) -> str:
    """The text as an expression of typst in which a word that is wider than `room` mm goes on in the next line."""
    room += _SLACK_MM
    if max((text_mm(word, size, bold=bold) for word in text.split()), default=0.0) <= room:
        return _words(text)
    pieces = [piece for word in text.split(" ") for piece in (*_pieces(word, room, size), " ")]
    return " + ".join("linebreak()" if piece is None else _words(piece) for piece in pieces[:-1])


def _pieces(word: str, room: float, size: float) -> Iterator[str | None]:
    """A word in pieces that fit (in bold letters too), and None wherever a line must end."""
    start, used = 0, 0.0
    for place, letter in enumerate(word):
        used += text_mm(letter, size, bold=True)
        if used > room and place > start:
            yield word[start:place]
            yield None
            start, used = place, text_mm(letter, size, bold=True)
    yield word[start:]
