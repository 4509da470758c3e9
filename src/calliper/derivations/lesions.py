"""The response of each scan, derived from the tables of scans and lesions and held beside what a centre recorded."""

from __future__ import annotations

from datetime import date
from itertools import product

import polars as pl

from calliper.derivations.assessments import after_start, best_rows, lesion_rows, with_assessments
from calliper.derivations.baseline_lesions import baseline_lesions, baseline_sums, untreated_until
from calliper.derivations.new_lesions import find_new
from calliper.derivations.other_lesions import judge_others, others_seen, with_words
from calliper.derivations.overall_response import overall_response
from calliper.derivations.sizes import change, millimetres
from calliper.derivations.target_response import is_gone, judge_targets
from calliper.derivations.target_sums import target_sums, with_nadirs, with_sums
from calliper.disease.response_criteria import NEW, NON_TARGET, TARGET, ResponseCriteria
from calliper.endpoints import SCANS
from calliper.protocol.specs import FromLesions, Protocol, Response
from calliper.records.measured import mark_baseline, of_one_reader
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records


def derive_scans(
    spec: Response, lesions: FromLesions, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """Each assessment of these patients after the start and not after the cut-off (columns SCANS).

    By patient and day. Scans after new anticancer therapy or after progression are there, and flagged; whoever
    reads them leaves them out.
    """
    rules = spec.rules
    people = _people(spec, patients)
    scans = _scans(lesions, protocol, records, people, rules)
    rows = lesion_rows(scans, records.tables["lesions"], rules)
    held = best_rows(rows)
    named = baseline_lesions(held)
    later = followed(held, named)
    seen = (
        after_start(scans)
        .join(people, on="who", how="left", maintain_order="left")
        .join(_baseline_days(scans), on="who", how="left", maintain_order="left")
        .join(baseline_sums(named), on="who", how="left", maintain_order="left")
        .join(untreated_until(rows), on="who", how="left", maintain_order="left")
        .join(_repeated_treatments(records, lesions, people), on="who", how="left", maintain_order="left")
        .join(find_new(later, rules), on="assessment", how="left", maintain_order="left")
    )
    seen = judge_others(with_sums(seen, target_sums(later)), others_seen(later, rules))
    seen = judge_targets(with_nadirs(seen.with_columns(is_gone=is_gone(rules))), rules)
    seen = _judge(with_words(seen, later, named, rules))
    seen = seen.with_columns(_day(rules)).with_columns(_response(rules), *_reason_and_flags(spec, protocol))
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


def _scans(
    lesions: FromLesions, protocol: Protocol, records: Records, people: pl.DataFrame, rules: ResponseCriteria
) -> pl.DataFrame:
    """The scans that are read, by patient and date, with their assessment and the modality of baseline."""
    cutoff = protocol.study.cutoff or date.max
    imaging = records.tables["imaging"].filter(pl.col("date") <= cutoff)
    imaging = of_one_reader(imaging.join(people, on="patient", how="semi"), lesions.readers)
    scans = (
        mark_baseline(imaging, records.tables["lesions"], people, rules)
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


def followed(held: pl.DataFrame, named: pl.DataFrame) -> pl.DataFrame:
    """The lesions after the start with what they were at baseline (`at_baseline` null: not there).

    One that was removed (`is_removed`) is not assessed from then on.
    """
    later = held.filter(~pl.col("is_baseline"))
    removed = (
        later.filter(pl.col("status") == "removed")
        .group_by("lesion_of")
        .agg(pl.col("assessment").min().alias("removed_at"))
    )
    is_removed = (pl.col("removed_at") <= pl.col("assessment")).fill_null(value=False)
    return (
        later.join(named.drop("who", "lesion", "counted"), on="lesion_of", how="left")
        .join(removed, on="lesion_of", how="left")
        .with_columns(is_removed.alias("is_removed"))
        .with_columns(pl.when(~pl.col("is_removed")).then(pl.col("counted")).alias("counted"))
    )


def _repeated_treatments(records: Records, lesions: FromLesions, people: pl.DataFrame) -> pl.DataFrame:
    """The first repeated treatment after each patient's start: `who`, `repeated_on`."""
    rows = records.tables["exposure"].filter(pl.col("drug").is_in(list(lesions.repeat_treatment)))
    treated = rows.select("patient", pl.col("start").alias("repeated_on")).join(people, on="patient")
    return (
        treated.filter(pl.col("repeated_on") > pl.col("start"))
        .group_by("who")
        .agg(pl.col("repeated_on").min())
    )


HAS_BASELINE = pl.col("baseline_date").is_not_null()


def _judge(seen: pl.DataFrame) -> pl.DataFrame:
    """Add `overall` and `rule`; without a baseline nothing is evaluable."""
    cells = list(product(TARGET, NON_TARGET, NEW))
    table = pl.DataFrame(
        [(*cell, *overall_response(*cell)) for cell in cells],
        schema=dict.fromkeys(("target", "non_target", "new", "overall", "rule"), pl.String),
        orient="row",
    )
    nothing = {
        name: pl.when(HAS_BASELINE).then(value).otherwise(pl.lit("NE"))
        for name, value in (
            ("target", pl.col("target")),
            ("non_target", pl.col("non_target")),
            ("new", pl.col("new").fill_null("NO")),
        )
    }
    return seen.with_columns(**nothing).join(
        table, on=["target", "non_target", "new"], how="left", maintain_order="left"
    )


def _day(rules: ResponseCriteria) -> pl.Expr:
    """The day on which it counts: of progression the first that shows it, of all else the last of the assessment."""
    by_sum = pl.col("last_day" if rules.pd_sum_date == "last" else "first_day")
    shown = pl.min_horizontal(
        pl.when(pl.col("new") == "YES").then(pl.col("new_day")),
        "progressed_on",
        pl.when(pl.col("target") == "PD").then(by_sum),
    )
    return pl.when(pl.col("overall") == "PD").then(shown).otherwise(pl.col("last_day")).alias("date")


def _response(rules: ResponseCriteria) -> pl.Expr:
    stable = pl.lit("SD" if rules.counts_nn_as_sd else "NE")
    is_neither = pl.col("overall") == "NONCR_NONPD"
    return pl.when(is_neither).then(stable).otherwise(pl.col("overall")).alias("response")


def _reason_and_flags(spec: Response, protocol: Protocol) -> tuple[pl.Expr, pl.Expr]:
    start_label = protocol.variable(spec.start).label if spec.start else "the start"
    rules, rule = spec.rules, pl.col("rule")
    doubted = pl.when(pl.col("new") == "EQUIVOCAL").then(pl.format("{} (equivocal)", "new_reason"))
    others = pl.when(rule.is_in(["O6", "O9", "O10", "O11"])).then(pl.col("others_reason"))
    reason = (
        pl.when(~HAS_BASELINE)
        .then(pl.lit(f"no baseline scan in the {rules.baseline_oldest_days} days before {start_label}"))
        .when(rule == "O1")
        .then(pl.col("new_reason"))
        .when(rule == "O3")
        .then(pl.format("non-target lesion {} progressed", "progressed_lesion"))
        .otherwise(pl.concat_str("target_reason", others, doubted, separator="; ", ignore_nulls=True))
    )
    age = (pl.col("start") - pl.col("baseline_date")).dt.total_days()
    n_before = (pl.col("overall") == "PD").cast(pl.Int64).cum_sum().shift(1).over("who")
    flags = {
        "REENH_SMALL": pl.col("is_small") & HAS_BASELINE,
        "SUM_PARTIAL": pl.col("is_partial_sum") & HAS_BASELINE,
        "MODALITY_SWITCH": pl.col("is_switched"),
        "NEW_EQUIVOCAL": pl.col("new") == "EQUIVOCAL",
        "NEW_NE": (pl.col("new") == "NE") & HAS_BASELINE,
        "BL_OLD": age > rules.baseline_max_age_days,
        "RETACE_BEFORE_SCAN": pl.col("repeated_on") < pl.col("date"),
        "UNTREATED_TL": pl.col("untreated_until") > pl.col("date"),
        "AFTER_NEW_THERAPY": pl.col("date") > pl.col("new_therapy"),
        "AFTER_PD": n_before > 0,
    }
    words = [pl.when(is_so).then(pl.lit(name)) for name, is_so in flags.items()]
    return reason.alias("reason"), pl.concat_str(words, separator="; ", ignore_nulls=True).alias("flags")


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
    held = seen.sort("first_day").join_asof(
        recorded,
        left_on="first_day",
        right_on="recorded_on",
        by="who",
        strategy="forward",
        check_sortedness=False,
    )
    is_within = pl.col("recorded_on") <= pl.col("last_day")
    return held.with_columns(pl.when(is_within).then(pl.col("recorded")).alias("recorded")).sort("at")


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
