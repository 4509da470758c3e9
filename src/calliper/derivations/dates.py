"""The dates a time-to-event endpoint names, patient by patient, each with the record it came from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from calliper.protocol.endpoint_specs import DATE_ROLES
from calliper.protocol.specs import DateSource
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

BASELINE_ROWS_POSSIBLE = ("responses", "adverse_events")
"""Tables whose rows from before the start describe the patient at baseline; they are no part of follow-up."""


def find_dates(
    entries: Sequence[DateSource],
    starts: pl.DataFrame,
    records: Records,
    patients: pl.DataFrame,
    *,
    cutoff: date,
) -> pl.DataFrame:
    """Each patient's date under each entry that has one.

    Scans after the cut-off are not read (what counts is what was seen by then); other dates are given as
    recorded, for a later death or contact proves that the patient was alive at the cut-off. Scans and adverse
    events from before the start are not read either.

    Args:
        entries: the sources in their order of preference.
        starts: `patient`, `start` (Date).
        records: the long tables.
        patients: one row a patient, with the study's date variables.
        cutoff: the data cut-off.

    Returns:
        One row a patient and entry: `patient`, `date`, `entry` (position in `entries`), `reason`, `source`;
        sorted by patient and entry.
    """
    found = [
        _dates_of(entry, starts, records, patients, cutoff).with_columns(
            pl.lit(position).alias("entry"), pl.lit(entry.reason).alias("reason")
        )
        for position, entry in enumerate(entries)
    ]
    return pl.concat(found).select("patient", "date", "entry", "reason", "source").sort("patient", "entry")


def _dates_of(
    entry: DateSource, starts: pl.DataFrame, records: Records, patients: pl.DataFrame, cutoff: date
) -> pl.DataFrame:
    """One row for each patient who has this date: `patient`, `date`, `source`."""
    if entry.date is not None:
        return patients.select("patient", pl.col(entry.date).alias("date"), source()).drop_nulls("date")
    table = entry.first or entry.last
    if table is None:
        raise ValueError("a date source names neither a variable nor a table")
    wanted = [pl.col(role).cast(pl.String).is_in(values) for role, values in entry.where.items()]
    rows = (
        records.tables[table]
        .filter(*wanted)
        .select("patient", pl.col(DATE_ROLES[table]).alias("date"), *ORDER)
        .drop_nulls("date")
        .join(starts, on="patient", how="inner")
    )
    if table in BASELINE_ROWS_POSSIBLE:
        rows = rows.filter(pl.col("date") >= pl.col("start"))
    if table == "responses":
        rows = rows.filter(pl.col("date") <= cutoff)
    latest_first = entry.last is not None
    return (
        rows.sort("patient", "date", *ORDER, descending=[False, latest_first, *(False for _ in ORDER)])
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", "date", source())
    )
