"""Which rows of a table of records a number counts, where it counts patients in a plain way."""

from __future__ import annotations

import polars as pl

from calliper.protocol.specs import AnalysisSpec, BaselineAnalysis, CoxAnalysis, TreatmentAnalysis
from calliper.results import RATES, Row

EVERYONE = pl.lit(value=True)


def counting(frame: pl.DataFrame, spec: AnalysisSpec, row: Row, part: str) -> pl.Expr | None:
    """Which rows a count counts; None where the number is no plain count of patients."""
    stat, level = row.stat.split(".", maxsplit=1)[0], row.level
    if isinstance(spec, BaselineAnalysis) and "_value" in frame.columns:
        value = pl.col("_value")
        asked = {
            "count": value.cast(pl.String) == level,
            "n": value.is_not_null(),
            "missing": value.is_null(),
        }
    elif isinstance(spec, CoxAnalysis) and row.level:
        held = (
            pl.col(row.variable).cast(pl.String) == level
            if row.variable in frame.columns
            else pl.lit(value=False)
        )
        asked = {"n": held & pl.col("time").is_not_null(), "events": held & (pl.col("event") == 1)}
    elif "event" in frame.columns:
        asked = _times(row)
    elif "response" in frame.columns:
        is_known = pl.col("response") != "NE"
        counts = pl.col("response").is_in(RATES.get(level, (level,)))
        asked = {"count": counts, "n": is_known if part == "evaluable" else EVERYONE}
    elif "reductions" in frame.columns:
        asked = _exposed(row)
    elif isinstance(spec, TreatmentAnalysis):
        asked = _sessions(level)
    elif "occurred" in frame.columns:
        asked = {
            "count": _grade(level),
            "n": pl.col("occurred").is_not_null(),
            "unknown": pl.col("occurred").is_null(),
        }
    elif "value" in frame.columns:
        asked = {"n": pl.col("value").is_not_null()}
    elif "status" in frame.columns:
        asked = {"patients": pl.col("status") == "deviation", "count": pl.col("status") == "deviation"}
    else:
        asked = {"n": EVERYONE}
    return asked.get(stat)


def _times(row: Row) -> dict[str, pl.Expr]:
    """Of a time to an event: those with it (by cause or reason), those censored (by reason), those at risk."""
    event, level = pl.col("event") == 1, row.level
    cause = {"": event, "event": event}.get(level, (pl.col("reason") == level) | (pl.col("cause") == level))
    at = row.at if row.at is not None else 0.0
    is_censored = pl.col("event") == 0
    return {
        "n": pl.col("time").is_not_null(),
        "events": cause & pl.col("cause").is_not_null(),
        "censored": is_censored & (pl.lit(value=not level) | (pl.col("reason") == level)),
        "at_risk": pl.col("time") >= at,
        "cumulative_events": event & (pl.col("time") <= at),
        "cumulative_censored": is_censored & (pl.col("time") <= at),
        "censored_here": is_censored & (pl.col("time") == at),
    }


def _exposed(row: Row) -> dict[str, pl.Expr]:
    """Of an exposure: who had a dose, and of those who had a reduction, an interruption, an end."""
    started = pl.col("first_day").is_not_null()
    counts = {
        "started": started,
        "reduced": pl.col("reductions") > 0,
        "interrupted": pl.col("interruptions") > 0,
        "ongoing": pl.col("is_ongoing"),
        "stopped": ~pl.col("is_ongoing"),
        "ending": pl.col("reason") == row.level,
    }
    asked = {"n": started}
    return asked | ({"count": started & counts[row.variable]} if row.variable in counts else {})


def _sessions(level: str) -> dict[str, pl.Expr]:
    """Of a treatment: who had it, once, twice, or as often as `3 or more` says."""
    many, (least, *more) = pl.len().over("patient"), level.split(" ")
    if not least.isdigit():
        return {"n": EVERYONE, "count": EVERYONE}
    return {"count": many >= int(least) if more else many == int(least)}


def _grade(level: str) -> pl.Expr:
    occurred, grade = pl.col("occurred"), pl.col("grade")
    before, is_shift, after = level.partition(" to ")
    if is_shift and before.isdigit() and after.isdigit():
        return (pl.col("baseline_grade") == int(before)) & (grade == int(after))
    if level == "worsened":
        return grade > pl.col("baseline_grade")
    if level == "grade unknown":
        return occurred & grade.is_null()
    if level.startswith("grade >="):
        return occurred & (grade >= int(level.removeprefix("grade >=")))
    number = level.removeprefix("grade ")
    return occurred & (grade == int(number)) if number.isdigit() else occurred


def of_pair(row: Row, part: str) -> pl.Expr | None:
    """Which patients a number about two responses counts; a rate counts those whose category it means."""
    first, second = pl.col("first"), pl.col("second")
    known = (first != "NE") & (second != "NE") if part == "evaluable" else EVERYONE
    meant = RATES.get(row.level, (row.level,))
    has, then_has = first.is_in(meant), second.is_in(meant)
    before, _, after = row.level.replace(" to ", ", ").partition(", ")
    if after:
        count = (first == before) & (second == after)
    elif row.level == "alike":
        count = first == second
    else:
        count = {"first": has, "second": then_has}.get(row.group, has & then_has)
    asked = {"n": EVERYONE, "count": count, "first_only": has & ~then_has, "second_only": then_has & ~has}
    return known & asked[row.stat] if row.stat in asked else None
