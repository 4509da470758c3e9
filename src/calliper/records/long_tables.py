"""The tables with many rows a patient: responses, adverse events, times, contacts, exposure, scans, lesions, visits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from calliper.protocol.specs import Protocol, Response, TableSource, TimeToEvent
from calliper.records.column import Column, RawColumns, Verdict, required
from calliper.records.dates import flag_column
from calliper.records.drugs import check_drugs
from calliper.records.lesions import (
    WORDS,
    check_diameter,
    check_imaging_rows,
    check_lesion_rows,
    read_word,
)
from calliper.records.partial_dates import Limits, complete_dates
from calliper.records.patients import limits_of, negative_time
from calliper.records.provenance import source
from calliper.records.slips import look_alike
from calliper.records.tables import PROVENANCE, TABLES, Problem
from calliper.records.typed import (
    Typed,
    read_codes,
    read_dates,
    read_events,
    read_integers,
    read_numbers,
    read_text,
)
from calliper.records.wording import listed, quoted, suggestion

Columns = Mapping[str, Column]
Extra = Callable[[Protocol, pl.DataFrame, Columns], list[Problem]]

MUST_HAVE = {
    "adverse_events": ("term",),
    "times": ("endpoint",),
    "imaging": ("scan", "date"),
    "lesions": ("scan", "lesion", "organ", "role"),
}
"""Roles whose cells may not be blank, beside `patient`."""

EXPECTED = {
    "responses": ("date",),
    "contacts": ("date",),
    "exposure": ("start",),
    "times": ("time", "event"),
    "visits": ("date",),
}
"""Roles whose blank cells are queries: the row then counts for nothing."""

WHOLE: Mapping[tuple[str, str], tuple[int, int | None, str]] = {
    ("adverse_events", "grade"): (0, 5, "a grade"),
    ("visits", "ecog"): (0, 5, "a performance status"),
    ("visits", "child_points"): (5, 15, "a sum of Child-Pugh points"),
    ("visits", "nodules"): (0, None, ""),
}
"""Roles that are whole numbers: the least, the greatest, and what they are called."""

_NO_SUCH_PATIENT = "correct the identifier, or add the patient to the patients table"


def check_long_table(
    protocol: Protocol, cells: RawColumns, patients: pl.DataFrame | None
) -> tuple[pl.DataFrame, list[Problem]]:
    """Type a table: its roles and provenance; with the problems found.

    `patients` has `patient`, `centre` and the date variables of every row of the patients table; None when that
    table could not be read whole, so that nobody can be said to be missing from it. A row without a file's
    centre gets its patient's.
    """
    table = cells.table
    held: TableSource = getattr(protocol.data, table)
    columns = {role: cells.column(held.columns.get(role)) for role in TABLES[table]}
    typed: dict[str, pl.Series] = {}
    problems: list[Problem] = []
    for role in TABLES[table]:
        typed[role], found = _read_role(protocol, table, role, columns[role])
        problems += found
        if columns[role].header:
            problems += _blanks(table, role, columns[role])
    for name, further in held.further.items():
        typed[name], found = read_codes(
            cells.column(further.column),
            further.codes,
            rule="code",
            what=f"a code of {name}",
            place=f"data.{table}.further.{name}.codes",
        )
        problems += found
    problems += _complete(protocol, held, columns, typed, patients)
    frame = pl.DataFrame([series.alias(role) for role, series in typed.items()])
    frame = frame.hstack(cells.rows.select(*PROVENANCE))
    if patients is not None:
        problems += _known(frame, columns["patient"], patients)
        centre = pl.coalesce(pl.col("_centre").replace({"": None}), pl.col("centre"))
        one = patients.select("patient", "centre").unique("patient", keep="first", maintain_order=True)
        joined = frame.join(one, on="patient", how="left", maintain_order="left")
        frame = joined.with_columns(centre.alias("_centre")).select(frame.columns)
    return frame, [*problems, *_EXTRA[table](protocol, frame, columns)]


def _complete(
    protocol: Protocol,
    held: TableSource,
    columns: Columns,
    typed: dict[str, pl.Series],
    patients: pl.DataFrame | None,
) -> list[Problem]:
    """Complete the partial dates of the roles that say how, and put a flag beside each."""
    problems: list[Problem] = []
    for role, impute in held.impute.items():
        names = dict.fromkeys((*impute.not_before, *impute.not_after))
        dates = {name: pl.repeat(None, len(typed[role]), dtype=pl.Date, eager=True) for name in names}
        if patients is not None and names:
            one = patients.select("patient", *names).unique("patient", keep="first", maintain_order=True)
            own = typed["patient"].alias("patient").to_frame()
            joined = own.join(one, on="patient", how="left", maintain_order="left")
            dates = {name: joined[name] for name in names}
        limits = Limits(
            limits_of(protocol, impute.not_before, dates), limits_of(protocol, impute.not_after, dates)
        )
        typed[role], typed[flag_column(role)], found = complete_dates(
            columns[role], typed[role], impute, limits
        )
        problems += found
    return problems


def _read_role(protocol: Protocol, table: str, role: str, column: Column) -> Typed:
    if (table, role) == ("times", "event"):
        return read_events(column, protocol.reading)
    if (table, role) in WHOLE:
        numbers, problems = read_integers(column, protocol.reading)
        return _between(column, numbers, problems, WHOLE[table, role])
    if (table, role) in WORDS:
        return read_word(column, WORDS[table, role])
    if TABLES[table][role] == pl.Date:
        held: TableSource = getattr(protocol.data, table)
        return read_dates(column, protocol.reading.dates, may_be_partial=role in held.impute)
    if TABLES[table][role] == pl.Float64:
        values, problems = read_numbers(column, protocol.reading)
        if role == "time":
            is_negative = (values < 0).fill_null(value=False)
            return values.set(is_negative, None), [*problems, *column.report(is_negative, negative_time)]
        values, problems = _between(column, values, problems, (0, None, ""))
        if table == "lesions":
            problems += check_diameter(column, values)
        return values, problems
    return read_text(column)


def _between(
    column: Column, values: pl.Series, problems: list[Problem], ends: tuple[int, int | None, str]
) -> Typed:
    """Values between two ends; one outside, as a grade or a dose, is an error. The third of `ends` names them."""
    least, most, what = ends
    is_out = (values < least).fill_null(value=False)
    if most is not None:
        is_out |= (values > most).fill_null(value=False)

    def outside(text: str) -> Verdict:
        if most is not None:
            rule, action = (
                ("grade", "correct the grade") if what == "a grade" else ("range", "correct the cell")
            )
            return Verdict(rule, f"{quoted(text)} is not {what} from {least} to {most}", action)
        return Verdict("range", f"{quoted(text)} lies below {least}", "correct the cell")

    return values.set(is_out, None), [*problems, *column.report(is_out, outside)]


def _blanks(table: str, role: str, column: Column) -> list[Problem]:
    if role == "patient" or role in MUST_HAVE.get(table, ()):
        return required(column)
    if role not in EXPECTED.get(table, ()):
        return []

    def blank(_text: str) -> Verdict:
        return Verdict("blank", f"the {role} is not recorded", "fill it in, or the row counts for nothing")

    return column.report(column.text.is_null() & column.is_there, blank, severity="query")


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


def _check_adverse_events(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return _ends_first(frame, columns)


def _ends_first(frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    """An error where the end lies before the start."""
    is_wrong = (frame["end"] < frame["start"]).fill_null(value=False)
    starts = frame["start"].filter(is_wrong)
    texts = columns["end"].text.filter(is_wrong)
    verdicts = [
        Verdict("date_order", f"{quoted(text)} lies before the start ({start})", "correct one of the dates")
        for text, start in zip(texts, starts)
    ]
    return columns["end"].report_each(is_wrong, verdicts)


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


def _check_contacts(_protocol: Protocol, _frame: pl.DataFrame, _columns: Columns) -> list[Problem]:
    return []


def _check_exposure(protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    """Ends before starts, and (as queries) periods of one drug that run into the next, and drugs misspelt."""
    order = ["patient", "drug", "start", "end"]
    ordered = frame.with_row_index("_at").sort(*order, nulls_last=True)
    # the day a dose changes may close one period and open the next
    previous = pl.col("end").cum_max().forward_fill().shift(1).over("patient", "drug")
    runs_in = ordered.select("_at", is_in=(previous > pl.col("start")).fill_null(value=False)).sort("_at")

    def overlap(text: str) -> Verdict:
        message = f"{quoted(text)} lies before the end of an earlier period of the same drug"
        return Verdict("overlap", message, "confirm the dates; they are used as they stand")

    problems = columns["start"].report(runs_in["is_in"], overlap, severity="query")
    slips = check_drugs(protocol, frame["drug"], columns["drug"])
    return [*problems, *slips, *_ends_first(frame, columns)]


def _check_visits(_protocol: Protocol, _frame: pl.DataFrame, _columns: Columns) -> list[Problem]:
    return []


def _check_imaging(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return check_imaging_rows(frame, columns)


def _check_lesions(_protocol: Protocol, frame: pl.DataFrame, columns: Columns) -> list[Problem]:
    return check_lesion_rows(frame, columns)


_EXTRA: Mapping[str, Extra] = {
    "responses": _check_responses,
    "adverse_events": _check_adverse_events,
    "times": _check_times,
    "contacts": _check_contacts,
    "exposure": _check_exposure,
    "imaging": _check_imaging,
    "lesions": _check_lesions,
    "visits": _check_visits,
}
