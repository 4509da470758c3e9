"""Partial dates (2018-11, 2018): the days they may mean, and the day that stands for them where one is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from calliper.protocol.specs import Impute
from calliper.records.column import Column, Verdict
from calliper.records.dates import FIRST_YEAR, LAST_YEAR
from calliper.records.tables import Problem
from calliper.records.wording import quoted

LAST_DAY = 31
"""As a day of the month: its last one."""


@dataclass(frozen=True, slots=True)
class Completion:
    """The day taken in a month that lacks it, and the month and day in a year that lacks both.

    `month_and_day` None: a year alone is not completed. `may_precede`: the whole period may lie before the lower
    limits, which then do not hold (an adverse event may have begun before the treatment).
    """

    day: int
    month_and_day: tuple[int, int] | None
    may_precede: bool = False


COMPLETIONS: Mapping[str, Completion] = {
    "death": Completion(15, (7, 1)),
    "last_contact": Completion(1, (1, 1)),
    "progression": Completion(15, None),
    "new_therapy": Completion(1, (1, 1)),
    "ae_start": Completion(1, (1, 1), may_precede=True),
    "ae_end": Completion(LAST_DAY, (12, 31)),
    "birth": Completion(15, (7, 1)),
}
"""The days of each field of `Impute`; docs/methods/endpoints.md has them with their reasons."""

MISSING_WORDS = {"D": "no day", "M": "no month and day"}

_YEAR_FIRST = r"^([0-9]{4})(?:[-/.]([0-9]{1,2}))?$"
_YEAR_LAST = r"^([0-9]{1,2})[-/.]([0-9]{4})$"

Limit = tuple[str, pl.Series]
"""A date that limits others: what it is called, and its value in each row (Date, null where not known)."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The dates that a completed date may not precede, and those that it may not follow."""

    not_before: Sequence[Limit] = ()
    not_after: Sequence[Limit] = ()


def read_partial(text: pl.Series) -> pl.DataFrame:
    """The period that each partial date means, one row a text.

    Returns:
        `first`, `last` (Date) and `missing` (`D` where the day is, `M` where month and day are); all null where
        the text is no partial date, or one outside the years that dates may have.
    """
    held = pl.col("text")
    year = pl.coalesce(held.str.extract(_YEAR_FIRST, 1), held.str.extract(_YEAR_LAST, 2)).cast(pl.Int32)
    month = pl.coalesce(held.str.extract(_YEAR_FIRST, 2), held.str.extract(_YEAR_LAST, 1)).cast(pl.Int32)
    parts = text.alias("text").to_frame().select(year=year, month=month)
    is_read = pl.col("year").is_between(FIRST_YEAR, LAST_YEAR) & pl.col("month").is_between(1, 12).fill_null(
        value=True
    )
    kept = parts.select(pl.when(is_read).then(pl.col(name)).alias(name) for name in parts.columns)
    has_month = pl.col("month").is_not_null()
    first = pl.date("year", pl.coalesce("month", 1), 1)
    last = pl.date("year", pl.coalesce("month", 12), 1).dt.month_end()
    missing = pl.when(has_month).then(pl.lit("D")).when(pl.col("year").is_not_null()).then(pl.lit("M"))
    return kept.select(first=first, last=last, missing=missing)


def complete_dates(
    column: Column, values: pl.Series, spec: Impute, limits: Limits
) -> tuple[pl.Series, pl.Series, list[Problem]]:
    """Complete the partial dates of a column by the rule of its field, within its limits and its own period.

    Args:
        column: the cells.
        values: the full dates among them (Date).
        spec: the field.
        limits: each series one date a cell.

    Returns:
        The dates with the completed ones among them; their flags (`D`, `M`, null); a query for each completed
        date, an error for each whose whole period lies beyond a limit (it stays null).
    """
    rule = COMPLETIONS[spec.field]
    periods = read_partial(column.text)
    is_partial = periods["missing"].is_not_null() & values.is_null()
    if not is_partial.any():
        return values, pl.repeat(None, len(values), dtype=pl.String, eager=True), []
    found = periods.with_columns(
        _day(rule).alias("day"),
        pl.max_horizontal(pl.lit(None, pl.Date), *(series for _, series in limits.not_before)).alias(
            "earliest"
        ),
        pl.min_horizontal(pl.lit(None, pl.Date), *(series for _, series in limits.not_after)).alias("latest"),
    ).with_columns(
        (pl.col("last") < pl.col("earliest")).fill_null(value=False).alias("is_before"),
        (pl.col("first") > pl.col("latest")).fill_null(value=False).alias("is_after"),
    )
    lower = pl.when(~pl.col("is_before")).then(pl.col("earliest"))
    is_crossed = (lower > pl.col("latest")).fill_null(value=False)
    completed = found.select(
        text=column.text,
        day=pl.min_horizontal(pl.max_horizontal("day", lower), "latest"),
        missing="missing",
        is_wrong=pl.col("is_after") | is_crossed | (pl.col("is_before") & pl.lit(not rule.may_precede)),
        is_ruled=pl.col("day").is_not_null(),
    )
    is_wrong = is_partial & completed["is_wrong"]
    is_done = is_partial & ~is_wrong & completed["is_ruled"]
    is_left = is_partial & ~is_wrong & ~is_done
    problems = column.report_each(is_wrong, _impossible(column, periods, is_wrong, limits, rule))
    problems += column.report_each(is_done, _completed(completed.filter(is_done), spec), severity="query")
    problems += column.report(is_left, lambda text: _left(text, spec), severity="query")
    flags = completed.select(pl.when(is_done).then(pl.col("missing")).alias("flag")).to_series()
    return values.zip_with(~is_done, completed["day"]), flags, problems


def _day(rule: Completion) -> pl.Expr:
    """The rule's day in each period, before any limit."""
    in_month = pl.col("last") if rule.day == LAST_DAY else pl.col("first") + pl.duration(days=rule.day - 1)
    if rule.month_and_day is None:
        return pl.when(pl.col("missing") == "D").then(in_month)
    month, day = rule.month_and_day
    in_year = pl.date(pl.col("first").dt.year(), month, day)
    return pl.when(pl.col("missing") == "D").then(in_month).otherwise(in_year)


def _completed(rows: pl.DataFrame, spec: Impute) -> Iterator[Verdict]:
    for text, day, missing in rows.select("text", "day", "missing").iter_rows():
        message = f"{quoted(text)} has {MISSING_WORDS[missing]}; it is read as {day}, by the rule for {_words(spec)}"
        yield Verdict("imputed_date", message, "give the full date if it can be found")


def _impossible(
    column: Column, periods: pl.DataFrame, at: pl.Series, limits: Limits, rule: Completion
) -> Iterator[Verdict]:
    """Which limit the whole of each of these periods lies beyond."""
    for row in at.arg_true():
        first, last = periods["first"][row], periods["last"][row]
        earlier = () if rule.may_precede else limits.not_before
        beyond = [f"before {words} ({held[row]})" for words, held in earlier if _is_less(last, held[row])]
        beyond += [
            f"after {words} ({held[row]})" for words, held in limits.not_after if _is_less(held[row], first)
        ]
        crossed = [
            f"both after {lower} ({start[row]}) and before {upper} ({end[row]})"
            for lower, start in limits.not_before
            for upper, end in limits.not_after
            if _is_less(end[row], start[row])
        ]
        message = f"{quoted(column.text[row])} lies {[*beyond, *crossed][0]}"
        yield Verdict("date_order", message, "correct one of the two dates")


def _is_less(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one < other


def _left(text: str, spec: Impute) -> Verdict:
    message = f"{quoted(text)} has no month, and the date of a {_words(spec)} is not guessed from a year"
    return Verdict("partial_date", message, "give the month; until then the date is missing")


def _words(spec: Impute) -> str:
    return spec.field.replace("_", " ")
