"""Laboratory values as adverse events: each graded against the patient's baseline, each run above it one event."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.derivations.windows import NEVER, Windows
from calliper.disease.ctcae.labs import LabValue, grade_lab
from calliper.disease.ctcae.versions import VERSIONS, Version
from calliper.disease.lab_tests import QUANTITIES, units_of
from calliper.disease.units import convert
from calliper.protocol.specs import Protocol, Toxicity
from calliper.protocol.window_specs import DefaultLimits
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

MEASURED = ("value", "unit", "lower_limit", "upper_limit")
"""What one measurement is."""


def graded_values(
    tests: Mapping[str, str], spec: Toxicity, protocol: Protocol, records: Records, windows: Windows
) -> pl.DataFrame:
    """Every measurement of these tests up to the cut-off, with its grade.

    The baseline is the last value on or before the endpoint's day 0 (of two on one day the later row). Grades are those
    of the endpoint's version; a baseline is graded like any other value, against itself.

    Args:
        tests: each term of the study with its test.
        spec: the endpoint; its `version` has rules of every test.
        protocol: of the study.
        records: with the table labs.
        windows: of its patients.

    Returns:
        By patient, term and day: `patient`, `term`, `date`, `grade` (null: cannot be told), `told` (why), `flags`,
        `is_baseline` (the value that is the baseline), `origin`, `source`, the provenance.
    """
    terms = pl.DataFrame(list(tests.items()), schema={"term": pl.String, "test": pl.String}, orient="row")
    rows = (
        records.tables["labs"]
        .drop_nulls(["date", "value"])
        .filter(pl.col("date") <= (protocol.study.cutoff or NEVER))
        .join(terms, on="test", how="inner")
        .join(windows.people.select("patient", "origin"), on="patient", how="inner")
        .sort("patient", "term", "date", *ORDER)
        .with_row_index("at")
    )
    early = rows.filter(pl.col("date") <= pl.col("origin")).group_by("patient", "term", maintain_order=True)
    own = early.agg(pl.col("at").last(), *(pl.col(name).last().alias(f"first_{name}") for name in MEASURED))
    rows = rows.join(own.drop("at"), on=["patient", "term"], how="left", maintain_order="left")
    rows = rows.with_columns(source(), is_baseline=pl.col("at").is_in(own["at"].implode()))
    key = ["term", "test", *MEASURED, *(f"first_{name}" for name in MEASURED)]
    grades = _grades(rows.select(key).unique(), _version(spec.version), _defaults(spec))
    return rows.join(grades, on=key, how="left", nulls_equal=True, maintain_order="left").select(
        "patient", "term", "date", "grade", "told", "flags", "is_baseline", "origin", "source", *ORDER
    )


def _version(text: str) -> Version:
    return next(version for version in VERSIONS if version == text)


def _defaults(spec: Toxicity) -> Mapping[str, DefaultLimits]:
    """The limits of each term for values without their own."""
    terms = {} if isinstance(spec.terms, str) else spec.terms
    return {key: term.default_limits for key, term in terms.items() if term.default_limits is not None}


def _grades(
    combinations: pl.DataFrame, version: Version, defaults: Mapping[str, DefaultLimits]
) -> pl.DataFrame:
    """The grade of each distinct value, beside its baseline: the columns given, `grade`, `told`, `flags`."""
    made = [_grade(row, version, defaults.get(row["term"])) for row in combinations.iter_rows(named=True)]
    schema = {"grade": pl.Int64, "told": pl.String, "flags": pl.String}
    return combinations.hstack(pl.DataFrame(made, schema=schema, orient="row"))


def _grade(
    row: Mapping[str, object], version: Version, defaults: DefaultLimits | None
) -> tuple[int | None, str, str]:
    test = str(row["test"])
    value, baseline = _lab_value(row, ""), _lab_value(row, "first_")
    if value is None:
        return None, "the unit is not recorded", ""
    flags: tuple[str, ...] = ()
    try:
        if defaults is not None:
            own = value
            value = with_limits(test, own, defaults)
            baseline = None if baseline is None else with_limits(test, baseline, defaults)
            flags = ("DEFAULT_LIMIT",) if value is not own else ()
        made = grade_lab(test, value, version=version, baseline=baseline)
    except ValueError as error:
        # the value's own unit, or its baseline's, is not known
        return None, str(error).split(";")[0], ""
    return made.grade, made.reason, "; ".join((*made.flags, *flags))


def _lab_value(row: Mapping[str, object], prefix: str) -> LabValue | None:
    value, unit, lower, upper = (row[prefix + name] for name in MEASURED)
    if not isinstance(value, float) or not isinstance(unit, str):
        return None
    limits = [limit if isinstance(limit, float) else None for limit in (lower, upper)]
    return LabValue(value, unit, *limits)


def with_limits(test: str, value: LabValue, defaults: DefaultLimits) -> LabValue:
    """The value in the first unit of its test, with the default of each limit that it lacks; itself if it lacks none.

    Raises ValueError for a unit that is not known.
    """
    lower = defaults.lower if value.lower_limit is None else None
    upper = defaults.upper if value.upper_limit is None else None
    if lower is None and upper is None:
        return value

    def converted(number: float | None, unit: str) -> float | None:
        return None if number is None else float(convert(QUANTITIES[test], number, unit))

    return LabValue(
        float(convert(QUANTITIES[test], value.value, value.unit)),
        units_of(test)[0],
        converted(value.lower_limit, value.unit) if lower is None else converted(lower, defaults.unit),
        converted(value.upper_limit, value.unit) if upper is None else converted(upper, defaults.unit),
    )


def laboratory_events(
    graded: pl.DataFrame, spec: Toxicity, windows: Windows
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The events of graded values, and what is known of each patient and term that was measured in a window.

    A value on the day a window is anchored at describes the patient before it. Values with a grade (with
    `baseline.compare` a grade above that before the window) that follow one another are one event, at the worst of
    their grades; values that cannot be graded do not end it.

    Returns:
        The columns of EVENTS with `onset`; and `patient`, `term`, `measured`, `ungraded`, `worst`, `lacks` (why the
        first ungraded one is), `has_no_baseline`, `by_default` (values graded by
        default limits), `baseline_grade`, `source` of the worst.
    """
    inside = (
        graded.join(windows.frame, on="patient", how="inner")
        .filter(pl.col("date").is_between("opens", "closes"))
        .filter((pl.col("date") > pl.max_horizontal("anchor", "origin")).fill_null(value=True))
    )
    inside = _with_baseline(inside, graded, windows)
    rises = pl.col("grade") > 0
    if spec.compares:
        rises = rises & (pl.col("grade") > pl.col("baseline_grade")).fill_null(value=True)
    inside = inside.with_columns(rises=rises).sort("patient", "term", "date", *ORDER)
    return _runs(inside.filter(pl.col("grade").is_not_null())), _facts(inside, graded)


def _with_baseline(inside: pl.DataFrame, graded: pl.DataFrame, windows: Windows) -> pl.DataFrame:
    """Add `baseline_grade`, that of the last value on or before the anchor of the window."""
    anchors = windows.frame.select("patient", "anchor").drop_nulls().unique()
    before = (
        graded.join(anchors, on="patient", how="inner")
        .filter(pl.col("date") <= pl.col("anchor"))
        .sort("patient", "term", "anchor", "date", *ORDER)
        .group_by("patient", "term", "anchor", maintain_order=True)
        .agg(pl.col("grade").last().alias("baseline_grade"))
    )
    return inside.join(before, on=["patient", "term", "anchor"], how="left")


def _runs(rows: pl.DataFrame) -> pl.DataFrame:
    """The events: each run of values that rise, of one patient and term; its end is known where a value ends it."""
    whose = ["patient", "term"]
    begins = pl.col("rises") & ~pl.col("rises").shift(1, fill_value=False).over(whose)
    numbered = rows.with_columns(run=begins.cum_sum().over(whose), goes_on=pl.col("rises").last().over(whose))
    numbered = numbered.with_columns(is_last=pl.col("run") == pl.col("run").max().over(whose))
    runs = numbered.filter("rises").group_by(*whose, "run", maintain_order=True)
    made = runs.agg(
        pl.col("date").first().alias("onset"),
        pl.col("date").last().alias("last"),
        (pl.col("goes_on") & pl.col("is_last")).any().alias("is_open"),
        pl.col("grade").max(),
        pl.col("source").get(pl.col("grade").arg_max()),
        *(pl.col(name).first() for name in ("anchor", "origin", "session", "baseline_grade")),
    )
    nothing = pl.lit(None, dtype=pl.String)
    last = pl.when(~pl.col("is_open")).then((pl.col("last") - pl.col("origin")).dt.total_days())
    return made.select(
        "patient",
        "term",
        nothing.alias("category"),
        (pl.col("onset") - pl.col("anchor")).dt.total_days().alias("day"),
        (pl.col("onset") - pl.col("origin")).dt.total_days().alias("study_day"),
        last.alias("end_day"),
        "grade",
        "baseline_grade",
        *(nothing.alias(name) for name in ("serious", "related", "action", "outcome")),
        pl.lit("laboratory").alias("origin"),
        "session",
        "source",
        "onset",
    )


def _facts(inside: pl.DataFrame, graded: pl.DataFrame) -> pl.DataFrame:
    """What is known of each patient and term that was measured in a window or before."""
    is_ungraded = pl.col("grade").is_null()
    own = inside.group_by("patient", "term", maintain_order=True).agg(
        pl.len().cast(pl.Int64).alias("measured"),
        is_ungraded.sum().cast(pl.Int64).alias("ungraded"),
        pl.col("grade").filter("rises").max().alias("worst"),
        pl.col("told").filter(is_ungraded).first().alias("lacks"),
        pl.col("flags").str.contains("BASELINE_MISSING", literal=True).any().alias("has_no_baseline"),
        pl.col("flags").str.contains("DEFAULT_LIMIT", literal=True).sum().cast(pl.Int64).alias("by_default"),
        (pl.col("grade") > 0).any().alias("has_grade"),
        pl.col("source").get(pl.col("grade").fill_null(-1).arg_max()),
    )
    baseline = graded.filter("is_baseline").select("patient", "term", pl.col("grade").alias("baseline_grade"))
    return own.join(baseline, on=["patient", "term"], how="full", coalesce=True)
