"""Fisher's exact test: the probability, given the margins, of a table no more likely than the one seen.

Few tables are listed, as arrays of logarithms; more are walked through as a network, in whole numbers; too
many are refused, mostly before any work.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, product
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from calliper.errors import CannotEstimate
from calliper.stats.counts import Counts, occupied

Node: TypeAlias = tuple[int, ...]
Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

# Two tables whose probabilities differ by less than this share are equally likely, as in R.
_SAME = 10**7

# How many tables are listed, as arrays, in the time of one step of the network.
_LISTED_A_STEP = 8


def fisher_2x2(counts: Counts) -> float:
    """Return the two-sided p of a 2x2 table: the probability, given its margins, of one no likelier.

    Fisher (1935, J R Stat Soc 98, 39-82); equally likely within 1e-7, as R's `fisher.test`.

    Raises:
        CannotEstimate: a row or column is empty.
        ValueError: the table is not 2x2, or a count is negative or not whole.

    >>> round(fisher_2x2([[39, 1], [38, 7]]), 4)
    0.0612
    """
    table = occupied(counts)
    if table.shape != (2, 2):
        raise ValueError(f"expected a 2x2 table; this one is {table.shape[0]}x{table.shape[1]}")
    return _listed(table)


def fisher(counts: Counts, *, work_limit: int = 200_000) -> float:
    """Return the two-sided exact p of a table of any size (Freeman and Halton 1951, Biometrika 38, 141-149).

    Where few tables have the margins they are listed. Else the network algorithm of Mehta and Patel (1983,
    JASA 78, 427-434), in whole numbers: columns are dealt one at a time; what is left of the row totals, in
    order of size, is a node; paths that reach one node with one weight are one path; a path whose ends are
    all likelier than the table, or all no likelier, stops there; at the middle column paths meet the ends
    from there, sorted by weight. The weight of a table is the product over its columns of multinomial
    coefficients, an integer, so nothing is rounded.

    Args:
        counts: the table.
        work_limit: how many steps to spend; 200,000 take about half a second.

    Raises:
        CannotEstimate: fewer than two rows or columns hold anybody, or the work would pass the limit, which
            is mostly known before it is spent.
        ValueError: a count is negative or not whole.
    """
    table = occupied(counts)
    if table.shape == (2, 2):
        return fisher_2x2(table)
    if table.shape[0] > table.shape[1]:
        table = table.T
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    rows, columns = tuple(table.sum(axis=1).tolist()), tuple(table.sum(axis=0).tolist())
    # Each column but the last is dealt freely at most; the last, the largest, is what remains.
    tables = math.prod(math.comb(total + len(rows) - 1, len(rows) - 1) for total in columns[:-1])
    if tables <= _LISTED_A_STEP * work_limit:
        return _listed(table)
    if _fewest_steps(rows, columns[::-1]) > work_limit:
        raise _too_large(rows, columns, work_limit)
    return _Network(
        rows=tuple(sorted(rows)),
        columns=columns[::-1],
        seen=math.prod(_multinomial(tuple(column)) for column in table.T.tolist()),
        work_limit=work_limit,
    ).p


def _listed(table: Integers) -> float:
    """The p from a list of every table with the margins, one column after another."""
    log_factorial = gammaln(np.arange(int(table.sum()) + 1) + 1.0)
    left, log_weight = table.sum(axis=1)[:, None], np.zeros(1)
    for column in table.T[:-1]:
        origin, given = _deals_of_all(left, int(column.sum()))
        left = left[:, origin] - given
        log_weight = log_weight[origin] - sum(log_factorial[cells] for cells in given)
    log_weight = log_weight - sum(log_factorial[cells] for cells in left)
    seen = -float(log_factorial[table].sum())
    weight = np.exp(log_weight - log_weight.max())
    unlikely = log_weight <= seen + math.log1p(1 / _SAME)
    return min(1.0, float(weight[unlikely].sum() / weight.sum()))


def _deals_of_all(left: Integers, total: int) -> tuple[Integers, Integers]:
    """Every way to deal a column from each of the row totals `left`, (r, k).

    Returns for each of the m ways which of the k it deals from, (m,), and the column, (r, m).
    """
    origin, wanted = np.arange(left.shape[1]), np.full(left.shape[1], total)
    below = left.sum(axis=0)
    given: list[Integers] = []
    for room in left[:-1]:
        below = below - room
        least = np.maximum(wanted - below[origin], 0)
        ways = np.minimum(room[origin], wanted) - least + 1
        first = np.cumsum(ways) - ways
        again = np.repeat(np.arange(ways.size), ways)
        cell = np.arange(again.size) - (first - least)[again]
        given = [*(earlier[again] for earlier in given), cell]
        origin, wanted = origin[again], wanted[again] - cell
    return origin, np.stack([*given, wanted])


def _fewest_steps(rows: Node, columns: Node) -> int:
    """A number of steps that the network must pass: the deals of its first two columns, nodes in order once.

    Every node deals its next column in every way; nodes that differ in order only, at most r! of r rows,
    are one.
    """
    first = int(_ways(np.array(rows)[:, None], columns[0])[0])
    if len(columns) < 3 or first > _MOST_NODES:
        return first
    _, given = _deals_of_all(np.array(rows)[:, None], columns[0])
    nodes = np.array(rows)[:, None] - given
    return max(first, int(_ways(nodes, columns[1]).sum()) // math.factorial(len(rows)))


# Beyond so many nodes after the first column no network is small.
_MOST_NODES = 300_000


def _ways(left: Integers, total: int) -> Floats:
    """In how many ways a column can be dealt from each of the row totals `left`, (r, k).

    Inclusion and exclusion of the rows that would be overdrawn.
    """
    r, k = left.shape
    ways = np.zeros(k)
    for overdrawn in product((0, 1), repeat=r):
        rest = total - np.array(overdrawn) @ (left + 1)
        free = np.ones(k)
        for step in range(1, r):
            free = free * (rest + step) / step
        ways += (-1) ** sum(overdrawn) * np.where(rest >= 0, free, 0.0)
    return ways


def _too_large(rows: Node, columns: Node, work_limit: int) -> CannotEstimate:
    size = f"{len(rows)}x{len(columns)} table of {sum(rows)} patients"
    return CannotEstimate(f"no exact test: a {size} needs more than {work_limit:,} steps")


class _Network:
    """The paths from the full row totals to none left, one column a step."""

    def __init__(self, *, rows: Node, columns: tuple[int, ...], seen: int, work_limit: int) -> None:
        self._rows, self._columns, self._seen, self._work_limit = rows, columns, seen, work_limit
        self._work = 0
        self._middle = len(columns) // 2
        self._edges: dict[tuple[int, Node], dict[tuple[Node, int], int]] = {}
        self._ends: dict[tuple[int, Node], dict[int, int]] = {}
        self._range: dict[tuple[int, Node], tuple[int, int]] = {}

    @cached_property
    def p(self) -> float:
        """The share of all tables' weight in tables no likelier than the one seen."""
        unlikely = 0
        paths: dict[Node, dict[int, int]] = {self._rows: {1: 1}}
        for step in range(self._middle):
            onward: dict[Node, dict[int, int]] = defaultdict(lambda: defaultdict(int))
            for node, weights in paths.items():
                lightest, heaviest = self._extremes(step, node)
                for weight, count in weights.items():
                    room = self._room(weight)
                    if heaviest <= room:
                        unlikely += count * weight * _multinomial(node)
                    elif lightest <= room:
                        for (below, factor), times in self._steps(step, node).items():
                            self._spend(1)
                            onward[below][weight * factor] += count * times
            paths = onward
        return (unlikely + self._met(paths)) / _multinomial(self._rows)

    def _met(self, paths: dict[Node, dict[int, int]]) -> int:
        """The weight of unlikely tables, each a path to the middle and an end from there."""
        unlikely = 0
        for node, weights in paths.items():
            ends = sorted(self._completions(self._middle, node).items())
            running = [0, *accumulate(weight * count for weight, count in ends)]
            for weight, count in weights.items():
                self._spend(1)
                unlikely += count * weight * running[bisect_right(ends, (self._room(weight), math.inf))]
        return unlikely

    def _room(self, weight: int) -> int:
        """The heaviest end with which a path of this weight is no likelier than the table seen."""
        return self._seen * (_SAME + 1) // (weight * _SAME)

    def _completions(self, step: int, node: Node) -> dict[int, int]:
        """The weights of the columns still to deal from this node, and how many ways lead to each."""
        if step == len(self._columns):
            return {1: 1}
        key = (step, node)
        if key not in self._ends:
            ends: dict[int, int] = defaultdict(int)
            for (below, factor), times in self._steps(step, node).items():
                for weight, count in self._completions(step + 1, below).items():
                    self._spend(1)
                    ends[factor * weight] += times * count
            self._ends[key] = dict(ends)
        return self._ends[key]

    def _extremes(self, step: int, node: Node) -> tuple[int, int]:
        """The smallest and largest weight of the columns still to deal from this node."""
        key = (step, node)
        if key not in self._range:
            if step >= self._middle:
                ends = self._completions(step, node)
                self._range[key] = min(ends), max(ends)
            else:
                edges = [
                    (factor, *self._extremes(step + 1, below)) for below, factor in self._steps(step, node)
                ]
                self._range[key] = min(f * low for f, low, _ in edges), max(f * high for f, _, high in edges)
        return self._range[key]

    def _steps(self, step: int, node: Node) -> dict[tuple[Node, int], int]:
        """The nodes one column further on, each with the column's weight, and how many columns lead there."""
        key = (step, node)
        if key not in self._edges:
            edges: dict[tuple[Node, int], int] = defaultdict(int)
            for left, ways in _deals(node, self._columns[step]):
                self._spend(1)
                edges[tuple(sorted(left)), ways] += 1
            self._edges[key] = dict(edges)
        return self._edges[key]

    def _spend(self, steps: int) -> None:
        self._work += steps
        if self._work > self._work_limit:
            raise _too_large(self._rows, self._columns, self._work_limit)


def _deals(available: Node, total: int) -> Iterator[tuple[Node, int]]:
    """Every way to take `total` from the rows: what is left in each, and the multinomial coefficient."""
    first, rest = available[0], available[1:]
    if not rest:
        yield (first - total,), 1
        return
    for taken in range(max(0, total - sum(rest)), min(first, total) + 1):
        ways = math.comb(total, taken)
        for left, more in _deals(rest, total - taken):
            yield (first - taken, *left), ways * more


def _multinomial(parts: Node) -> int:
    left, ways = sum(parts), 1
    for part in parts:
        ways *= math.comb(left, part)
        left -= part
    return ways
