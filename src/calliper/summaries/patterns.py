"""Covariates as patterns: each row names its combination of values, so that what depends on the values is worked out
once a combination."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.summaries.columns import Floats, Numbers

Rows: TypeAlias = npt.NDArray[np.int32]

# Rows looked at together: their part of a column stays in the processor's cache.
_BLOCK = 1 << 15
# A covariate of more whole values than this, or combinations of more than that, are kept as they are.
_MOST_VALUES = 1 << 12
_MOST_PATTERNS = 1 << 22


@dataclass(frozen=True)
class WholeValues:
    """A covariate whose values are whole numbers from `low` to `high`."""

    low: int
    high: int

    @property
    def size(self) -> int:
        """How many values there can be."""
        return self.high - self.low + 1

    def __or__(self, other: WholeValues) -> WholeValues:
        return WholeValues(min(self.low, other.low), max(self.high, other.high))


def whole_values(column: Numbers) -> WholeValues | None:
    """Return the range of a column, (n,), of not many whole numbers; None for any other. No row: 0 to 0."""
    if not column.size:
        return WholeValues(0, 0)
    low, high = float(column.min()), float(column.max())
    if not high - low < _MOST_VALUES:
        return None
    if column.dtype.kind == "f":
        blocks = (column[start : start + _BLOCK] for start in range(0, column.size, _BLOCK))
        if not all((np.floor(block) == block).all() for block in blocks):
            return None
    return WholeValues(int(low), int(high))


def pattern_count(covariates: Sequence[WholeValues | None]) -> int | None:
    """Return how many combinations of the covariates there can be; None where they are too many to name."""
    total = 1
    for covariate in covariates:
        total *= _MOST_PATTERNS + 1 if covariate is None else covariate.size
        if total > _MOST_PATTERNS:
            return None
    return total


def patterns(columns: Sequence[Numbers], covariates: Sequence[WholeValues]) -> Rows:
    """Return the combination of each row, (n,): the last covariate counts ones, each before it by their sizes."""
    found = np.zeros(len(columns[0]) if columns else 0, dtype=np.int32)
    for start in range(0, found.size, _BLOCK):
        part = found[start : start + _BLOCK]
        for column, covariate in zip(columns, covariates, strict=True):
            part *= covariate.size
            digits = column[start : start + _BLOCK]
            # Flags and unsigned numbers that start at zero are digits already.
            if digits.dtype.kind != "b" and covariate.low:
                digits = np.subtract(digits, covariate.low, dtype=np.result_type(digits.dtype, np.int32))
            np.add(part, digits, out=part, casting="unsafe")
    return found


def pattern_values(covariates: Sequence[WholeValues], chosen: Rows | npt.NDArray[np.int64]) -> Floats:
    """Return the values of the combinations that `chosen` names, (chosen, covariates)."""
    values: Floats = np.empty((len(covariates), chosen.size))
    step = 1
    for place in reversed(range(len(covariates))):
        size, low = covariates[place].size, covariates[place].low
        values[place] = chosen // step % size + low
        step *= size
    return np.ascontiguousarray(values.T)


def recoded(rows: Rows, old: Sequence[WholeValues], new: Sequence[WholeValues]) -> Rows:
    """Return the patterns of rows, named by `old`, as `new` names them."""
    if tuple(old) == tuple(new):
        return rows
    values = pattern_values(old, np.arange(pattern_count(old) or 0))
    return patterns(list(values.T), new)[rows]
