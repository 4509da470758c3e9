"""Response and endpoints from lesions: what is timed, part by part, on the invented patients of lesion_data.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
from child import Answer, Task
from table import PARTS

from calliper.derivations import DERIVE, derive_endpoints
from calliper.derivations.best_response import best_responses
from calliper.derivations.lesions import derive_scans
from calliper.protocol.specs import Protocol
from calliper.records.tables import PROVENANCE, TABLES, Records

DATES = ("first_tace", "death_date")
OF_SCANS = {
    "kind": "time_to_event",
    "unit": "months",
    "start": "first_tace",
    "assessments": {"response": "response"},
}
PROGRESSION = {"first": "responses", "where": {"response": ["PD"]}, "reason": "progression"}
DEATH = {"date": "death_date", "reason": "death"}
ENDPOINTS = {
    "response": {
        "kind": "response",
        "label": "Response",
        "criteria": "mRECIST (2010)",
        "start": "first_tace",
        "death": "death_date",
        "lesions": {"rules": "mRECIST_2010"},
        "landmarks": {
            "month_1": {"label": "1 month", "day": 30, "window": [21, 45]},
            "month_3": {"label": "3 months", "day": 91, "window": [70, 112]},
            "best": {"label": "Best", "best": "unconfirmed"},
            "confirmed": {"label": "Best, confirmed", "best": "confirmed"},
        },
    },
    "ttp": {**OF_SCANS, "label": "Time to progression", "short": "TTP", "events": [PROGRESSION]},
    "pfs": {**OF_SCANS, "label": "Progression-free survival", "short": "PFS", "events": [PROGRESSION, DEATH]},
}


def protocol() -> Protocol:
    """Return a study of nothing but these endpoints."""
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "Benchmark", "design": "retrospective cohort", "cutoff": date(2023, 1, 1)},
            "data": {"patients": {"files": [{"path": "patients.csv"}], "columns": {"patient": "ID"}}},
            "variables": {name: {"type": "date", "column": name, "label": name} for name in DATES},
            "arms": {
                "column": "Arm",
                "groups": {name: {"label": name, "values": [name]} for name in ("a", "b")},
                "reference": "a",
            },
            "endpoints": ENDPOINTS,
            "analyses": [{"id": "times", "kind": "survival", "endpoint": "pfs"}],
        }
    )


def records(folder: Path) -> Records:
    """Read the tables as checked records; a role that the files lack is empty."""
    tables = {}
    for name, roles in TABLES.items():
        path, schema = folder / f"{name}.parquet", {**roles, **PROVENANCE}
        rows = pl.read_parquet(path) if path.exists() else pl.DataFrame(schema=schema)
        lacking = [
            pl.lit(None, dtype=kind).alias(role) for role, kind in schema.items() if role not in rows.columns
        ]
        tables[name] = rows.with_columns(lacking)
    return Records(tables=tables, files=(), problems=(), excluded=(), n_read={})


@dataclass(frozen=True)
class Study:
    """The protocol and the records of the benchmark."""

    protocol: Protocol
    records: Records

    def scans(self) -> pl.DataFrame:
        spec: Any = self.protocol.endpoints["response"]
        return derive_scans(spec, spec.lesions, self.protocol, self.records, self.records.patients)

    def reading(self, scans: pl.DataFrame) -> Records:
        """Return the records as endpoints read them that follow derived scans."""
        return Records({**self.records.tables, "responses": scans}, (), (), (), {})

    def times(self, name: str, reading: Records) -> pl.DataFrame:
        spec = self.protocol.endpoints[name]
        return DERIVE[type(spec)](name, spec, self.protocol, reading, self.records.patients).frame


def prepare(folder: Path, part: str) -> Callable[[], Any]:
    study = Study(protocol(), records(folder))
    if part == "whole":
        return lambda: derive_endpoints(study.protocol, study.records, study.records.patients)
    if part == "response":
        return study.scans
    scans = study.scans()
    if part == "best":
        read = scans.select("patient", "day", "response", "source")
        spec: Any = study.protocol.endpoints["response"]
        return lambda: best_responses(read, spec.rules, is_confirmed=True)
    reading = study.reading(scans)
    return lambda: study.times(part, reading)


def answer(found: Any) -> Answer:
    return {}


TASKS = {("calliper", f"lesions-{part}"): Task(partial(prepare, part=part), answer) for part in PARTS}
