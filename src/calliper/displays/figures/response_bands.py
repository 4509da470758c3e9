"""Boxes stacked in a column and bands between two columns, all as high as their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from calliper.blocks import Area, Shape
from calliper.displays.figures.lettering import width
from calliper.displays.figures.step_plot import set_text
from calliper.displays.numbers import Forms
from calliper.results import Row

HEIGHT = 300.0
LEAST = 16.0
"""A box has at least the height of its text."""
GAP = 7.0
SMALL = 10.5
READABLE = 9.5
"""A band of fewer px holds no count."""
BENDS = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """A box of a category by its upper edge, its height, and where its bands begin."""

    y: float
    height: float
    bands: float


def patient_height(counts: Sequence[float]) -> float:
    """The height of a patient with which these boxes and the gaps between them fill the panel."""
    room = HEIGHT - GAP * (len(counts) - 1)
    small: set[int] = set()
    while True:
        large = [count for at, count in enumerate(counts) if at not in small]
        each = (room - LEAST * len(small)) / sum(large) if large else room
        found = {at for at, count in enumerate(counts) if at not in small and count * each < LEAST}
        if not found:
            return each
        small |= found


def place_boxes(column: Mapping[str, Row], patient: float, top: float) -> dict[str, Placed]:
    """The boxes of one column from top to bottom."""
    placed: dict[str, Placed] = {}
    y = top
    for category, row in column.items():
        own = (row.value or 0.0) * patient
        height = max(own, LEAST)
        placed[category] = Placed(y, height, y + (height - own) / 2)
        y += height + GAP
    return placed


def bands(
    flows: dict[tuple[str, str], Row],
    here: dict[str, Placed],
    there: dict[str, Placed],
    *,
    span: tuple[float, float],
    patient: float,
    forms: Forms,
) -> list[Shape]:
    """The bands between two columns, in both ordered from top to bottom, and the counts where they begin."""
    leaving = {category: box.bands for category, box in here.items()}
    arriving = {category: box.bands for category, box in there.items()}
    areas: list[Shape] = []
    counts: list[Shape] = []
    for (one, other), row in flows.items():
        high = (row.value or 0.0) * patient
        y, end = leaving[one], arriving[other]
        areas.append(Area(_ribbon(span, y, end, high), f"response:{one}", 0.38))
        text = forms.count(row.value)
        if high >= READABLE:
            at = span[0] + 5
            shift = _height((at + width(text, SMALL) / 2 - span[0]) / (span[1] - span[0])) * (end - y)
            base = y + high / 2 + shift + 3.8
            counts.append(set_text(at, base, text, size=SMALL, key=row.key))
        leaving[one] += high
        arriving[other] += high
    return areas + counts


def _ribbon(span: tuple[float, float], y: float, end: float, high: float) -> tuple[tuple[float, float], ...]:
    """A band of one height that leaves level and arrives level."""
    upper = []
    for step in range(BENDS + 1):
        share = step / BENDS
        upper.append(
            (round(span[0] + share * (span[1] - span[0]), 2), round(y + _height(share) * (end - y), 2))
        )
    return (*upper, *((x, round(edge + high, 2)) for x, edge in reversed(upper)))


def _height(share: float) -> float:
    """How much of its rise a band has made at this share of its way: 0 to 1, level at both ends."""
    return share * share * (3 - 2 * share)
