"""What the lesions that are no targets show at each assessment, and which of them the reason names."""

from __future__ import annotations

from itertools import product

import polars as pl

from calliper.derivations.overall_response import non_target_response
from calliper.derivations.sizes import steps
from calliper.disease.response_criteria import ResponseCriteria

STATES = ("progressed", "present", "not_assessed", "absent")


def state(rules: ResponseCriteria) -> pl.Expr:
    """The state, one of STATES, in which an assessment shows a lesion (a row of `baseline_lesions.followed`)."""
    status = pl.col("status")
    normal = pl.when(pl.col("organ") == "LN").then(steps(rules.node_normal_mm)).otherwise(1)
    return (
        pl.when("is_removed")
        .then(pl.lit("not_assessed"))
        .when(status == "progressed")
        .then(pl.lit("progressed"))
        .when(~pl.col("is_assessable") | (status == "not_assessed"))
        .then(pl.lit("not_assessed"))
        .when(status.is_in(["absent", "merged"]))
        .then(pl.lit("absent"))
        .when(pl.col("counted") < normal)
        .then(pl.lit("absent"))
        .when(pl.col("counted").is_not_null() | status.is_in(["present", "too_small", "fragment"]))
        .then(pl.lit("present"))
        .otherwise(pl.lit("not_assessed"))
    )


def others_seen(followed: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    """How many of the others each assessment shows in each state, and the first of baseline's order in it.

    Args:
        followed: lesions after the start, as `baseline_lesions.followed` gives them.
        rules: the size of a normal node.

    Returns:
        `assessment`; of each state but `not_assessed` `n_...` and `first_...` (null: none); `progressed_on`.
    """
    others = followed.filter("is_other").with_columns(state(rules).alias("state"))
    is_progressed = pl.col("state") == "progressed"
    columns = [pl.when(is_progressed).then(pl.col("date")).min().alias("progressed_on")]
    for name in ("progressed", "present", "absent"):
        is_so = pl.col("state") == name
        columns += [
            is_so.sum().cast(pl.Int64).alias(f"n_{name}"),
            pl.when(is_so).then(pl.col("at_baseline")).min().alias(f"first_{name}"),
        ]
    return others.group_by("assessment").agg(columns)


def judge_others(seen: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Add `non_target` and the columns of `others_seen` to the assessments; what is not recorded was not assessed.

    Args:
        seen: one row an assessment, with `n_others`.
        shown: as `others_seen` gives them.
    """
    counts = [f"n_{name}" for name in STATES if name != "not_assessed"]
    joined = seen.join(shown, on="assessment", how="left", maintain_order="left").with_columns(
        pl.col(counts).fill_null(0)
    )
    joined = joined.with_columns((pl.col("n_others") - pl.sum_horizontal(counts)).alias("n_not_assessed"))
    flags = [(pl.col(f"n_{name}") > 0).alias(f"has_{name}") for name in STATES]
    names = [f"has_{name}" for name in STATES]
    return (
        joined.with_columns(flags)
        .join(_table(names), on=names, how="left", maintain_order="left")
        .drop(names)
    )


def _table(names: list[str]) -> pl.DataFrame:
    """`non_target_response` of every set of states."""
    rows = [
        (*held, non_target_response([name for name, has in zip(STATES, held) if has]))
        for held in product((False, True), repeat=len(STATES))
    ]
    schema = {**dict.fromkeys(names, pl.Boolean), "non_target": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def with_words(
    seen: pl.DataFrame, followed: pl.DataFrame, named: pl.DataFrame, rules: ResponseCriteria
) -> pl.DataFrame:
    """Add `progressed_lesion`, the first that progressed, and `others_reason`: what is left of the others.

    Args:
        seen: as `judge_others` gives them.
        followed: as `others_seen` takes them.
        named: the lesions of baseline.
        rules: the size of a normal node.
    """
    is_lost = (pl.col("n_present") == 0) & (pl.col("n_not_assessed") > 0)
    lost = _first_not_assessed(seen.filter(is_lost), followed, named, rules)
    joined = seen.join(lost, on="assessment", how="left", maintain_order="left")
    for column, name in (("first_progressed", "progressed_lesion"), ("first_present", "present_lesion")):
        names = named.select(pl.col("at_baseline").alias(column), pl.col("lesion").alias(name))
        joined = joined.join(names, on=column, how="left", maintain_order="left")
    words = (
        pl.when(pl.col("n_present") > 0)
        .then(pl.format("non-target lesion {}{} persists", "present_lesion", _more(pl.col("n_present"))))
        .when(pl.col("n_not_assessed") > 0)
        .then(
            pl.format(
                "non-target lesion {}{} was not assessed", "lost_lesion", _more(pl.col("n_not_assessed"))
            )
        )
        .otherwise(pl.lit("no non-target lesion is left"))
    )
    return joined.with_columns(words.alias("others_reason")).drop("present_lesion", "lost_lesion")


def _more(n: pl.Expr) -> pl.Expr:
    return pl.when(n > 1).then(pl.format(" and {} more", n - 1)).otherwise(pl.lit(""))


def _first_not_assessed(
    seen: pl.DataFrame, followed: pl.DataFrame, named: pl.DataFrame, rules: ResponseCriteria
) -> pl.DataFrame:
    """The first of baseline's others that each of these assessments did not assess: `assessment`, `lost_lesion`."""
    others = named.filter("is_other").select("who", "lesion_of", "lesion", "at_baseline")
    of_lesion = ["assessment", "lesion_of"]
    shown = followed.filter("is_other").join(seen.select("assessment"), on="assessment", how="semi")
    assessed = shown.filter(state(rules) != "not_assessed").select(of_lesion)
    return (
        seen.select("assessment", "who")
        .join(others, on="who")
        .join(assessed, on=of_lesion, how="anti")
        .sort("at_baseline")
        .unique("assessment", keep="first", maintain_order=True)
        .select("assessment", pl.col("lesion").alias("lost_lesion"))
    )
