"""The figure of competing risks: a panel an event, in each a curve a group that rises from 0; numbers at risk below.

Every panel has its own vertical axis, so that a rare event can be read beside a common one; all have the same
time axis, and one table of numbers at risk, as a patient at risk is at risk of every event.
"""

from __future__ import annotations

from dataclasses import dataclass

from calliper.blocks import Figure, Footnote, Label, Scene, Shape
from calliper.displays import labels
from calliper.displays.cells import DASH
from calliper.displays.competing import Competing, read_competing
from calliper.displays.figures import step_plot
from calliper.displays.figures.axis import Linear, nice_ticks
from calliper.displays.figures.curve_key import Shown, key_columns, key_table, shown_text
from calliper.displays.figures.curves import DASHES, Curve
from calliper.displays.figures.sheet import NARROW, WIDE, Sheet
from calliper.displays.figures.step_plot import LEADING, TEXT, right_edge
from calliper.protocol.specs import CompetingRisksAnalysis, Protocol
from calliper.results import Results

PLOT_HEIGHT = 210.0
START = 24.0
BETWEEN = 44.0
"""From the time axis of a panel to the title of the next."""


@dataclass(frozen=True, slots=True)
class _Panel:
    """The curves of one event."""

    cause: str
    title: str
    every: tuple[Curve, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Ticks from 0 to at or above every curve and limit, and no higher than 1."""
        rows = [row for curve in self.every for row in (*curve.height, *curve.upper)]
        highest = max((row.value for row in rows if row.value is not None), default=0.0)
        return tuple(tick for tick in nice_ticks(0.0, min(highest, 1.0), wanted=5) if tick <= 1)


def cumulative_incidence_figure(spec: CompetingRisksAnalysis, protocol: Protocol, results: Results) -> Figure:
    """Curves of each event by arm, or by the levels of `by`.

    Raises TypeError when the endpoint is not a time-to-event endpoint.
    """
    held = read_competing(spec, protocol, results)
    panels = [_Panel(cause, title, _curves(held, cause)) for cause, title in held.causes.items()]
    compared = " HR: cause-specific hazard ratio, unadjusted." if len(held.groups) > 1 else ""
    differ = " The vertical axes differ." if len({panel.shares for panel in panels}) > 1 else ""
    note = (
        f"Aalen-Johansen estimates. Shaded: pointwise {labels.confidence(protocol)} confidence intervals.{differ}"
        f"{compared} At risk: in follow-up and free of every event."
    )
    title = spec.title or labels.divided(held.endpoint.label, protocol, spec.by)
    return Figure(
        id=f"figure-{spec.id}",
        number="",
        caption=f"{title}: cumulative incidence of competing events",
        scene=_scene(held, panels, WIDE),
        narrow=_scene(held, panels, NARROW),
        alt=_alt(held, panels),
        footnotes=(Footnote("", note),),
    )


def _curves(held: Competing, cause: str) -> tuple[Curve, ...]:
    every = []
    for place, name in enumerate(held.groups):
        height, lower, upper = (
            held.curve(name, cause, stat) for stat in ("curve", "curve_lower", "curve_upper")
        )
        label, dash = labels.group(held.protocol, name, held.spec.by), DASHES[place % len(DASHES)]
        at_risk = held.curve(name, "", "at_risk")
        every.append(Curve(name, label, f"arm:{place}", dash, height, lower, upper, [], at_risk))
    return tuple(every)


def _scene(held: Competing, panels: list[_Panel], sheet: Sheet) -> Scene:
    """The panels, each under its key, then the numbers at risk."""
    every = panels[0].every
    ticks = sorted({row.at for curve in every for row in curve.at_risk if row.at is not None})
    times = [row.at for curve in every for row in curve.height if row.at is not None]
    last, left = max([*times, *ticks], default=1.0) or 1.0, step_plot.left_edge(every, sheet)
    across = Linear(0.0, last, left, right_edge(sheet))
    shapes: list[Shape] = []
    top = bottom = 0.0
    for panel in panels:
        key, under = _key(held, panel, top, sheet)
        bottom = under + 14 + PLOT_HEIGHT
        down = Linear(0.0, panel.shares[-1], bottom, under + 14)
        time = step_plot.time_title(held.endpoint, held.protocol) if panel is panels[-1] else ""
        shapes += key
        shapes += step_plot.axes(
            across,
            down,
            shares=panel.shares,
            ticks=ticks,
            height="Cumulative incidence (%)",
            time=time,
            forms=held.forms,
        )
        for curve in panel.every:
            shapes += step_plot.band(curve, across, down, of=len(panel.every))
        for curve in panel.every:
            shapes += step_plot.steps(curve, across, down, start=0.0)
        top = bottom + BETWEEN
    at_risk, end = step_plot.numbers_at_risk(every, across, bottom + 56, held.forms)
    return Scene(sheet.width, round(end + 6, 2), (*shapes, *at_risk))


def _key(held: Competing, panel: _Panel, top: float, sheet: Sheet) -> tuple[list[Shape], float]:
    """The panel's title and key from `top`, and the key's lower edge."""
    level, at = labels.confidence(held.protocol), held.last
    is_compared = len(held.groups) > 1
    right = right_edge(sheet)
    heads = ["Events/n", *([] if at is None else [f"At {at:g} {held.endpoint.unit}, % ({level} CI)"])]
    columns = key_columns([*heads, *([f"HR ({level} CI)"] if is_compared else [])], sheet, right=right)

    def cells(curve: Curve) -> list[Shown]:
        found = [_events(held, curve.name, panel.cause)]
        if at is not None:
            found.append(shown_text(held.share, *held.incidence(curve.name, panel.cause, at)))
        return [*found, _ratio(held, curve.name, panel.cause)] if is_compared else found

    shapes: list[Shape] = [Label(sheet.of(START, 4.0), top + 14, panel.title, "start", TEXT, bold=True)]
    key, y = key_table(panel.every, columns, cells, sheet, right=right, top=top + 12)
    p = held.row("between", panel.cause, "p.gray")
    if p is not None:
        y += LEADING + 1
        text = f"Gray's test {held.forms.p_equation(p.value)} (two-sided)"
        key.append(Label(right, y, text, "end", TEXT, key=p.key))
    return [*shapes, *key], y


def _events(held: Competing, group: str, cause: str) -> Shown:
    rows = (held.row(group, cause, "events"), held.row(group, "", "n"))
    return shown_text(lambda events, n: f"{held.forms.count(events)}/{held.forms.count(n)}", *rows)


def _ratio(held: Competing, group: str, cause: str) -> Shown:
    """The ordinary ratio: one by Firth's penalised likelihood stands in the table alone, with the words for it."""
    if group == held.reference:
        return "reference", ""
    found = held.ratio(group, cause, "cause_specific")
    return (DASH, "") if found is None or found.is_firth else (found.text(held.forms), found.hr.key)


def _alt(held: Competing, panels: list[_Panel]) -> str:
    """The figure in words."""
    at = held.last
    parts = []
    for panel in panels:
        when = ""
        if at is not None:
            read = [
                f"{curve.label} {shown_text(held.share, *held.incidence(curve.name, panel.cause, at))[0]}"
                for curve in panel.every
            ]
            level = labels.confidence(held.protocol)
            when = f" at {at:g} {held.endpoint.unit}, % ({level} CI): {', '.join(read)}"
        p = held.row("between", panel.cause, "p.gray")
        test = f"; Gray's test {held.forms.p_equation(p.value)}" if p is not None else ""
        parts.append(f"{panel.title}{when}{test}.")
    return f"Cumulative incidence curves of {labels.in_sentence(held.endpoint.label)}. {' '.join(parts)}"
