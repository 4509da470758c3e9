"""The records as shapes: the tables of a study, where each row came from, and what is wrong with them.

Every frame carries the provenance columns `_centre`, `_file`, `_sheet`, `_row` (the row as a spreadsheet numbers it,
the header being row 1) so that any later value leads back to a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from calliper.protocol.role import Kind
from calliper.protocol.roles import ROLES_OF

PROVENANCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "_centre": pl.String,
    "_file": pl.String,
    "_sheet": pl.String,
    "_row": pl.Int64,
}

ROW_NUMBER = "_row"
"""The header to name where the files hold no identifier of a patient: each row is one, by its number."""

CONVERSIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "file": pl.String,
    "sheet": pl.String,
    "row": pl.Int64,
    "column": pl.String,
    "found": pl.String,
    "value": pl.String,
    "why": pl.String,
}
"""Cells that were read as another text than the file has: where, what it has, what was read, by which rule."""

_TYPES: Mapping[Kind, type[pl.DataType]] = {
    "text": pl.String,
    "words": pl.String,
    "set": pl.String,
    "date": pl.Date,
    "number": pl.Float64,
    "ratio": pl.Float64,
    "whole": pl.Int64,
    "event": pl.Int64,
}

TABLES: dict[str, dict[str, pl.DataType | type[pl.DataType]]] = {
    table: {
        **{name: _TYPES[role.kind] for name, role in roles.items()},
        # `patients` also holds the study's own variables, one column each, under their names in study.yaml
        **({"arm": pl.String} if table == "patients" else {}),
    }
    for table, roles in ROLES_OF.items()
}
"""The role columns of each table. A role the study file does not map is a column of nulls; the study's own further
columns (String) stand beside them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one cell, row or file.

    An `error` stops the run (or excludes the record, where the study file says so); a `query` is listed and the value
    used as it stands. No value is altered by either, but for the query `imputed_date`, which tells of a partial date
    that the study file says how to complete.
    """

    severity: Literal["error", "query"]
    rule: str
    message: str
    action: str
    centre: str = ""
    file: str = ""
    sheet: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    patient: str = ""
    table: str = ""

    @property
    def line(self) -> str:
        """One printable line: `file, sheet 'S', row 3, column 'C': 'value' ...; action`."""
        place = [self.file] if self.file else []
        if self.sheet:
            place.append(f"sheet '{self.sheet}'")
        if self.row is not None:
            place.append(f"row {self.row}")
        if self.column:
            place.append(f"column '{self.column}'")
        where = ", ".join(place)
        return f"{where}: {self.message}; {self.action}" if where else f"{self.message}; {self.action}"


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read: path as the study file writes it, its SHA-256 and size in bytes."""

    path: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RawTable:
    """A table as the files hold it: every cell text (or null where blank), columns under the files' own headers.

    Only columns the study file names are held. `n_read` counts data rows in the files, `n_kept` those that passed
    `keep`.
    """

    name: str
    frame: pl.DataFrame
    n_read: int
    n_kept: int


@dataclass(frozen=True, slots=True)
class AsFound:
    """What the files have where the records have the study's words.

    `headers` has, by file, sheet and the study's header, the file's own; `conversions` the cells (CONVERSIONS);
    `columns`, by file, sheet and the file's header, how many columns stand left of it. `confirmed` has the cells, by
    file, sheet, row and the file's header, that a centre said are right, and what it said.
    """

    headers: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    columns: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    conversions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=CONVERSIONS))
    confirmed: Mapping[tuple[str, str, int, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawRecords:
    """What ingest hands to the checks."""

    tables: Mapping[str, RawTable]
    files: tuple[InputFile, ...]
    problems: tuple[Problem, ...]
    found: AsFound = field(default_factory=AsFound)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A record left out under `on_error: exclude_record`: for its errors, or (`by_patient`) for its patient's."""

    table: str
    patient: str
    file: str
    sheet: str
    row: int
    reason: str
    by_patient: bool = False


@dataclass(frozen=True, slots=True)
class Records:
    """Checked records. `tables[name]` has the columns of `TABLES[name]` (typed) and of `PROVENANCE`."""

    tables: Mapping[str, pl.DataFrame]
    files: tuple[InputFile, ...]
    problems: tuple[Problem, ...]
    excluded: tuple[Excluded, ...]
    n_read: Mapping[str, int]
    found: AsFound = field(default_factory=AsFound)

    @property
    def n_excluded(self) -> tuple[int, int]:
        """How many records are left out for their own errors, and how many because their patient is."""
        by_patient = sum(record.by_patient for record in self.excluded)
        return len(self.excluded) - by_patient, by_patient

    @property
    def patients(self) -> pl.DataFrame:
        """One row a patient: `patient`, `centre`, `arm`, the study's variables, provenance."""
        return self.tables["patients"]
