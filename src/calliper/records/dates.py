"""Calendar dates as people write them, read without guessing."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Literal

import polars as pl

from calliper.records.column import Verdict, error_value
from calliper.records.slips import declare_missing, write_plainly
from calliper.records.wording import quoted

Order = Literal["iso", "day_first", "month_first", "excel_serial"]

FIRST_YEAR, LAST_YEAR = 1900, 2100
"""Years outside are slips of the hand or placeholders (9999-12-31)."""

_TIME = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_YEAR_FIRST = rf"^(?P<year>[0-9]{{4}})[-/.](?P<month>[0-9]{{1,2}})[-/.](?P<day>[0-9]{{1,2}}){_TIME}$"
_YEAR_LAST: dict[str, str] = {
    "day_first": rf"^(?P<day>[0-9]{{1,2}})[-/.](?P<month>[0-9]{{1,2}})[-/.](?P<year>[0-9]{{4}}){_TIME}$",
    "month_first": rf"^(?P<month>[0-9]{{1,2}})[-/.](?P<day>[0-9]{{1,2}})[-/.](?P<year>[0-9]{{4}}){_TIME}$",
}
_PARTIAL = re.compile(r"[0-9]{4}|[0-9]{4}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.][0-9]{4}")
_SHORT_YEAR = re.compile(r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}")
_SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
SERIAL_DAY_0 = date(1899, 12, 30)


def flag_column(name: str) -> str:
    """The column beside a date's that says what was missing of it: D the day, M the month and day, or null."""
    return f"_imputed.{name}"


def parse_dates(text: pl.Series, order: Order) -> tuple[pl.Series, pl.Series]:
    """Read dates: the values (Date, null where there is none), and where the text is no date (Boolean).

    Under every order year-month-day is read, since a four-digit year in front leaves one reading;
    day-month-year only under `day_first`, month-day-year only under `month_first`, and Excel's serial numbers
    (days of the 1900 system, as unformatted cells and exports hold them) only under `excel_serial`. Marks may
    be `-`, `/` or `.`; a time of day after the date is left off. Partial dates and two-digit years are not
    dates.
    """
    values = _calendar(text, _YEAR_FIRST)
    if order == "excel_serial":
        values = values.zip_with(values.is_not_null(), _from_serials(text))
    elif order != "iso":
        values = values.zip_with(values.is_not_null(), _calendar(text, _YEAR_LAST[order]))
    in_reach = values.dt.year().is_between(FIRST_YEAR, LAST_YEAR).fill_null(value=False)
    values = values.set(~in_reach, None)
    return values, text.is_not_null() & values.is_null()


def _calendar(text: pl.Series, pattern: str) -> pl.Series:
    parts = text.str.extract_groups(pattern).struct.unnest()
    iso = pl.concat_str(
        "year", pl.lit("-"), pl.col("month").str.zfill(2), pl.lit("-"), pl.col("day").str.zfill(2)
    )
    return parts.select(iso.str.to_date("%Y-%m-%d", strict=False)).to_series().alias(text.name)


def _from_serials(text: pl.Series) -> pl.Series:
    # five digits: 1927 to 2173; four would take a lone year for a day of 1905
    days = pl.col(text.name).str.extract(r"^([0-9]{5})(?:\.[0-9]+)?$").cast(pl.Int64)
    day = pl.lit(SERIAL_DAY_0) + pl.duration(days=days)
    return text.to_frame().select(day.cast(pl.Date).alias(text.name)).to_series()


def explain_date(text: str, order: Order) -> Verdict:
    """Say why `text` is no date."""
    if verdict := error_value(text):
        return verdict
    if _PARTIAL.fullmatch(text):
        return Verdict("partial_date", f"{quoted(text)} is a partial date", "give year, month and day")
    message = f"{quoted(text)} is not a date"
    action = declare_missing(text, write_plainly(text, _expected(order)))
    if _SERIAL.fullmatch(text):
        day = SERIAL_DAY_0 + timedelta(days=int(text[:5]))
        message = f"{text} may be the Excel serial of {day.isoformat()}"
        action = "format the cell as a date, or declare reading.dates: excel_serial"
    elif _SHORT_YEAR.fullmatch(text):
        message = f"{quoted(text)} has a year of two digits"
        action = "write the year with four digits"
    elif year := _written_year(text, order):
        if FIRST_YEAR <= year <= LAST_YEAR:
            message, action = f"{quoted(text)} is a day that does not exist", "correct the date"
        else:
            message = f"{quoted(text)} lies outside the years {FIRST_YEAR} to {LAST_YEAR}"
            action = "correct the date, or declare the text under reading.missing"
    elif any(re.fullmatch(pattern, text) for pattern in _YEAR_LAST.values()):
        action = "write it year-month-day, or declare reading.dates: day_first or month_first"
    return Verdict("date", message, action)


def _expected(order: Order) -> str:
    shape = {
        "iso": "2018-02-28",
        "day_first": "28/02/2018",
        "month_first": "02/28/2018",
        "excel_serial": "43159 (the serial of 2018-02-28)",
    }[order]
    return f"write it like {shape}"


def _written_year(text: str, order: Order) -> int | None:
    patterns = [_YEAR_FIRST, *([_YEAR_LAST[order]] if order in _YEAR_LAST else [])]
    found = next((match for pattern in patterns if (match := re.fullmatch(pattern, text))), None)
    return int(found["year"]) if found else None
