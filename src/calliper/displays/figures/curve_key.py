"""The key of a figure of curves, a small table of the groups; that of Kaplan-Meier curves."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from calliper.blocks import Label, Line, Shape
from calliper.displays.cells import DASH
from calliper.displays.figures.curves import Curve, Curves
from calliper.displays.figures.lettering import clip, wrap
from calliper.displays.figures.sheet import Sheet
from calliper.results import Row

START = 24.0
NAMES = 62.0
TEXT = 12.0
SMALL = 11.0
LEADING = 15.0

Columns = list[tuple[float, str]]
Shown = tuple[str, str]
"""A printed text and the key of the result in it."""


def curve_key(curves: Curves, sheet: Sheet, *, right: float, level: str) -> tuple[list[Shape], float]:
    """The key from the top of the sheet to its lower edge, which is returned; columns end at `right`."""
    compared = len(curves.every) > 1
    heads = ["Events/n", f"Median ({level} CI), {curves.endpoint.unit}"]
    columns = key_columns([*heads, *([f"HR ({level} CI)"] if compared else [])], sheet, right=right)

    def cells(curve: Curve) -> list[Shown]:
        found = [_events(curves, curve.name), _median(curves, curve.name)]
        return found + ([_ratio(curves, curve.name)] if compared else [])

    shapes, y = key_table(curves.every, columns, cells, sheet, right=right)
    p = curves.find("between", "p.logrank")
    if p is not None:
        y += LEADING + 1
        text = f"Log-rank {curves.forms.p_equation(p.value)} (two-sided)"
        shapes.append(Label(right, y, text, "end", TEXT, key=p.key))
    return shapes, y


def key_columns(heads: Sequence[str], sheet: Sheet, *, right: float) -> Columns:
    """Two or three columns by their heads and right edges, the last at `right`."""
    back = sheet.of(148.0, 116.0)
    edges = (right - back - sheet.of(160.0, 142.0), right - back, right)[: len(heads)]
    return [(edge + right - edges[-1], head) for edge, head in zip(edges, heads, strict=True)]


def key_table(
    every: Sequence[Curve],
    columns: Columns,
    cells: Callable[[Curve], list[Shown]],
    sheet: Sheet,
    *,
    right: float,
    top: float = 0.0,
) -> tuple[list[Shape], float]:
    """A row a curve under the heads of its columns, between two rules; and the lower rule's place.

    On a narrow sheet the names of the curves stand over their numbers.
    """
    edge = sheet.of(START, 4.0)
    shapes: list[Shape] = [Label(x, top + 14, head, "end", SMALL, paint="muted") for x, head in columns]
    y = top + 21
    shapes.append(Line(((edge, y), (right, y)), "rule", 0.8))
    for curve in every:
        rows, y = _row(curve, columns, cells(curve), y, sheet)
        shapes += rows
    y += 6
    shapes.append(Line(((edge, y), (right, y)), "rule", 0.8))
    return shapes, y


def _row(
    curve: Curve, columns: Columns, cells: list[Shown], y: float, sheet: Sheet
) -> tuple[list[Shape], float]:
    base, edge = y + LEADING + 2, sheet.of(START, 4.0) + 2
    names, room = edge + 36, columns[0][0] - NAMES - 76
    if sheet.is_narrow:
        room = columns[-1][0] - names
    lines = clip(wrap(curve.label, TEXT, room), 2)
    shapes: list[Shape] = [Line(((edge, base - 4), (edge + 28, base - 4)), curve.paint, 2.0, curve.dash)]
    shapes += [Label(names, base + i * LEADING, line, "start", TEXT) for i, line in enumerate(lines)]
    below = len(lines) * LEADING if sheet.is_narrow else 0.0
    for (x, _), (text, key) in zip(columns, cells, strict=True):
        shapes.append(Label(x, base + below, text, "end", sheet.of(TEXT, SMALL), key=key))
    return shapes, base + (below or (len(lines) - 1) * LEADING)


def _events(curves: Curves, group: str) -> Shown:
    rows = (curves.find(group, stat) for stat in ("events", "n"))
    return shown_text(lambda events, n: f"{curves.forms.count(events)}/{curves.forms.count(n)}", *rows)


def _median(curves: Curves, group: str) -> Shown:
    rows = (curves.find(group, stat) for stat in ("median", "median_lower", "median_upper"))
    return shown_text(
        lambda value, low, high: curves.forms.estimate(value, low, high, curves.forms.duration), *rows
    )


def _ratio(curves: Curves, group: str) -> Shown:
    if group == curves.reference:
        return "reference", ""
    pair = f"{group} vs {curves.reference}"
    rows = (curves.find(pair, stat) for stat in ("hr.cox", "lower.cox", "upper.cox"))
    return shown_text(
        lambda value, low, high: curves.forms.estimate(value, low, high, curves.forms.ratio), *rows
    )


def shown_text(form: Callable[..., str], *rows: Row | None) -> Shown:
    """The rows in this form with the key of the first; a dash where any is absent."""
    present = [row for row in rows if row is not None]
    if len(present) < len(rows):
        return DASH, ""
    return form(*(row.value for row in present)), present[0].key
