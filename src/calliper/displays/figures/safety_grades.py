"""Bars of adverse events by worst grade: of each event one bar an arm, its length the share of patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calliper.blocks import Box, Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import Shelf
from calliper.displays.figures import safety_events
from calliper.displays.figures.axis import Linear, nice_ticks
from calliper.displays.figures.lettering import clip, width, wrap
from calliper.displays.figures.safety_events import LABEL, TEXT, share_of
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import SMALL, set_text
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results, Row

MOST = 25
BAR = 15.0
PITCH = 19.0
BETWEEN = 12.0
NAMES = 172.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where the names of the arms end, and where the bars begin and end, px."""

    arms: float
    start: float
    end: float


BESIDE, UNDER = Places(314.0, 322.0, 640.0), Places(96.0, 104.0, 296.0)
"""On a wide sheet beside the names of the events, on a narrow one under them."""
GRADES = ("1", "2", "3", "4", "5", "unknown")
INSIDE = 10.5
DARK = ("3", "4", "5")
"""Grades whose boxes are dark, with light figures in them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One arm of one event: the counts and shares by worst grade, and who had it of whom."""

    label: str
    grades: tuple[tuple[str, Row, Row], ...]
    count: Row
    n: Row
    proportion: Row
    forms: Forms


@dataclass(frozen=True, slots=True)
class Event:
    """An event's name in lines and its bars."""

    lines: tuple[str, ...]
    bars: tuple[Bar, ...]

    def height(self, sheet: Sheet) -> float:
        """The room it takes, px."""
        names, bars = len(self.lines) * 14 + 4, len(self.bars) * PITCH
        return (names + bars if sheet.is_narrow else max(bars, names)) + BETWEEN


def grades_figure(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """The bars of the events that anybody had, at most the MOST commonest, these first; None where nobody had one."""
    shelf = Shelf(results, spec.id, "included")
    groups = labels.ordered(protocol, shelf.groups())
    terms = safety_events.events_of(spec, results)

    def largest(term: str) -> float:
        return max((share_of(shelf, group, term) or 0.0 for group in groups), default=0.0)

    drawn = sorted(safety_events.commonest(terms, largest, MOST), key=lambda term: -largest(term))
    events = [_event(spec, protocol, shelf, groups, term) for term in drawn]
    if not events:
        return None
    note = (
        "Each patient counts once for each event, at the worst grade, among those of whom it is known whether it "
        f"occurred. The commonest events are first. {safety_events.left_out(len(drawn), terms, largest)}"
    )
    return Figure(
        id=f"figure-{spec.id}-grades",
        number="",
        caption=safety_words.caption(protocol, spec, "patients by worst grade"),
        scene=_scene(protocol, groups, events, WIDE),
        narrow=_scene(protocol, groups, events, NARROW),
        alt=_alt(events),
        footnotes=(Footnote("", note.strip()),),
    )


def _event(spec: SafetyAnalysis, protocol: Protocol, shelf: Shelf, groups: list[str], term: str) -> Event:
    endpoint, forms = safety_words.toxicity(protocol, spec), numbers.forms(protocol)
    bars = []
    for group in groups:
        n = shelf.row(group, term, "", "n")
        count, proportion = (shelf.row(group, term, "any grade", stat) for stat in ("count", "proportion"))
        if n is None or count is None or proportion is None:
            continue
        grades = []
        for grade in GRADES:
            own, share = (shelf.row(group, term, f"grade {grade}", stat) for stat in ("count", "proportion"))
            if own is not None and share is not None and own.value:
                grades.append((grade, own, share))
        name = labels.arm_short(protocol, group)
        bars.append(Bar(name, tuple(grades), count, n, proportion, forms))
    return Event(tuple(clip(wrap(safety_words.event(endpoint, term), TEXT, NAMES - LABEL), 3)), tuple(bars))


def _scene(protocol: Protocol, groups: list[str], events: Sequence[Event], sheet: Sheet) -> Scene:
    places = UNDER if sheet.is_narrow else BESIDE
    found = {grade for event in events for bar in event.bars for grade, _, _ in bar.grades}
    items = [
        (grade.capitalize(), f"grade:{grade}") for grade in GRADES if grade != "unknown" or grade in found
    ]
    shapes, y = safety_events.boxes_key(items, 14.0, "Worst grade", sheet)
    top = y + 2
    across = _axis_of(events, places)
    bottom = round(top + sum(event.height(sheet) for event in events), 2)
    shapes += _axis(numbers.forms(protocol), across, top, bottom)
    y = top + BETWEEN / 2
    for event in events:
        shapes += _event_shapes(event, y, across, sheet, has_arms=len(groups) > 1)
        y += event.height(sheet)
    if len(groups) == 1:
        text = f"Patients of one arm: {labels.arm(protocol, groups[0])}"
        shapes.append(set_text(places.end, bottom + 50, text, anchor="end", size=SMALL, paint="muted"))
    return Scene(sheet.width, round(bottom + (56 if len(groups) == 1 else 42), 2), tuple(shapes))


def _axis_of(events: Sequence[Event], places: Places) -> Linear:
    most = max(bar.proportion.value or 0.0 for event in events for bar in event.bars)
    return Linear(0.0, min(nice_ticks(0.0, 100 * most)[-1], 100.0) / 100, places.start, places.end)


def _axis(forms: Forms, across: Linear, top: float, bottom: float) -> list[Shape]:
    shapes: list[Shape] = []
    for tick in nice_ticks(0.0, 100 * across.high):
        if tick <= 100 * across.high + 1e-9:
            x = round(across(tick / 100), 2)
            shapes.append(Line(((x, top), (x, bottom)), "rule", 0.5))
            shapes.append(Line(((x, bottom), (x, bottom + 4)), "ink", 0.9))
            shapes.append(set_text(x, bottom + 17, forms.tick(tick), anchor="middle", size=SMALL))
    shapes.append(Line(((across.start, bottom), (across.end, bottom)), "ink", 0.9))
    title = "Patients with the event (%)"
    shapes.append(set_text((across.start + across.end) / 2, bottom + 34, title, anchor="middle", size=SMALL))
    return shapes


def _event_shapes(event: Event, y: float, across: Linear, sheet: Sheet, *, has_arms: bool) -> list[Shape]:
    shapes: list[Shape] = [
        set_text(LABEL, y + 12 + index * 14, line, size=TEXT) for index, line in enumerate(event.lines)
    ]
    arms, above = (UNDER.arms, len(event.lines) * 14 + 4) if sheet.is_narrow else (BESIDE.arms, 0)
    left = LABEL if sheet.is_narrow else NAMES
    for index, bar in enumerate(event.bars):
        at = y + above + index * PITCH
        if has_arms:
            name = clip(wrap(bar.label, SMALL, arms - left - 6), 1)[0]
            shapes.append(set_text(arms, at + 12, name, anchor="end", size=SMALL, paint="muted"))
        shapes += _bar(bar, at, across)
    return shapes


def _bar(bar: Bar, y: float, across: Linear) -> list[Shape]:
    """The boxes of the grades one after the other, their counts where they hold them, and the sum behind."""
    shapes: list[Shape] = []
    reached = 0.0
    for grade, count, share in bar.grades:
        start, end = across(reached), across(reached + (share.value or 0.0))
        shapes.append(Box(round(start, 2), y, round(end - start, 2), BAR, f"grade:{grade}", "paper"))
        text = bar.forms.count(count.value)
        if end - start >= width(text, INSIDE) + 4:
            paint = "paper" if grade in DARK else "ink"
            shapes.append(
                set_text(
                    (start + end) / 2,
                    y + 11.3,
                    text,
                    anchor="middle",
                    size=INSIDE,
                    paint=paint,
                    key=count.key,
                )
            )
        reached += share.value or 0.0
    shapes.append(set_text(across(reached) + 7, y + 12, _total(bar), size=SMALL, key=bar.count.key))
    return shapes


def _total(bar: Bar) -> str:
    return bar.forms.fraction_percent(bar.count.value, bar.n.value, bar.proportion.value)


def _alt(events: Sequence[Event]) -> str:
    """The figure in words."""
    parts = []
    for event in events:
        told = []
        for bar in event.bars:
            grades = ", ".join(
                f"grade {grade} {bar.forms.count(count.value)}" for grade, count, _ in bar.grades
            )
            told.append(f"{bar.label} {_total(bar)}{': ' if grades else ''}{grades}")
        parts.append(f"{' '.join(event.lines)}: {'; '.join(told)}")
    return f"Bars of patients with adverse events by worst grade. {'. '.join(parts)}."
