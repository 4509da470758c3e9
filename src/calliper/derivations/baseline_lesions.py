"""The lesions of baseline: targets with their sum, the others, and what keeps the sum from being a baseline."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.disease.response_criteria import NO_TUMOUR


def baseline_lesions(held: pl.DataFrame) -> pl.DataFrame:
    """Each patient's lesions of baseline, in their order.

    Args:
        held: as `assessments.best_rows` gives them.

    Returns:
        `who`, `lesion_of`, `lesion`, `is_target`, `is_node`, `is_other` (followed as no target), `counted`,
        `at_baseline` (their order).
    """
    is_tumour = ~pl.col("kind").is_in(NO_TUMOUR).fill_null(value=False)
    return (
        held.filter("is_baseline")
        .sort("order")
        .select(
            "who",
            "lesion_of",
            "lesion",
            (pl.col("role") == "target").alias("is_target"),
            (pl.col("organ") == "LN").alias("is_node"),
            ((pl.col("role") == "non_target") & is_tumour).alias("is_other"),
            "counted",
            pl.col("order").alias("at_baseline"),
        )
    )


def baseline_sums(named: pl.DataFrame) -> pl.DataFrame:
    """What each patient is held against: one row for each who has a lesion at baseline.

    Args:
        named: as `baseline_lesions` gives them.

    Returns:
        `who`, `n_targets`, `n_others`, `baseline` (the sum of the targets), and `fault`: why it is no baseline, null
        where it is one.
    """
    is_target = pl.col("is_target")
    sums = named.group_by("who").agg(
        is_target.sum().cast(pl.Int64).alias("n_targets"),
        pl.col("is_other").sum().cast(pl.Int64).alias("n_others"),
        pl.when(is_target).then(pl.col("counted")).sum().alias("baseline"),
    )
    lost = named.filter(is_target & pl.col("counted").is_null()).unique(
        "who", keep="first", maintain_order=True
    )
    fault = (
        pl.when(pl.col("lost").is_not_null())
        .then(pl.format("target lesion {} was not measured at baseline", "lost"))
        .when((pl.col("n_targets") > 0) & (pl.col("baseline") == 0))
        .then(pl.lit("the target lesions add up to 0 mm at baseline"))
    )
    return (
        sums.join(lost.select("who", pl.col("lesion").alias("lost")), on="who", how="left")
        .with_columns(fault.alias("fault"))
        .drop("lost")
    )


def untreated_until(rows: pl.DataFrame) -> pl.DataFrame:
    """The last day on which a target had its first own treatment: `who`, `untreated_until`.

    Of the patients of whom any lesion's own treatment is recorded; a target without one is untreated for good.
    `rows` are those of `assessments.lesion_rows`.
    """
    treated = rows.drop_nulls("treated")
    first = treated.group_by("lesion_of").agg(pl.col("treated").min())
    targets = rows.filter(pl.col("is_baseline") & (pl.col("role") == "target")).select("who", "lesion_of")
    return (
        targets.unique()
        .join(treated.select("who").unique(), on="who", how="semi")
        .join(first, on="lesion_of", how="left")
        .group_by("who")
        .agg(pl.col("treated").fill_null(date.max).max().alias("untreated_until"))
    )


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
