"""Complementary suppression: what must be hidden beside the small counts, so that no sum gives one of them back.

The plain rule: hide the small counts; where a sum has one hidden count alone, hide another of it, the smallest; then,
while a reader could still work a small one out, hide one more of the sums that it is in. The reader is given every
sum, every shared count, and that a count printed as small is at least 1 and less than the limit, and finds by linear
programming the least and the most that each can be: a count is worked out if no two whole numbers lie between.

Cox LH, J Am Stat Assoc 1980;75:377-385, has the problem; Willenborg L, de Waal T, Elements of statistical disclosure
control, Springer 2001, the attack by ranges.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np

NEAR = 1e-6
"""The error that a linear program may have in a whole number."""

UNBOUNDED = 3
"""What scipy's linear program answers where a count may be as large as one likes."""


@dataclass(frozen=True, slots=True)
class Equation:
    """`parts` add up to `total`; each is the number of a count."""

    total: int
    parts: tuple[int, ...]

    @property
    def members(self) -> tuple[int, ...]:
        """All counts of the sum."""
        return (self.total, *self.parts)


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a report. `small` must not be known; `known` (the sizes of the groups) cannot be hidden.

    `within` has the range that is told of a small count, both ends inside.
    """

    values: Mapping[int, float]
    equations: tuple[Equation, ...]
    small: Set[int]
    known: Set[int]
    within: Mapping[int, tuple[float, float]]


def hide(counts: Counts) -> frozenset[int]:
    """The counts to hide: the small ones, and as many beside them as keep them unknown."""
    of: dict[int, list[Equation]] = defaultdict(list)
    for equation in counts.equations:
        for member in dict.fromkeys(equation.members):
            of[member].append(equation)
    hidden = set(counts.small)
    kept: set[tuple[int, ...]] = set()
    while True:
        _hide_beside_single(counts, hidden)
        beside = set()
        for part in _connected(hidden, of):
            if part in kept:
                continue
            near = tuple(dict.fromkeys(each for count in part for each in of[count]))
            found = worked_out(counts, near, part)
            for count in found:
                more = _smallest(counts, of[count], hidden)
                more = _smallest(counts, near, hidden) if more is None else more
                beside |= set() if more is None else {more}
            kept.add(part)
        if not beside:
            return frozenset(hidden)
        hidden |= beside


def _hide_beside_single(counts: Counts, hidden: set[int]) -> None:
    """Add to `hidden` until no sum has one hidden count alone, unless all others are known to everyone."""
    moved = True
    while moved:
        moved = False
        for equation in counts.equations:
            if len(hidden.intersection(equation.members)) == 1:
                more = _smallest(counts, (equation,), hidden)
                if more is not None:
                    hidden.add(more)
                    moved = True


def _smallest(counts: Counts, equations: Iterable[Equation], hidden: Set[int]) -> int | None:
    """The smallest count of these sums that is still shared and not known to everyone; zeros last."""
    shared = {member for each in equations for member in each.members} - hidden - counts.known
    return min(
        shared, key=lambda count: (counts.values[count] == 0, counts.values[count], count), default=None
    )


def _connected(hidden: Set[int], of: Mapping[int, list[Equation]]) -> list[tuple[int, ...]]:
    """Hidden counts that a sum links, together."""
    left, parts = set(hidden), []
    while left:
        reached, waiting = [], [left.pop()]
        while waiting:
            count = waiting.pop()
            reached.append(count)
            linked = {member for equation in of.get(count, ()) for member in equation.members} & left
            left -= linked
            waiting += sorted(linked)
        parts.append(tuple(sorted(reached)))
    return parts


def worked_out(counts: Counts, equations: Sequence[Equation], part: Sequence[int]) -> list[int]:
    """The small counts among these hidden ones, all that the sums link, that a reader can work out."""
    from scipy.optimize import linprog

    place = {count: at for at, count in enumerate(part)}
    left = np.zeros((len(equations), len(part)))
    right = np.zeros(len(equations))
    for at, equation in enumerate(equations):
        for member, sign in ((equation.total, -1.0), *((each, 1.0) for each in equation.parts)):
            if member in place:
                left[at, place[member]] += sign
            else:
                right[at] -= sign * counts.values[member]
    if not equations:
        return []
    bounds = [counts.within.get(count, (0.0, None)) for count in part]
    found = []
    for count in part:
        if count in counts.small:
            aim = np.zeros(len(part))
            aim[place[count]] = 1.0
            least = linprog(aim, A_eq=left, b_eq=right, bounds=bounds)
            most = linprog(-aim, A_eq=left, b_eq=right, bounds=bounds)
            is_open = most.status == UNBOUNDED
            if not is_open and math.floor(-most.fun + NEAR) - math.ceil(least.fun - NEAR) < 1:
                found.append(count)
    return found
