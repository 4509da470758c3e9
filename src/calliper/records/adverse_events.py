"""The rows of adverse events: grades that are not recorded, versions that mix, ends and outcomes that do not fit."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TypeGuard

import polars as pl

from calliper.protocol.specs import Endpoint, Protocol, Toxicity
from calliper.records.column import Column, Verdict
from calliper.records.date_limits import check_ends
from calliper.records.event_slips import check_event_slips
from calliper.records.provenance import source
from calliper.records.tables import Problem
from calliper.records.wording import quoted


def check_adverse_events(
    protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]
) -> list[Problem]:
    """Errors on ends before starts and on a second version of the criteria; queries on grades, outcomes and slips."""
    problems = [*check_ends(frame, columns), *_versions(protocol, frame, columns["dictionary_version"])]
    problems += check_event_slips(protocol, frame, columns)
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


def _versions(protocol: Protocol, frame: pl.DataFrame, column: Column) -> list[Problem]:
    """An error on each row whose version of the criteria is not that of the first row that has one, or of an endpoint.

    `3`, `v3.0` and `CTCAE 3.0` are one version.
    """
    version = _number(frame["dictionary_version"])
    held = version.is_not_null().arg_true()
    if not len(held):
        return []
    first, place = version[held[0]], frame.select(source()).to_series()[held[0]]
    is_other = (version != first).fill_null(value=False)

    def mixed(text: str) -> Verdict:
        message = f"{quoted(text)} is another version of the criteria than that of {place} ({first})"
        action = "grade all events by one version, or keep those of one under files.keep"
        return Verdict("two_versions", message, action)

    problems = column.report(is_other, mixed)
    declared = {name: spec.version for name, spec in protocol.endpoints.items() if _reads_rows(spec)}
    for (name, said), number in zip(
        declared.items(), _number(pl.Series(list(declared.values()), dtype=pl.String))
    ):
        at = (version != number).fill_null(value=False) & ~is_other
        problems += column.report(at, partial(_undeclared, name=name, version=said))
    return problems


def _number(versions: pl.Series) -> pl.Series:
    """The number of each version, `3.0` of `CTCAE v3`; one without a number as it stands."""
    number = versions.str.extract(r"([0-9]+(?:\.[0-9]+)?)\s*$").str.replace(r"^([0-9]+)$", "${1}.0")
    return number.zip_with(number.is_not_null(), versions)


def _reads_rows(spec: Endpoint) -> TypeGuard[Toxicity]:
    """Whether an endpoint counts rows of adverse events, with their grades."""
    if not isinstance(spec, Toxicity):
        return False
    return isinstance(spec.terms, str) or any(term.values for term in spec.terms.values())


def _undeclared(text: str, *, name: str, version: str) -> Verdict:
    message = f"{quoted(text)} is not the version that endpoints.{name} declares ({version})"
    return Verdict("other_version", message, "correct the version of the one or the other")
