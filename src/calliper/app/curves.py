"""Survival curves to look at closely: read from a report's results, or analysed anew within one level of a factor.

The drawing computes nothing but places: every number is a result of the study's own analyses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import polars as pl

from calliper import pipeline
from calliper.analyses import analyse
from calliper.analyses.populations import among
from calliper.protocol.load import Loaded
from calliper.protocol.specs import Protocol, SurvivalAnalysis, TimeToEvent

WIDTH, HEIGHT, LEFT, RIGHT, TOP = 860, 420, 64, 20, 16
ROW = 38
"""Two lines for each arm under the curves: its name, and how many are at risk."""
OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Step:
    """Survival from a time on, with its limits where there are any."""

    time: float
    survival: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """One arm's curve: its steps, how many are at risk at the ticks, and the median as it is printed."""

    name: str
    label: str
    steps: tuple[Step, ...]
    at_risk: Mapping[float, int]
    n: int
    events: int
    median: float | None
    limits: tuple[float | None, float | None]


@dataclass(frozen=True, slots=True)
class Curve:
    """The curves of one analysis; `p` is the log-rank test's."""

    id: str
    title: str
    unit: str
    groups: tuple[Group, ...]
    p: float | None
    within: str = ""


Number = tuple[str, str, str, float | None, float | None]
"""Analysis, group, statistic, at, value."""


def read_curves(report: Path, loaded: Loaded) -> list[Curve]:
    """The survival analyses of a report, with the study's labels."""
    rows = json.loads((report / "results.json").read_text(encoding="utf-8"))
    numbers = [(row["analysis"], row["group"], row["stat"], row["at"], row["value"]) for row in rows]
    return _curves(loaded.protocol, numbers)


def within(loaded: Loaded, analysis: str, name: str, level: str) -> Curve | None:
    """An analysis anew, among the included patients with one level of a category."""
    protocol = loaded.protocol
    spec = next((spec for spec in protocol.analyses if spec.id == analysis), None)
    if not isinstance(spec, SurvivalAnalysis):
        return None
    _, derived = pipeline.prepare(loaded)
    patients = derived.cohort.patients
    kept = patients.filter(pl.col(name) == level).select("patient")
    results = analyse(spec, protocol, among(derived, kept))
    numbers = [(row.analysis, row.group, row.stat, row.at, row.value) for row in results]
    label = f"{protocol.variable(name).label}: {level}"
    return next(
        (Curve(c.id, c.title, c.unit, c.groups, c.p, label) for c in _curves(protocol, numbers)), None
    )


def _curves(protocol: Protocol, numbers: Iterable[Number]) -> list[Curve]:
    by_analysis: dict[str, list[Number]] = {}
    for number in numbers:
        by_analysis.setdefault(number[0], []).append(number)
    made = []
    for spec in protocol.analyses:
        held = by_analysis.get(spec.id, [])
        if isinstance(spec, SurvivalAnalysis) and any(stat == "curve" for _, _, stat, _, _ in held):
            endpoint = protocol.endpoints[spec.endpoint]
            unit = endpoint.unit if isinstance(endpoint, TimeToEvent) else ""
            groups = tuple(_groups(protocol, held))
            p = next((value for _, _, stat, _, value in held if stat == "p.logrank"), None)
            made.append(Curve(spec.id, spec.title or endpoint.label, unit, groups, p))
    return made


def _groups(protocol: Protocol, numbers: Sequence[Number]) -> Iterable[Group]:
    labels = {name: arm.short or arm.label for name, arm in protocol.arms.groups.items()}
    for name in dict.fromkeys(group for _, group, stat, _, _ in numbers if stat == "curve"):
        own = [number for number in numbers if number[1] == name]
        at = {(stat, time): value for _, _, stat, time, value in own}
        times = sorted({time for stat, time in at if stat == "curve" and time is not None})
        steps = tuple(
            Step(time, at["curve", time] or 0.0, at.get(("curve_lower", time)), at.get(("curve_upper", time)))
            for time in times
        )
        risk = {
            time: int(value or 0)
            for (stat, time), value in at.items()
            if stat == "at_risk" and time is not None
        }
        whole = {stat: value for (stat, time), value in at.items() if time is None}
        yield Group(
            name, labels.get(name, name), steps, dict(sorted(risk.items())), int(whole.get("n") or 0),
            int(whole.get("events") or 0), whole.get("median"), (whole.get("median_lower"), whole.get("median_upper")),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where times and survivals lie in the drawing."""

    last: float
    bottom: float

    def x(self, time: float) -> str:
        """From left to right."""
        return f"{LEFT + (WIDTH - LEFT - RIGHT) * time / self.last:.1f}"

    def y(self, survival: float) -> str:
        """From the top down."""
        return f"{TOP + (self.bottom - TOP) * (1 - survival):.1f}"


def drawn(curve: Curve, chosen: Sequence[str], *, with_limits: bool, at_risk: str = "At risk") -> str:
    """The chosen arms as SVG; `at_risk` heads the numbers at risk.

    Each step has its numbers as data, for the pointer and the keyboard to show.
    """
    groups = [(at, group) for at, group in enumerate(curve.groups) if group.name in chosen]
    ticks = sorted({time for _, group in groups for time in group.at_risk}) or [0.0]
    ends = [group.steps[-1].time for _, group in groups if group.steps]
    scale = _Scale(max([ticks[-1], *ends]) or 1.0, TOP + HEIGHT - 60)
    bottom = scale.bottom
    height = bottom + 70 + ROW * len(groups)
    names = escape(f"{curve.title}: {', '.join(group.label for _, group in groups)}")
    data = f'data-unit="{escape(curve.unit)}" data-left="{LEFT}" data-right="{WIDTH - RIGHT}"'
    data += f' data-last="{scale.last:.6g}"'
    parts = [
        f'<svg class="km" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="km-title" {data}>',
        f'<title id="km-title">{names}</title>',
    ]
    for share in (0, 0.25, 0.5, 0.75, 1):
        at_y = scale.y(share)
        parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at_y}" y2="{at_y}"/>')
        parts.append(_text(LEFT - 8, float(at_y) + 4, f"{100 * share:.0f}", anchor="end"))
    parts += [_text(scale.x(tick), bottom + 20, f"{tick:g}") for tick in ticks]
    parts.append(_text((LEFT + WIDTH) / 2, bottom + 40, curve.unit.capitalize()))
    for at, group in groups:
        if with_limits:
            parts.append(f'<path class="band arm{at % 6}" d="{_band(group, scale)}"/>')
        told = " ".join(
            f"{step.time:.6g},{step.survival:.6g},{_or(step.lower)},{_or(step.upper)}" for step in group.steps
        )
        label = f'data-label="{escape(group.label)}" data-steps="{told}"'
        parts.append(f'<path class="step arm{at % 6}" {label} d="{_steps(group, scale)}"/>')
    parts.append(f'<text class="axis head" x="4" y="{bottom + 58}">{escape(at_risk)}</text>')
    for line, (at, group) in enumerate(groups):
        top = bottom + 58 + ROW * (line + 1)
        parts.append(f'<rect class="key arm{at % 6}" x="4" y="{top - 27}" width="10" height="10"/>')
        parts.append(_text(20, top - 18, group.label, anchor="start"))
        parts += [_text(scale.x(tick), top, str(group.at_risk.get(tick, ""))) for tick in ticks]
    parts.append(f'<line class="cursor" x1="0" x2="0" y1="{TOP}" y2="{bottom}"/></svg>')
    return "".join(parts)


def _text(x: str | float, y: float, text: str, *, anchor: str = "middle") -> str:
    return f'<text class="axis" x="{x}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _or(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def _steps(group: Group, scale: _Scale) -> str:
    """A curve, drawn on to the last tick where patients are still at risk."""
    made = [
        f"H{scale.x(step.time)}V{scale.y(step.survival)}"
        if at
        else f"M{scale.x(step.time)} {scale.y(step.survival)}"
        for at, step in enumerate(group.steps)
    ]
    end = max(group.at_risk, default=0.0)
    if group.steps and end > group.steps[-1].time and group.at_risk.get(end, 0) > 0:
        made.append(f"H{scale.x(end)}")
    return "".join(made)


def _band(group: Group, scale: _Scale) -> str:
    """The limits as a band: along the upper ones, and back along the lower ones."""
    known = [
        (scale.x(step.time), scale.y(step.lower), scale.y(step.upper))
        for step in group.steps
        if step.lower is not None and step.upper is not None
    ]
    if not known:
        return ""
    there = [f"H{x}V{upper}" if at else f"M{x} {upper}" for at, (x, _, upper) in enumerate(known)]
    back = [f"L{known[-1][0]} {known[-1][1]}"]
    for (x, lower, _), (later, _, _) in zip(reversed(known[:-1]), reversed(known[1:])):
        back.append(f"L{later} {lower}L{x} {lower}")
    return "".join([*there, *back, "Z"])
