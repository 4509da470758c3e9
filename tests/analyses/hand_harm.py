"""Toxicity endpoints written by hand: what is known of each patient and term, and the single events behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from analyses.hand_cohort import protocol
from calliper.endpoints import EVENTS, TOXICITIES, TREATMENTS, Endpoint
from calliper.protocol.specs import Protocol

ARMS = ("test", "control")
COLUMNS = {
    role: role
    for role in ("patient", "term", "category", "grade", "start", "serious", "related", "action", "outcome")
}


def study(
    *terms: str,
    endpoint: Mapping[str, Any] | None = None,
    endpoints: Mapping[str, Any] | None = None,
    arms: Sequence[str] = ARMS,
    **spec: Any,
) -> Protocol:
    """A safety analysis of these terms, windows from `start` on, with every column of events mapped."""
    harm = {
        "kind": "toxicity",
        "label": "Adverse events",
        "dictionary": "CTCAE",
        "version": "5.0",
        "terms": {term: {"label": term.capitalize(), "values": [term]} for term in terms},
        "start": "start",
        "window_days": [0, None],
        **(endpoint or {}),
    }
    return protocol(
        {"id": "safety", "kind": "safety", "endpoint": "harm", **spec},
        arms=arms,
        reference=arms[-1],
        variables={"start": {"type": "date", "column": "start", "label": "Start"}},
        endpoints={"harm": harm, **(endpoints or {})},
    )


def event(patient: str, term: str, **said: Any) -> dict[str, Any]:
    """One recorded event; what is not said is null, and `origin` is `recorded`."""
    blank = dict.fromkeys(EVENTS)
    return {**blank, "patient": patient, "term": term, "origin": "recorded", "source": "hand", **said}


def known(patient: str, term: str, occurred: bool | None, **said: Any) -> dict[str, Any]:
    """What is known of a patient and term; of an occurrence the worst grade is 1 unless said."""
    blank = dict.fromkeys(TOXICITIES)
    grade = None if occurred is None else int(occurred)
    return {
        **blank,
        "patient": patient,
        "term": term,
        "occurred": occurred,
        "grade": grade,
        "events": None if occurred is None else int(occurred),
        "reason": "",
        "source": "hand",
        **said,
    }


def harm(rows: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]] = ()) -> Endpoint:
    """The endpoint `harm`."""
    single = pl.DataFrame(list(events), schema=EVENTS, orient="row")
    return Endpoint(
        "harm", "toxicity", pl.DataFrame(list(rows), schema=TOXICITIES, orient="row"), events=single
    )


def implied(
    patients: Sequence[str], terms: Sequence[str], events: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """What follows from events where no record means no event: a row for every patient and term."""
    rows = []
    for patient in patients:
        for term in terms:
            own = [held for held in events if (held["patient"], held["term"]) == (patient, term)]
            grades = [held["grade"] for held in own if held["grade"] is not None]
            grade = 0 if not own else max(grades, default=None)
            rows.append(known(patient, term, bool(own), grade=grade, events=len(own)))
    return rows


def sessions(days: Mapping[str, Sequence[int]]) -> Endpoint:
    """The endpoint `treatments`: sessions of `tace` on these days of each patient."""
    rows = [(patient, "tace", day, day, "session", "hand") for patient, held in days.items() for day in held]
    return Endpoint("treatments", "treatments", pl.DataFrame(rows, schema=TREATMENTS, orient="row"))
