"""A study of single patients from files to the report folder: figures, files of data, and what the text says."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from calliper import study
from small_study import write_csv, write_study

STUDY = """\
calliper: 1
study: {title: Courses, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging: {files: [{path: scans.csv}], columns: {patient: ID, scan: Scan, date: Date, modality: Kind}}
  lesions:
    files: [{path: lesions.csv}]
    columns: {patient: ID, scan: Scan, lesion: Lesion, role: Role, organ: Organ, whole_mm: Size}
  responses: {files: [{path: responses.csv}], columns: {patient: ID, date: Date, response: Response}}
variables:
  start: {type: date, column: Start, label: First TACE}
  death: {type: date, column: Death, label: Death}
  last: {type: date, column: Last, label: Last contact}
arms:
  column: Arm
  groups:
    new: {label: New treatment, values: [NEW]}
    old: {label: Old treatment, values: [OLD]}
  reference: old
endpoints:
  os:
    {kind: time_to_event, label: Overall survival, short: OS, unit: months, start: start, event_label: deaths,
     events: [{date: death, reason: death}], censor: [{date: last, reason: last contact}]}
  response:
    kind: response
    label: Tumour response
    criteria: RECIST 1.1
    start: start
    lesions: {rules: RECIST_1_1}
    landmarks: {best: {label: Best response, best: unconfirmed}}
analyses:
  - {id: courses, kind: courses, response: response, follow_up: os, figures: [waterfall, spider]}
"""

PATIENTS = [
    ["ID", "Start", "Death", "Last", "Arm"],
    ["A1", "2018-01-10", "2018-12-01", "2018-12-01", "NEW"],
    ["A2", "2018-02-01", "", "2019-03-01", "NEW"],
    ["B1", "2018-03-01", "", "2018-10-01", "OLD"],
    ["B2", "2018-03-01", "2018-03-20", "2018-03-20", "OLD"],
]
SCANS = [
    ["ID", "Scan", "Date", "Kind"],
    ["A1", "a", "2018-01-05", "CT"], ["A1", "b", "2018-02-12", "CT"], ["A1", "c", "2018-04-15", "CT"],
    ["A2", "a", "2018-01-31", "CT"], ["A2", "b", "2018-03-12", "CT"],
    ["B1", "a", "2018-02-25", "CT"], ["B1", "b", "2018-04-05", "CT"],
    ["B2", "a", "2018-02-25", "CT"],
]  # fmt: skip
SIZES = {
    "A1": {"a": 50, "b": 30, "c": 40}, "A2": {"a": 40, "b": 38}, "B1": {"a": 20, "b": 10}, "B2": {"a": 25},
}  # fmt: skip
LESIONS = [
    ["ID", "Scan", "Lesion", "Role", "Organ", "Size"],
    *(
        [who, scan, "T", "target", "LIVER", str(mm)]
        for who, held in SIZES.items()
        for scan, mm in held.items()
    ),
]
RESPONSES = [["ID", "Date", "Response"], ["A1", "2018-02-12", "PR"], ["B1", "2018-04-05", "SD"]]


def folder_of(folder: Path, text: str = STUDY) -> Path:
    for name, rows in (
        ("patients", PATIENTS),
        ("scans", SCANS),
        ("lesions", LESIONS),
        ("responses", RESPONSES),
    ):
        write_csv(folder / f"{name}.csv", rows)
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    return study.load(folder / "study.yaml").report(folder / "out")


def table(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(tmp_path_factory.mktemp("courses"))


def test_a_line_a_patient(out: Path) -> None:
    """A1: 50, 30 (-40%), 40 mm, +33% and 10 mm on the nadir. A2: 40, 38 mm (-5%). B1: 20, 10 mm (-50%)."""
    assert table(out / "courses.csv") == [
        ["analysis", "patient", "arm", "best", "best_change", "last_day", "ending"],
        ["courses", "A1", "new", "PR", "-40.0", "325", "event"],
        ["courses", "A2", "new", "SD", "-5.0", "393", "censored"],
        ["courses", "B1", "old", "PR", "-50.0", "214", "censored"],
        ["courses", "B2", "old", "NE", "", "19", "event"],
    ]


def test_a_line_a_scan(out: Path) -> None:
    assert table(out / "course_steps.csv") == [
        ["analysis", "patient", "kind", "name", "first_day", "last_day", "change"],
        ["courses", "A1", "scan", "PR", "33", "33", "-40.0"],
        ["courses", "A1", "scan", "PD", "95", "95", "-20.0"],
        ["courses", "A2", "scan", "SD", "39", "39", "-5.0"],
        ["courses", "B1", "scan", "PR", "35", "35", "-50.0"],
    ]


def test_the_report_shows_both_figures_and_says_what_they_are(out: Path) -> None:
    page = (out / "report.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in (out / "figures").glob("*courses*")) == [
        "figure-courses-spider-one-column.svg",
        "figure-courses-spider.svg",
        "figure-courses-waterfall-one-column.svg",
        "figure-courses-waterfall.svg",
    ]
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    for sentence in (
        "The sum of diameters fell by at least 30% in 1 of 2 (50.0%) with New treatment and 1 of 1 (100.0%) with Old "
        "treatment, of the patients with a measured change.",
        "The median best change was −22.5% and −50.0%, in the same order.",
        "This describes patients; the arms were not compared.",
        "Not drawn: 1 patient (no scan before new anticancer therapy or the cut-off (1)).",
        "New treatment (2 of 2 patients)",
        "a scan on which a target lesion was not assessed has no sum.",
        "Tumour response: best change of the target lesions, bars of patients ordered by change; descriptive, no test",
    ):
        assert sentence in told, sentence


def test_no_patient_is_named_until_a_number_is_asked(out: Path) -> None:
    """Not in what is printed, nor in a figure; the data behind the numbers name them, and the page says so."""
    page = (out / "report.html").read_text(encoding="utf-8")
    shown, data, after = re.split(
        r'<script type="application/json" id="origins">(.*?)</script>', page, flags=re.DOTALL
    )
    assert re.search(r"\bA1\b", data)
    assert "This page holds records of single patients" in shown
    for name, text in (
        ("report.html", shown + after),
        *((path.name, path.read_text(encoding="utf-8")) for path in (out / "figures").iterdir()),
    ):
        assert not re.search(r"\b[AB][12]\b", text), name


def test_two_runs_write_the_same(out: Path, tmp_path: Path) -> None:
    again = folder_of(tmp_path)
    for path in ("courses.csv", "course_steps.csv", "figures/figure-courses-waterfall.svg"):
        assert (again / path).read_bytes() == (out / path).read_bytes()


def test_recorded_responses_have_no_figure_of_change_and_the_report_says_why(tmp_path: Path) -> None:
    text = STUDY.replace("    lesions: {rules: RECIST_1_1}\n", "").replace(
        "best: unconfirmed", "best: confirmed"
    )
    made = folder_of(tmp_path, text)
    page = (made / "report.html").read_text(encoding="utf-8")
    assert not list((made / "figures").glob("*courses*"))
    why = "no change of the tumour is known: the responses were recorded, without sums of diameters."
    assert f"No change of the tumours is drawn: {why}" in page
    assert f"Tumour response, not estimated: {why}" in page
    assert [row[3:5] for row in table(made / "courses.csv")[1:]] == [
        ["SD", ""],
        ["NE", ""],
        ["SD", ""],
        ["NE", ""],
    ]


def test_a_study_without_courses_has_no_such_file(tmp_path: Path) -> None:
    made = study.load(write_study(tmp_path)).report(tmp_path / "out")
    assert not (made / "courses.csv").exists()
    assert not (made / "course_steps.csv").exists()
