"""Target lesions of one scan: the worked examples M1-M16, thresholds met exactly, and the reason in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.derivations.sizes import mm
from calliper.disease.response_criteria import MRECIST_2010, RECIST_1_1, ResponseCriteria, criteria
from derivations.one_scan import Sums, percent, target_response


def sums(baseline: str, nadir: str, current: str, **more: object) -> Sums:
    held = {"beyond_nodes": Decimal(current), **more}
    return Sums(baseline=Decimal(baseline), nadir=Decimal(nadir), current=Decimal(current), **held)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("baseline", "nadir", "current", "mrecist", "recist"),
    [
        ("100", "100", "70", "PR", "PR"),
        ("100", "100", "70.1", "SD", "SD"),
        ("100", "40", "48", "PD", "PD"),
        ("100", "20", "24", "PD", "PR"),
        ("100", "100", "120", "PD", "PD"),
        ("100", "100", "119.9", "SD", "SD"),
        ("100", "60", "0", "CR", "CR"),
        ("100", "0", "12", "PD", "PD"),
        ("100", "0", "6", "PR", "PD"),
        ("28.0", "28.0", "19.6", "PR", "PR"),
        ("115", "31.5", "37.8", "PD", "PD"),
        ("20", "20", "24", "PD", "SD"),
    ],
    ids=[f"M{at}" for at in range(1, 13)],
)
def test_worked_examples(baseline: str, nadir: str, current: str, mrecist: str, recist: str) -> None:
    held = sums(baseline, nadir, current, came_complete=nadir == "0")
    assert target_response(MRECIST_2010, held).response == mrecist
    assert target_response(RECIST_1_1, held).response == recist


def test_m9_is_flagged() -> None:
    assert target_response(MRECIST_2010, sums("100", "0", "6")).flags == ("REENH_SMALL",)


def test_m13_viable_and_whole_of_one_tumour() -> None:
    assert target_response(MRECIST_2010, sums("115", "115", "30")).response == "PR"
    assert target_response(RECIST_1_1, sums("115", "115", "110")).response == "SD"


@pytest.mark.parametrize("rules", [MRECIST_2010, RECIST_1_1], ids=lambda rules: rules.name)
def test_m14_m15_a_target_not_assessed(rules: ResponseCriteria) -> None:
    missing = target_response(rules, sums("120", "120", "62", n_missing=1))
    assert (missing.response, missing.reason) == ("NE", "1 target lesion was not assessed")
    grown = target_response(rules, sums("90", "90", "112", n_missing=1))
    assert grown.response == "PD"
    assert grown.reason.endswith("although 1 target lesion was not assessed")
    assert grown.flags == ("SUM_PARTIAL",)


@pytest.mark.parametrize("rules", [MRECIST_2010, RECIST_1_1], ids=lambda rules: rules.name)
@pytest.mark.parametrize(("node", "response"), [("8", "CR"), ("9.99", "CR"), ("10", "PR")])
def test_m16_a_normal_node_is_no_tumour(rules: ResponseCriteria, node: str, response: str) -> None:
    held = sums("60", "60", node, beyond_nodes=Decimal(0), largest_node=Decimal(node))
    assert target_response(rules, held).response == response


def test_what_returns_after_a_complete_response_beside_a_normal_node() -> None:
    held = sums("60", "8", "11", beyond_nodes=Decimal(3), largest_node=Decimal(8), came_complete=True)
    assert target_response(RECIST_1_1, held).response == "PD"


def test_the_reason_in_words() -> None:
    held = sums("100", "40", "48", nadir_date=date(2018, 3, 19))
    assert target_response(MRECIST_2010, held).reason == (
        "sum 48 mm is +20.0% on the nadir of 40 mm (scan 2018-03-19)"
    )
    assert target_response(RECIST_1_1, held).reason == (
        "sum 48 mm is +20.0% on the nadir of 40 mm (scan 2018-03-19), +8 mm"
    )
    assert target_response(MRECIST_2010, sums("100", "100", "70")).reason == (
        "sum 70 mm is -30.0% from the baseline of 100 mm"
    )
    assert target_response(RECIST_1_1, sums("20", "20", "24", nadir_date=date(2018, 1, 2))).reason == (
        "sum 24 mm is +20.0% from the baseline of 20 mm and +20.0% on the nadir of 20 mm (scan 2018-01-02); "
        "+4 mm on the nadir of 20 mm is less than 5 mm"
    )


def test_what_is_not_a_threshold_does_not_print_as_one() -> None:
    assert percent(MRECIST_2010, Decimal("70.01"), Decimal(100)) == "-29.99%"
    assert percent(MRECIST_2010, Decimal("119.999"), Decimal(100)) == "+19.999%"
    assert percent(MRECIST_2010, Decimal(100), Decimal(100)) == "0.0%"
    assert mm(Decimal("120.00")) == "120 mm"


def test_a_charter_with_5_mm_on_mrecist() -> None:
    assert (
        target_response(criteria("mRECIST_2010", {"pd_absolute_mm": 5}), sums("100", "20", "24")).response
        == "PR"
    )


HUNDREDTHS = st.integers(1, 30_000)


@given(baseline=HUNDREDTHS, below=HUNDREDTHS, current=HUNDREDTHS)
def test_as_the_rule_read_aloud_in_fractions(baseline: int, below: int, current: int) -> None:
    nadir = min(baseline, below)
    mm_of = [Decimal(size).scaleb(-2) for size in (baseline, nadir, current)]
    held = Sums(baseline=mm_of[0], nadir=mm_of[1], current=mm_of[2], beyond_nodes=mm_of[2])
    grown, shrunk = Fraction(current, nadir) - 1, 1 - Fraction(current, baseline)
    for rules, least in ((MRECIST_2010, 0), (RECIST_1_1, 500)):
        expected = "SD"
        if shrunk >= Fraction(3, 10):
            expected = "PR"
        if grown >= Fraction(1, 5) and current - nadir >= least:
            expected = "PD"
        assert target_response(rules, held).response == expected
