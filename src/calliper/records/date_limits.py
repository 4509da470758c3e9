"""Dates of the rows of a long table against their patient's own: completed within them, and errors beyond them."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.specs import Protocol, TableSource
from calliper.records.column import Column, Verdict
from calliper.records.dates import flag_column
from calliper.records.partial_dates import Limit, Limits, complete_dates
from calliper.records.tables import Problem
from calliper.records.wording import quoted


def limits_of(protocol: Protocol, names: tuple[str, ...], typed: Mapping[str, pl.Series]) -> list[Limit]:
    """Date variables as limits, called by the headers of their columns."""
    return [(f"'{protocol.variables[name].column}'", typed[name]) for name in names]


def check_order(column: Column, values: pl.Series, limit: Limit, *, is_latest: bool = False) -> list[Problem]:
    """An error where a date lies before one it may not precede, or with `is_latest` after one it may not follow."""
    words, day = limit
    is_wrong = ((values > day) if is_latest else (values < day)).fill_null(value=False)
    side = "after" if is_latest else "before"
    verdicts = [
        Verdict("date_order", f"{quoted(text)} lies {side} {words} ({end})", "correct one of the two dates")
        for text, end in zip(column.text.filter(is_wrong), day.filter(is_wrong))
    ]
    return column.report_each(is_wrong, verdicts)


def check_ends(frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """An error where the end lies before the start."""
    is_wrong = (frame["end"] < frame["start"]).fill_null(value=False)
    starts = frame["start"].filter(is_wrong)
    texts = columns["end"].text.filter(is_wrong)
    verdicts = [
        Verdict("date_order", f"{quoted(text)} lies before the start ({start})", "correct one of the dates")
        for text, start in zip(texts, starts)
    ]
    return columns["end"].report_each(is_wrong, verdicts)


def limit_dates(
    protocol: Protocol,
    held: TableSource,
    columns: Mapping[str, Column],
    typed: dict[str, pl.Series],
    patients: pl.DataFrame | None,
) -> list[Problem]:
    """Complete the partial dates of the roles that say how, put a flag beside each, and hold all against their limits.

    `typed` is changed. `patients` has the date variables of each patient; None where nobody's are known.
    """
    problems: list[Problem] = []
    for role in dict.fromkeys((*held.impute, *held.not_before, *held.not_after)):
        before, after = held.not_before.get(role, ()), held.not_after.get(role, ())
        impute = held.impute.get(role)
        if impute is not None:
            earliest, latest = (*before, *impute.not_before), (*after, *impute.not_after)
            dates = _own_dates(patients, typed["patient"], (*earliest, *latest))
            limits = Limits(limits_of(protocol, earliest, dates), limits_of(protocol, latest, dates))
            typed[role], typed[flag_column(role)], found = complete_dates(
                columns[role], typed[role], impute, limits
            )
            problems += found
        dates = _own_dates(patients, typed["patient"], (*before, *after))
        for limit in limits_of(protocol, before, dates):
            problems += check_order(columns[role], typed[role], limit)
        for limit in limits_of(protocol, after, dates):
            problems += check_order(columns[role], typed[role], limit, is_latest=True)
    return problems


def _own_dates(patients: pl.DataFrame | None, own: pl.Series, names: tuple[str, ...]) -> dict[str, pl.Series]:
    """Date variables of the patient of each row; null where the patient is not known."""
    distinct = list(dict.fromkeys(names))
    if patients is None:
        return {name: pl.repeat(None, len(own), dtype=pl.Date, eager=True) for name in distinct}
    one = patients.select("patient", *distinct).unique("patient", keep="first", maintain_order=True)
    joined = own.alias("patient").to_frame().join(one, on="patient", how="left", maintain_order="left")
    return {name: joined[name] for name in distinct}
