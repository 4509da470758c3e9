"""From the events of a term to one row a patient: the worst grade, how often, when first, how long at risk, and why."""

from __future__ import annotations

import polars as pl

from calliper.derivations.recorded_events import NOT_COUNTED
from calliper.derivations.windows import EVER, NEVER, Windows
from calliper.protocol.specs import Toxicity

GRID = ["patient", "term"]

LAST = ("day", "days_at_risk", "baseline_grade")


def from_recorded(
    events: pl.DataFrame, before: pl.DataFrame, grid: pl.DataFrame, spec: Toxicity
) -> pl.DataFrame:
    """Every row of `grid` (patient and term) with what the recorded rows say of it.

    Args:
        events: worst first, as `recorded_events.recorded_events` gives them.
        before: its second answer.
        grid: `patient`, `term`, `without`, `own_source`, `has_lost_rows`.
        spec: the endpoint.
    """
    held = grid.join(_of_rows(events), on=GRID, how="left").join(
        before.with_columns(was_there=True), on=GRID, how="left"
    )
    unlisted = pl.col("occurrences").is_null()
    is_absent = ~pl.col("has_lost_rows") & pl.lit(spec.not_listed == "none")
    occurred = (
        pl.when(pl.col("without").is_not_null())
        .then(None)
        .when(unlisted)
        .then(pl.when(is_absent).then(pl.lit(value=False)))
        .otherwise(pl.col("occurrences") > 0)
    )
    grade_before = (
        pl.when(pl.col("was_there"))
        .then(pl.col("baseline_grade"))
        .when(is_absent & pl.col("without").is_null() & pl.lit(spec.has_opening))
        .then(pl.lit(0, dtype=pl.Int64))
    )
    return held.with_columns(
        occurred.cast(pl.Boolean).alias("occurred"),
        pl.when(pl.col("without").is_null()).then(pl.col("occurrences").fill_null(0)).alias("events"),
        _reason(spec),
        pl.coalesce("source", "own_source").alias("source"),
        grade_before.alias("baseline_grade"),
    ).with_columns(_grade())


def _of_rows(events: pl.DataFrame) -> pl.DataFrame:
    """What the rows of each patient and term say; `occurrences` is null where none of them is one asked for."""
    is_grade = pl.col("grade").is_null() | (pl.col("grade") > 0)
    is_left_out = pl.col("is_another") | pl.col("is_unattributed")
    happened = is_grade & ~pl.any_horizontal(NOT_COUNTED)
    said = events.group_by(GRID, maintain_order=True).agg(
        pl.col("grade").filter(happened).max().alias("worst"),
        happened.sum().cast(pl.Int64).alias("counted"),
        (~is_left_out).any().alias("is_said"),
        (happened & pl.col("is_undated")).any().alias("has_undated"),
        *(pl.col(name).sum().alias(name) for name in NOT_COUNTED),
        pl.col("baseline_grade").filter("is_no_worse").first().alias("no_worse_than"),
        # of rows that count the worst is first; where none does, the first row says why
        pl.coalesce(pl.col("source").filter(happened).first(), pl.col("source").first()),
        pl.col("study_day").filter(happened).min().alias("day"),
        pl.col("onset").filter(happened).min().alias("first"),
    )
    return said.with_columns(pl.when("is_said").then("counted").alias("occurrences"))


def _grade() -> pl.Expr:
    none = pl.when(~pl.col("occurred")).then(pl.lit(0, dtype=pl.Int64))
    return pl.when("occurred").then("worst").otherwise(none).alias("grade")


def _reason(spec: Toxicity) -> pl.Expr:
    counted = (
        pl.when(pl.col("occurrences") == 1)
        .then(pl.lit("1 record"))
        .otherwise(pl.format("worst of {} records", "occurrences"))
    )
    is_in_a_window = pl.lit(spec.window is not None)
    notes = [
        _where(pl.col("worst").is_null(), "; grade not recorded"),
        _where(pl.col("has_undated") & is_in_a_window, "; start date missing, counted"),
    ]
    left_out = [
        _number("is_another", "not of the words asked for"),
        _number("is_unattributed", "with nothing recorded in a column asked for"),
    ]
    unlisted = "no record" if spec.not_listed == "none" else "no record, not known whether it occurred"
    return (
        pl.when(pl.col("without").is_not_null())
        .then(pl.col("without"))
        .when(pl.col("occurrences").is_null() & pl.col("has_lost_rows"))
        .then(pl.lit("a record was left out for an error, not known whether it occurred"))
        .when(pl.col("occurrences").is_null())
        .then(pl.concat_str(pl.lit(unlisted), *left_out))
        .when((pl.col("occurrences") == 0) & (pl.col("is_no_worse") > 0))
        .then(pl.concat_str(pl.format("no worse than before, grade {}", "no_worse_than"), *left_out))
        .when(pl.col("occurrences") == 0)
        .then(pl.concat_str(pl.lit("recorded as grade 0"), *left_out))
        .otherwise(pl.concat_str(counted, *notes, _number("is_no_worse", "no worse than before"), *left_out))
        .alias("reason")
    )


def _where(condition: pl.Expr, words: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(words)).otherwise(pl.lit(""))


def _number(column: str, words: str) -> pl.Expr:
    count = pl.col(column).fill_null(0)
    return pl.when(count > 0).then(pl.format(f"; {{}} {words}, not counted", count)).otherwise(pl.lit(""))


def from_laboratory(
    events: pl.DataFrame, facts: pl.DataFrame, grid: pl.DataFrame, spec: Toxicity
) -> pl.DataFrame:
    """Every row of `grid` with what the graded values say of it; a patient who was not measured is not known.

    Args:
        events: as `laboratory_events.laboratory_events` gives them.
        facts: its second answer.
        grid: as of `from_recorded`; `has_lost_rows` of the table labs.
        spec: the endpoint.
    """
    first = events.group_by(GRID).agg(
        pl.len().cast(pl.Int64).alias("occurrences"),
        pl.col("study_day").min().alias("day"),
        pl.col("onset").min().alias("first"),
    )
    held = grid.join(facts, on=GRID, how="left").join(first, on=GRID, how="left")
    is_told = pl.col("measured").is_not_null() & (pl.col("ungraded") == 0) & ~pl.col("has_lost_rows")
    occurred = (
        pl.when(pl.col("without").is_null() & pl.col("occurrences").is_not_null())
        .then(pl.lit(value=True))
        .when(pl.col("without").is_null() & is_told)
        .then(pl.lit(value=False))
    )
    return held.with_columns(
        occurred.alias("occurred"),
        pl.when(pl.col("without").is_null() & pl.col("measured").is_not_null())
        .then(pl.col("occurrences").fill_null(0))
        .alias("events"),
        _reason_of_values(spec),
        pl.coalesce("source", "own_source").alias("source"),
    ).with_columns(_grade())


def _reason_of_values(spec: Toxicity) -> pl.Expr:
    values = (
        pl.when(pl.col("measured") == 1).then(pl.lit("1 value")).otherwise(pl.format("{} values", "measured"))
    )
    worst = (
        pl.when(pl.col("measured") == 1).then(pl.lit("1 value")).otherwise(pl.format("worst of {}", values))
    )
    lacking = (
        pl.when(pl.col("ungraded") > 0)
        .then(pl.format("; {} not graded: {}", "ungraded", "lacks"))
        .otherwise(pl.lit(""))
    )
    flagged = pl.concat_str(
        _where(pl.col("has_no_baseline"), "; graded without a baseline"),
        pl.when(pl.col("by_default") > 0)
        .then(pl.format("; {} by default limits", "by_default"))
        .otherwise(pl.lit("")),
    )
    none = pl.lit("none above the grade before") if spec.compares else pl.lit("none with a grade")
    inside = " in the window" if spec.window is not None else ""
    return (
        pl.when(pl.col("without").is_not_null())
        .then(pl.col("without"))
        .when(pl.col("measured").is_null())
        .then(pl.lit(f"no value{inside}, not known whether it occurred"))
        .when(pl.col("occurrences").is_not_null())
        .then(pl.concat_str(worst, lacking, flagged))
        .when(pl.col("ungraded") > 0)
        .then(pl.concat_str(values, lacking, flagged))
        .when("has_lost_rows")
        .then(pl.lit("a value was left out for an error, not known whether it occurred"))
        .otherwise(pl.concat_str(values, pl.lit(", "), none, flagged))
        .alias("reason")
    )


def days_at_risk(frame: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Add `days_at_risk`: the days of a patient's windows up to the first occurrence, or to the end of follow-up.

    Both ends are inside, so that an event on day 0 took one day. Null where it is not known whether the event occurred
    or when first, and where a window has no first or no last day.
    """
    opens = pl.when(pl.col("opens") > EVER).then("opens").otherwise("origin")
    known = frame.filter(pl.col("occurred") == pl.col("first").is_not_null())
    days = (
        known.select(*GRID, "occurred", "first")
        .join(windows.frame, on="patient", how="inner")
        .join(windows.people, on="patient", how="inner")
        .with_columns(opens.alias("from"), _ends().alias("to"))
        .with_columns(
            # an event that is known happened at risk, whatever was known of follow-up
            pl.when("occurred").then(pl.min_horizontal("closes", "first")).otherwise("to").alias("to")
        )
        .with_columns(((pl.col("to") - pl.col("from")).dt.total_days() + 1).clip(lower_bound=0).alias("days"))
    )
    total = days.group_by(GRID).agg(
        pl.when(pl.col("days").is_not_null().all()).then(pl.col("days").sum()).alias("days_at_risk")
    )
    return frame.join(total, on=GRID, how="left", maintain_order="left")


def _ends() -> pl.Expr:
    """The last day at risk in a window; null where follow-up is not known."""
    is_endless = pl.col("followed_to").is_null() & (pl.col("closes") == NEVER)
    return pl.when(~is_endless).then(pl.min_horizontal("closes", "followed_to"))
