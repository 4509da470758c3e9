"""Raw tables to typed tables: every cell is checked here, once, and every problem is kept.

After this nobody checks a record again. An error never alters a value: the cell is null in the typed table,
and the run stops, or leaves the record out where the study file says `on_error: exclude_record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import polars as pl

from calliper.protocol.specs import Protocol, TableSource
from calliper.records.assessments import check_assessments
from calliper.records.column import RawColumns
from calliper.records.event_slips import check_silent_centres
from calliper.records.last_dates import tables_of_limits
from calliper.records.long_tables import check_long_table
from calliper.records.patients import check_patients
from calliper.records.tables import PROVENANCE, TABLES, AsFound, Excluded, Problem, RawRecords, Records
from calliper.records.typed import read_text
from calliper.records.wanted_words import check_wanted_words
from calliper.records.wording import clipped, quoted

_LACKING = ("column_missing", "column_twice", "column_type")
_PATIENT_LEFT_OUT = "the patient's own record is left out"


def check(protocol: Protocol, raw: RawRecords) -> Records:
    """Check every cell of every table.

    Never raises for what the records hold. The result has every table of the study: one that the study file
    does not name has no rows. With `on_error: exclude_record`, records with an error are not in their table
    but in `excluded`, and so are the long tables' rows of patients left out; with `stop`, all rows are
    there.
    """
    seen = {
        table: _cells(protocol, raw, table) for table in tables_of_limits(protocol) if table in raw.tables
    }
    patients, found = check_patients(protocol, _cells(protocol, raw, "patients"), seen)
    tables = {"patients": patients}
    problems = [*raw.problems, *_in_file_order(found, patients)]
    whole = _is_whole(raw, "patients")
    for table in TABLES:
        if table in raw.tables and table != "patients":
            known = patients.select("patient", "centre", "arm", pl.col(pl.Date)) if whole else None
            sessions = tables.get("sessions") if _is_whole(raw, "sessions") else None
            cells = _cells(protocol, raw, table)
            tables[table], found = check_long_table(protocol, cells, known, sessions)
            problems += _in_file_order(found, tables[table])
        elif table != "patients":
            tables[table] = pl.DataFrame(schema={**TABLES[table], **PROVENANCE})
    problems += check_assessments(protocol, tables)
    problems += check_wanted_words(protocol, tables)
    problems += check_silent_centres(protocol, tables)
    excluded: tuple[Excluded, ...] = ()
    if protocol.reading.on_error == "exclude_record":
        tables, excluded = _exclude(tables, problems)
    n_read = {name: held.n_read for name, held in raw.tables.items()}
    return Records(tables, raw.files, tuple(problems), excluded, n_read, raw.found)


def as_found(records: Records) -> Records:
    """The records with their problems in the words of the files: the centre's own header, and what its cell holds.

    A query on a cell that the centre said is right says so.
    """
    found = records.found
    if not found.headers and not found.confirmed and found.conversions.is_empty():
        return records
    cells = {
        (file, sheet, row, column): (held, why)
        for file, sheet, row, column, held, _, why in found.conversions.iter_rows()
    }
    return replace(
        records, problems=tuple(_in_its_words(problem, found, cells) for problem in records.problems)
    )


def _in_its_words(
    problem: Problem, found: AsFound, cells: Mapping[tuple[str, str, int | None, str], tuple[str, str]]
) -> Problem:
    header = found.headers.get((problem.file, problem.sheet, problem.column), problem.column)
    place = (problem.file, problem.sheet, problem.row, header)
    message, value = problem.message, problem.value
    if place in cells:
        value, why = cells[place]
        message = f"{message} (the cell holds {quoted(value)}: {why})"
    if problem.row is not None:
        said = found.confirmed.get((problem.file, problem.sheet, problem.row, header), "")
        message = f"{message} ({said})" if said and problem.severity == "query" else message
    return replace(problem, column=header, message=message, value=clipped(value))


def _is_whole(raw: RawRecords, table: str) -> bool:
    """Whether the study has the table and all of its files could be read."""
    faults = (problem for problem in raw.problems if problem.table == table)
    return table in raw.tables and all(problem.rule == "formula" for problem in faults)


def stopping_errors(protocol: Protocol, records: Records) -> tuple[str, ...]:
    """The lines of the errors that stop a run: all, or under `exclude_record` those no single record answers for."""
    excluding = protocol.reading.on_error == "exclude_record"
    return tuple(
        problem.line
        for problem in records.problems
        if problem.severity == "error" and not (excluding and problem.row is not None)
    )


def _cells(protocol: Protocol, raw: RawRecords, table: str) -> RawColumns:
    frame = raw.tables[table].frame
    absent = frozenset(
        (problem.file, problem.sheet, problem.column)
        for problem in raw.problems
        if problem.table == table and problem.rule in _LACKING
    )
    source: TableSource = getattr(protocol.data, table)
    rows = frame.select(*PROVENANCE)
    cells = RawColumns(table, frame, rows, protocol.reading.missing, absent)
    named = read_text(cells.column(source.columns.get("patient")))[0].alias("patient")
    return RawColumns(table, frame, rows.with_columns(named), protocol.reading.missing, absent)


def _in_file_order(problems: Iterable[Problem], rows: pl.DataFrame) -> list[Problem]:
    """Problems in the order of the files and their rows; those of one row stay in the order found."""
    order = {place: at for at, place in enumerate(dict.fromkeys(zip(rows["_file"], rows["_sheet"])))}
    return sorted(problems, key=lambda problem: (order[problem.file, problem.sheet], problem.row or 0))


def _exclude(
    tables: Mapping[str, pl.DataFrame], problems: Iterable[Problem]
) -> tuple[dict[str, pl.DataFrame], tuple[Excluded, ...]]:
    """Leave out the records with an error, and the rows of patients whose record is left out."""
    reasons: dict[tuple[str, str, str, int], list[Problem]] = {}
    for problem in problems:
        if problem.severity == "error" and problem.row is not None:
            place = (problem.table, problem.file, problem.sheet, problem.row)
            reasons.setdefault(place, []).append(problem)
    excluded = [
        Excluded(table, found[0].patient, file, sheet, row, "; ".join(_reason(problem) for problem in found))
        for (table, file, sheet, row), found in reasons.items()
    ]
    kept: dict[str, pl.DataFrame] = {}
    gone = {"patient": pl.Series([], dtype=pl.String)}
    for table, frame in tables.items():
        places = [place[1:] for place in reasons if place[0] == table]
        refused = pl.DataFrame(places, schema=["_file", "_sheet", "_row"], orient="row").cast(
            {name: PROVENANCE[name] for name in ("_file", "_sheet", "_row")}
        )
        held = frame.join(refused, on=["_file", "_sheet", "_row"], how="anti", maintain_order="left")
        if table == "patients":
            ids = frame["patient"].drop_nulls()
            gone["patient"] = ids.filter(~ids.is_in(held["patient"].implode()))
        else:
            is_orphan = held["patient"].is_in(gone["patient"].implode()).fill_null(value=False)
            excluded += _orphans(table, held.filter(is_orphan))
            held = held.filter(~is_orphan)
        kept[table] = held
    return kept, tuple(excluded)


def _reason(problem: Problem) -> str:
    return f"column '{problem.column}': {problem.message}" if problem.column else problem.message


def _orphans(table: str, rows: pl.DataFrame) -> list[Excluded]:
    columns = rows.select("patient", "_file", "_sheet", "_row")
    return [
        Excluded(table, patient, file, sheet, row, _PATIENT_LEFT_OUT, by_patient=True)
        for patient, file, sheet, row in columns.iter_rows()
    ]
