"""A printed table as lines of cells, as a sheet holds them: banner, caption, header, rows, notes.

CSV and XLSX are written from these lines, so that a cell has the same address in both and the list of keys that goes
with them holds for both.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from calliper.blocks import Cell, Document, Footnote, Table
from calliper.report.table_layout import spanners

Kind = Literal["banner", "caption", "spanner", "header", "body", "group", "level", "total", "note"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a sheet. `cells` are as many as the table has columns; banner, caption and notes have only a first."""

    kind: Kind
    cells: tuple[Cell, ...]

    @property
    def is_wide(self) -> bool:
        """Whether the first cell has the line to itself."""
        return self.kind in ("banner", "caption", "note")


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of a report, its lines in printed order."""

    table: Table
    lines: tuple[Line, ...]

    @property
    def n_head(self) -> int:
        """How many lines stand above the rows: these are repeated on every printed page."""
        return sum(line.kind in ("banner", "caption", "spanner", "header") for line in self.lines)


class Keyed(NamedTuple):
    """Where a result is printed. `row` and `column` count from 1, as a spreadsheet does."""

    table: str
    row: int
    column: int
    text: str
    key: str


def grids(document: Document) -> tuple[Grid, ...]:
    """The tables of a report in the order in which they are printed."""
    blocks = (block for section in document.sections for block in section.blocks)
    return tuple(_grid(block, document.banner) for block in blocks if isinstance(block, Table))


def keyed(grid: Grid) -> Iterator[Keyed]:
    """The results printed in a table, line by line, each with the text that shows it."""
    for row, line in enumerate(grid.lines, start=1):
        for column, cell in enumerate(line.cells, start=1):
            for key in cell.keys:
                yield Keyed(grid.table.id, row, column, cell.text, key)


def captioned(table: Table) -> str:
    """The name of a table and its caption.

    >>> captioned(Table("t", "Table 1", "Baseline", (), ()))
    'Table 1. Baseline'
    """
    return f"{table.number}. {table.caption}" if table.number else table.caption


def _grid(table: Table, banner: str) -> Grid:
    lines = [_wide(table, "banner", Cell(banner))] if banner else []
    lines.append(_wide(table, "caption", Cell(captioned(table))))
    if any(column.spanner for column in table.columns):
        lines.append(Line("spanner", _spanners(table)))
    lines.append(Line("header", tuple(Cell(column.header, (), column.notes) for column in table.columns)))
    lines += [Line(row.role, row.cells) for row in table.rows]
    lines += [_wide(table, "note", _note(note)) for note in table.footnotes]
    return Grid(table, tuple(lines))


def _wide(table: Table, kind: Kind, cell: Cell) -> Line:
    return Line(kind, (cell, *(Cell("") for _ in table.columns[1:])))


def _note(note: Footnote) -> Cell:
    return Cell(note.text, note.keys, (note.mark,) if note.mark else ())


def _spanners(table: Table) -> tuple[Cell, ...]:
    """A spanner stands over the first of its columns; the cells of the others are empty."""
    starts = {start: spanner for start, _, spanner in spanners(table.columns)}
    return tuple(Cell(starts.get(place, "")) for place in range(len(table.columns)))
