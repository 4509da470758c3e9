"""Adverse events: the single events that count, and each patient's worst grade of each term."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from calliper.derivations.laboratory_events import graded_values, laboratory_events
from calliper.derivations.recorded_events import NOT_COUNTED, recorded_events
from calliper.derivations.windows import Windows, find_windows
from calliper.derivations.worst_grades import LAST, days_at_risk, from_laboratory, from_recorded
from calliper.endpoints import EVENTS, TOXICITIES, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Protocol, Toxicity
from calliper.records.provenance import source
from calliper.records.tables import Records


def derive(
    name: str, spec: Toxicity, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row for each patient of `patients` and term, by patient, then in the order of the study file.

    `occurred` is true where the patient has an occurrence, of known grade or not; `grade` is then the worst
    known grade, null where none is known. A recorded grade 0 is no occurrence. A patient without a row had no
    event (grade 0) or, with `not_listed: unknown` or where a record of the patient was left out for an error,
    is not known to have had one (null). Rows that start after the cut-off are not read, nor are those that start
    outside every window of `spec`, except that a row without a start date is counted and the reason says so.
    A patient without a window is one of whom nothing is known. A patients' grade column is taken as it stands.

    `events` has every row that counts, of the recorded and of the laboratory's terms, by patient and term, the worst
    grade first. docs/methods/safety.md says what counts, rule by rule.

    With `terms: as recorded` the terms are all those of the adverse_events table, in alphabetical order.
    With `by: category` the table's categories stand for its terms.

    Raises:
        DataError: a grade lies outside 0-5; every such record is listed.
    """
    terms = Terms.of(spec, records)
    windows = find_windows(spec, protocol, records, patients)
    parts = [_from_column(term, column, patients) for term, column in terms.columns.items()]
    events: list[pl.DataFrame] = []
    if terms.listed:
        rows, before = recorded_events(terms.listed, spec, records, windows)
        grid = _grid(terms.listed, patients, windows, _with_lost_rows(records, "adverse_events"))
        parts.append(days_at_risk(from_recorded(rows, before, grid, spec), windows))
        is_event = (pl.col("grade").is_null() | (pl.col("grade") > 0)) & ~pl.any_horizontal(NOT_COUNTED)
        events.append(rows.filter(is_event))
    if terms.tests:
        graded = graded_values(terms.tests, spec, protocol, records, windows)
        rows, facts = laboratory_events(graded, spec, windows)
        grid = _grid(terms.tests, patients, windows, _with_lost_rows(records, "labs"))
        parts.append(days_at_risk(from_laboratory(rows, facts, grid, spec), windows))
        events.append(rows)
    in_order = pl.col("term").cast(pl.Enum(terms.names))
    frame = pl.concat([pl.DataFrame(schema=TOXICITIES), *(part.select(TOXICITIES.keys()) for part in parts)])
    frame = frame.sort("patient", in_order)
    _refuse_impossible_grades(frame)
    single = pl.concat([pl.DataFrame(schema=EVENTS), *(part.select(EVENTS.keys()) for part in events)])
    single = single.sort("patient", in_order, maintain_order=True)
    return Endpoint(name=name, kind="toxicity", frame=frame, events=single)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an endpoint in their order: with values of the table, with a patients' column, or with a test."""

    names: tuple[str, ...]
    listed: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str]
    tests: Mapping[str, str]

    @classmethod
    def of(cls, spec: Toxicity, records: Records) -> Terms:
        """Those of the study file, or all of the table."""
        if spec.terms == "as recorded":
            names = tuple(sorted(set(records.tables["adverse_events"][spec.by].drop_nulls())))
            return cls(names, {term: (term,) for term in names}, {}, {})
        held = spec.terms.items()
        return cls(
            tuple(spec.terms),
            {key: term.values for key, term in held if term.values},
            {key: term.variable for key, term in held if term.variable is not None},
            {key: term.lab for key, term in held if term.lab is not None},
        )


def _grid(
    terms: Mapping[str, object], patients: pl.DataFrame, windows: Windows, lost: list[str]
) -> pl.DataFrame:
    """Every patient and term: `patient`, `term`, `without`, `own_source`, `has_lost_rows`."""
    people = patients.select(
        "patient", source().alias("own_source"), pl.col("patient").is_in(lost).alias("has_lost_rows")
    ).join(windows.people.select("patient", "without"), on="patient", how="left", maintain_order="left")
    return people.join(pl.DataFrame({"term": list(terms)}), how="cross")


def _with_lost_rows(records: Records, table: str) -> list[str]:
    """The patients of whom a row of the table was left out: what it said is not known."""
    return sorted({record.patient for record in records.excluded if record.table == table})


def _from_column(term: str, column: str, patients: pl.DataFrame) -> pl.DataFrame:
    grade = pl.col(column).cast(pl.Int64)
    return patients.select(
        "patient",
        pl.lit(term).alias("term"),
        grade.alias("grade"),
        (grade > 0).alias("occurred"),
        pl.lit(None, dtype=pl.Int64).alias("events"),
        pl.when(grade.is_null())
        .then(pl.lit("grade not recorded"))
        .otherwise(pl.lit("grade as recorded"))
        .alias("reason"),
        source(),
        *(pl.lit(None, dtype=pl.Int64).alias(name) for name in LAST),
    )


def _refuse_impossible_grades(frame: pl.DataFrame) -> None:
    bad = frame.filter(~pl.col("grade").is_between(0, 5))
    if bad.height:
        raise DataError(
            [
                f"{place}: patient {patient}: grade {grade} of {term}; expected 0 to 5"
                for patient, term, grade, place in bad.select(
                    "patient", "term", "grade", "source"
                ).iter_rows()
            ]
        )
