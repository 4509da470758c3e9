"""The rows of the adverse_events table as events of the terms of a study: which count, and what was there before."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.derivations.windows import EVER, Windows
from calliper.protocol.specs import Toxicity
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

BEFORE_KEY = ["patient", "opens", "key"]

NOT_COUNTED = ("is_another", "is_unattributed", "is_no_worse")
"""Why a row within its window does not count: other words in the columns asked for, nothing in them, no rise."""


def recorded_events(
    listed: Mapping[str, tuple[str, ...]], spec: Toxicity, records: Records, windows: Windows
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of these terms that lie in a window, and the grades that the first window found.

    Args:
        listed: each term of the study with the values of the table it gathers.
        spec: the endpoint.
        records: with the table adverse_events.
        windows: of its patients.

    Returns:
        One row a row of the table and term, worst grade first of each patient and term: the columns of EVENTS (grade
        may be 0), `onset`, `is_undated`, NOT_COUNTED, the provenance. And `patient`, `term`, `baseline_grade` where
        something was there on the day before the patient's first window opened, null where its grade is not recorded.
    """
    gathers = pl.DataFrame(
        [(term, value) for term, values in listed.items() for value in values],
        schema={"term": pl.String, "gathered": pl.String},
        orient="row",
    )
    held = records.tables["adverse_events"]
    rows = (
        held.with_columns(source(), gathered=pl.col(spec.by))
        .join(gathers, on="gathered", how="inner")
        # of a category, another term is another event
        .with_columns(onset=pl.col("start"), key=pl.col("term_right" if spec.by == "term" else "term"))
        .rename({"term": "recorded", "term_right": "term"})
    )
    before = _before(rows, windows) if spec.has_opening else None
    own = _in_windows(rows, windows).join(
        windows.people.select("patient", "origin"), on="patient", how="left"
    )
    own = _with_baseline(own, before).with_columns(
        *_asked_for(spec), is_no_worse=_is_no_worse(spec), is_undated=pl.col("onset").is_null()
    )
    own = own.sort(
        "patient", "grade", "onset", *ORDER, descending=[False, True, *[False] * 5], nulls_last=True
    )
    events = own.select(
        "patient",
        "term",
        "category",
        (pl.col("onset") - pl.col("anchor")).dt.total_days().alias("day"),
        (pl.col("onset") - pl.col("origin")).dt.total_days().alias("study_day"),
        (pl.col("end") - pl.col("origin")).dt.total_days().alias("end_day"),
        "grade",
        "baseline_grade",
        "serious",
        "related",
        "action",
        "outcome",
        pl.lit("recorded").alias("origin"),
        "session",
        "source",
        "onset",
        "is_undated",
        *NOT_COUNTED,
        *ORDER,
    )
    return events, _first_baseline(before, windows)


def _in_windows(rows: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Rows that begin in a window, with it; those without a date once, with none of the days of a window.

    A row without a start whose end lies before the patient's first window did not begin in one.
    """
    dated = rows.filter(pl.col("onset").is_not_null()).join(windows.frame, on="patient", how="inner")
    dated = dated.filter(pl.col("onset").is_between("opens", "closes"))
    first = windows.frame.group_by("patient").agg(pl.col("opens").min().alias("first"))
    undated = rows.filter(pl.col("onset").is_null()).join(first, on="patient", how="inner")
    undated = undated.filter((pl.col("end") >= pl.col("first")).fill_null(value=True)).drop("first")
    return pl.concat([dated, undated], how="diagonal")


def _before(rows: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """What was there on the day before each window opened: BEFORE_KEY, `term`, `before` (null: a grade is missing).

    A row without an end goes on.
    """
    eve = pl.col("opens") - pl.duration(days=1)
    there = (
        rows.join(windows.frame.filter(pl.col("opens") > EVER), on="patient", how="inner")
        .filter(pl.col("onset") <= eve)
        .filter((pl.col("end") >= eve).fill_null(value=True))
    )
    grade = pl.when(pl.col("grade").is_not_null().all()).then(pl.col("grade").max())
    return there.group_by(*BEFORE_KEY, "term").agg(
        grade.alias("before"), pl.lit(value=True).alias("was_there")
    )


def _with_baseline(own: pl.DataFrame, before: pl.DataFrame | None) -> pl.DataFrame:
    """Add `baseline_grade`: 0 where nothing was there, null where that is not known or there is no first day."""
    if before is None:
        return own.with_columns(baseline_grade=pl.lit(None, dtype=pl.Int64))
    held = own.join(before, on=[*BEFORE_KEY, "term"], how="left")
    nothing = pl.when(pl.col("opens").is_not_null()).then(pl.lit(0, dtype=pl.Int64))
    grade = pl.when(pl.col("was_there")).then(pl.col("before")).otherwise(nothing)
    return held.with_columns(baseline_grade=grade)


def _first_baseline(before: pl.DataFrame | None, windows: Windows) -> pl.DataFrame:
    if before is None:
        return pl.DataFrame(schema={"patient": pl.String, "term": pl.String, "baseline_grade": pl.Int64})
    first = windows.frame.group_by("patient").agg(pl.col("opens").min())
    grade = pl.when(pl.col("before").is_not_null().all()).then(pl.col("before").max())
    held = before.join(first, on=["patient", "opens"], how="semi")
    return held.group_by("patient", "term").agg(grade.alias("baseline_grade"))


def _asked_for(spec: Toxicity) -> tuple[pl.Expr, pl.Expr]:
    """Whether a row is of other words than those asked for, or has nothing where they would stand."""
    wanted = {**spec.where, **({"related": spec.related} if spec.related else {})}
    fits = [pl.col(role).cast(pl.String).is_in(words) for role, words in wanted.items()]
    if not fits:
        return pl.lit(value=False).alias("is_another"), pl.lit(value=False).alias("is_unattributed")
    is_another = pl.any_horizontal((~fit).fill_null(value=False) for fit in fits)
    has_nothing = pl.any_horizontal(fit.is_null() for fit in fits)
    return is_another.alias("is_another"), (has_nothing & ~is_another).alias("is_unattributed")


def _is_no_worse(spec: Toxicity) -> pl.Expr:
    """Whether what was there before keeps a row from counting; where either grade is missing it counts."""
    if not spec.compares:
        return pl.lit(value=False)
    is_old = (pl.col("baseline_grade") > 0) & (pl.col("grade") <= pl.col("baseline_grade"))
    return is_old.fill_null(value=False)
