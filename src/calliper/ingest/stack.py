"""The tables of a study, each stacked from its files; the problems of all files are gathered together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from calliper.ingest.cells import Cells, Fault, refused
from calliper.ingest.database import is_database
from calliper.ingest.harmonise import harmonise, headers_of
from calliper.ingest.opened import Opened, open_file, read_columns
from calliper.ingest.sdtm import reshape
from calliper.ingest.sdtm_rows import COLUMNS, TABLE_OF
from calliper.protocol.layers import NO_LAYERS, Layers
from calliper.protocol.specs import Domain, Protocol, Reshaped, SourceFile, TableSource, Tumours
from calliper.records.tables import (
    CONVERSIONS,
    PROVENANCE,
    ROW_NUMBER,
    TABLES,
    AsFound,
    InputFile,
    Problem,
    RawRecords,
    RawTable,
)

_KEPT = "_kept"

Stacked = dict[str, tuple[pl.DataFrame, int]]
"""Each table's rows, those that `keep` leaves among them, and how many rows were read."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One file's share of one table: its rows with provenance, before `keep`.

    `headers` has the file's own header by the study's, `conversions` the cells that became another text.
    """

    table: str
    source: SourceFile
    sheet: str
    cells: Cells
    headers: Mapping[str, str] = field(default_factory=dict)
    conversions: pl.DataFrame | None = None


def read(protocol: Protocol, folder: Path, layers: Layers = NO_LAYERS) -> RawRecords:
    """Read every table the study file names; paths are relative to `folder`, where the study file lies.

    `layers` are the centres' mappings and answers, by which cells are put in the study's words.

    Never raises for what the files hold: problems are in the result. The rows of a patient that `keep` leaves
    out are left out of the other tables too.
    """
    sources = dict(_sources(protocol))
    parts: dict[tuple[str, int], _Part] = {}
    files: list[InputFile] = []
    places = dict.fromkeys(_place(file) for source in sources.values() for file in source.files)
    # by file, so that the bytes of only one file are held at a time
    for place in places:
        path, table_name, query = place
        opened = open_file(folder, path, sheet=table_name, query=query, decimal=protocol.reading.decimal)
        if isinstance(opened, Opened):
            files.append(opened.file)
        for table, source in sources.items():
            for at, file in enumerate(source.files):
                if _place(file) == place:
                    parts[table, at] = _part(protocol, table, file, opened, layers)
    of_table = {
        table: [parts[table, at] for at in range(len(source.files))] for table, source in sources.items()
    }
    problems = tuple(problem for held in of_table.values() for part in held for problem in _problems(part))
    stacked = {table: _stack(held) for table, held in of_table.items()}
    gone = _gone(protocol, stacked["patients"][0])
    if protocol.data.tumours is not None:
        parts_of_domains = [part for domain in protocol.data.tumours.domains for part in of_table[domain]]
        is_readable = not any(fault.row is None for part in parts_of_domains for fault in part.cells.faults)
        stacked, found = _reshape(protocol, protocol.data.tumours, stacked, gone, is_readable=is_readable)
        problems += found
    held = [part for each in of_table.values() for part in each]
    return RawRecords(_kept(protocol, stacked, gone), tuple(files), problems, _as_found(held, layers))


def _as_found(parts: list[_Part], layers: Layers) -> AsFound:
    """What the files have where the parts have the study's words."""
    ledgers = [
        part.conversions.select(
            pl.lit(part.source.path).alias("file"), pl.lit(part.sheet).alias("sheet"), pl.all()
        )
        for part in parts
        if part.conversions is not None and part.conversions.height
    ]
    # one sheet may hold several tables, whose shared columns become the same
    conversions = (
        pl.concat(ledgers).unique(maintain_order=True) if ledgers else pl.DataFrame(schema=CONVERSIONS)
    )
    return AsFound(
        headers={
            (part.source.path, part.sheet, name): header
            for part in parts
            for name, header in part.headers.items()
            if name != header
        },
        columns={
            (part.source.path, part.sheet, name): at
            for part in parts
            for name, at in part.cells.positions.items()
        },
        conversions=conversions,
        confirmed={answer.place: answer.told for answer in layers.answers if answer.verdict == "right"},
    )


def _place(file: SourceFile) -> tuple[str, str | None, str | None]:
    """What is opened once: a file; of a database, each table and query."""
    return (file.path, file.sheet, file.query) if is_database(file.path) else (file.path, None, None)


def columns_of(protocol: Protocol, table: str, file: SourceFile) -> tuple[str, ...]:
    """The columns of a file that the study file names: roles, further ones, for patients arm and variables, `keep`."""
    if table in COLUMNS:
        required, optional = COLUMNS[table]
        return tuple(dict.fromkeys([*required, *optional, *file.keep]))
    source: TableSource = getattr(protocol.data, table)
    named = [*source.columns.values(), *(further.column for further in source.further.values())]
    if table == "patients" and source.columns.get("patient") == ROW_NUMBER:
        named.remove(ROW_NUMBER)
    if table == "patients":
        named += [protocol.arms.column, *(variable.column for variable in protocol.variables.values())]
    return tuple(dict.fromkeys([*named, *file.keep]))


def _sources(protocol: Protocol) -> Iterator[tuple[str, TableSource | Domain]]:
    """The tables that files hold, and the SDTM domains from which others are made."""
    for table in TABLES:
        source = getattr(protocol.data, table)
        if source is not None and not isinstance(source, Reshaped):
            yield table, source
    if protocol.data.tumours is not None:
        yield from protocol.data.tumours.domains.items()


def _part(protocol: Protocol, table: str, file: SourceFile, opened: Opened | Fault, layers: Layers) -> _Part:
    columns = columns_of(protocol, table, file)
    if own := [name for name in columns if name in (*PROVENANCE, _KEPT)]:
        message = f"the name '{own[0]}' is kept for Calliper's own columns"
        action = "rename the column in the file and in the study file"
        opened = Fault("column_name", message, action, column=own[0])
        columns = tuple(name for name in columns if name not in own)
    if isinstance(opened, Fault):
        return _Part(table, file, file.sheet or "", refused(columns, opened))
    found = layers.sheet(file.path, file.sheet or "")
    mapped = None if found is None else found[1]
    headers = headers_of(mapped, columns)
    decimal = (mapped.decimal if mapped is not None else None) or protocol.reading.decimal
    sheet, cells = read_columns(
        opened,
        tuple(dict.fromkeys(headers.values())),
        sheet=file.sheet,
        header_row=file.header_row,
        decimal=decimal,
    )
    made = harmonise(
        cells,
        mapped,
        [answer for answer in layers.answers if (answer.file, answer.sheet) == (file.path, sheet)],
        headers,
        decimal=protocol.reading.decimal,
        key=layers.key,
    )
    cells = (
        made.cells if found is None else replace(made.cells, faults=_of_mapping(made.cells.faults, found[0]))
    )
    if table in COLUMNS:
        may_lack = {name for name in COLUMNS[table][1] if name not in file.keep}
        faults = [
            fault for fault in cells.faults if fault.rule != "column_missing" or fault.column not in may_lack
        ]
        cells = replace(cells, faults=tuple(faults))
    # a centre may well have no adverse event, but hardly no patient
    if table == "patients" and cells.n_read == 0 and not cells.faults:
        message = "there is a header and no row under it"
        cells = refused(columns, Fault("no_rows", message, "give the table's rows"))
    return _Part(table, file, sheet, cells, headers, made.conversions)


def _of_mapping(faults: tuple[Fault, ...], path: str) -> tuple[Fault, ...]:
    """Faults of headers that a mapping names, which is where they are to be corrected."""
    return tuple(
        replace(fault, action=fault.action.replace("in the study file", f"under header: in {path}"))
        if fault.rule == "column_missing"
        else fault
        for fault in faults
    )


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
            table=TABLE_OF.get(part.table, part.table),
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
    # a blank cell is kept by ""
    tests = [
        pl.col(column).fill_null("").str.strip_chars().is_in(list(values)) for column, values in keep.items()
    ]
    return pl.all_horizontal(tests)


def _gone(protocol: Protocol, patients: pl.DataFrame) -> list[str]:
    """The patients whom `keep` leaves out."""
    identifier = protocol.data.patients.columns.get("patient", "")
    if identifier not in patients.columns:
        return []
    names = pl.col(identifier).cast(pl.String).str.strip_chars()
    by_patient = patients.select(names.alias("patient"), _KEPT)
    kept = set(by_patient.filter(_KEPT)["patient"].to_list())
    gone = by_patient.filter(~pl.col(_KEPT))["patient"].drop_nulls().unique().to_list()
    return [name for name in gone if name not in kept]


def _reshape(
    protocol: Protocol, tumours: Tumours, stacked: Stacked, gone: list[str], *, is_readable: bool
) -> tuple[Stacked, tuple[Problem, ...]]:
    """Put the tables that SDTM domains become in the domains' place; they are empty where a file cannot be read."""
    domains = {name: stacked[name][0] for name in tumours.domains}
    belongs = pl.col(_KEPT) & ~pl.col("USUBJID").str.strip_chars().is_in(gone).fill_null(value=False)
    held = {name: frame.filter(belongs) if is_readable else frame.clear() for name, frame in domains.items()}
    made = reshape(protocol, tumours, held)
    n_read = {"imaging": made.frames["imaging"].height, "lesions": stacked["tr"][1]}
    if "rs" in domains:
        n_read["responses"] = stacked["rs"][1]
    tables = {
        name: (frame.with_columns(pl.lit(value=True).alias(_KEPT)), n_read[name])
        for name, frame in made.frames.items()
    }
    others = {name: table for name, table in stacked.items() if name not in domains}
    return {**others, **tables}, made.problems


def _kept(protocol: Protocol, stacked: Stacked, gone: list[str]) -> dict[str, RawTable]:
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
