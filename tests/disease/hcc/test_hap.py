"""HAP, mHAP and mHAP-II: worked patients, values at each bound, units, missing items."""

from __future__ import annotations

from typing import Any

import pytest

from calliper.disease.hcc.hap import hap, mhap, mhap_ii

UNITS = {"albumin_unit": "g/L", "bilirubin_unit": "umol/L", "afp_unit": "ng/mL", "diameter_unit": "cm"}
WITHOUT_BILIRUBIN = {name: unit for name, unit in UNITS.items() if name != "bilirubin_unit"}


def test_worked_patients() -> None:
    held = hap(35, 20, 500, 11, **UNITS)
    assert (held.score, held.stage) == (4, "D")
    held = mhap_ii(35, 20, 500, 11, 2, **UNITS)
    assert (held.score, held.stage) == (5, "D")
    held = mhap_ii(35, 20, 500, 11, 1, **UNITS)
    assert (held.score, held.stage) == (4, "D")
    held = hap(40, 10, 50, 11, **UNITS)
    assert (held.score, held.stage) == (1, "B")
    assert held.reason == "points for diameter: 1 of 4"


@pytest.mark.parametrize(
    ("items", "points"),
    [
        ((36, 17, 400, 7.0), 0),
        ((35.9, 17, 400, 7.0), 1),
        ((36, 17.1, 400, 7.0), 1),
        ((36, 17, 400.1, 7.0), 1),
        ((36, 17, 400, 7.1), 1),
        ((35.9, 17.1, 400, 7.0), 2),
        ((35.9, 17.1, 400.1, 7.0), 3),
    ],
)
def test_edges(items: tuple[float, float, float, float], points: int) -> None:
    held = hap(*items, **UNITS)
    assert (held.score, held.stage) == (points, "ABCD"[points])


def test_mhap_leaves_bilirubin_out() -> None:
    for items, points in (((36, 400, 7.0), 0), ((35, 400, 7), 1), ((35, 500, 7), 2), ((35, 500, 11), 3)):
        held = mhap(*items, **WITHOUT_BILIRUBIN)
        assert (held.score, held.stage) == (points, "ABCD"[points])


def test_the_bilirubin_of_the_mhap_ii_paper_is_a_version() -> None:
    assert mhap_ii(40, 16, 50, 5, 1, **UNITS).score == 0
    assert mhap_ii(40, 16, 50, 5, 1, **UNITS, version="BILIRUBIN_15.4").score == 1
    assert mhap_ii(40, 15.4, 50, 5, 1, **UNITS, version="BILIRUBIN_15.4").score == 0
    with pytest.raises(ValueError, match="version '17'; expected BILIRUBIN_17 or BILIRUBIN_15"):
        hap(40, 16, 50, 5, **UNITS, version="17")


def test_units() -> None:
    # 331 IU/mL x 1.21 = 400.51 ng/mL; 330 x 1.21 = 399.3; 3.6 g/dL is 36 g/L; 70 mm is 7 cm
    units = {"albumin_unit": "g/dL", "bilirubin_unit": "mg/dL", "afp_unit": "IU/mL", "diameter_unit": "mm"}
    assert hap(3.6, 0.9, 330, 70, **units).score == 0
    assert hap(3.6, 0.9, 331, 70, **units).score == 1
    assert hap(3.5, 1.0, 331, 71, **units).score == 4


@pytest.mark.parametrize("position", range(5))
def test_a_missing_item_leaves_no_score(position: int) -> None:
    items: list[Any] = [35, 20, 500, 11, 2]
    items[position] = None
    name = ("albumin", "bilirubin", "AFP", "diameter", "number of nodules")[position]
    held = mhap_ii(*items, **UNITS)
    assert (held.score, held.stage, held.reason) == (None, None, f"{name} is not recorded")
