"""The response of each scan, derived from the tables of scans and lesions and held beside what a centre recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.endpoints import SCANS
from calliper.protocol.specs import FromLesions, Protocol, Response
from calliper.records.measured import PER_MM, counted, is_assessable, mark_baseline, of_one_reader
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records
from derivations.slow_twin.patient_rows import LesionRow, ScanRow
from derivations.slow_twin.patient_scans import Assessed, follow


def derive_scans(
    spec: Response, lesions: FromLesions, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each assessment of these patients after the start and not after the cut-off (columns SCANS).

    By patient and day. Scans after new anticancer therapy or after progression are there, and flagged; whoever
    reads them leaves them out.
    """
    rules = spec.rules
    nothing = pl.lit(None, dtype=pl.Date)
    people = patients.select(
        "patient",
        (pl.col(spec.start) if spec.start else nothing).alias("start"),
        (pl.col(spec.new_therapy) if spec.new_therapy else nothing).alias("new_therapy"),
    ).drop_nulls("start")
    cutoff = protocol.study.cutoff or date.max
    start_label = protocol.variable(spec.start).label if spec.start else "the start"
    imaging = records.tables["imaging"].filter(pl.col("date") <= cutoff)
    imaging = of_one_reader(imaging.join(people, on="patient", how="semi"), lesions.readers)
    table = records.tables["lesions"]
    scans = (
        mark_baseline(imaging, table, people, rules)
        .filter(pl.col("is_baseline") | (pl.col("date") > pl.col("start")))
        .sort("patient", "date", *ORDER)
        .with_row_index("at")
    )
    held = people.join(_lists_of_scans(scans), on="patient", how="inner", maintain_order="left")
    for more in (
        _lists_of_lesions(scans, table, rules),
        _repeated_treatments(records, lesions.repeat_treatment),
        _recorded(records, spec),
    ):
        held = held.join(more, on="patient", how="left", maintain_order="left")
    no_baseline = f"no baseline scan in the {rules.baseline_oldest_days} days before {start_label}"
    rows = [row for patient in held.iter_rows(named=True) for row in _rows(patient, rules, no_baseline)]
    columns = [name for name in SCANS if name not in ("source", *ORDER)]
    values = dict(zip((*columns, "at"), zip(*rows))) if rows else {}
    frame = pl.DataFrame(values, schema={**{name: SCANS[name] for name in columns}, "at": pl.UInt32})
    frame = frame.join(scans.select("at", source(), *ORDER), on="at", how="left", maintain_order="left")
    return frame.sort("patient", "day", "at").select(SCANS.keys())


def _lists_of_scans(scans: pl.DataFrame) -> pl.DataFrame:
    has_arterial = (pl.col("arterial_phase") != "no").fill_null(value=True)
    return (
        scans.with_columns(has_arterial.alias("has_arterial"))
        .group_by("patient", maintain_order=True)
        .agg("at", "scan", "date", "visit", "modality", "has_arterial", "is_baseline")
    )


def _lists_of_lesions(scans: pl.DataFrame, table: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    of_scan = scans.select("patient", "scan", "modality", "arterial_phase")
    placed = table.join(of_scan, on=["patient", "scan"], how="inner", maintain_order="left")
    longest = (
        pl.when(pl.col("organ") == "LN")
        .then(pl.col("short_axis_mm"))
        .otherwise(pl.max_horizontal("whole_mm", "viable_mm"))
    )
    sized = placed.drop_nulls(["lesion", "role", "organ"]).select(
        "patient",
        "scan",
        "lesion",
        "role",
        "organ",
        "kind",
        "status",
        "pattern",
        is_assessable(rules).alias("is_assessable"),
        counted(rules),
        (longest * PER_MM).round().cast(pl.Int64).alias("longest"),
        "treated",
    )
    of_lesion = ["patient", "scan", "lesion"]
    is_split = (pl.col("status") == "fragment").any().over(of_lesion).fill_null(value=False)
    sized = sized.with_row_index("row")
    added = (
        sized.filter(is_split)
        .group_by(of_lesion, maintain_order=True)
        .agg(
            pl.exclude("counted", "longest").first(),
            pl.when(pl.col("counted").is_not_null().all()).then(pl.col("counted").sum()).alias("counted"),
            pl.col("longest").sum(),
        )
    )
    sized = pl.concat([sized.filter(~is_split), added.select(sized.columns)]).sort("row")
    lists = [
        pl.col(name).alias("scan_of_lesion" if name == "scan" else name)
        for name in (*LesionRow._fields, "treated")
    ]
    return sized.group_by("patient", maintain_order=True).agg(lists)


def _repeated_treatments(records: Records, drugs: tuple[str, ...]) -> pl.DataFrame:
    rows = records.tables["exposure"].filter(
        pl.col("drug").is_in(list(drugs)) & pl.col("start").is_not_null()
    )
    return rows.group_by("patient").agg(pl.col("start").alias("treatments"))


def _recorded(records: Records, spec: Response) -> pl.DataFrame:
    rows = records.tables["responses"].drop_nulls(["date", "response"])
    coded = pl.col("response").replace_strict(spec.codes, default=None, return_dtype=pl.String)
    return (
        rows.with_columns(coded.alias("recorded"))
        .sort("patient", "date", *ORDER)
        .group_by("patient", maintain_order=True)
        .agg("recorded", pl.col("date").alias("recorded_date"))
    )


def _rows(held: dict[str, Any], rules: ResponseCriteria, no_baseline: str) -> Iterator[tuple[Any, ...]]:
    """The rows of one patient, in the columns of SCANS without provenance, and the position of their scan."""
    scans = [
        ScanRow(*row)
        for row in zip(
            held["at"],
            held["scan"],
            held["date"],
            held["visit"],
            held["modality"],
            held["has_arterial"],
            held["is_baseline"],
        )
    ]
    names = ("scan_of_lesion", *LesionRow._fields[1:])
    lesions = [LesionRow(*row) for row in zip(*(held[name] or () for name in names))]
    treated = _first_treated(lesions, held["treated"] or ())
    start, new_therapy = held["start"], held["new_therapy"]
    repeats = [day for day in held["treatments"] or () if day > start]
    recorded = list(zip(held["recorded_date"] or (), held["recorded"] or ()))
    baseline = [scan for scan in scans if scan.is_baseline]
    is_old = bool(baseline) and (start - baseline[-1].date).days > rules.baseline_max_age_days
    at_baseline = {scan.scan for scan in baseline}
    targets = {row.lesion for row in lesions if row.role == "target" and row.scan in at_baseline}
    has_progressed = False
    for found in follow(scans, lesions, rules, no_baseline=no_baseline):
        flags = list(found.flags)
        if is_old:
            flags.append("BL_OLD")
        if any(day < found.date for day in repeats):
            flags.append("RETACE_BEFORE_SCAN")
        if treated and any(treated.get(name, date.max) > found.date for name in targets):
            flags.append("UNTREATED_TL")
        if new_therapy is not None and found.date > new_therapy:
            flags.append("AFTER_NEW_THERAPY")
        if has_progressed:
            flags.append("AFTER_PD")
        has_progressed = has_progressed or found.overall == "PD"
        response = found.overall
        if response == "NONCR_NONPD":
            response = "SD" if rules.counts_nn_as_sd else "NE"
        seen = next((code for day, code in recorded if found.first_day <= day <= found.last_day), None)
        last = found.scans[-1]
        yield (
            held["patient"],
            found.date,
            (found.date - start).days,
            "; ".join(scan.scan for scan in found.scans),
            last.visit,
            last.modality,
            _mm(found.current),
            _mm(found.baseline),
            _mm(found.nadir),
            found.nadir_date,
            _change(found, found.baseline),
            _change(found, found.nadir),
            found.target,
            found.non_target,
            found.new,
            found.new_site,
            found.overall,
            found.rule,
            response,
            found.reason,
            "; ".join(flags),
            seen,
            None if seen is None else seen == response,
            last.row,
        )


def _first_treated(lesions: list[LesionRow], days: list[date | None] | tuple[()]) -> dict[str, date]:
    first: dict[str, date] = {}
    for row, day in zip(lesions, days):
        if day is not None:
            first[row.lesion] = min(day, first.get(row.lesion, day))
    return first


def _mm(size: Any) -> float | None:
    return None if size is None else float(size)


def _change(found: Assessed, reference: Any) -> float | None:
    """The change in percent; None where there is no sum or the reference is 0."""
    if found.current is None or not reference:
        return None
    return float(100 * (found.current - reference) / reference)
