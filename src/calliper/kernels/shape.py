"""What a set of kernels can do.

Rows stand in runs: run r is the rows `starts[r]` to before `starts[r + 1]`, and may be empty. A row names two
entries of a table, high 2^16 + low, and stands for their sum times the product of their weights. Where time is
counted in whole numbers, runs go by group, then from the last time to the first, then events before censorings: the
run of a row is 2 (group slots + slots - 1 - time) + 1 - event.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Rows: TypeAlias = npt.NDArray[np.int32]
Flags: TypeAlias = npt.NDArray[np.bool_]
Numbers: TypeAlias = npt.NDArray[Any]


# The digits of a row's low number, and all of them.
LOW_DIGITS = 16
LOW = (1 << LOW_DIGITS) - 1


def entries_of(rows: Rows | Integers, high: Floats, low: Floats) -> Floats:
    """Return the sum of the two entries that each row names, one of each list."""
    return np.asarray(high[rows >> LOW_DIGITS] + low[rows & LOW])


@dataclass(frozen=True, eq=False)
class Table:
    """What rows stand for: `high` (A, q), `low` (B, q), and their weights, (A,) and (B,).

    Two short lists in place of one of A B entries stay in the processor's cache. Without `low` row i stands for
    entry i of `high`, and weights may be left out.
    """

    high: Floats
    low: Floats | None = None
    weight_high: Floats | None = None
    weight_low: Floats | None = None

    @property
    def width(self) -> int:
        """The numbers of an entry, q."""
        return int(self.high.shape[1])


@dataclass(frozen=True, eq=False)
class RiskPass:
    """Sums over the events, with f = k / d (0 for Breslow), S and T the sums of weight times table entry, (q,).

    `log_sum` of log D; `experienced`, for a row of each run the sum of 1 / D over the events from the first time of
    its stratum to its own, where it ends in one of the events itself less the sum of f / D over those of its time,
    (2B,); over all blocks `first`, of (S - f T) / D, (q,), and `second`, of (S - f T)(S - f T)' / D^2, (q, q).
    """

    log_sum: float
    experienced: Floats
    first: Floats
    second: Floats


class Kernels(Protocol):
    """Sums over n rows in R runs, with tables of P patterns."""

    def count_runs(
        self, time: Numbers, event: Flags, group: Numbers | None, *, groups: int, slots: int
    ) -> Integers | None:
        """Return how many rows are in each run, (groups, slots, 2).

        None where a time is not a whole number of 0 to slots - 1. Groups are whole numbers below `groups`.
        """

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
        """Return the counts of `count_runs`, and each row's pattern (or number) in the order of the runs, (n,)."""

    def gather(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """Return the sum over the rows of each run of what they stand for, (R, q). No rows: as in `Table`."""

    def squares(self, rows: Rows | None, starts: Integers, table: Table) -> Floats:
        """Return the sum over the rows of each run of weight times entry times entry', (R, q, q)."""

    def spread(self, rows: Rows | None, starts: Integers, value: Floats, *, high: int, low: int) -> Floats:
        """Return, for each of high times low patterns, the sum over its rows of the value, (R,), of their run.

        Without rows, the value of each row.
        """

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
        """Sum up everyone at risk from the last time to the first, and what the events of each time add.

        Args:
            rows: as `gather`.
            starts: of two runs for each of B blocks, the events of one time and its censorings, (2B + 1,).
            table: entries whose sum begins with 1, weighted by risk.
            events: how many events each block has, d, (B,).
            fresh: True for the first block of a stratum, before which nobody is at risk, (B,).
            efron: whether the k-th of d tied events has the denominator D = S - (k / d) T of the risk, k = 0,
                ..., d - 1, with S the sum over those at risk and T over those with the event; else all have S.
        """

    def gram(self, table: Table, weight: Floats) -> Floats:
        """Return the sum over patterns of weight times entry times entry', (q, q).

        The weight, (A B,) or without `low` (A,), is all that counts; those of the table do not.
        """
