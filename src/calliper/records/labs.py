"""The rows of laboratory values: tests and units that are known, and limits in order."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.disease.lab_tests import QUANTITIES, units_of
from calliper.disease.plausible import PLAUSIBLE
from calliper.disease.units import convert
from calliper.protocol.specs import Protocol
from calliper.records.column import Column, Verdict
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted, suggestion


def check_labs(_protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Errors on known tests without a unit or in one that they do not have, and on a lower limit above the upper.

    A test that is not known is no problem, unless it looks like one that is: then a query, as is a value that a
    patient cannot have.
    """
    unit = columns["unit"]
    is_known = frame["test"].is_in(list(QUANTITIES)).fill_null(value=False)
    has_value = frame["value"].is_not_null()
    problems = columns["test"].report(
        frame["test"].is_not_null() & ~is_known & frame["test"].is_in(_near(frame["test"])),
        _slip,
        severity="query",
    )

    def no_unit(_text: str) -> Verdict:
        return Verdict("no_unit", "the unit is not recorded", "fill it in; no unit is guessed")

    problems += unit.report(is_known & has_value & unit.text.is_null() & unit.is_there, no_unit)
    for test in frame["test"].filter(is_known).unique(maintain_order=True):
        problems += _unit(test, frame, unit)
        problems += _impossible(test, frame, columns["value"])
    is_wrong = (frame["lower_limit"] > frame["upper_limit"]).fill_null(value=False)
    uppers = columns["upper_limit"].text.filter(is_wrong)
    verdicts = [
        Verdict(
            "limits", f"the lower limit {quoted(low)} lies above the upper ({high})", "correct the limits"
        )
        for low, high in zip(columns["lower_limit"].text.filter(is_wrong), uppers)
    ]
    return [*problems, *columns["lower_limit"].report_each(is_wrong, verdicts)]


def _unit(test: str, frame: pl.DataFrame, column: Column) -> list[Problem]:
    """An error on each unit in which the test cannot be converted."""
    known = units_of(test)
    unit = frame["unit"]
    is_unknown = (frame["test"] == test) & unit.is_not_null() & ~unit.is_in(list(known))

    def unknown(text: str) -> Verdict:
        message = (
            f"{quoted(text)} is not a unit of {test}{suggestion(text, known)}; known are {listed(known)}"
        )
        return Verdict("unit", message, "correct the cell, or declare it under data.labs.codes.unit")

    return column.report(is_unknown.fill_null(value=False), unknown)


def _impossible(test: str, frame: pl.DataFrame, column: Column) -> list[Problem]:
    """A query on each value that a patient cannot have: it is likely in another unit than the row says."""
    usual = PLAUSIBLE.get(f"hcc.{_USUAL_NAMES.get(test, test)}")
    if usual is None:
        return []
    low, high = usual.hard
    own = frame.select(pl.when(pl.col("test") == test).then(pl.col("value", "unit")))
    cells = own.drop_nulls().unique().filter(pl.col("unit").is_in(units_of(test)))
    odd = [cell for cell in cells.iter_rows() if not low <= convert(QUANTITIES[test], *cell) <= high]
    marked = pl.DataFrame(odd, schema=own.schema, orient="row").with_columns(is_odd=pl.lit(value=True))
    joined = own.join(marked, on=["value", "unit"], how="left", maintain_order="left")
    is_odd = joined["is_odd"].fill_null(value=False)
    verdicts = [
        Verdict(
            "impossible_value",
            f"{quoted(text)}{f' {unit}' if usual.unit else ''} is outside what {test} can be "
            f"({low:g} to {high:g}{f' {usual.unit}' if usual.unit else ''})",
            "confirm the value and its unit; they are used as they stand",
        )
        for text, unit in zip(column.text.filter(is_odd), own["unit"].filter(is_odd))
    ]
    return column.report_each(is_odd, verdicts, severity="query")


_USUAL_NAMES = {"leukocytes": "white_cells"}
"""Tests that go by another name among the measurements of a patient."""


def _near(tests: pl.Series) -> list[str]:
    """Those of the names that look like a known test."""
    names = tests.drop_nulls().unique(maintain_order=True)
    return [name for name in names if suggestion(name.lower(), list(QUANTITIES))]


def _slip(text: str) -> Verdict:
    near = suggestion(text.lower(), list(QUANTITIES))
    message = f"{quoted(text)} is no test that is graded{near}"
    return Verdict("test", message, "correct the cell, or declare it under data.labs.codes.test")
