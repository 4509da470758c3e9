from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.normality import kurtosis, shapiro_wilk, skewness
from calliper.summaries.moments import value_counts

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "r"
SAMPLES = json.loads((FIXTURES / "normality.json").read_text())["samples"]
KINDS = (1, 2, 3)


@pytest.mark.parametrize("case", SAMPLES, ids=lambda case: f"n={len(case['x'])}")
def test_samples_of_r(case):
    x = np.array(case["x"], dtype=float)
    found = shapiro_wilk(x)
    assert found.w == pytest.approx(case["w"], rel=1e-8)
    assert found.p == pytest.approx(case["p"], rel=1e-6, abs=1e-15)
    for kind, expected in zip(KINDS, case["skewness"]):
        assert skewness(x, kind=kind).value == pytest.approx(expected, rel=1e-9, abs=1e-9)
    for kind, expected in zip(KINDS, case["kurtosis"] or ()):
        assert kurtosis(x, kind=kind).value == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_three_values_by_hand():
    # 1, 2, 4: deviations -4/3, -1/3, 5/3; m2 = 14/9, m3 = 20/27. W = ((4 - 1)^2 / 2) / (14/3) = 27/28.
    g1 = 20 / 27 / (14 / 9) ** 1.5
    assert skewness(np.array([1.0, 2, 4]), kind=1).value == pytest.approx(g1, rel=1e-14)
    found = skewness(np.array([1.0, 2, 4]))
    assert (found.value, found.standard_error) == pytest.approx(
        (math.sqrt(6) * g1, math.sqrt(1.5)), rel=1e-14
    )
    shapiro = shapiro_wilk(np.array([1.0, 2, 4]))
    assert shapiro.w == pytest.approx(27 / 28, rel=1e-12)
    # With three values p is exact: Shapiro and Wilk (1965).
    exact = 6 / math.pi * (math.asin(math.sqrt(27 / 28)) - math.asin(math.sqrt(3 / 4)))
    assert shapiro.p == pytest.approx(exact, rel=1e-10)


def test_four_values_by_hand():
    # 1, 2, 4, 9: deviations -3, -2, 0, 5; m2 = 19/2, m4 = 361/2: g2 = 2 - 3, G2 = 3 (5 g2 + 6) / 2.
    assert kurtosis(np.array([1.0, 2, 4, 9]), kind=1).value == pytest.approx(-1, rel=1e-14)
    found = kurtosis(np.array([1.0, 2, 4, 9]))
    # SPSS's form of the error: 2 SE(G1) sqrt((n^2 - 1) / ((n - 3)(n + 5))), SE(G1)^2 = 6 n (n - 1) / ((n - 2)(n +
    # 1)(n + 3)).
    spss = 2 * math.sqrt(6 * 4 * 3 / (2 * 5 * 7)) * math.sqrt(15 / 9)
    assert (found.value, found.standard_error) == pytest.approx((1.5, spss), rel=1e-14)


@pytest.mark.parametrize("n", [5, 12])
def test_the_errors_of_normal_samples(n):
    # 4,000 samples of a fixed seed.
    x = np.random.default_rng(3).normal(size=(4_000, n))
    for moment in (skewness, kurtosis):
        for kind in KINDS:
            found = [moment(row, kind=kind).value for row in x]
            expected = moment(x[0], kind=kind).standard_error
            assert np.std(found) == pytest.approx(expected, rel=0.06)
    assert np.mean([skewness(row).value for row in x]) == pytest.approx(0, abs=0.1)
    # Kind 2 is unbiased.
    assert np.mean([kurtosis(row).value for row in x]) == pytest.approx(0, abs=0.12)


@given(
    st.lists(st.integers(-30, 30).map(float), min_size=4, max_size=40), st.sampled_from([-2.0, 0.001, 1e150])
)
def test_place_unit_and_grouping_do_not_matter(values, unit):
    x = np.array(values)
    assume(np.unique(x).size > 1)
    moved = (x + 7) * unit
    sign = math.copysign(1, unit)
    assert skewness(moved).value == pytest.approx(sign * skewness(x).value, rel=1e-9, abs=1e-9)
    assert kurtosis(moved).value == pytest.approx(kurtosis(x).value, rel=1e-9, abs=1e-9)
    assert shapiro_wilk(moved).w == pytest.approx(shapiro_wilk(x).w, rel=1e-9)
    assert skewness(value_counts(x)) == skewness(x)
    assert shapiro_wilk(value_counts(x)) == shapiro_wilk(x)


def test_unknown_values_are_left_out():
    column = pl.Series([1.0, None, 2.0, 4.0])
    assert skewness(column) == skewness(np.array([1.0, 2, 4]))
    with pytest.raises(ValueError, match=r"values\[1\] is nan"):
        skewness(np.array([1.0, np.nan, 2.0, 4.0]))


@pytest.mark.parametrize(
    ("statistic", "values", "sentence"),
    [
        (skewness, [1, 2], "no skewness: 2 known values, 3 are needed"),
        (kurtosis, [1, 2, 3], "no kurtosis: 3 known values, 4 are needed"),
        (shapiro_wilk, [1], "no Shapiro-Wilk test: 1 known value, 3 are needed"),
        (skewness, [2, 2, 2], "no skewness: the values do not vary"),
        (shapiro_wilk, [2] * 9, "no Shapiro-Wilk test: the values do not vary"),
        (
            shapiro_wilk,
            range(5001),
            "no Shapiro-Wilk test: 5001 known values; its approximation holds up to 5000",
        ),
    ],
)
def test_what_cannot_be_described(statistic, values, sentence):
    with pytest.raises(CannotEstimate) as refusal:
        statistic(np.array(values, dtype=float))
    assert str(refusal.value) == sentence


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="kind is 4; expected 1, 2 or 3"):
        kurtosis(np.arange(9.0), kind=4)


def test_nothing_slow_is_imported_before_it_is_asked_for():
    program = "import sys, calliper.stats.normality; sys.exit('scipy.stats' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
