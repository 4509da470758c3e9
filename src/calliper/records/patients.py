"""The patients table: one row a patient in the whole study, with centre, arm and the study's variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import polars as pl

from calliper.protocol.specs import Category, Date, FreeText, Impute, Number, Protocol, TimeToEvent
from calliper.records.column import Column, RawColumns, Verdict, required
from calliper.records.date_limits import check_order, limits_of
from calliper.records.dates import flag_column
from calliper.records.last_dates import last_dates
from calliper.records.partial_dates import Limit, Limits, complete_dates
from calliper.records.provenance import source
from calliper.records.slips import TOTAL_WORDS, look_alike
from calliper.records.tables import PROVENANCE, Problem
from calliper.records.typed import Typed, read_codes, read_date_variable, read_events, read_measure, read_text
from calliper.records.wording import listed, quoted

Variable = Number | Category | Date | FreeText


def check_patients(
    protocol: Protocol, cells: RawColumns, tables: Mapping[str, RawColumns] | None = None
) -> tuple[pl.DataFrame, list[Problem]]:
    """Type the patients table (`patient`, `centre`, `arm`, variables, provenance) and list its problems.

    `tables` has the long tables (as text) whose last dates limit completed ones. Beside a variable whose partial
    dates are completed stands its flag, under the name that `flag_column` gives.
    """
    roles = protocol.data.patients.columns
    centre_column = cells.column(roles.get("centre"))
    centres, problems = _read_centres(protocol, centre_column)
    cells = RawColumns(
        cells.table, cells.frame, cells.rows.with_columns(_centre=centres), cells.missing, cells.absent
    )
    identifier = cells.column(roles.get("patient"))
    patients, found = read_text(identifier)
    problems += [*found, *required(identifier)]
    arm_column = cells.column(protocol.arms.column)
    arms, found = _read_arms(protocol, arm_column)
    problems += [*found, *_repeated(identifier, patients, arms)]
    problems += [*_totals(identifier, patients), *_alike(identifier, patients)]

    typed: dict[str, pl.Series] = {"patient": patients, "centre": centres, "arm": arms}
    columns: dict[str, Column] = {}
    for name, spec in protocol.variables.items():
        columns[name] = cells.column(spec.column, trim=not isinstance(spec, FreeText))
        typed[name], found = _read_variable(protocol, name, spec, columns[name])
        problems += found
        if spec.required:
            problems += required(columns[name])
    for name, spec in protocol.variables.items():
        if isinstance(spec, Date):
            earlier = limits_of(protocol, (spec.not_before,) if spec.not_before else (), typed)
            earlier += last_dates(protocol, spec, tables or {}, patients)
            if spec.impute is not None:
                limits = _limits(protocol, spec, spec.impute, typed)
                limits = replace(limits, not_before=[*earlier, *limits.not_before])
                typed[name], typed[flag_column(name)], found = complete_dates(
                    columns[name], typed[name], spec.impute, limits
                )
                problems += found
            for limit in earlier:
                problems += check_order(columns[name], typed[name], limit)
    frame = pl.DataFrame([series.alias(name) for name, series in typed.items()])
    return frame.hstack(cells.rows.select(*PROVENANCE)), problems


def _read_centres(protocol: Protocol, column: Column) -> Typed:
    """The centre's name in the study file: from its column where one is mapped, else the file's."""
    of_file = column.rows["_centre"].replace({"": None})
    if not column.header:
        return of_file, []
    names = {
        text: name
        for name, centre in protocol.centres.items()
        for text in (name, centre.label, *centre.aliases)
    }
    if not names:
        return column.text, []
    centres, problems = read_codes(
        column, names, rule="centre", what="a centre of the study", place="the aliases of its centre"
    )

    def elsewhere(text: str) -> Verdict:
        message = f"{quoted(text)} is not the centre that the study file names for this file"
        return Verdict("other_centre", message, "correct the cell, or remove centre: from the file's entry")

    is_other = (centres.is_not_null() & of_file.is_not_null() & (centres != of_file)).fill_null(value=False)
    problems += column.report(is_other, elsewhere)
    if of_file.null_count():
        problems += required(column)
    return centres.zip_with(centres.is_not_null(), of_file), problems


def _read_arms(protocol: Protocol, column: Column) -> Typed:
    values = {value: name for name, arm in protocol.arms.groups.items() for value in arm.values}
    arms, problems = read_codes(
        column, values, rule="arm", what="a declared value of an arm", place="the values of its arm"
    )

    def unknown(_text: str) -> Verdict:
        return Verdict(
            "arm_missing", "the arm is not recorded", "fill in the cell, or the patient is left out"
        )

    is_blank = column.text.is_null() & column.is_there
    return arms, [*problems, *column.report(is_blank, unknown, severity="query")]


def _repeated(identifier: Column, patients: pl.Series, arms: pl.Series) -> list[Problem]:
    """An error on each row of a patient who has several, naming another of them."""
    is_repeated = patients.is_duplicated() & patients.is_not_null()
    if not is_repeated.any():
        return []
    rows = identifier.rows.select(patients.alias("patient"), arms.alias("arm"), source()).filter(is_repeated)
    places: dict[str, list[tuple[str | None, str]]] = {}
    for patient, arm, place in rows.iter_rows():
        places.setdefault(patient, []).append((arm, place))
    verdicts = [
        _second_row(patient, arm, [held for held in places[patient] if held[1] != place])
        for patient, arm, place in rows.iter_rows()
    ]
    return identifier.report_each(is_repeated, verdicts)


def _totals(identifier: Column, patients: pl.Series) -> list[Problem]:
    """An error on a row of totals under the patients."""

    def total(text: str) -> Verdict:
        message = f"{quoted(text)} reads like a row of totals, not like a patient"
        return Verdict("total_row", message, "delete the row, or give the patient another identifier")

    is_total = patients.str.to_lowercase().str.strip_chars(" :").is_in(list(TOTAL_WORDS))
    return identifier.report(is_total.fill_null(value=False), total)


def _alike(identifier: Column, patients: pl.Series) -> list[Problem]:
    """A query on each of several identifiers that a person may have meant as one."""
    names = patients.drop_nulls().unique(maintain_order=True).to_frame("name")
    groups = (
        names.group_by(look_alike(names["name"]).alias("key"), maintain_order=True)
        .agg("name")
        .filter(pl.col("name").list.len() > 1)["name"]
        .to_list()
    )
    others = {name: [other for other in group if other != name] for group in groups for name in group}

    def alike(text: str) -> Verdict:
        message = f"{quoted(text)} is almost {listed(others[text], most=3)}"
        return Verdict(
            "similar_patient", message, "confirm that they are different patients; they count as such"
        )

    is_alike = patients.is_in(list(others)).fill_null(value=False)
    return identifier.report(is_alike, alike, severity="query")


def _second_row(patient: str, arm: str | None, others: list[tuple[str | None, str]]) -> Verdict:
    for other, place in others:
        if arm is not None and other is not None and arm != other:
            message = f"patient {quoted(patient)} is in two arms: '{arm}' here, '{other}' in {place}"
            return Verdict("two_arms", message, "keep one record of the patient")
    more = f" and in {len(others) - 1} more" if len(others) > 1 else ""
    message = f"patient {quoted(patient)} is also in {others[0][1]}{more}"
    return Verdict(
        "duplicate_patient", message, "keep one record, or give each patient an identifier of their own"
    )


def _read_variable(protocol: Protocol, name: str, spec: Variable, column: Column) -> Typed:
    reading = protocol.reading
    if isinstance(spec, FreeText):
        return read_text(column)
    if isinstance(spec, Date):
        return read_date_variable(column, spec, reading.dates, protocol.study.cutoff)
    if isinstance(spec, Category):
        return read_codes(
            column, spec.codes, rule="code", what=f"a code of {name}", place=f"variables.{name}.codes"
        )
    times, events = _recorded(protocol)
    if name in events:
        values, problems = read_events(column, reading)
        return values.cast(pl.Int64 if spec.type == "integer" else pl.Float64), problems
    values, problems = read_measure(column, spec, reading)
    if name in times:
        problems += column.report((values < 0).fill_null(value=False), negative_time)
        values = values.set((values < 0).fill_null(value=False), None)
    return values, problems


def negative_time(text: str) -> Verdict:
    """The verdict on a time below 0."""
    return Verdict("negative_time", f"{quoted(text)} is a time below 0", "correct the time")


def _recorded(protocol: Protocol) -> tuple[set[str], set[str]]:
    """The variables that hold recorded times, and those that hold recorded events."""
    held = [
        endpoint.recorded
        for endpoint in protocol.endpoints.values()
        if isinstance(endpoint, TimeToEvent) and endpoint.recorded is not None
    ]
    return {spec.time for spec in held if spec.time}, {spec.event for spec in held if spec.event}


def _limits(protocol: Protocol, spec: Date, impute: Impute, typed: Mapping[str, pl.Series]) -> Limits:
    """The dates between which a variable's partial dates are completed: other dates, its range, the cut-off."""
    first, last = spec.range or (None, None)
    cutoff = None if spec.may_follow_cutoff else protocol.study.cutoff
    n = len(typed["patient"])

    def of_all(words: str, day: date | None) -> list[Limit]:
        return [] if day is None else [(words, pl.repeat(day, n, dtype=pl.Date, eager=True))]

    later = limits_of(protocol, impute.not_after, typed)
    return Limits(
        not_before=[*limits_of(protocol, impute.not_before, typed), *of_all("the range", first)],
        not_after=[*later, *of_all("the range", last), *of_all("the data cut-off", cutoff)],
    )
