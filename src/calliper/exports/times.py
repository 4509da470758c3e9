"""ADTTE: one row a patient and time-to-event endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from calliper.exports.dataset import Column, Dataset, Variable, dataset, short_names
from calliper.exports.parameters import parameter_columns, with_people
from calliper.exports.subjects import arm_columns, whose
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import TimeToEvent

if TYPE_CHECKING:
    from calliper.endpoints import Derived
    from calliper.protocol.specs import Protocol

PARTS = {
    "parameter": pl.String, "param": pl.String, "patient": pl.String, "time": pl.Float64, "unit": pl.String,
    "days": pl.Float64, "start": pl.Date, "end": pl.Date, "event": pl.Int64, "cause": pl.String, "reason": pl.String,
    "detail": pl.String, "source": pl.String,
}  # fmt: skip


def adtte(protocol: Protocol, derived: Derived) -> Dataset | None:
    """One row an included patient and endpoint, in the order of the study file; None where it declares no such one."""
    specs = {name: spec for name, spec in protocol.endpoints.items() if isinstance(spec, TimeToEvent)}
    if not specs:
        return None
    codes = short_names(specs)
    parts = [_part(name, spec, codes[name], derived) for name, spec in specs.items()]
    frame = with_people(pl.concat(parts), derived)
    listed = tuple((codes[name], f"{spec.label} ({name})") for name, spec in specs.items())
    columns = [
        *whose(protocol),
        *arm_columns(protocol, "TRTP", "TRTA"),
        *parameter_columns(listed),
        *_columns(),
    ]
    return dataset("ADTTE", "Time-to-Event Analysis Dataset", frame, columns)


def _part(name: str, spec: TimeToEvent, code: str, derived: Derived) -> pl.DataFrame:
    """The rows of one endpoint. Its dates are known where time is counted from the start itself, in whole days."""
    frame = derived.endpoints[name].frame
    days = pl.col("time") * DAYS_PER_UNIT[spec.unit]
    if spec.start is None:
        frame = frame.with_columns(days.alias("days"), *_no_dates())
    else:
        # times were days, or half a day, before they were divided by the unit's days
        frame = frame.with_columns(((days * 2).round() / 2).alias("days"))
        frame = frame.with_columns(*_no_dates()) if spec.counted_from else _dated(frame, spec, derived)
    held = frame.with_columns(
        pl.lit(code).alias("parameter"),
        pl.lit(f"{spec.label} ({spec.unit})").alias("param"),
        pl.lit(spec.unit).alias("unit"),
    )
    return held.select(pl.col(column).cast(dtype) for column, dtype in PARTS.items())


def _no_dates() -> list[pl.Expr]:
    return [pl.lit(None, dtype=pl.Date).alias(name) for name in ("start", "end")]


def _dated(frame: pl.DataFrame, spec: TimeToEvent, derived: Derived) -> pl.DataFrame:
    starts = derived.cohort.patients.select("patient", pl.col(spec.start or "").alias("start"))
    held = frame.join(starts, on="patient", how="left", maintain_order="left")
    # an event on the day of the start has half a day
    passed = (pl.col("days") - float(spec.add_one_day)).floor().cast(pl.Int64)
    return held.with_columns((pl.col("start") + pl.duration(days=passed)).cast(pl.Date).alias("end"))


def _columns() -> list[Column]:
    is_known = pl.col("event").is_not_null()
    return [
        Column(
            Variable("AVAL", "Analysis Value", "float", "Derived",
                     "From the start to the event or censoring, in AVALU; a month is 30.4375 days, a year 365.25."),
            pl.col("time"),
        ),
        Column(
            Variable("AVALU", "Unit of the Analysis Value", "text", "Assigned", "The endpoint's unit."), pl.col("unit")
        ),
        Column(
            Variable("AVALDAYS", "Analysis Value in Days", "float", "Derived",
                     "AVAL in days; an event on the day of the start has half a day."),
            pl.col("days"),
        ),
        Column(
            Variable("CNSR", "Censor", "integer", "Derived", "1 - event; a competing event is censored (see CAUSE).",
                     (("0", "Event"), ("1", "Censored, or a competing event"))),
            1 - pl.col("event"),
        ),
        Column(
            Variable("CAUSE", "What ended the time", "text", "Derived",
                     "event, the name of the competing event that came first, or censored."),
            pl.when(is_known).then(pl.col("cause").fill_null("censored")),
        ),
        Column(
            Variable("EVNTDESC", "Event or Censoring Description", "text", "Derived",
                     "Why the time ends where it does, or is not known."),
            pl.col("reason"),
        ),
        Column(
            Variable("CNSDTDSC", "Censor Date Description", "text", "Derived",
                     "EVNTDESC of patients without any of the events."),
            pl.when(is_known & pl.col("cause").is_null()).then(pl.col("reason")),
        ),
        Column(
            Variable("DETAIL", "Dates behind the description", "text", "Derived",
                     "Dates that EVNTDESC does not name, and whether one was completed."),
            pl.col("detail"),
        ),
        Column(
            Variable("STARTDT", "Time-to-Event Origin Date for Subject", "date", "Collected",
                     "The endpoint's start; empty where times are recorded or counted from a later date."),
            pl.col("start"),
        ),
        Column(
            Variable("ADT", "Analysis Date", "date", "Derived",
                     "Date of the event or censoring: STARTDT and the days of AVALDAYS."),
            pl.col("end"),
        ),
        Column(
            Variable("ADY", "Analysis Relative Day", "integer", "Derived", "ADT - STARTDT + 1."),
            (pl.col("end") - pl.col("start")).dt.total_days() + 1,
        ),
        Column(
            Variable("SOURCE", "Record that decided (file, sheet, row)", "text", "Collected",
                     "The record whose date ends the time."),
            pl.col("source"),
        ),
    ]  # fmt: skip
