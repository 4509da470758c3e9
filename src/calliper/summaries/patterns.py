"""Covariates as patterns: each row names its combination of values, so that what depends on the values is worked out
once a combination.

A pattern is two numbers in one, a combination of the first covariates (high) and one of the rest (low), each from a
list short enough to stay in the processor's cache: high 2^16 + low.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.kernels.shape import LOW_DIGITS, entries_of
from calliper.kernels.threads import even_parts, threads_for, together
from calliper.summaries.columns import Floats, Integers, Numbers

Rows: TypeAlias = npt.NDArray[np.int32]

# Patterns that are farther apart in x'b, some of which nobody has, do not all have an exp(x'b) beside each other.
FAR = 600.0
# Rows looked at together: their part of a column stays in the processor's cache.
_BLOCK = 1 << 16
# A covariate of more whole values than this, or combinations of more than that, are kept as they are.
_MOST_VALUES = 1 << 12
_MOST_PATTERNS = 1 << 22
# Beyond it floating point tells whole numbers apart no longer.
_EXACT = 1 << 53


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


def ranges(columns: Sequence[Numbers]) -> list[WholeValues | None]:
    """Return the range of each column, (n,), of not many whole numbers; None for any other. No row: 0 to 0."""
    parts = even_parts(len(columns), threads_for(len(columns[0])))
    found = together(lambda first, last: [_range(column) for column in columns[first:last]], parts)
    return [covariate for part in found for covariate in part]


def _range(column: Numbers) -> WholeValues | None:
    if not column.size:
        return WholeValues(0, 0)
    low, high = float(column.min()), float(column.max())
    if not high - low < _MOST_VALUES or max(-low, high) >= _EXACT:
        return None
    if column.dtype.kind == "f":
        blocks = (column[start : start + _BLOCK] for start in range(0, column.size, _BLOCK))
        if not all((np.floor(block) == block).all() for block in blocks):
            return None
    return WholeValues(int(low), int(high))


@dataclass(frozen=True)
class Combinations:
    """The patterns of these covariates; `size` of them, high times low."""

    covariates: tuple[WholeValues, ...]

    @cached_property
    def split(self) -> int:
        """How many covariates the high number is of: where the longer of the two lists is shortest."""
        sizes = [covariate.size for covariate in self.covariates]
        return min(range(len(sizes) + 1), key=lambda k: (max(prod(sizes[:k]), prod(sizes[k:])), k))

    @property
    def high(self) -> int:
        """How many combinations there are of the first covariates."""
        return prod(covariate.size for covariate in self.covariates[: self.split])

    @property
    def low(self) -> int:
        """How many combinations there are of the rest."""
        return prod(covariate.size for covariate in self.covariates[self.split :])

    @property
    def size(self) -> int:
        """How many combinations there are."""
        return self.high * self.low

    def named(self, columns: Sequence[Numbers]) -> Rows:
        """Return the pattern of each row, (n,): in either number the last covariate counts ones."""
        found = np.zeros(len(columns[0]), dtype=np.int32)
        parts = even_parts(found.size, threads_for(found.size))
        together(self._name, [(columns, found, *part) for part in parts])
        return found

    def _name(self, columns: Sequence[Numbers], found: Rows, first: int, last: int) -> None:
        """Write the patterns of the rows from `first` to before `last`."""
        for start in range(first, last, _BLOCK):
            block = slice(start, min(start + _BLOCK, last))
            high, low = (
                self._counted([column[block] for column in columns], places)
                for places in (range(self.split), range(self.split, len(columns)))
            )
            found[block] = (high << LOW_DIGITS) | low

    def _counted(self, columns: Sequence[Numbers], places: range) -> Rows:
        """The combination of the covariates at these places, each of which counts ones of those after it."""
        found = np.zeros(len(columns[0]), dtype=np.int32)
        for place in places:
            digits, covariate = columns[place], self.covariates[place]
            # Flags and numbers that start at zero are digits already.
            if covariate.low:
                digits = np.subtract(digits, covariate.low, dtype=np.result_type(digits.dtype, np.int32))
            found *= covariate.size
            np.add(found, digits, out=found, casting="unsafe")
        return found

    def lists(self) -> tuple[Floats, Floats]:
        """Return the values of every high combination, (high, covariates), and of every low one, in their order.

        A covariate of the other number is zero.
        """
        parts: list[Floats] = []
        for first, last, many in ((0, self.split, self.high), (self.split, len(self.covariates), self.low)):
            values, rest = np.zeros((many, len(self.covariates))), np.arange(many)
            for place in reversed(range(first, last)):
                rest, digit = np.divmod(rest, self.covariates[place].size)
                values[:, place] = digit + self.covariates[place].low
            parts.append(values)
        return parts[0], parts[1]

    def values(self, rows: Rows | Integers) -> Floats:
        """Return the values of the patterns that `rows` names, (n, covariates)."""
        high, low = self.lists()
        return entries_of(rows, high, low)

    def renamed(self, rows: Rows, new: Combinations) -> Rows:
        """Return the patterns of rows as `new` names them."""
        return rows if self == new else new.named(list(self.values(rows).T))


def combinations(covariates: Sequence[WholeValues | None]) -> Combinations | None:
    """Return the combinations of covariates; None where one has too many values, or all together."""
    held = tuple(covariate for covariate in covariates if covariate is not None)
    if len(held) < len(covariates) or prod(covariate.size for covariate in held) > _MOST_PATTERNS:
        return None
    made = Combinations(held)
    return made if max(made.high, made.low) < 1 << (LOW_DIGITS - 1) else None
