"""The risk-set sums of a Cox model at one b: what its likelihood there is made of, whoever the patients are.

    S0, S1, S2(t)   sums of r, r x, r x x' over those at risk at t, r = exp(x'b)
    T0, T1, T2(t)   the same over those with the event at t

Kept are the sums over those who left at each time; everyone at risk is the sum of these from the last time on. So
the sums of two partitions add, and a likelihood asks each partition, or each centre, for a few numbers a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calliper.kernels import KERNELS, Kernels, Table
from calliper.kernels.shape import entries_of
from calliper.summaries.columns import Floats, Integers
from calliper.summaries.cox_rows import CoxRows
from calliper.summaries.frozen import FrozenArrays
from calliper.summaries.patterns import FAR
from calliper.summaries.sorted_rows import SortedRows, sorted_rows
from calliper.summaries.tied_times import is_new, time_cells


@dataclass(frozen=True, eq=False)
class RiskSetSums(FrozenArrays):
    """Sums of k times of a stratum, by stratum and from the last time to the first, at b (p,).

    `left` and `died` have shape (k, 1 + p + p (p + 1) / 2): for those who left at the time, and those of them with
    the event, the sum of r, of r x and of r x x' (its upper triangle by rows), with x less `centre` (p,).
    `events` (k,) counts the events; `event_sum` (p,) is the sum of x less `centre` over them all. `low` and
    `high` (p,) are the least and the most of each covariate. Sums at the same b add, to rounding.
    """

    names: tuple[str, ...]
    strata: tuple[str, ...]
    b: Floats
    centre: Floats
    stratum: Integers
    times: Floats
    events: Integers
    left: Floats
    died: Floats
    event_sum: Floats
    low: Floats
    high: Floats

    def __post_init__(self) -> None:
        self._freeze(stratum=np.int64, events=np.int64)
        floats = ("b", "centre", "times", "left", "died", "event_sum", "low", "high")
        self._freeze(**dict.fromkeys(floats, np.float64))

    def __add__(self, other: RiskSetSums) -> RiskSetSums:
        for field in ("names", "strata", "b", "centre"):
            mine, theirs = getattr(self, field), getattr(other, field)
            if not np.array_equal(mine, theirs):
                raise ValueError(f"{field} differ: {mine} and {theirs}; expected sums of one model at one b")
        times, stratum = (
            np.concatenate([getattr(self, name), getattr(other, name)]) for name in ("times", "stratum")
        )
        cells = time_cells(times)
        order = np.lexsort((-cells, stratum))
        starts = np.flatnonzero(is_new(cells[order]) | is_new(stratum[order]))

        def summed(name: str) -> npt.NDArray[np.generic]:
            both = np.concatenate([getattr(self, name), getattr(other, name)])
            return np.asarray(np.add.reduceat(both[order], starts, axis=0))

        return RiskSetSums(
            names=self.names,
            strata=self.strata,
            b=self.b,
            centre=self.centre,
            stratum=stratum[order][starts],
            times=np.minimum.reduceat(times[order], starts),
            events=summed("events"),  # type: ignore[arg-type]
            left=summed("left"),  # type: ignore[arg-type]
            died=summed("died"),  # type: ignore[arg-type]
            event_sum=self.event_sum + other.event_sum,
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
        )


def risk_set_sums(
    rows: CoxRows, b: npt.ArrayLike, *, centre: npt.ArrayLike | None = None, kernels: Kernels = KERNELS
) -> RiskSetSums:
    """Sum up rows at the coefficients b, (p,).

    Args:
        rows: of a partition, from `cox_rows`.
        b: the coefficients.
        centre: what is taken off the covariates, the same for every partition; zero if not given. Hazard ratios
            do not depend on it; near the mean of the data, nothing overflows and less is lost to rounding.
        kernels: what does the sums.

    Raises:
        ValueError: no row, b or the centre are not p finite numbers, or exp(x'b) is too large to hold.
    """
    if not rows.n:
        raise ValueError("no row to sum up; expected a partition with one or more")
    p = len(rows.names)
    at, middle = (_vector(values, p, name) for values, name in ((b, "b"), (centre, "centre")))
    runs = sorted_rows(rows, kernels=kernels)
    high, low = runs.less(middle)
    named, table = runs.rows, _table(high, low, at)
    if low is not None and named is not None and np.ptp(high @ at) + np.ptp(low @ at) > FAR:
        # Combinations that nobody has lie so far apart that those of the patients would be lost beside them.
        table = _table(entries_of(named, high, low), None, at)
        named = None
    squares = kernels.squares(named, runs.starts, table)
    if not np.isfinite(squares).all():
        raise ValueError(f"b is {at.tolist()}; expected one at which hazards can be told, near zero at first")
    upper = np.triu_indices(1 + p)
    sums = squares[:, upper[0], upper[1]]
    ranges = _ranges(rows)
    return RiskSetSums(
        names=rows.names,
        strata=rows.strata,
        b=at,
        centre=middle,
        stratum=_owners(rows, runs.fresh),
        times=_times(rows, runs),
        events=runs.events,
        left=sums[::2] + sums[1::2],
        died=sums[::2],
        event_sum=runs.total(runs.counted((1.0, 0.0), kernels), high, low),
        low=ranges[0],
        high=ranges[1],
    )


def _table(high: Floats, low: Floats | None, b: Floats) -> Table:
    with np.errstate(over="ignore"):
        if low is None:
            return Table(_after(1.0, high), None, np.exp(high @ b))
        return Table(_after(1.0, high), _after(0.0, low), np.exp(high @ b), np.exp(low @ b))


def _after(first: float, values: Floats) -> Floats:
    return np.column_stack([np.full(len(values), first), values])


def _ranges(rows: CoxRows) -> tuple[Floats, Floats]:
    """The least and the most of each covariate."""
    if rows.combinations is None:
        matrix = rows.matrix()
        return matrix.min(axis=0), matrix.max(axis=0)
    held = rows.combinations.covariates
    low, high = ([getattr(covariate, name) for covariate in held] for name in ("low", "high"))
    return np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)


def _vector(values: npt.ArrayLike | None, size: int, name: str) -> Floats:
    found: Floats = np.zeros(size) if values is None else np.array(values, dtype=np.float64)
    if found.shape != (size,) or not np.isfinite(found).all():
        raise ValueError(f"{name} is {found.tolist()}; expected {size} finite numbers")
    return found


def _owners(rows: CoxRows, fresh: npt.NDArray[np.bool_]) -> Integers:
    """The stratum of each time: they come in order, those without a row left out."""
    place = np.cumsum(fresh) - 1
    return place if rows.stratum is None else np.asarray(np.unique(rows.stratum)[place], dtype=np.int64)


def _times(rows: CoxRows, runs: SortedRows) -> Floats:
    """The time of each block: the smallest of its rows', as everywhere."""
    owner = np.zeros(rows.n) if rows.stratum is None else rows.stratum
    order = np.lexsort((-time_cells(rows.time.astype(np.float64)), owner))
    return np.minimum.reduceat(rows.time[order].astype(np.float64), runs.starts[:-1:2])
