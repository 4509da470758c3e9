"""Non-target lesions, new lesions, and the whole table of the overall response: all 60 cells."""

from __future__ import annotations

from decimal import Decimal

import pytest

from calliper.derivations.overall_response import (
    NewLesion,
    new_lesion,
    non_target_response,
    overall_response,
)
from calliper.disease.response_criteria import MRECIST_2010, NON_TARGET, RECIST_1_1, TARGET

WITHOUT_NEW = """
        CR           NONCR_NONPD  PD  NE  NONE
CR      CR           PR           PD  PR  CR
PR      PR           PR           PD  PR  PR
SD      SD           SD           PD  SD  SD
PD      PD           PD           PD  PD  PD
NE      NE           NE           PD  NE  NE
NOTL    CR           NONCR_NONPD  PD  NE  NE
"""
"""The table without a new lesion, filled in by hand; with one every cell is PD."""

LINES = WITHOUT_NEW.strip("\n").splitlines()
CELLS = [
    (line.split()[0], non_target, overall)
    for line in LINES[1:]
    for non_target, overall in zip(LINES[0].split(), line.split()[1:], strict=True)
]


def test_the_table_has_every_cell() -> None:
    assert {cell[:2] for cell in CELLS} == {(target, other) for target in TARGET for other in NON_TARGET}


@pytest.mark.parametrize(("target", "non_target", "overall"), CELLS)
def test_every_cell(target: str, non_target: str, overall: str) -> None:
    assert overall_response(target, non_target, "YES") == ("PD", "O1")
    for new in ("NO", "EQUIVOCAL", "NE"):
        assert overall_response(target, non_target, new)[0] == overall


def test_the_rule_that_decided() -> None:
    found = [
        overall_response(*cell, "NO")[1]
        for cell in (
            ("PD", "PD"),
            ("SD", "PD"),
            ("NE", "CR"),
            ("CR", "NONE"),
            ("CR", "NE"),
            ("PR", "NE"),
            ("SD", "CR"),
            ("NOTL", "CR"),
            ("NOTL", "NONCR_NONPD"),
            ("NOTL", "NE"),
            ("NOTL", "NONE"),
        )
    ]
    assert found == ["O2", "O3", "O4", "O5", "O6", "O7", "O8", "O9", "O10", "O11", "-"]


@pytest.mark.parametrize(
    ("states", "response"),
    [
        ([], "NONE"),
        (["absent", "absent"], "CR"),
        (["absent", "present"], "NONCR_NONPD"),
        (["not_assessed", "present"], "NONCR_NONPD"),
        (["absent", "not_assessed"], "NE"),
        (["present", "progressed", "not_assessed"], "PD"),
    ],
)
def test_non_target_lesions(states: list[str], response: str) -> None:
    assert non_target_response(states) == response


def hepatic(size: str, pattern: str | None, **more: str) -> NewLesion:
    first = more.pop("first", None)
    first_size = None if first is None else Decimal(first)
    return NewLesion("LIVER", pattern=pattern, size=Decimal(size), first_size=first_size, **more)


@pytest.mark.parametrize(
    ("lesion", "mrecist", "recist"),
    [
        (hepatic("10", "typical"), "YES", "YES"),
        (hepatic("9.9", "typical"), "EQUIVOCAL", "YES"),
        (hepatic("12", "atypical"), "EQUIVOCAL", "YES"),
        (hepatic("22", "atypical", first="12"), "YES", "YES"),
        (hepatic("21.9", "atypical", first="12"), "EQUIVOCAL", "YES"),
        (hepatic("12", None), "EQUIVOCAL", "YES"),
        (hepatic("12", None, status="unequivocal"), "YES", "YES"),
        (hepatic("30", "typical", status="equivocal"), "EQUIVOCAL", "EQUIVOCAL"),
        (hepatic("0", None, status="absent"), "NO", "NO"),
        (NewLesion("LUNG", size=Decimal(6)), "YES", "YES"),
        (NewLesion("VESSEL", kind="thrombus"), "YES", "YES"),
        (NewLesion("VESSEL", kind="bland_thrombus"), "NO", "NO"),
        (NewLesion("LN", kind="porta_hepatis_node", size=Decimal("19.9")), "EQUIVOCAL", "YES"),
        (NewLesion("LN", kind="porta_hepatis_node", size=Decimal(20)), "YES", "YES"),
        (NewLesion("LN", kind="node", size=Decimal("14.9")), "EQUIVOCAL", "YES"),
        (NewLesion("LN", kind="node", size=Decimal(15)), "YES", "YES"),
        (NewLesion("PERITONEUM", kind="effusion"), "NO", "NO"),
        (NewLesion("PERITONEUM", kind="malignant_effusion"), "YES", "YES"),
    ],
)
def test_new_lesions(lesion: NewLesion, mrecist: str, recist: str) -> None:
    assert new_lesion(MRECIST_2010, lesion).new == mrecist
    assert new_lesion(RECIST_1_1, lesion).new == recist
