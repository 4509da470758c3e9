"""Thresholds of laboratory values, version by version.

The upper end of an interval belongs to the lower grade: ALT of 2.5 times the upper limit is grade 1 in version 3.0.
Rows of 4.03 and 5.0 agree with the tables that admiral grades by; those of 3.0 are of NCI CTCAE v3.0 (2003), the INR of
3.0 to be verified against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from calliper.disease.ctcae.versions import Version

Reference = Literal["upper limit", "lower limit", "baseline", "1"]
"""What a threshold is a multiple of; `1` is a value in the rule's own unit."""


@dataclass(frozen=True, slots=True)
class Band:
    """A grade, reached beyond `times` the reference; `from_on`: already at it."""

    grade: int
    times: Decimal
    of: Reference
    from_on: bool = False


@dataclass(frozen=True, slots=True)
class LabRule:
    """How the values of one test are graded: the highest grade of the bands that a value is beyond.

    `if_high_at_baseline` stands in place of `bands` for a patient whose baseline was above its upper limit.
    `needs_baseline`: a value that reaches no grade without its baseline cannot be graded. Absolute thresholds are in
    `unit`; `quantity` names the units (disease/units.py).
    """

    label: str
    quantity: str
    unit: str
    is_high: bool
    bands: tuple[Band, ...]
    if_high_at_baseline: tuple[Band, ...] = ()
    needs_baseline: bool = False


def _times(of: Reference, *multiples: str, first: int = 1, from_on: bool = False) -> tuple[Band, ...]:
    """Bands of rising grade; `from_on` of the first alone."""
    return tuple(
        Band(grade, Decimal(multiple), of, from_on=from_on and grade == first)
        for grade, multiple in enumerate(multiples, start=first)
    )


def _low(label: str, quantity: str, unit: str, *values: str) -> LabRule:
    """Grade 1 below the lower limit, then below each value."""
    bands = (*_times("lower limit", "1"), *_times("1", *values, first=2))
    return LabRule(label, quantity, unit, is_high=False, bands=bands)


def _enzyme(label: str, *multiples: str) -> LabRule:
    return LabRule(label, "enzyme", "U/L", is_high=True, bands=_times("upper limit", *multiples))


ALT, AST = "Alanine aminotransferase increased", "Aspartate aminotransferase increased"
ALP, GGT = "Alkaline phosphatase increased", "Gamma-glutamyltransferase increased"
BILIRUBIN = LabRule(
    "Blood bilirubin increased",
    "bilirubin",
    "umol/L",
    is_high=True,
    bands=_times("upper limit", "1", "1.5", "3", "10"),
)
CREATININE = LabRule(
    "Creatinine increased",
    "creatinine",
    "umol/L",
    is_high=True,
    bands=_times("upper limit", "1", "1.5", "3", "6"),
)
INR = LabRule("INR increased", "inr", "1", is_high=True, bands=_times("upper limit", "1", "1.5", "2"))
HAEMOGLOBIN = _low("Anaemia", "haemoglobin", "g/L", "100", "80", "65")

VERSION_3: Mapping[str, LabRule] = {
    "alt": _enzyme(ALT, "1", "2.5", "5", "20"),
    "ast": _enzyme(AST, "1", "2.5", "5", "20"),
    "alp": _enzyme(ALP, "1", "2.5", "5", "20"),
    "ggt": _enzyme(GGT, "1", "2.5", "5", "20"),
    "bilirubin": BILIRUBIN,
    "albumin": _low("Hypoalbuminaemia", "albumin", "g/L", "30", "20"),
    "platelets": _low("Platelet count decreased", "cells", "10^9/L", "75", "50", "25"),
    "leukocytes": _low("White blood cell count decreased", "cells", "10^9/L", "3", "2", "1"),
    "neutrophils": _low("Neutrophil count decreased", "cells", "10^9/L", "1.5", "1", "0.5"),
    "haemoglobin": HAEMOGLOBIN,
    "creatinine": CREATININE,
    "inr": INR,
}
VERSION_4: Mapping[str, LabRule] = {
    **VERSION_3,
    "alt": _enzyme(ALT, "1", "3", "5", "20"),
    "ast": _enzyme(AST, "1", "3", "5", "20"),
    # grade 4 is clinical
    "haemoglobin": _low("Anaemia", "haemoglobin", "g/L", "100", "80"),
    "creatinine": replace(
        CREATININE, bands=(*CREATININE.bands, *_times("baseline", "1", "1.5", "3")), needs_baseline=True
    ),
    "inr": replace(INR, bands=_times("upper limit", "1", "1.5", "2.5")),
}
VERSION_5: Mapping[str, LabRule] = {
    **VERSION_4,
    **{
        test: replace(VERSION_4[test], if_high_at_baseline=_times("baseline", *multiples, from_on=from_on))
        for test, multiples, from_on in (
            ("alt", ("1.5", "3", "5", "20"), True),
            ("ast", ("1.5", "3", "5", "20"), True),
            ("alp", ("2", "2.5", "5", "20"), True),
            ("ggt", ("2", "2.5", "5", "20"), True),
            ("bilirubin", ("1", "1.5", "3", "10"), False),
        )
    },
    "creatinine": replace(CREATININE, bands=(*CREATININE.bands, *_times("baseline", "1.5", "3", first=2))),
    "inr": replace(INR, bands=_times("1", "1.2", "1.5", "2.5")),
}
LAB_RULES: Mapping[Version, Mapping[str, LabRule]] = {"3.0": VERSION_3, "4.03": VERSION_4, "5.0": VERSION_5}
"""Every test of every version, by the name that a study file gives it."""
