"""Child-Pugh: five items of 1 to 3 points each; A is 5-6, B 7-9, C 10-15 (Pugh et al., Br J Surg 1973;60:646).

The bounds belong to 2 points: bilirubin of 34.2 and of 51.3 umol/L both count 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from calliper.disease.staged import Staged, not_recorded
from calliper.disease.units import convert, exact


@dataclass(frozen=True, slots=True)
class Bounds:
    """The values of 2 points, both ends inside. `worse` is the side of 3 points."""

    low: Decimal
    high: Decimal
    worse: str

    def points(self, value: Decimal) -> int:
        """1, 2 or 3 points."""
        if self.low <= value <= self.high:
            return 2
        return 3 if ("above" if value > self.high else "below") == self.worse else 1


BILIRUBIN_UMOL_L = Bounds(Decimal("34.2"), Decimal("51.3"), worse="above")
ALBUMIN_G_L = Bounds(Decimal(28), Decimal(35), worse="below")
INR: Mapping[str, Bounds] = {
    "INR_2.3": Bounds(Decimal("1.7"), Decimal("2.3"), worse="above"),
    "INR_2.2": Bounds(Decimal("1.7"), Decimal("2.2"), worse="above"),
}
"""By version: sources print the upper bound as 2.3 or 2.2."""

ASCITES: Mapping[str, int] = {
    "none": 1,
    "absent": 1,
    "mild": 2,
    "slight": 2,
    "controlled": 2,
    "moderate": 3,
    "severe": 3,
    "moderate to severe": 3,
    "refractory": 3,
}
ENCEPHALOPATHY: Mapping[str, int] = {
    "none": 1,
    "grade 1": 2,
    "grade 2": 2,
    "grade 1-2": 2,
    "grade 3": 3,
    "grade 4": 3,
    "grade 3-4": 3,
}
"""Points by the word recorded, in small letters."""


def child_pugh(
    bilirubin: float | None,
    albumin: float | None,
    inr: float | None,
    ascites: str | None,
    encephalopathy: str | None,
    *,
    bilirubin_unit: str,
    albumin_unit: str,
    version: str = "INR_2.3",
) -> Staged:
    """Points (5 to 15) and class (A, B, C) of one patient; null where any of the five items is None.

    Args:
        bilirubin, albumin: in the units given, of `units.FACTORS`.
        inr: international normalised ratio.
        ascites, encephalopathy: a word of ASCITES, of ENCEPHALOPATHY.
        version: a key of INR.

    Raises ValueError for a unit, a word or a version that is not known.
    """
    if version not in INR:
        raise ValueError(f"found the version '{version}'; expected {' or '.join(INR)}")
    if bilirubin is None or albumin is None or inr is None or ascites is None or encephalopathy is None:
        return not_recorded(
            {
                "bilirubin": bilirubin,
                "albumin": albumin,
                "INR": inr,
                "ascites": ascites,
                "encephalopathy": encephalopathy,
            }
        )
    points = (
        BILIRUBIN_UMOL_L.points(convert("bilirubin", bilirubin, bilirubin_unit)),
        ALBUMIN_G_L.points(convert("albumin", albumin, albumin_unit)),
        INR[version].points(exact(inr)),
        _points("ascites", ascites, ASCITES),
        _points("encephalopathy", encephalopathy, ENCEPHALOPATHY),
    )
    total = sum(points)
    shown = (
        f"bilirubin {bilirubin:g} {bilirubin_unit}",
        f"albumin {albumin:g} {albumin_unit}",
        f"INR {inr:g}",
        f"ascites {ascites}",
        f"encephalopathy {encephalopathy}",
    )
    told = ", ".join(f"{item} ({count})" for item, count in zip(shown, points, strict=True))
    return Staged(total, class_of(total), f"{told}: {total} points")


def class_of(points: int) -> str:
    """The class of 5 to 15 points. Raises ValueError outside."""
    if not 5 <= points <= 15:
        raise ValueError(f"found {points} points; expected 5 to 15")
    return "A" if points <= 6 else "B" if points <= 9 else "C"


def _points(item: str, word: str, table: Mapping[str, int]) -> int:
    if word not in table:
        raise ValueError(f"found '{word}' for {item}; expected {', '.join(table)}")
    return table[word]
