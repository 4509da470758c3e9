"""The crosstab: how many patients have each pair of two categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from calliper.summaries.columns import Column, Integers, frequencies


@dataclass(frozen=True)
class Crosstab:
    """Counts by row level and column level.

    `counts[i][j]` patients have level `rows[i]` and level `columns[j]`.

    Crosstabs with the same levels add.
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if len(self.counts) != len(self.rows) or any(len(row) != len(self.columns) for row in self.counts):
            raise ValueError(f"counts do not have {len(self.rows)} rows of {len(self.columns)} columns")

    def __add__(self, other: Crosstab) -> Crosstab:
        if (self.rows, self.columns) != (other.rows, other.columns):
            raise ValueError(f"levels differ: {self.rows} by {self.columns}, {other.rows} by {other.columns}")
        return Crosstab(self.rows, self.columns, _as_counts(self.array() + other.array()))

    @property
    def row_totals(self) -> tuple[int, ...]:
        """The count of each row level."""
        return tuple(sum(row) for row in self.counts)

    @property
    def column_totals(self) -> tuple[int, ...]:
        """The count of each column level."""
        return tuple(sum(row[j] for row in self.counts) for j in range(len(self.columns)))

    @property
    def total(self) -> int:
        """How many patients have both categories known."""
        return sum(self.row_totals)

    def array(self) -> Integers:
        """Return the counts as an array, shape (rows, columns)."""
        return np.array(self.counts, dtype=np.int64).reshape(len(self.rows), len(self.columns))


def crosstab(
    row_values: pl.Series,
    column_values: pl.Series,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    count: Column | None = None,
) -> Crosstab:
    """Count patients by two categories. A patient with a null in either is not counted.

    Args:
        row_values: one value a patient; compared as text with `rows`.
        column_values: one value a patient, in the same order.
        rows: the declared row levels, in the order wanted.
        columns: the declared column levels.
        count: how many patients each pair stands for; one each without it.

    Raises:
        ValueError: a value is not a declared level, a level is declared twice, a count is not a whole number of
            patients, or the lengths differ.

    >>> response, arm = pl.Series(["CR", "PD", None]), pl.Series(["a", "b", "b"])
    >>> crosstab(response, arm, rows=["CR", "PD"], columns=["a", "b"])
    Crosstab(rows=('CR', 'PD'), columns=('a', 'b'), counts=((1, 0), (0, 1)))
    """
    if len(row_values) != len(column_values):
        raise ValueError(f"{len(row_values)} row values but {len(column_values)} column values")
    row_place, column_place = _places(rows), _places(columns)
    values = (row_values.cast(pl.String).alias("row"), column_values.cast(pl.String).alias("column"))
    many = frequencies(count, len(row_values))
    counted = pl.Series("count", np.ones(len(row_values), dtype=np.int64) if many is None else many)
    pairs = pl.DataFrame([*values, counted]).drop_nulls().group_by("row", "column").agg(pl.col("count").sum())
    counts = np.zeros((len(rows), len(columns)), dtype=np.int64)
    for row, column, patients in pairs.sort("row", "column").iter_rows():
        counts[_place(row_place, row), _place(column_place, column)] += patients
    return Crosstab(tuple(rows), tuple(columns), _as_counts(counts))


def _places(levels: Sequence[str]) -> dict[str, int]:
    places = {level: place for place, level in enumerate(levels)}
    if len(places) != len(levels):
        raise ValueError(f"a level is declared twice among {', '.join(map(repr, levels))}")
    return places


def _place(places: dict[str, int], value: str) -> int:
    if value not in places:
        raise ValueError(f"{value!r} is not one of the levels {', '.join(map(repr, places))}")
    return places[value]


def _as_counts(array: Integers) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in array.tolist())
