"""Exposure of a real trial from SDTM's EX: every patient's duration and doses are those of the published ADaM data."""

from __future__ import annotations

import csv
import statistics
from collections import defaultdict
from datetime import date
from itertools import pairwise
from typing import Any

import pytest

import calliper
from calliper.study import Study
from shared import ROOT, shared_data
from studies.answers import value

ENDPOINTS = {"low_dose": "Xanomeline Low Dose", "high_dose": "Xanomeline High Dose"}
MEASURES = {"duration_days": "TRTDURD", "cumulative_mg": "CUMDOSE"}


@pytest.fixture(scope="module")
def study() -> Study:
    shared_data("01_cdisc_pilot/sdtm/ex.csv")
    return calliper.load(ROOT / "studies" / "cdisc_pilot_exposure.yaml")


def rows_of(name: str) -> list[dict[str, str]]:
    with shared_data(f"01_cdisc_pilot/{name}").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def published(arm: str) -> dict[str, dict[str, str]]:
    held = {row["USUBJID"]: row for row in rows_of("adam/adsl.csv") if row["TRT01P"] == arm}
    assert len(held) == 84
    return held


@pytest.mark.parametrize(("endpoint", "arm"), ENDPOINTS.items())
def test_every_patient_has_the_duration_and_doses_of_adam(study: Study, endpoint: str, arm: str) -> None:
    """TRTDURD and CUMDOSE to the day and mg; AVGDD is published to one decimal."""
    frame = study.outcome.derived.endpoints[endpoint].frame
    answers = published(arm)
    found = {row["patient"]: row for row in frame.iter_rows(named=True)}
    assert set(found) == set(answers)
    for patient, row in found.items():
        answer = answers[patient]
        for name, column in MEASURES.items():
            assert row[name] == float(answer[column]), (patient, name)
        assert row["mean_daily_mg"] == pytest.approx(float(answer["AVGDD"]), abs=0.05 + 1e-9), patient
        assert (row["first_day"], row["days_unrecorded"], row["interruptions"]) == (0, 0, 0), patient
        first, last = (date.fromisoformat(answer[column]) for column in ("TRTSDT", "TRTEDT"))
        assert row["last_day"] == (last - first).days, patient


@pytest.mark.parametrize(
    ("analysis", "arm", "name"),
    [("low", "Xanomeline Low Dose", "low"), ("high", "Xanomeline High Dose", "high")],
)
def test_the_arms_are_the_numbers_of_their_patients(study: Study, analysis: str, arm: str, name: str) -> None:
    results = study.outcome.results
    for variable, column in MEASURES.items():
        numbers = [float(row[column]) for row in published(arm).values()]
        stem = f"{analysis}/started/{name}/{variable}//"
        assert value(results, f"{stem}n") == 84
        for stat, function in (
            ("mean", statistics.fmean),
            ("sd", statistics.stdev),
            ("median", statistics.median),
        ):
            assert value(results, stem + stat) == pytest.approx(function(numbers), rel=1e-12)
        assert value(results, f"{stem}min") == min(numbers)
        assert value(results, f"{stem}max") == max(numbers)


def test_doses_lowered_are_those_of_ex(study: Study) -> None:
    """81 mg to 54 mg, row after row of a patient: none in the low arm."""
    doses: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for row in rows_of("sdtm/ex.csv"):
        doses[row["USUBJID"]].append((row["EXSTDTC"], float(row["EXDOSE"])))

    def lowered(arm: str) -> int:
        held: list[list[Any]] = [[mg for _, mg in sorted(doses[patient])] for patient in published(arm)]
        return sum(any(after < before for before, after in pairwise(taken)) for taken in held)

    results = study.outcome.results
    assert lowered("Xanomeline Low Dose") == 0
    assert value(results, "low/started/low/reduced//count") == 0
    assert value(results, "high/started/high/reduced//count") == lowered("Xanomeline High Dose") > 0
    assert value(results, "high/started/high/first_reduction//events") == lowered("Xanomeline High Dose")


def test_six_rows_of_ex_have_no_end_and_are_counted_to_the_end_of_participation(study: Study) -> None:
    """Two of them are of placebo, which has no dose and no exposure here."""
    treated = {patient for arm in ENDPOINTS.values() for patient in published(arm)}
    endless = {row["USUBJID"] for row in rows_of("sdtm/ex.csv") if not row["EXENDTC"]}
    assert len(endless) == 6
    found = {
        row["patient"]
        for endpoint in ENDPOINTS
        for row in study.outcome.derived.endpoints[endpoint].frame.iter_rows(named=True)
        if row["reason"] == "no end recorded, taken until: the end of participation"
    }
    assert found == endless & treated
