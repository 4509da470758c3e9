"""Child-Pugh points and classes: worked rows, every bound, both units, every missing item."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from calliper.disease.hcc.child_pugh import child_pugh, class_of


def staged(*items: Any, version: str = "INR_2.3") -> tuple[float | None, str | None]:
    held = child_pugh(*items, bilirubin_unit="umol/L", albumin_unit="g/L", version=version)
    return held.score, held.stage


@pytest.mark.parametrize(
    ("items", "points", "grade"),
    [
        ((30, 36, 1.2, "none", "none"), 5, "A"),
        ((40, 33, 1.8, "mild", "none"), 9, "B"),
        ((55, 27, 1.5, "mild", "none"), 10, "C"),
        ((52, 27, 2.4, "refractory", "grade 3-4"), 15, "C"),
        ((34.1, 36, 1.2, "mild", "none"), 6, "A"),
        ((34.2, 36, 1.2, "mild", "none"), 7, "B"),
    ],
)
def test_worked_patients(items: tuple[Any, ...], points: int, grade: str) -> None:
    assert staged(*items) == (points, grade)


# the other four items count 1 each: 4 points and those of the item at its bound
@pytest.mark.parametrize(
    ("bilirubin", "points"), [(34.19, 1), (34.2, 2), (51.3, 2), (51.31, 3), (3, 1), (700, 3)]
)
def test_bilirubin_at_its_bounds(bilirubin: float, points: int) -> None:
    assert staged(bilirubin, 36, 1.2, "none", "none")[0] == 4 + points


@pytest.mark.parametrize(("mg_dl", "points"), [(1.99, 1), (2, 2), (2.0, 2), (3, 2), (3.0, 2), (3.01, 3)])
def test_bilirubin_in_mg_dl_has_the_bounds_2_and_3(mg_dl: float, points: int) -> None:
    held = child_pugh(mg_dl, 3.6, 1.2, "none", "none", bilirubin_unit="mg/dL", albumin_unit="g/dL")
    assert held.score == 4 + points


@pytest.mark.parametrize(("g_l", "points"), [(35.1, 1), (35, 2), (28, 2), (27.9, 3)])
def test_albumin_at_its_bounds_in_both_units(g_l: float, points: int) -> None:
    assert staged(20, g_l, 1.2, "none", "none")[0] == 4 + points
    in_g_dl = {35.1: 3.51, 35: 3.5, 28: 2.8, 27.9: 2.79}[g_l]
    held = child_pugh(20, in_g_dl, 1.2, "none", "none", bilirubin_unit="umol/L", albumin_unit="g/dL")
    assert held.score == 4 + points


@pytest.mark.parametrize(("inr", "points"), [(1.69, 1), (1.7, 2), (2.2, 2), (2.3, 2), (2.31, 3)])
def test_inr_at_its_bounds(inr: float, points: int) -> None:
    assert staged(20, 36, inr, "none", "none")[0] == 4 + points


def test_the_upper_bound_of_inr_is_a_version() -> None:
    assert staged(20, 36, 2.25, "none", "none", version="INR_2.3")[0] == 6
    assert staged(20, 36, 2.25, "none", "none", version="INR_2.2")[0] == 7
    assert staged(20, 36, 2.2, "none", "none", version="INR_2.2")[0] == 6
    with pytest.raises(ValueError, match=r"'2\.3'; expected INR_2\.3 or INR_2\.2"):
        staged(20, 36, 2.25, "none", "none", version="2.3")


@pytest.mark.parametrize(
    ("word", "points"), [("none", 1), ("mild", 2), ("controlled", 2), ("moderate to severe", 3)]
)
def test_ascites(word: str, points: int) -> None:
    assert staged(20, 36, 1.2, word, "none")[0] == 4 + points


@pytest.mark.parametrize(("word", "points"), [("none", 1), ("grade 1", 2), ("grade 1-2", 2), ("grade 4", 3)])
def test_encephalopathy(word: str, points: int) -> None:
    assert staged(20, 36, 1.2, "none", word)[0] == 4 + points


def test_classes() -> None:
    assert "".join(class_of(points) for points in range(5, 16)) == "AABBBCCCCCC"
    for points in (4, 16):
        with pytest.raises(ValueError, match=f"found {points} points"):
            class_of(points)


def test_any_missing_item_leaves_no_score_and_is_named() -> None:
    whole = (55, 27, 2.5, "severe", "grade 4")
    names = ("bilirubin", "albumin", "INR", "ascites", "encephalopathy")
    for kept in product([True, False], repeat=5):
        items = [value if keep else None for value, keep in zip(whole, kept, strict=True)]
        held = child_pugh(*items, bilirubin_unit="umol/L", albumin_unit="g/L")  # type: ignore[arg-type]
        if all(kept):
            assert (held.score, held.stage) == (15, "C")
            continue
        assert (held.score, held.stage) == (None, None)
        told = held.reason.removesuffix(" is not recorded").removesuffix(" are not recorded")
        assert set(told.replace(" and ", ", ").split(", ")) == {
            name for name, keep in zip(names, kept, strict=True) if not keep
        }


def test_the_reason_has_every_item_with_its_points() -> None:
    held = child_pugh(2.1, 3.4, 1.53, "none", "none", bilirubin_unit="mg/dL", albumin_unit="g/dL")
    assert held.reason == (
        "bilirubin 2.1 mg/dL (2), albumin 3.4 g/dL (2), INR 1.53 (1), ascites none (1), encephalopathy none (1): "
        "7 points"
    )


def test_units_and_words_are_never_guessed() -> None:
    with pytest.raises(ValueError, match="the unit 'mg/l' of bilirubin; expected umol/L"):
        child_pugh(2, 36, 1.2, "none", "none", bilirubin_unit="mg/l", albumin_unit="g/L")
    with pytest.raises(ValueError, match="'some' for ascites; expected none, absent, mild"):
        staged(20, 36, 1.2, "some", "none")
    with pytest.raises(ValueError, match="finite"):
        staged(float("nan"), 36, 1.2, "none", "none")
