"""The two sheets every figure is drawn on: as wide as two columns of a journal, and as one.

Letters are as large on both, so a narrow figure is laid out anew: names stand over their lines rather than beside them,
panels under one another, and fewer ticks are named. 380 px in 85 mm make letters of 9.5 px 6 points high.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet by its width, px."""

    width: float

    @property
    def is_narrow(self) -> bool:
        """Whether it is one column wide."""
        return self.width < 500

    def of(self, wide: float, narrow: float) -> float:
        """A place or a measure, px, on the wide sheet and on the narrow one."""
        return narrow if self.is_narrow else wide


WIDE = Sheet(760.0)
NARROW = Sheet(380.0)


def every_kth(ticks: Sequence[float], room: float, least: float) -> int:
    """Every how many of the ticks are named, so that names that need `least` px each fit in `room` px.

    >>> every_kth((0, 6, 12, 18, 24), 100, 40), every_kth((0, 6, 12), 400, 40)
    (2, 1)
    """
    step = 1
    while (len(ticks) - 1) // step * least > room:
        step += 1
    return step
