"""The Kaplan-Meier figure: key, step curves with bands and censoring marks, numbers at risk.

The key stands above the plot, so no curve can run through it; the table of numbers at risk stands under
the axis, its columns on the axis ticks (Morris et al., BMJ Open 2019; 9: e030215).
"""

from __future__ import annotations

from typing import Literal

from calliper.blocks import Area, Figure, Footnote, Label, Line, Mark, Scene, Shape
from calliper.displays import labels, numbers
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.curve_key import curve_key
from calliper.displays.figures.curves import Curve, Curves, read_curves, staircase
from calliper.displays.figures.lettering import width, wrap
from calliper.protocol.specs import Protocol, SurvivalAnalysis
from calliper.results import Results

WIDTH = 760.0
RIGHT = 738.0
PLOT_HEIGHT = 300.0
TEXT = 12.0
SMALL = 11.0
LEADING = 15.0

Anchor = Literal["start", "middle", "end"]


def kaplan_meier_figure(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> Figure:
    """Curves of one endpoint by arm, or by the levels of `by`."""
    curves = read_curves(spec, protocol, results)
    level = labels.confidence(protocol)
    drawn = f"Shaded: pointwise {level} confidence intervals. Vertical marks: censored patients."
    compared = " Hazard ratios are unadjusted." if len(curves.every) > 1 else ""
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or labels.divided(curves.endpoint.label, protocol, spec.by)}: Kaplan-Meier "
        "estimate",
        scene=_Drawing(curves, protocol).scene(),
        alt=_alt(curves),
        footnotes=(Footnote("", f"{drawn}{compared} NR: not reached."),),
    )


class _Drawing:
    """Lays out one figure from top to bottom."""

    def __init__(self, curves: Curves, protocol: Protocol) -> None:
        self.curves, self.protocol = curves, protocol
        self.endpoint = curves.endpoint
        widest = max((width(curve.label, SMALL) for curve in curves.every), default=0.0)
        self.left = min(max(84.0, widest + 24 + 24), 190.0)
        self.shapes: list[Shape] = []

    def scene(self) -> Scene:
        """Key, plot, numbers at risk."""
        self.shapes, top = curve_key(self.curves, right=RIGHT, level=labels.confidence(self.protocol))
        top += 14
        across = Linear(0.0, self.curves.last, self.left, RIGHT)
        down = Linear(0.0, 1.0, top + PLOT_HEIGHT, top)
        self._axes(across, down)
        self._medians(across, down)
        for curve in self.curves.every:
            self._band(curve, across, down)
        for curve in self.curves.every:
            self._steps(curve, across, down)
        bottom = self._numbers_at_risk(across, top + PLOT_HEIGHT + 56)
        return Scene(WIDTH, round(bottom + 6, 2), tuple(self.shapes))

    def _axes(self, across: Linear, down: Linear) -> None:
        left, bottom, top = across.start, down.start, down.end
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            y = down(share)
            if share:
                self.shapes.append(Line(((left, y), (RIGHT, y)), "rule", 0.5))
            self.shapes.append(Line(((left - 4, y), (left, y)), "ink", 0.9))
            self._label(left - 8, y + 4, f"{100 * share:.0f}", anchor="end", size=SMALL)
        for tick in self.curves.ticks:
            x = across(tick)
            self.shapes.append(Line(((x, bottom), (x, bottom + 4)), "ink", 0.9))
            self._label(x, bottom + 17, f"{tick:g}", anchor="middle", size=SMALL)
        self.shapes.append(Line(((left, top), (left, bottom), (RIGHT, bottom)), "ink", 0.9))
        title = f"{labels.curve(self.endpoint)} (%)"
        self.shapes.append(Label(left - 40, (top + bottom) / 2, title, "middle", TEXT, turn=-90))
        self._label((left + RIGHT) / 2, bottom + 35, self._time_title(), anchor="middle", size=TEXT)

    def _time_title(self) -> str:
        start = self.endpoint.start
        unit = self.endpoint.unit.capitalize()
        return f"{unit} since {labels.in_sentence(labels.variable(self.protocol, start))}" if start else unit

    def _medians(self, across: Linear, down: Linear) -> None:
        found = [(curve, self.curves.find(curve.name, "median")) for curve in self.curves.every]
        reached = [(curve, row.value) for curve, row in found if row is not None and row.value is not None]
        if not reached:
            return
        half, floor = down(0.5), down(0.0)
        furthest = max(value for _, value in reached)
        self.shapes.append(Line(((across(0.0), half), (across(furthest), half)), "muted", 0.9, (3.0, 3.0)))
        for curve, value in reached:
            x = across(value)
            self.shapes.append(Line(((x, half), (x, floor)), curve.paint, 0.9, (3.0, 3.0)))

    def _steps(self, curve: Curve, across: Linear, down: Linear) -> None:
        # everyone is there just before time 0, also where somebody has the event at it
        points = staircase([(0.0, 1.0), *((row.at, row.value) for row in curve.survival)], across, down)
        self.shapes.append(Line(points, curve.paint, 2.0, curve.dash))
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

    def _band(self, curve: Curve, across: Linear, down: Linear) -> None:
        upper = {row.at: row.value for row in curve.upper}
        both = [
            (
                row.at,
                *(
                    (row.value, upper.get(row.at))
                    if None not in (row.value, upper.get(row.at))
                    else (None, None)
                ),
            )
            for row in curve.lower
        ]
        above = staircase([(at, high) for at, _, high in both], across, down)
        below = staircase([(at, low) for at, low, _ in both], across, down)
        if len(above) < 2:
            return
        opacity = 0.13 if len(self.curves.every) <= 2 else 0.07
        self.shapes.append(Area(above + tuple(reversed(below)), curve.paint, opacity))

    def _numbers_at_risk(self, across: Linear, y: float) -> float:
        self._label(24.0, y, "Number at risk", size=SMALL, bold=True)
        for curve in self.curves.every:
            lines = wrap(curve.label, SMALL, self.left - 24 - 20)
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


def _alt(curves: Curves) -> str:
    """The figure in words."""
    parts = []
    for curve in curves.every:
        median = curves.find(curve.name, "median")
        if median is not None:
            reached = f"{numbers.duration(median.value)} {curves.endpoint.unit}"
            parts.append(f"{curve.label}: median {'not reached' if median.value is None else reached}")
    p = curves.find("between", "p.logrank")
    test = f" Log-rank {numbers.p_equation(p.value)}." if p is not None else ""
    return f"Kaplan-Meier curves of {labels.in_sentence(curves.endpoint.label)}. {'; '.join(parts)}.{test}"
