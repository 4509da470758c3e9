"""The kernels in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from calliper.kernels.shape import (
    LOW,
    LOW_DIGITS,
    Flags,
    Floats,
    Integers,
    Numbers,
    RiskPass,
    Rows,
    Table,
    entries_of,
)


@dataclass(frozen=True)
class NumpyKernels:
    """See `shape.Kernels`."""

    def count_runs(
        self, time: Numbers, event: Flags, group: Numbers | None, *, groups: int, slots: int
    ) -> Integers | None:
        """See `shape.Kernels`."""
        run = _runs(time, event, group, slots)
        if run is None:
            return None
        return np.bincount(run, minlength=groups * slots * 2).reshape(groups, slots, 2)

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
        run = _runs(time, event, group, slots)
        if run is None:
            return None
        order = np.argsort(run, kind="stable")
        counts = np.bincount(run, minlength=groups * slots * 2).reshape(groups, slots, 2)
        return counts, order.astype(np.int32) if pattern is None else pattern[order]

    def gather(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """See `shape.Kernels`."""
        return _over_runs(starts, (table.width,), lambda these: _entries(rows, table, these))

    def squares(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """See `shape.Kernels`."""
        plain = Table(table.high, table.low)

        def squared(these: slice) -> Floats:
            weighted, entries = _entries(rows, table, these), _entries(rows, plain, these)
            return np.asarray(weighted[:, :, None] * entries[:, None, :])

        return _over_runs(starts, (table.width, table.width), squared)

    def spread(self, rows: Rows | None, starts: Integers, value: Floats, *, high: int, low: int) -> Floats:
        """See `shape.Kernels`."""
        given = np.repeat(value, np.diff(starts))
        if rows is None:
            return given
        named = (rows >> LOW_DIGITS) * low + (rows & LOW)
        return np.asarray(np.bincount(named, weights=given, minlength=high * low), dtype=np.float64)

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
        """See `shape.Kernels`."""
        sums = self.gather(rows, starts, table)
        died, everyone = sums[::2], sums[::2] + sums[1::2]
        for first, last in pairwise([*np.flatnonzero(fresh).tolist(), events.size]):
            np.cumsum(everyone[first:last], axis=0, out=everyone[first:last])
        held = np.flatnonzero(events)
        S, T, d = everyone[held], died[held], events[held]
        moment = np.repeat(np.arange(held.size), d)
        first_of = np.cumsum(d) - d
        f = (np.arange(moment.size) - first_of[moment]) / d[moment] if efron else np.zeros(moment.size)
        denominator = S[moment, 0] - f * T[moment, 0]

        def summed(terms: Floats) -> Floats:
            return np.add.reduceat(terms, first_of) if held.size else np.zeros(0)

        one, f1 = summed(1 / denominator), summed(f / denominator)
        two, f2, ff2 = (summed(f**power / denominator**2) for power in range(3))
        a, c = np.zeros(events.size), np.zeros(events.size)
        a[held], c[held] = one, f1
        up_to: Floats = np.empty(events.size)
        for first, last in pairwise([*np.flatnonzero(fresh).tolist(), events.size]):
            up_to[first:last] = np.cumsum(a[first:last][::-1])[::-1]
        experienced = np.column_stack([up_to - c, up_to]).ravel()
        mixed = S.T @ (f2[:, None] * T)
        second = S.T @ (two[:, None] * S) - mixed - mixed.T + T.T @ (ff2[:, None] * T)
        return RiskPass(float(np.log(denominator).sum()), experienced, one @ S - f1 @ T, second)

    def gram(self, table: Table, weight: Floats) -> Floats:
        """See `shape.Kernels`."""
        high, low = table.high, table.low
        if low is None:
            return high.T @ (weight[:, None] * high)
        cells = weight.reshape(len(high), len(low))
        mixed = high.T @ (cells @ low)
        own = high.T @ (cells.sum(axis=1)[:, None] * high) + low.T @ (cells.sum(axis=0)[:, None] * low)
        return np.asarray(own + mixed + mixed.T)


_BLOCK = 16_384


def _over_runs(starts: Integers, shape: tuple[int, ...], made: Callable[[slice], Floats]) -> Floats:
    """The sum over the rows of each run of what is made of them, (R, *shape)."""
    out: Floats = np.zeros((starts.size - 1, *shape))
    held = np.flatnonzero(np.diff(starts))
    # As many runs at a time as make a block of entries that stays in the processor's cache.
    while held.size:
        first = starts[held[0]]
        many = max(int(np.searchsorted(starts[held + 1], first + _BLOCK, side="right")), 1)
        these, held = held[:many], held[many:]
        entries = made(slice(int(first), int(starts[these[-1] + 1])))
        out[these] = np.add.reduceat(entries, starts[these] - first, axis=0)
    return out


def _entries(rows: Rows | None, table: Table, these: slice) -> Floats:
    """What the rows stand for."""
    if rows is None or table.low is None:
        own = table.high[these]
        return own if table.weight_high is None else np.asarray(table.weight_high[these, None] * own)
    named = rows[these]
    entries = entries_of(named, table.high, table.low)
    if table.weight_high is None or table.weight_low is None:
        return entries
    weight = table.weight_high[named >> LOW_DIGITS] * table.weight_low[named & LOW]
    return np.asarray(weight[:, None] * entries)


def _runs(time: Numbers, event: Flags, group: Numbers | None, slots: int) -> Integers | None:
    if not time.size:
        return np.zeros(0, dtype=np.int64)
    if not (time.min() >= 0 and time.max() < slots):
        return None
    slot = time.astype(np.int64)
    if time.dtype.kind == "f" and (slot != time).any():
        return None
    base = 0 if group is None else group.astype(np.int64) * slots
    return np.asarray((base + (slots - 1 - slot)) * 2 + 1 - event)
