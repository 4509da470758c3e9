"""Grades of clinical signs: the worked rows of every version, and the ends of each interval."""

from __future__ import annotations

import pytest

from calliper.disease.ctcae.signs import (
    Pressure,
    diarrhoea,
    fever,
    hand_foot,
    hypertension,
    rash,
    vomiting,
)
from calliper.disease.ctcae.versions import VERSIONS

NORMAL = Pressure(118, 76)


@pytest.mark.parametrize(
    ("celsius", "hours", "grade"),
    [
        (37.9, None, 0),
        (38.0, None, 1),
        (39.0, None, 1),
        (39.1, None, 2),
        (40.0, None, 2),
        (40.1, 12, 3),
        (40.1, 24, 3),
        (40.1, 30, 4),
        (40.1, None, None),
    ],
)
def test_fever(celsius: float, hours: float | None, grade: int | None) -> None:
    assert fever(celsius, hours_above_40=hours) == grade


def test_diarrhoea() -> None:
    assert [diarrhoea(stools) for stools in (0, 1, 3, 4, 6, 7, 12)] == [0, 1, 1, 2, 2, 3, 3]


def test_vomiting() -> None:
    episodes = (0, 1, 2, 3, 5, 6)
    assert [vomiting(n, version="3.0") for n in episodes] == [0, 1, 2, 2, 2, 3]
    assert [vomiting(n, version="4.03") for n in episodes] == [0, 1, 1, 2, 2, 3]
    assert [vomiting(n, version="5.0") for n in episodes] == [0, None, None, None, None, None]


@pytest.mark.parametrize(
    ("found", "baseline", "is_persistent", "drugs", "wanted"),
    [
        (Pressure(145, 92), Pressure(118, 76), True, 0, (0, 2, 2)),
        (Pressure(165, 95), Pressure(120, 78), False, 0, (1, 3, 3)),
        (Pressure(152, 96), Pressure(118, 74), True, 1, (2, 2, 2)),
        (Pressure(118, 79), NORMAL, False, 0, (0, 0, 0)),
        (Pressure(120, 79), NORMAL, False, 0, (0, 1, 1)),
        (Pressure(139, 89), NORMAL, False, 0, (0, 1, 1)),
        (Pressure(140, 70), NORMAL, False, 0, (0, 2, 2)),
        (Pressure(150, 99), Pressure(118, 79), True, 0, (0, 2, 2)),  # +20 is no rise of more than 20
        (Pressure(150, 99), Pressure(118, 78), True, 0, (2, 2, 2)),  # +21 is
        (Pressure(130, 100), Pressure(118, 85), True, 0, (0, 3, 3)),
        (Pressure(130, 85), NORMAL, False, 2, (3, 3, 3)),
    ],
)
def test_hypertension(
    found: Pressure,
    baseline: Pressure,
    is_persistent: bool,
    drugs: int,
    wanted: tuple[int, int, int],
) -> None:
    grades = tuple(
        hypertension(found, baseline, is_persistent=is_persistent, drugs=drugs, version=version)
        for version in VERSIONS
    )
    assert grades == wanted


def test_symptoms_make_grade_2_of_version_3() -> None:
    high = {"found": Pressure(165, 95), "baseline": NORMAL, "is_persistent": False}
    assert hypertension(**high, has_symptoms=True, version="3.0") == 2
    assert hypertension(**high, is_more_intensive=True, version="3.0") == 3


def test_a_pressure_high_before_counts_by_its_rise_alone() -> None:
    before = Pressure(160, 102)
    assert hypertension(Pressure(165, 104), before, is_persistent=True, version="3.0") == 0
    assert hypertension(Pressure(165, 123), before, is_persistent=True, version="3.0") == 2


def test_rash() -> None:
    def of_each(surface: float, *, itches: bool, severe: bool = False) -> list[int | None]:
        return [rash(surface, has_symptoms=itches, is_severe=severe, version=version) for version in VERSIONS]

    assert of_each(20, itches=True) == [2, 2, 2]
    assert of_each(40, itches=False) == [None, 3, 2]
    assert of_each(40, itches=True, severe=True) == [2, 3, 3]
    assert of_each(9, itches=True) == [2, 1, 1]
    assert of_each(10, itches=True) == [2, 2, 2]
    assert of_each(30, itches=True) == [2, 2, 2]
    assert of_each(0, itches=False) == [0, 0, 0]


def test_rash_of_version_3_by_desquamation() -> None:
    def graded(peeling: float) -> int | None:
        return rash(60, has_symptoms=False, desquamation_percent=peeling, version="3.0")

    assert [graded(peeling) for peeling in (0, 49, 50)] == [1, 2, 3]
    assert rash(100, has_symptoms=False, version="3.0") == 3


def test_limits_of_daily_living_decide_a_rash() -> None:
    for version in ("4.03", "5.0"):
        assert rash(5, has_symptoms=True, limits_instrumental=True, version=version) == 2
        assert rash(5, has_symptoms=True, limits_self_care=True, version=version) == 3


def test_hand_foot() -> None:
    painful = {"has_changes": True, "is_painful": True, "has_blisters": True}
    painless = {"has_changes": True, "is_painful": False}
    assert [hand_foot(**painful, version=version) for version in VERSIONS] == [2, 2, 2]
    assert [hand_foot(**painless, version=version) for version in VERSIONS] == [1, 1, 1]
    blisters = [hand_foot(**painless, has_blisters=True, version=version) for version in VERSIONS]
    assert blisters == [2, 1, 1]
    lost = [hand_foot(**painful, loses_function=True, version=version) for version in VERSIONS]
    assert lost == [3, 2, 2]
    assert all(hand_foot(**painful, limits_self_care=True, version=version) == 3 for version in VERSIONS)
    assert hand_foot(has_changes=False, is_painful=True, version="3.0") == 0
