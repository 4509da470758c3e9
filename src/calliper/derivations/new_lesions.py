"""The lesions that baseline did not have; one confirmed later counts from the day it was first seen."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from calliper.derivations.assessments import OF_LESION
from calliper.derivations.overall_response import NewLesion, new_lesion, site_of
from calliper.disease.response_criteria import SITES, ResponseCriteria
from calliper.records.measured import PER_MM

WORDS = ("organ", "kind", "status", "pattern", "longest", "first_longest")


def find_new(followed: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    """What each assessment shows that baseline did not; one row for each that shows something, or was not read.

    Args:
        followed: lesions after the start, as `baseline_lesions.followed` gives them.
        rules: which new lesions count.

    Returns:
        `assessment`, `new` (YES, EQUIVOCAL; NE: no lesion of it could be assessed), `new_day` of the first that
        counts, `new_reason`, `new_site` (where YES).
    """
    judged = _confirmed(_judged(_since_first_seen(followed), rules))
    counted = judged.filter(pl.col("new") != "NO")
    first = (
        counted.sort("assessment", pl.col("new") != "YES", "date", "lesion")
        .unique("assessment", keep="first", maintain_order=True)
        .select(
            "assessment",
            "new",
            pl.col("date").alias("new_day"),
            pl.format("new lesion {}: {}", "lesion", "why").alias("new_reason"),
        )
    )
    found = first.join(_sites(counted), on="assessment", how="left")
    unread = followed.filter(~pl.col("is_assessable")).select("assessment").unique()
    read = followed.join(unread, on="assessment", how="semi").filter("is_assessable").select("assessment")
    unread = unread.join(read, on="assessment", how="anti").join(first, on="assessment", how="anti")
    return pl.concat([found, unread.with_columns(pl.lit("NE").alias("new"))], how="diagonal")


def _since_first_seen(followed: pl.DataFrame) -> pl.DataFrame:
    """The new lesions at the assessments from the first on; one that was once new stays so, under whatever role."""
    rows = followed.filter(pl.col("at_baseline").is_null())
    first = (
        rows.filter(pl.col("role") == "new")
        .sort("assessment")
        .unique("lesion_of", keep="first", maintain_order=True)
        .select(
            "lesion_of",
            pl.col("assessment").alias("first_seen"),
            pl.col("longest").alias("first_longest"),
        )
    )
    return rows.join(first, on="lesion_of", how="inner").filter(pl.col("assessment") >= pl.col("first_seen"))


def _judged(rows: pl.DataFrame, rules: ResponseCriteria) -> pl.DataFrame:
    """Add `new`, `why` and `site` by the rule of one lesion, which is asked once for lesions that are alike."""
    alike = rows.select(WORDS).unique(maintain_order=True)
    answers = []
    for organ, kind, status, pattern, longest, first in alike.iter_rows():
        lesion = NewLesion(organ, kind, status, pattern, _mm(longest), _mm(first))
        answers.append((*new_lesion(rules, lesion), site_of(organ, kind)))
    schema = {"new": pl.String, "why": pl.String, "site": pl.String}
    answered = alike.hstack(pl.DataFrame(answers, schema=schema, orient="row"))
    return rows.join(answered, on=WORDS, how="left", nulls_equal=True)


def _mm(size: int | None) -> Decimal | None:
    return None if size is None else Decimal(size) / PER_MM


def _confirmed(rows: pl.DataFrame) -> pl.DataFrame:
    """An equivocal lesion is new at its first assessment where a later one confirms it."""
    is_first = pl.col("assessment") == pl.col("first_seen")
    doubted = rows.filter(is_first & (pl.col("new") == "EQUIVOCAL")).select("lesion_of")
    confirmed = (
        rows.filter(~is_first & (pl.col("new") == "YES"))
        .join(doubted, on="lesion_of", how="semi")
        .sort("assessment")
        .unique("lesion_of", keep="first", maintain_order=True)
        .select(
            "lesion_of",
            pl.col("first_seen").alias("assessment"),
            pl.lit("YES").alias("new"),
            pl.format("{}, confirmed on {}", "why", "date").alias("why"),
            "site",
        )
    )
    return rows.update(confirmed, on=OF_LESION, how="left")


def _sites(counted: pl.DataFrame) -> pl.DataFrame:
    """Where those lie that make an assessment's `new` YES, in the order of SITES: `assessment`, `new_site`."""
    place = pl.col("site").replace_strict({site: at for at, site in enumerate(SITES)}, return_dtype=pl.Int8)
    return (
        counted.filter(pl.col("new") == "YES")
        .select("assessment", "site")
        .unique()
        .sort("assessment", place)
        .group_by("assessment", maintain_order=True)
        .agg(pl.col("site").str.join("; ").alias("new_site"))
    )
