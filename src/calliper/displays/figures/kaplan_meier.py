"""The Kaplan-Meier figure: key, step curves with bands and censoring marks, numbers at risk.

The key stands above the plot, so no curve can run through it.
"""

from __future__ import annotations

from collections.abc import Callable

from calliper.blocks import Figure, Footnote, Line, Scene, Shape
from calliper.displays import labels
from calliper.displays.cells import DASH
from calliper.displays.effects import FIRTH
from calliper.displays.figures import step_plot
from calliper.displays.figures.axis import Linear
from calliper.displays.figures.curve_key import curve_key
from calliper.displays.figures.curves import Curve, Curves, read_curves
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.protocol.analysis_specs import UnderAxis
from calliper.protocol.specs import Protocol, SurvivalAnalysis
from calliper.results import Results, Row

PLOT_HEIGHT, NARROW_PLOT_HEIGHT = 300.0, 220.0
BETWEEN = 22.0
"""From one table under the axis to the heading of the next."""

UNDER_AXIS: dict[UnderAxis, tuple[str, Callable[[Curve], list[Row]]]] = {
    "at_risk": ("Number at risk", lambda curve: curve.at_risk),
    "events": ("Cumulative events", lambda curve: curve.events_so_far),
    "censored": ("Cumulative censored", lambda curve: curve.censored_so_far),
}

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def kaplan_meier_figure(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> Figure:
    """Curves of one endpoint by arm, or by the levels of `by`."""
    curves = read_curves(spec, protocol, results)
    level = labels.confidence(protocol)
    drawn = f"Shaded: pointwise {level} confidence intervals. Vertical marks: censored patients."
    stop = "" if spec.stop_below is None else f" {_stopped(spec.stop_below)}"
    compared = " Hazard ratios are unadjusted." if len(curves.every) > 1 else ""
    pairs = [f"{curve.name} vs {curves.reference}" for curve in curves.every]
    if any(curves.find(pair, "hr.firth") and not curves.find(pair, "hr.cox") for pair in pairs):
        compared += f" {DASH}: no ordinary estimate; the table has that by {FIRTH}."
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{spec.title or labels.divided(curves.endpoint.label, protocol, spec.by)}: Kaplan-Meier "
        "estimate",
        scene=_scene(curves, spec, protocol, WIDE),
        narrow=_scene(curves, spec, protocol, NARROW),
        alt=_alt(curves),
        footnotes=(Footnote("", f"{drawn}{stop}{compared} NR: not reached."),),
    )


def _stopped(fewest: float) -> str:
    """Where a curve ends, for the note."""
    least = f"{fewest:g}" if fewest >= 1 else f"{100 * fewest:g}% of its patients"
    return f"A curve ends where fewer than {least} are at risk; the estimates beside it are of all follow-up."


def _scene(curves: Curves, spec: SurvivalAnalysis, protocol: Protocol, sheet: Sheet) -> Scene:
    """Key, plot, numbers at risk; cumulative events and censorings where they are asked for."""
    right, plot_height = step_plot.right_edge(sheet), sheet.of(PLOT_HEIGHT, NARROW_PLOT_HEIGHT)
    shapes, top = curve_key(curves, sheet, right=right, level=labels.confidence(protocol))
    top += 14
    across = Linear(0.0, curves.last, step_plot.left_edge(curves.every, sheet), right)
    down = Linear(0.0, 1.0, top + plot_height, top)
    height, time = f"{labels.curve(curves.endpoint)} (%)", step_plot.time_title(curves.endpoint, protocol)
    shapes += step_plot.axes(
        across, down, shares=SHARES, ticks=curves.ticks, height=height, time=time, forms=curves.forms
    )
    shapes += _medians(curves, across, down)
    for curve in curves.every:
        shapes += step_plot.band(curve, across, down, of=len(curves.every))
    for curve in curves.every:
        # everyone is there just before time 0, also where somebody has the event at it
        shapes += step_plot.steps(curve, across, down, start=1.0)
    bottom = top + plot_height + 56 - BETWEEN
    for name in spec.under_axis:
        title, of = UNDER_AXIS[name]
        table, bottom = step_plot.numbers_under_axis(
            curves.every, across, bottom + BETWEEN, title=title, of=of, forms=curves.forms
        )
        shapes += table
    return Scene(sheet.width, round(bottom + 6, 2), tuple(shapes))


def _medians(curves: Curves, across: Linear, down: Linear) -> list[Shape]:
    found = [(curve, curves.find(curve.name, "median")) for curve in curves.every]
    reached = [
        (curve, row.value)
        for curve, row in found
        if row is not None and row.value is not None and row.value <= _end(curve)
    ]
    if not reached:
        return []
    half, floor = down(0.5), down(0.0)
    furthest = max(value for _, value in reached)
    shapes: list[Shape] = [Line(((across(0.0), half), (across(furthest), half)), "muted", 0.9, (3.0, 3.0))]
    for curve, value in reached:
        x = across(value)
        shapes.append(Line(((x, half), (x, floor)), curve.paint, 0.9, (3.0, 3.0)))
    return shapes


def _end(curve: Curve) -> float:
    """The last time at which the curve is drawn."""
    return max((row.at for row in curve.height if row.at is not None), default=0.0)


def _alt(curves: Curves) -> str:
    """The figure in words."""
    parts = []
    for curve in curves.every:
        median = curves.find(curve.name, "median")
        if median is not None:
            reached = f"{curves.forms.duration(median.value)} {curves.endpoint.unit}"
            parts.append(f"{curve.label}: median {'not reached' if median.value is None else reached}")
    p = curves.find("between", "p.logrank")
    test = f" Log-rank {curves.forms.p_equation(p.value)}." if p is not None else ""
    return f"Kaplan-Meier curves of {labels.in_sentence(curves.endpoint.label)}. {'; '.join(parts)}.{test}"
