"""Tumour burden scores: the worked table, every bound, both units, missing items."""

from __future__ import annotations

import math

import pytest

from calliper.disease.hcc.burden import seven_eleven, six_and_twelve, tumour_burden_score, up_to_seven

CM = {"diameter_unit": "cm"}


def test_the_worked_table() -> None:
    large, small = (11.5, 1), (4, 3)
    assert up_to_seven(*large, False, **CM).score == 12.5
    assert up_to_seven(*large, False, **CM).stage == "out"
    assert (up_to_seven(*small, False, **CM).score, up_to_seven(*small, False, **CM).stage) == (7.0, "in")
    assert (six_and_twelve(*large, **CM).score, six_and_twelve(*large, **CM).stage) == (12.5, "high")
    assert (six_and_twelve(*small, **CM).score, six_and_twelve(*small, **CM).stage) == (7.0, "mid")
    assert seven_eleven(*large, **CM).stage == "high"
    assert (seven_eleven(*small, **CM).score, seven_eleven(*small, **CM).stage) == (7.0, "low")
    # sqrt(132.25 + 1) and sqrt(16 + 9)
    assert tumour_burden_score(*large, **CM).score == pytest.approx(11.54, abs=5e-3)
    assert tumour_burden_score(*large, **CM).stage == "mid"
    assert (tumour_burden_score(*small, **CM).score, tumour_burden_score(*small, **CM).stage) == (5.0, "mid")


@pytest.mark.parametrize(("cm", "group"), [(5.0, "low"), (5.1, "mid"), (11.0, "mid"), (11.1, "high")])
def test_six_and_twelve_at_its_bounds(cm: float, group: str) -> None:
    assert six_and_twelve(cm, 1, **CM).stage == group
    assert six_and_twelve(round(cm * 10), 1, diameter_unit="mm").stage == group


@pytest.mark.parametrize(("cm", "group"), [(6.0, "low"), (6.1, "mid"), (10.0, "mid"), (10.1, "high")])
def test_seven_eleven_at_its_bounds(cm: float, group: str) -> None:
    assert seven_eleven(cm, 1, **CM).stage == group


def test_sums_of_decimals_are_exact() -> None:
    # in binary, 0.1 + 0.2 style sums would pass the bound
    assert up_to_seven(4.0, 3, False, **CM).stage == "in"
    assert up_to_seven(4.1, 3, False, **CM).stage == "out"
    assert up_to_seven(40, 3, False, diameter_unit="mm").score == 7.0


@pytest.mark.parametrize(
    ("cm", "nodules", "group"),
    [
        (3.2, 1, "low"),  # 10.24 + 1 = 11.24, below 3.36 squared = 11.2896
        (3.21, 1, "mid"),  # 10.3041 + 1 = 11.3041
        (13.7, 1, "mid"),  # 187.69 + 1 = 188.69, below 13.74 squared = 188.7876
        (13.71, 1, "high"),  # 187.9641 + 1 = 188.9641
    ],
)
def test_tumour_burden_at_its_bounds(cm: float, nodules: int, group: str) -> None:
    held = tumour_burden_score(cm, nodules, **CM)
    assert held.stage == group
    assert held.score == pytest.approx(math.hypot(cm, nodules), rel=1e-12)


def test_macrovascular_invasion_is_out_of_seven() -> None:
    assert up_to_seven(2, 1, True, **CM).stage == "out"
    assert up_to_seven(None, 1, True, **CM).stage == "out"
    assert up_to_seven(9, 1, None, **CM).stage == "out"


def test_missing_items() -> None:
    assert up_to_seven(2, 1, None, **CM).stage is None
    assert up_to_seven(2, 1, None, **CM).reason == "macrovascular invasion is not recorded"
    assert up_to_seven(None, 1, False, **CM).reason == "diameter is not recorded"
    for score in (six_and_twelve, seven_eleven, tumour_burden_score):
        held = score(None, None, **CM)
        assert (held.score, held.stage) == (None, None)
        assert held.reason == "diameter and number of nodules are not recorded"
        assert score(3, None, **CM).reason == "number of nodules is not recorded"
