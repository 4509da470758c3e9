"""Best changes of patients whose lesions stand in the records: from the diameters to the course, by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from calliper.analyses.courses import analyse_courses
from calliper.derivations import derive_endpoints
from calliper.endpoints import SCREENED, VERDICTS, Cohort, Derived
from calliper.protocol.specs import CoursesAnalysis
from calliper.records.tables import Records
from calliper.results import Course
from hand_records import moved, records, shuffled, study

START = date(2018, 1, 10)
SPEC: dict[str, Any] = {
    "kind": "response",
    "label": "Response",
    "criteria": "RECIST 1.1",
    "start": "first_tace",
    "new_therapy": "baseline_scan",
    "lesions": {"rules": "RECIST_1_1"},
    "landmarks": {"best": {"label": "Best", "best": "unconfirmed"}},
}
"""New anticancer therapy stands in the date variable `baseline_scan`, which the study has to spare."""

Scans = Mapping[int, Sequence[float | None]]
"""Day of each scan, and the diameters of T1, T2, ... on it, mm; None where one was not measured."""


def person(
    name: str, scans: Scans, *, new: Mapping[int, float] | None = None, **facts: Any
) -> dict[str, Any]:
    """The rows of a patient in each table; `new` has the diameter of a new lesion by day."""
    imaging, lesions = [], []
    for day, sizes in scans.items():
        at = {"patient": name, "scan": f"{name} {day}"}
        imaging.append({**at, "date": START + timedelta(days=day), "modality": "CT"})
        lesions += [
            {**at, "lesion": f"T{n}", "role": "target", "organ": "LIVER", "whole_mm": size,
             "status": "absent" if size == 0 else None}
            for n, size in enumerate(sizes, start=1)
            if size is not None or day < 0
        ]  # fmt: skip
        if new and day in new:
            lesions.append(
                {
                    **at,
                    "lesion": "N",
                    "role": "new",
                    "organ": "LIVER",
                    "whole_mm": new[day],
                    "status": "present",
                }
            )
    return {
        "patient": {"patient": name, "first_tace": START, **facts},
        "imaging": imaging,
        "lesions": lesions,
    }


def recorded(*people: Mapping[str, Any]) -> Records:
    tables = {name: [row for held in people for row in held[name]] for name in ("imaging", "lesions")}
    return records([held["patient"] for held in people], **tables)


def courses_of(held: Records, spec: dict[str, Any] = SPEC) -> dict[str, Course]:
    protocol = study(endpoints={"r": spec})
    frame = held.patients
    screened = frame.select(
        "patient",
        "centre",
        "arm",
        decision=pl.lit("included"),
        left_at=pl.lit(None, pl.String),
        reason=pl.lit(""),
    )
    cohort = Cohort(frame, screened.cast(SCREENED), pl.DataFrame(schema=VERDICTS))  # type: ignore[arg-type]
    derived = Derived(cohort, derive_endpoints(protocol, held, frame))
    analysis = CoursesAnalysis(id="courses", kind="courses", response="r")
    return {course.patient: course for course in analyse_courses(analysis, protocol, derived).courses}


PEOPLE = (
    # 100 mm; 80, 50, then 62: +24% and +12 mm on the nadir of 50; then 30 mm, after progression
    person("regrown", {-5: (60, 40), 40: (50, 30), 90: (30, 20), 150: (40, 22), 210: (20, 10)}),
    # 40 mm, then 20, and 8 mm after new therapy began on day 60
    person("treated", {-3: (40,), 35: (20,), 80: (8,)}, baseline_scan=START + timedelta(days=60)),
    # all gone
    person("gone", {-10: (30, 12), 45: (15, 0), 100: (0, 0)}),
    # the second target was not assessed on the scan with the smallest sum
    person("missing", {-2: (30, 30), 30: (24, 30), 70: (10, None)}),
    # a new lesion while the target shrank, and a deeper fall later
    person("fresh", {-2: (50,), 40: (35,), 90: (10,)}, new={40: 12}),
    # one target assessed, 70 mm, is progression on 50 by itself
    person("part", {-2: (30, 20), 40: (70, None)}),
    person("unmeasured", {-2: (30, None), 40: (15, None)}),
    person("grown", {-2: (25,), 40: (75,)}),
    person("unseen", {-2: (25,)}),
)
EXPECTED: dict[str, tuple[str, float | None]] = {
    "regrown": ("PR", -50.0),
    "treated": ("PR", -50.0),
    "gone": ("CR", -100.0),
    "missing": ("SD", -10.0),
    "fresh": ("PD", -30.0),
    "part": ("PD", None),
    "unmeasured": ("NE", None),
    "grown": ("PD", 200.0),
    "unseen": ("NE", None),
}


def found(held: Records, spec: dict[str, Any] = SPEC) -> dict[str, tuple[str, float | None]]:
    return {name: (course.best, course.best_change) for name, course in courses_of(held, spec).items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_best_response_and_best_change_by_hand(name: str) -> None:
    (held,) = (one for one in PEOPLE if one["patient"]["patient"] == name)
    assert found(recorded(held)) == {name: EXPECTED[name]}


def test_many_patients_are_each_what_they_are_alone() -> None:
    assert found(recorded(*PEOPLE)) == EXPECTED


def test_without_a_landmark_of_the_best_the_scans_give_the_same() -> None:
    window = {"m1": {"label": "1 month", "day": 30, "window": [20, 40]}}
    assert found(recorded(*PEOPLE), {**SPEC, "landmarks": window}) == EXPECTED


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_and_the_calendar_change_nothing(seed: int) -> None:
    held = recorded(*PEOPLE)
    assert courses_of(shuffled(held, seed=seed)) == courses_of(held)
    assert courses_of(moved(held, days=-37 * seed)) == courses_of(held)


def test_the_scans_after_progression_stay_and_those_after_new_therapy_do_not() -> None:
    course = courses_of(recorded(*PEOPLE))
    assert [(seen.day, seen.response, seen.change) for seen in course["regrown"].scans] == [
        (40, "SD", -20.0),
        (90, "PR", -50.0),
        (150, "PD", -38.0),
        (210, "PR", -70.0),
    ]
    assert [seen.day for seen in course["treated"].scans] == [35]
