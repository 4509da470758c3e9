"""The kernels in C, cut into threads of about as many rows each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

from calliper.kernels.numpy_twin import NumpyKernels
from calliper.kernels.shape import Flags, Floats, Integers, Numbers, RiskPass, Rows, Table
from calliper.kernels.threads import even_parts, threads_for, together

# Runs of so many rows on average are summed in threads before the pass over their sums.
_LONG_RUNS = 8
# A row of the pass, with its events, is as much work as so many rows that are only summed.
_PASS = 4
# The widest table that the pass in C is written for.
_WIDEST = 24


def is_built() -> bool:
    """True where the extension was compiled at set-up."""
    return find_spec("calliper.kernels._compiled") is not None


@dataclass(frozen=True)
class CompiledKernels:
    """See `shape.Kernels`. `threads`: how many at most; as many as there are processors if not given.

    Sums of two threads are added in the order of the rows: the same rows give the same bits on any machine with
    as many threads.
    """

    threads: int | None = None

    def count_runs(
        self, time: Numbers, event: Flags, group: Numbers | None, *, groups: int, slots: int
    ) -> Integers | None:
        """See `shape.Kernels`."""
        parts = self._counted(*_follow_up(time, event, group), groups=groups, slots=slots)
        return None if parts is None else _summed(parts)

    def sort_rows(
        self,
        time: Numbers,
        event: Flags,
        group: Numbers | None,
        pattern: Rows | None,
        *,
        groups: int,
        slots: int,
    ) -> tuple[Integers, Rows] | None:
        """See `shape.Kernels`."""
        follow_up = _follow_up(time, event, group)
        parts = self._counted(*follow_up, groups=groups, slots=slots)
        if parts is None:
            return None
        counts = _summed(parts)
        place, out = _c().place_rows, np.empty(time.size, dtype=np.int32)
        given = None if pattern is None else np.ascontiguousarray(pattern, dtype=np.int32)
        starts = np.cumsum(counts.ravel()) - counts.ravel()
        jobs = []
        for first, last, total in parts:
            jobs.append((*follow_up, groups, slots, given, starts.copy(), out, first, last))
            starts = starts + total.ravel()
        together(place, jobs)
        return counts, out

    def gather(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """See `shape.Kernels`."""
        if table.width > _WIDEST:
            return NumpyKernels().gather(rows, starts, table)
        return self._over_runs(_c().gather, rows, starts, table, axes=1)[:, : table.width]

    def squares(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """See `shape.Kernels`."""
        if table.width > _WIDEST:
            return NumpyKernels().squares(rows, starts, table)
        return self._over_runs(_c().squares, rows, starts, table, axes=2)[:, : table.width, : table.width]

    def spread(self, rows: Rows | None, starts: Integers, value: Floats, *, high: int, low: int) -> Floats:
        """See `shape.Kernels`."""
        if rows is None:
            return NumpyKernels().spread(None, starts, value, high=high, low=low)
        parts = self._runs(starts)
        totals, given = np.zeros((len(parts), high * low)), np.ascontiguousarray(value)
        jobs = [(rows, starts, given, low, total, *part) for total, part in zip(totals, parts)]
        together(_c().spread, jobs)
        return totals.sum(axis=0) if len(totals) > 1 else np.asarray(totals[0])

    def risk_pass(
        self,
        rows: Rows | None,
        starts: Integers,
        table: Table,
        *,
        events: Integers,
        fresh: Flags,
        efron: bool,
    ) -> RiskPass:
        """See `shape.Kernels`. Where runs are long they are summed first, in threads."""
        width = table.width
        if width > _WIDEST:
            return NumpyKernels().risk_pass(rows, starts, table, events=events, fresh=fresh, efron=efron)
        if rows is not None and rows.size > _LONG_RUNS * starts.size:
            table, rows = Table(self.gather(rows, starts, table)), None
            starts = np.arange(starts.size)
        entries, padded = _arguments(rows, table)
        # Where rows are sums already, the work is in the events.
        work = starts[::2] + np.concatenate([[0], np.cumsum(events)])
        parts = _cut(work, threads_for(_PASS * int(work[-1]), self.threads))
        before = _before(rows, starts, (*entries, padded), fresh=fresh, parts=parts)
        experienced, flags = np.zeros(2 * events.size), fresh.view(np.uint8)
        first, second = np.zeros((len(parts), padded)), np.zeros((len(parts), padded, padded))
        jobs = [
            (
                *(rows, starts, *entries, padded, events, flags, efron),
                *(before[k], experienced, first[k], second[k], *part),
            )
            for k, part in enumerate(parts)
        ]
        log_sum = sum(together(_c().risk_pass, jobs))
        _c().up_to(experienced, flags)
        return RiskPass(log_sum, experienced, first.sum(axis=0)[:width], second.sum(axis=0)[:width, :width])

    def gram(self, table: Table, weight: Floats) -> Floats:
        """See `shape.Kernels`. Of two lists it takes no time in NumPy."""
        if table.low is not None or table.width > _WIDEST:
            return NumpyKernels().gram(table, weight)
        entries, padded = _arguments(None, table)
        parts = even_parts(len(table.high), threads_for(len(table.high), self.threads))
        sums = np.zeros((len(parts), padded, padded))
        jobs = [(entries[0], weight, padded, out, *part) for out, part in zip(sums, parts)]
        together(_c().gram, jobs)
        return np.asarray(sums.sum(axis=0)[: table.width, : table.width])

    def _over_runs(
        self, function: Any, rows: Rows | None, starts: Integers, table: Table, *, axes: int
    ) -> Floats:
        entries, width = _arguments(rows, table)
        out = np.empty((starts.size - 1, *[width] * axes))
        jobs = [(rows, starts, *entries, width, out, *part) for part in self._runs(starts)]
        together(function, jobs)
        return out

    def _counted(
        self, time: Numbers, event: Numbers, group: Numbers | None, *, groups: int, slots: int
    ) -> list[tuple[int, int, Integers]] | None:
        """The counts of each thread's rows, and which they are."""
        edges = np.linspace(0, time.size, threads_for(time.size, self.threads) + 1).astype(np.int64).tolist()
        parts = [
            (first, last, np.zeros((groups, slots, 2), dtype=np.int64)) for first, last in pairwise(edges)
        ]
        jobs = [(time, event, group, groups, slots, total, first, last) for first, last, total in parts]
        return parts if max(together(_c().count_runs, jobs)) < 0 else None

    def _runs(self, starts: Integers) -> list[tuple[int, int]]:
        """The runs of each thread."""
        return _cut(starts, threads_for(int(starts[-1]), self.threads))


def _before(
    rows: Rows | None,
    starts: Integers,
    entries: tuple[Any, ...],
    *,
    fresh: Flags,
    parts: list[tuple[int, int]],
) -> Floats:
    """What is at risk of the same stratum before the first block of each part."""
    before = np.zeros((len(parts), entries[-1]))
    if len(parts) == 1:
        return before
    begins = np.flatnonzero(fresh)
    last_begin = begins[np.searchsorted(begins, [last - 1 for _, last in parts], side="right") - 1]
    sums = np.zeros_like(before)
    edges = [np.array([max(begin, first), last]) for begin, (first, last) in zip(last_begin, parts)]
    jobs = [(rows, starts[2 * edge], *entries, sums[k : k + 1], 0, 1) for k, edge in enumerate(edges)]
    together(_c().gather, jobs)
    for k in range(1, len(parts)):
        begins_inside = last_begin[k - 1] >= parts[k - 1][0]
        before[k] = sums[k - 1] + (0 if begins_inside else before[k - 1])
    return before


def _cut(starts: Integers, parts: int) -> list[tuple[int, int]]:
    """Runs in parts of about as many rows."""
    if parts == 1:
        return [(0, starts.size - 1)]
    inner = np.searchsorted(starts, [end for _, end in even_parts(int(starts[-1]), parts)[:-1]])
    return list(pairwise([0, *inner.tolist(), starts.size - 1]))


def _summed(parts: list[tuple[int, int, Integers]]) -> Integers:
    return np.asarray(np.sum([total for _, _, total in parts], axis=0), dtype=np.int64)


def _arguments(rows: Rows | None, table: Table) -> tuple[tuple[Floats | None, ...], int]:
    """The lists and weights of a table as the loops take them, and their width: a multiple of four.

    That is how many numbers the processor adds at a time.
    """
    high = _padded(table.high)
    if rows is None or table.low is None:
        return (high, None, table.weight_high, None), int(high.shape[1])
    weight_high, weight_low = table.weight_high, table.weight_low
    if weight_high is None or weight_low is None:
        weight_high, weight_low = np.ones(len(high)), np.ones(len(table.low))
    return (high, _padded(table.low), weight_high, weight_low), int(high.shape[1])


def _padded(entries: Floats) -> Floats:
    missing = -entries.shape[1] % 4
    if not missing:
        return np.ascontiguousarray(entries)
    return np.concatenate([entries, np.zeros((len(entries), missing))], axis=1)


def _c() -> Any:
    return import_module("calliper.kernels._compiled")


def _follow_up(time: Numbers, event: Flags, group: Numbers | None) -> tuple[Numbers, Numbers, Numbers | None]:
    """The columns as the extension takes them: times of 4 or 8 bytes, flags of one, groups of one or four."""
    if time.dtype not in (np.float64, np.int32, np.int64):
        time = time.astype(np.float64 if time.dtype.kind == "f" else np.int64)
    if group is not None and group.dtype not in (np.uint8, np.int32):
        group = group.astype(np.int32)
    columns = (time, event.view(np.uint8), group)
    return tuple(column if column is None else np.ascontiguousarray(column) for column in columns)  # type: ignore[return-value]
