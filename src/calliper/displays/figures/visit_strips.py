"""The visits of each patient on a line as long as the follow-up, longest first, by when they came."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from calliper.blocks import Figure, Footnote, Line, Mark, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.displays.figures.patients import ordinal, time_ticks
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, TEXT, set_text
from calliper.displays.numbers import Forms
from calliper.displays.tables.schedule import schedule_of
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import Protocol, Schedule, ScheduleAnalysis
from calliper.results import Listing, Results

EDGE, BETWEEN = 12.0, 40.0
BESIDE = 2
"""Panels in a row."""
ROOM, NARROW_ROOM = 460.0, 640.0
LEAST, MOST_HIGH = 7.0, 16.0
"""The height in which all lines find room, px, as far as their distance need not be less than LEAST."""
MOST = 60
"""Lines of a panel; of more patients every second, third ... in order is drawn."""

Glyph = Callable[[float, float, str], Iterator[Shape]]
"""From the middle of a sign, px, and the paint of its arm to its shapes."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The follow-up of one patient in days, and each visit: day and timing."""

    patient: str
    days_followed: int
    visits: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One arm: its paint, the patients drawn, every how many of them, and how many there are."""

    label: str
    paint: str
    strips: tuple[Strip, ...]
    every: int
    n: int

    @property
    def title(self) -> str:
        """The arm, how many patients it has, and which of them are drawn."""
        thinned = f", every {ordinal(self.every)} drawn" if self.every > 1 else ""
        return f"{self.label} ({labels.counted_patients(self.n)}{thinned})"


def visit_figure(spec: ScheduleAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """A panel an arm; None where nobody's follow-up is known, or nobody had a visit."""
    endpoint = schedule_of(spec, protocol)
    every = panels(spec, protocol, results)
    if not any(strip.visits for panel in every for strip in panel.strips):
        return None
    start = labels.in_sentence(labels.variable(protocol, endpoint.start))
    thinned = any(panel.every > 1 for panel in every)
    notes = (
        f"Each line is a patient, from {start} to the end of follow-up, the longest first; nothing is tested.",
        f"Of more than {MOST} patients in a panel only some are drawn, at equal steps in the order of their follow-up."
        if thinned
        else "",
    )
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or endpoint.label}: the {endpoint.visit}s of each patient; descriptive",
        scene=_scene(every, f"Months since {start}", WIDE),
        narrow=_scene(every, f"Months since {start}", NARROW),
        alt=_alt(every, endpoint, numbers.forms(protocol)),
        footnotes=tuple(Footnote("", note) for note in notes if note),
    )


def panels(spec: ScheduleAnalysis, protocol: Protocol, results: Results) -> tuple[Panel, ...]:
    """The arms that have patients whose follow-up is known, in printing order."""
    patients = _lines(results.listing(spec.id, "schedule"))
    visits: dict[object, list[tuple[int, str]]] = {}
    for line in _lines(results.listing(spec.id, "schedule_visits")):
        visits.setdefault(line["patient"], []).append((_whole(line["day"]), str(line["timing"])))
    found = []
    for place, arm in enumerate(protocol.arms.groups):
        own = [
            Strip(str(line["patient"]), _whole(line["days_followed"]), tuple(visits.get(line["patient"], ())))
            for line in patients
            if line["arm"] == arm and line["days_followed"] is not None
        ]
        if own:
            own.sort(key=lambda strip: (-strip.days_followed, strip.patient))
            every = math.ceil(len(own) / MOST)
            strips = tuple(own[::every])
            found.append(Panel(labels.arm(protocol, arm), f"arm:{place}", strips, every, len(own)))
    return tuple(found)


def _lines(listing: Listing | None) -> list[dict[str, str | int | float | None]]:
    rows = listing.rows if listing is not None else ()
    columns = listing.columns if listing is not None else ()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _whole(value: str | float | None) -> int:
    return int(value or 0)


# --- signs --------------------------------------------------------------------------------------------------


def _on_time(x: float, y: float, paint: str) -> Iterator[Shape]:
    yield Line(((x, round(y - 2.8, 2)), (x, round(y + 2.8, 2))), paint, 1.5)


def _early(x: float, y: float, _paint: str) -> Iterator[Shape]:
    yield Mark(x, y, "circle", 5.6, "ink")
    yield Mark(x, y, "circle", 3.4, "paper")


def _late(x: float, y: float, _paint: str) -> Iterator[Shape]:
    yield Mark(x, y, "diamond", 7.2, "ink")


def _after_missed(x: float, y: float, _paint: str) -> Iterator[Shape]:
    yield Mark(x, y, "square", 6.0, "ink")
    yield Mark(x, y, "square", 3.2, "paper")


SIGNS: dict[str, tuple[Glyph, str]] = {
    "on time": (_on_time, "On time"),
    "early": (_early, "Early"),
    "late": (_late, "Late"),
    "after missed": (_after_missed, "After missed ones"),
}
"""The sign of each timing and its words in the key."""


def _scene(every: Sequence[Panel], time_title: str, sheet: Sheet) -> Scene:
    """The key over the panels, two in a row or one, all with the same axis of time and lines of one distance."""
    strips = [strip for panel in every for strip in panel.strips]
    timings = {timing for strip in strips for _, timing in strip.visits}
    shapes, y = _key([name for name in SIGNS if name in timings], sheet, y=14.0)
    beside = 1 if sheet.is_narrow else min(len(every), BESIDE)
    across = (sheet.width - 2 * EDGE - BETWEEN * (beside - 1)) / beside
    most = max(len(panel.strips) for panel in every) * math.ceil(len(every) / beside)
    pitch = min(max(sheet.of(ROOM, NARROW_ROOM) / most, LEAST), MOST_HIGH)
    longest = max(strip.days_followed for strip in strips)
    y += 30
    for first in range(0, len(every), beside):
        row = every[first : first + beside]
        heads = [clip(wrap(panel.title, TEXT, across, bold=True), 3) for panel in row]
        top = y + (max(len(lines) for lines in heads) - 1) * LEADING + 9
        bottom = top + max(len(panel.strips) for panel in row) * pitch + 4
        for place, (panel, lines) in enumerate(zip(row, heads, strict=True)):
            left = EDGE + place * (across + BETWEEN)
            for at, line in enumerate(lines):
                shapes.append(set_text(left, y + at * LEADING, line, bold=True))
            shapes += _axis(longest, span=(left, left + across), top=top, bottom=bottom)
            shapes += _strips(panel, _across(longest, left, left + across), top=top, pitch=pitch)
        y = bottom + 52
    shapes.append(set_text(sheet.width / 2, y - 16, time_title, anchor="middle"))
    return Scene(sheet.width, round(y - 8, 2), tuple(shapes))


def _key(timings: Sequence[str], sheet: Sheet, *, y: float) -> tuple[list[Shape], float]:
    """The signs that are drawn, each beside its words, and the last line; on time in ink, as each arm has a paint."""
    shapes: list[Shape] = []
    x = EDGE
    for timing in timings:
        glyph, words = SIGNS[timing]
        wide = 16 + width(words, SMALL)
        if x > EDGE and x + wide > sheet.width:
            x, y = EDGE, y + LEADING
        shapes += [*glyph(x + 6, y - 4, "ink"), set_text(x + 16, y, words, size=SMALL)]
        x += wide + 20
    return shapes, y


def _across(longest: int, left: float, right: float) -> Linear:
    ticks = time_ticks(longest, "months")
    return Linear(0.0, ticks[-1] * DAYS_PER_UNIT["months"], left, right)


def _axis(longest: int, *, span: tuple[float, float], top: float, bottom: float) -> Iterator[Shape]:
    across = _across(longest, *span)
    for tick in time_ticks(longest, "months"):
        x = round(across(tick * DAYS_PER_UNIT["months"]), 2)
        yield Line(((x, round(top, 2)), (x, round(bottom, 2))), "rule", 0.5)
        yield Line(((x, round(bottom, 2)), (x, round(bottom + 4, 2))), "ink", 0.9)
        yield set_text(x, bottom + 17, f"{tick:g}", anchor="middle", size=SMALL)
    yield Line(((span[0], round(bottom, 2)), (span[1], round(bottom, 2))), "ink", 0.9)


def _strips(panel: Panel, across: Linear, *, top: float, pitch: float) -> Iterator[Shape]:
    for at, strip in enumerate(panel.strips):
        y = round(top + (at + 0.5) * pitch + 2, 2)
        end = round(max(across(strip.days_followed), across(0.0) + 1), 2)
        yield Line(((round(across(0.0), 2), y), (end, y)), panel.paint, 1.0, (), 0.4)
        for day, timing in strip.visits:
            yield from SIGNS[timing][0](round(across(day), 2), y, panel.paint)


def _alt(every: Sequence[Panel], endpoint: Schedule, forms: Forms) -> str:
    """The figure in words."""
    parts = [
        f"{panel.title}: {forms.count(sum(len(strip.visits) for strip in panel.strips))} {endpoint.visit}s drawn"
        for panel in every
    ]
    return (
        f"The follow-up of each patient as a line, the longest first, with a sign for each {endpoint.visit}, by "
        f"whether it came on time. {'; '.join(parts)}."
    )
