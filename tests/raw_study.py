"""A small study with one table of patients, and writers of its files in every format."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from calliper import ingest
from calliper.protocol.specs import Protocol
from calliper.records.check import check
from calliper.records.tables import Problem, Records

HEADER = ("ID", "Age", "Size", "Sex", "Start", "Death", "Arm", "Note")
Cell = str | int | float | date | bool | None

PATIENTS: tuple[tuple[Cell, ...], ...] = (
    ("P1", 61, 10.5, "M", date(2018, 2, 1), None, "NEW", "kept as written"),
    ("P2", 48, 12.0, "F", date(2018, 3, 5), date(2018, 9, 20), "OLD", None),
    ("P3", None, 0.1, "M", date(2018, 4, 2), None, "NEW", 'said "no"; then yes'),
)
TYPED: dict[str, list[Any]] = {
    "patient": ["P1", "P2", "P3"],
    "centre": [None, None, None],
    "arm": ["new", "old", "new"],
    "age": [61, 48, None],
    "size": [10.5, 12.0, 0.1],
    "sex": ["Male", "Female", "Male"],
    "start": [date(2018, 2, 1), date(2018, 3, 5), date(2018, 4, 2)],
    "death": [None, date(2018, 9, 20), None],
    "note": ["kept as written", None, 'said "no"; then yes'],
}
"""What PATIENTS must become, written by hand."""

VARIABLES: dict[str, dict[str, Any]] = {
    "age": {
        "type": "integer",
        "column": "Age",
        "label": "Age",
        "unit": "years",
        "range": [18, 110],
        "plausible": [25, 80],
    },
    "size": {"type": "number", "column": "Size", "label": "Size", "unit": "cm"},
    "sex": {"type": "category", "column": "Sex", "label": "Sex", "codes": {"M": "Male", "F": "Female"}},
    "start": {"type": "date", "column": "Start", "label": "Start"},
    "death": {"type": "date", "column": "Death", "label": "Death", "not_before": "start"},
    "note": {"type": "text", "column": "Note", "label": "Note"},
}


def study(
    *files: Mapping[str, Any],
    tables: Mapping[str, Any] | None = None,
    variables: Mapping[str, Mapping[str, Any]] | None = None,
    reading: Mapping[str, Any] | None = None,
    centres: Mapping[str, Any] | None = None,
    endpoints: Mapping[str, Any] | None = None,
    derived: Mapping[str, Any] | None = None,
    roles: Mapping[str, str] | None = None,
    cutoff: date | None = date(2020, 6, 30),
) -> Protocol:
    """A study whose patients table is stacked from `files`; `variables` changes or adds variables by name."""
    merged = {name: {**VARIABLES.get(name, {}), **change} for name, change in (variables or {}).items()}
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "Reading", "design": "retrospective cohort", "cutoff": cutoff},
            "centres": centres or {},
            "reading": reading or {},
            "data": {
                "patients": {
                    "files": list(files) or [{"path": "one.csv"}],
                    "columns": roles or {"patient": "ID"},
                },
                **(tables or {}),
            },
            "variables": {**VARIABLES, **merged},
            "derived": derived or {},
            "arms": {
                "column": "Arm",
                "groups": {
                    "new": {"label": "New", "values": ["NEW"]},
                    "old": {"label": "Old", "values": ["OLD"]},
                },
                "reference": "old",
            },
            "endpoints": endpoints or {},
            "analyses": [{"id": "baseline", "kind": "baseline", "variables": ["age"]}],
        }
    )


def checked(protocol: Protocol, folder: Path) -> Records:
    """The records of a study, read and checked."""
    return check(protocol, ingest.read(protocol, folder))


def lines(records: Records, severity: str = "error") -> list[str]:
    """The printed lines of the problems of one severity."""
    return [problem.line for problem in records.problems if problem.severity == severity]


def only(records: Records) -> Problem:
    """The one problem of the records."""
    assert len(records.problems) == 1, [problem.line for problem in records.problems]
    return records.problems[0]


def write_text(
    path: Path,
    rows: Sequence[Sequence[Cell]],
    *,
    separator: str = ",",
    encoding: str = "utf-8",
    comma: bool = False,
) -> Path:
    """A text file as a spreadsheet saves it; with `comma`, fractions have a decimal comma."""

    def shown(cell: Cell) -> str:
        text = "" if cell is None else str(cell)
        text = text.replace(".", ",") if comma and isinstance(cell, float) else text
        return (
            '"' + text.replace('"', '""') + '"' if any(mark in text for mark in f'{separator}"\n') else text
        )

    body = "".join(separator.join(shown(cell) for cell in row) + "\r\n" for row in rows)
    path.write_bytes(body.encode(encoding))
    return path


def write_workbook(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[Cell]]],
    *,
    at: tuple[int, int] = (0, 0),
    book: Any = None,
) -> Path:
    """A workbook with native numbers, dates and truth values; each table begins at row and column `at`."""
    with xlsxwriter.Workbook(path, book or {}) as written:
        day = written.add_format({"num_format": "yyyy-mm-dd"})
        moment = written.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, rows in sheets.items():
            sheet = written.add_worksheet(name)
            for row, cells in enumerate(rows, start=at[0]):
                for column, cell in enumerate(cells, start=at[1]):
                    if isinstance(cell, datetime):
                        sheet.write_datetime(row, column, cell, moment)
                    elif isinstance(cell, date):
                        sheet.write_datetime(row, column, datetime.combine(cell, time()), day)
                    elif isinstance(cell, str) and cell.startswith("#"):
                        sheet.write_formula(row, column, "=1/0", None, cell)
                    elif isinstance(cell, str):
                        sheet.write_string(row, column, cell)
                    elif cell is not None:
                        sheet.write(row, column, cell)
    return path


def write_parquet(path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    """A Parquet file with native types; the first row is the names."""
    names, *body = rows
    pl.DataFrame(body, schema=[str(name) for name in names], orient="row").write_parquet(path)
    return path


MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def _relationship(kind: str, target: str) -> str:
    entry = f'<Relationship Id="r1" Type="{_OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{_PACKAGE}">{entry}</Relationships>'


_PARTS = {
    "_rels/.rels": _relationship("officeDocument", "xl/workbook.xml"),
    "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _relationship("worksheet", "worksheets/sheet1.xml"),
}
SHEET = "xl/worksheets/sheet1.xml"
BEFORE = f'<worksheet xmlns="{MAIN}"><sheetData>'
AFTER = "</sheetData></worksheet>"


def write_by_hand(path: Path, data: str | None) -> Path:
    """A workbook whose sheet `S` holds the given XML; with None the caller appends the sheet."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in _PARTS.items():
            archive.writestr(name, '<?xml version="1.0"?>' + text)
        if data is not None:
            archive.writestr(SHEET, BEFORE + data + AFTER)
    return path
