"""One source file: found, hashed, and read by the reader for its kind."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..records.tables import InputFile
from ..records.wording import listed, suggestion
from .cells import Cells, Fault, refused
from .delimited import read_delimited
from .excel import Workbook, choose, open_workbook, read_sheet
from .parquet import read_parquet

_TEXT = (".csv", ".tsv", ".txt")
_WORKBOOK = (".xlsx", ".xlsm")
_PARQUET = (".parquet",)
_MOST_NEIGHBOURS = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's bytes and hash, all reads of one run being of the same bytes; a workbook is opened once."""

    extension: str
    content: bytes
    file: InputFile
    workbook: Workbook | Fault | None


def open_file(folder: Path, path: str) -> Opened | Fault:
    """Open `path`, relative to the study file's folder; a Fault says why it cannot be."""
    place = folder / path
    extension = PurePosixPath(path).suffix.lower()
    if place.is_dir():
        return Fault("file", "this is a folder, not a file", "name the file in it")
    if not place.exists():
        near = sorted(entry.name for entry in _entries(place.parent))
        here = listed(near, most=10) if near else "nothing"
        return Fault(
            "file",
            f"there is no such file{suggestion(place.name, near)}",
            f"correct the path in the study file; its folder holds {here}",
        )
    if extension not in (*_TEXT, *_WORKBOOK, *_PARQUET):
        if extension == ".xls":
            return Fault("old_format", "the workbook is in the old .xls format", "save it as .xlsx")
        kinds = ", ".join((*_TEXT, *_WORKBOOK, *_PARQUET))
        return Fault("file", f"files of the kind '{extension}' are not read", f"save it as one of {kinds}")
    try:
        content = place.read_bytes()
    except OSError as error:
        return Fault("file", f"the file cannot be read ({error.strerror})", "check who may read it")
    file = InputFile(path, hashlib.sha256(content).hexdigest(), len(content))
    return Opened(extension, content, file, open_workbook(content) if extension in _WORKBOOK else None)


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    try:
        return [entry for _, entry in zip(range(_MOST_NEIGHBOURS), folder.iterdir()) if entry.is_file()]
    except OSError:
        return []


def read_columns(
    opened: Opened, columns: Sequence[str], *, sheet: str | None, decimal: str
) -> tuple[str, Cells]:
    """Read the named columns of a file or one of its sheets: the sheet's name ('' for none), the cells."""
    if isinstance(opened.workbook, Fault):
        return sheet or "", refused(columns, opened.workbook)
    if isinstance(opened.workbook, Workbook):
        chosen = choose(opened.workbook, sheet)
        if isinstance(chosen, Fault):
            return "", refused(columns, chosen)
        return chosen.name, read_sheet(opened.workbook, chosen, columns, decimal=decimal)
    if sheet is not None:
        message = f"the study file names its sheet '{sheet}', but only a workbook has sheets"
        return "", refused(columns, Fault("sheet", message, "remove sheet: from the study file"))
    if opened.extension in _PARQUET:
        return "", read_parquet(opened.content, columns, decimal=decimal)
    return "", read_delimited(opened.content, columns, extension=opened.extension)
