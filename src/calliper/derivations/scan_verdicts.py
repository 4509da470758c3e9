"""What each assessment shows as a whole: by which rule, on which day, why, and what else is to be known of it."""

from __future__ import annotations

from itertools import product

import polars as pl

from calliper.derivations.overall_response import overall_response
from calliper.disease.response_criteria import NEW, NON_TARGET, TARGET, ResponseCriteria

HAS_BASELINE = pl.col("baseline_date").is_not_null()


def judge(seen: pl.DataFrame) -> pl.DataFrame:
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


def day(rules: ResponseCriteria) -> pl.Expr:
    """`date`, on which it counts: of progression the first that shows it, of all else the last of the assessment."""
    by_sum = pl.col("last_day" if rules.pd_sum_date == "last" else "first_day")
    shown = pl.min_horizontal(
        pl.when(pl.col("new") == "YES").then(pl.col("new_day")),
        "progressed_on",
        pl.when(pl.col("target") == "PD").then(by_sum),
    )
    return pl.when(pl.col("overall") == "PD").then(shown).otherwise(pl.col("last_day")).alias("date")


def response(rules: ResponseCriteria) -> pl.Expr:
    """`response`, as which it counts: CR, PR, SD, PD or NE."""
    stable = pl.lit("SD" if rules.counts_nn_as_sd else "NE")
    is_neither = pl.col("overall") == "NONCR_NONPD"
    return pl.when(is_neither).then(stable).otherwise(pl.col("overall")).alias("response")


def reason(rules: ResponseCriteria, start_label: str) -> pl.Expr:
    """Why, in words; what decided, and beside it what is left of the others and a new lesion that is in doubt."""
    rule = pl.col("rule")
    doubted = pl.when(pl.col("new") == "EQUIVOCAL").then(pl.format("{} (equivocal)", "new_reason"))
    others = pl.when(rule.is_in(["O6", "O9", "O10", "O11"])).then(pl.col("others_reason"))
    return (
        pl.when(~HAS_BASELINE)
        .then(pl.lit(f"no baseline scan in the {rules.baseline_oldest_days} days before {start_label}"))
        .when(rule == "O1")
        .then(pl.col("new_reason"))
        .when(rule == "O3")
        .then(pl.format("non-target lesion {} progressed", "progressed_lesion"))
        .otherwise(pl.concat_str("target_reason", others, doubted, separator="; ", ignore_nulls=True))
        .alias("reason")
    )


def flags(rules: ResponseCriteria) -> pl.Expr:
    """What else is to be known of an assessment, by name, `; ` between them."""
    age = (pl.col("start") - pl.col("baseline_date")).dt.total_days()
    n_before = (pl.col("overall") == "PD").cast(pl.Int64).cum_sum().shift(1).over("who")
    known = {
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
    words = [pl.when(is_so).then(pl.lit(name)) for name, is_so in known.items()]
    return pl.concat_str(words, separator="; ", ignore_nulls=True).alias("flags")
