"""ALBI: the worked table, grades at their bounds, units, and scores that no patient has."""

from __future__ import annotations

import math

import pytest

from calliper.disease.hcc.albi import albi, malbi

UNITS = {"bilirubin_unit": "umol/L", "albumin_unit": "g/L"}


@pytest.mark.parametrize(
    ("albumin", "bilirubin", "score", "grade", "modified"),
    [
        (40, 12, -2.6877, "1", "1"),
        (38, 20, -2.3713, "2", "2a"),
        (36, 17, -2.2479, "2", "2b"),
        (35, 20, -2.1163, "2", "2b"),
        (30, 40, -1.4926, "2", "2b"),
        (28, 60, -1.2064, "3", "3"),
    ],
)
def test_worked_rows(albumin: float, bilirubin: float, score: float, grade: str, modified: str) -> None:
    plain, finer = albi(bilirubin, albumin, **UNITS), malbi(bilirubin, albumin, **UNITS)
    assert plain.score == finer.score
    assert plain.score == pytest.approx(score, abs=5e-5)
    assert (plain.stage, finer.stage) == (grade, modified)


# with bilirubin 1 umol/L the logarithm is 0, and the score is -0.085 albumin
@pytest.mark.parametrize(
    ("albumin", "grade", "modified"),
    [
        (2.61 / 0.085, "1", "1"),
        (2.59 / 0.085, "2", "2a"),
        (2.28 / 0.085, "2", "2a"),
        (2.26 / 0.085, "2", "2b"),
        (1.40 / 0.085, "2", "2b"),
        (1.38 / 0.085, "3", "3"),
    ],
)
def test_grades_on_either_side_of_their_bounds(albumin: float, grade: str, modified: str) -> None:
    assert albi(1, albumin, **UNITS).stage == grade
    assert malbi(1, albumin, **UNITS).stage == modified


def test_units_are_converted() -> None:
    held = albi(2, 3.4, bilirubin_unit="mg/dL", albumin_unit="g/dL")
    assert held.score == pytest.approx(0.66 * math.log10(34.2) - 0.085 * 34, rel=1e-12)


def test_albumin_in_g_dl_declared_as_g_l_is_no_score() -> None:
    # 0.66 x 1.30103 - 0.34 = 0.5187
    held = albi(20, 4.0, **UNITS)
    assert (held.score, held.stage) == (None, None)
    assert held.reason == "bilirubin 20 umol/L, albumin 4 g/L: the score would be 0.52; check the units"
    held = albi(20, 400, **UNITS)
    assert held.score is None
    assert "-33.14; check the units" in held.reason


def test_missing_and_impossible_values() -> None:
    assert albi(None, 40, **UNITS).reason == "bilirubin is not recorded"
    assert malbi(20, None, **UNITS).reason == "albumin is not recorded"
    assert albi(0, 40, **UNITS).reason == "bilirubin 0 umol/L, albumin 40 g/L: a score needs both above 0"
