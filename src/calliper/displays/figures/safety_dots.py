"""The dot plot of adverse events: the share of patients of each arm, and beside it the difference with its interval.

Two panels with one line an event, in the order of the difference (Amit, Heiberger and Lane 2008, Pharm Stat 7, 20-35).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from calliper.blocks import Area, Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels, numbers, safety_words
from calliper.displays.cells import Shelf
from calliper.displays.figures import safety_events
from calliper.displays.figures.axis import Linear, nice_ticks
from calliper.displays.figures.lettering import clip, wrap
from calliper.displays.figures.safety_events import LABEL, TEXT, arm_mark, share_of
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import SMALL, set_text
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results, Row

MOST = 40
STEP = 22.0
LEAST = 15.0
"""The room between the lines of one event's differences, px."""
APART = 6.0
"""The room between the marks of two arms, px."""
NAMES = 196.0
OVER = 15.0
"""What the name takes over its line on a narrow sheet, px."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the shares stand beside differences and without them, the differences, and their figures end, px."""

    shares: tuple[float, float]
    alone: tuple[float, float]
    differences: tuple[float, float]
    right: float
    shares_title: str = "Patients with the event (%)"
    differences_title: str = "Difference (percentage points)"


BESIDE = Places((212.0, 402.0), (212.0, 640.0), (440.0, 606.0), 752.0)
UNDER = Places((10.0, 122.0), (10.0, 360.0), (150.0, 256.0), 376.0, "Patients (%)", "Difference (points)")
"""On a wide sheet beside the names of the events, on a narrow one under them."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two arms' shares and its limits."""

    group: str
    value: Row
    lower: Row
    upper: Row

    def text(self, forms: Forms) -> str:
        """`difference (lower to upper)` in percentage points."""
        return forms.estimate(self.value.value, self.lower.value, self.upper.value, forms.percent)


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the figure: its name in lines, the share of each arm, the differences of the contrasts."""

    lines: tuple[str, ...]
    shares: dict[str, float]
    differences: tuple[Difference, ...]

    def height(self, sheet: Sheet) -> float:
        """The room it takes, px."""
        names, beside = (len(self.lines) - 1) * 14, (len(self.differences) - 1) * LEAST
        if sheet.is_narrow:
            return STEP + OVER + names + max(beside, 0.0)
        return STEP + max(names, beside)


def dots_figure(spec: SafetyAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """The dot plot of the events that anybody had, at most the MOST commonest; None where nobody had one."""
    shelf = Shelf(results, spec.id, "included")
    groups = labels.ordered(protocol, shelf.groups())
    terms = safety_events.events_of(spec, results)

    def largest(term: str) -> float:
        return max((share_of(shelf, group, term) or 0.0 for group in groups), default=0.0)

    drawn = safety_events.commonest(terms, largest, MOST)
    events = [_event(spec, protocol, shelf, groups, term) for term in drawn]
    events.sort(key=lambda event: (-_order(event), -max(event.shares.values(), default=0.0)))
    if not events:
        return None
    has_differences = any(event.differences for event in events)
    what = "patients with each event by arm" + (", and the difference" if has_differences else "")
    return Figure(
        id=f"figure-{spec.id}-dots",
        number="",
        caption=safety_words.caption(protocol, spec, what),
        scene=_scene(protocol, shelf, groups, events, WIDE),
        narrow=_scene(protocol, shelf, groups, events, NARROW),
        alt=_alt(protocol, groups, events),
        footnotes=(
            Footnote(
                "",
                _note(protocol, shelf, safety_events.left_out(len(drawn), terms, largest), has_differences),
            ),
        ),
    )


def _event(spec: SafetyAnalysis, protocol: Protocol, shelf: Shelf, groups: list[str], term: str) -> Event:
    endpoint = safety_words.toxicity(protocol, spec)
    found = []
    for group, reference in shelf.contrasts():
        rows = [
            shelf.row(f"{group} vs {reference}", term, "any grade", stat)
            for stat in ("difference", "lower.newcombe", "upper.newcombe")
        ]
        value, lower, upper = rows
        if value is not None and lower is not None and upper is not None:
            found.append(Difference(group, value, lower, upper))
    shares = {group: share_of(shelf, group, term) for group in groups}
    return Event(
        lines=tuple(clip(wrap(safety_words.event(endpoint, term), TEXT, NAMES - LABEL), 3)),
        shares={group: share for group, share in shares.items() if share is not None},
        differences=tuple(found),
    )


def _order(event: Event) -> float:
    """By the first difference; events without one are last, and without any the share decides."""
    return -2.0 if not event.differences else event.differences[0].value.value or 0.0


def _scene(
    protocol: Protocol, shelf: Shelf, groups: list[str], events: Sequence[Event], sheet: Sheet
) -> Scene:
    places = UNDER if sheet.is_narrow else BESIDE
    forms = numbers.forms(protocol)
    shapes, y = safety_events.arms_key(protocol, groups, 14.0, sheet)
    contrasts = shelf.contrasts()
    top = y + 18
    across = _shares_axis(events, places, is_alone=not contrasts)
    beside = _differences_axis(events, places) if contrasts else None
    if beside is not None:
        shapes += _heads(protocol, y + 8, places)
    shapes.append(Line(((LABEL, top - 3), (places.right, top - 3)), "rule", 0.8))
    bottom = top + sum(event.height(sheet) for event in events) + 4
    shapes += _axis(forms, across, top - 3, bottom, places.shares_title)
    if beside is not None:
        shapes += _axis(forms, beside, top - 3, bottom, places.differences_title)
        zero = beside.across(0.0)
        shapes.append(Line(((zero, top - 3), (zero, bottom)), "muted", 0.9, (3.0, 3.0)))
        shapes += _sides(protocol, contrasts, zero, bottom + 51, places)
    y = top
    for event in events:
        shapes += _line(protocol, event, y, (across, beside), sheet)
        y += event.height(sheet)
    return Scene(sheet.width, round(bottom + (58 if beside is not None else 42), 2), tuple(shapes))


def _heads(protocol: Protocol, y: float, places: Places) -> list[Shape]:
    level = labels.confidence(protocol)
    text = f"Difference ({level} CI)"
    return [set_text(places.right, y, text, anchor="end", size=SMALL, paint="muted")]


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale of shares and its ticks."""

    across: Linear
    ticks: tuple[float, ...]

    @classmethod
    def over(cls, low: float, high: float, start: float, end: float, *, wanted: int) -> Axis:
        """From at or below `low` to at or above `high`, in round percent, and never beyond 100."""
        ticks = [tick / 100 for tick in nice_ticks(100 * low, 100 * high, wanted=wanted)]
        inside = tuple(tick for tick in ticks if -1 <= tick <= 1)
        return cls(Linear(inside[0], inside[-1], start, end), inside)


def _shares_axis(events: Sequence[Event], places: Places, *, is_alone: bool) -> Axis:
    most = max((share for event in events for share in event.shares.values()), default=1.0)
    return Axis.over(0.0, most, *(places.alone if is_alone else places.shares), wanted=6 if is_alone else 5)


def _differences_axis(events: Sequence[Event], places: Places) -> Axis:
    """Wide enough for every interval, 0 inside."""
    ends = [
        row.value or 0.0 for event in events for held in event.differences for row in (held.lower, held.upper)
    ]
    return Axis.over(min([*ends, -0.01]), max([*ends, 0.01]), *places.differences, wanted=4)


def _axis(forms: Forms, axis: Axis, top: float, bottom: float, title: str) -> list[Shape]:
    shapes: list[Shape] = []
    start, end = axis.across.start, axis.across.end
    for tick in axis.ticks:
        x = round(axis.across(tick), 2)
        shapes.append(Line(((x, top), (x, bottom)), "rule", 0.5))
        shapes.append(Line(((x, bottom), (x, bottom + 4)), "ink", 0.9))
        shapes.append(set_text(x, bottom + 17, _tick(forms, 100 * tick), anchor="middle", size=SMALL))
    shapes.append(Line(((start, bottom), (end, bottom)), "ink", 0.9))
    shapes.append(set_text((start + end) / 2, bottom + 34, title, anchor="middle", size=SMALL))
    return shapes


def _tick(forms: Forms, percent: float) -> str:
    """A tick with a minus sign that prints as one.

    >>> _tick(numbers.PLAIN, -20.0), _tick(numbers.PLAIN, 2.5)
    ('−20', '2.5')
    """
    return forms.fixed(percent, 0 if round(percent, 6) == round(percent) else 1)


def _sides(
    protocol: Protocol, contrasts: Sequence[tuple[str, str]], zero: float, y: float, places: Places
) -> list[Shape]:
    """On which side of 0 more patients of the reference arm had the event; of one contrast also the other side."""
    reference = labels.arm_short(protocol, contrasts[0][1])
    one = labels.arm_short(protocol, contrasts[0][0]) if len(contrasts) == 1 else "the other arm"
    left = clip(wrap(f"← more with {reference}", SMALL, zero - (300.0 if places is BESIDE else 8.0)), 1)[0]
    right = clip(wrap(f"more with {one} →", SMALL, places.right - zero - 8), 1)[0]
    return [
        set_text(zero - 6, y, left, anchor="end", size=SMALL, paint="muted"),
        set_text(zero + 6, y, right, size=SMALL, paint="muted"),
    ]


def _line(
    protocol: Protocol, event: Event, y: float, axes: tuple[Axis, Axis | None], sheet: Sheet
) -> list[Shape]:
    (across, beside), right = axes, (UNDER if sheet.is_narrow else BESIDE).right
    mid = y + STEP / 2
    shapes: list[Shape] = [
        set_text(LABEL, mid + 4 + index * 14, line, size=TEXT) for index, line in enumerate(event.lines)
    ]
    if sheet.is_narrow:
        mid += OVER + (len(event.lines) - 1) * 14
    centre = mid + (max(len(event.differences), 1) - 1) * LEAST / 2
    for index, (group, share) in enumerate(event.shares.items()):
        # a little apart, so that equal shares do not hide one another
        apart = (index - (len(event.shares) - 1) / 2) * APART
        shapes.append(arm_mark(protocol, group, across.across(share), centre + apart))
    if beside is None:
        return shapes
    for index, held in enumerate(event.differences):
        shapes += _difference(
            protocol,
            held,
            mid + index * LEAST,
            beside.across,
            is_alone=len(event.differences) == 1,
            right=right,
        )
    return shapes


def _difference(
    protocol: Protocol, held: Difference, y: float, beside: Linear, *, is_alone: bool, right: float
) -> list[Shape]:
    """The interval as a line, the difference as a mark, and both in figures."""
    place = safety_events.arm_place(protocol, held.group)
    paint = "ink" if is_alone else f"arm:{place}"
    low, high = held.lower.value or 0.0, held.upper.value or 0.0
    start, end = round(beside(max(low, beside.low)), 2), round(beside(min(high, beside.high)), 2)
    shapes: list[Shape] = [Line(((start, y), (end, y)), paint, 1.4)]
    x = round(beside(held.value.value or 0.0), 2)
    if is_alone:
        shapes.append(Area(((x - 4, y), (x, y - 4), (x + 4, y), (x, y + 4)), "ink"))
    else:
        shapes.append(arm_mark(protocol, held.group, x, y))
    text = held.text(numbers.forms(protocol))
    shapes.append(set_text(right, y + 4, text, anchor="end", size=SMALL, paint=paint, key=held.value.key))
    return shapes


def _note(protocol: Protocol, shelf: Shelf, left: str, has_differences: bool) -> str:
    level = labels.confidence(protocol)
    parts = ["Left: patients with the event, of those of whom it is known."]
    if has_differences:
        pairs = labels.listed([labels.contrast(protocol, *pair) for pair in shelf.contrasts()])
        parts.append(
            f"Right: difference ({pairs}) with Newcombe {level} confidence interval, one event at a time and none "
            "adjusted for their number; events are ordered by it."
        )
    else:
        parts = ["Patients with the event, of those of whom it is known; the commonest are first."]
    return " ".join([*parts, left]).strip()


def _alt(protocol: Protocol, groups: list[str], events: Sequence[Event]) -> str:
    """The figure in words."""
    forms = numbers.forms(protocol)
    parts = []
    for event in events:
        shares = [
            f"{forms.percent(event.shares[group])}% with {labels.arm_short(protocol, group)}"
            for group in groups
            if group in event.shares
        ]
        told = (
            "; difference " + ", ".join(held.text(forms) for held in event.differences)
            if event.differences
            else ""
        )
        parts.append(f"{' '.join(event.lines)}: {labels.listed(shares)}{told}")
    return f"Dot plot of patients with adverse events by arm. {'. '.join(parts)}."
