"""Grades of laboratory values: the worked rows, admiral's rules, and what must hold of any value."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from typing import Any, get_args

import numpy as np
import pytest

from calliper.disease.ctcae.lab_rules import LAB_RULES
from calliper.disease.ctcae.labs import LabValue, grade_lab
from calliper.disease.ctcae.versions import VERSIONS, Version
from shared import shared_data

LIMITS: dict[str, dict[str, float]] = {
    "alt": {"upper_limit": 40},
    "bilirubin": {"upper_limit": 21},
    "albumin": {"lower_limit": 35},
    "platelets": {"lower_limit": 125},
    "leukocytes": {"lower_limit": 3.5},
    "creatinine": {"upper_limit": 97},
}
UNITS = {
    "alt": "U/L",
    "bilirubin": "umol/L",
    "albumin": "g/L",
    "platelets": "10^9/L",
    "leukocytes": "10^9/L",
    "creatinine": "umol/L",
}


def measured(test: str, value: float) -> LabValue:
    return LabValue(value, UNITS[test], **LIMITS[test])


def grades(test: str, value: float, baseline: float) -> tuple[int | None, ...]:
    """The grade under each version."""
    before = measured(test, baseline)
    return tuple(
        grade_lab(test, measured(test, value), version=version, baseline=before).grade for version in VERSIONS
    )


@pytest.mark.parametrize(
    ("test", "value", "baseline", "wanted"),
    [
        ("alt", 40, 30, (0, 0, 0)),
        ("alt", 100, 30, (1, 1, 1)),
        ("alt", 110, 30, (2, 1, 1)),
        ("alt", 200, 30, (2, 2, 2)),
        ("alt", 201, 30, (3, 3, 3)),
        ("alt", 800, 30, (3, 3, 3)),
        ("alt", 801, 30, (4, 4, 4)),
        ("alt", 100, 80, (1, 1, 0)),
        ("alt", 130, 80, (2, 2, 1)),
        ("alt", 250, 80, (3, 3, 2)),
        *(
            ("bilirubin", value, 15, (grade,) * 3)
            for value, grade in (
                (21, 0),
                (31.5, 1),
                (31.6, 2),
                (63, 2),
                (63.1, 3),
                (210, 3),
                (210.1, 4),
            )
        ),
        ("bilirubin", 40, 30, (2, 2, 1)),
        *(
            ("albumin", value, 40, (grade,) * 3)
            for value, grade in ((35, 0), (34, 1), (30, 1), (29.9, 2), (20, 2), (19.9, 3))
        ),
        *(
            ("platelets", value, 200, (grade,) * 3)
            for value, grade in (
                (125, 0),
                (124, 1),
                (75, 1),
                (74.9, 2),
                (50, 2),
                (49.9, 3),
                (25, 3),
                (24.9, 4),
            )
        ),
        *(
            ("leukocytes", value, 6, (grade,) * 3)
            for value, grade in (
                (3.5, 0),
                (3.4, 1),
                (3.0, 1),
                (2.9, 2),
                (2.0, 2),
                (1.9, 3),
                (1.0, 3),
                (0.9, 4),
            )
        ),
        ("creatinine", 85, 60, (0, 1, 0)),
        ("creatinine", 95, 60, (0, 2, 2)),
        ("creatinine", 150, 90, (2, 2, 2)),
        ("creatinine", 300, 95, (3, 3, 3)),
    ],
)
def test_worked_rows(
    test: str, value: float, baseline: float, wanted: tuple[int | None, int | None, int | None]
) -> None:
    assert grades(test, value, baseline) == wanted


def test_a_baseline_at_its_limit_is_not_high() -> None:
    # 100 is 2.5 times 40, and 2.5 times the baseline; only a baseline above 40 would be the reference
    assert grades("alt", 100, 40) == (1, 1, 1)
    assert grades("alt", 61.5, 41) == (1, 1, 1)  # exactly 1.5 times a high baseline: already grade 1
    assert grades("alt", 61.4, 41) == (1, 1, 0)


@pytest.mark.parametrize("version", VERSIONS)
def test_without_the_limit_there_is_no_grade(version: Version) -> None:
    found = grade_lab("alt", LabValue(35, "U/L"), version=version, baseline=measured("alt", 30))
    assert found.grade is None
    assert found.reason == "the upper limit is not recorded"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_absolute_threshold_needs_no_limit(version: Version) -> None:
    assert grade_lab("albumin", LabValue(29.9, "g/L"), version=version).grade == 2
    at_limit = grade_lab("albumin", LabValue(30, "g/L"), version=version)
    assert (at_limit.grade, at_limit.reason) == (None, "the lower limit is not recorded")


def test_without_a_baseline() -> None:
    """Version 5.0 grades as if the baseline were normal; 4.03 counts any rise of creatinine, so it cannot tell."""
    alone = {
        version: grade_lab("creatinine", measured("creatinine", 90), version=version) for version in VERSIONS
    }
    assert [alone[version].grade for version in VERSIONS] == [0, None, 0]
    assert alone["4.03"].reason == "the baseline is not recorded"
    assert [alone[version].flags for version in VERSIONS] == [
        (),
        ("BASELINE_MISSING",),
        ("BASELINE_MISSING",),
    ]
    high = grade_lab("creatinine", measured("creatinine", 150), version="4.03")
    assert (high.grade, high.flags) == (2, ("BASELINE_MISSING",))
    enzyme = grade_lab("alt", measured("alt", 130), version="5.0")
    assert (enzyme.grade, enzyme.flags) == (2, ("BASELINE_MISSING",))


def test_the_reason_shows_the_arithmetic() -> None:
    found = grade_lab("alt", measured("alt", 110), version="3.0")
    assert found.reason == "110 U/L: above 2.5 times the upper limit of 40 U/L"
    low = grade_lab("platelets", measured("platelets", 74.9), version="5.0")
    assert low.reason == "74.9 10^9/L: below 75 10^9/L"
    again = grade_lab("alt", measured("alt", 123), version="5.0", baseline=measured("alt", 82))
    assert again.reason == "123 U/L: at least 1.5 times the baseline of 82 U/L"


def test_units_are_converted_exactly_and_unknown_ones_refused() -> None:
    # 1.5 x 1.2 mg/dL is 1.8 mg/dL: grade 1, though 1.8 * 17.1 in binary is above 1.5 * 1.2 * 17.1
    value = LabValue(1.8, "mg/dL", upper_limit=1.2)
    assert grade_lab("bilirubin", value, version="4.03").grade == 1
    assert grade_lab("albumin", LabValue(2.99, "g/dL", lower_limit=3.5), version="4.03").grade == 2
    with pytest.raises(ValueError, match=r"found the unit 'mmol' of bilirubin; expected umol/L"):
        grade_lab("bilirubin", LabValue(2, "mmol"), version="4.03")
    with pytest.raises(ValueError, match=r"found -1 U/L; expected a value of at least 0"):
        grade_lab("alt", LabValue(-1, "U/L"), version="4.03")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("test", list(LAB_RULES["3.0"]))
def test_grades_rise_with_the_value(test: str, version: Version) -> None:
    rule = LAB_RULES[version][test]
    limits = {"lower_limit": 50.0, "upper_limit": 60.0}
    baseline = LabValue(55, rule.unit, **limits)
    values = [0.25 * step for step in range(1, 8000)]
    found = [
        grade_lab(test, LabValue(value, rule.unit, **limits), version=version, baseline=baseline).grade or 0
        for value in values
    ]
    assert found == sorted(found, reverse=not rule.is_high)
    assert max(found) == max(band.grade for band in rule.bands)


def test_every_version_grades_the_same_tests() -> None:
    assert set(LAB_RULES) == set(get_args(Version))
    assert len({frozenset(rules) for rules in LAB_RULES.values()}) == 1


# --- the rules of admiral, read from its table and run on random values ---

TERMS = {
    "alt": "Alanine aminotransferase increased",
    "ast": "Aspartate aminotransferase increased",
    "alp": "Alkaline phosphatase increased",
    "ggt": "GGT increased",
    "bilirubin": "Blood bilirubin increased",
    "albumin": "Hypoalbuminemia",
    "platelets": "Platelet count decreased",
    "leukocytes": "White blood cell decreased",
    "neutrophils": "Neutrophil count decreased",
    "haemoglobin": "Anemia",
    "creatinine": "Creatinine increased",
    "inr": "INR increased",
}
CASE = re.compile(r'\s*(.+?)\s*~\s*(?:"(\d)"|(NA_character_))\s*$')


def admiral_cases(code: str) -> list[tuple[str, int | None]]:
    """The conditions of a `case_when`, as Python, each with its grade."""
    inside = code[len("case_when(") : -1]
    parts, depth, start = [], 0, 0
    for at, letter in enumerate(inside):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            parts.append(inside[start:at])
            start = at + 1
    parts.append(inside[start:])
    cases = []
    for part in parts:
        matched = CASE.match(part)
        assert matched is not None, part
        condition, grade, _ = matched.groups()
        condition = re.sub(r"signif\(([^,]+), signif_dig\)", r"(\1)", condition)
        condition = re.sub(r"!is\.na\((\w+)\)", r"(\1 is not None)", condition)
        condition = re.sub(r"is\.na\((\w+)\)", r"(\1 is None)", condition)
        condition = condition.replace("!(BNRIND %in% high_indicator)", "(not HIGH)")
        condition = condition.replace("BNRIND %in% high_indicator", "HIGH")
        condition = condition.replace("&", " and ").replace("|", " or ").replace("TRUE", "True")
        cases.append((condition.strip(), None if grade is None else int(grade)))
    return cases


def admiral_grade(cases: list[tuple[str, int | None]], **values: Any) -> int | None:
    for condition, grade in cases:
        # the table is a published one, and nothing but comparisons is left of it
        if eval(condition, {"__builtins__": {}}, values):  # noqa: S307
            return grade
    raise AssertionError("no case holds")


def drawn(seed: int) -> Iterator[tuple[float, float, float]]:
    """A value, a limit and a baseline, whole multiples of a quarter so that binary arithmetic is exact."""
    draws = np.random.default_rng(seed)
    for _ in range(3000):
        limit = float(draws.choice([1.0, 2.0, 4.0, 30.0, 40.0, 96.0, 120.0]))
        baseline = limit * int(draws.integers(1, 16)) / 4
        value = float(draws.choice([limit, baseline, 1.0])) * int(draws.integers(1, 100)) / 4
        yield value, limit, baseline


@pytest.mark.parametrize("version", ["4.03", "5.0"])
@pytest.mark.parametrize("test", list(TERMS))
def test_rules_are_those_of_admiral(test: str, version: Version) -> None:
    path = shared_data(f"02_pharmaverse_onco/ctcae/atoxgr_criteria_ctcv{version[0]}.csv")
    with path.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["TERM"] == TERMS[test]]
    assert len(rows) == 1
    cases = admiral_cases(rows[0]["GRADE_CRITERIA_CODE"])
    rule = LAB_RULES[version][test]
    differing = []
    for value, limit, baseline in drawn(7):
        own = LabValue(value, rule.unit, lower_limit=limit, upper_limit=limit)
        before = LabValue(baseline, rule.unit, lower_limit=limit, upper_limit=limit)
        # admiral also compares an INR with baseline, which the criteria ask for under anticoagulation only
        base = 1e9 if test == "inr" else baseline
        wanted = admiral_grade(cases, AVAL=value, ANRLO=limit, ANRHI=limit, BASE=base, HIGH=baseline > limit)
        found = grade_lab(test, own, version=version, baseline=before).grade
        if found != wanted:
            differing.append((value, limit, baseline, wanted, found))
    if (test, version) == ("ggt", "5.0"):
        # admiral writes `> 2` times a high baseline for GGT and `>= 2` for ALP; the criteria write "2.0 - 2.5" for both
        assert differing
        assert all(value == 2 * baseline and found == 1 for value, _, baseline, _, found in differing)
    else:
        assert not differing
