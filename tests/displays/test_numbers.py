"""Known answers of every format, from Lang & Altman's SAMPL rules and arithmetic by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.displays import numbers
from calliper.displays.numbers import PLAIN


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.0004, "<0.001"),
        (0.00004, "<0.001"),
        (0.000999, "<0.001"),
        (0.001, "0.001"),
        (0.0281, "0.028"),
        (0.0285, "0.029"),  # the double nearest 0.0285 lies below it
        (0.975, "0.975"),
        (0.9757, "0.976"),
        (0.9775, "0.978"),
        (0.999, "0.999"),
        (0.99949, ">0.999"),
        (0.99996, ">0.999"),
        (1.0, ">0.999"),
        (0.0, "<0.001"),
        (1e-163, "<0.001"),
    ],
)
def test_p_value(value: float, printed: str) -> None:
    assert PLAIN.p_value(value) == printed


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_p_value_outside_0_to_1_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="outside 0 to 1"):
        PLAIN.p_value(value)


@given(st.floats(min_value=0.0, max_value=1.0))
def test_p_value_never_prints_0_or_1(value: float) -> None:
    assert PLAIN.p_value(value) not in {"0.000", "1.000", "0", "1"}


@pytest.mark.parametrize(
    ("count", "n", "printed"),
    [(32, 42, "76.2"), (1, 16, "6.3"), (3, 80, "3.8"), (0, 90, "0.0"), (48, 48, "100.0"), (26, 45, "57.8")],
)
def test_percent(count: int, n: int, printed: str) -> None:
    assert PLAIN.percent(count / n) == printed


def test_percent_of_a_negative_difference_has_a_minus_sign() -> None:
    assert PLAIN.percent(-0.0849) == "−8.5"


def test_percent_of_almost_nothing_has_no_sign() -> None:
    assert PLAIN.percent(-0.0001) == "0.0"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (0.561, "0.56"),
        (0.965, "0.97"),
        (0.1, "0.10"),
        (0.0996, "0.100"),
        (0.0432, "0.043"),
        (0.0009, "<0.001"),
        (2.31, "2.31"),
    ],
)
def test_ratio(value: float, printed: str) -> None:
    assert PLAIN.ratio(value) == printed


def test_interval_and_estimate() -> None:
    assert PLAIN.interval(0.327, 0.965, PLAIN.ratio) == "0.33 to 0.97"
    assert PLAIN.interval(-0.0849, 0.8295, PLAIN.percent) == "−8.5 to 83.0"
    assert PLAIN.estimate(18.64, 14.05, None, PLAIN.duration) == "18.6 (14.1 to NR)"
    assert PLAIN.estimate(None, 9.61, None, PLAIN.duration) == "NR (9.6 to NR)"
    assert PLAIN.estimate(None, None, None, PLAIN.duration) == "NR"


def test_mean_median_count_and_fraction() -> None:
    assert PLAIN.mean_sd(60.26, 13.96) == "60.3 (14.0)"
    assert PLAIN.mean_sd(3.145, 0.5, decimals=2) == "3.15 (0.50)"
    assert PLAIN.median_iqr(11.25, 9.0, 13.5) == "11.3 [9.0 to 13.5]"
    assert PLAIN.count_percent(32, 32 / 42) == "32 (76.2)"
    assert PLAIN.fraction_percent(29, 40, 0.725) == "29/40 (72.5)"
    assert PLAIN.count(12345.0) == "12,345"
    with pytest.raises(ValueError, match="not a count"):
        PLAIN.count(1.5)


def test_statistics_keep_three_decimals() -> None:
    assert PLAIN.statistic(6.47) == "6.470"
    assert PLAIN.statistic(1.8675) == "1.868"
    assert PLAIN.coefficient(-0.0064) == "−0.006"
    assert PLAIN.degrees(1.0) == "1"
    assert PLAIN.degrees(86.31) == "86.3"


@given(st.floats(min_value=-1e6, max_value=1e6, allow_nan=False), st.integers(min_value=0, max_value=4))
def test_rounding_is_half_away_from_zero_on_the_shortest_decimal(value: float, decimals: int) -> None:
    scaled = abs(Fraction(repr(value))) * 10**decimals
    whole = int(scaled + Fraction(1, 2))
    expected = Fraction(whole if value >= 0 else -whole, 10**decimals)
    assert Fraction(str(numbers.rounded(value, decimals))) == expected
