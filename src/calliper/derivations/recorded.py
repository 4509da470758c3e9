"""Times and events that the centres recorded as such, taken as they stand."""

from __future__ import annotations

import polars as pl

from calliper.errors import DataError
from calliper.protocol.specs import RecordedTime
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records


def recorded_times(spec: RecordedTime, records: Records, patients: pl.DataFrame) -> pl.DataFrame:
    """The recorded time (in the endpoint's unit, unaltered: 0 stays 0) and what ended it, of each patient.

    Returns:
        One row a patient: `patient`, `time`, `event`, `cause`, `reason`, `detail` (null), `source`. A patient
        without a time or without an event has neither, and the reason says which is not recorded. A competing
        event is no event (0), and `cause` names it.

    Raises:
        DataError: a patient has two rows of this parameter, a time is negative, or an event is neither 0 nor
            1; every such record is listed.
    """
    if spec.parameter is not None:
        found = _rows_of_parameter(spec.parameter, records, patients)
    else:
        found = patients.select(
            "patient",
            pl.col(spec.time or "").cast(pl.Float64).alias("time"),
            *_ended_by(spec),
            source(),
        )
    _refuse_impossible(found)
    is_complete = pl.col("time").is_not_null() & pl.col("event").is_not_null()
    return found.select(
        "patient",
        pl.when(is_complete).then(pl.col("time")).alias("time"),
        pl.when(is_complete).then(pl.col("event").cast(pl.Int64)).alias("event"),
        pl.when(is_complete).then(pl.col("cause")).alias("cause"),
        _reason(spec).alias("reason"),
        pl.lit(None, dtype=pl.String).alias("detail"),
        "source",
    )


def _ended_by(spec: RecordedTime) -> tuple[pl.Expr, pl.Expr]:
    """`event` (Float64) and `cause` from a 0/1 variable, or from a category of causes."""
    if spec.cause is None:
        event = pl.col(spec.event or "").cast(pl.Float64)
        return event.alias("event"), _cause_of(event).alias("cause")
    cause = pl.col(spec.cause).replace_strict(spec.causes, default=None, return_dtype=pl.String)
    is_named = pl.when(cause != "censored").then(cause)
    return (cause == "event").cast(pl.Float64).alias("event"), is_named.alias("cause")


def _cause_of(event: pl.Expr) -> pl.Expr:
    return pl.when(event == 1).then(pl.lit("event"))


def _rows_of_parameter(parameter: str, records: Records, patients: pl.DataFrame) -> pl.DataFrame:
    rows = (
        records.tables["times"]
        .filter(pl.col("endpoint") == parameter)
        .join(patients.select("patient"), on="patient", how="semi")
        .sort("patient", *ORDER)
        .select("patient", "time", pl.col("event").cast(pl.Float64), source())
    )
    twice = (
        rows.filter(pl.col("patient").is_duplicated()).group_by("patient", maintain_order=True).agg("source")
    )
    if twice.height:
        raise DataError(
            [
                f"{'; '.join(places)}: patient {patient} has {len(places)} rows of {parameter}; keep one"
                for patient, places in twice.iter_rows()
            ]
        )
    own = patients.select("patient", source().alias("own_source"))
    return own.join(rows, on="patient", how="left").select(
        "patient",
        "time",
        "event",
        _cause_of(pl.col("event")).alias("cause"),
        pl.coalesce("source", "own_source").alias("source"),
    )


def _refuse_impossible(found: pl.DataFrame) -> None:
    bad = found.filter((pl.col("time") < 0) | ~pl.col("event").is_in([0.0, 1.0])).sort("patient")
    if bad.height:
        raise DataError(
            [
                f"{place}: patient {patient}: time {time}, event {event}; expected time >= 0, event 0 or 1"
                for patient, time, event, place in bad.select(
                    "patient", "time", "event", "source"
                ).iter_rows()
            ]
        )


def _reason(spec: RecordedTime) -> pl.Expr:
    no_time, no_event = pl.col("time").is_null(), pl.col("event").is_null()
    return (
        pl.when(no_time & no_event)
        .then(pl.lit("time and event not recorded" if spec.parameter is None else "no time in the records"))
        .when(no_time)
        .then(pl.lit("time not recorded"))
        .when(no_event)
        .then(pl.lit("event not recorded"))
        .when(pl.col("event") == 1)
        .then(pl.lit("event, as recorded"))
        .when(pl.col("cause").is_not_null())
        .then(pl.format("{}, a competing event, as recorded", pl.col("cause").str.replace_all("_", " ")))
        .otherwise(pl.lit("censored, as recorded"))
    )
