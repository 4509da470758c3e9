"""What a printed number can stand for: all the values that round to it; and arithmetic on such limits."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from calliper.audit.printed import P_DECIMALS, Printed, read_printed

Fit = Literal["match", "rounding", "neither"]

SLACK = 1e-9
"""Relative room for floating-point arithmetic: no limit is missed by a last bit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Every value from `low` to `high`, both in."""

    low: float
    high: float

    def __add__(self, other: Limits) -> Limits:
        return Limits(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Limits) -> Limits:
        return Limits(self.low - other.high, self.high - other.low)

    def scaled(self, factor: float) -> Limits:
        """Each value times a factor that is not negative."""
        return Limits(self.low * factor, self.high * factor)

    def size(self) -> Limits:
        """The absolute values."""
        if self.low <= 0 <= self.high:
            return Limits(0.0, max(-self.low, self.high))
        return Limits(*sorted((abs(self.low), abs(self.high))))

    def squared(self) -> Limits:
        """The squares."""
        size = self.size()
        return Limits(size.low**2, size.high**2)

    def exp(self) -> Limits:
        """The exponentials."""
        return Limits(math.exp(self.low), math.exp(self.high))

    def over(self, other: Limits) -> Limits:
        """The quotients of values none of which is negative; by zero, infinity."""
        low = self.low / other.high if other.high > 0 else (0.0 if self.low == 0 else math.inf)
        return Limits(low, self.high / other.low if other.low > 0 else math.inf)

    def meets(self, other: Limits) -> bool:
        """Whether a value is in both."""
        room = SLACK * max(
            1e-6, *(abs(end) for end in (self.low, self.high, other.low, other.high) if math.isfinite(end))
        )
        return self.low <= other.high + room and other.low <= self.high + room


def hull(parts: Iterable[Limits]) -> Limits:
    """The smallest limits that hold all of the parts, of which there is one at least."""
    held = tuple(parts)
    return Limits(min(part.low for part in held), max(part.high for part in held))


def middle(lower: Limits, upper: Limits) -> Limits:
    """The geometric means of values that are above 0: the middle on the log scale."""
    return Limits(math.sqrt(lower.low * upper.low), math.sqrt(lower.high * upper.high))


def exactly(value: float) -> Limits:
    """One value."""
    return Limits(value, value)


def of_printed(text: str, *, units: float = 0.5, is_p: bool = False) -> Limits:
    """The values that print so: half a unit of the last digit to each side, or `units` of it; `<` and `>` are open.

    A P value printed as a bare 0 or 1 has three decimals, whose zeros were cut off; none is below 0 or above 1.

    >>> of_printed("60.3"), of_printed("<0.05", is_p=True)
    (Limits(low=60.25, high=60.349999999999994), Limits(low=0.0, high=0.05))
    """
    held = read_printed(text)
    if held.number is None:
        return Limits(-math.inf, math.inf)
    value, reach = float(held.number), units * 10.0 ** -decimals(held, is_p=is_p)
    low, high = value - reach, value + reach
    if held.bound == "<":
        low = -math.inf
        high = value
    elif held.bound == ">":
        low, high = value, math.inf
    return Limits(max(low, 0.0), min(high, 1.0)) if is_p else Limits(low, high)


def decimals(held: Printed, *, is_p: bool = False) -> int:
    """How many decimals a printed number counts as having."""
    return P_DECIMALS if is_p and held.number in (0, 1) and not held.decimals else held.decimals


def fit(found: Limits, text: str, *, is_p: bool = False) -> Fit:
    """Whether a number whose true value lies within `found` prints as `text`.

    `rounding`: only by cutting digits off, or within one unit of the last digit.
    """
    if found.meets(of_printed(text, is_p=is_p)):
        return "match"
    near = of_printed(text, units=1.0, is_p=is_p)
    bound = read_printed(text).bound
    if bound:
        reach = 10.0 ** -read_printed(text).decimals / 2
        near = Limits(near.low - reach, near.high + reach)
    return "rounding" if found.meets(near) else "neither"


def told(found: Limits, text: str, *, is_p: bool = False) -> str:
    """Limits in words, with a digit more than the print has."""
    places = min(decimals(read_printed(text), is_p=is_p) + 1, 12)
    low, high = (_rounded(end, places) for end in (found.low, found.high))
    return low if low == high else f"{low} to {high}"


def _rounded(value: float, places: int) -> str:
    if not math.isfinite(value):
        return "no limit"
    text = f"{value:.{places}f}"
    return text if float(text) or not value else f"{value:.1e}"
