"""The sums of the target lesions at each assessment, and the nadir each is held against; no rules here.

Sums are whole steps of 0.0001 mm.
"""

from __future__ import annotations

import polars as pl


def target_sums(followed: pl.DataFrame) -> pl.DataFrame:
    """What was measured of the targets at each assessment at which one is recorded.

    Args:
        followed: lesions after the start: `assessment`, `is_target`, `is_node`, `counted` (null: not assessed).

    Returns:
        `assessment`, `n_measured`, `current` (the sum), `of_nodes` (the nodes' share of it), `largest_node`.
    """
    size = pl.col("counted")
    of_node = pl.when("is_node").then(size)
    return (
        followed.filter("is_target")
        .group_by("assessment")
        .agg(
            size.count().cast(pl.Int64).alias("n_measured"),
            size.sum().alias("current"),
            of_node.sum().alias("of_nodes"),
            of_node.max().alias("largest_node"),
        )
    )


def with_sums(seen: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """Add the sums to the assessments (`n_missing` targets were not assessed), and whether they are a whole sum.

    Args:
        seen: one row an assessment, with the columns of `baseline_lesions.baseline_sums`.
        sums: as `target_sums` gives them.
    """
    numbers = ("n_targets", "n_others", "baseline", "n_measured", "current", "of_nodes", "largest_node")
    return (
        seen.join(sums, on="assessment", how="left", maintain_order="left")
        .with_columns(pl.col(numbers).fill_null(0))
        .with_columns(
            (pl.col("n_targets") - pl.col("n_measured")).alias("n_missing"),
            (pl.col("current") - pl.col("of_nodes")).alias("beyond_nodes"),
            ((pl.col("n_targets") > 0) & pl.col("fault").is_null()).alias("is_measured"),
        )
        .with_columns((pl.col("is_measured") & (pl.col("n_missing") == 0)).alias("is_whole"))
    )


def with_nadirs(seen: pl.DataFrame) -> pl.DataFrame:
    """Add `nadir`, the smallest sum of baseline and of the whole sums before, with its date; and `came_complete`.

    Args:
        seen: assessments by patient and day: `who`, `last_day`, `current`, `is_whole`, `is_gone` (what was assessed
            is a complete response), `baseline`, `baseline_date`.
    """
    sum_before = pl.when("is_whole").then(pl.col("current")).cum_min().forward_fill().shift(1).over("who")
    n_before = (pl.col("is_whole") & pl.col("is_gone")).cast(pl.Int64).cum_sum().shift(1).over("who")
    is_lower = pl.col("is_whole") & (pl.col("current") < pl.col("nadir"))
    lower_before = pl.when(is_lower).then(pl.col("last_day")).forward_fill().shift(1).over("who")
    return seen.with_columns(
        pl.min_horizontal("baseline", sum_before).alias("nadir"),
        (n_before > 0).fill_null(value=False).alias("came_complete"),
    ).with_columns(pl.coalesce(lower_before, "baseline_date").alias("nadir_date"))
