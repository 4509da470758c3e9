"""BCLC: the worked patients under each version, every bound, and every missing item against a slow twin."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from calliper.disease.hcc.bclc import VERSIONS, bclc
from calliper.disease.staged import Staged

YES, NO = True, False
ITEMS = ("ecog", "child_pugh", "macrovascular", "spread", "nodules", "diameter")


def staged(*items: Any, version: str = "2022", unit: str = "cm") -> Staged:
    return bclc(**dict(zip(ITEMS, items, strict=True)), diameter_unit=unit, version=version)


def stage(*items: Any, version: str = "2022", unit: str = "cm") -> str | None:
    return staged(*items, version=version, unit=unit).stage


@pytest.mark.parametrize(
    ("items", "modern", "legacy"),
    [
        ((0, "A", NO, NO, 1, 11.5), "A", "B"),
        ((0, "A", NO, NO, 4, 6), "B", "B"),
        ((1, "A", NO, NO, 1, 11), "C", "C"),
        ((0, "B", YES, NO, 1, 12), "C", "C"),
        ((2, "A", NO, YES, 2, 8), "C", "C"),
        ((3, "A", NO, NO, 1, 11), "D", "D"),
        ((0, "C", NO, NO, 1, 11), "D", "D"),
    ],
    ids=["b1", "b2", "b3", "b4", "b5", "b6", "b7"],
)
def test_worked_patients(items: tuple[Any, ...], modern: str, legacy: str) -> None:
    found = [stage(*items, version=version) for version in ("2018", "2022", "LEGACY_LARGE")]
    assert found == [modern, modern, legacy]


@pytest.mark.parametrize(
    ("nodules", "cm", "modern", "legacy"),
    [
        (1, 2.0, "0", "0"),
        (1, 2.01, "A", "A"),
        (1, 5.0, "A", "A"),
        (1, 5.01, "A", "B"),
        (2, 3.0, "A", "A"),
        (3, 3.0, "A", "A"),
        (3, 3.01, "B", "B"),
        (2, 1.5, "A", "A"),
        (4, 1.5, "B", "B"),
    ],
)
def test_number_and_size_at_their_bounds(nodules: int, cm: float, modern: str, legacy: str) -> None:
    assert stage(0, "A", NO, NO, nodules, cm) == modern
    assert stage(0, "A", NO, NO, nodules, cm, version="LEGACY_LARGE") == legacy
    assert stage(0, "A", NO, NO, nodules, round(cm * 10, 1), unit="mm") == modern


def slow(patient: tuple[Any, ...], *, legacy: bool) -> str:
    """The rules as a clinician reads them off the page."""
    ecog, child, macrovascular, spread, nodules, cm = patient
    if ecog in (3, 4):
        return "D"
    if child == "C":
        return "D"
    if macrovascular:
        return "C"
    if spread:
        return "C"
    if ecog in (1, 2):
        return "C"
    if nodules == 1:
        if cm <= 2:
            return "0"
        if not legacy:
            return "A"
        return "A" if cm <= 5 else "B"
    if nodules in (2, 3) and cm <= 3:
        return "A"
    return "B"


CHOICES: tuple[tuple[Any, ...], ...] = (
    (0, 1, 2, 3, 4),
    ("A", "B", "C"),
    (YES, NO),
    (YES, NO),
    (1, 2, 3, 4),
    (1.5, 2.5, 4.0, 6.0, 11.0),
)


@pytest.mark.parametrize("version", sorted(VERSIONS))
def test_every_patient_equals_the_slow_twin(version: str) -> None:
    for items in product(*CHOICES):
        assert stage(*items, version=version) == slow(items, legacy=version == "LEGACY_LARGE"), items


@pytest.mark.parametrize("version", ["2022", "LEGACY_LARGE"])
def test_what_is_missing_is_never_invented(version: str) -> None:
    """A stage with items missing is that of every patient who could be behind them."""
    counted = {True: 0, False: 0}
    for items in product(*[(*choice, None) for choice in CHOICES]):
        if None not in items:
            continue
        held = staged(*items, version=version)
        possible = {
            slow(full, legacy=version == "LEGACY_LARGE")
            for full in product(
                *[choice if item is None else (item,) for item, choice in zip(items, CHOICES, strict=True)]
            )
        }
        counted[held.stage is None] += 1
        if held.stage is not None:
            assert possible == {held.stage}, items
        else:
            assert held.reason.endswith("not recorded"), items
            # only how many nodules can be missing without a doubt left: any number of 6 cm is B in the older reading
            assert len(possible) > 1 or (version == "LEGACY_LARGE" and items[4] is None), items
    assert all(counted.values())


def test_reasons() -> None:
    assert staged(1, "A", YES, None, 1, 11).reason == ("macrovascular invasion, ECOG 1: stage C")
    assert staged(0, "A", NO, NO, 1, 11.5, version="LEGACY_LARGE").reason == (
        "ECOG 0, a single nodule of 11.5 cm: stage B"
    )
    assert staged(1, None, YES, NO, 1, 11).reason == ("Child-Pugh class is not recorded")
    assert staged(0, "A", NO, NO, 2, None).reason == "diameter is not recorded"


def test_what_no_rule_covers_has_no_stage() -> None:
    assert staged(5, "A", NO, NO, 1, 3).reason == ("ECOG 5 is no status of a patient alive (0 to 4)")
    held = staged(0, "A", NO, NO, 0, None)
    assert (held.stage, held.reason) == (None, "0 nodules without invasion or spread: nothing to stage")
    assert stage(0, "A", NO, YES, 0, None) == "C"


def test_unknown_words() -> None:
    with pytest.raises(ValueError, match="version '2021'; expected 2022, 2018, LEGACY_LARGE"):
        stage(0, "A", NO, NO, 1, 3, version="2021")
    with pytest.raises(ValueError, match="class 'b'; expected A, B or C"):
        stage(0, "b", NO, NO, 1, 3)
    with pytest.raises(ValueError, match="unit 'dm' of diameter"):
        stage(0, "A", NO, NO, 1, 3, unit="dm")
