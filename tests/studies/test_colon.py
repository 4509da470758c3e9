"""The adjuvant colon trial, three arms: equal to R wherever R's answer is known."""

from __future__ import annotations

import os

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import check_cox, check_kaplan_meier, check_logrank, value

ARMS = {"obs": "rx=Obs", "lev": "rx=Lev", "lev_5fu": "rx=Lev+5FU"}
TERMS = {
    "rxLev": "arm/lev",
    "rxLev+5FU": "arm/lev_5fu",
    "sex": "sex/Male",
    "age": "age/",
    "obstruct": "obstruct/Yes",
    "perfor": "perfor/Yes",
    "adhere": "adhere/Yes",
    "nodes": "nodes/",
    "differ": "differ/",
}


@pytest.fixture(scope="module")
def results() -> Results:
    shared_data("03_survival_classic/survival_colon.csv")
    return calliper.load(ROOT / "studies" / "colon.yaml").run()


@pytest.mark.parametrize(("analysis", "answer"), [("recurrence", "recurrence"), ("os", "death")])
def test_kaplan_meier_and_logrank(results: Results, analysis: str, answer: str) -> None:
    check_kaplan_meier(results, f"{analysis}/included/{{group}}/{analysis}/", f"colon_{answer}_km_log", ARMS)
    check_logrank(results, analysis, analysis, f"colon_lr_{answer}", ARMS)


@pytest.mark.parametrize(("analysis", "answer"), [("recurrence", "recurrence"), ("os", "death")])
def test_cox_with_complete_cases_only(results: Results, analysis: str, answer: str) -> None:
    check_cox(results, f"cox_{analysis}/included/full", f"colon_cox_{answer}_efron", TERMS)
    assert value(results, f"cox_{analysis}/included/full///n") == 888


def test_breslow_under_the_sas_convention(tmp_path_factory: pytest.TempPathFactory) -> None:
    shared_data("03_survival_classic/survival_colon.csv")
    text = (ROOT / "studies" / "colon.yaml").read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("sas")
    data = os.path.relpath(ROOT.parent / "shared", folder)
    (folder / "study.yaml").write_text(
        text.replace("../../shared", data).replace("calliper: 1\n", "calliper: 1\nconvention: sas\n"),
        encoding="utf-8",
    )
    made = calliper.load(folder / "study.yaml").run()
    for analysis, answer in (("recurrence", "recurrence"), ("os", "death")):
        check_cox(made, f"cox_{analysis}/included/full", f"colon_cox_{answer}_breslow", TERMS)
        check_kaplan_meier(
            made, f"{analysis}/included/{{group}}/{analysis}/", f"colon_{answer}_km_log-log", ARMS
        )


def test_the_baseline_table_counts_everyone_once(results: Results) -> None:
    arms = {arm: value(results, f"flow/screened/{arm}///included") for arm in ARMS}
    assert arms == {"obs": 315, "lev": 310, "lev_5fu": 304}
    for arm, n in arms.items():
        for variable in ("age", "sex", "nodes", "differ_group", "extent"):
            known = value(results, f"baseline/included/{arm}/{variable}//n")
            missing = value(results, f"baseline/included/{arm}/{variable}//missing")
            assert known is not None
            assert missing is not None
            assert known + missing == n
