"""The long tables: each rule, the cell it names and the line it prints."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from calliper.records.tables import PROVENANCE, TABLES, Records
from raw_study import HEADER, PATIENTS, Cell, checked, lines, study, write_text

ROLES: dict[str, dict[str, str]] = {
    "responses": {"patient": "ID", "date": "Day", "visit": "Visit", "response": "mRECIST"},
    "adverse_events": {"patient": "ID", "term": "Term", "grade": "Grade", "start": "From", "end": "To"},
    "times": {"patient": "ID", "endpoint": "Parameter", "time": "Time", "event": "Event"},
    "contacts": {"patient": "ID", "date": "Day"},
    "exposure": {"patient": "ID", "drug": "Drug", "start": "From", "end": "To", "dose": "Dose"},
}
RESPONSE: dict[str, Any] = {
    "kind": "response",
    "label": "Response",
    "criteria": "mRECIST",
    "start": "start",
    "landmarks": {"month_1": {"label": "1 month", "day": 30, "window": [21, 45]}},
}
OS: dict[str, Any] = {
    "kind": "time_to_event",
    "label": "Overall survival",
    "short": "OS",
    "unit": "months",
    "recorded": {"parameter": "OS"},
}


def read(folder: Path, table: str, *rows: tuple[Cell, ...], **changes: Any) -> Records:
    write_text(folder / "one.csv", [HEADER, *PATIENTS])
    write_text(folder / "long.csv", [tuple(ROLES[table].values()), *rows])
    source = {"files": [{"path": "long.csv"}], "columns": ROLES[table]}
    return checked(study(tables={table: source}, **changes), folder)


def test_every_table_is_there_with_its_columns(tmp_path: Path) -> None:
    records = read(tmp_path, "contacts", ("P1", "2019-01-01"))
    assert {name: dict(frame.schema) for name, frame in records.tables.items() if name != "patients"} == {
        name: {**schema, **PROVENANCE} for name, schema in TABLES.items() if name != "patients"
    }
    assert records.tables["contacts"].rows() == [("P1", date(2019, 1, 1), None, None, "long.csv", "", 2)]
    assert records.tables["exposure"].height == 0


def test_an_unknown_patient_is_an_error_and_a_blank_one_too(tmp_path: Path) -> None:
    assert lines(read(tmp_path, "contacts", ("P9", "2019-01-01"), (None, "2019-01-01"))) == [
        "long.csv, row 2, column 'ID': patient 'P9' is not in the patients table; "
        "correct the identifier, or add the patient to the patients table",
        "long.csv, row 3, column 'ID': the cell is blank, and a value is required; fill in the cell",
    ]


def test_nobody_is_unknown_while_the_patients_cannot_be_read_whole(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "long.csv", [("ID", "Day"), ("Q1", "2019-01-01")])
    source = {"files": [{"path": "long.csv"}], "columns": ROLES["contacts"]}
    records = checked(study({"path": "one.csv"}, {"path": "gone.csv"}, tables={"contacts": source}), tmp_path)
    assert [problem.file for problem in records.problems] == ["gone.csv"]


def test_adverse_events_have_a_grade_from_0_to_5_and_end_after_they_start(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        "adverse_events",
        ("P1", "Fever", "6", "2018-02-01", "2018-02-03"),
        ("P1", "Fever", "2.5", "2018-02-01", "2018-02-01"),
        ("P1", None, "5", "2018-02-03", "2018-02-01"),
        ("P2", "Pain", "grade 3", None, None),
        ("P2", "Pain", "0", None, None),
    )
    assert lines(records) == [
        "long.csv, row 2, column 'Grade': '6' is not a grade from 0 to 5; correct the grade",
        "long.csv, row 3, column 'Grade': '2.5' is not a whole number; correct the cell",
        "long.csv, row 4, column 'Term': the cell is blank, and a value is required; fill in the cell",
        "long.csv, row 4, column 'To': '2018-02-01' lies before the start (2018-02-03); correct one of "
        "the dates",
        "long.csv, row 5, column 'Grade': 'grade 3' is not a number; correct the cell",
    ]
    assert records.tables["adverse_events"]["grade"].to_list() == [None, None, 5, None, 0]


def test_responses_are_the_declared_codes(tmp_path: Path) -> None:
    coded = RESPONSE | {"codes": {"complete": "CR", "progress": "PD"}}
    records = read(
        tmp_path,
        "responses",
        ("P1", "2018-03-01", "V1", "progres"),
        ("P1", "2018-04-01", "V2", "PR"),
        ("P1", "2018-05-01", "V3", None),
        endpoints={"coded": coded, "plain": RESPONSE},
    )
    assert lines(records) == [
        "long.csv, row 2, column 'mRECIST': 'progres' is not a response (did you mean 'progress'?); "
        "declared are 'complete', 'progress', 'CR', 'PR', 'SD', 'PD', 'NE'; "
        "correct the cell, or declare it under codes of the endpoint"
    ]


def test_two_responses_of_one_scan_are_an_error_and_a_copy_is_a_query(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        "responses",
        ("P1", "2018-03-01", "V1", "PR"),
        ("P2", "2018-03-01", "V1", "PR"),
        ("P1", "2018-03-01", "V2", "SD"),
        ("P2", "2018-03-01", "V2", "PR"),
        ("P3", None, "V2", "PR"),
        ("P3", None, "V2", "SD"),
        endpoints={"response": RESPONSE},
    )
    assert lines(records) == [
        "long.csv, row 2, column 'Day': patient 'P1' has this scan date also in long.csv, row 4, "
        "with another response; keep one of the records",
        "long.csv, row 4, column 'Day': patient 'P1' has this scan date also in long.csv, row 2, "
        "with another response; keep one of the records",
    ]
    assert [problem.row for problem in records.problems if problem.rule == "repeated_row"] == [3, 5]
    assert [problem.row for problem in records.problems if problem.rule == "blank"] == [6, 7]


def test_two_responses_of_one_visit_are_an_error_where_visits_count(tmp_path: Path) -> None:
    by_visit = RESPONSE | {"landmarks": {"first": {"label": "First", "visit": "V1"}}}
    rows: list[tuple[Cell, ...]] = [("P1", "2018-03-01", "V1", "PR"), ("P1", "2018-03-09", "V1", "SD")]
    assert [
        problem.rule for problem in read(tmp_path, "responses", *rows, endpoints={"r": RESPONSE}).problems
    ] == []
    records = read(tmp_path, "responses", *rows, endpoints={"r": by_visit})
    assert [(problem.rule, problem.row, problem.column) for problem in records.problems] == [
        ("two_responses", 2, "Visit"),
        ("two_responses", 3, "Visit"),
    ]


def test_times_are_not_negative_and_events_are_coded(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        "times",
        ("P1", "OS", "-0.1", "0"),
        ("P2", "OS", "0", "2"),
        ("P3", "OS", "1", "1"),
        ("P3", "OS", "2", "0"),
        ("P3", "ECHO", "2", None),
        ("P3", "ECHO", None, "1"),
        endpoints={"os": OS},
    )
    assert lines(records) == [
        "long.csv, row 2, column 'Time': '-0.1' is a time below 0; correct the time",
        "long.csv, row 3, column 'Event': '2' is not an event code; declared are '0', '1'; "
        "correct the cell, or declare it under reading.event_codes",
        "long.csv, row 4, column 'Parameter': the patient has several rows of 'OS'; keep one of them",
        "long.csv, row 5, column 'Parameter': the patient has several rows of 'OS'; keep one of them",
    ]
    assert lines(records, "query") == [
        "long.csv, row 6, column 'Event': the event is not recorded; fill it in, or the row counts for "
        "nothing",
        "long.csv, row 7, column 'Time': the time is not recorded; fill it in, or the row counts for nothing",
    ]
    assert records.tables["times"].select("time", "event").rows()[:3] == [(None, 0), (0.0, None), (1.0, 1)]


def test_periods_of_one_drug_that_overlap_are_queries(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        "exposure",
        ("P1", "sorafenib", "2018-03-01", "2018-05-01", "400"),
        ("P1", "sorafenib", "2018-04-01", "2018-04-10", "-1"),
        ("P1", "sorafenib", "2018-04-20", "2018-06-01", "200"),
        ("P1", "sorafenib", "2018-06-01", None, "200"),
        ("P1", "other", "2018-04-01", "2018-03-01", "1,5"),
        ("P2", "sorafenib", "2018-04-01", None, None),
    )
    assert lines(records) == [
        "long.csv, row 3, column 'Dose': '-1' lies below 0; correct the cell",
        "long.csv, row 6, column 'Dose': '1,5' is not a number; "
        "write it without commas, or declare reading.decimal: comma if the comma is the decimal mark",
        "long.csv, row 6, column 'To': '2018-03-01' lies before the start (2018-04-01); correct one of "
        "the dates",
    ]
    overlaps = [problem for problem in records.problems if problem.rule == "overlap"]
    assert [(problem.severity, problem.row) for problem in overlaps] == [("query", 3), ("query", 4)]


def test_a_period_without_an_end_hides_no_overlap(tmp_path: Path) -> None:
    records = read(
        tmp_path,
        "exposure",
        ("P1", "sorafenib", "2018-03-01", "2018-05-01", None),
        ("P1", "sorafenib", "2018-03-10", None, None),
        ("P1", "sorafenib", "2018-04-20", "2018-06-01", None),
    )
    assert [problem.row for problem in records.problems if problem.rule == "overlap"] == [3, 4]


def test_a_drug_that_looks_like_one_of_a_treatment_is_a_query(tmp_path: Path) -> None:
    item = {"label": "Sorafenib", "drugs": ["Sorafenib", "Nexavar"], "as": "period"}
    given = {"kind": "treatments", "label": "Treatments", "start": "start", "items": {"sorafenib": item}}
    rows = [
        ("P1", drug, f"2018-0{month}-01", None, None)
        for month, drug in enumerate(("Sorafenib", "sorafenib", "NEXA VAR", "Aspirin", None), start=3)
    ]
    records = read(tmp_path, "exposure", *rows, endpoints={"given": given})
    assert lines(records) == []
    assert lines(records, "query") == [
        f"long.csv, row {row}, column 'Drug': '{found}' is no drug of a treatment, which names '{meant}': the row is "
        "not read there; correct the cell, or add it to the drugs of the treatment"
        for row, found, meant in ((3, "sorafenib", "Sorafenib"), (4, "NEXA VAR", "Nexavar"))
    ]
    assert read(tmp_path, "exposure", *rows).problems == ()
