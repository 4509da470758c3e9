"""The CDISC pilot: baseline table 14-2.01, adverse events 14-5.01 cell by cell, time to first dermatologic event."""

from __future__ import annotations

import re

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import check_kaplan_meier, check_logrank, r_answers, same, value
from studies.cdisc_tables import check_event_table, prints_as, rows_of

ARMS = {"placebo": "TRTP=Placebo", "low": "TRTP=Xanomeline Low Dose", "high": "TRTP=Xanomeline High Dose"}

NUMBERS = {
    "Age (y)": "age",
    "MMSE": "mmse",
    "Duration of disease": "duration",
    "Years of education": "education",
    "Baseline weight(kg)": "weight",
    "Baseline height(cm)": "height",
    "Baseline BMI": "bmi",
}
LEVELS = {
    ("Age (y)", "<65 yrs"): ("age_group", "<65"),
    ("Age (y)", "65-80 yrs"): ("age_group", "65–80"),
    ("Age (y)", ">80 yrs"): ("age_group", ">80"),
    ("Sex", "Male"): ("sex", "Male"),
    ("Sex", "Female"): ("sex", "Female"),
    ("Race (Origin)", "Caucasian"): ("origin", "Caucasian"),
    ("Race (Origin)", "African Descent"): ("origin", "African descent"),
    ("Race (Origin)", "Hispanic"): ("origin", "Hispanic"),
    ("Race (Origin)", "Other"): ("origin", "Other"),
    ("Duration of disease", "<12 months"): ("duration_group", "<12"),
    ("Duration of disease", ">=12 months"): ("duration_group", "≥12"),
    ("Baseline BMI", "<25"): ("bmi_group", "<25"),
    ("Baseline BMI", "25-<30"): ("bmi_group", "25 to <30"),
    ("Baseline BMI", ">=30"): ("bmi_group", "≥30"),
}
STATS = {"n": "n", "Mean": "mean", "SD": "sd", "Median": "median", "Min": "min", "Max": "max"}


@pytest.fixture(scope="module")
def results() -> Results:
    shared_data("01_cdisc_pilot/adam/adsl.csv")
    return calliper.load(ROOT / "studies" / "cdisc_pilot.yaml").run()


def test_every_cell_of_the_baseline_table(results: Results) -> None:
    heading, cells = "", 0
    for row in rows_of("14-2.01.csv")[2:]:
        heading = row[0] or heading
        for group, cell in zip(("placebo", "low", "high", "overall"), row[2:6], strict=True):
            text = cell.strip()
            if row[1] in STATS and heading in NUMBERS:
                key = f"baseline/included/{group}/{NUMBERS[heading]}//{STATS[row[1]]}"
                number = value(results, key)
                assert number is not None
                assert prints_as(number, text), key
            elif (heading, row[1]) in LEVELS:
                variable, level = LEVELS[heading, row[1]]
                count = re.match(r"\d+", text)
                assert count is not None
                assert value(results, f"baseline/included/{group}/{variable}/{level}/count") == int(
                    count[0]
                ), (heading, level)
            else:
                assert row[1] == "n", row
                assert value(results, f"baseline/included/{group}/sex//n") == int(text)
            cells += 1
    assert cells == 58 * 4


P_VALUES = {
    ("Age (y)", "n"): "age//p.anova",
    ("Age (y)", "<65 yrs"): "age_group//p.pearson",
    ("Sex", "n"): "sex//p.pearson",
    ("MMSE", "n"): "mmse//p.anova",
    ("Duration of disease", "n"): "duration//p.anova",
    ("Duration of disease", "<12 months"): "duration_group//p.pearson",
    ("Years of education", "n"): "education//p.anova",
    ("Baseline weight(kg)", "n"): "weight//p.anova",
    ("Baseline height(cm)", "n"): "height//p.anova",
    ("Baseline BMI", "n"): "bmi//p.anova",
    ("Baseline BMI", "<25"): "bmi_group//p.pearson",
    ("Race (Origin)", "n"): "origin//p.pearson",
}


def test_every_p_value_of_the_baseline_table(results: Results) -> None:
    heading, found = "", set()
    for row in rows_of("14-2.01.csv")[2:]:
        heading = row[0] or heading
        if row[6].strip():
            stem = P_VALUES[heading, row[1]]
            number = value(results, f"baseline/included/between/{stem}")
            assert number is not None
            assert prints_as(number, row[6].strip()), (heading, row[1])
            found.add((heading, row[1]))
    assert found == set(P_VALUES)


def test_every_cell_of_the_adverse_event_table(results: Results) -> None:
    check_event_table(results)


def test_time_to_first_dermatologic_event(results: Results) -> None:
    check_logrank(results, "dermatologic", "dermatologic", "pilot_tte_lr", ARMS)
    cox = r_answers()["pilot_tte_cox_efron"]
    assert isinstance(cox["hr"], list)
    for arm, expected in zip(("low", "high"), cox["hr"], strict=True):
        key = f"dermatologic/included/{arm} vs placebo/dermatologic//hr.cox"
        # R fits both contrasts in one model, as this analysis does
        same(value(results, key), expected, key, 1e-8)


def test_kaplan_meier_of_the_first_dermatologic_event(results: Results) -> None:
    check_kaplan_meier(results, "dermatologic/included/{group}/dermatologic/", "pilot_tte_km_log", ARMS)
