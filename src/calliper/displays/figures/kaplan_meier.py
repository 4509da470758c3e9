"""The Kaplan-Meier figure: a key with the numbers, step curves with bands and censoring marks, numbers at risk.

The key stands above the plot, so no curve can run through it; the table of numbers at risk stands under the axis, its
columns on the axis ticks (Morris et al., BMJ Open 2019; 9: e030215).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ...blocks import Area, Figure, Footnote, Label, Line, Mark, Scene, Shape
from ...protocol.specs import Protocol, SurvivalAnalysis, TimeToEvent
from ...results import Results, Row
from .. import labels, numbers
from ..cells import Shelf
from .axis import Linear
from .lettering import clip, width, wrap

WIDTH = 760.0
RIGHT = 738.0
PLOT_HEIGHT = 300.0
TEXT = 12.0
SMALL = 11.0
LEADING = 15.0
DASHES: tuple[tuple[float, ...], ...] = ((), (9.0, 3.0), (2.5, 2.5), (9.0, 3.0, 2.0, 3.0))

Anchor = Literal["start", "middle", "end"]
Points = tuple[tuple[float, float], ...]


def kaplan_meier_figure(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> Figure:
    """Curves of one endpoint by arm, or by the levels of `by`."""
    drawing = _Drawing(spec, protocol, results)
    level = labels.confidence(protocol)
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or drawing.endpoint.label}: Kaplan-Meier estimate",
        scene=drawing.scene(),
        alt=drawing.alt(),
        footnotes=(
            Footnote(
                "", f"Shaded: pointwise {level} confidence intervals. Vertical marks: censored patients."
            ),
            Footnote("", "Hazard ratios are unadjusted. NR: not reached."),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Curve:
    """One group's results."""

    name: str
    label: str
    paint: str
    dash: tuple[float, ...]
    survival: list[Row]
    lower: list[Row]
    upper: list[Row]
    censored: list[Row]
    at_risk: list[Row]


class _Drawing:
    """Lays out one figure from top to bottom."""

    def __init__(self, spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> None:
        endpoint = protocol.endpoints[spec.endpoint]
        if not isinstance(endpoint, TimeToEvent):
            raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
        self.spec, self.protocol, self.endpoint = spec, protocol, endpoint
        self.shelf = Shelf(results, spec.id, "included")
        names = labels.ordered(protocol, self.shelf.groups(), spec.by)
        self.curves = [self._curve(place, name) for place, name in enumerate(names)]
        self.ticks = sorted({row.at for curve in self.curves for row in curve.at_risk if row.at is not None})
        self.left = self._left_margin()
        self.shapes: list[Shape] = []

    def _curve(self, place: int, name: str) -> _Curve:
        read = {
            stat: self.shelf.where(stat, group=name, variable=self.spec.endpoint)
            for stat in ("curve", "curve_lower", "curve_upper", "censored_here", "at_risk")
        }
        paint, dash = f"arm:{place}", DASHES[place % len(DASHES)]
        return _Curve(name, labels.arm(self.protocol, name), paint, dash, *read.values())

    def _left_margin(self) -> float:
        widest = max((width(curve.label, SMALL) for curve in self.curves), default=0.0)
        return min(max(64.0, widest + 30), 176.0)

    def scene(self) -> Scene:
        """Key, plot, numbers at risk."""
        top = self._key() + 14
        last = max(
            [row.at for curve in self.curves for row in curve.survival if row.at is not None] + self.ticks,
            default=1.0,
        )
        across = Linear(0.0, last or 1.0, self.left, RIGHT)
        down = Linear(0.0, 1.0, top + PLOT_HEIGHT, top)
        self._axes(across, down)
        self._medians(across, down)
        for curve in self.curves:
            self._band(curve, across, down)
        for curve in self.curves:
            self._steps(curve, across, down)
        bottom = self._numbers_at_risk(across, top + PLOT_HEIGHT + 56)
        return Scene(WIDTH, round(bottom + 6, 2), tuple(self.shapes))

    # --- the key ---------------------------------------------------------------------------------------------

    def _key(self) -> float:
        """The key as a small table above the plot; returns its lower edge."""
        level = labels.confidence(self.protocol)
        pairs = dict(self.shelf.contrasts())
        columns = [(430.0, "Events/n"), (590.0, f"Median ({level} CI), {self.endpoint.unit}")]
        if len(self.curves) > 1:
            columns.append((RIGHT, f"HR ({level} CI)"))
        else:
            columns = [(x + 148.0, text) for x, text in columns]
        y = 14.0
        for x, text in columns:
            self._label(x, y, text, anchor="end", size=SMALL, paint="muted")
        y += 7
        self.shapes.append(Line(((24.0, y), (RIGHT, y)), "rule", 0.8))
        for curve in self.curves:
            y = self._key_row(curve, y, columns, pairs.get(curve.name))
        y += 6
        self.shapes.append(Line(((24.0, y), (RIGHT, y)), "rule", 0.8))
        return self._logrank(y) if len(self.curves) > 1 else y

    def _key_row(
        self, curve: _Curve, y: float, columns: list[tuple[float, str]], reference: str | None
    ) -> float:
        lines = clip(wrap(curve.label, TEXT, columns[0][0] - 62 - 76), 2)
        base = y + LEADING + 2
        self.shapes.append(Line(((26.0, base - 4), (54.0, base - 4)), curve.paint, 2.0, curve.dash))
        for index, line in enumerate(lines):
            self._label(62.0, base + index * LEADING, line, size=TEXT)
        find = self._finder(curve.name)
        texts = [
            _joined(lambda k, n: f"{numbers.count(k)}/{numbers.count(n)}", find("events"), find("n")),
            _joined(
                lambda v, a, b: numbers.estimate(v, a, b, numbers.duration),
                find("median"),
                find("median_lower"),
                find("median_upper"),
            ),
        ]
        if len(self.curves) > 1:
            texts.append(self._ratio(curve.name, reference))
        for (x, _), (text, key) in zip(columns, texts):
            self._label(x, base, text, anchor="end", size=TEXT, key=key)
        return base + (len(lines) - 1) * LEADING

    def _ratio(self, name: str, reference: str | None) -> tuple[str, str]:
        if reference is None:
            return "reference", ""
        find = self._finder(f"{name} vs {reference}")
        return _joined(
            lambda v, a, b: numbers.estimate(v, a, b, numbers.ratio),
            find("hr.cox"),
            find("lower.cox"),
            find("upper.cox"),
        )

    def _logrank(self, y: float) -> float:
        p = self._finder("between")("p.logrank")
        if p is None:
            return y
        y += LEADING + 1
        text = f"Log-rank {numbers.p_equation(p.value)} (two-sided)"
        self._label(RIGHT, y, text, anchor="end", size=TEXT, key=p.key)
        return y

    # --- the plot --------------------------------------------------------------------------------------------

    def _axes(self, across: Linear, down: Linear) -> None:
        left, bottom, top = across.start, down.start, down.end
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            y = down(share)
            if share:
                self.shapes.append(Line(((left, y), (RIGHT, y)), "rule", 0.5))
            self.shapes.append(Line(((left - 4, y), (left, y)), "ink", 0.9))
            self._label(left - 8, y + 4, f"{100 * share:.0f}", anchor="end", size=SMALL)
        for tick in self.ticks:
            x = across(tick)
            self.shapes.append(Line(((x, bottom), (x, bottom + 4)), "ink", 0.9))
            self._label(x, bottom + 17, f"{tick:g}", anchor="middle", size=SMALL)
        self.shapes.append(Line(((left, top), (left, bottom), (RIGHT, bottom)), "ink", 0.9))
        title = f"{self.endpoint.label} (%)"
        self.shapes.append(Label(left - 40, (top + bottom) / 2, title, "middle", TEXT, turn=-90))
        self._label((left + RIGHT) / 2, bottom + 35, self._time_title(), anchor="middle", size=TEXT)

    def _time_title(self) -> str:
        start = self.endpoint.start
        unit = self.endpoint.unit.capitalize()
        return f"{unit} since {labels.in_sentence(labels.variable(self.protocol, start))}" if start else unit

    def _medians(self, across: Linear, down: Linear) -> None:
        found = [(curve, self._finder(curve.name)("median")) for curve in self.curves]
        reached = [(curve, row.value) for curve, row in found if row is not None and row.value is not None]
        if not reached:
            return
        half, floor = down(0.5), down(0.0)
        furthest = max(value for _, value in reached)
        self.shapes.append(Line(((across(0.0), half), (across(furthest), half)), "muted", 0.9, (3.0, 3.0)))
        for curve, value in reached:
            x = across(value)
            self.shapes.append(Line(((x, half), (x, floor)), curve.paint, 0.9, (3.0, 3.0)))

    def _steps(self, curve: _Curve, across: Linear, down: Linear) -> None:
        points = _staircase(curve.survival, across, down)
        self.shapes.append(Line(_thinned(points), curve.paint, 2.0, curve.dash))
        height = {row.at: row.value for row in curve.survival}
        drawn: set[float] = set()
        for row in curve.censored:
            value = height.get(row.at)
            if row.at is None or value is None or not row.value:
                continue
            x = round(across(row.at), 1)
            if x not in drawn:
                drawn.add(x)
                self.shapes.append(Mark(x, round(down(value), 2), "tick", 8.0, curve.paint))

    def _band(self, curve: _Curve, across: Linear, down: Linear) -> None:
        limits = {row.at: row.value for row in curve.upper}
        both = [row for row in curve.lower if row.value is not None and limits.get(row.at) is not None]
        if len(both) < 2:
            return
        times = {row.at for row in both}
        above = _staircase([row for row in curve.upper if row.at in times], across, down)
        below = _staircase(both, across, down)
        self.shapes.append(Area(_thinned(above) + tuple(reversed(_thinned(below))), curve.paint, 0.12))

    def _numbers_at_risk(self, across: Linear, y: float) -> float:
        self._label(24.0, y, "Number at risk", size=SMALL, bold=True)
        for curve in self.curves:
            lines = wrap(curve.label, SMALL, self.left - 24 - 26)
            beside = len(lines) <= 2
            y += LEADING + (1 if beside else 0)
            for index, line in enumerate(lines if beside else [curve.label]):
                self._label(24.0, y + index * 12.5, line, size=SMALL, paint=curve.paint)
            y += 0 if beside else LEADING
            for row in curve.at_risk:
                if row.at is not None:
                    text = numbers.count(row.value)
                    self._label(across(row.at), y, text, anchor="middle", size=SMALL, key=row.key)
            y += 12.5 if beside and len(lines) == 2 else 0
        return y

    # --- words -----------------------------------------------------------------------------------------------

    def alt(self) -> str:
        """The figure in words."""
        parts = []
        for curve in self.curves:
            median = self._finder(curve.name)("median")
            if median is None:
                continue
            reached = median.value is not None
            words = f"{numbers.duration(median.value)} {self.endpoint.unit}" if reached else "not reached"
            parts.append(f"{curve.label}: median {words}")
        p = self._finder("between")("p.logrank")
        test = f" Log-rank {numbers.p_equation(p.value)}." if p is not None else ""
        return f"Kaplan-Meier curves of {labels.in_sentence(self.endpoint.label)}. {'; '.join(parts)}.{test}"

    def _finder(self, group: str) -> _Finder:
        return _Finder(self.shelf, group, self.spec.endpoint)

    def _label(
        self,
        x: float,
        y: float,
        text: str,
        *,
        anchor: Anchor = "start",
        size: float = TEXT,
        bold: bool = False,
        paint: str = "ink",
        key: str = "",
    ) -> None:
        self.shapes.append(Label(round(x, 2), round(y, 2), text, anchor, size, bold, paint, 0.0, key))


@dataclass(frozen=True, slots=True)
class _Finder:
    """Finds the rows of one group."""

    shelf: Shelf
    group: str
    variable: str

    def __call__(self, stat: str) -> Row | None:
        return self.shelf.row(self.group, self.variable, "", stat)


def _joined(form: Callable[..., str], *rows: Row | None) -> tuple[str, str]:
    """The printed text and the key of its first result."""
    present = [row for row in rows if row is not None]
    if len(present) < len(rows):
        return "—", ""
    return form(*(row.value for row in present)), present[0].key


def _staircase(rows: list[Row], across: Linear, down: Linear) -> Points:
    """The corners of a right-continuous step function."""
    points: list[tuple[float, float]] = []
    for row in rows:
        if row.at is None or row.value is None:
            continue
        x, y = round(across(row.at), 2), round(down(row.value), 2)
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    return tuple(points)


def _thinned(points: Points) -> Points:
    """The same line without points that lie within a tenth of a px of the one before."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) > 0.1 or abs(point[1] - kept[-1][1]) > 0.1:
            kept.append(point)
    return tuple(kept)
