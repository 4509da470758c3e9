"""The values a measurement usually has (outside `soft` is a query) and can have (outside `hard` is an error).

Both ends are inside. `hint` says what a value outside usually is. In a study file they are
a variable's `plausible` and `range`, by name: `plausible: hcc.diameter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from calliper.disease.units import exact

Ends = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Usual:
    """The values of one measurement in `unit`; `item` names its other units (disease/units.py), where it has any."""

    unit: str
    soft: Ends
    hard: Ends
    hint: str = ""
    item: str = ""

    def judge(self, value: float) -> Literal["usual", "query", "error"]:
        """Where a value in this unit lies."""
        if not self.hard[0] <= value <= self.hard[1]:
            return "error"
        return "usual" if self.soft[0] <= value <= self.soft[1] else "query"


USUAL: Mapping[str, Usual] = {
    "age": Usual("years", (25, 80), (18, 110)),
    "diameter": Usual("cm", (3, 20), (0.5, 30), "above 30 may be in mm, below 1 in dm", "diameter"),
    "nodules": Usual("", (1, 20), (1, 100)),
    "afp": Usual("ng/mL", (0.5, 60500), (0, 5_000_000), item="afp"),
    "bilirubin": Usual("umol/L", (3, 60), (1, 700), "below 3 it is likely in mg/dL", "bilirubin"),
    "albumin": Usual("g/L", (25, 50), (10, 60), "below 7 it is likely in g/dL", "albumin"),
    "alt": Usual("U/L", (5, 400), (1, 15000), item="enzyme"),
    "ast": Usual("U/L", (5, 400), (1, 15000), item="enzyme"),
    "inr": Usual("", (0.8, 1.8), (0.5, 12), item="inr"),
    "creatinine": Usual("umol/L", (35, 150), (10, 1500), item="creatinine"),
    "platelets": Usual("10^9/L", (40, 450), (3, 2000), item="cells"),
    "white_cells": Usual("10^9/L", (2, 15), (0.2, 100), item="cells"),
    "haemoglobin": Usual("g/L", (80, 180), (30, 230), item="haemoglobin"),
    "systolic": Usual("mmHg", (90, 180), (50, 280)),
    "diastolic": Usual("mmHg", (50, 110), (30, 160)),
    "weight": Usual("kg", (40, 110), (25, 250)),
    "height": Usual("cm", (145, 190), (120, 220)),
}
"""By measurement. The sum of diameters has ends of its own: `judge_sum`."""

SOFT_SUM_CM: Ends = (10, 35)


def judge_sum(sum_cm: float, *, largest_cm: float, nodules: int) -> Literal["usual", "query", "error"]:
    """A sum of diameters: an error above the number of nodules times the largest, a query outside 10 to 35 cm."""
    if exact(sum_cm) > nodules * exact(largest_cm):
        return "error"
    return "usual" if SOFT_SUM_CM[0] <= sum_cm <= SOFT_SUM_CM[1] else "query"
