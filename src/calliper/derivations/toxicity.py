"""Adverse events: each patient's worst grade of each term, counting the patient once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from calliper.endpoints import EVENTS, TOXICITIES, Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Protocol, Toxicity
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records


def derive(
    name: str, spec: Toxicity, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row for each patient of `patients` and term, by patient, then in the order of the study file.

    `occurred` is true where the patient has an occurrence, of known grade or not; `grade` is then the worst
    known grade, null where none is known. A recorded grade 0 is no occurrence. A patient without a row had no
    event (grade 0) or, with `not_listed: unknown` or where a record of the patient was left out for an error,
    is not known to have had one (null). Rows that start after
    the cut-off are not read; with `window_days`, nor are those that start outside the window (days from
    `spec.start`, both ends inside), except that a row without a start date is counted and the reason says so.
    A patient without a start has no window, so for such a patient nothing is known. A patients' grade column
    is taken as it stands.

    With `terms: as recorded` the terms are all those of the adverse_events table, in alphabetical order.
    With `by: category` the table's categories stand for its terms.

    Raises:
        DataError: a grade lies outside 0-5; every such record is listed.
    """
    people = patients.select(
        "patient",
        (pl.col(spec.start) if spec.start else pl.lit(None, dtype=pl.Date)).alias("start"),
        source().alias("own_source"),
        pl.col("patient").is_in(_with_lost_rows(records)).alias("has_lost_rows"),
    )
    start_label = protocol.variable(spec.start).label if spec.start else "the start"
    listed: Mapping[str, tuple[str, ...]]
    columns: Mapping[str, str]
    if spec.terms == "as recorded":
        terms = sorted(set(records.tables["adverse_events"][spec.by].drop_nulls()))
        listed, columns = {term: (term,) for term in terms}, {}
    else:
        terms = list(spec.terms)
        listed = {key: term.values for key, term in spec.terms.items() if term.variable is None}
        columns = {key: term.variable for key, term in spec.terms.items() if term.variable is not None}
    parts = [_from_column(term, column, patients) for term, column in columns.items()]
    later = [pl.lit(None, dtype=pl.Int64).alias(name) for name in ("day", "days_at_risk", "baseline_grade")]
    if listed:
        rows = _rows(spec, protocol, records, people)
        parts.append(_from_rows(listed, spec, rows, people, start_label))
    in_order = pl.col("term").cast(pl.Enum(terms))
    frame = pl.concat(
        [
            pl.DataFrame(schema=TOXICITIES),
            *(part.with_columns(*later).select(TOXICITIES.keys()) for part in parts),
        ]
    )
    frame = frame.sort("patient", in_order)
    _refuse_impossible_grades(frame)
    return Endpoint(name=name, kind="toxicity", frame=frame, events=pl.DataFrame(schema=EVENTS))


def _with_lost_rows(records: Records) -> list[str]:
    """The patients of whom a row of the adverse_events table was left out: what it said is not known."""
    return sorted({record.patient for record in records.excluded if record.table == "adverse_events"})


def _rows(spec: Toxicity, protocol: Protocol, records: Records, people: pl.DataFrame) -> pl.DataFrame:
    """The rows that count, worst first: `patient`, `recorded` (the term), `grade`, `is_undated`, `source`."""
    cutoff = protocol.study.cutoff or date.max
    opens, closes = spec.window_days or (None, None)
    day = (pl.col("onset") - pl.col("start")).dt.total_days()
    starts_too_early = day < opens if opens is not None else pl.lit(value=False)
    starts_too_late = day > closes if closes is not None else pl.lit(value=False)
    is_left_out = (pl.col("onset") > cutoff) | starts_too_early | starts_too_late
    return (
        records.tables["adverse_events"]
        .select("patient", pl.col(spec.by).alias("recorded"), "grade", pl.col("start").alias("onset"), *ORDER)
        .join(people.select("patient", "start"), on="patient", how="inner")
        .filter(~is_left_out.fill_null(value=False))
        .sort(
            "patient",
            "grade",
            "onset",
            *ORDER,
            descending=[False, True, *(False for _ in range(5))],
            nulls_last=True,
        )
        .select(
            "patient",
            "recorded",
            "grade",
            (pl.col("onset").is_null() & pl.lit(spec.window_days is not None)).alias("is_undated"),
            source(),
        )
    )


def _from_rows(
    listed: Mapping[str, tuple[str, ...]],
    spec: Toxicity,
    rows: pl.DataFrame,
    people: pl.DataFrame,
    start_label: str,
) -> pl.DataFrame:
    """Every patient and term, with what the rows say of it."""
    gathers = pl.DataFrame(
        [(term, value) for term, values in listed.items() for value in values],
        schema={"term": pl.String, "recorded": pl.String},
        orient="row",
    )
    is_occurrence = pl.col("grade").is_null() | (pl.col("grade") > 0)
    worst = (
        rows.join(gathers, on="recorded", how="inner", maintain_order="left")
        .group_by("patient", "term", maintain_order=True)
        .agg(
            pl.col("grade").filter(pl.col("grade") > 0).max().alias("worst"),
            is_occurrence.sum().cast(pl.Int64).alias("occurrences"),
            (is_occurrence & pl.col("is_undated")).any().alias("has_undated"),
            pl.col("source").first(),
        )
    )
    grid = people.join(gathers.select("term").unique(maintain_order=True), how="cross")
    return grid.join(worst, on=["patient", "term"], how="left").select(
        "patient",
        "term",
        *_grade_and_occurrence(spec),
        _reason(spec, start_label),
        pl.coalesce("source", "own_source").alias("source"),
    )


def _has_no_window(spec: Toxicity) -> pl.Expr:
    return pl.col("start").is_null() & pl.lit(spec.window_days is not None)


def _grade_and_occurrence(spec: Toxicity) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    unlisted = pl.col("occurrences").is_null()
    is_absent = ~pl.col("has_lost_rows") & pl.lit(spec.not_listed == "none")
    occurred = (
        pl.when(_has_no_window(spec))
        .then(None)
        .when(unlisted)
        .then(pl.when(is_absent).then(pl.lit(value=False)))
        .otherwise(pl.col("occurrences") > 0)
    )
    grade = pl.when(occurred).then(pl.col("worst")).when(~occurred).then(pl.lit(0, dtype=pl.Int64))
    events = pl.when(~_has_no_window(spec)).then(pl.col("occurrences").fill_null(0))
    return grade.alias("grade"), occurred.cast(pl.Boolean).alias("occurred"), events.alias("events")


def _reason(spec: Toxicity, start_label: str) -> pl.Expr:
    counted = (
        pl.when(pl.col("occurrences") == 1)
        .then(pl.lit("1 record"))
        .otherwise(pl.format("worst of {} records", "occurrences"))
    )
    notes = [
        pl.when(pl.col("worst").is_null()).then(pl.lit("; grade not recorded")).otherwise(pl.lit("")),
        pl.when(pl.col("has_undated")).then(pl.lit("; start date missing, counted")).otherwise(pl.lit("")),
    ]
    return (
        pl.when(_has_no_window(spec))
        .then(pl.lit(f"{start_label} not recorded"))
        .when(pl.col("occurrences").is_null() & pl.col("has_lost_rows"))
        .then(pl.lit("a record was left out for an error, not known whether it occurred"))
        .when(pl.col("occurrences").is_null())
        .then(
            pl.lit("no record" if spec.not_listed == "none" else "no record, not known whether it occurred")
        )
        .when(pl.col("occurrences") == 0)
        .then(pl.lit("recorded as grade 0"))
        .otherwise(pl.concat_str(counted, *notes))
        .alias("reason")
    )


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
