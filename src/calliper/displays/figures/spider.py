"""The spider: the change of each patient's tumour against time, a line a patient, a panel an arm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from calliper.blocks import Figure, Footnote, Line, Scene, Shape
from calliper.displays import numbers
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.patients import (
    HIGHEST,
    Panel,
    axis_title,
    change_axis,
    change_rules,
    left_out,
    of_criteria,
    panel_title,
    panels,
    plot_span,
    progression_mark,
    response_key,
    response_of,
    signed,
    threshold_lines,
    time_since,
    time_ticks,
    time_unit,
)
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, set_text
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import CoursesAnalysis, Protocol
from calliper.protocol.specs import Response as ResponseSpec
from calliper.results import Course, Results

PLOT_HEIGHT = 240.0
BETWEEN = 58.0
FAINT = 0.35
"""The opacity of what is drawn after progression."""
MANY = 60
"""Lines of a panel from which on they are drawn thinner."""

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Trail:
    """The scans of a patient as (days, percent change): up to progression, and after it.

    `progressed` is where the mark of progression stands; at the last change before it where its scan has no sum.
    """

    counted: tuple[Point, ...]
    later: tuple[Point, ...]
    progressed: Point | None
    is_measured: bool


def spider_figure(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """Changes of the sum of diameters over time by arm; None where no patient has one.

    Raises TypeError when `response` is no response endpoint.
    """
    endpoint = response_of(spec, protocol)
    every = panels(spec, protocol, results)
    if not any(panel.courses for panel in every):
        return None
    criteria = of_criteria(numbers.forms(protocol), endpoint)
    note = (
        "Each line is a patient, from baseline (0%) over the scans with a sum of the diameters of the target lesions; "
        "nothing is tested. Diamonds: first progression, on a scan without a sum at the height of the last one "
        f"(dotted). Faint: after progression. {_cut_note(every)}{criteria} Colours: best response."
        f"{left_out(spec, results)}"
    )
    title = spec.title or endpoint.label
    return Figure(
        id=f"figure-{spec.id}-spider",
        number="",
        caption=f"{title}: change of the target lesions over time, lines of patients; descriptive, no test",
        scene=_scene(spec, protocol, endpoint, every, WIDE),
        narrow=_scene(spec, protocol, endpoint, every, NARROW),
        alt=_alt(every),
        footnotes=(Footnote("", note),),
    )


def trail(course: Course) -> Trail:
    """The scans of a patient in order, cut at the first progression."""
    counted: list[Point] = [(0.0, 0.0)]
    later: list[Point] = []
    progressed: Point | None = None
    is_measured = True
    for scan in course.scans:
        point = None if scan.change is None else (float(scan.day), scan.change)
        if progressed is not None:
            later += [point] if point is not None else []
            continue
        if point is not None:
            counted.append(point)
        if scan.response == "PD":
            progressed, is_measured = point or (float(scan.day), counted[-1][1]), point is not None
    return Trail(tuple(counted), tuple(later), progressed, is_measured)


def _scene(
    spec: CoursesAnalysis,
    protocol: Protocol,
    endpoint: ResponseSpec,
    every: Sequence[Panel],
    sheet: Sheet,
) -> Scene:
    span = left, right = plot_span(sheet)
    shapes, y = response_key(every, 16.0, sheet, with_progression=True)
    trails = [[(course, trail(course)) for course in panel.courses] for panel in every]
    points = [point for held in trails for _, one in held for point in _points(one)]
    unit = time_unit(spec, protocol)
    days = DAYS_PER_UNIT[unit]
    ticks = time_ticks(max(day for day, _ in points), unit)
    across = Linear(0.0, ticks[-1] * days, left, right)
    y += BETWEEN - 28
    for panel, held in zip(every, trails, strict=True):
        title, y = panel_title(panel, y, span)
        shapes += title
        if not held:
            y += LEADING * 2
            continue
        down = change_axis(endpoint, [change for _, change in points], top=y + 12, height=PLOT_HEIGHT)
        shapes += change_rules(panel.forms, down, span)
        shapes += threshold_lines(panel.forms, endpoint, down, span)
        shapes.append(axis_title("Change from baseline (%)", down, left))
        for tick in ticks:
            x = round(across(tick * days), 2)
            shapes.append(Line(((x, down.start), (x, down.start + 4)), "ink", 0.9))
            shapes.append(set_text(x, down.start + 17, f"{tick:g}", anchor="middle", size=SMALL))
        shapes += [shape for course, one in held for shape in _lines(course, one, across, down, of=len(held))]
        shapes += [shape for _, one in held for shape in _progression(one, across, down)]
        y = down.start + BETWEEN
    shapes.append(set_text((left + right) / 2, y - 22, time_since(spec, protocol), anchor="middle"))
    return Scene(sheet.width, round(y - 12, 2), tuple(shapes))


def _points(held: Trail) -> Iterator[Point]:
    yield from held.counted
    yield from held.later
    if held.progressed is not None:
        yield held.progressed


def _lines(course: Course, held: Trail, across: Linear, down: Linear, *, of: int) -> Iterator[Shape]:
    paint, wide = f"response:{course.best}", 1.4 if of < MANY else 0.9
    opacity = 0.9 if of < MANY else 0.6
    for run in below(held.counted, down.high):
        yield Line(_placed(run, across, down), paint, wide, opacity=opacity)
    if held.progressed is not None and not held.is_measured:
        for run in below((held.counted[-1], held.progressed), down.high):
            yield Line(_placed(run, across, down), paint, wide, (1.5, 2.5), opacity)
    last = held.counted[-1] if held.progressed is None else held.progressed
    for run in below((last, *held.later), down.high):
        yield Line(_placed(run, across, down), paint, wide, opacity=FAINT)


def _progression(held: Trail, across: Linear, down: Linear) -> Iterator[Shape]:
    if held.progressed is not None:
        day, change = held.progressed
        if change > down.high and held.is_measured:
            (x, y), high = held.counted[-2], down.high
            crossing = x if y > high else x + (high - y) / (change - y) * (day - x)
            yield Line(_placed(((crossing, high), (day, high)), across, down), "response:PD", 0.9, (1.5, 2.5))
        yield progression_mark(across(day), down(min(change, down.high)))


def below(points: Sequence[Point], high: float) -> list[tuple[Point, ...]]:
    """The parts of a line of two points or more that are not above `high`, each ending where it crosses."""
    runs: list[list[Point]] = []
    for (x0, y0), (x1, y1) in pairwise(points):
        if y0 > high and y1 > high:
            continue
        start, end = (x0, y0), (x1, y1)
        if (y0 > high) != (y1 > high):
            crossing = (x0 + (high - y0) / (y1 - y0) * (x1 - x0), high)
            start, end = (crossing, end) if y0 > high else (start, crossing)
        if runs and runs[-1][-1] == start:
            runs[-1].append(end)
        else:
            runs.append([start, end])
    return [tuple(run) for run in runs]


def _placed(points: Sequence[Point], across: Linear, down: Linear) -> tuple[Point, ...]:
    return tuple((round(across(day), 2), round(down(change), 2)) for day, change in points)


def _cut_note(every: Sequence[Panel]) -> str:
    changes = [scan.change or 0.0 for panel in every for course in panel.courses for scan in course.scans]
    return (
        f"Lines are cut at {signed(every[0].forms, HIGHEST)}%. "
        if max(changes, default=0.0) > HIGHEST
        else ""
    )


def _alt(every: Sequence[Panel]) -> str:
    """The figure in words."""
    parts = []
    for panel in every:
        n = sum(trail(course).progressed is not None for course in panel.courses)
        parts.append(f"{panel.title}, {n} with a progression")
    return f"Change of the sum of diameters from baseline over time, a line a patient. {'; '.join(parts)}."
