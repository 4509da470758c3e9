"""Adverse events, sessions and doses by day, for the tests of a toxicity endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.protocol.specs import Toxicity
from calliper.records.tables import Records
from hand_records import CUTOFF, records, study

START = date(2018, 1, 10)
FEVER = {"fever": {"label": "Fever", "values": ["Fever"]}}
TACE = {"drugs": ["DEB-TACE"]}


def on(day: int | None) -> date | None:
    """The date of a day from the start."""
    return None if day is None else START + timedelta(days=day)


def event(
    day: int | None, grade: int | None = 1, *, patient: str = "P1", end: int | None = None, **more: Any
) -> dict[str, Any]:
    """A row of adverse_events: fever unless told otherwise."""
    return {"patient": patient, "term": "Fever", "grade": grade, "start": on(day), "end": on(end), **more}


def sessions(*days: int, patient: str = "P1") -> list[dict[str, Any]]:
    return [{"patient": patient, "drug": "DEB-TACE", "start": on(day), "end": on(day)} for day in days]


def period(
    first: int, last: int | None, dose: float | None = 800, *, patient: str = "P1", drug: str = "Sorafenib"
) -> dict[str, Any]:
    return {"patient": patient, "drug": drug, "start": on(first), "end": on(last), "dose": dose}


def value(day: int | None, measured: float | None, *, patient: str = "P1", **more: Any) -> dict[str, Any]:
    """A row of labs: ALT with an upper limit of 40 U/L unless told otherwise."""
    row = {"test": "alt", "unit": "U/L", "upper_limit": 40.0, "lower_limit": None}
    return {"patient": patient, "date": on(day), "value": measured, **row, **more}


def held(*, patients: int = 1, **tables: Sequence[dict[str, Any]]) -> Records:
    """Records of P1, P2 ..., all with the first DEB-TACE on day 0."""
    people = [{"patient": f"P{at}", "first_tace": START} for at in range(1, patients + 1)]
    return records(people, **tables)


def derive(
    found: Records, *, cutoff: date | None = CUTOFF, patients: pl.DataFrame | None = None, **spec: Any
) -> Endpoint:
    """The endpoint `t`: fever by CTCAE 3.0 from the first DEB-TACE, unless told otherwise."""
    full = {
        "kind": "toxicity",
        "label": "Adverse events",
        "dictionary": "CTCAE",
        "version": "3.0",
        "terms": FEVER,
        "start": "first_tace",
        **spec,
    }
    protocol = study(endpoints={"t": full}, cutoff=cutoff)
    included = found.patients if patients is None else patients
    return DERIVE[Toxicity]("t", protocol.endpoints["t"], protocol, found, included)


def counted(made: Endpoint, *columns: str) -> list[tuple[Any, ...]]:
    """These columns of the single events, in the order of the frame."""
    assert made.events is not None
    return made.events.select(columns).rows()
