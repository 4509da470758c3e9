"""Survival and progression of the invented cohort: the published numbers, found by hand and by R.

`fixtures/demo_survival.csv` was written by `fixtures/demo_survival.R`; its first line names the versions.
"""

from __future__ import annotations

import csv
from fractions import Fraction
from math import erfc, exp, sqrt
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.by_hand import COMBINATION, CONTROL, Demo, Row, cox, kaplan_meier, log_rank

ARMS = {"combination": COMBINATION, "control": CONTROL}
MONTH = 30.4375


@pytest.fixture(scope="module")
def in_r() -> dict[str, float]:
    text = (Path(__file__).parent / "fixtures" / "demo_survival.csv").read_text()
    rows = csv.DictReader(line for line in text.splitlines() if not line.startswith("#"))
    return {row["name"]: float(row["value"]) for row in rows}


def times(demo: Demo, endpoint: str, treatment: str) -> list[tuple[int, bool]]:
    measure = demo.overall_survival if endpoint == "os" else demo.progression
    return [measure(patient) for patient in demo.arm(treatment)]


@pytest.mark.parametrize(("endpoint", "published"), [("os", "6.470"), ("ttp", "8.271")])
def test_log_rank(demo: Demo, in_r: dict[str, float], endpoint: str, published: str) -> None:
    chi_square = float(log_rank(times(demo, endpoint, COMBINATION), times(demo, endpoint, CONTROL)))
    assert chi_square == pytest.approx(in_r[f"{endpoint}_log_rank"], rel=1e-12)
    assert f"{chi_square:.3f}" == published


@pytest.mark.parametrize(
    ("endpoint", "arm", "published"),
    [
        ("os", "combination", "18.6"),
        ("os", "control", "12.7"),
        ("ttp", "combination", "8.3"),
        ("ttp", "control", "6.0"),
    ],
)
def test_medians_under_every_rule(
    demo: Demo, in_r: dict[str, float], endpoint: str, arm: str, published: str
) -> None:
    observed = times(demo, endpoint, ARMS[arm])
    curve = kaplan_meier(observed)
    day, height = next((day, height) for day, height in curve if height <= Fraction(1, 2))
    assert height < Fraction(1, 2), "a curve that rests on 0.5 has another median under another rule"
    assert f"{day / MONTH:.1f}" == published
    assert day == in_r[f"{endpoint}_median_days_{arm}"]
    assert sum(event for _, event in observed) == in_r[f"{endpoint}_events_{arm}"]


def test_follow_up_runs_from_8_to_36_months(demo: Demo) -> None:
    months = [demo.overall_survival(patient)[0] / MONTH for patient in demo.patients]
    assert 8.0 <= min(months) < 8.5
    assert 35.5 < max(months) <= 36.0


def factors(patients: list[Row]) -> dict[str, NDArray[np.float64]]:
    columns = {
        "age": [p["Age"] for p in patients],
        "female": [p["Sex"] == "F" for p in patients],
        "not_hbv": [p["Aetiology"] != "HBV" for p in patients],
        "ecog": [p["ECOG"] for p in patients],
        "child_b": [p["Child-Pugh"] == "B" for p in patients],
        "bclc_c": [p["BCLC"] == "C" for p in patients],
        "afp_over_400": [p["AFP (ng/mL)"] > 400 for p in patients],
        "nodules_over_3": [p["Nodules"] > 3 for p in patients],
        "vascular_invasion": [p["Vascular invasion"] == "Y" for p in patients],
        "metastasis": [p["Extrahepatic metastasis"] == "Y" for p in patients],
        "treatment": [p["Treatment"] == COMBINATION for p in patients],
    }
    return {name: np.asarray(values, dtype=float) for name, values in columns.items()}


def p_value(z: float) -> float:
    return erfc(abs(z) / sqrt(2))


SIGNIFICANT = ("nodules_over_3", "vascular_invasion", "metastasis", "treatment")


def test_univariable_models_find_the_four_published_factors_and_no_other(
    demo: Demo, in_r: dict[str, float]
) -> None:
    observed = [demo.overall_survival(patient) for patient in demo.patients]
    for name, column in factors(demo.patients).items():
        beta, error = cox(observed, column[:, None])
        assert beta[0] == pytest.approx(in_r[f"uni_coef_{name}"], rel=1e-8)
        assert error[0] == pytest.approx(in_r[f"uni_se_{name}"], rel=1e-8)
        assert (p_value(beta[0] / error[0]) < 0.05) == (name in SIGNIFICANT)
        if name in SIGNIFICANT:
            assert (beta[0] < 0) == (name == "treatment")


@pytest.mark.parametrize("factor", ["aetiology", "ecog_level"])
def test_factors_of_several_levels_are_not_significant_as_a_whole_either(
    in_r: dict[str, float], factor: str
) -> None:
    assert in_r[f"uni_wald_p_{factor}"] > 0.05


def test_multivariable_model(demo: Demo, in_r: dict[str, float]) -> None:
    columns = factors(demo.patients)
    observed = [demo.overall_survival(patient) for patient in demo.patients]
    betas, errors = cox(observed, np.column_stack([columns[name] for name in SIGNIFICANT]))
    for name, beta, error in zip(SIGNIFICANT, betas, errors, strict=True):
        assert beta == pytest.approx(in_r[f"multi_coef_{name}"], rel=1e-8)
        assert error == pytest.approx(in_r[f"multi_se_{name}"], rel=1e-8)
        assert (p_value(beta / error) < 0.05) == (name != "metastasis")
    ratios = dict(zip(SIGNIFICANT, map(exp, betas), strict=True))
    assert ratios["treatment"] == pytest.approx(0.561, rel=0.05)
    assert ratios["nodules_over_3"] == pytest.approx(1.960, rel=0.05)
    assert ratios["vascular_invasion"] == pytest.approx(1.971, rel=0.05)
    assert ratios["metastasis"] > 1


def test_hazards_are_proportional_as_the_models_assume(in_r: dict[str, float]) -> None:
    assert in_r["multi_zph_p_treatment"] > 0.05
    assert in_r["multi_zph_p_global"] > 0.05


def test_days_of_death_are_distinct_so_no_method_for_ties_matters(demo: Demo) -> None:
    days = [day for day, died in map(demo.overall_survival, demo.patients) if died]
    assert len(days) == len(set(days))
