"""What figures of single patients share: a panel an arm, the key of best responses, the lines of the criteria."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from calliper.blocks import Box, Label, Line, Mark, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.axis import Linear, nice_ticks
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.displays.figures.sheet import Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, TEXT, set_text
from calliper.displays.numbers import Forms
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import RESPONSE_CATEGORIES, CoursesAnalysis, Protocol, TimeToEvent
from calliper.protocol.specs import Response as ResponseSpec
from calliper.results import Course, Results, Row

ASIDE = 52.0
"""The room right of a plot, px, in which the lines of the criteria are labelled."""

LOWEST = -100.0
HIGHEST = 100.0
"""Percent: the axis ends here, and what grew more is cut."""

MOST = 600
"""Patients of a panel; of more every second, third ... in the order of their changes is drawn."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One arm: its label, the patients drawn of those who have a change of the tumour, how many it has of both.

    `courses` go from the largest growth to the largest fall, every `every`th of them.
    """

    label: str
    courses: tuple[Course, ...]
    every: int
    n: Row
    measured: Row
    forms: Forms

    @property
    def title(self) -> str:
        """The arm, and how many of its patients are drawn."""
        measured, n = self.forms.count(self.measured.value), self.forms.count(self.n.value)
        thinned = f", every {ordinal(self.every)} drawn" if self.every > 1 else ""
        return f"{self.label} ({measured} of {n} patients{thinned})"


def plot_span(sheet: Sheet) -> tuple[float, float]:
    """Where a plot begins and ends, px."""
    return sheet.of(84.0, 62.0), sheet.width - sheet.of(ASIDE, 44.0)


def response_of(spec: CoursesAnalysis, protocol: Protocol) -> ResponseSpec:
    """The response endpoint of an analysis; raises TypeError when it is another kind."""
    endpoint = protocol.endpoints[spec.response]
    if not isinstance(endpoint, ResponseSpec):
        raise TypeError(f"{spec.response} is not a response endpoint")
    return endpoint


def panels(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> tuple[Panel, ...]:
    """The arms that have patients, in printing order."""
    included, measured = (Shelf(results, spec.id, name) for name in ("included", "measured"))
    every = [course for course in results.courses_of(spec.id) if course.best_change is not None]
    found = []
    for arm in labels.ordered(protocol, included.groups()):
        n, seen = included.row(arm, "", "", "n"), measured.row(arm, "", "", "n")
        if n is not None and n.value and seen is not None:
            own = ordered([course for course in every if course.arm == arm])
            step = max(1, math.ceil(len(own) / MOST))
            found.append(
                Panel(labels.arm(protocol, arm), tuple(own[::step]), step, n, seen, numbers.forms(protocol))
            )
    return tuple(found)


def ordered(courses: Sequence[Course]) -> list[Course]:
    """From the largest growth to the largest fall; equal changes by their response."""
    return sorted(
        courses, key=lambda course: (-(course.best_change or 0.0), -RESPONSE_CATEGORIES.index(course.best))
    )


def ordinal(number: int) -> str:
    """A place in words of figures.

    >>> ordinal(2), ordinal(3), ordinal(11), ordinal(21)
    ('2nd', '3rd', '11th', '21st')
    """
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def thresholds(endpoint: ResponseSpec) -> tuple[float, ...]:
    """The growth of progression and the fall of a partial response, percent, as the criteria of the endpoint say."""
    growth, fall = float(endpoint.rules.pd_increase_percent), -float(endpoint.rules.pr_decrease_percent)
    return tuple(change for change in (growth, fall) if change <= HIGHEST)


def signed(forms: Forms, change: float) -> str:
    """A change in percent with its sign, without decimals that are not there.

    >>> [signed(numbers.PLAIN, change) for change in (20.0, -12.5, 0.0)]
    ['+20', '−12.5', '0']
    """
    text = forms.fixed(change, 0 if change == int(change) else 1)
    return f"+{text}" if change > 0 else text


def change_axis(endpoint: ResponseSpec, changes: Sequence[float], *, top: float, height: float) -> Linear:
    """From -100% to +50% where all is below, else to +100%."""
    above = max((*changes, *thresholds(endpoint)), default=0.0)
    return Linear(LOWEST, HIGHEST / 2 if above <= HIGHEST / 2 else HIGHEST, top + height, top)


def change_rules(forms: Forms, down: Linear, span: tuple[float, float]) -> Iterator[Shape]:
    """Ticks of the changes with their rules, the line of no change, and the title of the axis."""
    left, right = span
    step = 25.0
    for index in range(round((down.high - down.low) / step) + 1):
        change = down.low + index * step
        y = round(down(change), 2)
        yield Line(((left, y), (right, y)), "ink" if change == 0 else "rule", 0.9 if change == 0 else 0.5)
        yield Line(((left - 4, y), (left, y)), "ink", 0.9)
        yield set_text(left - 8, y + 4, signed(forms, change), anchor="end", size=SMALL)
    yield Line(((left, down.end), (left, down.start)), "ink", 0.9)


def threshold_lines(
    forms: Forms, endpoint: ResponseSpec, down: Linear, span: tuple[float, float]
) -> Iterator[Shape]:
    """The lines of the criteria, each labelled at its right end; labels of near lines keep apart."""
    left, right = span
    held = thresholds(endpoint)
    places = [round(down(change), 2) for change in held]
    near = max(LEADING - (max(places) - min(places)), 0.0) / 2 if len(places) > 1 else 0.0
    for change, y in zip(held, places, strict=True):
        yield Line(((left, y), (right, y)), "muted", 1.0, (4.0, 3.0))
        aside = -near if change > 0 else near
        yield set_text(right + 6, y + 4 + aside, f"{signed(forms, change)}%", size=SMALL, paint="muted")


def axis_title(text: str, down: Linear, left: float) -> Label:
    """The title of the vertical axis, turned."""
    return Label(left - 48, round((down.start + down.end) / 2, 2), text, "middle", TEXT, turn=-90)


def panel_title(panel: Panel, y: float, span: tuple[float, float]) -> tuple[list[Shape], float]:
    """The title of a panel from `y` down, and the place of its last line."""
    lines = clip(wrap(panel.title, TEXT, span[1] - span[0], bold=True), 3)
    places = [y + at * LEADING for at in range(len(lines))]
    return [set_text(span[0], at, line, bold=True) for at, line in zip(places, lines, strict=True)], places[
        -1
    ]


def response_key(
    every: Sequence[Panel], y: float, sheet: Sheet, *, with_progression: bool = False
) -> tuple[list[Shape], float]:
    """The best responses that are drawn, each beside its paint, and the place of the last line.

    `with_progression` adds the mark of the first progression.
    """
    held = {course.best for panel in every for course in panel.courses}
    entries = [
        (f"response:{category}", labels.RESPONSE_WORDS[category])
        for category in RESPONSE_CATEGORIES
        if category in held
    ]
    shapes: list[Shape] = []
    left = plot_span(sheet)[0]
    x = left
    for paint, words in (*entries, *([("", "First progression")] if with_progression else [])):
        wide = 16 + width(words, SMALL) + 18
        if x > left and x + wide > sheet.width:
            x, y = left, y + LEADING
        if paint:
            shapes.append(Box(round(x, 2), y - 9, 11, 11, paint, "none"))
        else:
            shapes.append(progression_mark(x + 5.5, y - 3.5))
        shapes.append(set_text(x + 16, y, words, size=SMALL))
        x += wide
    return shapes, y


def progression_mark(x: float, y: float) -> Mark:
    """The mark of a first progression."""
    return Mark(round(x, 2), round(y, 2), "diamond", 7.0, "response:PD")


MONTH_STEPS = (1, 2, 3, 6, 12, 24, 36, 60, 120)


def time_ticks(last_day: int | float, unit: str) -> tuple[float, ...]:
    """About six ticks in a unit of time, from 0 to the last day or beyond; months in steps that divide years."""
    last = max(last_day, 1) / DAYS_PER_UNIT[unit]
    step = next((step for step in MONTH_STEPS if last <= 7 * step), None) if unit == "months" else None
    if step is None:
        return nice_ticks(0.0, last)
    return tuple(float(index * step) for index in range(math.ceil(last / step) + 1))


def time_unit(spec: CoursesAnalysis, protocol: Protocol) -> str:
    """The unit of the follow-up; months without one."""
    endpoint = protocol.endpoints.get(spec.follow_up or "")
    return endpoint.unit if isinstance(endpoint, TimeToEvent) else "months"


def time_since(spec: CoursesAnalysis, protocol: Protocol) -> str:
    """The title of the axis of time: `Months since first TACE`."""
    start = labels.in_sentence(labels.variable(protocol, response_of(spec, protocol).start or ""))
    return f"{time_unit(spec, protocol).capitalize()} since {start}"


def of_criteria(forms: Forms, endpoint: ResponseSpec) -> str:
    """What the lines of the criteria are, in words."""
    growth, fall = endpoint.rules.pd_increase_percent, endpoint.rules.pr_decrease_percent
    return (
        f"Dashed: the fall of a partial response ({signed(forms, -float(fall))}%) and the growth of progression "
        f"({signed(forms, float(growth))}%), which the criteria count from the smallest sum and not from baseline."
    )


def left_out(spec: CoursesAnalysis, results: Results) -> str:
    """The patients who are not drawn, and why; empty where all are."""
    method = Shelf(results, spec.id, "included").method("best_change")
    if method is None or not method.n_excluded:
        return ""
    return f" Not drawn: {labels.counted_patients(method.n_excluded)} ({method.why_excluded})."
