"""What the target lesions of each assessment show, from sums in whole steps of 0.0001 mm, and why in words."""

from __future__ import annotations

import polars as pl

from calliper.derivations.sizes import in_mm, in_percent, mm, share, steps
from calliper.disease.response_criteria import ResponseCriteria

CURRENT, BASELINE, NADIR = pl.col("current"), pl.col("baseline"), pl.col("nadir")


def is_gone(criteria: ResponseCriteria) -> pl.Expr:
    """Whether nothing is left of what was assessed of the targets: no tumour beyond nodes, and nodes of normal size."""
    return (pl.col("beyond_nodes") == 0) & (pl.col("largest_node") < steps(criteria.node_normal_mm))


def judge_targets(seen: pl.DataFrame, criteria: ResponseCriteria) -> pl.DataFrame:
    """Add `target` (NE, CR, PD, PR, SD, tested in this order; NOTL), `target_reason` and flags.

    What was assessed alone can already be PD (`is_partial_sum`). `is_small` is a re-enhancement too small to be
    progression.

    Args:
        seen: one row an assessment: `n_targets`, `fault` (why baseline has no sum; null), `baseline`, `nadir` (the
            smallest sum of baseline and of the assessments before this one, never of this one), `nadir_date` (null:
            not named), `current` (the sum of the targets that were assessed), `beyond_nodes` (of those which are no
            nodes), `largest_node` (the longest short axis), `n_missing` (targets not assessed), `came_complete`
            (whether an earlier assessment showed a complete response of the targets).
        criteria: whose thresholds are read.
    """
    n_missing = pl.col("n_missing")
    tested = seen.with_columns(
        is_gone=is_gone(criteria),
        is_back=_is_back(criteria),
        is_partial=_is_partial(criteria),
        is_grown=_is_grown(criteria),
    ).with_columns(is_progression=_is_progression(criteria))
    judged = tested.with_columns(
        pl.when(pl.col("n_targets") == 0)
        .then(pl.lit("NOTL"))
        .when(pl.col("fault").is_not_null() | ((n_missing > 0) & ~pl.col("is_progression")))
        .then(pl.lit("NE"))
        .when((n_missing == 0) & pl.col("is_gone"))
        .then(pl.lit("CR"))
        .when("is_progression")
        .then(pl.lit("PD"))
        .when((NADIR == 0) | pl.col("is_partial"))
        .then(pl.lit("PR"))
        .otherwise(pl.lit("SD"))
        .alias("target")
    )
    return judged.with_columns(
        _reasons(judged, criteria).alias("target_reason"),
        ((pl.col("target") == "PR") & (NADIR == 0)).alias("is_small"),
        ((pl.col("target") == "PD") & (n_missing > 0)).alias("is_partial_sum"),
    )


def _is_partial(criteria: ResponseCriteria) -> pl.Expr:
    size, limit = share(100 - criteria.pr_decrease_percent, CURRENT, BASELINE)
    return size <= limit


def _is_grown(criteria: ResponseCriteria) -> pl.Expr:
    """Whether the sum is progression by the percentage on the nadir."""
    size, limit = share(100 + criteria.pd_increase_percent, CURRENT, NADIR)
    return size >= limit


def _is_back(criteria: ResponseCriteria) -> pl.Expr:
    """Whether any tumour beyond nodes is progression, nothing having been left before."""
    if criteria.reappear_mm != 0:
        return pl.lit(value=False)
    return pl.col("came_complete") & (pl.col("beyond_nodes") > 0)


def _is_progression(criteria: ResponseCriteria) -> pl.Expr:
    """Whether what was assessed is progression on the nadir, or reappearance after nothing was left."""
    on_zero = (CURRENT > 0) & (steps(criteria.reappear_mm) <= CURRENT)
    on_nadir = pl.col("is_grown") & (steps(criteria.pd_absolute_mm) <= CURRENT - NADIR)
    return pl.col("is_back") | pl.when(NADIR == 0).then(on_zero).otherwise(on_nadir)


def _reasons(judged: pl.DataFrame, criteria: ResponseCriteria) -> pl.Series:
    """Why, in words: those of one verdict are made of its assessments alone."""
    n_missing = pl.col("n_missing")
    were = pl.when(n_missing == 1).then(pl.lit("target lesion was")).otherwise(pl.lit("target lesions were"))
    lack = pl.format("{} {} not assessed", n_missing, were)
    although = pl.when(n_missing > 0).then(pl.format(", although {}", lack)).otherwise(pl.lit(""))
    small = pl.format(f"{{}} after a sum of 0 mm, less than {mm(criteria.reappear_mm)}", in_mm(CURRENT))
    from_baseline = pl.format(
        "sum {} is {} from the baseline of {}",
        in_mm(CURRENT),
        in_percent(criteria, CURRENT, BASELINE),
        in_mm(BASELINE),
    )
    short = _short_of_absolute(criteria)
    on_nadir = pl.concat_str(pl.lit(" and "), _on_nadir(criteria))
    has_date = pl.col("nadir_date").is_not_null()
    words = {
        "NOTL": pl.lit("no target lesion at baseline"),
        "NE": pl.coalesce("fault", lack),
        "CR": _gone(criteria),
        "PD": pl.concat_str(_progression(criteria), although),
        "PR": pl.when(NADIR == 0).then(small).otherwise(pl.concat_str(from_baseline, short)),
        "SD": pl.concat_str(from_baseline, pl.when(has_date).then(on_nadir).otherwise(pl.lit("")), short),
    }
    rows = judged.with_row_index("_row")
    parts = [
        rows.filter(pl.col("target") == target).select("_row", reason.alias("reason"))
        for target, reason in words.items()
    ]
    return pl.concat(parts).sort("_row")["reason"]


def _gone(criteria: ResponseCriteria) -> pl.Expr:
    what = "enhancement" if criteria.measures == "viable" else "target lesion"
    nodes = pl.format(f"no {what} is left beyond nodes, the largest {{}}", in_mm(pl.col("largest_node")))
    return pl.when(CURRENT == 0).then(pl.lit(f"no {what} is left")).otherwise(nodes)


def _progression(criteria: ResponseCriteria) -> pl.Expr:
    least = f", at least {mm(criteria.reappear_mm)}" if criteria.reappear_mm else ""
    back = pl.format(f"{{}} after a complete response of the targets{least}", in_mm(CURRENT))
    more = pl.format(", +{}", in_mm(CURRENT - NADIR)) if criteria.pd_absolute_mm else pl.lit("")
    grown = pl.format("sum {} is {}{}", in_mm(CURRENT), _on_nadir(criteria), more)
    return pl.when((NADIR == 0) | pl.col("is_back")).then(back).otherwise(grown)


def _on_nadir(criteria: ResponseCriteria) -> pl.Expr:
    scan = pl.format(" (scan {})", "nadir_date").fill_null("")
    return pl.format("{} on the nadir of {}{}", in_percent(criteria, CURRENT, NADIR), in_mm(NADIR), scan)


def _short_of_absolute(criteria: ResponseCriteria) -> pl.Expr:
    """That the sum would be progression by the percentage alone."""
    if not criteria.pd_absolute_mm:
        return pl.lit("")
    needed = mm(criteria.pd_absolute_mm)
    words = pl.format(
        f"; +{{}} on the nadir of {{}} is less than {needed}", in_mm(CURRENT - NADIR), in_mm(NADIR)
    )
    return pl.when("is_grown").then(words).otherwise(pl.lit(""))
