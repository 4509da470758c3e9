"""Sums over the intervals that cover a point, without subtraction: a segment tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

_NEUTRAL: dict[np.ufunc, float] = {np.add: 0.0, np.maximum: -np.inf, np.minimum: np.inf}


@dataclass(frozen=True, eq=False)
class IntervalTree:
    """Intervals of the points 0, 1, ..., cut into nodes of a binary tree: 2 log2(points) at the most.

    Node 1 is the root, 2i and 2i + 1 are the halves of node i, `leaves` + k is point k. `rows` and `nodes`
    are the pairs of an interval and a node of it, sorted by node; `starts` is the first pair of each node.
    Late entry taken off by subtraction, as is usual, leaves the rounding of the patients who are not at risk
    in the sum of those who are; and no subtraction gives a maximum.
    """

    size: int
    points: int
    leaves: int
    rows: Integers
    nodes: Integers
    starts: Integers

    def over_intervals(self, values: Floats, operation: np.ufunc = np.add) -> Floats:
        """Return the sum, maximum or minimum of values (intervals, ...) over the intervals at each point."""
        total: Floats = np.full((2 * self.leaves, *values.shape[1:]), _NEUTRAL[operation])
        total[self.nodes[self.starts]] = operation.reduceat(values[self.rows], self.starts, axis=0)
        width = 1
        while width < self.leaves:
            parents = total[width : 2 * width]
            for half in (0, 1):
                below = slice(2 * width + half, 4 * width, 2)
                total[below] = operation(total[below], parents)
            width *= 2
        return np.asarray(total[self.leaves : self.leaves + self.points])

    def over_points(self, values: Floats) -> Floats:
        """Return, for each interval, the sum of values (points, ...) over its points."""
        total: Floats = np.zeros((2 * self.leaves, *values.shape[1:]))
        total[self.leaves : self.leaves + self.points] = values
        width = self.leaves // 2
        while width >= 1:
            total[width : 2 * width] = total[2 * width : 4 * width : 2] + total[2 * width + 1 : 4 * width : 2]
            width //= 2
        found: Floats = np.zeros((self.size, *values.shape[1:]))
        np.add.at(found, self.rows, total[self.nodes])
        return found


def interval_tree(first: Integers, end: Integers, *, points: int) -> IntervalTree:
    """Cut the intervals [first, end) of `points` points; an interval whose end is its first is empty.

    >>> tree = interval_tree(np.array([0, 1, 2]), np.array([3, 3, 2]), points=3)
    >>> tree.over_intervals(np.array([1.0, 10.0, 100.0])).tolist()
    [1.0, 11.0, 11.0]
    >>> tree.over_points(np.array([1.0, 10.0, 100.0])).tolist()
    [111.0, 110.0, 0.0]
    """
    leaves = 1 << max(points - 1, 0).bit_length()
    low, high = first + leaves, end + leaves
    rows, nodes = [], []
    while (low < high).any():
        chosen = (low < high) & (low % 2 == 1)
        rows.append(np.flatnonzero(chosen))
        nodes.append(low[chosen])
        low = low + chosen
        chosen = (low < high) & (high % 2 == 1)
        high = high - chosen
        rows.append(np.flatnonzero(chosen))
        nodes.append(high[chosen])
        low, high = low // 2, high // 2
    row, node = (np.concatenate([*parts, np.zeros(0, np.int64)]).astype(np.int64) for parts in (rows, nodes))
    order = np.argsort(node, kind="stable")
    starts = np.flatnonzero(np.diff(node[order], prepend=-1))
    return IntervalTree(first.size, points, leaves, row[order], node[order], starts)
