"""The eligibility of docs/methods/hcc_staging.md on hand-made patients, under both readings of what is ambiguous."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import calliper
from calliper.derivations.baseline import derive_baseline
from calliper.eligibility import select
from calliper.endpoints import Cohort
from shared import ROOT

PAGE = (ROOT / "docs" / "methods" / "hcc_staging.md").read_text(encoding="utf-8")
RULES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]

VARIABLES = {
    "birth": "date", "first_tace": "date", "nodules": "integer", "unmeasured": "integer", "ecog": "integer",
    "diameter": "number, unit: cm", "diameter_sum": "number, unit: cm", "inr": "number",
    "bilirubin": "number, unit: umol/L", "albumin": "number, unit: g/L",
    "ascites": "category, codes: {None: None, Mild: Mild}", "encephalopathy": "category, codes: {None: None}",
    "child_recorded": "category, codes: {A: A, B: B, C: C}",
    "diagnosis": "category, codes: {Clinical: Clinical, Biopsy: Biopsy, None: None}",
    "histology": "category, codes: {HCC: HCC, Unspecified: Unspecified, ICC: ICC}",
    "sex": "category, codes: {Male: Male, Female: Female}",
}  # fmt: skip
FLAGS = (
    "invasion", "spread", "previous", "progressed", "expected_survival", "secondary", "dysfunction", "mental",
    "irregular", "pregnant", "earlier_sorafenib",
)  # fmt: skip

ELIGIBLE: dict[str, Any] = {
    "birth": date(1960, 5, 1), "first_tace": date(2018, 1, 10), "nodules": 1, "unmeasured": 0, "ecog": 0,
    "diameter": 11.5, "diameter_sum": 11.5, "inr": 1.2, "bilirubin": 30, "albumin": 36, "ascites": "None",
    "encephalopathy": "None", "child_recorded": "A", "diagnosis": "Clinical", "histology": "HCC", "sex": "Male",
    **dict.fromkeys(FLAGS, "No"), "expected_survival": "Yes", "pregnant": None,
}  # fmt: skip
MULTIPLE = {"nodules": 3, "diameter": 4.0}


def judged(folder: Path, patient: dict[str, Any], rules: str = RULES) -> Cohort:
    """One patient, eligible but for what is given, under the rules."""
    held = {**ELIGIBLE, **patient}
    frame = pl.DataFrame({"ID": ["P1"], "Arm": ["A"], **{name: [value] for name, value in held.items()}})
    frame.write_csv(folder / "patients.csv")
    kinds = {**VARIABLES, **dict.fromkeys(FLAGS, 'category, codes: {"Yes": "Yes", "No": "No"}')}
    lines = [f"  {name}: {{column: {name}, label: {name}, type: {kind}}}" for name, kind in kinds.items()]
    text = "\n".join(
        [
            "calliper: 1",
            "study: {title: Eligibility, design: retrospective cohort}",
            "data: {patients: {files: [{path: patients.csv}], columns: {patient: ID}}}",
            "variables:",
            *lines,
            rules.rstrip(),
            "arms: {column: Arm, groups: {a: {label: A, values: [A]}}, reference: a}",
            "analyses: [{id: baseline, kind: baseline, variables: [age]}]",
        ]
    )
    path = folder / "study.yaml"
    path.write_text(text, encoding="utf-8")
    study = calliper.load(path)
    records = study.check()
    assert not [problem for problem in records.problems if problem.severity == "error"], records.problems
    return select(study.protocol, derive_baseline(study.protocol, records))


def decision(cohort: Cohort) -> tuple[str, str | None]:
    row = cohort.screened.row(0, named=True)
    return row["decision"], row["left_at"]


IN = ("included", None)


@pytest.mark.parametrize(
    ("patient", "expected"),
    [
        ({}, IN),
        ({"first_tace": date(2019, 6, 30)}, IN),
        ({"first_tace": date(2019, 7, 1)}, ("excluded", "I0")),
        ({"histology": "ICC"}, ("excluded", "I1")),
        ({"diameter": 10.0, "diameter_sum": 10.0}, ("excluded", "I2")),
        ({"diameter": 10.1, "diameter_sum": 10.1}, IN),
        ({"diameter": None, "diameter_sum": None, "unmeasured": 1}, ("pending", "I2")),
        ({**MULTIPLE, "diameter_sum": 10.5}, IN),  # 4.0 + 3.5 + 3.0
        ({"nodules": 2, "diameter": 6.0, "diameter_sum": 10.0}, ("excluded", "I2")),
        ({**MULTIPLE, "diameter_sum": 7.5, "unmeasured": 1}, ("pending", "I2")),
        ({**MULTIPLE, "diameter_sum": 10.5, "unmeasured": 1}, IN),
        ({"birth": date(1937, 1, 11)}, IN),  # 80 years and 364 days
        ({"birth": date(1937, 1, 10)}, ("excluded", "I4a")),  # the 81st birthday
        ({"birth": date(2000, 1, 10)}, IN),  # the 18th birthday
        ({"birth": date(2000, 1, 11)}, ("excluded", "I4a")),
        ({"ecog": 2}, IN),
        ({"ecog": 3}, ("excluded", "I3a")),  # stage D: I3c fails too
        # 40 / 33 / 1.8 / mild / none are 9 points; 55 makes them 10
        ({"bilirubin": 40, "albumin": 33, "inr": 1.8, "ascites": "Mild"}, IN),
        ({"bilirubin": 55, "albumin": 33, "inr": 1.8, "ascites": "Mild"}, ("excluded", "I3a")),
        ({"albumin": None}, IN),  # no points: the recorded class A stands
        ({"albumin": None, "child_recorded": None}, ("pending", "I3a")),
        ({"expected_survival": None}, ("pending", "I4b")),
        ({"previous": "No", "progressed": None}, IN),
        ({"previous": "Yes", "progressed": "Yes"}, IN),
        ({"previous": "Yes", "progressed": "No"}, ("excluded", "I5")),
        ({"previous": "Yes", "progressed": None}, ("pending", "I5")),
        ({"spread": "Yes"}, IN),
        ({"secondary": "Yes"}, ("excluded", "E1")),
        ({"dysfunction": "Yes"}, ("excluded", "E2")),
        ({"sex": "Female", "pregnant": "Yes"}, IN),  # 57 years old: not asked
        ({"sex": "Female", "birth": date(1980, 5, 1), "pregnant": "Yes"}, ("excluded", "E3")),
        ({"sex": "Female", "birth": date(1980, 5, 1)}, ("pending", "E3")),
        ({"irregular": "Yes"}, ("excluded", "E3")),
        ({"earlier_sorafenib": "Yes"}, ("excluded", "E5")),
    ],
)
def test_each_criterion(tmp_path: Path, patient: dict[str, Any], expected: tuple[str, str | None]) -> None:
    assert decision(judged(tmp_path, patient)) == expected


def test_the_stage_by_2022_excludes_the_single_large_nodule(tmp_path: Path) -> None:
    modern = RULES.replace("version: LEGACY_LARGE", 'version: "2022"')
    assert modern != RULES
    assert decision(judged(tmp_path, {})) == IN
    assert decision(judged(tmp_path, {}, modern)) == ("excluded", "I3a")
    several = {**MULTIPLE, "diameter_sum": 10.5}
    assert decision(judged(tmp_path, several, modern)) == IN


def test_any_metastasis_excludes_under_the_other_reading(tmp_path: Path) -> None:
    other = RULES.replace('rule: secondary = "Yes"}', 'rule: \'secondary = "Yes" or spread = "Yes"\'}')
    assert other != RULES
    assert decision(judged(tmp_path, {"spread": "Yes"}, other)) == ("excluded", "E1")
    assert decision(judged(tmp_path, {}, other)) == IN


def test_the_exclusions_mirror_the_inclusions(tmp_path: Path) -> None:
    """E4 says of a patient what I3 does: failed with it, passed with it, unknown with it."""
    for patient in ({}, {"ecog": 3}, {"ecog": None}, {"bilirubin": 60, "albumin": 27, "inr": 2.5}):
        verdicts = dict(judged(tmp_path, patient).verdicts.select("criterion", "verdict").iter_rows())
        together = [verdicts[name] for name in ("I3a", "I3b", "I3c")]
        expected = "fail" if "fail" in together else "unknown" if "unknown" in together else "pass"
        assert verdicts["E4"] == expected, patient
