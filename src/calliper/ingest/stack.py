"""The tables of a study, each stacked from its files; the problems of all files are gathered together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from calliper.ingest.cells import Cells, Fault, refused
from calliper.ingest.opened import Opened, open_file, read_columns
from calliper.protocol.specs import Protocol, SourceFile, TableSource
from calliper.records.tables import PROVENANCE, ROW_NUMBER, TABLES, InputFile, Problem, RawRecords, RawTable

_KEPT = "_kept"


@dataclass(frozen=True, slots=True)
class _Part:
    """One file's share of one table: its rows with provenance, before `keep`."""

    table: str
    source: SourceFile
    sheet: str
    cells: Cells


def read(protocol: Protocol, folder: Path) -> RawRecords:
    """Read every table the study file names; paths are relative to `folder`, where the study file lies.

    Never raises for what the files hold: problems are in the result. The rows of a patient that `keep` leaves
    out are left out of the other tables too.
    """
    sources = dict(_sources(protocol))
    parts: dict[tuple[str, int], _Part] = {}
    files: list[InputFile] = []
    paths = dict.fromkeys(file.path for source in sources.values() for file in source.files)
    # by file, so that the bytes of only one file are held at a time
    for path in paths:
        opened = open_file(folder, path)
        if isinstance(opened, Opened):
            files.append(opened.file)
        for table, source in sources.items():
            for at, file in enumerate(source.files):
                if file.path == path:
                    parts[table, at] = _part(protocol, table, file, opened)
    of_table = {
        table: [parts[table, at] for at in range(len(source.files))] for table, source in sources.items()
    }
    problems = tuple(problem for held in of_table.values() for part in held for problem in _problems(part))
    stacked = {table: _stack(held) for table, held in of_table.items()}
    return RawRecords(_kept(protocol, stacked), tuple(files), problems)


def columns_of(protocol: Protocol, table: str, file: SourceFile) -> tuple[str, ...]:
    """The columns of a file that the study file names: roles, further ones, for patients arm and variables, `keep`."""
    source: TableSource = getattr(protocol.data, table)
    named = [*source.columns.values(), *(further.column for further in source.further.values())]
    if table == "patients" and source.columns.get("patient") == ROW_NUMBER:
        named.remove(ROW_NUMBER)
    if table == "patients":
        named += [protocol.arms.column, *(variable.column for variable in protocol.variables.values())]
    return tuple(dict.fromkeys([*named, *file.keep]))


def _sources(protocol: Protocol) -> Iterator[tuple[str, TableSource]]:
    for table in TABLES:
        source = getattr(protocol.data, table)
        if source is not None:
            yield table, source


def _part(protocol: Protocol, table: str, file: SourceFile, opened: Opened | Fault) -> _Part:
    columns = columns_of(protocol, table, file)
    if own := [name for name in columns if name in (*PROVENANCE, _KEPT)]:
        message = f"the name '{own[0]}' is kept for Calliper's own columns"
        action = "rename the column in the file and in the study file"
        opened = Fault("column_name", message, action, column=own[0])
        columns = tuple(name for name in columns if name not in own)
    if isinstance(opened, Fault):
        return _Part(table, file, file.sheet or "", refused(columns, opened))
    sheet, cells = read_columns(
        opened, columns, sheet=file.sheet, header_row=file.header_row, decimal=protocol.reading.decimal
    )
    # a centre may well have no adverse event, but hardly no patient
    if table == "patients" and cells.n_read == 0 and not cells.faults:
        message = "there is a header and no row under it"
        cells = refused(columns, Fault("no_rows", message, "give the table's rows"))
    return _Part(table, file, sheet, cells)


def _problems(part: _Part) -> list[Problem]:
    return [
        Problem(
            "error",
            fault.rule,
            fault.message,
            fault.action,
            centre=part.source.centre or "",
            file=part.source.path,
            sheet=part.sheet,
            row=fault.row,
            column=fault.column,
            value=fault.value[:80],
            table=part.table,
        )
        for fault in part.cells.faults
    ]


def _stack(parts: list[_Part]) -> tuple[pl.DataFrame, int]:
    """Stack the parts of a table: columns, provenance and `_kept`, in the files' order; and the rows read."""
    frames = [
        part.cells.frame.with_columns(
            pl.lit(part.source.centre or "").alias("_centre"),
            pl.lit(part.source.path).alias("_file"),
            pl.lit(part.sheet).alias("_sheet"),
            _is_kept(part.source.keep).alias(_KEPT),
        )
        for part in parts
    ]
    return pl.concat(frames, how="diagonal"), sum(part.cells.n_read for part in parts)


def _is_kept(keep: dict[str, tuple[str, ...]]) -> pl.Expr:
    if not keep:
        return pl.lit(value=True)
    tests = [pl.col(column).str.strip_chars().is_in(list(values)) for column, values in keep.items()]
    return pl.all_horizontal(tests).fill_null(value=False)


def _kept(protocol: Protocol, stacked: dict[str, tuple[pl.DataFrame, int]]) -> dict[str, RawTable]:
    patients = stacked["patients"][0]
    identifier = protocol.data.patients.columns.get("patient", "")
    gone: list[str] = []
    if identifier in patients.columns:
        names = pl.col(identifier).cast(pl.String).str.strip_chars()
        by_patient = patients.select(names.alias("patient"), _KEPT)
        kept = by_patient.filter(_KEPT)["patient"]
        gone = by_patient.filter(~pl.col(_KEPT))["patient"].drop_nulls().unique().to_list()
        gone = [name for name in gone if name not in set(kept.to_list())]
    tables: dict[str, RawTable] = {}
    for name, (frame, n_read) in stacked.items():
        belongs = pl.col(_KEPT)
        column = getattr(protocol.data, name).columns.get("patient", "")
        if name != "patients" and gone and column in frame.columns:
            belongs &= ~pl.col(column).str.strip_chars().is_in(gone).fill_null(value=False)
        held = frame.filter(belongs).drop(_KEPT)
        others = [header for header in held.columns if header not in PROVENANCE]
        tables[name] = RawTable(name, held.select(*others, *PROVENANCE), n_read, held.height)
    return tables
