"""The survival and Cox analyses against R on real cohorts: a three-arm trial and resected hepatocellular
carcinoma.

R 4.2.2, survival 3.5-3: shared/data/09_known_answers/r_known_answers.json.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import polars as pl
import pytest

from analyses.hand_cohort import OS, analyse, category, failures, number, patients, protocol, times, value
from calliper.endpoints import Endpoint
from calliper.results import Results
from shared import shared_data

AT = (365.0, 1095.0, 1825.0)
COLON_ARMS = {"Obs": "obs", "Lev": "lev", "Lev+5FU": "lev_5fu"}
COLON_NUMBERS = ("sex", "age", "obstruct", "perfor", "adhere", "nodes", "differ")
COLON_TERMS = ("arm/lev", "arm/lev_5fu", *(f"{name}/" for name in COLON_NUMBERS))
HCC = ("Age", "Gender", "AFP", "Tumorsize", "Vascularinvasion", "Tumormultiplicity", "BCLC", "CXCL17T")


@cache
def _answer(name: str) -> dict[str, Any]:
    held = json.loads(shared_data("09_known_answers/r_known_answers.json").read_text())["answers"]
    return next(dict(entry["result"]) for entry in held if entry["id"] == name)


@cache
def _colon(etype: int) -> tuple[pl.DataFrame, Endpoint]:
    rows = pl.read_csv(shared_data("03_survival_classic/survival_colon.csv")).filter(pl.col("etype") == etype)
    frame = patients(
        arm=rows["rx"].replace_strict(COLON_ARMS).to_list(),
        **{name: rows[name].cast(pl.Float64).to_list() for name in COLON_NUMBERS},
    )
    return frame, times("os", frame["patient"].to_list(), rows["time"].to_list(), rows["status"].to_list())


def _colon_study(spec: dict[str, Any], **rest: Any) -> Any:
    return protocol(
        spec,
        arms=tuple(COLON_ARMS.values()),
        reference="obs",
        variables={name: number(name) for name in COLON_NUMBERS},
        endpoints={"os": {**OS, "unit": "days"}},
        **rest,
    )


def _check_curves(found: Results, answer: dict[str, Any], groups: dict[str, str]) -> None:
    for row in answer["summary"]:
        here = f"os/included/{groups[row['group']]}/os//"
        assert (value(found, here + "n"), value(found, here + "events")) == (row["n"], row["events"])
        columns = {"q1": "q25", "q3": "q75", "median_lower": "median_lcl", "median_upper": "median_ucl"}
        for stat in ("q1", "median", "q3", "median_lower", "median_upper"):
            cell = found.get(here + stat)
            assert cell is not None
            expected = row[columns.get(stat, stat)]
            assert cell.value == (expected and pytest.approx(expected, rel=1e-10)), (here, stat)
    for row in answer["at_times"]:
        at = f"os/included/{groups[row['group']]}/os//{{}}@{row['time']:g}"
        assert value(found, at.format("at_risk")) == row["n_risk"]
        columns = {"survival": "surv", "survival_se": "se", "survival_lower": "lcl", "survival_upper": "ucl"}
        for stat, column in columns.items():
            assert value(found, at.format(stat)) == pytest.approx(row[column], rel=1e-10)


def _check_logrank(found: Results, answer: dict[str, Any], groups: dict[str, str]) -> None:
    between = "os/included/between/os//"
    assert value(found, between + "statistic.logrank") == pytest.approx(answer["chisq"], rel=1e-10)
    assert value(found, between + "p.logrank") == pytest.approx(answer["p"], rel=1e-9)
    assert value(found, between + "df.logrank") == answer["df"]
    for name, observed, expected in zip(answer["groups"], answer["obs"], answer["exp"], strict=True):
        here = f"os/included/{groups[name]}/os//"
        assert value(found, here + "observed.logrank") == observed
        assert value(found, here + "expected.logrank") == pytest.approx(expected, rel=1e-10)


def _check_model(found: Results, answer: dict[str, Any], terms: tuple[str, ...]) -> None:
    model = "cox/included/full/"
    assert (value(found, model + "//n"), value(found, model + "//events")) == (answer["n"], answer["nevent"])
    assert value(found, model + "//parameters") == len(terms)
    columns = {"coefficient": "coef", "se": "se", "hr": "hr", "lower": "hr_lcl", "upper": "hr_ucl", "p": "p"}
    for place, term in enumerate(terms):
        for stat, column in {**columns, "statistic": "z"}.items():
            cell = value(found, f"{model}{term}/{stat}")
            assert cell == pytest.approx(answer[column][place], rel=1e-7), (term, stat)
    loglik = [value(found, model + "//loglik_null"), value(found, model + "//loglik")]
    assert loglik == pytest.approx(answer["loglik"], rel=1e-9)
    assert value(found, model + "//concordance") == pytest.approx(answer["concordance"]["C"], rel=1e-10)
    for test, column in (("likelihood_ratio", "lrt"), ("score", "score")):
        assert value(found, f"{model}//p.{test}") == pytest.approx(answer[column]["pvalue"], rel=1e-6)
    # R prints the Wald statistic with two decimals.
    assert value(found, model + "//statistic.wald") == pytest.approx(answer["wald"]["test"], abs=0.005)
    *names, overall = answer["zph_km_transform"]["rows"]
    assert overall == "GLOBAL"
    *expected, all_together = answer["zph_km_transform"]["p"]
    factors = dict.fromkeys(term.split("/")[0] for term in terms)
    for factor, p, name in zip(factors, expected, names, strict=True):
        assert value(found, f"{model}{factor}//p.zph") == pytest.approx(p, rel=1e-6), name
    assert value(found, model + "//p.zph") == pytest.approx(all_together, rel=1e-6)


@pytest.mark.parametrize("interval", ["log", "log-log", "plain"])
@pytest.mark.parametrize(("etype", "name"), [(1, "recurrence"), (2, "death")])
def test_colon_curves(etype: int, name: str, interval: str) -> None:
    spec = {"id": "os", "kind": "survival", "endpoint": "os", "at": AT, "ticks": AT}
    found = analyse(_colon_study(spec, conventions={"survival_ci": interval}), *_colon(etype))
    groups = {f"rx={rx}": arm for rx, arm in COLON_ARMS.items()}
    _check_curves(found, _answer(f"colon_{name}_km_{interval}"), groups)
    _check_logrank(found, _answer(f"colon_lr_{name}"), groups)


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize(("etype", "name"), [(1, "recurrence"), (2, "death")])
def test_colon_model(etype: int, name: str, ties: str) -> None:
    factors = ["arm", *COLON_NUMBERS]
    full = {"id": "full", "label": "All", "factors": factors}
    spec = {"id": "cox", "kind": "cox", "endpoint": "os", "factors": factors, "models": [full]}
    found = analyse(_colon_study(spec, conventions={"ties": ties}), *_colon(etype))
    _check_model(found, _answer(f"colon_cox_{name}_{ties}"), COLON_TERMS)
    (method,) = [method for method in found.methods if method.subject == "full"]
    assert (method.n_used, method.n_excluded) == (888, 41)
    assert method.why_excluded == "not recorded: nodes (18), differ (23)"


def _resection(*, levels: bool) -> tuple[pl.DataFrame, Endpoint]:
    rows = pl.read_csv(shared_data("04_hcc/hepatocellular_resection.csv"), infer_schema_length=None)
    columns = {name.lower(): rows[name].cast(pl.Float64).to_list() for name in HCC}
    if levels:
        columns["bclc"] = rows["BCLC"].cast(pl.String).to_list()
    frame = patients(arm=["test", "control"] * 113 + ["test"], **columns)
    return frame, times("os", frame["patient"].to_list(), rows["OS"].to_list(), rows["Death"].to_list())


def test_resection_by_stage() -> None:
    ats = (12.0, 36.0, 60.0)
    spec = {"id": "os", "kind": "survival", "endpoint": "os", "by": "bclc", "at": ats, "ticks": ats}
    study = protocol(spec, variables={"bclc": category("BCLC stage", "1", "2")}, endpoints={"os": OS})
    found = analyse(study, *_resection(levels=True))
    groups = {"BCLC=1": "1", "BCLC=2": "2"}
    _check_curves(found, _answer("hcc_os_bclc_km_log"), groups)
    _check_logrank(found, _answer("hcc_os_lr_bclc"), groups)
    assert found.get("os/included/2 vs 1/os//hr.cox") is not None
    (method,) = [method for method in found.methods if method.name == "logrank"]
    assert method.sentence == "Groups by BCLC stage were compared by the two-sided log-rank test."


@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_resection_model(ties: str) -> None:
    factors = [name.lower() for name in HCC]
    full = {"id": "full", "label": "All", "factors": factors}
    study = protocol(
        {"id": "cox", "kind": "cox", "endpoint": "os", "factors": factors, "models": [full]},
        variables={name: number(name) for name in factors},
        endpoints={"os": OS},
        conventions={"ties": ties},
    )
    found = analyse(study, *_resection(levels=False))
    _check_model(found, _answer(f"hcc_os_cox_{ties}"), tuple(f"{name}/" for name in factors))
    assert not failures(found)
