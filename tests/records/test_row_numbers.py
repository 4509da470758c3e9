"""A patients file without an identifier: each row is a patient, named by its number in the file."""

from __future__ import annotations

from pathlib import Path

import calliper
from calliper.study import Study

STUDY = """\
calliper: 1
study: {title: Without identifiers, design: retrospective cohort}
data:
  patients: {files: [{path: one.csv}], columns: {patient: _row}}
variables:
  age: {type: integer, column: Age, label: Age, range: [18, 110]}
arms: {column: Arm, groups: {a: {label: A, values: [A]}}, reference: a}
analyses:
  - {id: baseline, kind: baseline, variables: [age]}
"""


def study(folder: Path, text: str = STUDY, **files: str) -> Study:
    for name, held in {"one": "Arm,Age\nA,61\nA,61\n\nA,7\n", **files}.items():
        (folder / f"{name}.csv").write_text(held, encoding="utf-8")
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return calliper.load(folder / "study.yaml")


def test_rows_are_patients_by_their_number(tmp_path: Path) -> None:
    records = study(tmp_path).check()
    assert records.patients["patient"].to_list() == ["2", "3", "5"]
    (problem,) = records.problems
    assert (problem.rule, problem.patient, problem.row, problem.value) == ("range", "5", 5, "7")


def test_rows_of_two_files_with_one_number_are_told(tmp_path: Path) -> None:
    text = STUDY.replace("[{path: one.csv}]", "[{path: one.csv}, {path: two.csv}]")
    problems = study(tmp_path, text, one="Arm,Age\nA,61\n", two="Arm,Age\nA,50\n").check().problems
    assert [(problem.severity, problem.patient) for problem in problems] == [("error", "2"), ("error", "2")]


def test_no_other_column_may_have_the_name(tmp_path: Path) -> None:
    text = STUDY.replace("column: Age", "column: _row")
    (problem, *_) = study(tmp_path, text).check().problems
    assert (problem.severity, problem.rule) == ("error", "column_name")
