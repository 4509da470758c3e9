"""Measurements over time: medians and quartiles by window and arm, a panel an item, with the patients under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calliper.blocks import Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.axis import Linear, nice_ticks
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.displays.figures.safety_events import arm_mark, arm_place, arms_key
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, TEXT, set_text
from calliper.displays.numbers import Forms
from calliper.displays.tables.trend import measurements_of, title
from calliper.protocol.specs import Measured, Protocol, TrendAnalysis
from calliper.results import Results, Row

HEIGHT = 150.0
APART = 14.0
"""The room between two arms in one window, px."""


@dataclass(frozen=True, slots=True)
class Point:
    """An arm in a window: median and quartiles, None where nobody has a value; and the patients."""

    group: str
    window: str
    spread: tuple[Row, Row, Row] | None
    n: Row


def trend_figure(spec: TrendAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """A panel for each item that anybody has a value of; None where there is no such item."""
    endpoint, shelf = measurements_of(spec, protocol), Shelf(results, spec.id, "included")
    groups = labels.ordered(protocol, [group for group in shelf.groups() if group != "overall"])
    windows = {name: moment.label for name, moment in endpoint.windows.items()}
    every = {name: _points(shelf, groups, name, windows) for name in spec.items or endpoint.items}
    held = {
        endpoint.items[name]: found for name, found in every.items() if any(point.spread for point in found)
    }
    if not held:
        return None

    def scene(sheet: Sheet) -> Scene:
        shapes, y = arms_key(protocol, groups, 14.0, sheet)
        for item, points in held.items():
            panel, y = _panel(protocol, item, points, groups=groups, windows=windows, top=y + 10, sheet=sheet)
            shapes += panel
        return Scene(sheet.width, round(y, 2), tuple(shapes))

    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or endpoint.label}: medians and quartiles by time and arm",
        scene=scene(WIDE),
        narrow=scene(NARROW),
        alt=_alt(protocol, held, windows),
        footnotes=(
            Footnote(
                "",
                "Marks: medians, joined; vertical lines: quartiles. Under each panel the patients with a value, who "
                "are not the same in every window. Descriptive: no test was made.",
            ),
        ),
    )


def _points(shelf: Shelf, groups: Sequence[str], name: str, windows: dict[str, str]) -> list[Point]:
    found = []
    for group in groups:
        for window in windows:
            n = shelf.row(group, name, window, "n")
            median, low, high = (shelf.row(group, name, window, stat) for stat in ("median", "q1", "q3"))
            if n is not None:
                whole = median is not None and low is not None and high is not None
                found.append(Point(group, window, (median, low, high) if whole else None, n))  # type: ignore[arg-type]
    return found


def _panel(
    protocol: Protocol,
    item: Measured,
    points: Sequence[Point],
    *,
    groups: Sequence[str],
    windows: dict[str, str],
    top: float,
    sheet: Sheet,
) -> tuple[list[Shape], float]:
    """The item's name, its axes, the arms and the patients; and the lower edge."""
    left, right = sheet.of(150.0, 96.0), sheet.width - sheet.of(22.0, 6.0)
    forms = numbers.forms(protocol)
    name = clip(wrap(title(item), TEXT, right, bold=True), 1)[0]
    shapes: list[Shape] = [set_text(4.0, top + 12, name, size=TEXT, bold=True)]
    top += 24
    values = [row.value or 0.0 for point in points if point.spread for row in point.spread]
    ticks = nice_ticks(min(values), max(values), wanted=5)
    down = Linear(ticks[0], ticks[-1], top + HEIGHT, top)
    for tick in ticks:
        y = round(down(tick), 2)
        shapes.append(Line(((left, y), (right, y)), "rule", 0.5))
        shapes.append(set_text(left - 8, y + 4, _tick(forms, tick, ticks), anchor="end", size=SMALL))
    shapes.append(Line(((left, top), (left, top + HEIGHT), (right, top + HEIGHT)), "ink", 0.9))
    room = (right - left) / len(windows)
    middles = {name: left + (at + 0.5) * room for at, name in enumerate(windows)}
    for group in groups:
        own = [point for point in points if point.group == group]
        shapes += _arm(protocol, own, groups, middles, down)
    y = top + HEIGHT
    deepest = 0
    for name, label in windows.items():
        lines = clip(wrap(label, SMALL, room - 8), 3)
        deepest = max(deepest, len(lines))
        for index, line in enumerate(lines):
            shapes.append(set_text(middles[name], y + 16 + index * 13, line, anchor="middle", size=SMALL))
    y += 16 + deepest * 13 + 4
    shapes.append(set_text(4.0, y, "Patients", size=SMALL, bold=True))
    for group in groups:
        y += LEADING
        paint = f"arm:{arm_place(protocol, group)}"
        name = labels.arm_short(protocol, group)
        beside = width(name, SMALL) <= left - 12
        room = left - 12 if beside or not sheet.is_narrow else right
        shapes.append(set_text(4.0, y, clip(wrap(name, SMALL, room), 1)[0], size=SMALL, paint=paint))
        y += 0 if beside or not sheet.is_narrow else LEADING
        for point in (point for point in points if point.group == group):
            text = forms.count(point.n.value)
            shapes.append(
                set_text(middles[point.window], y, text, anchor="middle", size=SMALL, key=point.n.key)
            )
    return shapes, y + 14


def _arm(
    protocol: Protocol,
    own: Sequence[Point],
    groups: Sequence[str],
    middles: dict[str, float],
    down: Linear,
) -> list[Shape]:
    """The medians of one arm, joined where windows follow one another, and the quartiles."""
    if not own:
        return []
    group = own[0].group
    shift = (list(groups).index(group) - (len(groups) - 1) / 2) * APART
    paint = f"arm:{arm_place(protocol, group)}"
    shapes: list[Shape] = []
    before: tuple[float, float] | None = None
    for point in own:
        if point.spread is None:
            before = None
            continue
        median, low, high = (round(down(row.value or 0.0), 2) for row in point.spread)
        x = round(middles[point.window] + shift, 2)
        if before is not None:
            shapes.append(Line((before, (x, median)), paint, 1.2))
        shapes.append(Line(((x, low), (x, high)), paint, 1.4))
        shapes.append(arm_mark(protocol, group, x, median))
        before = (x, median)
    return shapes


def _tick(forms: Forms, value: float, ticks: Sequence[float]) -> str:
    """A tick with the decimals that the ticks need.

    >>> _tick(numbers.PLAIN, 20.0, (20.0, 40.0)), _tick(numbers.PLAIN, 4.0, (3.5, 4.0))
    ('20', '4.0')
    """
    decimals = next((d for d in range(6) if all(round(tick, d) == round(tick, 9) for tick in ticks)), 6)
    return forms.fixed(value, decimals)


def _alt(protocol: Protocol, held: dict[Measured, list[Point]], windows: dict[str, str]) -> str:
    """The figure in words."""
    forms = numbers.forms(protocol)
    parts = []
    for item, points in held.items():
        told = [
            f"{labels.arm_short(protocol, point.group)}, {labels.in_sentence(windows[point.window])}: "
            f"{forms.fixed(point.spread[0].value, item.decimals)}"
            for point in points
            if point.spread is not None
        ]
        parts.append(f"{title(item)}: {'; '.join(told)}")
    return f"Medians by window and arm. {'. '.join(parts)}."
