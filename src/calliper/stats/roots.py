"""Where a function crosses zero."""

from __future__ import annotations

import math
from collections.abc import Callable

# Brackets narrower than this are not halved again.
_NARROW = 2.0**-60


def crossing(falling: Callable[[float], float], low: float, high: float) -> float:
    """Return the point of [low, high] where a function goes from above zero to below it, by bisection.

    The function must fall, or be level; it is not evaluated at the two ends, so it may be undefined there.
    Where it never changes sign one of the ends is returned: the high end where it is above zero. The answer
    is as near as floats are, or within 2^-60. An infinite value is a value.

    Raises:
        ValueError: the function is not a number somewhere.

    >>> round(crossing(lambda x: 2 - x * x, 0.0, 2.0), 12)
    1.414213562373
    """
    while True:
        middle = low + (high - low) / 2
        if not low < middle < high or high - low < _NARROW:
            return middle
        value = falling(middle)
        if math.isnan(value):
            raise ValueError(f"the function is not a number at {middle}")
        if value > 0:
            low = middle
        else:
            high = middle
