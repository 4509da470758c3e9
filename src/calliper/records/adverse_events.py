"""The rows of adverse events: grades that are not recorded, versions that mix, ends and outcomes that do not fit."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.specs import Protocol
from calliper.records.column import Column, Verdict
from calliper.records.date_limits import check_ends
from calliper.records.provenance import source
from calliper.records.tables import Problem
from calliper.records.wording import quoted


def check_adverse_events(
    _protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]
) -> list[Problem]:
    """Errors on ends before starts and on a second version of the criteria; queries on grades and outcomes."""
    problems = [*check_ends(frame, columns), *_versions(frame, columns["dictionary_version"])]
    grade = columns["grade"]

    def no_grade(_text: str) -> Verdict:
        message = "the grade is not recorded"
        return Verdict("no_grade", message, "fill it in; until then the event counts under any grade alone")

    is_event = frame["patient"].is_not_null() & frame["term"].is_not_null()
    problems += grade.report(grade.text.is_null() & grade.is_there & is_event, no_grade, severity="query")
    is_fatal = frame["outcome"] == "fatal"
    is_odd = is_fatal & (frame["grade"] != 5) | ~is_fatal & (frame["grade"] == 5)
    at = is_odd.fill_null(value=False)
    verdicts = [
        Verdict(
            "fatal_grade",
            f"the outcome is {quoted(outcome)} and the grade {number}; grade 5 is a fatal event",
            "correct one of the two; they are used as they stand",
        )
        for outcome, number in frame.filter(at).select("outcome", "grade").iter_rows()
    ]
    problems += columns["outcome"].report_each(at, verdicts, severity="query")
    still = ((frame["ongoing"] == "yes") & frame["end"].is_not_null()).fill_null(value=False)
    ends = frame["end"].filter(still)
    problems += columns["ongoing"].report_each(
        still,
        [
            Verdict("ongoing", f"the event is ongoing and ended on {end}", "correct one of the two")
            for end in ends
        ],
        severity="query",
    )
    return problems


def _versions(frame: pl.DataFrame, column: Column) -> list[Problem]:
    """An error on each row whose version of the criteria is not that of the first row that has one.

    `3`, `v3.0` and `CTCAE 3.0` are one version.
    """
    number = frame["dictionary_version"].str.extract(r"([0-9]+(?:\.[0-9]+)?)\s*$")
    version = number.str.replace(r"^([0-9]+)$", "${1}.0")
    version = version.zip_with(version.is_not_null(), frame["dictionary_version"])
    places = frame.select(source()).to_series()
    held = version.is_not_null().arg_true()
    if not len(held):
        return []
    first, place = version[held[0]], places[held[0]]

    def mixed(text: str) -> Verdict:
        message = f"{quoted(text)} is another version of the criteria than that of {place} ({first})"
        action = "grade all events by one version, or keep those of one under files.keep"
        return Verdict("two_versions", message, action)

    return column.report((version != first).fill_null(value=False), mixed)
