"""Worst grades: one row a patient and term, counted by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from calliper.derivations import DERIVE
from calliper.endpoints import Endpoint
from calliper.errors import DataError
from calliper.protocol.specs import Toxicity
from calliper.records.tables import Records
from hand_records import CUTOFF, moved, records, shuffled, study

START = date(2018, 1, 10)
NAUSEA_VOMITING = {"nausea_vomiting": {"label": "Nausea or vomiting", "values": ["Nausea", "Vomiting"]}}
FEVER = {"fever": {"label": "Fever", "values": ["Fever"]}}


def derive(
    held: Records, *, cutoff: date | None = CUTOFF, patients: pl.DataFrame | None = None, **spec: Any
) -> Endpoint:
    full = {"kind": "toxicity", "label": "Adverse events", "dictionary": "CTCAE", "version": "3.0", **spec}
    protocol = study(endpoints={"t": full}, cutoff=cutoff)
    included = held.patients if patients is None else patients
    return DERIVE[Toxicity]("t", protocol.endpoints["t"], protocol, held, included)


def event(patient: str, term: str, grade: int | None, day: int | None = 5) -> dict[str, Any]:
    start = None if day is None else START + timedelta(days=day)
    return {"patient": patient, "term": term, "grade": grade, "start": start}


def cohort(*events: dict[str, Any], patients: int = 2) -> Records:
    return records(
        [{"patient": f"P{at}", "first_tace": START} for at in range(1, patients + 1)], adverse_events=events
    )


def facts(endpoint: Endpoint) -> list[tuple[Any, ...]]:
    return endpoint.frame.select("patient", "term", "grade", "occurred", "events", "reason").rows()


def test_the_worst_of_several_rows_and_terms_counts_once() -> None:
    held = cohort(
        event("P1", "Nausea", 1), event("P1", "Vomiting", 3), event("P1", "Nausea", 2), event("P1", "Pain", 4)
    )
    made = derive(held, terms=NAUSEA_VOMITING)
    assert facts(made) == [
        ("P1", "nausea_vomiting", 3, True, 3, "worst of 3 records"),
        ("P2", "nausea_vomiting", 0, False, 0, "no record"),
    ]
    assert made.frame["source"].to_list() == ["two.xlsx, sheet 'adverse_events', row 3", "one.csv, row 3"]


def test_a_grade_not_recorded_is_an_occurrence_never_grade_1() -> None:
    held = cohort(event("P1", "Fever", None), event("P2", "Fever", None), event("P2", "Fever", 2))
    assert facts(derive(held, terms=FEVER)) == [
        ("P1", "fever", None, True, 1, "1 record; grade not recorded"),
        ("P2", "fever", 2, True, 2, "worst of 2 records"),
    ]


def test_a_recorded_grade_0_is_no_occurrence() -> None:
    held = cohort(event("P1", "Fever", 0), event("P2", "Fever", 0), event("P2", "Fever", None))
    assert facts(derive(held, terms=FEVER, not_listed="unknown")) == [
        ("P1", "fever", 0, False, 0, "recorded as grade 0"),
        ("P2", "fever", None, True, 1, "1 record; grade not recorded"),
    ]


def test_not_listed_may_mean_not_known() -> None:
    held = cohort(event("P1", "Fever", 1))
    assert facts(derive(held, terms=FEVER, not_listed="unknown"))[1] == (
        "P2",
        "fever",
        None,
        None,
        0,
        "no record, not known whether it occurred",
    )


WINDOW: dict[str, Any] = {"start": "first_tace", "window_days": [0, 30]}


def test_both_ends_of_the_window_are_inside() -> None:
    held = cohort(
        *(event(f"P{at}", "Fever", at, day) for at, day in enumerate([-1, 0, 30, 31], start=1)), patients=4
    )
    made = derive(held, terms=FEVER, **WINDOW).frame
    assert made["grade"].to_list() == [0, 2, 3, 0]
    open_ended = derive(held, terms=FEVER, start="first_tace", window_days=[0, None]).frame
    assert open_ended["grade"].to_list() == [0, 2, 3, 4]
    assert derive(held, terms=FEVER).frame["grade"].to_list() == [1, 2, 3, 4]


def test_an_undated_event_is_counted_in_a_window_and_says_so() -> None:
    held = cohort(event("P1", "Fever", 2, None), event("P2", "Fever", 2, 3))
    assert [row[-1] for row in facts(derive(held, terms=FEVER, **WINDOW))] == [
        "1 record; start date missing, counted",
        "1 record",
    ]
    assert facts(derive(held, terms=FEVER))[0] == ("P1", "fever", 2, True, 1, "1 record")


def test_without_a_start_there_is_no_window() -> None:
    held = records([{"patient": "P1", "first_tace": None}], adverse_events=[event("P1", "Fever", 2)])
    assert facts(derive(held, terms=FEVER, **WINDOW)) == [
        ("P1", "fever", None, None, None, "First DEB-TACE not recorded")
    ]
    assert facts(derive(held, terms=FEVER))[0][2] == 2


def test_events_after_the_cut_off_are_not_read() -> None:
    held = cohort(event("P1", "Fever", 2, 11), event("P2", "Fever", 2, 10))
    made = derive(held, terms=FEVER, cutoff=START + timedelta(days=10))
    assert made.frame["occurred"].to_list() == [False, True]


def test_terms_as_recorded_are_every_term_in_alphabetical_order() -> None:
    held = cohort(event("P2", "Rash", 1), event("P1", "Ascites", 2), event("P1", "Rash", 3))
    assert [row[:5] for row in facts(derive(held, terms="as recorded"))] == [
        ("P1", "Ascites", 2, True, 1),
        ("P1", "Rash", 3, True, 1),
        ("P2", "Ascites", 0, False, 0),
        ("P2", "Rash", 1, True, 1),
    ]
    assert derive(cohort(), terms="as recorded").frame.height == 0


def test_a_grade_column_of_the_patients_table() -> None:
    held = records([{"patient": f"P{at}", "grade": grade} for at, grade in enumerate([0, 3, None])])
    made = derive(held, terms={"fever": {"label": "Fever", "variable": "grade"}})
    assert facts(made) == [
        ("P0", "fever", 0, False, None, "grade as recorded"),
        ("P1", "fever", 3, True, None, "grade as recorded"),
        ("P2", "fever", None, None, None, "grade not recorded"),
    ]


def test_terms_keep_the_order_of_the_study_file() -> None:
    held = records([{"patient": "P1", "grade": 1}], adverse_events=[event("P1", "Fever", 2)])
    terms = {
        "z": {"label": "Z", "values": ["Fever"]},
        "m": {"label": "M", "variable": "grade"},
        **NAUSEA_VOMITING,
    }
    assert derive(held, terms=terms).frame["term"].to_list() == ["z", "m", "nausea_vomiting"]


def test_impossible_grades_are_refused() -> None:
    held = records([{"patient": f"P{at}", "grade": grade} for at, grade in enumerate([6, 3, -1])])
    with pytest.raises(DataError) as caught:
        derive(held, terms={"fever": {"label": "Fever", "variable": "grade"}})
    assert caught.value.problems == (
        "one.csv, row 2: patient P0: grade 6 of fever; expected 0 to 5",
        "one.csv, row 4: patient P2: grade -1 of fever; expected 0 to 5",
    )


def test_the_order_of_rows_the_calendar_and_partitions_change_nothing() -> None:
    held = cohort(
        event("P1", "Fever", 2, 3),
        event("P1", "Fever", 2, 1),
        event("P3", "Fever", None, None),
        event("P3", "Nausea", 4, 29),
        event("P4", "Vomiting", 1, 31),
        patients=5,
    )
    terms = {**FEVER, **NAUSEA_VOMITING}
    whole = derive(held, terms=terms, **WINDOW).frame
    assert_frame_equal(derive(shuffled(held, seed=3), terms=terms, **WINDOW).frame, whole)
    later = derive(moved(held, days=400), cutoff=CUTOFF + timedelta(days=400), terms=terms, **WINDOW).frame
    assert_frame_equal(later, whole)
    parts = [
        derive(held, patients=held.patients[rows], terms=terms, **WINDOW).frame
        for rows in ([0, 3], [4, 1, 2])
    ]
    assert_frame_equal(pl.concat(parts).sort("patient", maintain_order=True), whole)
