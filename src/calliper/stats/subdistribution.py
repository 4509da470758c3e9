"""Risk sets of the subdistribution hazard: who has had a competing event stays at risk, with a falling weight.

A patient whose competing event fell at s counts at t > s for G(t-) / G(s-), the chance to be still under
observation at t given that he was at s; G is the Kaplan-Meier curve of the time to censoring, one for each
group of censoring. Fine and Gray (1999, JASA 94, 496-509, section 3).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.stats.conventions import Ties
from calliper.stats.risk_sets import RiskSets, risk_sets
from calliper.summaries.tied_times import distinct_times

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Flags: TypeAlias = npt.NDArray[np.bool_]
TiedCensoring: TypeAlias = Literal["with", "after"]
"""Are those with an event at t at risk of being censored at t? "with": they are (cmprsk); "after": not (survival)."""

_NEUTRAL: dict[np.ufunc, float] = {np.add: 0.0, np.maximum: -np.inf, np.minimum: np.inf}


@dataclass(frozen=True, eq=False)
class CensoringCurves:
    """The curve G of each group of censoring at the distinct times, ascending; arrays (groups, times).

    `slot` (n,) is the time of each row among them and `group` (n,) its group. `before` is G(t-), and 0 past
    the last time of a group. `at_risk` counts those who could be censored at t, `censored` those who were;
    `exposed` (n,) counts the times up to which a row was at risk of it.
    """

    slot: Integers
    group: Integers
    before: Floats
    at_risk: Floats
    censored: Floats
    exposed: Integers

    @property
    def own(self) -> Floats:
        """G(time-) of each row, (n,)."""
        return np.asarray(self.before[self.group, self.slot])


def censoring_curves(
    time: Floats, censored: Flags, group: Integers, *, tied: TiedCensoring
) -> CensoringCurves:
    """Estimate the curves; groups are 0, 1, ..., each with a row."""
    slot = distinct_times(time)[1]
    shape = (int(group.max()) + 1, int(slot.max()) + 1)
    left, gone = np.zeros(shape), np.zeros(shape)
    np.add.at(left, (group, slot), 1.0)
    np.add.at(gone, (group[censored], slot[censored]), 1.0)
    present = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    at_risk = present - (left - gone) if tied == "after" else present
    stay = 1 - np.divide(gone, at_risk, out=np.zeros(shape), where=gone > 0)
    before = np.cumprod(np.column_stack([np.ones(shape[0]), stay[:, :-1]]), axis=1)
    exposed = slot + 1 - (~censored if tied == "after" else 0)
    return CensoringCurves(slot, group, np.where(present > 0, before, 0.0), at_risk, gone, exposed)


@dataclass(frozen=True, eq=False)
class Carried:
    """The rows, (c,), of one group of censoring that stay at risk past their own time.

    Moments run from the last time to the first: those before `left` (c,) are later than the row's own.
    `own` (c,) is G at its time-, `before` (m,) at each moment-.
    """

    rows: Integers
    left: Integers
    own: Floats
    before: Floats


@dataclass(frozen=True, eq=False)
class SubdistributionSets(RiskSets):
    """Risk sets that hold, by weight, those who have had a competing event as well.

    `competes` and `censored` (n,) say so of each row, in the order of the sets.
    """

    competes: Flags
    censored: Flags
    carried: tuple[Carried, ...]

    def at_risk(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the weighted sum, or the maximum or minimum, of values (n, ...) at each moment."""
        total = super().at_risk(values, operation)
        for part in self.carried:
            shape = (-1, *[1] * (values.ndim - 1))
            gained: Floats = np.full((self.moments.size + 1, *values.shape[1:]), _NEUTRAL[operation])
            added = values[part.rows]
            operation.at(gained, part.left, added / part.own.reshape(shape) if operation is np.add else added)
            stayed = operation.accumulate(gained[:0:-1], axis=0)[::-1]
            before = part.before.reshape(shape)
            if operation is np.add:
                total = total + before * stayed
            else:
                total = np.where(before > 0, operation(total, stayed), total)
        return np.asarray(total)

    def up_to(self, values: Floats) -> Floats:
        """Return, for each row, the weighted sum of values per moment, (m, ...), over those it was at risk at."""
        total = super().up_to(values)
        for part in self.carried:
            shape = (-1, *[1] * (values.ndim - 1))
            later = np.zeros((self.moments.size + 1, *values.shape[1:]))
            np.cumsum(part.before.reshape(shape) * values, axis=0, out=later[1:])
            total[part.rows] += later[part.left] / part.own.reshape(shape)
        return total


def subdistribution_sets(
    time: Floats, own: Flags, competing: Flags, curves: CensoringCurves, *, ties: Ties
) -> SubdistributionSets:
    """Sort patients into the risk sets of the cause whose events `own` flags; `competing` flags the others."""
    plain = risk_sets(time, own, np.zeros(time.size, dtype=np.int64), ties=ties)
    slots = curves.slot[plain.order][plain.event_rows[plain.first_events]]
    carried = []
    for group, before in enumerate(curves.before):
        rows = np.flatnonzero((competing & (curves.group == group))[plain.order])
        if rows.size:
            part = Carried(rows, plain.first[rows], curves.own[plain.order[rows]], before[slots])
            carried.append(part)
    known = {field.name: getattr(plain, field.name) for field in fields(plain)}
    competes = competing[plain.order]
    known["first"] = np.where(competes, 0, plain.first)
    return SubdistributionSets(
        **known, competes=competes, censored=~competes & ~plain.event, carried=tuple(carried)
    )
