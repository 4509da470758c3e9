"""A study's checks beyond rules of one patient's variables: patients alike, impossible dates, numbers that jump."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from calliper.disease.hcc.cross_field import afp_jumps, same_patient
from calliper.protocol.dated_tables import DATE_ROLES
from calliper.protocol.specs import Check, DatesCheck, Jump, Protocol
from calliper.records.provenance import ORDER, source
from calliper.records.tables import PROVENANCE, Problem, Records

KEPT = "confirm the values; they are used as they stand"


def same_values(check: Check, frame: pl.DataFrame) -> Iterator[Problem]:
    """A query for each of several patients of `frame` with the same values; one not recorded is like no other."""
    rows = frame.with_columns(source()).to_dicts()
    groups = same_patient([tuple(row[name] for name in check.same) for row in rows])
    for at, alike in sorted((at, group) for group in groups for at in group):
        values = ", ".join(f"{name} = {rows[at][name]}" for name in check.same)
        others = "; ".join(
            f"patient {rows[other]['patient']}, {rows[other]['source']}" for other in alike if other != at
        )
        action = "keep one record, or confirm that they are different patients; they count as such"
        yield _query(check, f"{check.text}; {values}, as in {others}", action, rows[at], "patients")


def impossible_dates(
    check: Check, spec: DatesCheck, protocol: Protocol, records: Records, frame: pl.DataFrame
) -> Iterator[Problem]:
    """A query for each row of a table whose date lies before the patient's own, or too long after the cut-off."""
    born = pl.col(spec.not_before) if spec.not_before else pl.lit(None, dtype=pl.Date)
    own = frame.select("patient", born.alias("_born")).drop_nulls("patient").unique("patient", keep="first")
    cutoff = protocol.study.cutoff
    last = None
    if cutoff is not None and spec.days_after_cutoff is not None:
        last = cutoff + timedelta(days=spec.days_after_cutoff)
    for table in spec.tables:
        role = DATE_ROLES.get(table, "date")
        rows = records.tables[table].join(own, on="patient", how="left", maintain_order="left")
        bad = rows.filter((pl.col(role) < pl.col("_born")) | (pl.col(role) > pl.lit(last, dtype=pl.Date)))
        for row in bad.iter_rows(named=True):
            day, born_on = row[role], row["_born"]
            why = (
                f"before {protocol.variable(spec.not_before or '').label} ({born_on})"
                if born_on is not None and day < born_on
                else f"more than {spec.days_after_cutoff} days after the data cut-off ({cutoff})"
            )
            message = f"{check.text}; {day} lies {why}"
            yield _query(
                check,
                message,
                "correct one of the dates, or confirm it",
                row,
                table,
                column=_header(protocol, table, role),
                value=str(day),
            )


def jumps(check: Check, spec: Jump, protocol: Protocol, records: Records) -> Iterator[Problem]:
    """A query for each row whose number is many times the patient's value before, or a small part of it."""
    day = DATE_ROLES[spec.table]
    rows = records.tables[spec.table].drop_nulls(["patient", day, spec.role]).sort("patient", day, *ORDER)
    for held in rows.partition_by("patient", maintain_order=True):
        if held.height < 2:
            continue
        series = list(zip(held[day], held[spec.role].cast(pl.Float64)))
        found = afp_jumps(series, fold=spec.fold, within_days=spec.within_days, above=spec.above)
        before: tuple[Any, Any] | None = None
        for row in held.iter_rows(named=True):
            value = f"{row[spec.role]:g}"
            if row[day] in found and before is not None:
                message = f"{check.text}; {value} on {row[day]}, {before[1]:g} on {before[0]}"
                yield _query(
                    check,
                    message,
                    KEPT,
                    row,
                    spec.table,
                    column=_header(protocol, spec.table, spec.role),
                    value=value,
                )
            before = (row[day], row[spec.role])


def _header(protocol: Protocol, table: str, role: str) -> str:
    columns: Mapping[str, str] = getattr(getattr(protocol.data, table), "columns", {})
    return columns.get(role, "")


def _query(
    check: Check,
    message: str,
    action: str,
    row: Mapping[str, Any],
    table: str,
    *,
    column: str = "",
    value: str = "",
) -> Problem:
    centre, file, sheet, number = (row[name] for name in PROVENANCE)
    return Problem(
        "query",
        check.id,
        message,
        action,
        centre=centre or "",
        file=file,
        sheet=sheet or "",
        row=number,
        column=column,
        value=value,
        patient=row["patient"] or "",
        table=table,
    )
