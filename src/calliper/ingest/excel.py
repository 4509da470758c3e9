"""Excel workbooks: each cell as the text its value has, on the row the spreadsheet gives it.

Every sheet is surveyed first (workbook.py), then read as text. A date cell becomes ISO text, under the 1904
date system too, which the cell reader knows. Error values are put back as their text (`#DIV/0!`), so that
the checks can name the cell instead of taking it for blank.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import fastexcel
import polars as pl

from calliper.ingest.cells import Cells, Fault, arrange, blank_header, locate, other_header, refused
from calliper.ingest.workbook import Sheet, Survey, address, oversized, sheets, survey
from calliper.records.wording import listed, suggestion

_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_MIDNIGHT = r"^(\d{4}-\d{2}-\d{2})[ T]00:00:00(?:\.0+)?$"
_NUMBER = r"^-?[0-9]+\.[0-9]+$"
DAMAGED = (zipfile.BadZipFile, zlib.error, KeyError, ValueError, EOFError, NotImplementedError, RuntimeError)
"""What reading a damaged zip, or a workbook in one, raises."""
_ROWS_AT_THE_TOP = 21
_SAVE_AGAIN = "open it in Excel and save it again as .xlsx"


@dataclass(frozen=True, slots=True)
class Workbook:
    """An opened workbook: the cell reader, its zip and its worksheets."""

    reader: fastexcel.ExcelReader
    archive: zipfile.ZipFile
    sheets: tuple[Sheet, ...]


def open_workbook(content: bytes) -> Workbook | Fault:
    """Open a workbook without loading it; a Fault says why it cannot be."""
    if not content:
        return Fault("empty", "the file is empty", "give a workbook with a header and rows")
    if content.startswith(_COMPOUND_FILE):
        if _ENCRYPTED in content:
            return Fault("encrypted", "the workbook is protected by a password", "save it without a password")
        return Fault("old_format", "the workbook is in the old .xls format", "save it as .xlsx")
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        if fault := oversized(archive):
            return fault
        found = sheets(archive)
        return Workbook(fastexcel.read_excel(content), archive, found)
    except (*DAMAGED, fastexcel.FastExcelError):
        return Fault("unreadable", "the file is not an Excel workbook, or it is damaged", _SAVE_AGAIN)


def choose(workbook: Workbook, name: str | None) -> Sheet | Fault:
    """The sheet of that name, white space around it aside; without a name, the only sheet there is."""
    names = [sheet.name for sheet in workbook.sheets]
    if name is None:
        if len(names) == 1:
            return workbook.sheets[0]
        message = f"the workbook has {len(names)} sheets: {listed(names)}"
        return Fault("sheet", message, "name one under sheet: in the study file")
    exact = [sheet for sheet in workbook.sheets if sheet.name == name]
    alike = [sheet for sheet in workbook.sheets if sheet.name.strip() == name.strip()]
    if exact or len(alike) == 1:
        return (exact or alike)[0]
    message = f"there is no sheet '{name}'{suggestion(name, names)}"
    return Fault("sheet", message, f"correct the name in the study file; the sheets are {listed(names)}")


def read_sheet(
    workbook: Workbook, sheet: Sheet, columns: Sequence[str], *, decimal: str, header_row: int | None = None
) -> Cells:
    """Read the named columns of a sheet; the header is in `header_row`, or else in the first row with a value.

    Truth values are TRUE and FALSE. With `decimal` "comma", cells that are numbers (not text) are written
    with a comma, as such a spreadsheet shows them.
    """
    try:
        seen = survey(workbook.archive, sheet.part, keep_numbers=decimal == "comma")
    except DAMAGED:
        seen = Fault("unreadable", "the sheet is damaged", _SAVE_AGAIN)
    if isinstance(seen, Fault):
        return refused(columns, seen)
    if seen.width == 0:
        return refused(columns, Fault("empty", "the sheet is empty", "give a sheet with a header and rows"))
    grid = _grid(workbook, sheet.name, seen)
    return refused(columns, grid) if isinstance(grid, Fault) else _table(grid, seen, columns, header_row)


def top_of(workbook: Workbook, sheet: Sheet) -> list[tuple[int, list[str]]] | Fault:
    """The first rows of a sheet that hold a value: each one's number and its cells."""
    try:
        seen = survey(workbook.archive, sheet.part, keep_numbers=False)
    except DAMAGED:
        seen = Fault("unreadable", "the sheet is damaged", _SAVE_AGAIN)
    if isinstance(seen, Fault):
        return seen
    if seen.width == 0:
        return []
    grid = _grid(workbook, sheet.name, seen)
    return grid if isinstance(grid, Fault) else _top(_filled(grid))


def _grid(workbook: Workbook, name: str, seen: Survey) -> pl.DataFrame | Fault:
    """The sheet from its row 1 on, all text, columns `0`, `1`, ... from the first that holds a value."""
    try:
        loaded = workbook.reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string")
        grid: pl.DataFrame = loaded.to_polars()
    except fastexcel.FastExcelError as error:
        cells = ", ".join(f"{address(*at)} ({text})" for at, text in list(seen.errors.items())[:5])
        why = f"; error values in cells {cells}" if cells else f" ({str(error).splitlines()[0]})"
        return Fault("unreadable", f"the sheet cannot be read{why}", "correct these cells or " + _SAVE_AGAIN)
    if (grid.width, grid.height) != (seen.width, seen.last_row):
        message = f"the sheet holds {seen.last_row} rows by one count and {grid.height} by another"
        return Fault("unreadable", message, _SAVE_AGAIN)
    grid.columns = [str(at) for at in range(grid.width)]
    return _put(_put(_trimmed(grid, seen), seen, seen.errors), seen, seen.truths)


def _trimmed(grid: pl.DataFrame, seen: Survey) -> pl.DataFrame:
    # a date cell comes with midnight, which the sheet does not show
    dated = grid.with_columns(pl.all().str.replace(_MIDNIGHT, "$1"))
    if not seen.numbers:
        return dated
    texts = {
        (row, column): text.replace(".", ",")
        for name in dated.columns
        for row, text in _fractions(dated[name])
        if (row, column := int(name) + (seen.first_column or 0)) in seen.numbers
    }
    return _put(dated, seen, texts)


def _fractions(column: pl.Series) -> list[tuple[int, str]]:
    """The cells that look like a number with a point: row, counted from 1, and text."""
    at = column.str.contains(_NUMBER).fill_null(value=False).arg_true()
    return [(int(row) + 1, str(column[int(row)])) for row in at]


def _put(grid: pl.DataFrame, seen: Survey, texts: Mapping[tuple[int, int], str]) -> pl.DataFrame:
    """Write texts at their places, (row counted from 1, column counted from 0)."""
    by_column: dict[int, dict[int, str]] = {}
    for (row, column), text in texts.items():
        by_column.setdefault(column - (seen.first_column or 0), {})[row - 1] = text
    for at, cells in by_column.items():
        column_name = str(at)
        changed = grid[column_name].scatter(list(cells), list(cells.values()))
        grid = grid.with_columns(changed.alias(column_name))
    return grid


def _table(grid: pl.DataFrame, seen: Survey, columns: Sequence[str], header_row: int | None) -> Cells:
    filled = _filled(grid).filter(pl.col("_row") >= (header_row or 1))
    if filled.height == 0:
        return refused(columns, Fault("empty", "the sheet is empty", "give a sheet with a header and rows"))
    (row, header), *below = _top(filled)
    if header_row is not None and row != header_row:
        return refused(columns, blank_header(header_row))
    if header_row is None and (fault := other_header(row, header, below, columns)):
        return refused(columns, fault)
    positions, faults = locate(header, columns)
    body = filled.slice(1).select("_row", *(pl.col(str(at)).alias(name) for name, at in positions.items()))
    unsaved = _uncalculated(seen, positions, header_row=row)
    places = {name: at + (seen.first_column or 0) for name, at in positions.items()}
    return Cells(arrange(body, columns), body.height, (*faults, *unsaved), places)


def _filled(grid: pl.DataFrame) -> pl.DataFrame:
    """The rows that hold a value, with their numbers."""
    numbered = grid.with_columns(pl.int_range(1, grid.height + 1, dtype=pl.Int64).alias("_row"))
    return numbered.filter(
        pl.any_horizontal(pl.exclude("_row").str.strip_chars() != "").fill_null(value=False)
    )


def _top(filled: pl.DataFrame) -> list[tuple[int, list[str]]]:
    """The first rows: each one's number and its cells."""
    rows = filled.select("_row", pl.exclude("_row").fill_null("")).head(_ROWS_AT_THE_TOP).iter_rows()
    return [(int(row), [str(text) for text in cells]) for row, *cells in rows]


def _uncalculated(seen: Survey, positions: Mapping[str, int], *, header_row: int) -> list[Fault]:
    headers = {at + (seen.first_column or 0): name for name, at in positions.items()}
    return [
        Fault(
            "formula",
            f"cell {address(row, column)} holds the formula '{formula}' without its result",
            "open the workbook in Excel, let it calculate, and save it",
            row=row,
            column=headers[column],
            value=formula,
        )
        for (row, column), formula in seen.uncalculated.items()
        if column in headers and row > header_row
    ]
