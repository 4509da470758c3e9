"""The dates a time-to-event endpoint names, patient by patient, each with the record it came from."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from calliper.derivations.despite import unanswered
from calliper.derivations.refractory import refractory_dates
from calliper.protocol.specs import DateSource
from calliper.records.dates import flag_column
from calliper.records.provenance import ORDER, source, source_column
from calliper.records.tables import Records

BASELINE_ROWS_POSSIBLE = ("responses", "adverse_events", "exposure", "sessions", "other_therapy", "labs")
"""Tables whose rows from before the start describe the patient at baseline; they are no part of follow-up."""

SEVERAL = ("new_site",)
"""Columns that hold several values, `; ` between them: a row is wanted where one of them is."""

IMPUTED_WORDS = {"D": "day of the month imputed", "M": "month and day imputed"}


def find_dates(
    entries: Sequence[DateSource], people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each patient's date under each entry that has one.

    Scans after the cut-off are not read (what counts is what was seen by then), nor are those after `until`;
    other dates are given as recorded, for a later death or contact proves that the patient was alive at the
    cut-off. Scans, adverse events, treatments and laboratory values from before the start are not read either, nor
    are visits up to the day of the start.

    Args:
        entries: the sources in their order of preference.
        people: `patient`, `start`, `until` (Date): the first and the last day on which scans are read.
        records: the long tables.
        patients: one row a patient, with `arm` and the study's date variables.

    Returns:
        One row a patient and entry: `patient`, `date`, `entry` (Int32, position in `entries`), `reason`, `note`
        (words where the date was imputed, or what made it the date; else null), `source`; sorted by patient and
        entry.
    """
    found = [
        _dates_of(entry, people, records, _of_arms(entry, patients)).select(
            "patient",
            "date",
            pl.lit(position, dtype=pl.Int32).alias("entry"),
            pl.lit(entry.reason).alias("reason"),
            "note",
            "source",
        )
        for position, entry in enumerate(entries)
    ]
    return pl.concat(found).sort("patient", "entry")


def _of_arms(entry: DateSource, patients: pl.DataFrame) -> pl.DataFrame:
    return patients.filter(pl.col("arm").is_in(entry.arms)) if entry.arms else patients


def earliest(dates: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Each patient's earliest of some dates, of two on one day the entry listed first; columns prefixed."""
    return (
        dates.sort("patient", "date", "entry")
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", pl.exclude("patient", "entry").name.prefix(prefix))
    )


def _dates_of(
    entry: DateSource, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """One row for each patient who has this date: `patient`, `date`, `note`, `source`."""
    table = entry.table
    if entry.refractory is not None:
        return refractory_dates(entry.refractory, people, records, patients)
    if table is None:
        name = entry.date or ""
        return patients.select(
            "patient", pl.col(name).alias("date"), _imputed(name, patients), _source_of(name, patients)
        ).drop_nulls("date")
    wanted = [holds(role, values) for role, values in entry.where.items()]
    held = records.tables[table]
    rows = (
        held.filter(*wanted)
        .select("patient", pl.col(entry.dated_by).alias("date"), _imputed(entry.dated_by, held), *ORDER)
        .drop_nulls("date")
        .join(people.select("patient", "start", "until"), on="patient", how="inner")
        .join(patients.select("patient"), on="patient", how="semi")
    )
    if table in BASELINE_ROWS_POSSIBLE:
        rows = rows.filter(pl.col("date") >= pl.col("start"))
    if table == "visits":
        rows = rows.filter(pl.col("date") > pl.col("start"))
    if table == "responses":
        rows = rows.filter(pl.col("date") <= pl.col("until"))
    if entry.despite is not None:
        rows = unanswered(rows, entry.despite, people, records)
    latest_first = entry.last is not None
    return (
        rows.sort("patient", "date", *ORDER, descending=[False, latest_first, *(False for _ in ORDER)])
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", "date", "note", source())
    )


def holds(role: str, values: Sequence[str]) -> pl.Expr:
    """Whether a row has one of these values in a role, or in a further column."""
    if role in SEVERAL:
        return pl.any_horizontal((pl.col(role).str.split("; ").list.contains(value)) for value in values)
    return pl.col(role).cast(pl.String).is_in(list(values))


def _source_of(name: str, patients: pl.DataFrame) -> pl.Expr:
    """The place of a date variable: the row it was taken from, where another table has it, else the patient's own."""
    place = source_column(name)
    return pl.col(place).alias("source") if place in patients.columns else source()


def _imputed(name: str, frame: pl.DataFrame) -> pl.Expr:
    """Words on each row whose date of this name was completed, from the flag kept beside it; else null."""
    flag = flag_column(name)
    if flag not in frame.columns:
        return pl.lit(None, dtype=pl.String).alias("note")
    return pl.col(flag).replace_strict(IMPUTED_WORDS, default=None, return_dtype=pl.String).alias("note")
