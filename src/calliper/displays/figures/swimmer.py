"""The swimmer: the follow-up of each patient as a bar, longest first, with treatments, responses and what ended it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from calliper.blocks import Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.lettering import clip, wrap
from calliper.displays.figures.patients import ordinal, response_of, time_since, time_ticks, time_unit
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, TEXT, set_text
from calliper.displays.figures.swimmer_lane import Lane, Treatment, key, lane, treatments_drawn
from calliper.displays.numbers import Forms
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import CoursesAnalysis, Protocol, TimeToEvent, Treatments
from calliper.results import Course, Results, Row

EDGE = 12.0
BETWEEN = 40.0
BESIDE = 2
"""Panels in a row."""
ROOM, NARROW_ROOM = 540.0, 760.0
"""The height in which all bars find room, px, as far as a bar need not be lower than LEAST."""
LEAST, MOST_HIGH = 9.0, 20.0
MOST = 60
"""Bars of a panel; of more patients every second, third ... in order is drawn."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One arm: its paint, the patients drawn of those whose follow-up is known, and how many it has of both."""

    label: str
    paint: str
    courses: tuple[Course, ...]
    every: int
    n: Row
    followed: Row
    forms: Forms

    @property
    def title(self) -> str:
        """The arm, how many of its patients have a known follow-up, and which of them are drawn."""
        n, followed = self.forms.count(self.n.value), self.forms.count(self.followed.value)
        whom = "patient" if self.n.value == 1 else "patients"
        held = f"{n} {whom}" if n == followed else f"{followed} of {n} {whom}"
        thinned = f", every {ordinal(self.every)} drawn" if self.every > 1 else ""
        return f"{self.label} ({held}{thinned})"


def swimmer_figure(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """Bars of follow-up by arm; None without a follow-up, or where nobody's is known.

    Raises TypeError when `response` is no response endpoint.
    """
    endpoint, follow_up = response_of(spec, protocol), protocol.endpoints.get(spec.follow_up or "")
    every = panels(spec, protocol, results)
    if not isinstance(follow_up, TimeToEvent) or not any(panel.courses for panel in every):
        return None
    held = protocol.endpoints.get(spec.treatments or "")
    drawn = treatments_drawn(held if isinstance(held, Treatments) else None, len(protocol.arms.groups))
    title = spec.title or endpoint.label
    return Figure(
        id=f"figure-{spec.id}-swimmer",
        number="",
        caption=f"{title}: follow-up, treatment and response of single patients; descriptive, no test",
        scene=_scene(spec, protocol, every, drawn, WIDE),
        narrow=_scene(spec, protocol, every, drawn, NARROW),
        alt=_alt(every, follow_up),
        footnotes=tuple(
            Footnote("", note) for note in _notes(spec, protocol, results, every, follow_up) if note
        ),
    )


def panels(spec: CoursesAnalysis, protocol: Protocol, results: Results) -> tuple[Panel, ...]:
    """The arms that have patients, in printing order, their patients by length of follow-up."""
    included, followed = (Shelf(results, spec.id, name) for name in ("included", "followed"))
    known = [course for course in results.courses_of(spec.id) if course.last_day is not None]
    found, forms = [], numbers.forms(protocol)
    for place, arm in enumerate(labels.ordered(protocol, included.groups())):
        n, seen = included.row(arm, "", "", "n"), followed.row(arm, "", "", "n")
        if n is None or not n.value or seen is None:
            continue
        own = ordered([course for course in known if course.arm == arm])
        every = max(1, math.ceil(len(own) / MOST))
        found.append(
            Panel(labels.arm(protocol, arm), f"arm:{place}", tuple(own[::every]), every, n, seen, forms)
        )
    return tuple(found)


def ordered(courses: Sequence[Course]) -> list[Course]:
    """Longest follow-up first; of equal ones in the order of the identifiers, which are not printed."""
    return sorted(courses, key=lambda course: (-(course.last_day or 0), course.patient))


def _scene(
    spec: CoursesAnalysis,
    protocol: Protocol,
    every: Sequence[Panel],
    drawn: dict[str, Treatment],
    sheet: Sheet,
) -> Scene:
    """The key over the panels, two in a row or one, all with the same axis of time and bars of one height."""
    courses = [course for panel in every for course in panel.courses]
    follow_up = protocol.endpoints[spec.follow_up or ""]
    if not isinstance(follow_up, TimeToEvent):
        raise TypeError(f"{spec.follow_up} is not a time-to-event endpoint")
    shapes, y = key(courses, drawn, follow_up, span=(EDGE, sheet.width - EDGE), top=14.0)
    beside = 1 if sheet.is_narrow else min(len(every), BESIDE)
    across = (sheet.width - 2 * EDGE - BETWEEN * (beside - 1)) / beside
    most = max(len(panel.courses) for panel in every) * math.ceil(len(every) / beside)
    pitch = min(max(sheet.of(ROOM, NARROW_ROOM) / most, LEAST), MOST_HIGH)
    y += 28
    for first in range(0, len(every), beside):
        row = every[first : first + beside]
        heads = [clip(wrap(panel.title, TEXT, across, bold=True), 3) for panel in row]
        top = y + (max(len(lines) for lines in heads) - 1) * LEADING + 9
        bottom = top + max(len(panel.courses) for panel in row) * pitch + 4
        for place, (panel, lines) in enumerate(zip(row, heads, strict=True)):
            left = EDGE + place * (across + BETWEEN)
            for at, line in enumerate(lines):
                shapes.append(set_text(left, y + at * LEADING, line, bold=True))
            shapes += _bars(spec, protocol, panel, courses, drawn, left=left, right=left + across, top=top,
                            bottom=bottom, pitch=pitch)  # fmt: skip
        y = bottom + 52
    shapes.append(set_text(sheet.width / 2, y - 16, time_since(spec, protocol), anchor="middle"))
    return Scene(sheet.width, round(y - 8, 2), tuple(shapes))


def _bars(
    spec: CoursesAnalysis,
    protocol: Protocol,
    panel: Panel,
    courses: Sequence[Course],
    drawn: dict[str, Treatment],
    *,
    left: float,
    right: float,
    top: float,
    bottom: float,
    pitch: float,
) -> list[Shape]:
    """The axis of time of a panel, its rules, and over them the bars from the top."""
    unit = time_unit(spec, protocol)
    days = DAYS_PER_UNIT[unit]
    ticks = time_ticks(max(course.last_day or 0 for course in courses), unit)
    across = Linear(0.0, ticks[-1] * days, left, right)
    shapes: list[Shape] = []
    for tick in ticks:
        x = round(across(tick * days), 2)
        shapes.append(Line(((x, round(top, 2)), (x, round(bottom, 2))), "rule", 0.5))
        shapes.append(Line(((x, round(bottom, 2)), (x, round(bottom + 4, 2))), "ink", 0.9))
        shapes.append(set_text(x, bottom + 17, f"{tick:g}", anchor="middle", size=SMALL))
    shapes.append(Line(((left, round(bottom, 2)), (right, round(bottom, 2))), "ink", 0.9))
    for at, course in enumerate(panel.courses):
        place = Lane(top + (at + 0.5) * pitch + 2, min(pitch * 0.76, 13.0), panel.paint)
        shapes += lane(course, place, across, drawn)
    return shapes


def _notes(
    spec: CoursesAnalysis,
    protocol: Protocol,
    results: Results,
    every: Sequence[Panel],
    follow_up: TimeToEvent,
) -> list[str]:
    """What a bar is, who is not drawn, and how what is not known is drawn."""
    endpoint = response_of(spec, protocol)
    start = labels.in_sentence(labels.variable(protocol, endpoint.start or ""))
    shown = [course for panel in every for course in panel.courses]
    is_open = any(given.last_day is None for course in shown for given in course.treatments)
    thinned = [panel for panel in every if panel.every > 1]
    method = Shelf(results, spec.id, "followed").method("follow_up")
    absent = method is not None and method.n_excluded
    return [
        f"Each bar is a patient, from {start} to the end of follow-up ({labels.in_sentence(follow_up.label)}), "
        "the longest first; nothing is tested. Responses are marked up to the first progression, and nothing is drawn "
        "after the end of a bar.",
        "The responses are those that a landmark took." if endpoint.lesions is None else "",
        "Dotted: treatment without a recorded end, drawn to the end of follow-up." if is_open else "",
        f"Of more than {MOST} patients in a panel only some are drawn, at equal steps in the order of their follow-up."
        if thinned
        else "",
        f"Not drawn, as the follow-up is not known: {labels.counted_patients(method.n_excluded)} "
        f"({method.why_excluded})."
        if method is not None and absent
        else "",
    ]


def _alt(every: Sequence[Panel], follow_up: TimeToEvent) -> str:
    """The figure in words."""
    days = DAYS_PER_UNIT[follow_up.unit]
    parts = []
    for panel in every:
        longest = max((course.last_day or 0 for course in panel.courses), default=None)
        told = (
            f", the longest bar {panel.forms.duration(longest / days)} {follow_up.unit}"
            if longest is not None
            else ""
        )
        parts.append(f"{panel.title}{told}")
    return (
        "Swimmer plot: the follow-up of each patient as a bar, the longest first, with treatments, first responses and "
        f"first progression, and what ended it. {'; '.join(parts)}."
    )
