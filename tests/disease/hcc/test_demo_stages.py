"""The demonstration's recorded BCLC stages: those of the older reading, and not those of 2022."""

from __future__ import annotations

from pathlib import Path

import pytest

import calliper
from calliper.records.tables import Problem, Records
from calliper.synth.demo import write_demo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return folder


def checked(folder: Path, version: str) -> Records:
    """The demonstration's records, their BCLC stage derived by a version and held against the recorded one."""
    derived = f"""\
derived:
  derived_bclc:
    stage: bclc
    version: "{version}"
    items:
      ecog: ecog
      child_pugh: child
      macrovascular: vascular_invasion
      spread: metastasis
      nodules: nodules
      diameter: diameter
    label: BCLC stage
    compare_with: bclc
"""
    text = (folder / "study.yaml").read_text(encoding="utf-8")
    assert text.count("\nderived:\n") == 1
    path = folder / f"{version}.yaml"
    path.write_text(text.replace("derived:\n", derived, 1), encoding="utf-8")
    return calliper.load(path).check()


def of_patients(records: Records) -> list[Problem]:
    """The queries on patients' own rows; those on scans without an arterial phase are none of a stage's."""
    return [problem for problem in records.problems if problem.rule != "no_arterial_phase"]


def test_the_older_reading_gives_every_recorded_stage(folder: Path) -> None:
    assert of_patients(checked(folder, "LEGACY_LARGE")) == []


def test_by_2022_every_single_nodule_in_stage_b_is_a(folder: Path) -> None:
    records = checked(folder, "2022")
    single = {
        row["patient"]
        for row in records.patients.iter_rows(named=True)
        if row["bclc"] == "B" and row["nodules"] == 1
    }
    problems = of_patients(records)
    assert {problem.patient for problem in problems} == single
    assert len(single) == 14
    for problem in problems:
        assert "recorded 'B', derived 'A' by version 2022" in problem.message
        assert "(LEGACY_LARGE gives what is recorded)" in problem.message
