"""The scans that follow a time-to-event endpoint: which of them count, and the new therapy that ends their reading."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from calliper.derivations.dates import earliest, find_dates
from calliper.derivations.scans import add_category
from calliper.protocol.specs import Assessments, NewTherapy, Protocol, Response
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records


def is_judged(spec: Assessments | None, start: str) -> pl.Expr:
    """Whether a patient has a baseline on or before the start, true where none is asked for."""
    if spec is None or spec.baseline is None:
        return pl.lit(value=True).alias("is_judged")
    return (pl.col(spec.baseline) <= pl.col(start)).fill_null(value=False).alias("is_judged")


def readable(
    spec: Assessments, protocol: Protocol, records: Records, people: pl.DataFrame, *, cutoff: date
) -> Records:
    """The records with the responses as this endpoint reads them.

    Under `response` each scan's `response` is its category in that endpoint; where that is derived from lesions,
    its scans stand in `records` already. The scans of patients without a baseline (`is_judged` false) are gone:
    there is nothing to hold them against.

    Args:
        spec: what counts.
        protocol: the study.
        records: the checked records.
        people: `patient`, `is_judged` (Boolean).
        cutoff: the data cut-off.

    Raises:
        DataError: as `scans.add_category`.
    """
    judged = people.filter(pl.col("is_judged")).select("patient")
    rows = records.tables["responses"].filter(pl.col("date") <= cutoff).join(judged, on="patient", how="semi")
    if spec.response is not None:
        endpoint = protocol.endpoints[spec.response]
        if not isinstance(endpoint, Response):
            raise ValueError(f"the endpoint {spec.response} is no response; name one of kind response")
        if endpoint.lesions is None:
            coded = add_category(rows.with_columns(pl.col("response").alias("recorded"), source()), endpoint)
            rows = coded.with_columns(pl.col("category").alias("response")).drop(
                "recorded", "source", "category"
            )
    return replace(records, tables={**records.tables, "responses": rows})


def therapy_starts(
    spec: NewTherapy | None, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """The first new therapy by `until` of each patient who had one: `therapy_date` and its words.

    Nobody had one where the study file names none, or says that it is ignored. One before the start is kept, for
    the caller to refuse.
    """
    if spec is None or spec.effect == "ignore":
        words = {f"therapy_{name}": pl.String for name in ("reason", "note", "source")}
        return pl.DataFrame(schema={"patient": pl.String, "therapy_date": pl.Date, **words})
    found = find_dates(spec.first_of, people, records, patients)
    ends = people.select("patient", "until")
    return earliest(
        found.join(ends, on="patient").filter(pl.col("date") <= pl.col("until")).drop("until"), "therapy_"
    )


def adequate_scans(spec: Assessments | None, people: pl.DataFrame, records: Records) -> pl.DataFrame:
    """Every adequate scan from the start to `until`: `patient`, `date`, `source`, in the order of their dates.

    `records` are those of `readable`. No rows where the endpoint declares no assessments.
    """
    if spec is None:
        return pl.DataFrame(schema={"patient": pl.String, "date": pl.Date, "source": pl.String})
    rows = records.tables["responses"].filter(pl.col("response").is_in(spec.adequate))
    return (
        rows.join(people.select("patient", "start", "until"), on="patient")
        .filter(pl.col("date").is_between("start", "until"))
        .sort("patient", "date", *ORDER)
        .select("patient", "date", source())
    )


def last_scan(scans: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Each patient's last of some scans (`patient`, `date`, `source`, in order), columns prefixed."""
    return scans.unique("patient", keep="last", maintain_order=True).select(
        "patient", pl.col("date", "source").name.prefix(prefix)
    )
