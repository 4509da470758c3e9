"""Criteria as data: the published thresholds, single fields changed, names that are refused."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import get_args

import pytest

from calliper.disease.response_criteria import CRITERIA, MRECIST_2010, RECIST_1_1, ResponseCriteria, criteria
from calliper.protocol.response_specs import FromLesions, Thresholds


def test_the_published_thresholds() -> None:
    for held in (MRECIST_2010, RECIST_1_1):
        assert (held.pr_decrease_percent, held.pd_increase_percent) == (30, 20)
        assert (held.target_min_mm, held.node_normal_mm, held.node_target_mm) == (10, 10, 15)
        assert (held.max_targets, held.max_targets_per_organ) == (5, 2)
    assert (RECIST_1_1.pd_absolute_mm, RECIST_1_1.measures) == (5, "whole")
    assert (MRECIST_2010.pd_absolute_mm, MRECIST_2010.measures) == (0, "viable")
    assert MRECIST_2010.porta_hepatis_node_mm == 20


def test_a_changed_field_is_the_decimal_as_written() -> None:
    assert criteria("mRECIST_2010", {"pr_decrease_percent": 30.1}).pr_decrease_percent == Decimal("30.1")
    assert criteria("mRECIST_2010", {"confirm_days": 56}).confirm_days == 56
    assert criteria("mRECIST_2010") == MRECIST_2010


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("mRECIST1.1", "no criteria of this name"),
        ("mRECIST 1.1", "no criteria of this name"),
        ("MRECIST_2020", "not yet checked against the source"),
        ("WHO", "expected one of mRECIST_2010, RECIST_1_1"),
    ],
)
def test_other_names_are_refused_with_the_reason(name: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        criteria(name)


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ValueError, match="found the field 'pd_mm'"):
        criteria("RECIST_1_1", {"pd_mm": 5})


def test_a_study_file_knows_these_criteria_and_fields() -> None:
    assert set(get_args(FromLesions.model_fields["rules"].annotation)) == set(CRITERIA)
    known = {field.name for field in fields(ResponseCriteria)}
    assert set(Thresholds.model_fields) <= known
