"""A table of counts: checked, without its empty rows and columns, and as expected without association.

Counts are anything that makes a two-dimensional array of whole numbers, such as `Crosstab.counts`.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate

Counts: TypeAlias = npt.ArrayLike
Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]


def whole_counts(counts: Counts) -> Integers:
    """Return the counts as an array of whole numbers.

    Raises:
        ValueError: a count is negative or not whole, or the array is not two-dimensional.
    """
    table = np.asarray(counts)
    if table.ndim != 2:
        raise ValueError(f"counts have {table.ndim} dimensions; expected two")
    whole: Integers = table.astype(np.int64)
    if (whole != table).any() or (whole < 0).any():
        raise ValueError("counts must be whole numbers, zero or more")
    return whole


def occupied(counts: Counts) -> Integers:
    """Return the counts without the rows and columns that hold nobody.

    Raises:
        CannotEstimate: fewer than two rows or two columns are left.
        ValueError: a count is negative or not whole, or the array is not two-dimensional.
    """
    given = whole_counts(counts)
    table: Integers = given[np.ix_(given.sum(axis=1) > 0, given.sum(axis=0) > 0)]
    if table.size == 0:
        raise CannotEstimate("no test: the table is empty")
    if table.shape[0] < 2:
        raise CannotEstimate("no test: only one group holds any patient")
    if table.shape[1] < 2:
        raise CannotEstimate("no test: every patient is in one category")
    return table


def expected(counts: Counts) -> Floats:
    """Return the counts expected without association, row total x column total / total; shape as given.

    Raises:
        CannotEstimate: the table is empty.
        ValueError: as `occupied`.
    """
    table = whole_counts(counts)
    if not table.any():
        raise CannotEstimate("no expected counts: the table is empty")
    products: Floats = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return products


def min_expected(counts: Counts) -> float:
    """Return the smallest expected count of the rows and columns that hold anybody; raises as `occupied`."""
    return float(expected(occupied(counts)).min())
