"""The patients table: each rule, the cell it names and the line it prints."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from calliper.records.tables import PROVENANCE
from raw_study import HEADER, PATIENTS, Cell, checked, lines, only, study, write_text

AT = "one.csv, row 3, column"
FINE = dict(zip(HEADER, PATIENTS[1]))


def broken(folder: Path, column: str, value: Cell) -> None:
    """PATIENTS with one cell of row 3 (patient P2) changed."""
    rows = [list(row) for row in PATIENTS]
    rows[1][HEADER.index(column)] = value
    write_text(folder / "one.csv", [HEADER, *rows])


CELLS: dict[str, tuple[str, Cell, dict[str, Any], str, str]] = {
    "a number": ("Size", "big", {}, "number", "'Size': 'big' is not a number; correct the cell"),
    "a whole number": ("Age", "60.5", {}, "integer", "'Age': '60.5' is not a whole number; correct the cell"),
    "too large to count": (
        "Age",
        "1e300",
        {"variables": {"age": {"range": None, "plausible": None}}},
        "integer",
        "'Age': '1e300' is not a whole number; correct the cell",
    ),
    "range": (
        "Age",
        "130",
        {},
        "range",
        "'Age': '130' lies outside the range 18 to 110 years; correct the cell",
    ),
    "a range with one end": (
        "Size",
        "-1",
        {"variables": {"size": {"range": [0, None]}}},
        "range",
        "'Size': '-1' lies outside the range from 0 cm; correct the cell",
    ),
    "code": (
        "Sex",
        "f",
        {},
        "code",
        "'Sex': 'f' is not a code of sex (did you mean 'F'?); declared are 'M', 'F'; "
        "correct the cell, or declare it under variables.sex.codes",
    ),
    "arm": (
        "Arm",
        "NWE",
        {},
        "arm",
        "'Arm': 'NWE' is not a declared value of an arm (did you mean 'NEW'?); declared are 'NEW', 'OLD'; "
        "correct the cell, or declare it under the values of its arm",
    ),
    "impossible date": (
        "Start",
        "2018-02-30",
        {},
        "date",
        "'Start': '2018-02-30' is a day that does not exist; correct the date",
    ),
    "partial date": (
        "Death",
        "2018-09",
        {},
        "partial_date",
        "'Death': '2018-09' is a partial date; give year, month and day",
    ),
    "after the cut-off": (
        "Death",
        "2020-07-01",
        {},
        "after_cutoff",
        "'Death': '2020-07-01' lies after the data cut-off 2020-06-30; "
        "correct the date, or declare may_follow_cutoff: true",
    ),
    "order of dates": (
        "Death",
        "2018-03-04",
        {},
        "date_order",
        "'Death': '2018-03-04' lies before 'Start' (2018-03-05); correct one of the two dates",
    ),
    "range of dates": (
        "Start",
        "2016-12-31",
        {"variables": {"start": {"range": ["2017-01-01", "2019-06-30"]}}},
        "range",
        "'Start': '2016-12-31' lies outside the range from 2017-01-01 to 2019-06-30; correct the date",
    ),
    "required": (
        "Sex",
        None,
        {"variables": {"sex": {"required": True}}},
        "required",
        "'Sex': the cell is blank, and a value is required; fill in the cell",
    ),
    "required but declared missing": (
        "Sex",
        "NA",
        {"variables": {"sex": {"required": True}}, "reading": {"missing": ["NA"]}},
        "required",
        "'Sex': the cell is blank, and a value is required; fill in the cell",
    ),
    "no patient": (
        "ID",
        None,
        {},
        "required",
        "'ID': the cell is blank, and a value is required; fill in the cell",
    ),
    "error value in text": (
        "Note",
        "#REF!",
        {},
        "error_value",
        "'Note': '#REF!' is a spreadsheet's error, not a value; correct the formula, or clear the cell",
    ),
}


@pytest.mark.parametrize("name", CELLS)
def test_a_bad_cell_is_an_error_of_its_own(name: str, tmp_path: Path) -> None:
    column, value, changes, rule, line = CELLS[name]
    broken(tmp_path, column, value)
    problem = only(checked(study(**changes), tmp_path))
    assert problem.line == f"{AT} {line}"
    assert (problem.severity, problem.rule, problem.table) == ("error", rule, "patients")
    assert (problem.row, problem.column) == (3, column)
    assert problem.patient == ("" if column == "ID" else "P2")


QUERIES: dict[str, tuple[str, Cell, str]] = {
    "plausible": (
        "Age",
        "81",
        "'Age': '81' lies outside the plausible values 25 to 80 years; confirm it; it is used as it stands",
    ),
    "no arm": ("Arm", None, "'Arm': the arm is not recorded; fill in the cell, or the patient is left out"),
}


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_leaves_the_value(name: str, tmp_path: Path) -> None:
    column, value, line = QUERIES[name]
    broken(tmp_path, column, value)
    records = checked(study(), tmp_path)
    assert [(problem.severity, problem.line) for problem in records.problems] == [("query", f"{AT} {line}")]
    assert records.patients.row(1, named=True)["age"] == (81 if column == "Age" else 48)


@pytest.mark.parametrize(
    ("column", "text", "name", "value"),
    [
        ("Age", "60.0", "age", 60),
        ("Age", " 60 ", "age", 60),
        ("Age", "110", "age", 110),
        ("Sex", " M", "sex", "Male"),
        ("Death", "2020-06-30", "death", date(2020, 6, 30)),
        ("Death", "2018-03-05", "death", date(2018, 3, 5)),
        ("Note", " =SUM(A1) ", "note", " =SUM(A1) "),
        ("Arm", "OLD ", "arm", "old"),
    ],
)
def test_values_at_the_edge_are_kept(column: str, text: str, name: str, value: Cell, tmp_path: Path) -> None:
    broken(tmp_path, column, text)
    records = checked(study(), tmp_path)
    assert [problem for problem in records.problems if problem.severity == "error"] == []
    assert records.patients[name][1] == value


def test_a_death_after_the_cut_off_is_no_problem_where_it_may_be(tmp_path: Path) -> None:
    broken(tmp_path, "Death", "2020-07-01")
    records = checked(study(variables={"death": {"may_follow_cutoff": True}}), tmp_path)
    assert records.problems == ()
    assert records.patients["death"][1] == date(2020, 7, 1)


def test_missing_codes_are_null_in_every_column(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, ("P1", "NA", "-9", "NA", "NA", "NA", "NEW", "NA")])
    records = checked(study(reading={"missing": ["NA", "-9"]}), tmp_path)
    assert records.problems == ()
    row = records.patients.row(0, named=True)
    assert [row[name] for name in ("age", "size", "sex", "start", "death", "note")] == [None] * 6


def test_a_patient_twice_is_named_in_both_places(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    write_text(tmp_path / "two.csv", [HEADER, PATIENTS[0], ("P1 ", *PATIENTS[0][1:])])
    records = checked(study({"path": "one.csv"}, {"path": "two.csv"}), tmp_path)
    action = "keep one record, or give each patient an identifier of their own"
    assert lines(records) == [
        f"one.csv, row 2, column 'ID': patient 'P1' is also in two.csv, row 2 and in 1 more; {action}",
        f"two.csv, row 2, column 'ID': patient 'P1' is also in one.csv, row 2 and in 1 more; {action}",
        f"two.csv, row 3, column 'ID': patient 'P1' is also in one.csv, row 2 and in 1 more; {action}",
    ]
    assert {problem.rule for problem in records.problems} == {"duplicate_patient"}


def test_a_patient_in_two_arms_is_named_in_both_places(tmp_path: Path) -> None:
    other = ("P1", *PATIENTS[0][1:6], "OLD", None)
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS, other])
    records = checked(study(), tmp_path)
    assert lines(records) == [
        "one.csv, row 2, column 'ID': patient 'P1' is in two arms: 'new' here, 'old' in one.csv, row 5; "
        "keep one record of the patient",
        "one.csv, row 5, column 'ID': patient 'P1' is in two arms: 'old' here, 'new' in one.csv, row 2; "
        "keep one record of the patient",
    ]
    assert {problem.rule for problem in records.problems} == {"two_arms"}


CENTRES = {"linyi": {"label": "Linyi Hospital", "aliases": ["LY"]}, "dalian": {"label": "Dalian"}}


def test_centres_are_known_by_name_label_or_alias(tmp_path: Path) -> None:
    header = (*HEADER, "Site")
    sites = ("LY", "Dalian", "linyi")
    write_text(tmp_path / "one.csv", [header, *((*row, site) for row, site in zip(PATIENTS, sites))])
    write_text(tmp_path / "days.csv", [("ID", "Day"), ("P2", "2019-01-01"), ("P1", "2019-01-01")])
    days = {"files": [{"path": "days.csv"}], "columns": {"patient": "ID", "date": "Day"}}
    roles = {"patient": "ID", "centre": "Site"}
    records = checked(study(centres=CENTRES, roles=roles, tables={"contacts": days}), tmp_path)
    assert records.problems == ()
    assert records.patients["centre"].to_list() == ["linyi", "dalian", "linyi"]
    assert records.patients["_centre"].to_list() == ["linyi", "dalian", "linyi"]
    assert records.tables["contacts"]["_centre"].to_list() == ["dalian", "linyi"]


def test_a_centre_that_is_unknown_blank_or_another_files_is_an_error(tmp_path: Path) -> None:
    header = (*HEADER, "Site")
    sites = ("Linyi hospital", None, "Dalian")
    write_text(tmp_path / "one.csv", [header, *((*row, site) for row, site in zip(PATIENTS, sites))])
    roles = {"patient": "ID", "centre": "Site"}
    assert lines(checked(study(centres=CENTRES, roles=roles), tmp_path)) == [
        "one.csv, row 2, column 'Site': 'Linyi hospital' is not a centre of the study "
        "(did you mean 'Linyi Hospital'?); declared are 'linyi', 'Linyi Hospital', 'LY', 'dalian', 'Dalian'; "
        "correct the cell, or declare it under the aliases of its centre",
        "one.csv, row 3, column 'Site': the cell is blank, and a value is required; fill in the cell",
    ]
    named = checked(study({"path": "one.csv", "centre": "linyi"}, centres=CENTRES, roles=roles), tmp_path)
    assert [(problem.row, problem.rule) for problem in named.problems] == [(2, "centre"), (4, "other_centre")]


RECORDED = {
    "os": {
        "kind": "time_to_event",
        "label": "Overall survival",
        "short": "OS",
        "unit": "months",
        "recorded": {"time": "size", "event": "age"},
    }
}


def test_recorded_times_and_events_are_read_by_the_declared_codes(tmp_path: Path) -> None:
    header = ("ID", "Size", "Age", "Arm", "Sex", "Start", "Death", "Note")
    rows = [
        (f"P{n}", time, code, "NEW") + (None,) * 4
        for n, (time, code) in enumerate([(3.5, 1), (-1, 2), (0, 3)])
    ]
    write_text(tmp_path / "one.csv", [header, *rows])
    records = checked(study(endpoints=RECORDED, reading={"event_codes": {"1": 0, "2": 1}}), tmp_path)
    assert records.patients.select("size", "age").rows() == [(3.5, 0), (None, 1), (0.0, None)]
    assert lines(records) == [
        "one.csv, row 3, column 'Size': '-1' is a time below 0; correct the time",
        "one.csv, row 4, column 'Age': '3' is not an event code; declared are '1', '2'; "
        "correct the cell, or declare it under reading.event_codes",
    ]


def test_problems_stand_in_the_order_of_the_files_and_rows(tmp_path: Path) -> None:
    bad = [(f"P{n}", "x", "y", "Z", None, None, "NEW", None) for n in range(2)]
    write_text(tmp_path / "b.csv", [HEADER, *bad])
    write_text(tmp_path / "a.csv", [HEADER, *((f"Q{row[0]}", *row[1:]) for row in bad)])
    records = checked(study({"path": "b.csv"}, {"path": "a.csv"}), tmp_path)
    places = [(problem.file, problem.row, problem.column) for problem in records.problems]
    columns = ("Age", "Size", "Sex")
    assert places == [
        (file, row, column) for file in ("b.csv", "a.csv") for row in (2, 3) for column in columns
    ]


def test_the_typed_table_has_the_promised_columns(tmp_path: Path) -> None:
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS])
    names = ["patient", "centre", "arm", "age", "size", "sex", "start", "death", "note", *PROVENANCE]
    assert checked(study(), tmp_path).patients.columns == names


def test_identifiers_a_person_may_have_meant_as_one_are_queries(tmp_path: Path) -> None:
    names = ["A01", "a1", "Ａ 1", "B1", "B10", "2.05", "2.5"]
    write_text(tmp_path / "one.csv", [HEADER, *((name, *PATIENTS[0][1:]) for name in names)])
    records = checked(study({"path": "one.csv"}), tmp_path)
    assert lines(records) == []
    assert [(problem.row, problem.message) for problem in records.problems] == [
        (2, "'A01' is almost 'a1', 'Ａ 1'"),
        (3, "'a1' is almost 'A01', 'Ａ 1'"),
        (4, "'Ａ 1' is almost 'A01', 'a1'"),
    ]
    assert records.patients["patient"].to_list() == names


@pytest.mark.parametrize("text", ["Total", "TOTAL:", "合计", "Mittelwert"])
def test_a_row_of_totals_is_an_error(tmp_path: Path, text: str) -> None:
    total = (text, None, 22.6, *[None] * 5)
    write_text(tmp_path / "one.csv", [HEADER, *PATIENTS, total])
    records = checked(study({"path": "one.csv"}), tmp_path)
    assert lines(records) == [
        f"one.csv, row 5, column 'ID': '{text}' reads like a row of totals, not like a patient; "
        "delete the row, or give the patient another identifier"
    ]


def test_a_word_for_missing_in_a_code_or_date_says_where_to_declare_it(tmp_path: Path) -> None:
    rows = [list(row) for row in PATIENTS]
    rows[0][HEADER.index("Sex")], rows[1][HEADER.index("Death")] = "不详", "UK"
    write_text(tmp_path / "one.csv", [HEADER, *rows])
    action = "declare the text under reading.missing if it means that the value is missing"
    assert [line.rpartition("; ")[2] for line in lines(checked(study({"path": "one.csv"}), tmp_path))] == [
        action,
        action,
    ]
