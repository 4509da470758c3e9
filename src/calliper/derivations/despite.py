"""Progression that local treatment did not answer: the date of TACE progression."""

from __future__ import annotations

import polars as pl

from calliper.protocol.specs import Despite
from calliper.records.provenance import ORDER
from calliper.records.tables import Records


def unanswered(rows: pl.DataFrame, despite: Despite, people: pl.DataFrame, records: Records) -> pl.DataFrame:
    """Of each patient's scans that show progression, the one that dates TACE progression, if any does.

    The first is answered by the first of the treatments within `within_days` of it, its own day within. Where none
    answers it, it is the one; else the first scan after that treatment which shows progression again, or still.
    Treatments after `until` answer nothing, and neither does one of the day before.

    Args:
        rows: scans that show progression: `patient`, `date`, `note`, provenance.
        despite: the treatment, and how long is waited for it.
        people: `patient`, `until` (Date): the last day that is read.
        records: its `exposure` is read.

    Returns:
        At most one row a patient, the columns of `rows`; `note` says what was done, or not, about the first.
    """
    ordered = rows.sort("patient", "date", *ORDER)
    first = ordered.unique("patient", keep="first", maintain_order=True).select(
        "patient", pl.col("date").alias("progressed")
    )
    last_day = pl.min_horizontal(pl.col("progressed") + pl.duration(days=despite.within_days), "until")
    given = (
        records.tables["exposure"]
        .filter(pl.col("drug").is_in(list(despite.drugs)))
        .select("patient", pl.col("start").alias("answered"))
        .join(first, on="patient", how="inner")
        .join(people.select("patient", "until"), on="patient", how="inner")
        .filter(pl.col("answered").is_between("progressed", last_day))
        .group_by("patient")
        .agg(pl.col("answered").min())
    )
    held = (
        ordered.join(first, on="patient")
        .join(given, on="patient", how="left")
        .join(people.select("patient", "until"), on="patient")
        .filter(
            pl.when(pl.col("answered").is_null())
            .then(pl.col("date") == pl.col("progressed"))
            .otherwise(pl.col("date") > pl.col("answered"))
        )
        .sort("patient", "date", *ORDER)
        .unique("patient", keep="first", maintain_order=True)
    )
    return held.with_columns(_note(despite)).select(rows.columns)


def _note(despite: Despite) -> pl.Expr:
    drugs = " or ".join(despite.drugs)
    waited = (pl.col("until") - pl.col("progressed")).dt.total_days()
    words = (
        pl.when(pl.col("answered").is_not_null())
        .then(
            pl.format(
                "in spite of {} on {}, after progression on {}", pl.lit(drugs), "answered", "progressed"
            )
        )
        .when(waited < despite.within_days)
        .then(pl.format("no {} by {}, {} days later", pl.lit(drugs), "until", waited))
        .otherwise(pl.lit(f"no {drugs} within {despite.within_days} days"))
    )
    return pl.concat_str(words, "note", separator="; ", ignore_nulls=True).alias("note")
