"""The patients of each arm between responses: boxes of a landmark's categories, and bands from one to the next.

Heights are patients: in a panel every box and band is as high as its count, but that a box has the height of its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from calliper.blocks import Box, Figure, Footnote, Label, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.lettering import clip, wrap
from calliper.displays.figures.response_bands import HEIGHT, SMALL, Placed, bands, patient_height, place_boxes
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import Anchor
from calliper.displays.numbers import Forms
from calliper.protocol.specs import RESPONSE_CATEGORIES, Protocol, Response, ResponseAnalysis
from calliper.results import Results, Row

BETWEEN = 36.0
BOX = 58.0
SPAN = 84.0
WIDEST = 440.0
LEADING = 15.0
TEXT = 12.0

DARK_TEXT = ("PR", "SD", "NE")
"""Responses whose paint is so light that text in it is dark."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """The counts of one arm: of each landmark by category, and of each pair of landmarks by both; none that is 0."""

    name: str
    label: str
    n: Row
    at: tuple[dict[str, Row], ...]
    between: tuple[dict[tuple[str, str], Row], ...]
    forms: Forms

    @property
    def patient(self) -> float:
        """The height of one patient, px: the tallest column just fits."""
        return min(patient_height([row.value or 0.0 for row in column.values()]) for column in self.at)


def response_flow_figure(spec: ResponseAnalysis, protocol: Protocol, results: Results) -> Figure | None:
    """The flow between the landmarks that are moments in time; None where there are not two of them."""
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, Response):
        raise TypeError(f"{spec.endpoint} is not a response endpoint")
    moments = endpoint.moments(spec.landmarks or tuple(endpoint.landmarks))
    panels = _panels(Shelf(results, spec.id, "all"), protocol, moments)
    if len(moments) < 2 or not panels:
        return None
    words = [endpoint.landmarks[name].label for name in moments]
    of_all = ", ".join(labels.RESPONSE_WORDS[name].lower() for name in RESPONSE_CATEGORIES)
    return Figure(
        id=f"figure-{spec.id}-flow",
        number="",
        caption=f"{spec.title or endpoint.label}: each patient at {labels.listed([_in_words(w) for w in words])}",
        scene=_scene(panels, words, WIDE),
        narrow=_scene(panels, words, NARROW),
        alt=_alt(panels, words),
        footnotes=(
            Footnote(
                "",
                "All included patients. Bands: patients who went from one response to the next, in the colour of the "
                "first; in each panel their width is in proportion to their number, which is written where it fits. "
                "Boxes have at least the height of their text. Described, not tested.",
            ),
            Footnote("", f"{', '.join(RESPONSE_CATEGORIES)}: {of_all}."),
        ),
    )


def _in_words(label: str) -> str:
    return labels.in_sentence(label)


def _panels(shelf: Shelf, protocol: Protocol, moments: tuple[str, ...]) -> tuple[_Panel, ...]:
    """An arm a panel, in printing order; an arm without patients has none."""
    found = []
    for arm in labels.ordered(protocol, shelf.groups()):
        n = shelf.row(arm, moments[0], "", "n") if moments else None
        if n is None or not n.value:
            continue
        at = tuple(
            {
                category: row
                for category in RESPONSE_CATEGORIES
                if (row := shelf.row(arm, name, category, "count")) is not None and row.value
            }
            for name in moments
        )
        between = tuple(
            {
                (one, other): row
                for one in RESPONSE_CATEGORIES
                for other in RESPONSE_CATEGORIES
                if (row := shelf.row(arm, f"{first} to {then}", f"{one} to {other}", "count")) is not None
                and row.value
            }
            for first, then in pairwise(moments)
        )
        found.append(_Panel(arm, labels.arm(protocol, arm), n, at, between, numbers.forms(protocol)))
    return tuple(found)


def _scene(panels: tuple[_Panel, ...], words: list[str], sheet: Sheet) -> Scene:
    """Panels side by side, as many as have room for their columns."""
    most = (sheet.width - 8 - BOX * len(words)) / (len(words) - 1)
    least = BOX * len(words) + min(SPAN, most) * (len(words) - 1)
    beside = max(1, min(len(panels), int((sheet.width + BETWEEN) // (least + BETWEEN))))
    across = min((sheet.width - 8 - BETWEEN * (beside - 1)) / beside, max(WIDEST, least))
    shapes: list[Shape] = []
    top = 4.0
    for first in range(0, len(panels), beside):
        row = panels[first : first + beside]
        heads = [clip(wrap(panel.label, TEXT, across - 70, bold=True), 2) for panel in row]
        tall = max(len(lines) for lines in heads)
        for place, (panel, lines) in enumerate(zip(row, heads, strict=True)):
            left = 4 + place * (across + BETWEEN)
            shapes += _head(panel, lines, left=left, top=top, across=across, paint=f"arm:{first + place}")
            shapes += _columns(panel, words, left=left, top=top + tall * LEADING + 28, across=across)
        top += tall * LEADING + 28 + HEIGHT + 28
    return Scene(sheet.width, round(top - 20, 2), tuple(shapes))


def _head(
    panel: _Panel, lines: list[str], *, left: float, top: float, across: float, paint: str
) -> list[Shape]:
    """The arm and its size over a strip of its colour."""
    shapes: list[Shape] = [Box(round(left, 2), top, round(across, 2), 2.5, paint, "none", 1.2)]
    for at, line in enumerate(lines):
        shapes.append(Label(round(left, 2), top + 17 + at * LEADING, line, "start", TEXT, bold=True))
    n = f"n\u00a0=\u00a0{panel.forms.count(panel.n.value)}"
    shapes.append(Label(round(left + across, 2), top + 17, n, "end", TEXT, key=panel.n.key))
    return shapes


def _columns(panel: _Panel, words: list[str], *, left: float, top: float, across: float) -> list[Shape]:
    """The boxes of every landmark under its name, over the bands between them."""
    step = (across - BOX) / (len(words) - 1)
    starts = [left + place * step for place in range(len(words))]
    placed = [place_boxes(column, panel.patient, top) for column in panel.at]
    shapes: list[Shape] = []
    for (here, there), (x, far), flows in zip(pairwise(placed), pairwise(starts), panel.between, strict=True):
        shapes += bands(flows, here, there, span=(x + BOX, far), patient=panel.patient, forms=panel.forms)
    for place, (x, word) in enumerate(zip(starts, words, strict=True)):
        anchor: Anchor = "start" if place == 0 else "end" if place == len(words) - 1 else "middle"
        at = {"start": x, "middle": x + BOX / 2, "end": x + BOX}[anchor]
        room = step if 0 < place < len(words) - 1 else step / 2 + BOX / 2
        name = clip(wrap(word, SMALL, room - 6), 1)[0]
        shapes.append(Label(round(at, 2), round(top - 7, 2), name, anchor, SMALL, paint="muted"))
        shapes += _boxes(panel, place, placed[place], x)
    return shapes


def _boxes(panel: _Panel, place: int, placed: dict[str, Placed], x: float) -> list[Shape]:
    shapes: list[Shape] = []
    for category, row in panel.at[place].items():
        box = placed[category]
        paint = f"response:{category}"
        shapes.append(Box(round(x, 2), round(box.y, 2), BOX, round(box.height, 2), paint, "none", 2.0))
        text, ink = f"{category} {panel.forms.count(row.value)}", "ink" if category in DARK_TEXT else "paper"
        base = box.y + box.height / 2 + 4
        shapes.append(
            Label(
                round(x + BOX / 2, 2),
                round(base, 2),
                text,
                "middle",
                SMALL,
                bold=True,
                paint=ink,
                key=row.key,
            )
        )
    return shapes


def _alt(panels: tuple[_Panel, ...], words: list[str]) -> str:
    """Every count in words."""
    parts = []
    for panel in panels:
        told = []
        for (first, then), flows in zip(pairwise(words), panel.between, strict=True):
            counts = [
                f"{one} to {other} {panel.forms.count(row.value)}" for (one, other), row in flows.items()
            ]
            told.append(f"from {_in_words(first)} to {_in_words(then)} {', '.join(counts)}")
        parts.append(f"{panel.label} (n = {panel.forms.count(panel.n.value)}): {'; '.join(told)}")
    return f"Flow of patients between responses. {'. '.join(parts)}."
