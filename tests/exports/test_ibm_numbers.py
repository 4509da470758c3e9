"""IBM's doubles: worked by hand, and read back as exact fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.exports.ibm_numbers import MISSING, to_ibm


def as_fraction(held: bytes) -> Fraction:
    """The value by the definition: sign, 16 to the power less 64, a fraction of 56 bits."""
    sign = -1 if held[0] & 0x80 else 1
    power = (held[0] & 0x7F) - 64
    return sign * Fraction(16) ** power * Fraction(int.from_bytes(held[1:], "big"), 2**56)


@pytest.mark.parametrize(
    ("value", "held"),
    [
        (1.0, "4110000000000000"),  # 1/16 x 16
        (0.5, "4080000000000000"),  # 1/2 x 1
        (16.0, "4210000000000000"),  # 1/16 x 256
        (-118.625, "c276a00000000000"),  # 0x76.A = 118.625
        (255.0, "42ff000000000000"),
        (0.0625, "4010000000000000"),
        (0.0, "0000000000000000"),
        (-0.0, "0000000000000000"),
    ],
)
def test_worked_by_hand(value: float, held: str) -> None:
    assert to_ibm(value).hex() == held


def test_missing_is_a_full_stop() -> None:
    assert to_ibm(None) == MISSING == b"." + bytes(7)


@given(st.floats(min_value=1e-70, max_value=1e70) | st.floats(min_value=-1e70, max_value=-1e-70))
def test_every_double_between_the_limits_is_held_exactly(value: float) -> None:
    held = to_ibm(value)
    assert len(held) == 8
    assert as_fraction(held) == Fraction(value)
    assert held[1] >= 0x10, "the fraction's first digit is not 0"


def test_the_largest_and_the_smallest() -> None:
    largest = math.ldexp(1.0 - 2.0**-53, 252)
    assert as_fraction(to_ibm(largest)) == Fraction(largest)
    assert as_fraction(to_ibm(2.0**-260)) == Fraction(1, 2**260)
    for value in (2.0**252, -(2.0**252), 2.0**-261, 5e-324, math.inf, math.nan):
        with pytest.raises(ValueError, match=r"too large or too small|no number"):
            to_ibm(value)
