"""The waterfall: a bar a patient, from the largest growth of the tumour to the largest fall, a panel an arm."""

from __future__ import annotations

from collections.abc import Sequence

from calliper.blocks import Box, Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.lettering import width
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
    response_key,
    response_of,
    signed,
    threshold_lines,
)
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, set_text
from calliper.protocol.specs import CoursesAnalysis, Protocol
from calliper.protocol.specs import Response as ResponseSpec
from calliper.results import Course, Results

PLOT_HEIGHT = 210.0
BETWEEN = 34.0
WIDEST = 34.0
NARROWEST = 240.0
"""The room of a bar, and of a plot; with few patients a plot stays narrower than the sheet."""
NO_CHANGE = 1.6
"""How high a bar of no change is drawn, so that it can be seen, px."""


def waterfall_figure(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """Best changes of the sum of diameters by arm; None where no patient has one.

    All panels have the same axis, and bars of one width. Raises TypeError when `response` is no response endpoint.
    """
    endpoint = response_of(spec, protocol)
    every = panels(spec, protocol, results)
    if not any(panel.courses for panel in every):
        return None
    criteria = of_criteria(numbers.forms(protocol), endpoint)
    note = (
        "Each bar is a patient; bars are ordered by their change, not by time, and nothing is tested. Best change: "
        "the largest fall, or else the smallest rise, of the sum of the diameters of the target lesions, up to the "
        f"first progression. {criteria} Colours: best response.{left_out(spec, results)}"
    )
    title = spec.title or endpoint.label
    return Figure(
        id=f"figure-{spec.id}-waterfall",
        number="",
        caption=f"{title}: best change of the target lesions, bars of patients ordered by change; descriptive, no test",
        scene=_scene(endpoint, every, WIDE),
        narrow=_scene(endpoint, every, NARROW),
        alt=_alt(every),
        footnotes=(Footnote("", note),),
    )


def _scene(endpoint: ResponseSpec, every: Sequence[Panel], sheet: Sheet) -> Scene:
    shapes, y = response_key(every, 16.0, sheet)
    span = left, end = plot_span(sheet)
    changes = [course.best_change for panel in every for course in panel.courses if course.best_change]
    most = max(len(panel.courses) for panel in every)
    pitch = min((end - left) / most, WIDEST)
    right = round(left + max(most * pitch, min(NARROWEST, end - left)), 2)
    y += BETWEEN - 8
    for panel in every:
        title, y = panel_title(panel, y, span)
        shapes += title
        if not panel.courses:
            y += BETWEEN
            continue
        cut = _cut(panel, end - left)
        if cut:
            y += LEADING
            shapes.append(set_text(left, y, cut, size=SMALL, paint="muted"))
        down = change_axis(endpoint, changes, top=y + 12, height=PLOT_HEIGHT)
        shapes += change_rules(panel.forms, down, (left, right))
        shapes += _bars(panel, down, pitch, left)
        shapes += threshold_lines(panel.forms, endpoint, down, (left, right))
        shapes.append(axis_title("Best change from baseline (%)", down, left))
        y = down.start + BETWEEN
    return Scene(sheet.width, round(y - BETWEEN + 10, 2), tuple(shapes))


def _bars(panel: Panel, down: Linear, pitch: float, left: float) -> list[Shape]:
    """The bars, and a gap near the top of those that are cut."""
    wide = pitch * 0.8 if pitch >= 4 else pitch
    zero = down(0.0)
    shapes: list[Shape] = []
    for at, course in enumerate(panel.courses):
        end = down(min(course.best_change or 0.0, down.high))
        top, bottom = min(end, zero), max(end, zero)
        if bottom - top < NO_CHANGE:
            top, bottom = zero - NO_CHANGE / 2, zero + NO_CHANGE / 2
        x = left + at * pitch + (pitch - wide) / 2
        place = (round(x, 2), round(top, 2), round(wide, 2), round(bottom - top, 2))
        shapes.append(Box(*place, f"response:{course.best}", "none"))
    n_cut = sum(1 for course in panel.courses if _is_cut(course))
    if n_cut:
        y = down(down.high) + 12
        shapes.append(Line(((left + 1, y), (round(left + n_cut * pitch, 2), y - 5)), "paper", 3.0))
    return shapes


def _is_cut(course: Course) -> bool:
    return course.best_change is not None and course.best_change > HIGHEST


def _cut(panel: Panel, room: float) -> str:
    """The growths of the bars that are cut, as many as the line holds; empty where none is."""
    beyond = [
        signed(panel.forms, round(course.best_change or 0.0)) for course in panel.courses if _is_cut(course)
    ]
    if not beyond:
        return ""
    head = f"Cut at {signed(panel.forms, HIGHEST)}%, from the left: "
    for shown in range(len(beyond), 0, -1):
        rest = f" and {len(beyond) - shown} more" if shown < len(beyond) else ""
        line = f"{head}{', '.join(beyond[:shown])}{rest}"
        if width(line, SMALL) <= room:
            break
    return line


def _alt(every: Sequence[Panel]) -> str:
    """The figure in words."""
    parts = []
    for panel in every:
        changes = [course.best_change or 0.0 for course in panel.courses]
        told = (
            f", from {signed(panel.forms, changes[0])}% to {signed(panel.forms, changes[-1])}%"
            if changes
            else ""
        )
        parts.append(f"{panel.title}{told}")
    return (
        "Waterfall of the best change of the sum of diameters from baseline, a bar a patient, in order of change. "
        f"{'; '.join(parts)}. {labels.RESPONSE_WORDS['PR']} and progression are marked by lines."
    )
