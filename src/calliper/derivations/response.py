"""Tumour response at each landmark, from the categories the centres recorded or as derived from lesions."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations.lesions import derive_scans
from calliper.derivations.scans import (
    add_category,
    best_of_scans,
    from_derived,
    read_scans,
    response_in_window,
)
from calliper.endpoints import RESPONSES, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Landmark, Protocol, Response
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records


def derive(
    name: str, spec: Response, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row for each patient of `patients` and landmark, by patient, then in the order of the study file.

    `response` is never null: a patient who cannot be evaluated is NE, and the reason says why. `day` counts
    from `spec.start` to the scan that gave the response, null where either date is not known. Scans after the
    cut-off, and after new anticancer therapy, are not read. Progression is carried forward in day windows only;
    a visit or an only record stands for itself. Of a response derived from lesions `scans` holds every scan.

    Raises:
        DataError: a recorded text has no code, a patient has two rows where one is expected, or two scans of
            one day
            disagree; every such record is listed.
    """
    nothing = pl.lit(None, dtype=pl.Date)
    people = patients.select(
        "patient",
        (pl.col(spec.start) if spec.start else nothing).alias("start"),
        (pl.col(spec.new_therapy) if spec.new_therapy else nothing).alias("new_therapy"),
        (pl.col(spec.death) if spec.death else nothing).alias("death"),
        source().alias("own_source"),
    ).with_columns((pl.col("death") - pl.col("start")).dt.total_days().alias("death_day"))
    start_label = protocol.variable(spec.start).label if spec.start else "the start"
    cutoff = protocol.study.cutoff or date.max
    derived = None
    if spec.lesions is not None:
        derived = derive_scans(spec, spec.lesions, protocol, records, patients)
        scans = from_derived(derived, people)
    elif all(landmark.variable is not None for landmark in spec.landmarks.values()):
        scans = None
    else:
        scans = read_scans(spec, records, people, cutoff=cutoff)
    parts = []
    for position, (key, landmark) in enumerate(spec.landmarks.items()):
        if landmark.variable is not None or scans is None:
            found = _from_variable(landmark, spec, patients)
        elif landmark.best is not None:
            found = best_of_scans(landmark, scans, people, spec.rules, start_label=start_label)
        elif landmark.window is not None:
            found = response_in_window(landmark, scans, people, start_label=start_label, cutoff=cutoff)
        else:
            found = _from_single_record(landmark, scans, people)
        parts.append(found.with_columns(pl.lit(key).alias("landmark"), pl.lit(position).alias("position")))
    frame = pl.concat(part.select(*RESPONSES, "position") for part in parts)
    frame = frame.sort("patient", "position").select(RESPONSES.keys())
    return Endpoint(name=name, kind="response", frame=frame, scans=derived)


def _from_variable(landmark: Landmark, spec: Response, patients: pl.DataFrame) -> pl.DataFrame:
    recorded = patients.select("patient", pl.col(landmark.variable or "").alias("recorded"), source())
    return add_category(recorded, spec).select(
        "patient",
        pl.col("category").fill_null("NE").alias("response"),
        pl.lit(None, dtype=pl.Int64).alias("day"),
        pl.when(pl.col("recorded").is_null())
        .then(pl.lit("response not recorded"))
        .when(pl.col("category") == "NE")
        .then(pl.lit("recorded as not evaluable"))
        .otherwise(pl.lit("as recorded"))
        .alias("reason"),
        "source",
    )


def _from_single_record(landmark: Landmark, scans: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """The response of the row of this visit, or of the patient's only row."""
    rows = scans if landmark.visit is None else scans.filter(pl.col("visit") == landmark.visit)
    what = "record" if landmark.visit is None else f"record of visit {landmark.visit}"
    twice = (
        rows.filter(pl.col("patient").is_duplicated())
        .sort("patient", *ORDER)
        .group_by("patient", maintain_order=True)
        .agg("source")
    )
    if twice.height:
        raise DataError(
            [
                f"{'; '.join(places)}: patient {patient} has {len(places)} rows; expected one {what}"
                for patient, places in twice.iter_rows()
            ]
        )
    has_record = pl.col("source").is_not_null()
    return people.join(rows.select("patient", "category", "day", "source"), on="patient", how="left").select(
        "patient",
        pl.col("category").fill_null("NE").alias("response"),
        "day",
        pl.when(~has_record)
        .then(pl.lit(f"no {what}"))
        .when(pl.col("category").is_null())
        .then(pl.lit(f"{what} without a response"))
        .when(pl.col("category") == "NE")
        .then(pl.lit(f"{what}: not evaluable"))
        .otherwise(pl.lit(what))
        .alias("reason"),
        pl.coalesce("source", "own_source").alias("source"),
    )
