"""One column read by its declared type: the typed values, and a problem for each cell that does not fit.

White space around a number, code, date or identifier is not part of it. A value that does not fit becomes
null in the typed column; nothing is ever replaced by another value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from calliper.protocol.specs import Bounds, Date, Number, Reading
from calliper.records.column import ERROR_VALUES, Column, Verdict, error_value
from calliper.records.dates import Order, explain_date, parse_dates
from calliper.records.numbers import explain_number, parse_numbers
from calliper.records.partial_dates import read_partial
from calliper.records.slips import declare_missing
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted, suggestion

Typed = tuple[pl.Series, list[Problem]]


def read_text(column: Column) -> Typed:
    """Text as it stands; only a spreadsheet's error values do not fit."""
    is_error = column.text.is_in(list(ERROR_VALUES)).fill_null(value=False)
    return column.text.set(is_error, None), column.report(is_error, _error_value)


def _error_value(text: str) -> Verdict:
    verdict = error_value(text)
    assert verdict is not None  # noqa: S101  # the mask and the function read the same list
    return verdict


def read_codes(column: Column, codes: Mapping[str, str], *, rule: str, what: str, place: str) -> Typed:
    """Levels (String) of declared codes. Codes are matched as text: '1.0' is not the code '1'.

    `what` names the codes in the message, `place` is where the study file declares them.
    """
    levels = column.text.replace_strict(dict(codes), default=None, return_dtype=pl.String)

    def explain(text: str) -> Verdict:
        whole = text.removesuffix(".0")  # how some software writes a whole number
        near = suggestion(whole if whole in codes else text, list(codes))
        message = f"{quoted(text)} is not {what}{near}; declared are {listed(list(codes))}"
        action = declare_missing(text, f"correct the cell, or declare it under {place}")
        return error_value(text) or Verdict(rule, message, action)

    return levels, column.report(column.text.is_not_null() & levels.is_null(), explain)


def read_events(column: Column, reading: Reading) -> Typed:
    """Events (Int64, 1 or 0) by `reading.event_codes`, the only place where an event is coded."""
    codes = {code: str(event) for code, event in reading.event_codes.items()}
    levels, problems = read_codes(
        column, codes, rule="event_code", what="an event code", place="reading.event_codes"
    )
    return levels.cast(pl.Int64), problems


def read_numbers(column: Column, reading: Reading) -> Typed:
    """Numbers (Float64)."""
    values, is_bad = parse_numbers(column.text, reading.decimal)
    return values, column.report(is_bad, lambda text: explain_number(text, reading.decimal))


def read_integers(column: Column, reading: Reading) -> Typed:
    """Whole numbers (Int64); 60.0 is one, 60.5 is not."""
    values, problems = read_numbers(column, reading)
    # beyond 2^53 neighbouring whole numbers cannot be told apart
    is_whole = ((values == values.round()) & (values.abs() < 2.0**53)).fill_null(value=False)
    is_bad = values.is_not_null() & ~is_whole

    def explain(text: str) -> Verdict:
        return Verdict("integer", f"{quoted(text)} is not a whole number", "correct the cell")

    return values.set(~is_whole, None).cast(pl.Int64), [*problems, *column.report(is_bad, explain)]


def read_measure(column: Column, spec: Number, reading: Reading) -> Typed:
    """A number variable, Float64 or Int64 by its type.

    Outside its range is an error, outside its plausible values a query.
    """
    values, problems = (read_integers if spec.type == "integer" else read_numbers)(column, reading)
    unit = f" {spec.unit}" if spec.unit else ""
    is_out = _outside(values, spec.range)

    def impossible(text: str) -> Verdict:
        return Verdict(
            "range",
            f"{quoted(text)} lies outside the range {_interval(spec.range)}{unit}",
            "correct the cell",
        )

    def implausible(text: str) -> Verdict:
        message = f"{quoted(text)} lies outside the plausible values {_interval(spec.plausible)}{unit}"
        return Verdict("plausible", message, "confirm it; it is used as it stands")

    problems += column.report(is_out, impossible)
    problems += column.report(_outside(values, spec.plausible) & ~is_out, implausible, severity="query")
    return values.set(is_out, None), problems


def _outside(values: pl.Series, bounds: Bounds | None) -> pl.Series:
    lower, upper = bounds or (None, None)
    outside = pl.repeat(value=False, n=len(values), dtype=pl.Boolean, eager=True)
    if lower is not None:
        outside |= (values < lower).fill_null(value=False)
    if upper is not None:
        outside |= (values > upper).fill_null(value=False)
    return outside


def _interval(bounds: Bounds | None) -> str:
    lower, upper = bounds or (None, None)
    if lower is None:
        return f"up to {upper:g}"
    return f"{lower:g} to {upper:g}" if upper is not None else f"from {lower:g}"


def read_dates(column: Column, order: Order, *, may_be_partial: bool = False) -> Typed:
    """Dates (Date); where they may be partial, `complete_dates` has the partial ones."""
    values, is_bad = parse_dates(column.text, order)
    if may_be_partial:
        is_bad &= read_partial(column.text)["missing"].is_null()
    return values, column.report(is_bad, lambda text: explain_date(text, order))


def read_date_variable(column: Column, spec: Date, order: Order, cutoff: date | None) -> Typed:
    """A date variable, held against its range and, unless it may follow it, the data cut-off."""
    values, problems = read_dates(column, order, may_be_partial=spec.impute is not None)
    first, last = spec.range or (None, None)
    if spec.may_follow_cutoff:
        cutoff = None
    is_out = _apart(values, first, last)
    is_late = _apart(values, None, cutoff) & ~is_out

    def outside(text: str) -> Verdict:
        words = [f"from {first}"] * (first is not None) + [f"to {last}"] * (last is not None)
        message = f"{quoted(text)} lies outside the range {' '.join(words)}"
        return Verdict("range", message, "correct the date")

    def late(text: str) -> Verdict:
        message = f"{quoted(text)} lies after the data cut-off {cutoff}"
        return Verdict("after_cutoff", message, "correct the date, or declare may_follow_cutoff: true")

    problems += column.report(is_out, outside)
    problems += column.report(is_late, late)
    return values.set(is_out | is_late, None), problems


def _apart(values: pl.Series, first: date | None, last: date | None) -> pl.Series:
    tests: Sequence[pl.Series] = [
        *([values < first] if first is not None else []),
        *([values > last] if last is not None else []),
    ]
    apart = pl.repeat(value=False, n=len(values), dtype=pl.Boolean, eager=True)
    for test in tests:
        apart |= test.fill_null(value=False)
    return apart
