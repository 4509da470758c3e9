"""The parts of a plot of step curves over time: axes, curves with their bands, numbers at risk.

The table of numbers at risk stands under the axis, its columns on the axis ticks (Morris et al., BMJ Open
2019; 9: e030215).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from calliper.blocks import Area, Label, Line, Mark, Shape
from calliper.displays import labels
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.curves import Curve, staircase
from calliper.displays.figures.lettering import width, wrap
from calliper.displays.figures.sheet import Sheet, every_kth
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, TimeToEvent
from calliper.results import Row

TEXT = 12.0
SMALL = 11.0
LEADING = 15.0
LEAST_BESIDE = 40.0
"""With less room left of the numbers at risk, px, the names of the groups stand over them."""

Anchor = Literal["start", "middle", "end"]


def right_edge(sheet: Sheet) -> float:
    """Where the plot ends."""
    return sheet.width - sheet.of(22.0, 12.0)


def left_edge(every: Sequence[Curve], sheet: Sheet) -> float:
    """Where the plot begins, so that the groups' names stand to its left; on a narrow sheet they stand above."""
    if sheet.is_narrow:
        return 58.0
    widest = max((width(curve.label, SMALL) for curve in every), default=0.0)
    return min(max(84.0, widest + 24 + 24), 190.0)


def axes(
    across: Linear,
    down: Linear,
    *,
    shares: Sequence[float],
    ticks: Sequence[float],
    height: str,
    time: str,
    forms: Forms,
) -> list[Shape]:
    """The axes with their rules and ticks; `height` and `time` are their titles, that of time perhaps empty."""
    shapes: list[Shape] = []
    left, right, bottom, top = across.start, across.end, down.start, down.end
    widest = max((width(forms.tick(tick), SMALL) for tick in ticks), default=0.0)
    named = every_kth(ticks, across(max(ticks, default=0.0)) - left, widest + 10)
    for share in shares:
        y = down(share)
        if share:
            shapes.append(Line(((left, y), (right, y)), "rule", 0.5))
        shapes.append(Line(((left - 4, y), (left, y)), "ink", 0.9))
        shapes.append(set_text(left - 8, y + 4, forms.tick(round(100 * share, 9)), anchor="end", size=SMALL))
    for place, tick in enumerate(ticks):
        x = across(tick)
        shapes.append(Line(((x, bottom), (x, bottom + 4)), "ink", 0.9))
        if place % named == 0:
            shapes.append(set_text(x, bottom + 17, forms.tick(tick), anchor="middle", size=SMALL))
    shapes.append(Line(((left, top), (left, bottom), (right, bottom)), "ink", 0.9))
    shapes.append(Label(left - 40, (top + bottom) / 2, height, "middle", TEXT, turn=-90))
    if time:
        shapes.append(set_text((left + right) / 2, bottom + 35, time, anchor="middle", size=TEXT))
    return shapes


def time_title(endpoint: TimeToEvent, protocol: Protocol) -> str:
    """The unit of time, and since when where the study says."""
    start, unit = endpoint.start, endpoint.unit.capitalize()
    return f"{unit} since {labels.in_sentence(labels.variable(protocol, start))}" if start else unit


def steps(curve: Curve, across: Linear, down: Linear, *, start: float) -> list[Shape]:
    """The curve from its height just before time 0, and a mark where somebody is censored."""
    points = staircase([(0.0, start), *((row.at, row.value) for row in curve.height)], across, down)
    shapes: list[Shape] = [Line(points, curve.paint, 2.0, curve.dash)]
    height = {row.at: row.value for row in curve.height}
    drawn: set[float] = set()
    for row in curve.censored:
        value = height.get(row.at)
        if row.at is None or value is None or not row.value:
            continue
        x = round(across(row.at), 1)
        if x not in drawn:
            drawn.add(x)
            shapes.append(Mark(x, round(down(value), 2), "tick", 8.0, curve.paint))
    return shapes


def band(curve: Curve, across: Linear, down: Linear, *, of: int) -> list[Shape]:
    """The curve's pointwise intervals, fainter where it is one `of` many."""
    upper = {row.at: row.value for row in curve.upper}
    both = [
        (
            row.at,
            *((row.value, upper.get(row.at)) if None not in (row.value, upper.get(row.at)) else (None, None)),
        )
        for row in curve.lower
    ]
    above = staircase([(at, high) for at, _, high in both], across, down)
    below = staircase([(at, low) for at, low, _ in both], across, down)
    if len(above) < 2:
        return []
    return [Area(above + tuple(reversed(below)), curve.paint, 0.13 if of <= 2 else 0.07)]


def numbers_at_risk(
    every: Sequence[Curve], across: Linear, y: float, forms: Forms
) -> tuple[list[Shape], float]:
    """The table from its heading at `y`, and its lower edge."""
    return numbers_under_axis(
        every, across, y, title="Number at risk", of=lambda curve: curve.at_risk, forms=forms
    )


def numbers_under_axis(
    every: Sequence[Curve],
    across: Linear,
    y: float,
    *,
    title: str,
    of: Callable[[Curve], list[Row]],
    forms: Forms,
) -> tuple[list[Shape], float]:
    """A table of the numbers `of` each curve from its heading at `y`, and its lower edge."""
    edge = min(24.0, across.start - 34)
    shapes: list[Shape] = [set_text(edge, y, title, size=SMALL, bold=True)]
    for curve in every:
        room = across.start - 24 - 20
        lines = wrap(curve.label, SMALL, room)
        beside = room >= LEAST_BESIDE and len(lines) <= 2
        lines = lines if beside else wrap(curve.label, SMALL, across.end - edge)
        y += LEADING + (1 if beside else 0)
        for index, line in enumerate(lines):
            shapes.append(set_text(edge, y + index * 12.5, line, size=SMALL, paint=curve.paint))
        y += 0 if beside else LEADING + (len(lines) - 1) * 12.5
        held = [row for row in of(curve) if row.at is not None]
        widest = max((width(forms.count(row.value), SMALL) for row in held), default=0.0)
        times = [row.at for row in held if row.at is not None]
        named = every_kth(times, across(max(times, default=0.0)) - across.start, widest + 8)
        for place, row in enumerate(held):
            if row.at is not None and place % named == 0:
                text = forms.count(row.value)
                shapes.append(set_text(across(row.at), y, text, anchor="middle", size=SMALL, key=row.key))
        y += 12.5 if beside and len(lines) == 2 else 0
    return shapes, y


def set_text(
    x: float,
    y: float,
    text: str,
    *,
    anchor: Anchor = "start",
    size: float = TEXT,
    bold: bool = False,
    paint: str = "ink",
    key: str = "",
) -> Label:
    """A text at a place in px, to two decimals."""
    return Label(round(x, 2), round(y, 2), text, anchor, size, bold, paint, 0.0, key)
