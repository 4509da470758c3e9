"""Queries on adverse events: grades recorded that differ from those of values, relations asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from calliper.derivations.laboratory_events import graded_values, laboratory_events
from calliper.derivations.recorded_events import recorded_events
from calliper.derivations.windows import Windows, find_windows
from calliper.protocol import specs
from calliper.protocol.specs import Protocol, Term, Toxicity
from calliper.records.provenance import ORDER
from calliper.records.tables import PROVENANCE, Problem, Records

SEVERE = 3
"""The grade from which a value that nobody recorded as an event is asked about."""


def event_queries(protocol: Protocol, records: Records) -> Iterator[Problem]:
    """Queries on rows that lack what a toxicity endpoint chooses by, and on fatal events of patients without a death.

    Two endpoints may give the same one.
    """
    yield from _without_death(protocol, records)
    for spec in protocol.endpoints.values():
        if isinstance(spec, Toxicity):
            yield from _without_relation(spec, protocol, records)


def compared_terms(spec: specs.Endpoint) -> Mapping[str, Term]:
    """The terms from laboratory values that an endpoint holds against recorded ones."""
    if not isinstance(spec, Toxicity) or isinstance(spec.terms, str):
        return {}
    return {key: term for key, term in spec.terms.items() if term.compare_with}


def laboratory_queries(protocol: Protocol, records: Records, patients: pl.DataFrame) -> Iterator[Problem]:
    """Queries on recorded grades that are not those of the values, of every endpoint that compares them."""
    people = patients.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
    for spec in protocol.endpoints.values():
        if isinstance(spec, Toxicity) and compared_terms(spec):
            whole = spec.model_copy(update={"baseline": None, "related": (), "where": {}})
            yield from _differences(whole, protocol, records, find_windows(whole, protocol, records, people))


def without_limits(spec: specs.Endpoint, records: Records) -> pl.DataFrame:
    """The rows of values of an endpoint's laboratory terms that lack a limit; a grade may need none."""
    labs = records.tables.get("labs")
    tests = list(_tests(spec).values())
    if labs is None or not tests:
        return pl.DataFrame()
    lacks = pl.col("lower_limit").is_null() | pl.col("upper_limit").is_null()
    return labs.filter(pl.col("test").is_in(tests) & pl.col("value").is_not_null() & lacks)


def ungraded_queries(protocol: Protocol, records: Records, patients: pl.DataFrame) -> Iterator[Problem]:
    """A query on each value that a laboratory term cannot grade for want of a limit: it counts for nothing."""
    people = patients.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
    for spec in protocol.endpoints.values():
        rows = without_limits(spec, records)
        if not isinstance(spec, Toxicity) or rows.is_empty():
            continue
        own = people.join(rows.select("patient").unique(), on="patient", how="semi", maintain_order="left")
        windows = find_windows(spec, protocol, records, own)
        graded = graded_values(_tests(spec), spec, protocol, records, windows)
        is_lost = pl.col("grade").is_null()
        lost = graded.filter(is_lost).join(rows, on=[*ORDER], how="semi", nulls_equal=True)
        header = _header(protocol, "labs", "value")
        for row in lost.iter_rows(named=True):
            label = "" if isinstance(spec.terms, str) else spec.terms[row["term"]].label
            message = f"{label}: the value cannot be graded: {row['told']}"
            action = "fill in the laboratory's limit, or declare default_limits; until then the value does not count"
            yield _query("not_graded", message, action, row, ("labs", header, ""))


def _tests(spec: specs.Endpoint) -> dict[str, str]:
    """Each term of the endpoint that is graded from laboratory values, with its test."""
    if not isinstance(spec, Toxicity) or isinstance(spec.terms, str):
        return {}
    return {key: term.lab for key, term in spec.terms.items() if term.lab is not None}


def _differences(spec: Toxicity, protocol: Protocol, records: Records, windows: Windows) -> Iterator[Problem]:
    """A query where the worst recorded grade of a window is not that of its values, and on severe ones not recorded."""
    terms = compared_terms(spec)
    listed = {key: term.compare_with for key, term in terms.items()}
    tests = {key: term.lab or "" for key, term in terms.items()}
    recorded, _ = recorded_events(listed, spec, records, windows)
    graded = graded_values(tests, spec, protocol, records, windows)
    _, facts = laboratory_events(graded, spec, windows)
    derived = facts.drop_nulls("measured").with_columns(
        value=pl.when((pl.col("worst").is_not_null()) | (pl.col("ungraded") == 0)).then(
            pl.col("worst").fill_null(0)
        )
    )
    worst = recorded.unique(["patient", "term"], keep="first", maintain_order=True)
    both = derived.join(
        worst.select("patient", "term", "grade", "onset", *ORDER), on=["patient", "term"], how="left"
    )
    measured = graded.select(
        "patient", "term", "told", "date", "source", *(pl.col(c).alias(f"lab{c}") for c in ORDER)
    )
    both = both.join(measured, on=["patient", "term", "source"], how="left").sort("patient", "term")
    by = f"by {spec.dictionary} version {spec.version}"
    for row in both.iter_rows(named=True):
        whose, value, grade = terms[row["term"]].label, row["value"], row["grade"]
        given = f"grade {value} {by} ({row['told']}, on {row['date']}, {row['source']})"
        if grade is not None and value is not None and grade != value:
            message = f"{whose}: recorded as grade {grade}, the values give {given}"
            action = "confirm the recorded grade and the values; the values are used"
            header = _header(protocol, "adverse_events", "grade")
            yield _query("differs_from_values", message, action, row, ("adverse_events", header, str(grade)))
        elif row["_file"] is None and value is not None and value >= SEVERE:
            message = f"{whose}: the values give {given}, and no such event is recorded"
            place = {**row, **{name: row[f"lab{name}"] for name in PROVENANCE}}
            action = "record the event, or confirm the value; the value is used"
            header = _header(protocol, "labs", "value")
            yield _query("not_recorded", message, action, place, ("labs", header, ""))


def _without_death(protocol: Protocol, records: Records) -> Iterator[Problem]:
    """A query for each fatal event of a patient of whom no date is recorded that events may not follow: no death."""
    table = protocol.data.adverse_events
    limits = table.not_after.get("start", ()) if table is not None else ()
    if table is None or not limits:
        return
    people = records.patients.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
    alive = people.filter(pl.all_horizontal(pl.col(list(limits)).is_null())).select("patient")
    is_fatal = (pl.col("grade") == 5).fill_null(value=False) | (pl.col("outcome") == "fatal").fill_null(
        value=False
    )
    rows = (
        records.tables["adverse_events"]
        .filter(is_fatal)
        .join(alive, on="patient", how="semi", maintain_order="left")
    )
    named = " or ".join(f"'{getattr(protocol.variable(name), 'column', name)}'" for name in limits)
    for row in rows.iter_rows(named=True):
        header = _header(protocol, "adverse_events", "grade" if row["grade"] == 5 else "outcome")
        message = f"the event was fatal, and no {named} of the patient is recorded"
        action = "record the date, or correct the grade or outcome; they are used as they stand"
        yield _query("fatal_without_death", message, action, row, ("adverse_events", header, ""))


def _without_relation(spec: Toxicity, protocol: Protocol, records: Records) -> Iterator[Problem]:
    """A query for each row of the endpoint's terms with nothing in a column that the endpoint asks for words of."""
    for role in dict.fromkeys((*spec.where, *(("related",) if spec.related else ()))):
        rows = records.tables["adverse_events"].filter(pl.col(role).is_null() & _is_of(spec))
        for row in rows.iter_rows(named=True):
            message = f"'{role}' is not recorded, by which events are chosen"
            action = "fill it in; until then the event does not count where it is asked for"
            header = _header(protocol, "adverse_events", role)
            yield _query("not_attributed", message, action, row, ("adverse_events", header, ""))


def _is_of(spec: Toxicity) -> pl.Expr:
    if isinstance(spec.terms, str):
        return pl.col(spec.by).is_not_null()
    return pl.col(spec.by).is_in([value for term in spec.terms.values() for value in term.values])


def _header(protocol: Protocol, table: str, role: str) -> str:
    columns: Mapping[str, str] = getattr(getattr(protocol.data, table), "columns", {})
    return columns.get(role, "")


def _query(
    rule: str, message: str, action: str, row: Mapping[str, Any], cell: tuple[str, str, str]
) -> Problem:
    """A query on a row; `cell` is its table, the header of the column, and the value."""
    centre, file, sheet, number = (row[name] for name in PROVENANCE)
    table, header, value = cell
    return Problem(
        "query",
        rule,
        message,
        action,
        centre=centre or "",
        file=file,
        sheet=sheet or "",
        row=number,
        column=header,
        value=value,
        patient=row["patient"] or "",
        table=table,
    )
