"""Levels of tumour thrombus, and alpha-fetoprotein with its signs and units."""

from __future__ import annotations

from decimal import Decimal

import pytest

from calliper.disease.hcc.afp import afp_400, has_responded, read_afp
from calliper.disease.hcc.pvtt import cheng, is_macrovascular, macrovascular


def test_a_thrombus_of_any_level_is_macrovascular() -> None:
    for vp in ("Vp1", "Vp2", "Vp3", "Vp4"):
        assert is_macrovascular(vp, None) is True
        assert is_macrovascular(vp, "Vv0") is True
    for vv in ("Vv1", "Vv2", "Vv3"):
        assert is_macrovascular(None, vv) is True
    assert is_macrovascular("Vp0", "Vv0") is False
    assert is_macrovascular("Vp0", None) is None
    assert is_macrovascular(None, "Vv0") is None
    assert is_macrovascular(None, None) is None
    with pytest.raises(ValueError, match="found 'VP3'; expected Vp0, Vp1"):
        is_macrovascular("VP3", None)


def test_cheng() -> None:
    assert [cheng(vp) for vp in ("Vp0", "Vp1", "Vp2", "Vp3")] == ["none", "I", "I", "II"]
    assert cheng("Vp4") is None
    assert cheng("Vp4", trunk=True) is None
    assert cheng("Vp4", trunk=True, superior_mesenteric=False) == "III"
    assert cheng("Vp4", trunk=False) == "II"
    assert cheng("Vp4", superior_mesenteric=True) == "IV"
    assert cheng(None) is None
    assert cheng(None, superior_mesenteric=True) == "IV"
    with pytest.raises(ValueError, match="superior mesenteric vein with Vp2"):
        cheng("Vp2", superior_mesenteric=True)
    with pytest.raises(ValueError, match="found 'Vp5'"):
        cheng("Vp5")


@pytest.mark.parametrize(
    ("text", "unit", "is_above"),
    [
        ("400", "ng/mL", False),
        ("400.1", "ng/mL", True),
        ("<0.6", "ng/mL", False),
        (">1210", "ng/mL", True),
        (">200", "ng/mL", None),
        (">400", "ng/mL", True),
        ("<400", "ng/mL", False),
        ("<500", "ng/mL", None),
        (" > 1210 ", "IU/mL", True),
        ("330", "IU/mL", False),
        ("331", "IU/mL", True),
        (">331", "IU/mL", True),
    ],
)
def test_above_400(text: str, unit: str, is_above: bool | None) -> None:
    assert read_afp(text, unit=unit).is_above() is is_above


def test_300_iu_are_363_ng() -> None:
    held = read_afp("300", unit="IU/mL")
    assert (held.ng_ml, held.sign) == (Decimal(363), "=")


def test_a_limit_keeps_its_value_and_sign() -> None:
    held = read_afp("<0.6", unit="ng/mL")
    assert (held.ng_ml, held.sign) == (Decimal("0.6"), "<")
    # other cuts: below 0.6 is below 20, above 1210 above 1000
    assert held.is_above(Decimal(20)) is False
    assert read_afp(">1210", unit="ng/mL").is_above(Decimal(1000)) is True


def test_what_is_no_value() -> None:
    for text in ("", "high", "1,200", "<", "5-10", ">=400"):
        with pytest.raises(ValueError, match="expected a number, or one after < or >"):
            read_afp(text, unit="ng/mL")
    with pytest.raises(ValueError, match="unit 'IU/L' of afp; expected ng/mL"):
        read_afp("300", unit="IU/L")


def test_both_as_stages() -> None:
    assert (macrovascular("Vp3", None).stage, macrovascular("Vp3", None).reason) == ("Yes", "Vp3")
    assert macrovascular("Vp0", "Vv0").stage == "No"
    assert macrovascular("Vp0", None).reason == "hepatic vein is not recorded"
    assert [afp_400(text, version="ng/mL").stage for text in ("400", ">400", ">200", "high", None)] == [
        "≤400",
        ">400",
        None,
        None,
        None,
    ]
    assert afp_400("high", version="ng/mL").reason == "AFP high ng/mL: neither a number nor one after < or >"
    with pytest.raises(ValueError, match="unit 'IU'"):
        afp_400("high", version="IU")


@pytest.mark.parametrize(
    ("before", "after", "days", "responded"),
    [
        ("100", "80", 28, True),
        ("100", "80.1", 28, False),
        ("100", "80", 27, None),
        ("100", "80", 56, True),
        ("100", "80", 57, None),
        ("20", "5", 30, None),
        ("20.1", "5", 30, True),
        (">1210", "900", 30, True),  # from more than 1210 it is a larger fall still
        (">1210", "1200", 30, None),
        ("100", "<0.6", 30, True),
        ("100", "<90", 30, None),
        ("100", ">1210", 30, None),
    ],
)
def test_a_fall_of_afp(before: str, after: str, days: int, responded: bool | None) -> None:
    held = [read_afp(text, unit="ng/mL") for text in (before, after)]
    assert has_responded(*held, days=days) is responded


def test_a_fall_by_half() -> None:
    before, half, less = (read_afp(text, unit="ng/mL") for text in ("100", "50", "50.1"))
    assert has_responded(before, half, days=30, fall_percent=50) is True
    assert has_responded(before, less, days=30, fall_percent=50) is False
