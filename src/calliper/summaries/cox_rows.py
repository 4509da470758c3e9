"""The rows of a Cox model, compactly: when each left follow-up, whether with the event, and its covariates' pattern.

Of every summary this one alone keeps a line a patient, about nine bytes of it, in no order and without a name. A
model's likelihood at one b is a sum of far fewer numbers (`risk_set_sums.py`), but each b asks for them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.summaries.columns import (
    Column,
    Flags,
    Floats,
    Integers,
    Numbers,
    complete_numbers,
    follow_up_as_given,
    frequencies,
    level_codes,
)
from calliper.summaries.patterns import Combinations, Rows, combinations, ranges
from calliper.summaries.tied_times import WHOLE

Strata: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class CoxRows:
    """Rows of a Cox model: shape (n,) each, `values` (n, p).

    A row's covariates are `pattern`, one of `combinations`; where a covariate has too many values for that, both are
    None and `values` holds them. `time` is of whole numbers (int32) where all are whole, else float64. `stratum` is
    a place in `strata`, None without strata. Rows add, in either order; equal are those that hold the same rows
    however ordered.
    """

    names: tuple[str, ...]
    time: Numbers
    event: Flags
    pattern: Rows | None
    combinations: Combinations | None
    values: Floats | None
    stratum: Strata | None
    strata: tuple[str, ...]

    def __add__(self, other: CoxRows) -> CoxRows:
        return gathered([self, other])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CoxRows):
            return NotImplemented
        mine, theirs = self._table(), other._table()
        return (self.names, self.strata) == (other.names, other.strata) and np.array_equal(mine, theirs)

    __hash__ = None  # type: ignore[assignment]

    @property
    def n(self) -> int:
        """How many rows there are."""
        return int(self.time.size)

    @property
    def n_events(self) -> int:
        """How many rows end in the event."""
        return int(np.count_nonzero(self.event))

    def matrix(self, rows: Integers | slice = slice(None)) -> Floats:
        """Return the covariates of the rows chosen, (chosen, p)."""
        if self.values is not None:
            return self.values[rows]
        assert self.pattern is not None and self.combinations is not None  # noqa: S101, PT018 (one of the two forms)
        return self.combinations.values(self.pattern[rows])

    def _table(self) -> Floats:
        """Every row in full, in an order that does not depend on that of the rows."""
        stratum = np.zeros(self.n) if self.stratum is None else self.stratum
        table = np.column_stack([stratum, self.time, self.event, self.matrix()])
        return table[np.lexsort(table.T)]


def cox_rows(
    frame: pl.DataFrame,
    *,
    time: str,
    event: str,
    covariates: Sequence[str],
    stratum: str | None = None,
    strata: Sequence[str] | None = None,
    count: str | None = None,
) -> CoxRows:
    """Return the rows of a frame, one a patient.

    Args:
        frame: the patients, or a partition of them.
        time: the column of follow-up: finite, >= 0.
        event: the column of flags: 1 or True where follow-up ends in the event.
        covariates: the columns of numbers or flags, in the order of the coefficients; nothing missing.
        stratum: the column of strata, each of which has a baseline hazard of its own.
        strata: every stratum that may occur, in order; those of the frame, sorted, if not given. Partitions add
            where theirs are the same.
        count: the column that says how many patients a row stands for; they become as many rows.

    Raises:
        ValueError: no covariate; a null, a time, flag or count that is not as above, an unknown stratum.
    """
    columns = [_covariate(frame[name]) for name in covariates]
    cells, labels = None, ("",)
    if stratum is not None:
        known = frame[stratum].unique().sort().cast(pl.String).to_list() if strata is None else list(strata)
        cells = level_codes(frame[stratum].cast(pl.String), known, name=stratum).astype(np.int32)
        labels = tuple(known)
    made = rows_of(frame[time], frame[event], columns, names=covariates, stratum=cells, strata=labels)
    many = None if count is None else frequencies(frame[count], frame.height)
    return made if many is None else _repeated(made, many)


def rows_of(
    time: Column,
    event: Column,
    columns: Sequence[Numbers],
    *,
    names: Sequence[str],
    stratum: Strata | None = None,
    strata: tuple[str, ...] = ("",),
) -> CoxRows:
    """Return the rows of columns that hold numbers only, each (n,); `stratum` holds places in `strata`.

    Raises:
        ValueError: no covariate, or a time or flag that is not as in `cox_rows`.
    """
    if not columns:
        raise ValueError("no covariate; expected one column or more")
    times, flags = _follow_up(time, event)
    if any(len(column) != times.size for column in columns):
        sizes = ", ".join(f"{len(column)} of {name}" for column, name in zip(columns, names))
        raise ValueError(f"{times.size} times and {sizes}; expected as many of each")
    coded = combinations(ranges(columns))
    values, pattern = None, None
    if coded is None:
        values = np.column_stack([column.astype(np.float64, copy=False) for column in columns])
    else:
        pattern = coded.named(columns)
    return CoxRows(tuple(names), times, flags, pattern, coded, values, stratum, strata)


def gathered(parts: Iterable[CoxRows]) -> CoxRows:
    """Return the rows of all parts, in their order: their sum, made at once.

    Raises:
        ValueError: no part, or covariates or strata that differ.
    """
    rows = list(parts)
    if not rows:
        raise ValueError("no rows to gather; expected those of one partition or more")
    head = rows[0]
    for part in rows:
        if (part.names, part.strata) != (head.names, head.strata):
            raise ValueError(
                f"covariates or strata differ: {head.names}, {head.strata} and {part.names}, {part.strata}"
            )
    time, event = (np.concatenate([getattr(part, name) for part in rows]) for name in ("time", "event"))
    stratum = None
    if head.stratum is not None:
        stratum = np.concatenate([part.stratum for part in rows if part.stratum is not None])
    coded = _united(rows)
    values, pattern = None, None
    if coded is None:
        values = np.concatenate([part.matrix() for part in rows])
    else:
        named = [(part.pattern, part.combinations) for part in rows]
        pattern = np.concatenate(
            [own.renamed(code, coded) for code, own in named if own and code is not None]
        )
    return CoxRows(head.names, time, event, pattern, coded, values, stratum, head.strata)


def _united(rows: Sequence[CoxRows]) -> Combinations | None:
    """Combinations that hold the covariates of all parts; None where a part has none, or they are too many together."""
    coded = [part.combinations for part in rows if part.n] or [rows[0].combinations]
    held = [part.covariates for part in coded if part is not None]
    if len(held) < len(coded) or any(part.combinations is None for part in rows):
        return None
    return combinations([reduce(or_, column) for column in zip(*held)])


def _repeated(rows: CoxRows, many: Integers) -> CoxRows:
    again = np.repeat(np.arange(rows.n), many)
    return CoxRows(
        names=rows.names,
        time=rows.time[again],
        event=rows.event[again],
        pattern=None if rows.pattern is None else rows.pattern[again],
        combinations=rows.combinations,
        values=None if rows.values is None else rows.values[again],
        stratum=None if rows.stratum is None else rows.stratum[again],
        strata=rows.strata,
    )


def _follow_up(time: Column, event: Column) -> tuple[Numbers, Flags]:
    """Whole numbers are kept small."""
    times, flags = follow_up_as_given(time, event)
    whole = times.dtype.kind in "iu" or bool((np.floor(times) == times).all())
    if whole and times.size and times.max() < WHOLE:
        return times.astype(np.int32, copy=False), flags
    return times.astype(np.float64, copy=False), flags


def _covariate(column: pl.Series) -> Numbers:
    if column.null_count():
        row = int(column.is_null().arg_max() or 0)
        raise ValueError(
            f"{column.name}[{row}] is null; expected a number: leave out rows that are not complete"
        )
    given: Numbers = column.to_numpy()
    if given.dtype.kind in "biu":
        return given
    if given.dtype.kind != "f":
        raise ValueError(f"{column.name} is {column.dtype}; expected numbers or flags: code categories first")
    return complete_numbers(given, name=column.name)
