"""The day from which a patient is refractory to chemoembolisation, from sessions, scans, lesions and visits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from calliper.disease.hcc.refractoriness import Marker, Scan, Session, refractoriness
from calliper.protocol.specs import Refractory
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

VESSEL = "vessel"
SPREAD = ("node", "effusion", "extrahepatic")
"""Sites of new lesions (SCANS of endpoints.py) that are vascular invasion, and spread outside the liver."""


class _Placed(NamedTuple):
    """Facts of one day and the record they came from."""

    on: date
    value: Any
    source: str


def refractory_dates(
    spec: Refractory, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each patient's first day, by `until`, on which one of the rules of `spec` holds.

    Args:
        spec: the drugs of a session, and the rules that are read.
        people: `patient`, `start`, `until` (Date). Sessions before the start are no part of it.
        records: `exposure` has the sessions, `visits` the nodules (the last count after the session before, on or
            before the day of the session) and the AFP; `responses` the scans derived from lesions, with `scan` and
            `new_site`, and `lesions` the diameters of their targets.
        patients: whose dates are wanted.

    Returns:
        `patient`, `date`, `note` (the rule, and why), `source` (the scan, session or visit that decided).
    """
    sessions = _sessions(spec, people, records, patients)
    held: dict[str, dict[str, list[_Placed]]] = {}
    wanted = sessions.select("patient").unique()
    for kind, frame in (
        ("session", sessions),
        ("scan", _scans(spec, records, wanted)),
        ("nodules", _visits(records, wanted, "nodules")),
        ("afp", _visits(records, wanted, "afp")),
    ):
        for patient, on, value, place in frame.iter_rows():
            held.setdefault(patient, {}).setdefault(kind, []).append(_Placed(on, value, place))
    until = dict(people.select("patient", "until").iter_rows())
    rows = []
    for patient, facts in held.items():
        found = _first(spec, facts)
        if found is not None and found.on <= until[patient]:
            rows.append((patient, found.on, found.value, found.source))
    schema = {"patient": pl.String, "date": pl.Date, "note": pl.String, "source": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _first(spec: Refractory, facts: Mapping[str, list[_Placed]]) -> _Placed | None:
    """The earliest day on which a rule holds; `value` says which and why."""
    sessions, nodules = facts["session"], facts.get("nodules", [])
    before = [None, *(session.on for session in sessions)]
    counted = [
        Session(session.on, _count(nodules, last, session.on) if "R2" in spec.rules else None)
        for session, last in zip(sessions, before)
    ]
    scans = [scan.value for scan in facts.get("scan", [])]
    markers = [Marker(held.on, held.value) for held in facts.get("afp", [])] if "R3" in spec.rules else []
    found = refractoriness(counted, scans, markers)
    if found is None:
        return None
    places = facts[{"R2": "session", "R3": "afp"}.get(found.rule, "scan")]
    place = next(held.source for held in places if held.on == found.on)
    return _Placed(found.on, f"{found.rule}: {found.reason}", place)


def _count(nodules: list[_Placed], after: date | None, upto: date) -> int | None:
    """The last count before a session, and after the session before it."""
    counts = [held.value for held in nodules if held.on <= upto and (after is None or held.on > after)]
    return counts[-1] if counts else None


def _sessions(
    spec: Refractory, people: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """A row a day of treatment: `patient`, `on`, `value` (null), `source`, in order."""
    rows = records.tables["exposure"].filter(pl.col("drug").is_in(list(spec.drugs)))
    return (
        rows.join(people.select("patient", "start", "until"), on="patient", suffix="_of_study")
        .filter(pl.col("start").is_between("start_of_study", "until"))
        .join(patients.select("patient"), on="patient", how="semi")
        .sort("patient", "start", *ORDER)
        .unique(["patient", "start"], keep="first", maintain_order=True)
        .select("patient", pl.col("start").alias("on"), pl.lit(None).alias("value"), source())
    )


def _visits(records: Records, wanted: pl.DataFrame, role: str) -> pl.DataFrame:
    return (
        records.tables["visits"]
        .drop_nulls(["date", role])
        .join(wanted, on="patient", how="semi")
        .sort("patient", "date", *ORDER)
        .select("patient", "date", role, source())
    )


def _scans(spec: Refractory, records: Records, wanted: pl.DataFrame) -> pl.DataFrame:
    """Each scan that was read: `patient`, `date`, the Scan, `source`; what no rule of `spec` reads is left out."""
    responses = records.tables["responses"]
    if "scan" not in responses.columns:
        return pl.DataFrame(
            schema={"patient": pl.String, "date": pl.Date, "scan": pl.Object, "source": pl.String}
        )
    read = (
        responses.join(wanted, on="patient", how="semi")
        .sort("patient", "date", *ORDER)
        .with_row_index("at")
        .select("at", "patient", "date", "new_site", pl.col("scan").str.split("; "), source())
    )
    viable = _viable(read.select("at", "patient", "scan").explode("scan"), records)
    rows = []
    for patient, on, sites, place, percent in (
        read.join(viable, on="at", how="left", maintain_order="left")
        .select("patient", "date", "new_site", "source", "percent")
        .iter_rows()
    ):
        seen = (sites or "").split("; ")
        held = Scan(
            on,
            percent if "R1" in spec.rules else None,
            VESSEL in seen and "R4" in spec.rules,
            any(site in seen for site in SPREAD) and "R5" in spec.rules,
        )
        rows.append((patient, on, held, place))
    return pl.DataFrame(
        rows,
        schema={"patient": pl.String, "date": pl.Date, "scan": pl.Object, "source": pl.String},
        orient="row",
    )


def _viable(scans: pl.DataFrame, records: Records) -> pl.DataFrame:
    """The viable share in percent of the worst hepatic target of each assessment: `at`, `percent`.

    The share is of diameters, viable by whole, on a scan that is not known to lack the arterial phase.
    """
    phases = records.tables["imaging"].select("patient", "scan", "arterial_phase")
    gone = pl.col("status").is_in(["absent", "merged"]).fill_null(value=False)
    percent = (
        pl.when(gone)
        .then(0.0)
        .when(pl.col("whole_mm") > 0)
        .then(100 * pl.col("viable_mm") / pl.col("whole_mm"))
    )
    return (
        scans.join(phases, on=["patient", "scan"])
        .filter((pl.col("arterial_phase") != "no").fill_null(value=True))
        .join(records.tables["lesions"], on=["patient", "scan"])
        .filter((pl.col("role") == "target") & (pl.col("organ") == "LIVER"))
        .with_columns(percent.alias("percent"))
        .group_by("at")
        .agg(pl.col("percent").max())
    )
