"""The signs of a swimmer: one patient's bar with treatments, responses and ending; and their key."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from calliper.blocks import Area, Line, Mark, Shape
from calliper.displays import labels
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.lettering import width
from calliper.displays.figures.patients import progression_mark
from calliper.displays.figures.step_plot import LEADING, SMALL, set_text
from calliper.protocol.specs import TimeToEvent, Treatments
from calliper.results import Course, Seen, Treated

PALE = 0.2
"""The opacity of the bar of follow-up, on which the signs stand."""

RESPONDED: dict[str, Literal["square", "circle"]] = {"PR": "square", "CR": "circle"}
"""The marks of the first partial and the first complete response."""

Glyph = Callable[[float, float], Iterator[Shape]]
"""From the middle of a sign, px, to its shapes."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """How a treatment is drawn: as ticks, or as a thin bar."""

    label: str
    paint: str
    is_session: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """The place of a patient's bar: its middle and its height, px, and its paint."""

    y: float
    height: float
    paint: str


def treatments_drawn(spec: Treatments | None, n_arms: int) -> dict[str, Treatment]:
    """The treatments of the study file: the first of sessions in ink, the others in the paints after the arms'."""
    drawn: dict[str, Treatment] = {}
    place = n_arms
    for name, item in (spec.items if spec is not None else {}).items():
        is_session = item.taken == "session"
        is_ink = is_session and not any(held.paint == "ink" for held in drawn.values())
        drawn[name] = Treatment(item.label, "ink" if is_ink else f"arm:{place}", is_session)
        place += not is_ink
    return drawn


def responses(course: Course) -> tuple[Seen, ...]:
    """The scans that are marked: the first partial response, the first complete one, the first progression."""
    found: dict[str, Seen] = {}
    for scan in course.scans:
        if scan.day < 0 or (scan.response == "PR" and "CR" in found):
            continue
        if scan.response in (*RESPONDED, "PD"):
            found.setdefault(scan.response, scan)
        if scan.response == "PD":
            break
    return tuple(found.values())


def lane(course: Course, place: Lane, across: Linear, treatments: Mapping[str, Treatment]) -> Iterator[Shape]:
    """A patient's follow-up from day 0, and on it all that happened by its end; nothing without an end of follow-up."""
    if course.last_day is None:
        return
    last = course.last_day
    start, end = across(0.0), max(across(last), across(0.0) + 1)
    upper, lower = place.y - place.height / 2, place.y + place.height / 2
    yield _area(((start, upper), (end, upper), (end, lower), (start, lower)), place.paint, PALE)
    for given in course.treatments:
        if given.first_day <= last:
            yield _treated(given, treatments[given.treatment], place, across, last=last)
    for scan in responses(course):
        if scan.day <= last:
            yield from response_glyph(scan.response, place.height)(across(scan.day), place.y)
    yield from ending_glyph(course.ending, place.height)(end, place.y)


def _treated(given: Treated, drawn: Treatment, place: Lane, across: Linear, *, last: int) -> Shape:
    """A tick, or a thin bar that is dotted where no end is recorded."""
    x = across(given.first_day)
    if drawn.is_session:
        return _session(x, place.y, place.height, drawn.paint)
    end = max(across(last if given.last_day is None else min(given.last_day, last)), x + 1)
    return _period((x, end), place.y, place.height, drawn.paint, is_open=given.last_day is None)


def _session(x: float, y: float, height: float, paint: str) -> Shape:
    return Line(
        ((round(x, 2), round(y - height / 2, 2)), (round(x, 2), round(y + height / 2, 2))), paint, 1.3
    )


def _period(span: tuple[float, float], y: float, height: float, paint: str, *, is_open: bool) -> Shape:
    points = tuple((round(x, 2), round(y, 2)) for x in span)
    return Line(points, paint, round(max(height * 0.34, 1.2), 2), (2.0, 1.5) if is_open else ())


def response_glyph(response: str, height: float) -> Glyph:
    """The mark of a first response, or of the first progression, fit for a bar of this height."""

    def drawn(x: float, y: float) -> Iterator[Shape]:
        if response == "PD":
            mark = progression_mark(x, y)
            yield Mark(mark.x, mark.y, mark.shape, min(height + 1, mark.size), mark.paint)
            return
        size = min(height - 0.5, 6.5)
        shape = RESPONDED[response]
        yield Mark(round(x, 2), round(y, 2), shape, size + 2, "paper")
        yield Mark(round(x, 2), round(y, 2), shape, size, f"response:{response}")

    return drawn


def ending_glyph(ending: str, height: float) -> Glyph:
    """What ends a bar: an arrow where it goes on, a cross for the event, an upright for a competing one."""
    half = min(height / 2, 3.5)

    def drawn(x: float, y: float) -> Iterator[Shape]:
        if ending == "censored":
            yield _area(((x, y - half), (x + 2 * half, y), (x, y + half)), "muted", 1.0)
        elif ending == "event":
            for sign in (1, -1):
                ends = ((x - half, y - sign * half), (x + half, y + sign * half))
                yield Line(tuple((round(a, 2), round(b, 2)) for a, b in ends), "ink", 1.6)
        elif ending:
            ends = ((x, y - half - 0.5), (x, y + half + 0.5))
            yield Line(tuple((round(a, 2), round(b, 2)) for a, b in ends), "ink", 2.6)

    return drawn


def _area(points: tuple[tuple[float, float], ...], paint: str, opacity: float) -> Area:
    return Area(tuple((round(x, 2), round(y, 2)) for x, y in points), paint, opacity)


def key(
    courses: Sequence[Course],
    treatments: Mapping[str, Treatment],
    follow_up: TimeToEvent,
    *,
    span: tuple[float, float],
    top: float,
) -> tuple[list[Shape], float]:
    """The signs that are drawn, each beside its words, in lines between two places; and the last line's place."""
    shapes: list[Shape] = []
    x, y = span[0], top
    for glyph, words in _entries(courses, treatments, follow_up):
        wide = 20 + width(words, SMALL) + 16
        if x > span[0] and x + wide > span[1] + 16:
            x, y = span[0], y + LEADING + 1
        shapes += glyph(x + 7, y - 4)
        shapes.append(set_text(x + 20, y, words, size=SMALL))
        x += wide
    return shapes, y


def _entries(
    courses: Sequence[Course], treatments: Mapping[str, Treatment], follow_up: TimeToEvent
) -> Iterator[tuple[Glyph, str]]:
    """The signs that occur among these patients: treatments, responses, endings."""
    given = {held.treatment for course in courses for held in course.treatments}
    for name, drawn in treatments.items():
        if name in given:
            yield _treatment_glyph(drawn), drawn.label
    marked = {scan.response for course in courses for scan in responses(course)}
    for response in (*RESPONDED, "PD"):
        if response in marked:
            words = "progression" if response == "PD" else labels.in_sentence(labels.RESPONSE_WORDS[response])
            yield response_glyph(response, 8.0), f"First {words}"
    endings = {course.ending for course in courses}
    if "event" in endings:
        words = follow_up.event_label
        yield ending_glyph("event", 8.0), f"{words[:1].upper()}{words[1:]} ({follow_up.short})"
    for name, words in follow_up.competing_causes.items():
        if name in endings:
            yield ending_glyph(name, 8.0), f"{words[:1].upper()}{words[1:]}, a competing event"
    if "censored" in endings:
        yield ending_glyph("censored", 8.0), "Censored, follow-up goes on"


def _treatment_glyph(drawn: Treatment) -> Glyph:
    def glyph(x: float, y: float) -> Iterator[Shape]:
        if drawn.is_session:
            yield _session(x, y, 9.0, drawn.paint)
        else:
            yield _period((x - 7, x + 7), y, 9.0, drawn.paint, is_open=False)

    return glyph
