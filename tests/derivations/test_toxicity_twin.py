"""Adverse events of random patients against the slow twin, and what must not change them."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from calliper.disease.ctcae.versions import VERSIONS, Version
from calliper.records.tables import Records
from derivations.slow_twin_toxicity import Patient, tell, tell_values
from derivations.toxicity_cases import START, TACE, derive, event, period, sessions, value
from hand_records import CUTOFF, moved, records, shuffled

TERMS = {
    "nv": {"label": "Nausea or vomiting", "values": ["Nausea", "Vomiting"]},
    "fever": {"label": "Fever", "values": ["Fever"]},
}
SPECS: dict[str, dict[str, Any]] = {
    "from the start": {"window_days": [0, 30]},
    "around the start": {"window_days": [-10, 200]},
    "after each": {"after_each": {**TACE, "days": [0, 30]}},
    "late after each": {"after_each": {**TACE, "days": [3, 90]}},
    "until the next": {"until_next": {**TACE, "days": [0, 60]}},
    "on the drug": {"on_drug": {"drugs": ["Sorafenib"], "days_after": 30}},
}
MORE: tuple[dict[str, Any], ...] = (
    {},
    {"baseline": {"compare": True}},
    {"related": ["possible", "definite"]},
    {"baseline": {"compare": True}, "related": ["possible"]},
)


def patients(seed: int, n: int = 60) -> list[Patient]:
    """Patients with dated rows around their windows; some without a session, a dose, an end or a grade."""
    draw = random.Random(seed)  # noqa: S311
    made = []
    for at in range(n):
        name = f"P{at:02d}"
        rows = [
            event(
                day := draw.randint(-40, 260),
                draw.choice([None, 0, 1, 1, 2, 3]),
                patient=name,
                end=draw.choice([None, day + draw.randint(0, 60)]),
                term=draw.choice(["Nausea", "Vomiting", "Fever", "Pain"]),
                related=draw.choice([None, "possible", "definite", "none"]),
                serious=draw.choice(["yes", "no"]),
            )
            for _ in range(draw.randint(0, 12))
        ]
        exposure = sessions(
            *(draw.choice([0, 5, 30, 60, 100, 900, -50]) for _ in range(draw.randint(0, 4))), patient=name
        )
        first = draw.randint(-5, 10)
        for _ in range(draw.randint(0, 3)):
            last = draw.choice([None, first + draw.randint(0, 40)])
            exposure.append(period(first, last, draw.choice([None, 0, 400, 800]), patient=name))
            first = (first if last is None else last) + draw.randint(1, 5)
        made.append(Patient(name, START, rows, exposure))
    return made


def as_records(people: list[Patient], **more: Any) -> Records:
    return records(
        [
            {"patient": one.name, "first_tace": one.start, "arm": "ab"[at % 2]}
            for at, one in enumerate(people)
        ],
        adverse_events=[row for one in people for row in one.events],
        exposure=[row for one in people for row in one.exposure],
        **more,
    )


@pytest.mark.parametrize("more", MORE, ids=lambda held: " ".join(held) or "all")
@pytest.mark.parametrize("which", SPECS)
def test_events_and_days_at_risk_are_those_of_plain_loops(which: str, more: dict[str, Any]) -> None:
    spec = {**SPECS[which], **more}
    seen = 0
    for seed in range(3):
        people = patients(seed)
        made = derive(as_records(people), terms=TERMS, **spec)
        assert made.events is not None
        for one in people:
            for term, declared in TERMS.items():
                told = tell(one, tuple(declared["values"]), spec)
                whose = (pl.col("patient") == one.name) & (pl.col("term") == term)
                row = made.frame.row(by_predicate=whose, named=True)
                if told is None:
                    assert (row["occurred"], row["events"], row["days_at_risk"]) == (None, None, None)
                    continue
                found = (
                    made.events.filter(whose).select("study_day", "session", "grade", "baseline_grade").rows()
                )
                assert sorted(map(str, found)) == sorted(map(str, told.events))
                grades = [grade for _, _, grade, _ in told.events if grade is not None]
                worst = max(grades) if grades else None if told.events else 0
                assert (row["grade"], row["events"]) == (worst, len(told.events))
                assert row["day"] == min((day for day, *_ in told.events), default=None)
                assert row["days_at_risk"] == told.days_at_risk
                seen += len(told.events)
    assert seen > 5


def values_of(people: list[Patient], seed: int) -> list[dict[str, Any]]:
    draw = random.Random(seed)  # noqa: S311
    return [
        value(
            draw.randint(-30, 200),
            draw.choice([20.0, 60.0, 110.0, 250.0, 900.0]),
            patient=one.name,
            upper_limit=draw.choice([40.0, 40.0, 40.0, None]),
        )
        for one in people
        for _ in range(draw.randint(0, 8))
    ]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("more", [{}, {"baseline": {"compare": True}}], ids=["all", "compared"])
@pytest.mark.parametrize("which", SPECS)
def test_events_of_values_are_those_of_plain_loops(
    which: str, more: dict[str, Any], version: Version
) -> None:
    spec = {**SPECS[which], **more}
    people, seen = patients(19), 0
    values = values_of(people, 19)
    made = derive(
        as_records(people, labs=values),
        terms={"alt": {"label": "ALT", "lab": "alt"}},
        version=version,
        **spec,
    )
    assert made.events is not None
    for one in people:
        told = tell_values(one, [row for row in values if row["patient"] == one.name], spec, version)
        row = made.frame.row(by_predicate=pl.col("patient") == one.name, named=True)
        if told is None:
            assert row["occurred"] is None
            continue
        found = made.events.filter(patient=one.name).select(
            "study_day", "end_day", "grade", "session", "baseline_grade"
        )
        assert found.rows() == told.events
        assert row["occurred"] is told.occurred
        assert row["grade"] == max(
            (grade for _, _, grade, _, _ in told.events), default=None if told.occurred is None else 0
        )
        seen += len(told.events)
    assert seen > 5


@pytest.mark.parametrize("which", SPECS)
def test_the_order_of_rows_the_calendar_and_partitions_change_nothing(which: str) -> None:
    people = patients(7)
    found = as_records(people, labs=values_of(people, 7))
    spec = {**SPECS[which], "baseline": {"compare": True}, "version": "5.0"}
    terms = {**TERMS, "alt": {"label": "ALT", "lab": "alt"}}
    whole = derive(found, terms=terms, **spec)
    again = derive(shuffled(found, seed=3), terms=terms, **spec)
    later = derive(moved(found, days=400), cutoff=CUTOFF + timedelta(days=400), terms=terms, **spec)
    first = derive(found, patients=found.patients[:20], terms=terms, **spec)
    parts = first + derive(found, patients=found.patients[20:], terms=terms, **spec)
    for other in (again, later, parts):
        assert other.events is not None
        assert whole.events is not None
        assert_frame_equal(other.frame, whole.frame)
        assert_frame_equal(other.events, whole.events)


@pytest.mark.parametrize("which", SPECS)
def test_a_row_written_twice_is_an_event_more_and_no_patient_more(which: str) -> None:
    people = patients(11)
    twice = [replace(one, events=[*one.events, *one.events]) for one in people]
    once, doubled = (derive(as_records(held), terms=TERMS, **SPECS[which]).frame for held in (people, twice))
    unchanged = ["patient", "term", "grade", "occurred", "day", "days_at_risk", "baseline_grade"]
    assert_frame_equal(doubled.select(unchanged), once.select(unchanged))
    assert doubled["events"].to_list() == [None if n is None else 2 * n for n in once["events"]]
    assert doubled["events"].sum() > 0


def test_a_wider_window_never_has_fewer_events() -> None:
    found = as_records(patients(13))
    counts = [
        derive(found, terms=TERMS, after_each={**TACE, "days": [0, last]}).frame["events"].sum()
        for last in (0, 7, 30, 90, 400)
    ]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_what_the_drug_brings_is_part_of_what_is_counted_regardless_of_relation() -> None:
    found = as_records(patients(17))
    whole, related = (
        derive(found, terms=TERMS, **SPECS["after each"], related=held) for held in ((), ["possible"])
    )
    assert whole.events is not None
    assert related.events is not None
    assert_frame_equal(whole.events.filter(pl.col("related") == "possible"), related.events)
