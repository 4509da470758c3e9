"""What the datasets with several rows a patient share: PARAMCD and PARAM, dates and days from a start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from calliper.exports.dataset import Column, Variable

if TYPE_CHECKING:
    from calliper.endpoints import Derived


def parameter_columns(listed: tuple[tuple[str, str], ...]) -> list[Column]:
    """PARAMCD and PARAM of a frame with `parameter` and `param`; `listed` are the codes with their words."""
    made = "Endpoints of the study file, under names of 8 characters."
    return [
        Column(Variable("PARAMCD", "Parameter Code", "text", "Assigned", made, listed), pl.col("parameter")),
        Column(Variable("PARAM", "Parameter", "text", "Assigned", "The endpoint's label."), pl.col("param")),
    ]


def with_people(frame: pl.DataFrame, derived: Derived) -> pl.DataFrame:
    """The rows with their patients' `arm` and `centre`."""
    people = derived.cohort.patients.select("patient", "arm", "centre")
    return frame.join(people, on="patient", how="left", maintain_order="left")


def with_start(frame: pl.DataFrame, start: str | None, derived: Derived) -> pl.DataFrame:
    """The rows with their patients' `start`: the date variable of this name, null without one."""
    if start is None:
        return frame.with_columns(pl.lit(None, dtype=pl.Date).alias("start"))
    starts = derived.cohort.patients.select("patient", pl.col(start).alias("start"))
    return frame.join(starts, on="patient", how="left", maintain_order="left")


def dated(day: str) -> pl.Expr:
    """The date of a day counted from `start`, which is day 0."""
    return (pl.col("start") + pl.duration(days=pl.col(day))).cast(pl.Date)


def relative(day: str) -> pl.Expr:
    """A day counted from 0 as CDISC counts it: the start is day 1, the day before it day -1."""
    return pl.when(pl.col(day) >= 0).then(pl.col(day) + 1).otherwise(pl.col(day))
