"""Treatments of each patient: the sessions and the periods of the exposure table, by day from the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from calliper.derivations.dates import IMPUTED_WORDS
from calliper.endpoints import TREATMENTS, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Protocol, Treatments
from calliper.records.dates import flag_column
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

IN_ORDER = ("patient", "position", "start", "end", *ORDER)


def derive(
    name: str, spec: Treatments, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a session or period, by patient, then in the order of the study file, then by day.

    Rows that begin before `spec.start` (an earlier line) or after the cut-off are not read, nor are those of a patient
    without a start, nor a period of dose 0, which is a pause. A session is one day: rows of one treatment and day are
    one session, and name every record. A period is one row: its last day is null where no end is recorded, and that of
    the cut-off where it ends later. The day on which a dose changes may close one period and open the next.

    Raises:
        DataError: a session ends on another day than it began, or a period of a treatment begins before an
            earlier one of it has ended; every such record is listed, with the other one.
    """
    cutoff = protocol.study.cutoff or date.max
    rows = _rows(spec, records, patients, cutoff=cutoff)
    labels = {key: item.label for key, item in spec.items.items()}
    faults = [*_long_sessions(rows, labels), *_overlaps(rows, labels)]
    if faults:
        raise DataError(faults)
    parts = [_sessions(rows.filter("is_session")), _periods(rows.filter(~pl.col("is_session")), cutoff)]
    frame = pl.concat(part.select(*TREATMENTS, "position") for part in parts)
    frame = frame.sort("patient", "position", "first_day", maintain_order=True).select(TREATMENTS.keys())
    return Endpoint(name=name, kind="treatments", frame=frame)


def _rows(spec: Treatments, records: Records, patients: pl.DataFrame, *, cutoff: date) -> pl.DataFrame:
    """The rows that count, in order: `treatment`, `position` in the study file, `is_session`, dates, `day`, `note`."""
    facts = pl.DataFrame(
        [
            (drug, key, position, item.taken == "session")
            for position, (key, item) in enumerate(spec.items.items())
            for drug in item.drugs
        ],
        schema={
            "drug": pl.String,
            "treatment": pl.String,
            "position": pl.Int32,
            "is_session": pl.Boolean,
        },
        orient="row",
    )
    held = records.tables["exposure"]
    people = patients.select("patient", pl.col(spec.start).alias("origin"))
    is_pause = ~pl.col("is_session") & (pl.col("dose") == 0).fill_null(value=False)
    is_read = (pl.col("start") >= pl.col("origin")) & (pl.col("start") <= cutoff) & ~is_pause
    return (
        held.select("patient", "drug", "start", "end", "dose", *ORDER, source(), note=_imputed(held))
        .join(facts, on="drug", how="inner")
        .join(people, on="patient", how="inner")
        .filter(is_read)
        .with_columns((pl.col("start") - pl.col("origin")).dt.total_days().alias("day"))
        .sort(IN_ORDER, nulls_last=True)
    )


def _imputed(held: pl.DataFrame) -> pl.Expr:
    """Words on each row whose start or end was completed; empty where neither was."""
    words = [
        pl.format(
            f"; {role}: {{}}",
            pl.col(flag_column(role)).replace_strict(IMPUTED_WORDS, default=None, return_dtype=pl.String),
        ).fill_null("")
        for role in ("start", "end")
        if flag_column(role) in held.columns
    ]
    return pl.concat_str(words) if words else pl.lit("")


def _sessions(rows: pl.DataFrame) -> pl.DataFrame:
    of_day = rows.group_by("patient", "position", "treatment", "day", maintain_order=True).agg(
        pl.len().alias("n"), pl.col("source").str.join("; "), pl.col("note").first()
    )
    together = pl.when(pl.col("n") > 1).then(pl.format(" of {} records", "n")).otherwise(pl.lit(""))
    return of_day.with_columns(
        pl.col("day").alias("first_day"),
        pl.col("day").alias("last_day"),
        pl.concat_str(pl.lit("session"), together, "note").alias("reason"),
    )


def _periods(rows: pl.DataFrame, cutoff: date) -> pl.DataFrame:
    last = pl.min_horizontal("end", pl.lit(cutoff))
    ending = (
        pl.when(pl.col("end").is_null())
        .then(pl.lit(", no end recorded"))
        .when(pl.col("end") > cutoff)
        .then(pl.lit(", cut at the data cut-off"))
        .otherwise(pl.lit(""))
    )
    return rows.with_columns(
        pl.col("day").alias("first_day"),
        pl.when(pl.col("end").is_not_null())
        .then((last - pl.col("origin")).dt.total_days())
        .alias("last_day"),
        pl.concat_str(pl.lit("period"), ending, "note").alias("reason"),
    )


def _long_sessions(rows: pl.DataFrame, labels: dict[str, str]) -> Iterator[str]:
    """A line for each session that ends on another day."""
    for row in rows.filter("is_session", pl.col("end") != pl.col("start")).iter_rows(named=True):
        yield (
            f"{row['source']}: patient {row['patient']}: the session of {labels[row['treatment']]} on {row['start']} "
            f"ends on {row['end']}; correct the end, or declare the treatment as: period"
        )


def _overlaps(rows: pl.DataFrame, labels: dict[str, str]) -> Iterator[str]:
    """A line for each period that begins before an earlier one of its treatment has ended."""
    # an end that is not recorded leaves the furthest one before it standing
    latest = pl.col("end").cum_max().forward_fill().shift(1).over("patient", "treatment")
    periods = rows.filter(~pl.col("is_session"))
    clash = (latest > pl.col("start")).fill_null(value=False).any().over("patient", "treatment")
    furthest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in periods.filter(clash).iter_rows(named=True):
        whose = row["patient"], row["treatment"]
        before = furthest.get(whose)
        if before is not None and row["start"] < before["end"]:
            yield (
                f"{row['source']}: patient {row['patient']}: {labels[row['treatment']]} from {row['start']} begins "
                f"before the period of {before['source']} has ended, on {before['end']}; correct one of the dates"
            )
        if row["end"] is not None and (before is None or row["end"] > before["end"]):
            furthest[whose] = row
