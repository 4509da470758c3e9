"""Laboratory tests that are graded, scored or followed: their names, what else they are called, and their units."""

from __future__ import annotations

from collections.abc import Mapping

from calliper.disease.ctcae.lab_rules import VERSION_5
from calliper.disease.units import FACTORS

QUANTITIES: Mapping[str, str] = {**{test: rule.quantity for test, rule in VERSION_5.items()}, "afp": "afp"}
"""The tests, each with the quantity whose units (units.py) it may have."""

WORDS: Mapping[str, str] = {
    **{test: test for test in QUANTITIES},
    "bili": "bilirubin",
    "total_bilirubin": "bilirubin",
    "alb": "albumin",
    "plat": "platelets",
    "wbc": "leukocytes",
    "neut": "neutrophils",
    "hgb": "haemoglobin",
    "hemoglobin": "haemoglobin",
    "creat": "creatinine",
}
"""Each test under its name, its code in CDISC's terminology (LBTESTCD) and its other spelling."""

UNIT_WORDS: Mapping[str, str] = {
    **{unit.lower(): unit for units in FACTORS.values() for unit in units},
    "10*9/l": "10^9/L",
    "10*3/ul": "10^3/uL",
}
"""Units in small letters, as they are known in units.py; a star for the power is CDISC's spelling (LBORRESU)."""


def units_of(test: str) -> tuple[str, ...]:
    """The units in which a test of QUANTITIES can be converted.

    >>> units_of("albumin")
    ('g/L', 'g/dL')
    """
    return tuple(FACTORS[QUANTITIES[test]])
