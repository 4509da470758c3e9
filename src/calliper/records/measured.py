"""Whose scans are read, which is a patient's baseline, and which diameter of a lesion counts, in steps of 0.0001 mm."""

from __future__ import annotations

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria

PER_MM = 10_000
"""Diameters are whole numbers of steps of 0.0001 mm, so that sums and percentages are exact."""


def of_one_reader(imaging: pl.DataFrame, readers: tuple[str, ...]) -> pl.DataFrame:
    """The scans of each patient's first reader in the order given: sums of two readers are never compared."""
    if not readers:
        return imaging
    order = pl.col("reader").replace_strict(
        {name: at for at, name in enumerate(readers)}, default=None, return_dtype=pl.Int64
    )
    ranked = imaging.with_columns(order.alias("_rank"))
    return ranked.filter(pl.col("_rank") == pl.col("_rank").min().over("patient")).drop("_rank")


def mark_baseline(
    imaging: pl.DataFrame, lesions: pl.DataFrame, starts: pl.DataFrame, rules: ResponseCriteria
) -> pl.DataFrame:
    """The scans of the patients of `starts`, with `start` and `is_baseline`.

    Baseline is the last scan on or before the start that has lesions of baseline, if it is no older than
    `rules.baseline_oldest_days`; scans of its day, or of its visit within `rules.assessment_days`, belong to it.

    Args:
        imaging: the table of scans.
        lesions: `patient`, `scan`, `role`.
        starts: `patient`, `start` (Date).
        rules: whose ages of scans are read.
    """
    scans = imaging.join(starts.select("patient", "start"), on="patient", how="inner", maintain_order="left")
    age = (pl.col("start") - pl.col("date")).dt.total_days()
    candidates = scans.filter(age.is_between(0, rules.baseline_oldest_days))
    # the small table of the two is asked of the large one, and then the other way round
    of_scan = ["patient", "scan"]
    shown = lesions.join(candidates, on=of_scan, how="semi").filter(pl.col("role") != "new")
    candidates = candidates.join(shown, on=of_scan, how="semi")
    last = (
        candidates.sort("patient", "date", "scan")
        .group_by("patient", maintain_order=True)
        .agg(pl.col("date").last().alias("last"), pl.col("visit").last().alias("last_visit"))
    )
    since = (pl.col("last") - pl.col("date")).dt.total_days()
    of_visit = (pl.col("visit") == pl.col("last_visit")).fill_null(value=False)
    is_baseline = (since == 0) | (of_visit & since.is_between(0, rules.assessment_days))
    marked = scans.join(last, on="patient", how="left", maintain_order="left")
    return marked.with_columns(is_baseline.fill_null(value=False).alias("is_baseline")).drop(
        "last", "last_visit"
    )


def counted(rules: ResponseCriteria) -> pl.Expr:
    """The diameter that counts (Int64, steps of 0.0001 mm; null: not assessed), of lesions with their scan.

    Nodes count by the short axis; hepatic lesions, unless atypical, by what the rules measure; all others by the
    whole diameter. A lesion that is absent or merged into another is 0.
    """
    size = (
        pl.when(pl.col("organ") == "LN")
        .then(pl.col("short_axis_mm"))
        .when(counts_viable(rules))
        .then(pl.col("viable_mm"))
        .otherwise(pl.col("whole_mm"))
    )
    status = pl.col("status")
    in_steps = (size * PER_MM).round().cast(pl.Int64)
    return (
        pl.when(~is_assessable(rules) | status.is_in(["not_assessed", "removed"]))
        .then(pl.lit(None, dtype=pl.Int64))
        .when(status.is_in(["absent", "merged"]))
        .then(pl.lit(0, dtype=pl.Int64))
        .when(status == "too_small")
        .then(pl.lit(int(rules.too_small_mm * PER_MM), dtype=pl.Int64))
        .otherwise(in_steps)
        .alias("counted")
    )


def counts_viable(rules: ResponseCriteria) -> pl.Expr:
    """Whether a lesion counts by its viable diameter."""
    if rules.measures == "whole":
        return pl.lit(value=False)
    is_atypical = (pl.col("kind") == "atypical").fill_null(value=False)
    return (pl.col("organ") == "LIVER") & ~is_atypical


def is_assessable(rules: ResponseCriteria) -> pl.Expr:
    """Whether a lesion can be assessed on its scan, which is not known not to fit: its modality, its arterial phase."""
    fits = pl.col("modality").is_in(list(rules.modalities)).fill_null(value=True)
    if not rules.needs_arterial_phase:
        return fits
    lacks = (pl.col("arterial_phase") == "no").fill_null(value=False)
    return fits & ~(counts_viable(rules) & lacks)
