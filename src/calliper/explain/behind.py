"""The patients behind a number: who is counted, or whose records an estimate rests on, and from which record.

Where a row counts patients in a plain way (a group, a level, an event, a response, a criterion), those counted are
listed, and only if there are as many of them as the row says. Every other number rests on the patients of its
population and group, each with what the endpoint says of the patient.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from calliper.analyses.populations import limited
from calliper.endpoints import Derived, Endpoint
from calliper.protocol.specs import AnalysisSpec, BaselineAnalysis, CoxAnalysis, Protocol
from calliper.records.provenance import source, source_column
from calliper.results import Results, Row

MEANT = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}
"""Response rates, and the categories they count."""

VALUES = ("time", "event", "response", "grade", "value", "status", "treatment", "reason")
"""Columns of endpoints that say what a record came to, as they are listed."""

NAMES = ("landmark", "term", "rule", "item", "treatment")
"""Columns of endpoints that a row's variable is one of."""


@dataclass(frozen=True, slots=True)
class Behind:
    """`patients` has `patient`, `arm`, what was derived, and `source`; one row a patient, or a patient and record.

    `is_counted`: the patients are those that the number counts; else those whose records it rests on.
    """

    patients: pl.DataFrame
    is_counted: bool


def patients_behind(protocol: Protocol, derived: Derived, results: Results, row: Row) -> Behind:
    """The patients a row of a study's own results stands for."""
    spec = next((each for each in protocol.analyses if each.id == row.analysis), None)
    if spec is None:
        return _of_flow(protocol, derived, row)
    if spec.population is not None:
        derived = limited(protocol, derived, spec.population)
    part = row.population.rpartition(".")[2] if spec.population is not None else row.population
    frame = _records(spec, derived, row)
    grouped = _of_group(frame, spec, row.group)
    counted = _counted(grouped, spec, row, part)
    if counted is not None and counted["patient"].n_unique() == row.value:
        return Behind(_listed(counted), is_counted=True)
    return Behind(_listed(grouped), is_counted=False)


def _records(spec: AnalysisSpec, derived: Derived, row: Row) -> pl.DataFrame:
    """The endpoint's rows that the number is about, beside the patients' own columns; without endpoint, these alone."""
    patients = derived.cohort.patients
    own = patients.with_columns(source().alias("_place"))
    endpoint = derived.endpoints.get(_endpoint(spec, derived, row))
    if endpoint is None:
        placed = own
        if row.variable in own.columns:
            at = source_column(row.variable)
            place = pl.coalesce(pl.col(at), pl.col("_place")) if at in own.columns else pl.col("_place")
            placed = own.with_columns(place.alias("_place"), pl.col(row.variable).alias("_value"))
        return placed.rename({"_place": "source"})
    frame = _about(endpoint, row)
    beside = own.select("patient", *(name for name in own.columns if name not in {*frame.columns, "patient"}))
    return frame.join(beside, on="patient", how="inner", maintain_order="left")


def _endpoint(spec: AnalysisSpec, derived: Derived, row: Row) -> str:
    """The endpoint of an analysis; of one that has several the one that the variable names."""
    named = getattr(spec, "endpoint", None) or getattr(spec, "response", None) or ""
    first = row.variable.split(" ", maxsplit=1)[0]
    return first if not named and first in derived.endpoints else str(named)


def _about(endpoint: Endpoint, row: Row) -> pl.DataFrame:
    """The rows of the landmark, term, rule, item and window that the number names; all where it names none."""
    frame = endpoint.frame
    variable = row.variable.rsplit(" ", maxsplit=1)[-1] if " to " not in row.variable else row.variable
    for name in NAMES:
        if name in frame.columns and variable in frame[name].unique():
            frame = frame.filter(pl.col(name) == variable)
    window = row.level.removesuffix(" change")
    if "window" in frame.columns and window in frame["window"].unique():
        frame = frame.filter(window=window)
    return frame


def _of_group(frame: pl.DataFrame, spec: AnalysisSpec, group: str) -> pl.DataFrame:
    """The rows of the patients of a group; a comparison is of both groups, a model of everyone."""
    by = getattr(spec, "by", None) or "arm"
    if by not in frame.columns:
        return frame
    names = group.split(" vs ")
    held = pl.col(by).cast(pl.String)
    return frame.filter(held.is_in(names)) if set(names) <= set(frame[by].cast(pl.String).unique()) else frame


def _counted(frame: pl.DataFrame, spec: AnalysisSpec, row: Row, part: str) -> pl.DataFrame | None:
    """The rows that a count counts; None where the number is no plain count of patients."""
    stat, level = row.stat.split(".", maxsplit=1)[0], row.level
    if isinstance(spec, BaselineAnalysis) and "_value" in frame.columns:
        value = pl.col("_value")
        asked = {
            "count": value.cast(pl.String) == level,
            "n": value.is_not_null(),
            "missing": value.is_null(),
        }
    elif isinstance(spec, CoxAnalysis) and row.level:
        held = (
            pl.col(row.variable).cast(pl.String) == level
            if row.variable in frame.columns
            else pl.lit(value=False)
        )
        asked = {"n": held & pl.col("time").is_not_null(), "events": held & (pl.col("event") == 1)}
    elif "event" in frame.columns:
        asked = _times(row)
    elif "response" in frame.columns:
        is_known = pl.col("response") != "NE"
        counts = pl.col("response").is_in(MEANT.get(level, (level,)))
        asked = {"count": counts, "n": is_known if part == "evaluable" else pl.lit(value=True)}
    elif "occurred" in frame.columns:
        asked = {
            "count": _grade(level),
            "n": pl.col("occurred").is_not_null(),
            "unknown": pl.col("occurred").is_null(),
        }
    elif "value" in frame.columns:
        asked = {"n": pl.col("value").is_not_null()}
    elif "status" in frame.columns:
        asked = {"patients": pl.col("status") == "deviation", "count": pl.col("status") == "deviation"}
    else:
        asked = {"n": pl.lit(value=True)}
    return frame.filter(asked[stat]) if stat in asked else None


def _times(row: Row) -> dict[str, pl.Expr]:
    """Of a time to an event: those with it (by cause or reason), those censored (by reason), those at risk."""
    event, level = pl.col("event") == 1, row.level
    cause = {"": event, "event": event}.get(level, (pl.col("reason") == level) | (pl.col("cause") == level))
    at = row.at if row.at is not None else 0.0
    is_censored = pl.col("event") == 0
    return {
        "n": pl.col("time").is_not_null(),
        "events": cause & pl.col("cause").is_not_null(),
        "censored": is_censored & (pl.lit(value=not level) | (pl.col("reason") == level)),
        "at_risk": pl.col("time") >= at,
        "cumulative_events": event & (pl.col("time") <= at),
        "cumulative_censored": is_censored & (pl.col("time") <= at),
        "censored_here": is_censored & (pl.col("time") == at),
    }


def _grade(level: str) -> pl.Expr:
    occurred, grade = pl.col("occurred"), pl.col("grade")
    if level == "grade unknown":
        return occurred & grade.is_null()
    if level.startswith("grade >="):
        return occurred & (grade >= int(level.removeprefix("grade >=")))
    number = level.removeprefix("grade ")
    return occurred & (grade == int(number)) if number.isdigit() else occurred


def _of_flow(protocol: Protocol, derived: Derived, row: Row) -> Behind:
    """Of the patient flow: by decision, criterion and population."""
    cohort = derived.cohort
    frame = cohort.screened
    if row.population in protocol.populations:
        kept = limited(protocol, derived, row.population).cohort.patients["patient"]
        frame = frame.filter(pl.col("patient").is_in(kept.implode()), decision="included")
    if row.group.startswith("centre:"):
        frame = frame.filter(centre=row.group.removeprefix("centre:"))
    elif row.group != "overall":
        frame = frame.filter(arm=row.group)
    if row.stat in ("excluded", "pending", "included") and not row.variable:
        counted = frame.filter(decision=row.stat)
    elif row.stat in ("left", "pending"):
        decision = "excluded" if row.stat == "left" else "pending"
        counted = frame.filter(decision=decision, left_at=row.variable)
    elif row.variable:
        held = cohort.verdicts.filter(criterion=row.variable, verdict=row.stat)
        counted = frame.join(
            held.select("patient", "source"), on="patient", how="inner", maintain_order="left"
        )
    else:
        counted = frame
    if "source" not in counted.columns:
        placed = cohort.verdicts.group_by("patient", maintain_order=True).agg(pl.col("source").first())
        own = cohort.patients.with_columns(source()).select("patient", "source")
        places = pl.concat([own, placed.join(own, on="patient", how="anti")])
        counted = counted.join(places, on="patient", how="left", maintain_order="left")
    return Behind(_listed(counted), is_counted=counted["patient"].n_unique() == row.value)


def _listed(frame: pl.DataFrame) -> pl.DataFrame:
    """Identifier, arm, what was derived, record."""
    shown = [name for name in ("_value", *VALUES) if name in frame.columns]
    return frame.select("patient", "arm", *shown, "source").rename({"_value": "value"}, strict=False)
