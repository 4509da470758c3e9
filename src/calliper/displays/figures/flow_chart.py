"""The flow of patients: screened, left out and why, included, arms, and who was analysed for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from calliper.blocks import Area, Box, Figure, Label, Line, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.lettering import wrap
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.language.speaker import say_in
from calliper.displays.numbers import Forms
from calliper.displays.populations import named
from calliper.protocol.specs import Protocol, Response, ResponseAnalysis, SafetyAnalysis, SurvivalAnalysis
from calliper.results import Results, Row

PAD = 12.0
TEXT = 12.0
LEADING = 16.0
GAP = 34.0
ARMS_IN_A_ROW, NARROW_ROW = 4, 2


@dataclass(frozen=True, slots=True)
class _Entry:
    """One line of a box before it is broken to fit: its text and the result in it."""

    text: str
    key: str = ""
    bold: bool = False


def flow_figure(protocol: Protocol, results: Results) -> Figure:
    """The flow chart of the study."""
    return Figure(
        id="figure-flow",
        number="",
        caption="Flow of patients",
        scene=_scene(protocol, results, WIDE),
        narrow=_scene(protocol, results, NARROW),
        alt=_alt(protocol, Shelf(results, "flow", "screened")),
    )


def _scene(protocol: Protocol, results: Results, sheet: Sheet) -> Scene:
    forms, flow = numbers.forms(protocol), Shelf(results, "flow", "screened")
    drawing = _Drawing(sheet, say_in(protocol))
    middle = sheet.width / 2
    # Up to two arms stand under the main column, the excluded beside it; more need the whole width.
    centre = 280.0 if len(protocol.arms.groups) <= 2 else middle
    if sheet.is_narrow:
        centre = 76.0
    room = sheet.of(240.0, 144.0)
    side_at = centre + room / 2 + sheet.of(34.0, 16.0)
    top = drawing.box(centre - room / 2, 4.0, room, _stage(forms, flow, "Patients screened", "screened"))
    side = drawing.box(side_at, top + GAP / 2, sheet.width - 4 - side_at, _left_out(protocol, flow))
    included_at = side + GAP / 2
    drawing.line((centre, top), (centre, included_at), arrow=True)
    drawing.line((centre, top + GAP / 2 + 16), (side_at, top + GAP / 2 + 16), arrow=True)
    left, room = (4.0, sheet.width - 8.0) if sheet.is_narrow else (centre - room / 2, room)
    bottom = drawing.box(left, included_at, room, _stage(forms, flow, "Patients included", "included"))
    end = _arms(drawing, protocol, results, sheet.of(centre, middle), bottom)
    return Scene(sheet.width, round(end + 4, 2), tuple(drawing.shapes))


def _arms(drawing: _Drawing, protocol: Protocol, results: Results, centre: float, bottom: float) -> float:
    """The arm boxes under the included patients, four to a row or two; returns the lower edge of the last row."""
    arms = list(protocol.arms.groups)
    flow = Shelf(results, "flow", "screened")
    made = [_arm(protocol, results, arm, flow.row(arm, "", "", "included")) for arm in arms]
    end, beside = bottom, NARROW_ROW if drawing.sheet.is_narrow else ARMS_IN_A_ROW
    for first in range(0, len(arms), beside):
        row = range(first, min(first + beside, len(arms)))
        end = _arm_row(drawing, [made[i] for i in row], first, centre, end)
    return end


def _arm_row(drawing: _Drawing, row: list[list[_Entry]], first: int, centre: float, bottom: float) -> float:
    """One row of arm boxes, painted from the `first` arm on; the first row hangs from the included."""
    room = min((2 * min(centre, drawing.sheet.width - centre) - 8 - 16 * (len(row) - 1)) / len(row), 300.0)
    start = centre - (room * len(row) + 16 * (len(row) - 1)) / 2
    middles = [start + place * (room + 16) + room / 2 for place in range(len(row))]
    height = max(drawing.measure(room, entries) for entries in row)
    fork = bottom + GAP / 2
    if first == 0:
        drawing.line((centre, bottom), (centre, fork))
        drawing.line((min(middles[0], centre), fork), (max(middles[-1], centre), fork))
    for place, (middle, entries) in enumerate(zip(middles, row, strict=True)):
        if first == 0:
            drawing.line((middle, fork), (middle, bottom + GAP), arrow=True)
        x, paint = middle - room / 2, f"arm:{first + place}"
        drawing.box(x, bottom + GAP, room, entries, height=height, paint=paint)
    return bottom + GAP + height


class _Drawing:
    """Boxes of text and the arrows between them, on a sheet; `say` tells a text in the language before it is broken."""

    def __init__(self, sheet: Sheet, say: Callable[[str], str]) -> None:
        self.sheet = sheet
        self.say = say
        self.shapes: list[Shape] = []

    def _lines(self, room: float, entries: list[_Entry]) -> list[tuple[str, _Entry]]:
        return [
            (line, entry)
            for entry in entries
            for line in wrap(self.say(entry.text), TEXT, room - 2 * PAD, bold=entry.bold)
        ]

    def measure(self, room: float, entries: list[_Entry]) -> float:
        """The height of a box that holds the entries."""
        return len(self._lines(room, entries)) * LEADING + 2 * PAD - 3

    def box(
        self,
        x: float,
        y: float,
        room: float,
        entries: list[_Entry],
        *,
        height: float = 0.0,
        paint: str = "ink",
    ) -> float:
        """Draw a box of entries; returns its lower edge."""
        tall = height or self.measure(room, entries)
        self.shapes.append(
            Box(round(x, 2), round(y, 2), round(room, 2), round(tall, 2), "paper", "muted", 3.0)
        )
        if paint != "ink":
            self.shapes.append(Box(round(x, 2), round(y, 2), round(room, 2), 3.0, paint, "none", 1.5))
        base = y + PAD + 9
        for line, entry in self._lines(room, entries):
            label = Label(round(x + PAD, 2), round(base, 2), line, "start", TEXT, entry.bold, key=entry.key)
            self.shapes.append(label)
            base += LEADING
        return y + tall

    def line(self, start: tuple[float, float], end: tuple[float, float], *, arrow: bool = False) -> None:
        """A straight connector, with a small head where `arrow`."""
        self.shapes.append(Line((start, end), "muted", 1.0))
        if not arrow:
            return
        x, y = end
        across = start[1] == end[1]
        head = (
            ((x, y), (x - 7, y - 3.5), (x - 7, y + 3.5))
            if across
            else ((x, y), (x - 3.5, y - 7), (x + 3.5, y - 7))
        )
        self.shapes.append(Area(head, "muted"))


def _size(forms: Forms, label: str, row: Row | None, *, bold: bool = False) -> _Entry:
    if row is None:
        return _Entry(f"{label}: not recorded", "", bold)
    return _Entry(f"{label} {_n(forms, row)}", row.key, bold)


def _n(forms: Forms, row: Row) -> str:
    """`(n = 42)`, never broken across lines."""
    return f"(n\u00a0=\u00a0{forms.count(row.value)})"


def _stage(forms: Forms, flow: Shelf, label: str, stat: str) -> list[_Entry]:
    return [_size(forms, label, flow.row("overall", "", "", stat), bold=True)]


def _left_out(protocol: Protocol, flow: Shelf) -> list[_Entry]:
    """Everyone who was screened and not included: by the first criterion not met, then the first not known."""
    forms = numbers.forms(protocol)
    entries = [_size(forms, "Excluded", flow.row("overall", "", "", "excluded"), bold=True)]
    entries += _by_criterion(protocol, flow, "left")
    pending = flow.row("overall", "", "", "pending")
    if pending is not None and pending.value:
        entries.append(_size(forms, "Pending, eligibility not known", pending, bold=True))
        entries += _by_criterion(protocol, flow, "pending")
    return entries


def _by_criterion(protocol: Protocol, flow: Shelf, stat: str) -> list[_Entry]:
    forms = numbers.forms(protocol)
    entries = []
    texts = {criterion.id: criterion.text for criterion in protocol.eligibility}
    for row in flow.results.of("flow"):
        if row.stat != stat or row.group != "overall" or not row.variable or not row.value:
            continue
        if row.variable in texts:
            words = f"at {row.variable}: {labels.in_sentence(texts[row.variable])}"
        else:
            words = "treatment arm not recorded" if row.variable == "arm" else row.variable
        entries.append(_Entry(f"{words} {_n(forms, row)}", row.key))
    return entries


def _arm(protocol: Protocol, results: Results, arm: str, size: Row | None) -> list[_Entry]:
    """The arm, and how many of its patients each analysis used."""
    forms = numbers.forms(protocol)
    entries = [_size(forms, labels.arm(protocol, arm), size, bold=True)]
    for spec in protocol.analyses:
        if isinstance(spec, SurvivalAnalysis) and spec.by is None:
            row = Shelf(results, spec.id, "included").row(arm, spec.endpoint, "", "n")
            words = named(protocol, spec, labels.endpoint(protocol, spec.endpoint))
            entries += [_size(forms, words, row)] if row is not None else []
        elif isinstance(spec, ResponseAnalysis):
            entries += _evaluable(protocol, results, spec, arm)
        elif isinstance(spec, SafetyAnalysis):
            rows = [r for r in results.of(spec.id) if r.group == arm and r.stat == "n"]
            least = min(rows, key=lambda r: r.value or 0.0, default=None)
            words = named(protocol, spec, labels.endpoint(protocol, spec.endpoint))
            entries += [_size(forms, words, least)] if least is not None else []
    return entries


def _evaluable(protocol: Protocol, results: Results, spec: ResponseAnalysis, arm: str) -> list[_Entry]:
    forms = numbers.forms(protocol)
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Response):
        return []
    shelf = Shelf(results, spec.id, "evaluable")
    found = [
        (named(protocol, spec, labels.landmark(endpoint, name)), shelf.row(arm, name, "", "n"))
        for name in spec.landmarks or tuple(endpoint.landmarks)
    ]
    return [_size(forms, label, row) for label, row in found if row is not None]


def _alt(protocol: Protocol, flow: Shelf) -> str:
    forms = numbers.forms(protocol)
    parts = []
    for stat in ("screened", "excluded", "pending", "included"):
        row = flow.row("overall", "", "", stat)
        if row is not None:
            parts.append(f"{forms.count(row.value)} {stat}")
    for arm in protocol.arms.groups:
        row = flow.row(arm, "", "", "included")
        if row is not None:
            parts.append(f"{forms.count(row.value)} in {labels.arm(protocol, arm)}")
    return f"Flow of patients: {', '.join(parts)}."
