"""Terms from laboratory values: the worked rows of the criteria through an endpoint, runs, baselines, the unknown."""

from __future__ import annotations

from typing import Any

import pytest

from calliper.endpoints import Endpoint
from derivations.toxicity_cases import TACE, counted, derive, event, held, on, period, sessions, value
from hand_records import records

ALT = {"alt": {"label": "ALT increased", "lab": "alt"}}
LIMITS: dict[str, dict[str, Any]] = {
    "alt": {"unit": "U/L", "upper_limit": 40.0},
    "bilirubin": {"unit": "umol/L", "upper_limit": 21.0},
    "albumin": {"unit": "g/L", "lower_limit": 35.0, "upper_limit": None},
    "platelets": {"unit": "10^9/L", "lower_limit": 125.0, "upper_limit": None},
    "leukocytes": {"unit": "10^9/L", "lower_limit": 3.5, "upper_limit": None},
    "creatinine": {"unit": "umol/L", "upper_limit": 97.0},
}
WORKED: list[tuple[str, float, float, tuple[int, int, int]]] = [
    ("alt", 40, 30, (0, 0, 0)),
    ("alt", 100, 30, (1, 1, 1)),
    ("alt", 110, 30, (2, 1, 1)),
    ("alt", 200, 30, (2, 2, 2)),
    ("alt", 201, 30, (3, 3, 3)),
    ("alt", 801, 30, (4, 4, 4)),
    ("alt", 100, 80, (1, 1, 0)),
    ("alt", 130, 80, (2, 2, 1)),
    ("alt", 250, 80, (3, 3, 2)),
    ("bilirubin", 31.6, 15, (2, 2, 2)),
    ("bilirubin", 40, 30, (2, 2, 1)),
    ("albumin", 29.9, 40, (2, 2, 2)),
    ("platelets", 49.9, 200, (3, 3, 3)),
    ("leukocytes", 0.9, 5, (4, 4, 4)),
    ("creatinine", 85, 60, (0, 1, 0)),
    ("creatinine", 95, 60, (0, 2, 2)),
    ("creatinine", 150, 90, (2, 2, 2)),
    ("creatinine", 300, 95, (3, 3, 3)),
]


def labs(*rows: dict[str, Any], patients: int = 1, **more: Any) -> Any:
    return held(patients=patients, labs=rows, **more)


def told(made: Endpoint, *columns: str) -> list[tuple[Any, ...]]:
    return made.frame.select(columns or ("grade", "occurred", "events", "reason")).rows()


@pytest.mark.parametrize("at", [0, 1, 2], ids=["3.0", "4.03", "5.0"])
def test_the_worked_rows_of_the_criteria(at: int) -> None:
    """Each row is a patient: the baseline on the day before, the value on day 10; ULN, LLN as the rows say."""
    rows = []
    for number, (test, found, baseline, _) in enumerate(WORKED, start=1):
        more = {"test": test, "patient": f"P{number:02d}", **LIMITS[test]}
        rows += [value(-1, float(baseline), **more), value(10, float(found), **more)]
    people = [{"patient": f"P{at:02d}", "first_tace": on(0)} for at in range(1, len(WORKED) + 1)]
    terms = {test: {"label": test, "lab": test} for test in LIMITS}
    made = derive(
        records(people, labs=rows), terms=terms, version=("3.0", "4.03", "5.0")[at], window_days=[0, 30]
    )
    made_of = {
        (patient, term): grade
        for patient, term, grade in made.frame.select("patient", "term", "grade").rows()
    }
    for number, (test, _, _, grades) in enumerate(WORKED, start=1):
        assert made_of[f"P{number:02d}", test] == grades[at], WORKED[number - 1]
    # every other test of these patients was not done
    assert sum(grade is not None for grade in made_of.values()) == len(WORKED)


def test_values_that_follow_one_another_are_one_event_at_the_worst_grade() -> None:
    # ULN 40, version 3.0: grades 0 | 1 3 1 | 0 | 2
    rows = [
        value(day, alt)
        for day, alt in ((-1, 30.0), (3, 60.0), (7, 300.0), (10, 50.0), (14, 40.0), (20, 110.0))
    ]
    made = derive(labs(*rows), terms=ALT, window_days=[0, 30])
    assert counted(made, "study_day", "end_day", "grade", "origin") == [
        (3, 10, 3, "laboratory"),
        (20, None, 2, "laboratory"),
    ]
    assert told(made) == [(3, True, 2, "worst of 5 values")]
    assert told(made, "source", "day", "baseline_grade") == [("two.xlsx, sheet 'labs', row 4", 3, 0)]


def test_a_value_that_cannot_be_graded_does_not_end_an_event() -> None:
    rows = [value(-1, 30.0), value(3, 60.0), value(5, 60.0, upper_limit=None), value(7, 60.0), value(9, 20.0)]
    made = derive(labs(*rows), terms=ALT, window_days=[0, 30])
    assert counted(made, "study_day", "end_day") == [(3, 7)]
    assert told(made)[0][3] == "worst of 4 values; 1 not graded: the upper limit is not recorded"


def test_what_cannot_be_graded_is_not_known_and_never_grade_0() -> None:
    rows = [value(-1, 30.0), value(3, 35.0), value(5, 60.0, upper_limit=None)]
    made = derive(labs(*rows), terms=ALT, window_days=[0, 30])
    assert told(made) == [(None, None, 0, "2 values; 1 not graded: the upper limit is not recorded")]
    strange = derive(labs(value(-1, 30.0), value(3, 35.0, unit="furlong")), terms=ALT)
    assert told(strange)[0][:2] == (None, None)
    assert "1 not graded: found the unit 'furlong' of enzyme" in told(strange)[0][3]
    without = derive(labs(value(3, 35.0, unit=None)), terms=ALT)
    assert told(without)[0][3] == "1 value; 1 not graded: the unit is not recorded"


def test_who_was_not_measured_is_not_known() -> None:
    made = derive(labs(value(-1, 30.0), value(31, 300.0)), terms=ALT, window_days=[0, 30])
    assert told(made) == [(None, None, None, "no value in the window, not known whether it occurred")]
    assert told(made, "baseline_grade", "days_at_risk") == [(0, None)]


def test_a_value_on_the_day_of_treatment_is_the_baseline_and_no_event() -> None:
    made = derive(
        labs(value(-5, 30.0), value(0, 100.0), value(3, 120.0)), terms=ALT, version="5.0", window_days=[0, 30]
    )
    # the baseline of 100 lies above its limit: 120 is 1.2 times the baseline, grade 0 in version 5.0
    assert told(made) == [(0, False, 0, "1 value, none with a grade")]
    older = derive(labs(value(-5, 30.0), value(0, 100.0), value(3, 120.0)), terms=ALT, window_days=[0, 30])
    assert told(older, "grade", "baseline_grade") == [(2, 1)]


def test_without_a_baseline_a_value_is_graded_as_if_it_had_been_normal_and_says_so() -> None:
    made = derive(labs(value(3, 100.0)), terms=ALT, version="5.0", window_days=[0, 30])
    assert told(made) == [(1, True, 1, "1 value; graded without a baseline")]
    assert told(made, "baseline_grade") == [(None,)]
    # creatinine of 4.03 counts any rise: below the upper limit nothing can be told
    creatinine = {"cr": {"label": "Creatinine", "lab": "creatinine"}}
    row = value(3, 85.0, test="creatinine", unit="umol/L", upper_limit=97.0)
    unknown = derive(labs(row), terms=creatinine, version="4.03")
    assert told(unknown)[0][:2] == (None, None)


def test_only_what_is_worse_than_before_counts_where_that_is_compared() -> None:
    # version 3.0: grade 1 before, then 1, 2, 1
    rows = [value(-1, 60.0), value(3, 70.0), value(5, 120.0), value(9, 60.0)]
    compared: dict[str, Any] = {"window_days": [0, 30], "baseline": {"compare": True}}
    made = derive(labs(*rows), terms=ALT, **compared)
    assert counted(made, "study_day", "end_day", "grade", "baseline_grade") == [(5, 5, 2, 1)]
    same = derive(labs(*rows[:2]), terms=ALT, **compared)
    assert told(same) == [(0, False, 0, "1 value, none above the grade before")]
    assert told(same, "baseline_grade") == [(1,)]


def test_sessions_and_drugs_open_windows_of_values_too() -> None:
    rows = [value(day, 100.0) for day in (-1, 5, 20, 40, 44)]
    found = labs(*rows, exposure=[*sessions(0, 40), period(4, 10)])
    each = derive(found, terms=ALT, after_each={**TACE, "days": [0, 7]})
    # days 5 and 44: the value of day 40 was taken before the session of that day
    assert told(each)[0][3] == "worst of 2 values"
    assert counted(each, "study_day", "session", "day", "grade", "baseline_grade") == [(5, 1, 5, 1, 1)]
    drug = derive(found, terms=ALT, start=None, on_drug={"drugs": ["Sorafenib"], "days_after": 0})
    assert counted(drug, "study_day", "day") == [(1, 1)]


def test_of_two_values_on_the_baselines_day_the_later_row_counts() -> None:
    rows = [value(0, 80.0), value(0, 30.0), value(10, 100.0)]
    made = derive(labs(*rows), terms=ALT, version="5.0", window_days=[0, 30])
    assert told(made, "grade") == [(1,)]
    turned = derive(labs(rows[1], rows[0], rows[2]), terms=ALT, version="5.0", window_days=[0, 30])
    assert told(turned, "grade") == [(0,)]


def test_recorded_and_measured_terms_stand_side_by_side() -> None:
    terms = {"fever": {"label": "Fever", "values": ["Fever"]}, **ALT}
    found = held(adverse_events=[event(2, 2)], labs=[value(-1, 20.0), value(3, 90.0)])
    made = derive(found, terms=terms, window_days=[0, 30])
    assert counted(made, "term", "grade", "origin") == [("fever", 2, "recorded"), ("alt", 1, "laboratory")]
    assert told(made, "term", "grade") == [("fever", 2), ("alt", 1)]


def test_default_limits_stand_for_limits_that_are_not_recorded() -> None:
    terms = {
        "b": {"label": "Bilirubin", "lab": "bilirubin", "default_limits": {"unit": "umol/L", "upper": 21}}
    }
    bilirubin = {"test": "bilirubin", "unit": "umol/L", "upper_limit": None}
    rows = [value(-1, 15.0, **bilirubin), value(3, 31.5, **bilirubin)]
    made = derive(labs(*rows), terms=terms, window_days=[0, 30])
    assert told(made) == [(1, True, 1, "1 value; 1 by default limits")]
    # 63.27 umol/L is more than three times 21
    other_unit = derive(labs(*rows, value(4, 3.7, **{**bilirubin, "unit": "mg/dL"})), terms=terms)
    assert told(other_unit) == [(3, True, 1, "worst of 2 values; 2 by default limits")]
    own = derive(labs(*rows, value(4, 60.0, **{**bilirubin, "upper_limit": 19.0})), terms=terms)
    assert told(own) == [(3, True, 1, "worst of 2 values; 1 by default limits")]


def test_a_default_in_another_unit_is_exact() -> None:
    """1.2 mg/dL of bilirubin is 20.52 umol/L: at it grade 0, above it grade 1."""
    terms = {
        "b": {"label": "Bilirubin", "lab": "bilirubin", "default_limits": {"unit": "mg/dL", "upper": 1.2}}
    }
    bilirubin = {"test": "bilirubin", "unit": "umol/L", "upper_limit": None}
    grades = [
        derive(labs(value(3, measured, **bilirubin)), terms=terms).frame["grade"][0]
        for measured in (20.52, 20.53, 30.78, 30.79)
    ]
    assert grades == [0, 1, 1, 2]
