"""The rows of laboratory values: tests and units that are known, and limits in order."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.disease.lab_tests import QUANTITIES, units_of
from calliper.protocol.specs import Protocol
from calliper.records.column import Column, Verdict
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted, suggestion


def check_labs(_protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Errors on known tests without a unit or in one that they do not have, and on a lower limit above the upper.

    A test that is not known is no problem, unless it looks like one that is: then a query.
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


def _near(tests: pl.Series) -> list[str]:
    """Those of the names that look like a known test."""
    names = tests.drop_nulls().unique(maintain_order=True)
    return [name for name in names if suggestion(name.lower(), list(QUANTITIES))]


def _slip(text: str) -> Verdict:
    near = suggestion(text.lower(), list(QUANTITIES))
    message = f"{quoted(text)} is no test that is graded{near}"
    return Verdict("test", message, "correct the cell, or declare it under data.labs.codes.test")
