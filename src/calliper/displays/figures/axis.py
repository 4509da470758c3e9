"""Scales between data and the sheet, and ticks at round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

_ROUND_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_RATIO_STEPS = (1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class Linear:
    """Maps `low`..`high` to `start`..`end` in px."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, px."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Logarithmic:
    """Maps `low`..`high`, both above 0, to `start`..`end` in px by the logarithm, clamping values beyond."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, px."""
        held = min(max(value, self.low), self.high)
        share = math.log(held / self.low) / math.log(self.high / self.low)
        return self.start + share * (self.end - self.start)


def nice_ticks(low: float, high: float, *, wanted: int = 6) -> tuple[float, ...]:
    """About `wanted` ticks that cover `low` to `high`, in steps of 1, 2, 2.5 or 5 times a power of ten.

    >>> nice_ticks(0, 36.2)
    (0.0, 10.0, 20.0, 30.0, 40.0)
    """
    if not high > low:
        return (low, low + 1.0)
    rough = (high - low) / max(wanted - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in _ROUND_STEPS if power * nice >= rough * (1 - 1e-12))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return tuple(round(index * step, 10) for index in range(first, last + 1))


def ratio_ticks(low: float, high: float) -> tuple[float, ...]:
    """1, 2 and 5 times powers of ten, from at or below `low` to at or above `high`; 1 is always among them.

    >>> ratio_ticks(0.3, 4.2)
    (0.2, 0.5, 1.0, 2.0, 5.0)
    """
    low, high = min(low, 0.99), max(high, 1.01)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    every = [round(step * 10.0**power, 10) for power in range(first, last + 1) for step in _RATIO_STEPS]
    below = max((tick for tick in every if tick <= low), default=every[0])
    above = min((tick for tick in every if tick >= high), default=every[-1])
    return tuple(tick for tick in every if below <= tick <= above)
