"""What a centre can get wrong in events, drugs, sessions and laboratory values, end to end.

Each is a line of `calliper check` with its file, row and column: an error that stops the run, or a query that says what
a run makes of the row, which is then seen in the endpoint.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import calliper
from calliper.cli.main import run_command
from safety_study import DRUGS, EVENTS, SESSIONS, STUDY, Row, added, changed, write_study

Files = Mapping[str, Sequence[Row]]

TWO = "; correct one of the two dates"
USED = "; they are used as they stand"


def lines(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """The exit code of `calliper check`, and the errors and queries it printed."""
    code = run_command(["check", str(path)])
    shown = capsys.readouterr()
    return code, [
        line for line in (shown.out + shown.err).splitlines() if line.startswith(("error", "query"))
    ]


def known(path: Path, patient: str, term: str) -> dict[str, Any]:
    """What the endpoint says of a patient and a term."""
    frame = calliper.load(path).outcome.derived.endpoints["harm"].frame
    (row,) = frame.filter(pl.col("patient") == patient, pl.col("term") == term).iter_rows(named=True)
    return row


def test_the_unbroken_study_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    assert lines(path, capsys) == (0, [])
    frame = calliper.load(path).outcome.derived.endpoints["harm"].frame
    grades = dict(frame.group_by("patient").agg(pl.col("grade")).iter_rows())
    # fever, pain, ALT: 130 is more than three times 40, 250 more than five times, 41 more than once
    assert grades == {"C1": [2, 0, 2], "C2": [0, 1, 0], "T1": [1, 0, 1], "T2": [0, 3, 3]}


OTHER_VERSION = (
    "is another version of the criteria than that of events.csv, row 2 (5.0); grade all events by one version, or keep "
    "those of one under files.keep"
)
OVERLAP = "lies before the end (2018-03-14) of the period of drugs.csv, row 2; correct one of the dates"
APART = "end one of them the day before the other begins"

ERRORS: dict[str, tuple[Files, list[str]]] = {
    "an event before birth": (
        changed("events", 2, From="1949-01-01"),
        ["events.csv, row 2, column 'From': '1949-01-01' lies before 'Birth' (1950-03-01)" + TWO],
    ),
    "an event after death": (
        changed("events", 2, From="2018-09-21", To=""),
        ["events.csv, row 2, column 'From': '2018-09-21' lies after 'Death' (2018-09-20)" + TWO],
    ),
    "an event that ends after death": (
        changed("events", 2, To="2018-09-21"),
        ["events.csv, row 2, column 'To': '2018-09-21' lies after 'Death' (2018-09-20)" + TWO],
    ),
    "an event that ends before it starts": (
        changed("events", 2, To="2018-01-10"),
        [
            "events.csv, row 2, column 'To': '2018-01-10' lies before the start (2018-01-11); "
            "correct one of the dates"
        ],
    ),
    "an end without its day": (
        changed("events", 2, To="2018-01"),
        ["events.csv, row 2, column 'To': '2018-01' is a partial date; give year, month and day"],
    ),
    "grade 6": (
        changed("events", 2, Grade="6"),
        ["events.csv, row 2, column 'Grade': '6' is not a grade from 0 to 5; correct the grade"],
    ),
    "a grade in words": (
        changed("events", 2, Grade="G2"),
        ["events.csv, row 2, column 'Grade': 'G2' is not a number; correct the cell"],
    ),
    "two grades in a cell": (
        changed("events", 2, Grade="2-3"),
        ["events.csv, row 2, column 'Grade': '2-3' is not a number; write the number alone, without '-3'"],
    ),
    "two versions mixed": (
        changed("events", 4, Version="CTCAE v4.03"),
        [f"events.csv, row 4, column 'Version': 'CTCAE v4.03' {OTHER_VERSION}"],
    ),
    "another version than is printed": (
        {"events": [EVENTS[0], *((*row[:-1], "3.0") for row in EVENTS[1:])]},
        [
            f"events.csv, row {row}, column 'Version': '3.0' is not the version that endpoints.harm declares (5.0); "
            "correct the version of the one or the other"
            for row in (2, 3, 4, 5)
        ],
    ),
    "an event of nobody": (
        changed("events", 3, ID="C7"),
        [
            "events.csv, row 3, column 'ID': patient 'C7' is not in the patients table; "
            "correct the identifier, or add the patient to the patients table"
        ],
    ),
    "a value without a unit": (
        changed("labs", 3, Unit=""),
        ["labs.csv, row 3, column 'Unit': the unit is not recorded; fill it in; no unit is guessed"],
    ),
    "an unknown unit": (
        changed("labs", 3, Unit="mg/dL"),
        [
            "labs.csv, row 3, column 'Unit': 'mg/dL' is not a unit of alt; known are 'U/L', 'IU/L', 'ukat/L', "
            "'µkat/L'; correct the cell, or declare it under data.labs.codes.unit"
        ],
    ),
    "limits that changed places": (
        changed("labs", 3, LLN="40", ULN="5"),
        ["labs.csv, row 3, column 'LLN': the lower limit '40' lies above the upper (5); correct the limits"],
    ),
    "a value below what can be measured": (
        changed("labs", 3, Value="<5"),
        [
            "labs.csv, row 3, column 'Value': '<5' is a limit, not a number; give the value to use in its place, "
            "or declare the text under reading.missing"
        ],
    ),
    "a dose not in the allowed set": (
        changed("drugs", 3, mg_per_day="300"),
        [
            "drugs.csv, row 3, column 'mg per day': '300' is none of the allowed values 0, 200, 400, 600, 800; "
            "correct the cell"
        ],
    ),
    "no dose": (
        changed("drugs", 2, mg_per_day=""),
        [
            "drugs.csv, row 2: patient C1: sorafenib from 2018-01-14 has no dose; "
            "fill in the mg of a day, 0 for a pause"
        ],
    ),
    "segments that overlap": (
        changed("drugs", 3, From="2018-03-10"),
        [f"drugs.csv, row 3, column 'From': '2018-03-10' {OVERLAP}"],
    ),
    "segments that share a day": (
        changed("drugs", 3, From="2018-03-14"),
        [
            "drugs.csv, row 3: patient C1: sorafenib from 2018-03-14 shares days with the period from 2018-01-14, "
            f"which ends on 2018-03-14 (drugs.csv, row 2); {APART}"
        ],
    ),
    "a segment after one that has no end": (
        changed("drugs", 2, To=""),
        [
            "drugs.csv, row 3: patient C1: sorafenib from 2018-03-15 shares days with the period from 2018-01-14, "
            f"which has no end (drugs.csv, row 2); {APART}"
        ],
    ),
    "a segment twice": (
        added("drugs", *DRUGS[3]),
        [
            "drugs.csv, row 5, column 'From': '2018-02-07' lies before the end (2019-01-31) of the period of "
            "drugs.csv, row 4; correct one of the dates"
        ],
    ),
    "a dose after death": (
        changed("drugs", 3, To="2018-09-21"),
        ["drugs.csv, row 3, column 'To': '2018-09-21' lies after 'Death' (2018-09-20)" + TWO],
    ),
    "a session before admission": (
        changed("sessions", 2, Date="2018-01-07"),
        ["sessions.csv, row 2, column 'Date': '2018-01-07' lies before 'Admission' (2018-01-08)" + TWO],
    ),
    "a session against its number": (
        changed("sessions", 3, Date="2018-01-09"),
        [
            "sessions.csv, row 3, column 'No': session 2 (2018-01-09) is dated before session 1 (2018-01-10); "
            "correct the number, or one of the dates"
        ],
    ),
    "a session twice": (
        added("sessions", *SESSIONS[1][:2], "3", "2018-06-01"),
        [
            f"sessions.csv, row {row}, column 'Session': the patient has several sessions 'S1'; "
            "keep one of them, or give each its own identifier"
            for row in (2, 7)
        ],
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_error_stops_the_run(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files, expected = ERRORS[case]
    path = write_study(tmp_path, **files)
    code, found = lines(path, capsys)
    assert (code, found) == (1, [f"error: {line}" for line in expected])
    assert run_command(["run", str(path), "--out", str(tmp_path / "out")]) == 1
    assert not (tmp_path / "out").exists()


def test_every_mistake_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        **changed("events", 2, Grade="6"),
        **changed("drugs", 2, mg_per_day=""),
        **changed("sessions", 2, Date="2018-01-07"),
        **changed("labs", 3, Unit=""),
    }
    code, found = lines(write_study(tmp_path, **files), capsys)
    assert (code, len(found)) == (1, 4)
    assert {line.split(",")[0] for line in found} == {
        f"error: {name}.csv" for name in ("events", "drugs", "sessions", "labs")
    }


QUERIES: dict[str, tuple[Files, str, tuple[str, str], dict[str, Any]]] = {
    "no grade": (
        changed("events", 2, Grade=""),
        "events.csv, row 2, column 'Grade': the grade is not recorded; fill it in; until then the event counts under "
        "any grade alone",
        ("C1", "fever"),
        {"occurred": True, "grade": None, "reason": "1 record; grade not recorded"},
    ),
    "no start": (
        changed("events", 2, From=""),
        "events.csv, row 2, column 'From': the start is not recorded, and whether the event lies in a window is not "
        "known; fill it in; until then the event counts",
        ("C1", "fever"),
        {"occurred": True, "grade": 2, "reason": "1 record; start date missing, counted"},
    ),
    "a start without its day": (
        changed("events", 2, From="2018-01", To=""),
        "events.csv, row 2, column 'From': '2018-01' has no day; it is read as 2018-01-01, by the rule for ae start; "
        "give the full date if it can be found",
        ("C1", "fever"),
        # nine days before the session, since the study names birth alone as its earliest day
        {"occurred": False, "grade": 0, "reason": "no record"},
    ),
    "a term in other letters": (
        changed("events", 2, Term="fever"),
        "events.csv, row 2, column 'Term': 'fever' is no term of an endpoint, which asks for 'Fever': the row is not "
        "counted there; correct the cell, or add it to the values of the term",
        ("C1", "fever"),
        {"occurred": False, "grade": 0, "reason": "no record"},
    ),
    "an event twice": (
        added("events", *EVENTS[1]),
        "events.csv, row 6, column 'Term': the row says what events.csv, row 2 says; remove it if it is a copy; until "
        "then it is an event more",
        ("C1", "fever"),
        {"occurred": True, "events": 2},
    ),
    "fatal, and grade 2": (
        changed("events", 2, Outcome="fatal"),
        "events.csv, row 2, column 'Outcome': the outcome is 'fatal' and the grade 2; grade 5 is a fatal event; "
        "correct one of the two" + USED,
        ("C1", "fever"),
        {"grade": 2},
    ),
    "fatal, and no death": (
        changed("events", 4, Grade="5", Outcome="fatal"),
        "events.csv, row 4, column 'Grade': the event was fatal, and no 'Death' of the patient is recorded; record the "
        "date, or correct the grade or outcome" + USED,
        ("T1", "fever"),
        {"grade": 5},
    ),
    "a drug of the other arm": (
        added("drugs", "T1", "sorafenib", "2018-03-09", "2018-04-01", "800"),
        "drugs.csv, row 5, column 'Drug': 'sorafenib' is given to a patient of the arm 'TACE'; it is a drug of "
        "'TACE + sorafenib'; confirm it; the patient stays in the recorded arm",
        ("T1", "fever"),
        {"grade": 1},
    ),
    "a value in another unit than it says": (
        changed("labs", 3, Value="0.9", Unit="U/L"),
        "labs.csv, row 3, column 'Value': '0.9' U/L is outside what alt can be (1 to 15000 U/L); confirm the value and "
        "its unit" + USED,
        ("C1", "alt"),
        {"occurred": False, "grade": 0},
    ),
    "a value without a day": (
        changed("labs", 3, Date=""),
        "labs.csv, row 3, column 'Date': the date is not recorded; fill it in, or the row counts for nothing",
        ("C1", "alt"),
        {"occurred": None, "grade": None, "reason": "no value in the window, not known whether it occurred"},
    ),
}


@pytest.mark.parametrize("case", QUERIES)
def test_a_query_says_what_becomes_of_the_row(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, expected, (patient, term), facts = QUERIES[case]
    path = write_study(tmp_path, **files)
    assert lines(path, capsys) == (0, [f"query: {expected}"])
    found = known(path, patient, term)
    assert {name: found[name] for name in facts} == facts


def test_a_fatal_event_of_who_died_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """T2 died on 2019-02-01; that the death came later than the event is no contradiction."""
    path = write_study(tmp_path, **changed("events", 5, Grade="5", Outcome="fatal"))
    assert lines(path, capsys) == (0, [])


def test_a_value_without_limits_is_no_grade_0(tmp_path: Path) -> None:
    """Nobody guesses the limit of a laboratory: whether the event occurred is not known."""
    path = write_study(tmp_path, **changed("labs", 3, ULN=""))
    found = known(path, "C1", "alt")
    assert (found["occurred"], found["grade"]) == (None, None)
    assert found["reason"] == "1 value; 1 not graded: the upper limit is not recorded"


def test_a_value_that_cannot_be_graded_is_a_query_though_others_are_graded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """C1 has a value of grade 2, and one of 900 U/L whose laboratory's limit nobody wrote down."""
    path = write_study(tmp_path, **added("labs", "C1", "2018-01-14", "ALT", "900", "U/L", "", ""))
    assert lines(path, capsys) == (
        0,
        [
            "query: labs.csv, row 7, column 'Value': ALT increased: the value cannot be graded: the upper limit is not "
            "recorded; fill in the laboratory's limit, or declare default_limits; until then the value does not count"
        ],
    )
    assert known(path, "C1", "alt")["grade"] == 2
    # of a test whose value is above its limit the lower limit says nothing
    path = write_study(tmp_path, **changed("labs", 3, LLN=""))
    assert lines(path, capsys) == (0, [])


def test_a_record_with_an_error_is_left_out_where_the_study_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = STUDY.replace("variables:\n", "reading: {on_error: exclude_record}\nvariables:\n")
    path = write_study(tmp_path, study=text, **changed("events", 2, Grade="6"))
    _, found = lines(path, capsys)
    assert found == [
        "error: events.csv, row 2, column 'Grade': '6' is not a grade from 0 to 5; correct the grade"
    ]
    left = known(path, "C1", "fever")
    assert (left["occurred"], left["reason"]) == (
        None,
        "a record was left out for an error, not known whether it occurred",
    )
    assert known(path, "C2", "pain")["grade"] == 1
