"""Cross-field rules on hand-made patients through the study file's rule language, and plausible values."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from calliper.disease.hcc.cross_field import CROSS_FIELD, afp_jumps, same_patient
from calliper.disease.hcc.plausibility import USUAL, judge_sum
from calliper.protocol.criteria import parse
from shared import ROOT

RULES = {rule.id: rule for rule in CROSS_FIELD}

# of each rule: a patient it is true of, and one it is not
PATIENTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "XF01": (
        {"bclc": "C", "ecog": "0", "macrovascular": "No", "spread": "No"},
        {"bclc": "C", "ecog": "1", "macrovascular": "No", "spread": "No"},
    ),
    "XF02": (
        {"bclc": "B", "ecog": "1", "macrovascular": "No", "spread": "No"},
        {"bclc": "B", "ecog": "0", "macrovascular": "No", "spread": "No"},
    ),
    "XF04": ({"child": "A", "child_points": 7.0}, {"child": "A", "child_points": 6.0}),
    "XF05": ({"child": "B", "child_points": 6.0}, {"child": "B", "child_points": 7.0}),
    "XF06": (
        {"cirrhosis": "No", "child": "B", "albumin": 35.0, "ascites": "None"},
        {"cirrhosis": "No", "child": "B", "albumin": 36.0, "ascites": "None"},
    ),
    "XF07": (
        {"nodules": 1, "diameter_sum": 12.0, "diameter": 11.0},
        {"nodules": 1, "diameter_sum": 11.0, "diameter": 11.0},
    ),
    "XF08": (
        {"nodules": 2, "diameter_sum": 11.0, "diameter": 11.0},
        {"nodules": 2, "diameter_sum": 11.5, "diameter": 11.0},
    ),
    "XF10": ({"spread": "Yes"}, {"spread": "No"}),
    "XF11": ({"vp": "Vp2", "macrovascular": "No"}, {"vp": "Vp0", "macrovascular": "No"}),
    "XF12": ({"aetiology": "HBV", "hbsag": "Negative"}, {"aetiology": "HCV", "hbsag": "Negative"}),
    "XF13": (
        {"hbv": "Yes", "hcv": "Yes", "alcohol": "No"},
        {"hbv": "Yes", "hcv": "No", "alcohol": "No"},
    ),
    "XF14": (
        {"treatment": "control", "first_sorafenib": date(2018, 1, 4), "switched": "No"},
        {"treatment": "control", "first_sorafenib": date(2018, 1, 4), "switched": "Yes"},
    ),
    "XF15": ({"days_to_sorafenib": 91}, {"days_to_sorafenib": 90}),
    "XF15W": ({"days_to_sorafenib": 6}, {"days_to_sorafenib": 5}),
    "XF16": (
        {
            "death_date": date(2018, 1, 4),
            "last_visit": date(2018, 1, 5),
            "last_scan": None,
            "last_dose": None,
        },
        {
            "death_date": date(2018, 1, 5),
            "last_visit": date(2018, 1, 5),
            "last_scan": None,
            "last_dose": None,
        },
    ),
    "XF18": (
        {"sex": "Female", "pregnancy": "Yes", "age": 56},
        {"sex": "Female", "pregnancy": "Yes", "age": 55},
    ),
    "XF21": ({"viable_diameter": 11.1, "diameter": 11.0}, {"viable_diameter": 11.0, "diameter": 11.0}),
    "XF22": ({"daily_dose": 500}, {"daily_dose": 400}),
    "XF23": ({"previous": "No", "previous_tace": 1}, {"previous": "No", "previous_tace": 0}),
    "XF24": ({"albi_grade": "3", "child": "A"}, {"albi_grade": "3", "child": "B"}),
}


def holds(rule: str, patient: dict[str, Any]) -> bool | None:
    schema = {name: pl.Date if name.startswith(("last", "death")) else None for name in patient}
    frame = pl.DataFrame({name: pl.Series([value], dtype=schema[name]) for name, value in patient.items()})
    held: bool | None = frame.select(parse(RULES[rule].rule).expression()).item()
    return held


@pytest.mark.parametrize("rule", [rule.id for rule in CROSS_FIELD if rule.rule])
def test_each_rule_finds_its_patient_and_leaves_the_other(rule: str) -> None:
    found, left = PATIENTS[rule]
    assert holds(rule, found) is True
    assert holds(rule, left) is not True


def test_the_numbers_are_whole() -> None:
    assert [rule.id for rule in CROSS_FIELD if rule.id != "XF15W"] == [f"XF{at:02}" for at in range(1, 25)]
    assert {rule.id for rule in CROSS_FIELD if rule.severity == "warning"} == {
        "XF06", "XF11", "XF12", "XF13", "XF15W", "XF18", "XF20", "XF23", "XF24",
    }  # fmt: skip
    assert all(bool(rule.rule) == (rule.held_by == "checks") for rule in CROSS_FIELD)


def test_the_page_has_every_rule() -> None:
    page = (ROOT / "docs" / "methods" / "hcc_staging.md").read_text(encoding="utf-8")
    for rule in CROSS_FIELD:
        held = f"`{rule.rule}`" if rule.rule else rule.held_by
        assert f"| {rule.id} | {rule.severity} | {rule.message} | {held} |" in page


def test_a_missing_value_finds_nobody() -> None:
    assert holds("XF01", {"bclc": "C", "ecog": "0", "macrovascular": "No", "spread": None}) is None


def test_one_patient_twice() -> None:
    born, first = date(1950, 3, 1), date(2018, 1, 10)
    keys = [
        (born, "Male", first, "north"),
        (born, "Female", first, "north"),
        (born, "Male", first, "north"),
        (None, "Male", first, "north"),
        (None, "Male", first, "north"),
        None,
    ]
    assert same_patient(keys) == [(0, 2)]


def test_afp_that_jumps() -> None:
    def series(*values: tuple[int, float]) -> list[tuple[date, float]]:
        return [(date(2018, 1, number), value) for number, value in values]

    assert afp_jumps(series((1, 45), (8, 451))) == [date(2018, 1, 8)]
    assert afp_jumps(series((8, 5000), (1, 45))) == [date(2018, 1, 8)]
    assert afp_jumps(series((1, 45), (8, 450))) == []  # ten times, not more
    assert afp_jumps(series((1, 45), (9, 5000))) == []  # eight days
    assert afp_jumps(series((1, 4), (8, 400))) == []  # not above 400


@pytest.mark.parametrize(
    ("field", "value", "verdict"),
    [
        ("age", 17, "error"),
        ("age", 18, "query"),
        ("age", 25, "usual"),
        ("age", 81, "query"),
        ("age", 111, "error"),
        ("diameter", 31, "error"),
        ("diameter", 2.9, "query"),
        ("bilirubin", 2.9, "query"),
        ("bilirubin", 0.9, "error"),
        ("albumin", 4.0, "error"),
        ("albumin", 61, "error"),
        ("inr", 1.81, "query"),
        ("platelets", 2.9, "error"),
        ("afp", 60500, "usual"),
        ("afp", 60501, "query"),
    ],
)
def test_plausible_values(field: str, value: float, verdict: str) -> None:
    assert USUAL[field].judge(value) == verdict


def test_soft_ends_lie_inside_hard_ones() -> None:
    for field, usual in USUAL.items():
        assert usual.hard[0] <= usual.soft[0] < usual.soft[1] <= usual.hard[1], field


def test_a_sum_of_diameters() -> None:
    assert judge_sum(12.0, largest_cm=11.0, nodules=1) == "error"
    assert judge_sum(11.0, largest_cm=11.0, nodules=1) == "usual"
    assert judge_sum(3.3, largest_cm=1.1, nodules=3) == "query"
    assert judge_sum(36.0, largest_cm=12.0, nodules=4) == "query"
