"""The tern example study: best response with ORR and intervals, overall survival, equal to R."""

from __future__ import annotations

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import check_kaplan_meier, check_logrank, r_answers, same, value

ARMS = {"drug": "ARMCD=ARM A", "placebo": "ARMCD=ARM B", "combination": "ARMCD=ARM C"}


@pytest.fixture(scope="module")
def results() -> Results:
    shared_data("06_tern/tern_ex_adsl.csv")
    return calliper.load(ROOT / "studies" / "tern.yaml").run()


def test_best_response_by_arm(results: Results) -> None:
    held = r_answers()["tern_orr"]
    assert isinstance(held["bor"], list)
    names = {label.removeprefix("ARMCD="): arm for arm, label in ARMS.items()}
    for cell in held["bor"]:
        key = f"response/evaluable/{names[cell['Var1']]}/best/{cell['Var2']}/count"
        assert value(results, key) == cell["Freq"], key


@pytest.mark.parametrize(("method", "answer"), [("clopper_pearson", "cp"), ("wilson", "wilson")])
def test_objective_response_intervals(results: Results, method: str, answer: str) -> None:
    held = r_answers()["tern_orr"][answer]
    assert isinstance(held, dict)
    for arm, label in ARMS.items():
        lower, upper = held[label.removeprefix("ARMCD=")]
        stem = f"response/evaluable/{arm}/best/ORR"
        same(value(results, f"{stem}/lower.{method}"), lower, stem)
        same(value(results, f"{stem}/upper.{method}"), upper, stem)


def test_objective_response_differences(results: Results) -> None:
    held = r_answers()["tern_orr"]["pair"]
    assert isinstance(held, dict)
    for arm, label in (("placebo", "ARM B"), ("combination", "ARM C")):
        stem = f"response/evaluable/{arm} vs drug/best/ORR"
        same(value(results, f"{stem}/difference"), held[label]["diff"], stem)


def test_overall_survival(results: Results) -> None:
    check_kaplan_meier(results, "os/included/{group}/os/", "tern_OS_km_log", ARMS)
    check_logrank(results, "os", "os", "tern_OS_lr", ARMS)
    held = r_answers()["tern_OS_efron"]
    assert isinstance(held["hr"], list)
    for arm, expected in zip(("placebo", "combination"), held["hr"], strict=True):
        key = f"cox_os/included/univariable/arm/{arm}/hr"
        same(value(results, key), expected, key, 1e-8)
