"""Cohorts written by hand, handed to an analysis without any stage before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from calliper.analyses import ANALYSE
from calliper.endpoints import RESPONSES, SCREENED, TIMES, TOXICITIES, VERDICTS, Cohort, Derived, Endpoint
from calliper.protocol.specs import Protocol
from calliper.results import Results

PATIENT_FILE = {"files": [{"path": "patients.csv"}], "columns": {"patient": "id"}}
OS = {
    "kind": "time_to_event",
    "label": "Overall survival",
    "short": "OS",
    "unit": "months",
    "event_label": "deaths",
    "recorded": {"parameter": "OS"},
}


def protocol(
    *analyses: Mapping[str, Any],
    arms: Sequence[str] = ("test", "control"),
    reference: str = "control",
    variables: Mapping[str, Any] | None = None,
    endpoints: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Protocol:
    """A protocol with these analyses; an arm's label is its name in capitals."""
    return Protocol.model_validate(
        {
            "calliper": 1,
            "study": {"title": "A study", "design": "retrospective cohort"},
            "data": {"patients": PATIENT_FILE},
            "arms": {
                "column": "arm",
                "groups": {arm: {"label": arm.upper(), "values": [arm]} for arm in arms},
                "reference": reference,
            },
            "variables": variables or {},
            "endpoints": endpoints or {},
            "analyses": list(analyses),
            **rest,
        }
    )


def category(label: str, *levels: str) -> dict[str, Any]:
    return {"type": "category", "column": label, "label": label, "codes": {level: level for level in levels}}


def number(label: str, unit: str | None = None) -> dict[str, Any]:
    return {"type": "number", "column": label, "label": label, "unit": unit}


def patients(**columns: Sequence[Any]) -> pl.DataFrame:
    """Patients p0, p1, ... at centre `a`; each column one value a patient, `arm` among them."""
    n = len(columns["arm"])
    frame = pl.DataFrame({"patient": [f"p{i}" for i in range(n)], "centre": ["a"] * n})
    return frame.with_columns(
        pl.Series(name, values, dtype=pl.String if name == "arm" else None)
        for name, values in columns.items()
    )


def times(
    name: str, ids: Sequence[str], time: Sequence[float | None], event: Sequence[int | None]
) -> Endpoint:
    reasons = ["time not recorded" if value is None else "recorded" for value in time]
    causes = ["event" if value == 1 else None for value in event]
    columns = {
        "patient": list(ids),
        "time": list(time),
        "event": list(event),
        "cause": causes,
        "reason": reasons,
        "detail": [None] * len(reasons),
    }
    frame = pl.DataFrame({**columns, "source": ["hand"] * len(ids)}, schema=TIMES)
    return Endpoint(name, "time_to_event", frame)


def responses(name: str, ids: Sequence[str], by_landmark: Mapping[str, Sequence[str]]) -> Endpoint:
    rows = [
        (patient, landmark, response, None, "", "hand")
        for landmark, found in by_landmark.items()
        for patient, response in zip(ids, found, strict=True)
    ]
    return Endpoint(name, "response", pl.DataFrame(rows, schema=RESPONSES, orient="row"))


def toxicities(name: str, rows: Sequence[tuple[str, str, int | None, bool | None, int | None]]) -> Endpoint:
    """Rows of patient, term, grade, occurred, events."""
    filled = [(*row, "", "hand", None, None, None) for row in rows]
    return Endpoint(name, "toxicity", pl.DataFrame(filled, schema=TOXICITIES, orient="row"))


def cohort(frame: pl.DataFrame) -> Cohort:
    """All of these patients included, none screened out."""
    screened = frame.select(
        "patient",
        "centre",
        "arm",
        decision=pl.lit("included"),
        left_at=pl.lit(None, pl.String),
        reason=pl.lit(""),
    )
    return Cohort(frame, screened.cast(SCREENED), pl.DataFrame(schema=VERDICTS))  # type: ignore[arg-type]


def analyse(study: Protocol, frame: pl.DataFrame, *endpoints: Endpoint) -> Results:
    """The first analysis of the study, on these patients and endpoints."""
    derived = Derived(cohort(frame), {endpoint.name: endpoint for endpoint in endpoints})
    spec = study.analyses[0]
    return ANALYSE[type(spec)](spec, study, derived)


def value(results: Results, key: str) -> float:
    """The value of the row with this key; fails when there is no row or its value is not reached."""
    row = results.get(key)
    assert row is not None, f"no row {key}"
    assert row.value is not None, f"{key} is not reached"
    return row.value


def failures(results: Results) -> dict[tuple[str, str], str]:
    """The failed methods: (name, subject) and the sentence."""
    return {(method.name, method.subject): method.failure for method in results.methods if method.failure}
