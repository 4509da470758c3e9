"""Dates as written: what is read, what is refused and in which words."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.records.dates import Order, explain_date, parse_dates

READ: list[tuple[Order, str, date]] = [
    ("iso", "2018-02-01", date(2018, 2, 1)),
    ("iso", "2018/2/1", date(2018, 2, 1)),
    ("iso", "2018-02-01 13:30:00", date(2018, 2, 1)),
    ("iso", "2018-02-01T23:59:59.999Z", date(2018, 2, 1)),
    ("iso", "2020-02-29", date(2020, 2, 29)),
    ("day_first", "01/02/2018", date(2018, 2, 1)),
    ("day_first", "1.2.2018", date(2018, 2, 1)),
    ("day_first", "2018-02-01", date(2018, 2, 1)),
    ("month_first", "01/02/2018", date(2018, 1, 2)),
    ("month_first", "2/28/2018 0:00", date(2018, 2, 28)),
    # the serials of these days as a spreadsheet shows them
    ("excel_serial", "43159", date(2018, 2, 28)),
    ("excel_serial", "44600.75", date(2022, 2, 8)),
    ("excel_serial", "36526", date(2000, 1, 1)),
    ("excel_serial", "2018-02-28", date(2018, 2, 28)),
]


@pytest.mark.parametrize(("order", "text", "day"), READ)
def test_dates_with_one_reading_are_read(order: Order, text: str, day: date) -> None:
    values, is_bad = parse_dates(pl.Series([text, None]), order)
    assert values.to_list() == [day, None]
    assert is_bad.to_list() == [False, False]


SERIAL_ACTION = "format the cell as a date, or declare reading.dates: excel_serial"

REFUSED: list[tuple[Order, str, str, str, str]] = [
    ("iso", "2018-02-30", "date", "'2018-02-30' is a day that does not exist", "correct the date"),
    ("iso", "2019-02-29", "date", "'2019-02-29' is a day that does not exist", "correct the date"),
    ("month_first", "13/01/2018", "date", "'13/01/2018' is a day that does not exist", "correct the date"),
    (
        "iso",
        "01/02/2018",
        "date",
        "'01/02/2018' is not a date",
        "write it year-month-day, or declare reading.dates: day_first or month_first",
    ),
    (
        "day_first",
        "01/02/18",
        "date",
        "'01/02/18' has a year of two digits",
        "write the year with four digits",
    ),
    ("iso", "44600", "date", "44600 may be the Excel serial of 2022-02-08", SERIAL_ACTION),
    (
        "iso",
        "43132.5625",
        "date",
        "43132.5625 may be the Excel serial of 2018-02-01",
        SERIAL_ACTION,
    ),
    ("excel_serial", "2018", "partial_date", "'2018' is a partial date", "give year, month and day"),
    (
        "excel_serial",
        "01/02/2018",
        "date",
        "'01/02/2018' is not a date",
        "write it year-month-day, or declare reading.dates: day_first or month_first",
    ),
    ("iso", "2018", "partial_date", "'2018' is a partial date", "give year, month and day"),
    ("iso", "2018-02", "partial_date", "'2018-02' is a partial date", "give year, month and day"),
    ("day_first", "02/2018", "partial_date", "'02/2018' is a partial date", "give year, month and day"),
    (
        "iso",
        "9999-12-31",
        "date",
        "'9999-12-31' lies outside the years 1900 to 2100",
        "correct the date, or declare the text under reading.missing",
    ),
    ("iso", "soon", "date", "'soon' is not a date", "write it like 2018-02-28"),
    ("day_first", "1 Feb 2018", "date", "'1 Feb 2018' is not a date", "write it like 28/02/2018"),
    ("iso", "2018-02-01-05", "date", "'2018-02-01-05' is not a date", "write it like 2018-02-28"),
    (
        "iso",
        "#VALUE!",
        "error_value",
        "'#VALUE!' is a spreadsheet's error, not a value",
        "correct the formula, or clear the cell",
    ),
]


@pytest.mark.parametrize(("order", "text", "rule", "message", "action"), REFUSED)
def test_other_text_is_refused_with_its_reason(
    order: Order, text: str, rule: str, message: str, action: str
) -> None:
    values, is_bad = parse_dates(pl.Series([text]), order)
    assert (values.to_list(), is_bad.to_list()) == ([None], [True])
    assert explain_date(text, order) == (rule, message, action)


@given(
    day=st.dates(date(1900, 1, 1), date(2100, 12, 31)),
    order=st.sampled_from(["iso", "day_first", "month_first"]),
)
def test_a_date_written_in_the_declared_order_comes_back(day: date, order: Order) -> None:
    written = {
        "iso": f"{day.year}-{day.month:02}-{day.day:02}",
        "day_first": f"{day.day}/{day.month}/{day.year}",
        "month_first": f"{day.month}/{day.day}/{day.year}",
    }[order]
    assert parse_dates(pl.Series([written]), order)[0].to_list() == [day]


@given(text=st.text(max_size=20))
def test_any_text_is_a_date_or_a_reason(text: str) -> None:
    for order in ("iso", "day_first", "month_first"):
        values, is_bad = parse_dates(pl.Series([text]), order)
        assert is_bad[0] == (values[0] is None)
        if is_bad[0]:
            assert explain_date(text, order).message.isprintable()


def test_units_are_those_of_the_julian_year() -> None:
    assert DAYS_PER_UNIT == {"days": 1.0, "weeks": 7.0, "months": 365.25 / 12, "years": 365.25}
