"""What figures of adverse events share: which events are drawn, of which arms, and their key."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calliper.blocks import Box, Mark, Shape
from calliper.displays import labels, safety_words
from calliper.displays.cells import Shelf
from calliper.displays.figures.lettering import width
from calliper.displays.figures.sheet import Sheet
from calliper.displays.figures.step_plot import LEADING, SMALL, set_text
from calliper.protocol.specs import Protocol, SafetyAnalysis
from calliper.results import Results

TEXT = 12.0
LABEL = 4.0
"""Where the names of the events begin, px."""

SHAPES = ("circle", "diamond", "square")
"""The arms' marks, so that they can be told apart without colour."""


def events_of(spec: SafetyAnalysis, results: Results) -> list[str]:
    """The terms of the table, without any event and the categories, in its order."""
    held = dict.fromkeys(row.variable for row in results.of(spec.id) if row.level == "any grade")
    return [name for name in held if name != "any" and not safety_words.is_category(name)]


def share_of(shelf: Shelf, group: str, term: str) -> float | None:
    """The share of the arm's patients who had the event, or None where nobody is known."""
    row = shelf.row(group, term, "any grade", "proportion")
    return None if row is None else row.value


def commonest(terms: Sequence[str], largest: Callable[[str], float], most: int) -> list[str]:
    """At most `most` of the events that anybody had: those commonest in any one arm, in the order given."""
    held = [term for term in terms if largest(term) > 0]
    kept = set(sorted(held, key=largest, reverse=True)[:most])
    return [term for term in held if term in kept]


def left_out(drawn: int, terms: Sequence[str], largest: Callable[[str], float]) -> str:
    """How many events are not drawn, and why; empty where all are."""
    held = sum(1 for term in terms if largest(term) > 0)
    nobody = len(terms) - held
    parts = []
    if held > drawn:
        parts.append(f"The {drawn} commonest of {held} events are drawn.")
    if nobody:
        what = "event that nobody had is" if nobody == 1 else "events that nobody had are"
        parts.append(f"{nobody} {what} not drawn.")
    return " ".join(parts)


def arm_place(protocol: Protocol, group: str) -> int:
    """The place of an arm among all of the study: its colour and mark."""
    names = list(protocol.arms.groups)
    return names.index(group) if group in names else 0


def arm_mark(protocol: Protocol, group: str, x: float, y: float) -> Mark:
    """The mark of an arm."""
    place = arm_place(protocol, group)
    shape = SHAPES[place % len(SHAPES)]
    size = 9.5 if shape == "diamond" else 8.0
    return Mark(round(x, 2), round(y, 2), shape, size, f"arm:{place}")  # type: ignore[arg-type]


def arms_key(protocol: Protocol, groups: Sequence[str], y: float, sheet: Sheet) -> tuple[list[Shape], float]:
    """A mark and its arm, one beside the other while the line holds them; and where the next line would stand."""
    items = [(labels.arm(protocol, group), group) for group in groups]
    shapes: list[Shape] = []
    x = LABEL
    for text, group in items:
        wide = 16 + width(text, SMALL) + 22
        if x > LABEL and x + wide > sheet.width:
            x, y = LABEL, y + LEADING
        shapes += [arm_mark(protocol, group, x + 5, y - 4), set_text(x + 16, y, text, size=SMALL)]
        x += wide
    return shapes, y + LEADING


def boxes_key(
    items: Sequence[tuple[str, str]], y: float, lead: str, sheet: Sheet
) -> tuple[list[Shape], float]:
    """A box of each paint and its words after `lead`; and where the next line would stand."""
    shapes: list[Shape] = [set_text(LABEL, y, lead, size=SMALL)]
    x = LABEL + width(lead, SMALL) + 14
    for text, paint in items:
        if x + 16 + width(text, SMALL) > sheet.width:
            x, y = LABEL, y + LEADING
        shapes.append(Box(round(x, 2), y - 9, 11.0, 11.0, paint, "muted"))
        shapes.append(set_text(x + 16, y, text, size=SMALL))
        x += 16 + width(text, SMALL) + 18
    return shapes, y + LEADING
