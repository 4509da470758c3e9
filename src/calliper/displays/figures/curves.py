"""The curves of one survival analysis as results, and their shapes as steps."""

from __future__ import annotations

from dataclasses import dataclass, field

from calliper.displays import labels, numbers
from calliper.displays.cells import Shelf
from calliper.displays.figures.axis import Linear
from calliper.displays.numbers import Forms
from calliper.protocol.specs import Protocol, SurvivalAnalysis, TimeToEvent
from calliper.results import Results, Row

DASHES: tuple[tuple[float, ...], ...] = ((), (9.0, 3.0), (2.5, 2.5), (9.0, 3.0, 2.0, 3.0))
"""Curves differ in dash as well as in colour, so that they can be told apart in black and white."""

DRAWN = ("curve", "curve_lower", "curve_upper", "censored_here")
AT_TICKS = ("at_risk", "cumulative_events", "cumulative_censored")
"""The stats of a curve, and of the numbers that stand under the axis."""

Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Curve:
    """The rows of one group's curve, each list in order of time."""

    name: str
    label: str
    paint: str
    dash: tuple[float, ...]
    height: list[Row]
    lower: list[Row]
    upper: list[Row]
    censored: list[Row]
    at_risk: list[Row]
    events_so_far: list[Row] = field(default_factory=list)
    censored_so_far: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Curves:
    """The groups of one analysis, in printing order."""

    endpoint: TimeToEvent
    variable: str
    reference: str
    shelf: Shelf
    every: tuple[Curve, ...]
    forms: Forms

    def find(self, group: str, stat: str) -> Row | None:
        """One statistic of a group, or None."""
        return self.shelf.row(group, self.variable, "", stat)

    @property
    def ticks(self) -> list[float]:
        """The times at which the numbers at risk are given."""
        return sorted({row.at for curve in self.every for row in curve.at_risk if row.at is not None})

    @property
    def last(self) -> float:
        """The last time that is drawn."""
        times = [row.at for curve in self.every for row in curve.height if row.at is not None]
        return max(times + self.ticks, default=1.0) or 1.0


def read_curves(spec: SurvivalAnalysis, protocol: Protocol, results: Results) -> Curves:
    """Look up the curves of an analysis by arm, or by the levels of `by`.

    Raises TypeError when its endpoint is not a time-to-event endpoint.
    """
    endpoint = protocol.endpoints[spec.endpoint]
    if not isinstance(endpoint, TimeToEvent):
        raise TypeError(f"{spec.endpoint} is not a time-to-event endpoint")
    shelf = Shelf(results, spec.id, "included")
    every = []
    for place, name in enumerate(labels.ordered(protocol, shelf.groups(), spec.by)):
        curve = [shelf.where(stat, group=name, variable=spec.endpoint) for stat in DRAWN]
        end = shelf.row(name, spec.endpoint, "", "drawn_to")
        if end is not None and end.value is not None:
            curve = [_until(rows, end.value) for rows in curve]
        under = (shelf.where(stat, group=name, variable=spec.endpoint) for stat in AT_TICKS)
        dash = DASHES[place % len(DASHES)]
        every.append(Curve(name, labels.group(protocol, name, spec.by), f"arm:{place}", dash, *curve, *under))
    reference, forms = labels.reference(protocol, spec.by), numbers.forms(protocol)
    return Curves(endpoint, spec.endpoint, reference, shelf, tuple(every), forms)


def _until(rows: list[Row], end: float) -> list[Row]:
    """The rows of a curve no later than its end."""
    return [row for row in rows if row.at is not None and row.at <= end]


def staircase(steps: list[tuple[float | None, float | None]], across: Linear, down: Linear) -> Points:
    """The corners of a right-continuous step function of (time, height), without those that would not show.

    Where the height ceases to exist (a limit of S where S is 0) the last one holds until then.
    """
    points: list[tuple[float, float]] = []
    for at, height in steps:
        if at is None:
            continue
        x = round(across(at), 2)
        if points:
            points.append((x, points[-1][1]))
        if height is not None:
            points.append((x, round(down(height), 2)))
        elif points:
            break
    return _thinned(tuple(points))


def _thinned(points: Points) -> Points:
    """The same line without points that lie within a tenth of a px of the one before."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) > 0.1 or abs(point[1] - kept[-1][1]) > 0.1:
            kept.append(point)
    return tuple(kept)
