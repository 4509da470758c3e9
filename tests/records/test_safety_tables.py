"""Laboratory values, adverse events and doses: what is read, and the line of every mistake with file, sheet and row."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calliper.disease.ctcae.labs import LabValue, grade_lab
from calliper.disease.lab_tests import QUANTITIES, UNIT_WORDS, WORDS, units_of
from calliper.disease.units import convert
from calliper.records.tables import Records
from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text, write_workbook

LABS = ["patient", "date", "test", "value", "unit", "lower_limit", "upper_limit"]
EVENTS = [
    "patient", "term", "grade", "start", "end", "ongoing", "action", "outcome", "found_by", "dictionary_version",
]  # fmt: skip
DOSES = ["patient", "drug", "start", "end", "dose", "schedule", "reason", "tablets"]
DAY = date(2018, 3, 1)


def read(
    folder: Path,
    table: str,
    roles: list[str],
    rows: list[tuple[Cell, ...]],
    *,
    endpoints: Any = None,
    **keys: Any,
) -> Records:
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_workbook(folder / "book.xlsx", {table: [roles, *rows]})
    source = {
        "files": [{"path": "book.xlsx", "sheet": table}],
        "columns": {role: role for role in roles},
        **keys,
    }
    return checked(study(tables={table: source}, endpoints=endpoints), folder)


def place(table: str, row: int, column: str) -> str:
    return f"book.xlsx, sheet '{table}', row {row}, column '{column}': "


def event(*cells: Cell) -> tuple[Cell, ...]:
    """A row of EVENTS, blank where nothing is given."""
    return (*cells, *[None] * (len(EVENTS) - len(cells)))


# --- laboratory -------------------------------------------------------------------------------------------------------


def test_tests_and_units_are_read_by_their_names_and_codes(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", DAY, "ALT", 100, "u/l", 0, 40),
        ("P1", DAY, "Bili", 1.2, "mg/dl", 0.1, 1.2),
        ("P1", DAY, "Total bilirubin", 30, "µmol/L", None, 21),
        ("P1", DAY, "WBC", 3.5, "10*9/L", 3.5, 10),
        ("P1", DAY, "Hemoglobin", 12.5, "g/dL", 12, 16),
        ("P1", DAY, "glucose", 5.1, "mmol/L", None, None),
    ]
    records = read(tmp_path, "labs", LABS, rows)
    assert records.problems == ()
    assert records.tables["labs"].select("test", "value", "unit").rows() == [
        ("alt", 100.0, "U/L"),
        ("bilirubin", 1.2, "mg/dL"),
        ("bilirubin", 30.0, "µmol/L"),
        ("leukocytes", 3.5, "10^9/L"),
        ("haemoglobin", 12.5, "g/dL"),
        ("glucose", 5.1, "mmol/L"),
    ]


def test_each_bad_laboratory_value(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", DAY, "alt", 100, None, None, 40),
        ("P1", DAY, "alt", 100, "mg/dL", None, 40),
        ("P1", DAY, "platelets", -1, "10^9/L", 300, 100),
        ("P1", None, "alt", None, None, None, None),
        ("P1", DAY, "bilirubine", 20, "umol/L", None, "<21"),
        ("P1", DAY, None, 20, "umol/L", None, None),
        ("P1", DAY, "glucose", 5, None, None, None),
    ]
    records = read(tmp_path, "labs", LABS, rows)
    assert lines(records) == [
        place("labs", 2, "unit") + "the unit is not recorded; fill it in; no unit is guessed",
        place("labs", 3, "unit")
        + "'mg/dL' is not a unit of alt; known are 'U/L', 'IU/L', 'ukat/L', 'µkat/L'; "
        "correct the cell, or declare it under data.labs.codes.unit",
        place("labs", 4, "value") + "'-1' lies below 0; correct the cell",
        place("labs", 4, "lower_limit")
        + "the lower limit '300' lies above the upper (100); correct the limits",
        place("labs", 6, "upper_limit")
        + "'<21' is a limit, not a number; give the value to use in its place, or "
        "declare the text under reading.missing",
        place("labs", 7, "test") + "the cell is blank, and a value is required; fill in the cell",
    ]
    assert lines(records, "query") == [
        place("labs", 5, "date") + "the date is not recorded; fill it in, or the row counts for nothing",
        place("labs", 5, "value") + "the value is not recorded; fill it in, or the row counts for nothing",
        place("labs", 6, "test")
        + "'bilirubine' is no test that is graded (did you mean 'bilirubin'?); correct the "
        "cell, or declare it under data.labs.codes.test",
    ]


def test_the_names_of_a_laboratory_are_declared(tmp_path: Path) -> None:
    codes = {"test": {"谷丙转氨酶": "alt"}, "unit": {"U·L-1": "U/L"}}
    rows: list[tuple[Cell, ...]] = [("P1", DAY, "谷丙转氨酶", 100, "U·L-1", None, 40)]
    records = read(tmp_path, "labs", LABS, rows, codes=codes)
    assert records.problems == ()
    assert records.tables["labs"].select("test", "unit").rows() == [("alt", "U/L")]


@pytest.mark.parametrize("test", [test for test in QUANTITIES if test != "afp"])
def test_what_passes_as_a_unit_can_be_graded(test: str) -> None:
    for unit in units_of(test):
        assert UNIT_WORDS[unit.lower()] == unit
        held = LabValue(1, unit, 1, 1)
        assert grade_lab(test, held, version="5.0", baseline=held).grade is not None
        assert convert(QUANTITIES[test], 1, unit) > 0


def test_every_word_of_a_test_is_a_test() -> None:
    assert set(WORDS.values()) == set(QUANTITIES)


# --- adverse events ---------------------------------------------------------------------------------------------------


def test_an_adverse_event_is_read(tmp_path: Path) -> None:
    rows = [event("P1", "Rash", 2, DAY, None, "Y", "Reduced", "ONGOING", "lab-derived", "3.0")]
    records = read(tmp_path, "adverse_events", EVENTS, rows)
    assert records.problems == ()
    assert records.tables["adverse_events"].select(EVENTS[5:]).rows() == [
        ("yes", "reduced", "ongoing", "laboratory", "3.0")
    ]


def test_each_bad_adverse_event(tmp_path: Path) -> None:
    rows = [
        event("P1", "Rash", None, DAY),
        event("P1", "Rash", 6, DAY, date(2018, 2, 1)),
        event("P1", "Death", 4, DAY, None, None, "paused", "fatal"),
        event("P1", "Death", 5, DAY, None, None, "NA", "recovered"),
        event("P1", "Rash", 1, DAY, DAY, "yes", None, "healed", "nurse"),
        event("P1", "Death", 5, DAY, None, None, None, "fatal"),
    ]
    records = read(tmp_path, "adverse_events", EVENTS, rows)
    table = "adverse_events"
    assert lines(records) == [
        place(table, 3, "grade") + "'6' is not a grade from 0 to 5; correct the grade",
        place(table, 3, "end") + "'2018-02-01' lies before the start (2018-03-01); correct one of the dates",
        place(table, 4, "action") + "'paused' is not one of 'none', 'reduced', 'interrupted', 'stopped', "
        "'not_applicable'; correct the cell",
        place(table, 6, "outcome")
        + "'healed' is not one of 'recovered', 'sequelae', 'ongoing', 'fatal', 'unknown'; "
        "correct the cell",
        place(table, 6, "found_by") + "'nurse' is not one of 'clinic', 'laboratory'; correct the cell",
    ]
    fatal = "; grade 5 is a fatal event; correct one of the two; they are used as they stand"
    assert lines(records, "query") == [
        place(table, 2, "grade")
        + "the grade is not recorded; fill it in; until then the event counts under any "
        "grade alone",
        place(table, 4, "outcome") + "the outcome is 'fatal' and the grade 4" + fatal,
        place(table, 5, "outcome") + "the outcome is 'recovered' and the grade 5" + fatal,
        place(table, 6, "ongoing") + "the event is ongoing and ended on 2018-03-01; correct one of the two",
    ]


def test_events_before_birth_and_after_death(tmp_path: Path) -> None:
    rows = [
        event("P2", "Rash", 1, date(2018, 3, 4)),  # `start` stands for birth here: 2018-03-05
        event("P2", "Rash", 1, date(2018, 9, 20), date(2018, 9, 21)),  # died on 2018-09-20
        event("P2", "Rash", 1, date(2018, 9, 21)),
        event("P1", "Rash", 1, date(2019, 9, 21)),
    ]
    limits = {"not_before": {"start": ["start"]}, "not_after": {"start": ["death"], "end": ["death"]}}
    records = read(tmp_path, "adverse_events", EVENTS, rows, **limits)
    table, two = "adverse_events", "; correct one of the two dates"
    assert lines(records) == [
        place(table, 2, "start") + "'2018-03-04' lies before 'Start' (2018-03-05)" + two,
        place(table, 3, "end") + "'2018-09-21' lies after 'Death' (2018-09-20)" + two,
        place(table, 4, "start") + "'2018-09-21' lies after 'Death' (2018-09-20)" + two,
    ]


def test_a_completed_date_keeps_to_the_limits_of_its_table(tmp_path: Path) -> None:
    rows = [
        event("P2", "Rash", 1, DAY, "2018-09"),  # its last day is the 30th; P2 died on the 20th
        event("P2", "Rash", 1, "2018-10", None),
        event("P2", "Rash", 1, "2018-02", None),
    ]
    records = read(
        tmp_path,
        "adverse_events",
        EVENTS,
        rows,
        impute={"start": {"field": "ae_start"}, "end": {"field": "ae_end"}},
        not_before={"start": ["start"]},
        not_after={"start": ["death"], "end": ["death"]},
    )
    assert records.tables["adverse_events"]["end"][0] == date(2018, 9, 20)
    two = "; correct one of the two dates"
    assert lines(records) == [
        place("adverse_events", 2, "start") + "'2018-03-01' lies before 'Start' (2018-03-05)" + two,
        place("adverse_events", 3, "start") + "'2018-10' lies after 'Death' (2018-09-20)" + two,
        place("adverse_events", 4, "start") + "'2018-02' lies before 'Start' (2018-03-05)" + two,
    ]


def test_two_versions_of_the_criteria_in_one_table(tmp_path: Path) -> None:
    versions = [None, "3.0", "CTCAE v3.0", "3", "5.0", "v4.03", "CTCAE 5"]
    rows = [event("P1", "Rash", 1, DAY, *[None] * 5, version) for version in versions]
    records = read(tmp_path, "adverse_events", EVENTS, rows)
    says = "{} is another version of the criteria than that of book.xlsx, sheet 'adverse_events', row 3 (3.0); grade "
    says += "all events by one version, or keep those of one under files.keep"
    column = "dictionary_version"
    assert lines(records) == [
        place("adverse_events", 6, column) + says.format("'5.0'"),
        place("adverse_events", 7, column) + says.format("'v4.03'"),
        place("adverse_events", 8, column) + says.format("'CTCAE 5'"),
    ]


def test_another_version_than_the_report_would_print(tmp_path: Path) -> None:
    rows = [event("P1", "Rash", 1, DAY, *[None] * 5, version) for version in ("3.0", None, "v3", "4.03")]
    harm: dict[str, Any] = {"kind": "toxicity", "label": "Harm", "dictionary": "CTCAE"}
    of_rows = {**harm, "terms": {"rash": {"label": "Rash", "values": ["Rash"]}}}
    of_column = {**harm, "terms": {"rash": {"label": "Rash", "variable": "age"}}, "version": "4.03"}
    endpoints = {
        "old": {**of_rows, "version": "3.0"},
        "new": {**of_rows, "version": "5.0"},
        "own": of_column,
    }
    records = read(tmp_path, "adverse_events", EVENTS, rows, endpoints=endpoints)
    says = (
        " is not the version that endpoints.new declares (5.0); correct the version of the one or the other"
    )
    assert lines(records) == [
        place("adverse_events", 2, "dictionary_version") + "'3.0'" + says,
        place("adverse_events", 4, "dictionary_version") + "'v3'" + says,
        place("adverse_events", 5, "dictionary_version")
        + "'4.03' is another version of the criteria than that of "
        "book.xlsx, sheet 'adverse_events', row 2 (3.0); grade all events by one version, or keep those of one under "
        "files.keep",
    ]


# --- doses ------------------------------------------------------------------------------------------------------------


def test_doses_are_of_the_allowed_set(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "sorafenib", DAY, date(2018, 3, 10), 800, "bid", "START", 40),
        ("P1", "sorafenib", date(2018, 3, 11), date(2018, 3, 20), 0, "none", "TACE pause", 0),
        ("P1", "sorafenib", date(2018, 3, 21), None, 300, "TID", "AE", 1.5),
        ("P1", "sorafenib", None, None, None, None, "bored", None),
    ]
    records = read(tmp_path, "exposure", DOSES, rows, allowed={"dose": [0, 200, 400, 600, 800]})
    assert records.tables["exposure"].select("schedule", "reason", "tablets").rows() == [
        ("BID", "start", 40),
        ("none", "tace_pause", 0),
        (None, "adverse_event", None),
        (None, None, None),
    ]
    assert lines(records) == [
        place("exposure", 4, "dose")
        + "'300' is none of the allowed values 0, 200, 400, 600, 800; correct the cell",
        place("exposure", 4, "schedule")
        + "'TID' is not one of 'BID', 'QD', 'QOD', 'none' (did you mean 'BID'?); "
        "correct the cell",
        place("exposure", 4, "tablets") + "'1.5' is not a whole number; correct the cell",
        place("exposure", 5, "reason")
        + "'bored' is not one of 'start', 'adverse_event', 'tace_pause', 'resume', "
        "'progression', 'decompensation', 'patient', 'cost', 'death', 'unknown'; correct the cell",
    ]


def test_a_period_that_an_endpoint_reads_may_not_overlap(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "sorafenib", DAY, date(2018, 3, 10), 800, None, None, None),
        ("P1", "sorafenib", date(2018, 3, 9), date(2018, 3, 20), 400, None, None, None),
        ("P1", "lenvatinib", DAY, date(2018, 3, 10), 8, None, None, None),
        ("P1", "lenvatinib", date(2018, 3, 10), date(2018, 3, 20), 8, None, None, None),
        ("P1", "lenvatinib", date(2018, 3, 15), date(2018, 3, 25), 8, None, None, None),
    ]
    given = {
        "kind": "treatments",
        "label": "Treatments",
        "start": "start",
        "items": {"sorafenib": {"label": "Sorafenib", "drugs": ["sorafenib"], "as": "period"}},
    }
    records = read(tmp_path, "exposure", DOSES, rows, endpoints={"given": given})
    of = "of the period of book.xlsx, sheet 'exposure', row "
    assert lines(records) == [
        place("exposure", 3, "start")
        + f"'2018-03-09' lies before the end (2018-03-10) {of}2; correct one of the dates"
    ]
    assert lines(records, "query") == [
        place("exposure", 6, "start")
        + f"'2018-03-15' lies before the end (2018-03-20) {of}5; confirm the dates; they "
        "are used as they stand"
    ]


def test_a_drug_of_another_arm_is_a_query_once(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [
        ("P1", "sorafenib", DAY, date(2018, 3, 10), 800, None, None, None),  # arm new
        ("P2", "lipiodol", DAY, None, None, None, None, None),  # arm old
        ("P2", "sorafenib", DAY, date(2018, 3, 10), 400, None, None, None),
        ("P2", "sorafenib", date(2018, 3, 11), date(2018, 3, 20), 400, None, None, None),
        ("P2", None, date(2018, 3, 11), None, None, None, None, None),
    ]
    records = read(tmp_path, "exposure", DOSES, rows, arms={"sorafenib": ["new"]})
    assert lines(records) == []
    assert lines(records, "query") == [
        place("exposure", 4, "drug")
        + "'sorafenib' is given to a patient of the arm 'Old'; it is a drug of 'New'; "
        "confirm it; the patient stays in the recorded arm"
    ]


def test_a_misspelt_drug_is_told_as_it_is_read(tmp_path: Path) -> None:
    rows: list[tuple[Cell, ...]] = [("P1", "多吉美", DAY, None, 400, None, None, None)]
    items = {"sorafenib": {"label": "Sorafenib", "drugs": ["Sorafenib"], "as": "period"}}
    given = {"kind": "treatments", "label": "Treatments", "start": "start", "items": items}
    codes = {"drug": {"多吉美": "sorafenib"}}
    records = read(tmp_path, "exposure", DOSES, rows, endpoints={"given": given}, codes=codes)
    assert lines(records, "query") == [
        place("exposure", 2, "drug")
        + "'sorafenib' is no drug of a treatment, which names 'Sorafenib': the row is not "
        "read there; correct the cell, or add it to the drugs of the treatment"
    ]
