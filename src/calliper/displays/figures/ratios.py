"""The parts of a forest plot of hazard ratios: a logarithmic scale with its axis, a ratio with its interval."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Area, Label, Line, Mark, Shape
from calliper.displays.figures.axis import Logarithmic, ratio_ticks
from calliper.displays.figures.lettering import width
from calliper.displays.numbers import Forms
from calliper.results import Row

FURTHEST = 50.0
"""Axis limit: an interval beyond 1/50 to 50 is cut with an arrow, and its numbers stand beside it."""

Ticks = tuple[float, ...]


def ratio_scale(limits: Sequence[Row], left: float, right: float) -> tuple[Ticks, Logarithmic]:
    """Ticks that cover the limits of all ratios, and the scale from `left` to `right` in px."""
    values = [row.value for row in limits if row.value]
    low, high = max(min(values, default=0.5), 1 / FURTHEST), min(max(values, default=2.0), FURTHEST)
    ticks = ratio_ticks(low, high)
    return ticks, Logarithmic(ticks[0], ticks[-1], left, right)


def interval_shapes(
    hr: Row, lower: Row, upper: Row, *, y: float, across: Logarithmic, paint: str = "arm:0"
) -> list[Shape]:
    """A square on a line at height `y`, with an arrow where the line is cut; nothing where a number is missing."""
    if hr.value is None or lower.value is None or upper.value is None:
        return []
    start, end = across(lower.value), across(upper.value)
    shapes: list[Shape] = [
        Line(((round(start, 2), y), (round(end, 2), y)), "ink", 1.3),
        *arrows(lower, upper, y=y, across=across),
    ]
    return [*shapes, Mark(round(across(hr.value), 2), y, "square", 8.0, paint)]


def diamond_shapes(
    hr: Row, lower: Row, upper: Row, *, y: float, across: Logarithmic, paint: str = "arm:0"
) -> list[Shape]:
    """A diamond from limit to limit, highest at the ratio: that of all patients."""
    if hr.value is None or lower.value is None or upper.value is None:
        return []
    start, end, middle = (round(across(value), 2) for value in (lower.value, upper.value, hr.value))
    corners = ((start, y), (middle, y - 6), (end, y), (middle, y + 6))
    return [Area(corners, paint), *arrows(lower, upper, y=y, across=across)]


def arrows(lower: Row, upper: Row, *, y: float, across: Logarithmic) -> list[Shape]:
    """Where an interval runs off the scale."""
    shapes: list[Shape] = []
    if upper.value is not None and upper.value > across.high:
        end = across(upper.value)
        shapes.append(Area(((end + 5, y), (end - 3, y - 4), (end - 3, y + 4)), "ink"))
    if lower.value is not None and lower.value < across.low:
        start = across(lower.value)
        shapes.append(Area(((start - 5, y), (start + 3, y - 4), (start + 3, y + 4)), "ink"))
    return shapes


def ratio_axis(forms: Forms, ticks: Ticks, across: Logarithmic, y: float) -> list[Shape]:
    """The axis at height `y`, its ticks, and on which side of 1 the hazard is lower."""
    shapes: list[Shape] = [Line(((across.start, y), (across.end, y)), "ink", 0.9)]
    for tick in ticks:
        x = round(across(tick), 2)
        shapes.append(Line(((x, y), (x, y + 4)), "ink", 0.9))
        shapes.append(Label(x, y + 17, forms.tick(tick), "middle", 11.0))
    middle = across(1.0)
    if middle - 10 >= width("← lower hazard", 11.0):  # else the scale begins at 1, at the edge of the sheet
        shapes.append(Label(middle - 10, y + 35, "← lower hazard", "end", 11.0, paint="muted"))
    shapes.append(Label(middle + 10, y + 35, "higher hazard →", "start", 11.0, paint="muted"))
    return shapes
