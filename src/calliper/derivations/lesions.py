"""The response of each scan, derived from the tables of scans and lesions and held beside what a centre recorded."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.derivations.assessments import after_start, best_rows, lesion_rows, with_assessments
from calliper.derivations.baseline_lesions import baseline_lesions, baseline_sums, followed, untreated_until
from calliper.derivations.new_lesions import find_new
from calliper.derivations.other_lesions import judge_others, others_seen, with_words
from calliper.derivations.scan_verdicts import day, flags, judge, reason, response
from calliper.derivations.sizes import change, millimetres
from calliper.derivations.target_response import is_gone, judge_targets
from calliper.derivations.target_sums import target_sums, with_nadirs, with_sums
from calliper.disease.response_criteria import ResponseCriteria
from calliper.endpoints import SCANS
from calliper.protocol.specs import FromLesions, Protocol, Response
from calliper.records.measured import mark_baseline, of_one_reader
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

PATIENTS_AT_A_TIME = 25_000
"""So many are derived together: more would be no quicker, and need more memory."""


def derive_scans(
    spec: Response, lesions: FromLesions, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each assessment of these patients after the start and not after the cut-off (columns SCANS).

    By patient and day. Scans after new anticancer therapy or after progression are there, and flagged; whoever
    reads them leaves them out.
    """
    people = _people(spec, patients)
    parts = list(people.iter_slices(PATIENTS_AT_A_TIME)) or [people]
    return pl.concat([_of_patients(part, spec, lesions, protocol, records) for part in parts])


def _of_patients(
    people: pl.DataFrame, spec: Response, lesions: FromLesions, protocol: Protocol, records: Records
) -> pl.DataFrame:
    rules = spec.rules
    start_label = protocol.variable(spec.start).label if spec.start else "the start"
    imaging = _imaging(lesions, protocol, records, people)
    table = records.tables["lesions"].join(people, on="patient", how="semi", maintain_order="left")
    scans = _scans(imaging, table, people, rules)
    named, later, untreated = _lesions(scans, table, rules)
    of_patient = (
        _baseline_days(scans),
        baseline_sums(named),
        untreated,
        _repeated_treatments(records, lesions, people),
    )
    seen = after_start(scans)
    for facts in (people, *of_patient):
        seen = seen.join(facts, on="who", how="left", maintain_order="left")
    seen = seen.join(find_new(later, rules), on="assessment", how="left", maintain_order="left")
    seen = judge_others(with_sums(seen, target_sums(later)), others_seen(later, rules))
    seen = judge_targets(with_nadirs(seen.with_columns(is_gone=is_gone(rules))), rules)
    seen = judge(with_words(seen, later, named, rules))
    seen = seen.with_columns(day(rules)).with_columns(
        response(rules), reason(rules, start_label), flags(rules)
    )
    seen = _with_recorded(seen, _recorded(records, lesions, protocol), spec, people)
    place = scans[seen["at"]].select(source(), *ORDER)
    return seen.with_columns(place.iter_columns()).select(*_columns(), "source", *ORDER).select(SCANS.keys())


def _people(spec: Response, patients: pl.DataFrame) -> pl.DataFrame:
    """The patients with a start, numbered in the order of their names: `who`, `patient`, `start`, `new_therapy`."""
    nothing = pl.lit(None, dtype=pl.Date)
    return (
        patients.select(
            "patient",
            (pl.col(spec.start) if spec.start else nothing).alias("start"),
            (pl.col(spec.new_therapy) if spec.new_therapy else nothing).alias("new_therapy"),
        )
        .drop_nulls("start")
        .sort("patient")
        .with_row_index("who")
    )


def _imaging(
    lesions: FromLesions, protocol: Protocol, records: Records, people: pl.DataFrame
) -> pl.DataFrame:
    """The scans of these patients, up to the cut-off, of one reader each."""
    imaging = records.tables["imaging"].filter(pl.col("date") <= (protocol.study.cutoff or date.max))
    return of_one_reader(imaging.join(people, on="patient", how="semi"), lesions.readers)


def _scans(
    imaging: pl.DataFrame, table: pl.DataFrame, people: pl.DataFrame, rules: ResponseCriteria
) -> pl.DataFrame:
    """The scans that are read, by patient and date, with their assessment and the modality of baseline."""
    scans = (
        mark_baseline(imaging, table, people, rules)
        .filter(pl.col("is_baseline") | (pl.col("date") > pl.col("start")))
        .join(people.select("patient", "who"), on="patient", how="inner")
        .sort("who", "date", *ORDER)
        .with_row_index("at")
    )
    modality = (
        scans.filter("is_baseline")
        .unique("who", keep="last", maintain_order=True)
        .select("who", pl.col("modality").alias("baseline_modality"))
    )
    scans = scans.join(modality, on="who", how="left", maintain_order="left")
    return with_assessments(scans, rules)


def _baseline_days(scans: pl.DataFrame) -> pl.DataFrame:
    """The day of each patient's last scan of baseline: `who`, `baseline_date`."""
    return scans.filter("is_baseline").group_by("who").agg(pl.col("date").max().alias("baseline_date"))


def _lesions(
    scans: pl.DataFrame, table: pl.DataFrame, rules: ResponseCriteria
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """The lesions of baseline, those after the start, and until when targets were untreated."""
    rows = lesion_rows(scans, table, rules)
    held = best_rows(rows)
    named = baseline_lesions(held)
    return named, followed(held, named), untreated_until(rows)


def _repeated_treatments(records: Records, lesions: FromLesions, people: pl.DataFrame) -> pl.DataFrame:
    """The first repeated treatment after each patient's start: `who`, `repeated_on`."""
    rows = records.tables["exposure"].filter(pl.col("drug").is_in(list(lesions.repeat_treatment)))
    treated = rows.select("patient", pl.col("start").alias("repeated_on")).join(people, on="patient")
    return (
        treated.filter(pl.col("repeated_on") > pl.col("start"))
        .group_by("who")
        .agg(pl.col("repeated_on").min())
    )


def _recorded(records: Records, lesions: FromLesions, protocol: Protocol) -> pl.DataFrame:
    """The recorded responses that may stand beside these scans: not those of a reader who reads none of them."""
    rows = records.tables["responses"].drop_nulls(["date", "response"])
    reader = protocol.data.recorded_reader
    is_anothers = reader is not None and bool(lesions.readers) and reader not in lesions.readers
    return rows.clear() if is_anothers else rows


def _with_recorded(
    seen: pl.DataFrame, rows: pl.DataFrame, spec: Response, people: pl.DataFrame
) -> pl.DataFrame:
    """Add `recorded`, the first category of `rows` on the days of the assessment."""
    coded = pl.col("response").replace_strict(spec.codes, default=None, return_dtype=pl.String)
    recorded = (
        rows.with_columns(coded.alias("recorded"), pl.col("date").alias("recorded_on"))
        .sort("patient", "date", *ORDER)
        .unique(["patient", "date"], keep="first", maintain_order=True)
        .join(people.select("patient", "who"), on="patient")
        .select("who", "recorded", "recorded_on")
        .sort("recorded_on")
    )
    held = (
        seen.select("who", "assessment", "first_day", "last_day")
        .join(recorded, on="who", how="semi")
        .sort("first_day")
        .join_asof(
            recorded,
            left_on="first_day",
            right_on="recorded_on",
            by="who",
            strategy="forward",
            check_sortedness=False,
        )
        .filter(pl.col("recorded_on") <= pl.col("last_day"))
        .select("assessment", "recorded")
    )
    return seen.join(held, on="assessment", how="left", maintain_order="left")


def _columns() -> list[pl.Expr | str]:
    """The columns of SCANS without provenance, from what each assessment was held against."""
    is_measured = pl.col("is_measured")
    current = pl.when(is_measured & (pl.col("target") != "NE")).then(pl.col("current"))
    baseline, nadir = (pl.when(is_measured).then(pl.col(name)) for name in ("baseline", "nadir"))
    return [
        "patient",
        "date",
        (pl.col("date") - pl.col("start")).dt.total_days().alias("day"),
        "scan",
        "visit",
        "modality",
        millimetres(current).alias("sum_mm"),
        millimetres(baseline).alias("baseline_mm"),
        millimetres(nadir).alias("nadir_mm"),
        pl.when(is_measured).then(pl.col("nadir_date")).alias("nadir_date"),
        change(current, baseline).alias("change_from_baseline"),
        change(current, nadir).alias("change_from_nadir"),
        "target",
        "non_target",
        "new",
        pl.when(pl.col("new") == "YES").then(pl.col("new_site")).alias("new_site"),
        "overall",
        "rule",
        "response",
        "reason",
        "flags",
        "recorded",
        (pl.col("recorded") == pl.col("response")).alias("agrees"),
    ]
