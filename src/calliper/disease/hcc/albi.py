"""ALBI = 0.66 log10(bilirubin, umol/L) - 0.085 (albumin, g/L) and its grades.

Grade 1 up to -2.60, 2 above it up to -1.39, 3 above that (Johnson et al., J Clin Oncol 2015;33:550). The modified
grades divide grade 2 at -2.27 (Hiraoka et al., Liver Cancer 2017;6:325); that -2.27 itself is 2a is not verified.
"""

from __future__ import annotations

import math

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert

GRADE_1, GRADE_2A, GRADE_2 = -2.60, -2.27, -1.39
"""The highest score of grades 1, 2a and 2."""

FARTHEST = 5.0
LOWEST_ALBUMIN_G_L = 10
"""A score farther from 0, or above 0 with less albumin than this, comes of a wrong unit."""


def albi(bilirubin: float | None, albumin: float | None, *, bilirubin_unit: str, albumin_unit: str) -> Staged:
    """The ALBI score and its grade, 1 to 3; null for a missing item and for a score that no patient has.

    Raises ValueError for a unit that is not known.
    """
    return _graded(bilirubin, albumin, bilirubin_unit, albumin_unit, modified=False)


def malbi(
    bilirubin: float | None, albumin: float | None, *, bilirubin_unit: str, albumin_unit: str
) -> Staged:
    """The ALBI score and its modified grade, 1, 2a, 2b or 3; null as `albi`."""
    return _graded(bilirubin, albumin, bilirubin_unit, albumin_unit, modified=True)


def _graded(
    bilirubin: float | None, albumin: float | None, bilirubin_unit: str, albumin_unit: str, *, modified: bool
) -> Staged:
    if bilirubin is None or albumin is None:
        return not_recorded({"bilirubin": bilirubin, "albumin": albumin})
    umol_l = float(convert("bilirubin", bilirubin, bilirubin_unit))
    g_l = float(convert("albumin", albumin, albumin_unit))
    told = f"bilirubin {bilirubin:g} {bilirubin_unit}, albumin {albumin:g} {albumin_unit}"
    if umol_l <= 0 or g_l <= 0:
        return Staged(None, None, f"{told}: a score needs both above 0")
    score = 0.66 * math.log10(umol_l) - 0.085 * g_l
    if abs(score) > FARTHEST or (score > 0 and g_l < LOWEST_ALBUMIN_G_L):
        return Staged(None, None, f"{told}: the score would be {score:.2f}; check the units")
    return Staged(score, _grade(score, modified=modified), f"{told}: {score:.4f}")


def _grade(score: float, *, modified: bool) -> str:
    if score <= GRADE_1:
        return "1"
    if score > GRADE_2:
        return "3"
    if not modified:
        return "2"
    return "2a" if score <= GRADE_2A else "2b"
