"""The tables with many rows a patient: every cell by its role, the patient it names, and what the table asks."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from calliper.protocol.roles import OF_SESSIONS
from calliper.protocol.specs import Protocol, Response, TableSource, TimeToEvent
from calliper.records.adverse_events import check_adverse_events
from calliper.records.column import Column, RawColumns, Verdict
from calliper.records.date_limits import check_ends, limit_dates
from calliper.records.exposure import check_arms, check_exposure
from calliper.records.labs import check_labs
from calliper.records.lesions import check_imaging_rows, check_lesion_rows
from calliper.records.provenance import source
from calliper.records.role_cells import check_blank, read_role
from calliper.records.sessions import check_bead_sizes, check_named_sessions, check_sessions, check_steps
from calliper.records.slips import look_alike
from calliper.records.tables import PROVENANCE, TABLES, Problem
from calliper.records.typed import read_codes
from calliper.records.wording import listed, quoted, suggestion

Columns = Mapping[str, Column]
Extra = Callable[[Protocol, pl.DataFrame, Columns], list[Problem]]

_NO_SUCH_PATIENT = "correct the identifier, or add the patient to the patients table"


def check_long_table(
    protocol: Protocol,
    cells: RawColumns,
    patients: pl.DataFrame | None,
    sessions: pl.DataFrame | None = None,
) -> tuple[pl.DataFrame, list[Problem]]:
    """Type a table: its roles and provenance; with the problems found.

    `patients` has `patient`, `centre`, `arm` and the date variables of every row of the patients table; None when
    that table could not be read whole, so that nobody can be said to be missing from it. A row without a file's
    centre gets its patient's. `sessions` is that table, typed, where the study has it and it could be read whole.
    """
    table = cells.table
    held: TableSource = getattr(protocol.data, table)
    unnamed = cells.column(None)
    columns = {
        role: cells.column(held.columns[role]) if role in held.columns else unnamed for role in TABLES[table]
    }
    typed: dict[str, pl.Series] = {}
    problems: list[Problem] = []
    for role, kind in TABLES[table].items():
        if not columns[role].header:
            typed[role] = pl.Series([None], dtype=kind).new_from_index(0, cells.frame.height)
            continue
        typed[role], found = read_role(protocol, table, role, columns[role])
        problems += found
        problems += check_blank(table, role, columns[role])
        if role in held.allowed:
            problems += _allowed(columns[role], typed[role], held.allowed[role])
    for name, further in held.further.items():
        typed[name], found = read_codes(
            cells.column(further.column),
            further.codes,
            rule="code",
            what=f"a code of {name}",
            place=f"data.{table}.further.{name}.codes",
        )
        problems += found
    problems += limit_dates(protocol, held, columns, typed, patients)
    frame = pl.DataFrame([series.alias(role) for role, series in typed.items()])
    frame = frame.hstack(cells.rows.select(*PROVENANCE))
    if patients is not None:
        problems += _known(frame, columns["patient"], patients)
        if held.arms:
            problems += check_arms(protocol, held, frame, columns["drug"], patients)
        centre = pl.coalesce(pl.col("_centre").replace({"": None}), pl.col("centre"))
        one = patients.select("patient", "centre").unique("patient", keep="first", maintain_order=True)
        joined = frame.join(one, on="patient", how="left", maintain_order="left")
        frame = joined.with_columns(centre.alias("_centre")).select(frame.columns)
    if sessions is not None and table in OF_SESSIONS:
        problems += check_named_sessions(frame, columns["session"], sessions)
    return frame, [*problems, *_EXTRA[table](protocol, frame, columns)]


def _allowed(column: Column, values: pl.Series, allowed: tuple[float, ...]) -> list[Problem]:
    """An error on each number that is none of those the study file allows."""

    def other(text: str) -> Verdict:
        known = ", ".join(f"{number:g}" for number in allowed)
        return Verdict("allowed", f"{quoted(text)} is none of the allowed values {known}", "correct the cell")

    return column.report(values.is_not_null() & ~values.is_in(list(allowed)).fill_null(value=False), other)


def _known(frame: pl.DataFrame, column: Column, patients: pl.DataFrame) -> list[Problem]:
    """An error on each row of a patient who is not in the patients table, naming one that looks alike."""
    known = patients["patient"].drop_nulls().unique(maintain_order=True)
    is_unknown = frame["patient"].is_not_null() & ~frame["patient"].is_in(known.implode()).fill_null(
        value=False
    )
    if not is_unknown.any():
        return []
    named = dict(zip(look_alike(known), known))
    strangers = frame["patient"].filter(is_unknown).unique()
    near = {
        name: f" (did you mean {quoted(named[key])}?)"
        for name, key in zip(strangers, look_alike(strangers))
        if key in named
    }

    def unknown(text: str) -> Verdict:
        message = f"patient {quoted(text)} is not in the patients table{near.get(text, '')}"
        return Verdict("unknown_patient", message, _NO_SUCH_PATIENT)

    return column.report(is_unknown, unknown)


# --- what each table is checked for besides its cells -------------------------------------------------------


def _check_responses(protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    specs = [spec for spec in protocol.endpoints.values() if isinstance(spec, Response)]
    codes = list(dict.fromkeys(code for spec in specs for code in spec.codes))
    problems: list[Problem] = []
    if codes:
        is_unknown = frame["response"].is_not_null() & ~frame["response"].is_in(codes).fill_null(value=True)

        def unknown(text: str) -> Verdict:
            near = suggestion(text, codes)
            message = f"{quoted(text)} is not a response{near}; declared are {listed(codes)}"
            return Verdict("code", message, "correct the cell, or declare it under codes of the endpoint")

        problems += columns["response"].report(is_unknown, unknown)
    if any(landmark.visit for spec in specs for landmark in spec.landmarks.values()):
        problems += _twice(frame, ("patient", "visit"), columns["visit"], "response", what="visit")
    return [*problems, *_twice(frame, ("patient", "date"), columns["date"], "response", what="scan date")]


def _twice(
    frame: pl.DataFrame, key: tuple[str, ...], column: Column, value: str, *, what: str
) -> list[Problem]:
    """Rows that share a key: an error where they differ in `value`, a query where they are alike."""
    is_whole = pl.all_horizontal(pl.col(key).is_not_null())
    marked = frame.select(
        *key,
        value,
        source(),
        is_repeated=is_whole & (pl.len().over(key) > 1),
        differs=pl.col(value).n_unique().over(key) > 1,
    )
    problems: list[Problem] = []
    for differs in (True, False):
        at = marked["is_repeated"] & (marked["differs"] == differs)
        if not at.any():
            continue
        places: dict[tuple[object, ...], list[str]] = {}
        rows = marked.filter(at)
        for row in rows.iter_rows(named=True):
            places.setdefault(tuple(row[name] for name in key), []).append(str(row["source"]))
        verdicts = [
            _verdict_twice(what, value, row, places[tuple(row[name] for name in key)], differs=differs)
            for row in rows.iter_rows(named=True)
        ]
        problems += column.report_each(at, verdicts, severity="error" if differs else "query")
    return problems


def _verdict_twice(
    what: str, value: str, row: Mapping[str, object], places: list[str], *, differs: bool
) -> Verdict:
    other = next((place for place in places if place != row["source"]), "another row")
    message = f"patient {quoted(str(row['patient']))} has this {what} also in {other}"
    if differs:
        return Verdict(f"two_{value}s", f"{message}, with another {value}", "keep one of the records")
    return Verdict("repeated_row", f"{message}, with the same {value}", "remove one if it is a copy")


def _check_times(protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    used = {
        spec.recorded.parameter
        for spec in protocol.endpoints.values()
        if isinstance(spec, TimeToEvent) and spec.recorded is not None and spec.recorded.parameter is not None
    }
    is_repeated = pl.len().over("patient", "endpoint") > 1
    at = frame.select(is_repeated & pl.col("patient").is_not_null() & pl.col("endpoint").is_in(list(used)))

    def twice(text: str) -> Verdict:
        message = f"the patient has several rows of {quoted(text)}"
        return Verdict("duplicate_time", message, "keep one of them")

    return columns["endpoint"].report(at.to_series().fill_null(value=False), twice)


def _check_ends(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return check_ends(frame, columns)


def _check_imaging(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return check_imaging_rows(frame, columns)


def _check_lesions(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return check_lesion_rows(frame, columns)


def _nothing_more(_protocol: Protocol, _frame: pl.DataFrame, _columns: Columns) -> list[Problem]:
    return []


_EXTRA: Mapping[str, Extra] = {
    "responses": _check_responses,
    "adverse_events": check_adverse_events,
    "times": _check_times,
    "contacts": _nothing_more,
    "exposure": check_exposure,
    "imaging": _check_imaging,
    "lesions": _check_lesions,
    "visits": _nothing_more,
    "sessions": check_sessions,
    "bead_preparation": check_bead_sizes,
    "arterial_drugs": _nothing_more,
    "embolisation": check_steps,
    "angiography": _nothing_more,
    "other_therapy": _check_ends,
    "labs": check_labs,
}
