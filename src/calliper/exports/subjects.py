"""ADSL: one row a patient of the records, in or out; and the columns that say in every dataset whose row it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from calliper.analyses.populations import members
from calliper.derivations.baseline import derive_baseline
from calliper.exports.dataset import Column, Dataset, Kind, Variable, dataset, short_name
from calliper.records.provenance import source

if TYPE_CHECKING:
    from calliper.endpoints import Derived
    from calliper.protocol.specs import Protocol
    from calliper.records.tables import Records

KINDS: dict[type[pl.DataType], Kind] = {pl.Int64: "integer", pl.Float64: "float", pl.Date: "date"}


def adsl(protocol: Protocol, records: Records, derived: Derived) -> Dataset:
    """One row a patient of the records, included or not: arm, centre, every variable, population flags, source."""
    people = derive_baseline(protocol, records)
    decided = derived.cohort.screened.select(
        "patient", "decision", "left_at", pl.col("reason").alias("_reason")
    )
    frame = people.join(decided, on="patient", how="left", maintain_order="left").with_columns(source())
    for name, spec in protocol.populations.items():
        held = members(spec, derived).select("patient", pl.col("is_in").alias(f"_in.{name}"))
        frame = frame.join(held, on="patient", how="left", maintain_order="left")
    columns = [*whose(protocol), *_treatment(protocol), *_decision(), *_flags(protocol), _source()]
    columns += _variables(protocol, frame, {column.variable.name for column in columns})
    return dataset("ADSL", "Subject-Level Analysis Dataset", frame.sort("patient"), columns)


def whose(protocol: Protocol) -> list[Column]:
    """STUDYID, USUBJID, SUBJID, SITEID of a frame with `patient` and `centre`."""
    study = protocol.study.short_title or protocol.study.title
    centres = tuple((name, held.label) for name, held in protocol.centres.items())
    same = "The patient's identifier as the files of the centres write it."
    return [
        Column(
            Variable("STUDYID", "Study Identifier", "text", "Assigned", "The study's title in the study file."),
            pl.lit(study),
        ),
        Column(Variable("USUBJID", "Unique Subject Identifier", "text", "Collected", same), pl.col("patient")),
        Column(Variable("SUBJID", "Subject Identifier for the Study", "text", "Collected", same), pl.col("patient")),
        Column(
            Variable("SITEID", "Study Site Identifier", "text", "Assigned", "Centre, by its name in the study file.",
                     centres),
            pl.col("centre"),
        ),
    ]  # fmt: skip


def arm_columns(protocol: Protocol, planned: str, actual: str) -> list[Column]:
    """The arm under the names of a planned and an actual treatment, with a number, and its name in the study file."""
    groups = protocol.arms.groups
    labels = {name: arm.label for name, arm in groups.items()}
    numbers = {name: place for place, name in enumerate(groups, start=1)}
    made = f"Column '{protocol.arms.column}' of the patients, by the arms of the study file."
    words = pl.col("arm").replace_strict(labels, default=None, return_dtype=pl.String)
    number = pl.col("arm").replace_strict(numbers, default=None, return_dtype=pl.Int64)
    coded = tuple((str(numbers[name]), labels[name]) for name in groups)
    listed = tuple((label, name) for name, label in labels.items())
    same = f"{made} The study file knows one arm a patient: planned and actual are the same."
    return [
        Column(Variable(planned, "Planned Treatment", "text", "Collected", same, listed), words),
        Column(Variable(f"{planned}N", "Planned Treatment (N)", "integer", "Assigned", made, coded), number),
        Column(Variable(actual, "Actual Treatment", "text", "Collected", same, listed), words),
        Column(Variable(f"{actual}N", "Actual Treatment (N)", "integer", "Assigned", made, coded), number),
        Column(
            Variable("ARMCD", "Arm, by its name in the study file", "text", "Assigned", made,
                     tuple(labels.items())),
            pl.col("arm"),
        ),
    ]  # fmt: skip


def _treatment(protocol: Protocol) -> list[Column]:
    return arm_columns(protocol, "TRT01P", "TRT01A")


def _decision() -> list[Column]:
    is_in = pl.col("decision") == "included"
    made = "Y where every criterion of eligibility is met, else N."
    return [
        Column(Variable("INCLFL", "Included Flag", "text", "Derived", made, YES_NO), yes_no(is_in)),
        Column(
            Variable("DECISION", "Decision on eligibility", "text", "Derived",
                     "included; excluded by a criterion; pending where none excludes and one cannot be told."),
            pl.col("decision"),
        ),
        Column(
            Variable("LEFTAT", "First criterion that was not met", "text", "Derived",
                     "In the order of the study file; empty where the patient is included."),
            pl.col("left_at"),
        ),
        Column(
            Variable("LEFTREAS", "Why the patient is not included", "text", "Derived",
                     "The words of eligibility; empty where the patient is included."),
            pl.when(~is_in).then(pl.col("_reason")),
        ),
    ]  # fmt: skip


YES_NO = (("Y", "Yes"), ("N", "No"))


def yes_no(is_true: pl.Expr) -> pl.Expr:
    """Y or N; null stays null."""
    return pl.when(is_true.is_null()).then(None).when(is_true).then(pl.lit("Y")).otherwise(pl.lit("N"))


def _flags(protocol: Protocol) -> Iterator[Column]:
    taken = {"INCLFL"}
    for name, spec in protocol.populations.items():
        short = short_name(name, taken, "FL")
        taken.add(short)
        says = [f"rule {spec.rule}" if spec.rule else "", f"no major deviation of {spec.without_major}"]
        conditions = " and ".join(said for said in (says if spec.without_major else says[:1]) if said)
        made = f"Population {name}: included patients, {conditions}; N where the rule is unknown."
        yield Column(
            Variable(short, spec.label, "text", "Derived", made, YES_NO),
            yes_no(pl.col(f"_in.{name}").fill_null(value=False)),
        )


def _source() -> Column:
    return Column(
        Variable("SOURCE", "Record (file, sheet, row)", "text", "Collected", "Where the row was read."),
        pl.col("source"),
    )


def _variables(protocol: Protocol, frame: pl.DataFrame, taken: set[str]) -> list[Column]:
    """Every variable of the study file and every derived one; a date's short name ends in DT."""
    columns = []
    for name in (*protocol.variables, *protocol.derived):
        kind = KINDS.get(type(frame.schema[name]), "text")
        stem, ending = (name.removesuffix("_date"), "DT") if kind == "date" else (name, "")
        short = short_name(stem, taken, ending)
        taken.add(short)
        columns.append(Column(_variable(protocol, name, short, kind), pl.col(name)))
    return columns


def _variable(protocol: Protocol, name: str, short: str, kind: Kind) -> Variable:
    spec = protocol.variable(name)
    unit = getattr(spec, "unit", None)
    label = f"{spec.label} ({unit})" if unit else spec.label
    levels = tuple((level, level) for level in getattr(spec, "levels", ()))
    if name in protocol.variables:
        made = f"Variable {name}: column '{protocol.variables[name].column}' of the patients."
        return Variable(short, label, kind, "Collected", made, levels)
    rule = spec.model_dump_json(exclude={"label"}, exclude_defaults=True)
    return Variable(short, label, kind, "Derived", f"Variable {name}, derived by {rule}.", levels)
