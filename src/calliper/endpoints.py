"""The cohort and its endpoints as shapes: who is in, and what happened to them.

Frames hold one row a patient (or a patient and landmark, or a patient and term). Each row keeps `reason` - why it is an
event, censored, evaluable or not - and `source`, the record it came from (`file, sheet 'S', row n`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

SCREENED: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "centre": pl.String,
    "arm": pl.String,
    "decision": pl.String,  # included | excluded | pending
    "left_at": pl.String,  # the first criterion, in protocol order, at which the patient left; null if included
    "reason": pl.String,
}

VERDICTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "criterion": pl.String,
    "verdict": pl.String,  # pass | fail | unknown
    "source": pl.String,
}

TIMES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "time": pl.Float64,  # in the endpoint's unit
    "event": pl.Int64,  # 1 event, 0 censored
    "reason": pl.String,
    "source": pl.String,
}

RESPONSES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "landmark": pl.String,
    "response": pl.String,  # CR, PR, SD, PD, or NE (not evaluable)
    "day": pl.Int64,
    "reason": pl.String,
    "source": pl.String,
}

TOXICITIES: dict[str, pl.DataType | type[pl.DataType]] = {
    "patient": pl.String,
    "term": pl.String,  # the term's name in study.yaml, or the recorded term
    "grade": pl.Int64,  # worst grade; 0 when it did not occur; null when it is unknown
    "occurred": pl.Boolean,  # null: not known whether it occurred
    "events": pl.Int64,  # rows of the table; null for a patients' column
    "reason": pl.String,
    "source": pl.String,
}

SCHEMAS = {"time_to_event": TIMES, "response": RESPONSES, "toxicity": TOXICITIES}


@dataclass(frozen=True, slots=True)
class Cohort:
    """Who is in the study.

    `patients` is the included patients, one row each: `patient`, `centre`, `arm` (arm names of study.yaml), every
    variable and derived variable, provenance. `screened` (columns SCREENED) has every patient of the records and
    `verdicts` (columns VERDICTS) every criterion of every patient.
    """

    patients: pl.DataFrame
    screened: pl.DataFrame
    verdicts: pl.DataFrame

    def __add__(self, other: Cohort) -> Cohort:
        """Both cohorts' patients, this one's first."""
        return Cohort(
            patients=pl.concat([self.patients, other.patients]),
            screened=pl.concat([self.screened, other.screened]),
            verdicts=pl.concat([self.verdicts, other.verdicts]),
        )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint of the included patients; the frame's columns are SCHEMAS[kind].

    Raises ValueError when the frame has other columns or types: a derivation that drifts fails at once.
    """

    name: str
    kind: Literal["time_to_event", "response", "toxicity"]
    frame: pl.DataFrame

    def __post_init__(self) -> None:
        expected = dict(SCHEMAS[self.kind])
        found = dict(self.frame.schema)
        if found != expected:
            raise ValueError(f"endpoint {self.name}: columns {found}, expected {expected}")


@dataclass(frozen=True, slots=True)
class Derived:
    """Everything the analyses see besides the protocol: the cohort and its endpoints by name."""

    cohort: Cohort
    endpoints: Mapping[str, Endpoint]

    def __add__(self, other: Derived) -> Derived:
        """The cohorts and endpoints of two parts of one study's patients, this one's first."""
        endpoints = {
            name: Endpoint(name, mine.kind, pl.concat([mine.frame, other.endpoints[name].frame]))
            for name, mine in self.endpoints.items()
        }
        return Derived(cohort=self.cohort + other.cohort, endpoints=endpoints)
