"""What every stage after the analyses counts on: one address a row, a finite value or none, the same columns."""

from __future__ import annotations

import math

import polars as pl
import pytest

from calliper.results import COLUMNS, Method, Results, Row, join

MEDIAN = Row("os", "included", "new", "os", "", "median", 18.6, unit="months")
CURVE = Row("os", "included", "new", "os", "", "survival", 0.5, at=12.0)
NOT_REACHED = Row("os", "included", "old", "os", "", "median", None, unit="months")


def test_a_row_is_found_by_its_address() -> None:
    results = Results((MEDIAN, CURVE, NOT_REACHED), ())
    assert [row.key for row in results] == [
        "os/included/new/os//median",
        "os/included/new/os//survival@12",
        "os/included/old/os//median",
    ]
    assert results.get("os/included/new/os//survival@12") is CURVE
    assert results.get("os/included/new/os//survival") is None


def test_a_table_of_rows_keeps_what_is_not_reached_empty() -> None:
    table = Results((NOT_REACHED, MEDIAN, CURVE), ()).to_polars()
    assert tuple(table.columns) == COLUMNS
    assert table["value"].to_list() == [None, 18.6, 0.5]
    assert table["at"].to_list() == [None, None, 12.0]
    assert Results((), ()).to_polars().schema == table.schema
    assert table.schema["value"] == pl.Float64


def test_two_rows_at_one_address_are_refused() -> None:
    with pytest.raises(ValueError, match="two results share the key os/included/new/os//median"):
        join([Results((MEDIAN,), ()), Results((MEDIAN,), ())])


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_finite_number_is_refused(value: float) -> None:
    for row in (Row("a", "b", "c", "d", "", "hr", value), Row("a", "b", "c", "d", "", "s", 0.5, at=value)):
        with pytest.raises(ValueError, match="is not a finite number"):
            Results((row,), ())


def test_methods_go_with_their_analysis() -> None:
    method = Method("os", "summary", "Kaplan-Meier.")
    both = join([Results((MEDIAN,), (method,)), Results((), (Method("ttp", "summary", "Kaplan-Meier."),))])
    assert both.methods_of("os") == (method,)
    assert both.of("ttp") == ()
