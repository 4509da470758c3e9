"""One source file: found, hashed, and read by the reader for its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from calliper.ingest.cells import Cells, Fault, refused
from calliper.ingest.database import Answered, ask, is_database, read_answered
from calliper.ingest.delimited import read_delimited
from calliper.ingest.excel import Workbook, choose, open_workbook, read_sheet
from calliper.ingest.parquet import read_parquet
from calliper.ingest.statistical import KINDS as _STATISTICAL
from calliper.ingest.statistical import read_statistical
from calliper.records.tables import InputFile
from calliper.records.wording import listed, suggestion

_TEXT = (".csv", ".tsv", ".txt")
_WORKBOOK = (".xlsx", ".xlsm")
_PARQUET = (".parquet",)
KINDS = (*_TEXT, *_WORKBOOK, *_PARQUET, *_STATISTICAL)
"""The kinds of files that are read, by their extensions."""
_MOST_NEIGHBOURS = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's bytes and hash, all reads of one run being of the same bytes; a workbook is opened once.

    Of a database, what it answered stands in the place of the bytes.
    """

    extension: str
    content: bytes
    file: InputFile
    workbook: Workbook | Fault | None
    answered: Answered | None = None


def open_file(
    folder: Path, path: str, *, sheet: str | None = None, query: str | None = None, decimal: str = "point"
) -> Opened | Fault:
    """Open `path`, relative to the study file's folder unless absolute; a Fault says why it cannot be.

    Of a database, `sheet` names a table, or `query` asks for rows.
    """
    if is_database(path):
        answered = ask(folder, path, table=sheet, query=query, decimal=decimal)
        if isinstance(answered, Fault):
            return answered
        file = InputFile(path, answered.sha256, len(answered.rows))
        return Opened("", b"", file, None, answered)
    place = folder / path
    extension = PurePosixPath(path).suffix.lower()
    try:
        if place.is_dir():
            return Fault("file", "this is a folder, not a file", "name the file in it")
        if not place.exists():
            return _absent(place)
        if not place.is_file():
            return Fault("file", "this is a device or a pipe, not a file", "name a file")
        if fault := _unread(extension):
            return fault
        content = place.read_bytes()
    except OSError as error:
        action = "check its name, and who may read it"
        return Fault("file", f"the file cannot be read ({error.strerror})", action)
    file = InputFile(path, hashlib.sha256(content).hexdigest(), len(content))
    return Opened(extension, content, file, open_workbook(content) if extension in _WORKBOOK else None)


def _absent(place: Path) -> Fault:
    if not place.parent.is_dir():
        return Fault(
            "file", "there is no such file", "its folder is not there: correct the path in the study file"
        )
    near = sorted(entry.name for entry in _entries(place.parent))
    here = listed(near, most=10) if near else "nothing"
    message = f"there is no such file{suggestion(place.name, near)}"
    return Fault("file", message, f"correct the path in the study file; its folder holds {here}")


def _unread(extension: str) -> Fault | None:
    """A fault for a kind of file that no reader here reads."""
    if extension in KINDS:
        return None
    if extension == ".xls":
        return Fault("old_format", "the workbook is in the old .xls format", "save it as .xlsx")
    kinds = ", ".join(KINDS)
    found = f"files of the kind '{extension}' are" if extension else "a file without an extension is"
    return Fault("file", f"{found} not read", f"save it as one of {kinds}")


def _entries(folder: Path) -> list[Path]:
    try:
        return [entry for _, entry in zip(range(_MOST_NEIGHBOURS), folder.iterdir()) if entry.is_file()]
    except OSError:
        return []


def read_columns(
    opened: Opened, columns: Sequence[str], *, sheet: str | None, header_row: int | None, decimal: str
) -> tuple[str, Cells]:
    """Read the named columns of a file or one of its sheets: the sheet's name ('' for none), the cells."""
    if opened.answered is not None:
        return sheet or "", read_answered(opened.answered, columns)
    if isinstance(opened.workbook, Fault):
        return sheet or "", refused(columns, opened.workbook)
    if isinstance(opened.workbook, Workbook):
        chosen = choose(opened.workbook, sheet)
        if isinstance(chosen, Fault):
            return "", refused(columns, chosen)
        cells = read_sheet(opened.workbook, chosen, columns, decimal=decimal, header_row=header_row)
        return chosen.name, cells
    if sheet is not None:
        message = f"the study file names its sheet '{sheet}', but only a workbook has sheets"
        return "", refused(columns, Fault("sheet", message, "remove sheet: from the study file"))
    if opened.extension in (*_PARQUET, *_STATISTICAL):
        if header_row is not None:
            what = "a Parquet file" if opened.extension in _PARQUET else f"a {opened.extension} file"
            fault = Fault("header_row", f"{what} has no rows above its header", "remove header_row:")
            return "", refused(columns, fault)
        if opened.extension in _PARQUET:
            return "", read_parquet(opened.content, columns, decimal=decimal)
        return "", read_statistical(opened.content, columns, extension=opened.extension, decimal=decimal)
    cells = read_delimited(opened.content, columns, extension=opened.extension, header_row=header_row)
    return "", cells
