"""Records and study files written by hand, for tests: patients as dicts, long tables as tuples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from calliper.protocol.specs import Protocol
from calliper.records.tables import PROVENANCE, TABLES, Records

CUTOFF = date(2020, 6, 30)

VARIABLES: dict[str, dict[str, Any]] = {
    "age": {"type": "integer", "column": "Age", "label": "Age", "unit": "years"},
    "afp": {"type": "number", "column": "AFP", "label": "Alpha-fetoprotein"},
    "grade": {"type": "integer", "column": "Fever grade", "label": "Fever grade"},
    "months": {"type": "number", "column": "OS", "label": "Overall survival"},
    "died": {"type": "integer", "column": "Died", "label": "Died"},
    "child": {
        "type": "category",
        "column": "Child",
        "label": "Child-Pugh class",
        "codes": {"A": "A", "B": "B", "C": "C"},
    },
    "best": {
        "type": "category",
        "column": "Best",
        "label": "Best response",
        "codes": {"CR": "CR", "PR": "PR", "SD": "SD", "PD": "PD", "NE": "NE"},
    },
    "first_tace": {"type": "date", "column": "First TACE", "label": "First DEB-TACE"},
    "baseline_scan": {"type": "date", "column": "Baseline", "label": "baseline scan"},
    "death_date": {"type": "date", "column": "Death", "label": "Death", "may_follow_cutoff": True},
}
TYPES = {"integer": pl.Int64, "number": pl.Float64, "category": pl.String, "date": pl.Date}


def study(
    *,
    derived: Mapping[str, Any] | None = None,
    eligibility: Sequence[Mapping[str, Any]] = (),
    endpoints: Mapping[str, Any] | None = None,
    cutoff: date | None = CUTOFF,
) -> Protocol:
    """A study of two arms with VARIABLES."""
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "Hand-worked patients", "design": "retrospective cohort", "cutoff": cutoff},
            "data": {"patients": {"files": [{"path": "one.csv"}], "columns": {"patient": "ID"}}},
            "variables": VARIABLES,
            "derived": derived or {},
            "arms": {
                "column": "Arm",
                "groups": {"a": {"label": "A", "values": ["A"]}, "b": {"label": "B", "values": ["B"]}},
                "reference": "a",
            },
            "eligibility": list(eligibility),
            "endpoints": endpoints or {},
            "analyses": [{"id": "baseline", "kind": "baseline", "variables": ["age"]}],
        }
    )


def patient_rows(rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """The patients' table: row n of `rows` is row n + 2 of `one.csv`; arm `a` and centre `x` unless given."""
    schema = {**TABLES["patients"], **{name: TYPES[spec["type"]] for name, spec in VARIABLES.items()}}
    full = [
        {"centre": "x", "arm": "a", **row, "_centre": "x", "_file": "one.csv", "_sheet": "", "_row": at}
        for at, row in enumerate(rows, start=2)
    ]
    return pl.DataFrame(full, schema={**schema, **PROVENANCE})


def long_rows(table: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """A long table: row n of `rows` is row n + 2 of the sheet named after the table in `two.xlsx`."""
    full = [
        {**row, "_centre": "x", "_file": "two.xlsx", "_sheet": table, "_row": at}
        for at, row in enumerate(rows, start=2)
    ]
    return pl.DataFrame(full, schema={**TABLES[table], **PROVENANCE})


def records(patients: Sequence[Mapping[str, Any]], **tables: Sequence[Mapping[str, Any]]) -> Records:
    """Records of these patients; every long table exists, empty unless given."""
    frames = {name: long_rows(name, tables.get(name, ())) for name in TABLES if name != "patients"}
    return Records(
        tables={"patients": patient_rows(patients), **frames}, files=(), problems=(), excluded=(), n_read={}
    )


def scans(start: date, patient: str, *days: tuple[int, str]) -> list[dict[str, Any]]:
    """Rows of the responses table, by day from the start."""
    return [
        {"patient": patient, "date": date.fromordinal(start.toordinal() + day), "response": response}
        for day, response in days
    ]


def moved(held: Records, *, days: int) -> Records:
    """The same records with every date `days` later."""
    shift = pl.duration(days=days)
    frames = {name: frame.with_columns(pl.col(pl.Date) + shift) for name, frame in held.tables.items()}
    return Records(frames, held.files, held.problems, held.excluded, held.n_read)


def shuffled(held: Records, *, seed: int) -> Records:
    """The same records with the rows of every table in another order."""
    frames = {
        name: frame.sample(fraction=1.0, shuffle=True, seed=seed) for name, frame in held.tables.items()
    }
    return Records(frames, held.files, held.problems, held.excluded, held.n_read)
