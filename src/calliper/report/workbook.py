"""The printed tables as one Excel workbook, a sheet a table.

Every cell is text, as it is printed: nothing in the workbook is a number that a program could round again, and nothing
is a formula. The last sheet, in plain view, tells which result each cell shows.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from calliper.blocks import Cell, Document
from calliper.report.excel_text import POINTS, Pen, clean
from calliper.report.grids import Grid, Line, grids, keyed
from calliper.report.table_layout import PADDING_MM, layout, spanners, text_mm

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

CREATED = datetime(1980, 1, 1)
"""Written into the workbook instead of the clock, so that every run gives the same bytes."""

CONTENTS = "Contents"
KEYS = "Keys"

_NAME_LETTERS = 31
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_A4 = 9
_THIN, _THICK, _HAIR = 1, 2, 7
_PIXELS_IN_A_MM = 96 / 25.4
_LINE_POINTS = 11.5
_SPARE_POINTS = 4.0
_SPARE = 1.02
_RAISED = 0.7
_KEY_COLUMNS = (("Sheet", 90), ("Cell", 50), ("Printed", 260), ("Key in results.csv", 620))


def render(document: Document) -> bytes:
    """The workbook. Equal documents give equal bytes. Raises OutputError where a text is longer than a cell may be."""
    # imported here: a run that writes no workbook need not wait for it
    from xlsxwriter import Workbook

    held = grids(document)
    named = dict(zip(sheet_names([grid.table.number or grid.table.id for grid in held]), held, strict=True))
    buffer = BytesIO()
    with Workbook(buffer, {"in_memory": True}) as book:
        book.set_properties({"title": clean(document.title), "created": CREATED})
        pen = Pen(book)
        _contents(pen, document, named)
        for name, grid in named.items():
            _sheet(pen, name, grid)
        _keys(pen, named)
    return buffer.getvalue()


def sheet_names(wanted: Sequence[str]) -> tuple[str, ...]:
    r"""Names that Excel takes, each once: no more than 31 letters, none of them one of `[]:*?/\'`.

    >>> sheet_names(["Table 1", "table 1", "a/b", "Keys"])
    ('Table 1', 'table 1 (2)', 'a b', 'Keys (2)')
    """
    taken = {CONTENTS.lower(), KEYS.lower(), "history"}
    names = []
    for text in wanted:
        stem = _NOT_IN_NAMES.sub(" ", clean(text)).strip() or "Table"
        name, n = stem[:_NAME_LETTERS].strip(), 1
        while name.lower() in taken:
            n += 1
            ending = f" ({n})"
            name = stem[: _NAME_LETTERS - len(ending)].strip() + ending
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def _contents(pen: Pen, document: Document, named: dict[str, Grid]) -> None:
    sheet = _new_sheet(pen, CONTENTS)
    sheet.set_column_pixels(0, 0, 110)
    sheet.set_column_pixels(1, 1, 620)
    head = [line for line in (document.banner, document.title, document.subtitle) if line]
    for row, line in enumerate(head):
        pen.write(sheet, row, 0, Cell(line), bold=True)
    link = pen.format(font_color="#0b5394", underline=1)
    for row, (name, grid) in enumerate(named.items(), start=len(head) + 1):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", link, string=name)
        pen.write(sheet, row, 1, Cell(grid.table.caption), text_wrap=True)


def _keys(pen: Pen, named: dict[str, Grid]) -> None:
    """A line for each key of each cell: the sheet, the cell, the text printed there, the row of results.csv."""
    from xlsxwriter.utility import xl_rowcol_to_cell

    sheet = _new_sheet(pen, KEYS)
    for column, (header, width) in enumerate(_KEY_COLUMNS):
        sheet.set_column_pixels(column, column, width)
        pen.write(sheet, 0, column, Cell(header), bold=True, bottom=_THIN)
    places = [(name, place) for name, grid in named.items() for place in keyed(grid)]
    for row, (name, place) in enumerate(places, start=1):
        address = xl_rowcol_to_cell(place.row - 1, place.column - 1)
        for column, text in enumerate((name, address, place.text, place.key)):
            pen.write(sheet, row, column, Cell(text))
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)


def _new_sheet(pen: Pen, name: str) -> Worksheet:
    sheet = pen.book.add_worksheet(name)
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    return sheet


def _sheet(pen: Pen, name: str, grid: Grid) -> None:
    sheet = _new_sheet(pen, name)
    laid = layout(grid.table)
    widths = [width * POINTS / laid.size for width in laid.widths]
    for column, width in enumerate(widths):
        sheet.set_column_pixels(column, column, round(width * _PIXELS_IN_A_MM))
    for row, line in enumerate(grid.lines):
        if line.is_wide:
            _wide(pen, sheet, row, line, width=sum(widths))
        elif line.kind == "spanner":
            _spanners(pen, sheet, row, grid)
        else:
            _cells(pen, sheet, row, grid, widths=widths)
    sheet.freeze_panes(grid.n_head, 1)
    sheet.repeat_rows(0, grid.n_head - 1)
    if laid.is_landscape:
        sheet.set_landscape()


def _wide(pen: Pen, sheet: Worksheet, row: int, line: Line, *, width: float) -> None:
    """A text over all columns (`width` mm), as high as it needs: Excel fits no height to merged cells."""
    is_note = line.kind == "note"
    look: dict[str, Any] = (
        {"text_wrap": True, "valign": "vcenter"} if is_note else {"text_wrap": True, "bold": True}
    )
    if len(line.cells) > 1:
        sheet.merge_range(row, 0, row, len(line.cells) - 1, "", pen.format(**look))
    write = pen.write_note if is_note else pen.write
    write(sheet, row, 0, line.cells[0], **look)
    n_lines = _n_lines(line.cells[0], width, bold=not is_note)
    sheet.set_row(row, _height(n_lines))


def _spanners(pen: Pen, sheet: Worksheet, row: int, grid: Grid) -> None:
    """Each spanner over its columns, a hairline under it."""
    for start, end, spanner in spanners(grid.table.columns):
        look: dict[str, Any] = {"bold": True, "align": "center", "text_wrap": True, "top": _THICK}
        if spanner:
            look["bottom"] = _HAIR
        if end - start > 1:
            sheet.merge_range(row, start, row, end - 1, "", pen.format(**look))
        pen.write(sheet, row, start, Cell(spanner), **look)


def _cells(pen: Pen, sheet: Worksheet, row: int, grid: Grid, *, widths: Sequence[float]) -> None:
    """A header or a row: a level stands in under its group, a total has a rule above it."""
    line, look, n_lines = grid.lines[row], _look(row, grid), 1
    if look["text_wrap"]:
        is_bold = look.get("bold", False)
        places = zip(line.cells, widths, strict=True)
        n_lines = max(_n_lines(cell, width, bold=is_bold) for cell, width in places)
    if n_lines == 1:
        look["valign"] = "vcenter"
    for column, (cell, held) in enumerate(zip(line.cells, grid.table.columns, strict=True)):
        own = {**look, "align": held.align}
        if line.kind == "level" and column == 0:
            own["indent"] = 1
        pen.write(sheet, row, column, cell, **own)
    sheet.set_row(row, _height(n_lines))


def _look(row: int, grid: Grid) -> dict[str, Any]:
    line = grid.lines[row]
    look: dict[str, Any] = {"text_wrap": not (line.kind == "group" and _has_the_row(line))}
    if line.kind in ("header", "group", "total"):
        look["bold"] = True
    if line.kind == "header":
        look |= {"valign": "bottom", "bottom": _THIN}
        if grid.lines[row - 1].is_wide:
            look["top"] = _THICK
    elif line.kind == "total":
        look["top"] = _HAIR
    if row == len(grid.lines) - 1 - len(grid.table.footnotes):
        look["bottom"] = _THICK
    return look


def _height(n_lines: int) -> float:
    """The height of a row in points, given outright: not every program fits it to a text that breaks."""
    return n_lines * _LINE_POINTS + _SPARE_POINTS


def _n_lines(cell: Cell, width: float, *, bold: bool) -> int:
    """On how many lines a text stands in a cell `width` mm wide, with a little to spare for another machine's font."""
    room = width - PADDING_MM / 2
    marks = text_mm(",".join(cell.notes), POINTS * _RAISED, bold=bold)
    n_lines = 0
    for paragraph in cell.text.split("\n"):
        n_lines, filled = n_lines + 1, marks
        for word in paragraph.split(" "):
            needed = text_mm(f"{word} " if filled else word, POINTS, bold=bold) * _SPARE
            if filled and filled + needed > room:
                n_lines, filled = n_lines + 1, 0.0
            # a word that is wider than the cell breaks
            n_lines, filled = n_lines + int((filled + needed) / room), (filled + needed) % room
    return n_lines


def _has_the_row(line: Line) -> bool:
    """Whether the first cell is the head of a group, whose text runs on over the empty cells beside it."""
    return not any(cell.text or cell.notes for cell in line.cells[1:])
