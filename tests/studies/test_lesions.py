"""A study whose response and time to progression come from lesion measurements, from files to the report folder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from calliper import load

STUDY = """\
calliper: 1
study: {title: Two tumours, design: retrospective cohort, cutoff: 2020-06-30}
data:
  patients: {files: [{path: patients.csv}], columns: {patient: ID}}
  imaging:
    files: [{path: scans.csv}]
    columns: {patient: ID, scan: Scan, date: Date, modality: Modality, arterial_phase: Arterial}
  lesions:
    files: [{path: lesions.csv}]
    columns: {patient: ID, scan: Scan, lesion: Lesion, organ: Organ, role: Role, whole_mm: Whole, viable_mm: Viable,
              pattern: Pattern}
  responses: {files: [{path: responses.csv}], columns: {patient: ID, date: Date, response: mRECIST}}
variables:
  first_tace: {type: date, column: First TACE, label: First TACE}
  death: {type: date, column: Death, label: Death}
arms:
  column: Arm
  groups: {a: {label: A, values: [A]}, b: {label: B, values: [B]}}
  reference: a
endpoints:
  mrecist:
    kind: response
    label: Response
    criteria: mRECIST (2010)
    start: first_tace
    death: death
    lesions: {rules: mRECIST_2010}
    landmarks: &landmarks
      month_1: {label: 1 month, day: 30, window: [21, 45]}
      best: {label: Best, best: unconfirmed}
  recist:
    kind: response
    label: Response
    criteria: RECIST 1.1
    start: first_tace
    lesions: {rules: RECIST_1_1}
    landmarks: *landmarks
  ttp:
    kind: time_to_event
    label: Time to progression
    short: TTP
    unit: days
    start: first_tace
    events: [{first: responses, where: {response: [PD]}, reason: progression}]
    assessments: {response: mrecist}
analyses:
  - {id: viable, kind: response, endpoint: mrecist}
  - {id: whole, kind: response, endpoint: recist}
  - {id: ttp, kind: survival, endpoint: ttp, figure: false}
"""
PATIENTS = """\
ID,First TACE,Death,Arm
P1,2018-01-10,,A
P2,2018-01-10,,A
P3,2018-01-10,2018-02-10,B
P4,2018-01-10,,B
"""
SCANS = """\
ID,Scan,Date,Modality,Arterial
P1,0,2018-01-05,CT,yes
P1,1,2018-02-12,CT,yes
P1,2,2018-03-19,CT,yes
P2,0,2018-01-05,MRI,yes
P2,1,2018-02-09,MRI,no
P3,0,2018-01-05,CT,yes
P4,0,2018-01-05,CT,yes
P4,1,2018-02-09,CT,yes
P4,2,2018-05-02,CT,yes
P4,3,2018-06-13,CT,yes
"""
LESIONS = """\
ID,Scan,Lesion,Organ,Role,Whole,Viable,Pattern
P1,0,T1,liver,target,115,100,
P1,1,T1,liver,target,110,40,
P1,2,T1,liver,target,108,48,
P2,0,T1,liver,target,50,50,
P2,1,T1,liver,target,20,10,
P3,0,T1,liver,target,50,50,
P4,0,T1,liver,target,60,60,
P4,1,T1,liver,target,60,60,
P4,2,T1,liver,target,60,60,
P4,2,N1,liver,new,8,8,
P4,3,T1,liver,target,60,60,
P4,3,N1,liver,new,19,19,typical
"""
RESPONSES = """\
ID,Date,mRECIST
P1,2018-02-12,PR
P1,2018-03-19,SD
P4,2018-02-09,SD
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("study.yaml", STUDY),
        ("patients.csv", PATIENTS),
        ("scans.csv", SCANS),
        ("lesions.csv", LESIONS),
        ("responses.csv", RESPONSES),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def test_response_and_time_to_progression_by_both_criteria(folder: Path) -> None:
    """Worked by hand.

    mRECIST: P1 has 100, 40, 48 mm: PR, then PD on day 68. P2 has no arterial phase. P3 died on day 31 without a scan.
    P4 is stable on day 30, and N1 of day 112 is confirmed later. RECIST: P1 has 115, 110, 108; P2 50, 20.
    """
    study = load(folder / "study.yaml")
    results = study.run()
    expected = {
        "viable/evaluable/a/month_1//n": 1,
        "viable/evaluable/a/month_1/PR/count": 1,
        "viable/all/a/month_1//n": 2,
        "viable/all/a/month_1/NE/count": 1,
        "viable/evaluable/b/month_1/SD/count": 1,
        "viable/evaluable/b/best/SD/count": 1,
        "whole/evaluable/a/month_1//n": 2,
        "whole/evaluable/a/month_1/PR/count": 1,
        "whole/evaluable/a/month_1/SD/count": 1,
        "ttp/included/a/ttp//events": 1,
        "ttp/included/b/ttp//events": 1,
    }
    found = {key: row.value if (row := results.get(key)) else None for key in expected}
    assert found == expected
    ttp = study.outcome.derived.endpoints["ttp"].frame
    assert ttp.select("patient", "time", "event").rows()[:2] == [("P1", 68.0, 1), ("P2", 0.0, 0)]
    assert ttp.select("patient", "time", "event").rows()[3] == ("P4", 112.0, 1)
    reasons = dict(study.outcome.derived.endpoints["mrecist"].frame.select("patient", "reason").rows()[::2])
    assert reasons["P3"] == "died on day 31, without a scan in days 21-45"


def test_the_folder_has_every_scan_and_the_disagreements(folder: Path) -> None:
    out = load(folder / "study.yaml").report(folder / "out")
    scans = rows(out / "scans.csv")
    assert [row["endpoint"] for row in scans] == ["mrecist"] * 6 + ["recist"] * 6
    apart = rows(out / "disagreements.csv")
    assert [(row["endpoint"], row["patient"], row["response"], row["recorded"]) for row in apart] == [
        ("mrecist", "P1", "PD", "SD"),
        ("recist", "P1", "SD", "PR"),
    ]
    assert apart[0]["reason"] == "sum 48 mm is +20.0% on the nadir of 40 mm (scan 2018-02-12)"
    assert (apart[0]["date"], apart[0]["source"]) == ("2018-03-19", "scans.csv, row 4")


def test_the_methods_say_how_response_was_derived(folder: Path) -> None:
    page = (load(folder / "study.yaml").report(folder / "out") / "report.html").read_text(encoding="utf-8")
    for sentence in (
        "Response was derived from the measured lesions by RECIST 1.1, at 1 month (day 30, window day 21 to 45) after "
        "first TACE, and as best (unconfirmed). Lesions count by the longest diameter, nodes by the short "
        "axis. Partial response is a sum of target lesions at least 30% below baseline; progression is one at least "
        "20% and 5 mm above the smallest sum before it, a new lesion, or unequivocal progression of another.",
        "Hepatic lesions count by the longest diameter of the part that enhances in the arterial phase",
        "progression is one at least 20% above the smallest sum before it",
        "stable disease counts from day 28 on.",
    ):
        assert sentence in page
