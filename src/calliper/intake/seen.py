"""What lies in the files that a user names: every sheet with its header and every cell as text; read, never written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from os.path import relpath
from pathlib import Path
from typing import Any

from calliper.ingest.cells import Fault
from calliper.ingest.database import is_database, tables_of
from calliper.ingest.headers import find_header, sheets_of
from calliper.ingest.opened import Opened, open_file, read_columns
from calliper.ingest.statistical import KINDS as STATISTICAL
from calliper.ingest.statistical import FileLabels, labels_of

Texts = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """One sheet: the path as the study file writes it, its columns' cells without outer white space, its rows' numbers.

    `keep` says which rows of the sheet it is, as `keep` in the study file; `labels` what the file says of its columns.
    """

    file: str
    sheet: str | None
    header_row: int
    rows: tuple[int, ...]
    columns: Mapping[str, Texts]
    labels: FileLabels = field(default_factory=FileLabels)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The file, and its sheet where it has any."""
        return f"{self.file}, sheet '{self.sheet}'" if self.sheet else self.file


def source_of(
    seen: Seen, centre: str | None, keep: Mapping[str, Sequence[str]] | None = None
) -> dict[str, Any]:
    """The sheet as the files of a study's table name it; `keep` in the place of its own."""
    kept = keep or {column: list(values) for column, values in seen.keep.items()}
    made = {
        "path": seen.file,
        "sheet": seen.sheet,
        "header_row": seen.header_row if seen.header_row > 1 else None,
        "centre": centre,
        "keep": kept,
    }
    return {key: value for key, value in made.items() if value}


def rows_where(seen: Seen, column: str, value: str) -> Seen:
    """The rows of a sheet whose cell is `value`, '' where blank, and the `keep` that says so."""
    at = [place for place, text in enumerate(seen.columns[column]) if (text or "") == value]
    columns = {name: tuple(texts[place] for place in at) for name, texts in seen.columns.items()}
    rows = tuple(seen.rows[place] for place in at)
    return replace(seen, rows=rows, columns=columns, keep={**seen.keep, column: (value,)})


def only_columns(seen: Seen, names: Sequence[str]) -> Seen:
    """A sheet with some of its columns."""
    return replace(seen, columns={name: seen.columns[name] for name in names})


@dataclass(frozen=True, slots=True)
class Looked:
    """All sheets, by the file as the user named it, and what could not be read."""

    sheets: tuple[Seen, ...]
    faults: tuple[str, ...]


def look(paths: Sequence[str], folder: Path) -> Looked:
    """Every sheet of every file; `folder` is where the study file will lie, and `file` is written relative to it."""
    sheets: list[Seen] = []
    faults: list[str] = []
    for path in paths:
        made = _database(path) if is_database(path) else _file(path, relpath(path, folder).replace("\\", "/"))
        for held in made:
            if isinstance(held, str):
                faults.append(held)
            elif held.rows:
                sheets.append(held)
    return Looked(tuple(sheets), tuple(faults))


def _file(path: str, written: str) -> list[Seen | str]:
    opened = open_file(Path(), path)
    if isinstance(opened, Fault):
        return [f"{path}: {opened.message}; {opened.action}"]
    if isinstance(opened.workbook, Fault):
        return [f"{path}: {opened.workbook.message}; {opened.workbook.action}"]
    labels = labels_of(opened.content, opened.extension) if opened.extension in STATISTICAL else FileLabels()
    return [_sheet(opened, sheet, path, written, labels) for sheet in sheets_of(opened)]


def _database(path: str) -> list[Seen | str]:
    known = tables_of(Path(), path)
    if isinstance(known, Fault):
        return [f"{path}: {known.message}; {known.action}"]
    made: list[Seen | str] = []
    for table in known:
        opened = open_file(Path(), path, sheet=table)
        if isinstance(opened, Fault):
            made.append(f"{path}, {table}: {opened.message}; {opened.action}")
        else:
            made.append(_sheet(opened, table, path, path, FileLabels()))
    return made


def _sheet(opened: Opened, sheet: str | None, path: str, written: str, labels: FileLabels) -> Seen | str:
    where = f"{path}, sheet '{sheet}'" if sheet else path
    header = find_header(opened, sheet)
    if isinstance(header, Fault):
        # an empty sheet of a workbook is nothing to tell of
        return (
            Seen(written, sheet, 1, (), {})
            if header.rule == "empty" and sheet
            else f"{where}: {header.message}; {header.action}"
        )
    is_table = (
        opened.extension in STATISTICAL or opened.extension == ".parquet" or opened.answered is not None
    )
    _, cells = read_columns(
        opened, header.usable, sheet=sheet, header_row=None if is_table else header.row, decimal="point"
    )
    whole = [fault for fault in cells.faults if fault.row is None]
    if whole:
        return f"{where}: {whole[0].message}; {whole[0].action}"
    frame = cells.frame
    columns = {
        name: tuple(text if text is None else text.strip() for text in frame[name]) for name in header.usable
    }
    return Seen(written, sheet, header.row, tuple(frame["_row"]), columns, labels)
