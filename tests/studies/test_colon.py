"""The adjuvant colon trial, three arms: equal to R wherever R's answer is known."""

from __future__ import annotations

import json
import os

import pytest

import calliper
from calliper.results import Results
from shared import ROOT, shared_data
from studies.answers import check_cox, check_kaplan_meier, check_logrank, value

SUBGROUPS = json.loads((ROOT / "tests/fixtures/r/subgroups.json").read_text(encoding="utf-8"))
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


@pytest.mark.parametrize(
    ("variable", "column", "levels"),
    [
        ("sex", "sex", {"Female": "0", "Male": "1"}),
        ("age_group", "age60", {"under 60 years": "0", "60 years or older": "1"}),
        ("obstruct", "obstruct", {"No": "0", "Yes": "1"}),
        ("differ_group", "differ", {"Well": "1", "Moderate": "2", "Poor": "3"}),
        ("node4", "node4", {"No": "0", "Yes": "1"}),
    ],
)
def test_subgroups_and_interactions(
    results: Results, variable: str, column: str, levels: dict[str, str]
) -> None:
    held = SUBGROUPS["colon"][0]["factors"][column]
    arms = {"Obs": "obs", "Lev": "lev", "Lev+5FU": "lev_5fu"}
    for level, code in levels.items():
        answer = held["levels"][code]
        for name, arm in arms.items():
            here = f"subgroups_os/included/{arm}/{variable}/{level}/"
            assert (value(results, here + "n"), value(results, here + "events")) == (
                answer["n"][name],
                answer["events"][name],
            )
        for place, name in enumerate(answer["arm"]):
            here = f"subgroups_os/included/{arms[name]} vs obs/{variable}/{level}/"
            for stat in ("hr", "lower", "upper"):
                assert value(results, f"{here}{stat}.cox") == pytest.approx(answer[stat][place], rel=1e-7)
    for stat in ("statistic", "df", "p"):
        found = value(results, f"subgroups_os/included/between/{variable}//{stat}.interaction")
        assert found == pytest.approx(held["test"][stat], rel=1e-6)
    assert value(results, f"subgroups_os/included/overall/{variable}//n") == held["test"]["n"]


def test_restricted_means(results: Results) -> None:
    answer = SUBGROUPS["colon_rmst"]
    for name, mean, error in zip(("obs", "lev", "lev_5fu"), answer["mean"], answer["se"], strict=True):
        assert value(results, f"os/included/{name}/os//mean.rmst@2500") == pytest.approx(mean, rel=1e-9)
        assert value(results, f"os/included/{name}/os//se.rmst@2500") == pytest.approx(error, rel=1e-9)
