"""The design matrix of a Cox model: factors with declared reference levels, their columns, complete cases.

A number is its own column; a category has one 0/1 column a level but the reference (treatment contrasts); an
interaction has the products of its two factors' columns. A coefficient is then the log hazard ratio of one
unit, or of a level against the reference. Nothing unknown is filled in: a patient who lacks a factor is left
out of the fit, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.factors import Factor, column_factor, complete_cases

if TYPE_CHECKING:
    import polars as pl

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Columns:
    """A factor's columns among the patients used: a number as it is, a category as one 0/1 column a level but
    the reference.

    `levels` names the columns' levels, `("",)` for a number. `unused` are the levels that none of these
    patients has; they have no column. `matrix` is patients by columns.
    """

    factor: Factor
    levels: tuple[str, ...]
    unused: tuple[str, ...]
    names: tuple[str, ...]
    matrix: Floats


@dataclass(frozen=True, eq=False)
class Interaction:
    """The products of two factors' columns; their names join the columns' own with ×."""

    factors: tuple[str, str]
    names: tuple[str, ...]
    matrix: Floats


@dataclass(frozen=True, eq=False)
class Design:
    """The design of the patients that are `used`, (n,): their factors' columns in order, then interactions.

    `unknown` counts, factor by factor, the patients left out for it alone or among others.
    """

    used: Flags
    unknown: Mapping[str, int]
    columns: tuple[Columns, ...]
    interactions: tuple[Interaction, ...]

    @property
    def parts(self) -> tuple[Columns | Interaction, ...]:
        """The factors' columns, then the interactions."""
        return (*self.columns, *self.interactions)

    @property
    def matrix(self) -> Floats:
        """The covariates, patients used by coefficients."""
        return np.column_stack([part.matrix for part in self.parts])

    @property
    def names(self) -> tuple[str, ...]:
        """A name a coefficient: `Age`, `Stage: III`, `Stage: III × Age`."""
        return tuple(name for part in self.parts for name in part.names)

    @property
    def places(self) -> dict[str, list[int]]:
        """Where each factor's coefficients stand, and each interaction's (`stage × age`); for its overall test."""
        titles = [part.factor.name for part in self.columns]
        titles += [" × ".join(part.factors) for part in self.interactions]
        found, start = dict[str, list[int]](), 0
        for title, part in zip(titles, self.parts):
            found[title] = list(range(start, start + len(part.names)))
            start += len(part.names)
        return found


def design_matrix(
    columns: pl.DataFrame,
    *,
    references: Mapping[str, str],
    levels: Mapping[str, Sequence[str]] | None = None,
    interactions: Sequence[tuple[str, str]] = (),
    used: Flags | None = None,
) -> Design:
    """Return the design matrix of the patients who have every column.

    Args:
        columns: a factor each, in the order of the model.
        references: the reference level of each category: of every column of texts, flags, or an Enum, and of
            those of whole numbers that stand for levels. Other columns are numbers.
        levels: a category's levels in order; those of its Enum, or the values found, sorted, if not given.
        interactions: pairs of columns.
        used: True for the patients to use, shape (n,); all if not given.

    Raises:
        CannotEstimate: nobody has every column; a number has one value, a category one level, or nobody its
            reference level; nobody has both levels of an interaction.
        ValueError: no column, a category without a reference, a reference that is no level, a value that is
            no level, an infinite number, a column of another type, an interaction that is not of two
            columns, or flags `used` that are not as many as patients.
    """
    declared = levels or {}
    if strange := [name for name in (*references, *declared) if name not in columns.columns]:
        raise ValueError(
            f"{strange[0]!r} is no column; expected one of {', '.join(map(repr, columns.columns))}"
        )
    if not columns.width:
        raise ValueError("no column; expected one or more")
    factors = [
        column_factor(values, reference=references.get(values.name), levels=declared.get(values.name))
        for values in columns
    ]
    wanted = np.ones(columns.height, dtype=np.bool_) if used is None else used
    if wanted.shape != (columns.height,):
        raise ValueError(
            f"used has shape {wanted.shape}; expected one flag for each of {columns.height} patients"
        )
    design = design_of(factors, wanted, interactions)
    for part in design.columns:
        if not part.factor.levels and np.ptp(part.matrix) == 0:
            value = float(part.matrix[0, 0])
            raise CannotEstimate(
                f"no hazard ratio for {part.factor.label}: every patient has the same value, {value:g}"
            )
    return design


def design_of(factors: Sequence[Factor], used: Flags, interactions: Sequence[tuple[str, str]] = ()) -> Design:
    """Return the design of factors that are made already; `used` (n,) as in `design_matrix`.

    Raises:
        CannotEstimate: as `design_matrix`, but for numbers of one value, which a fit refuses where they are
            constant among the patients it compares.
        ValueError: an interaction that is not of two of the factors.
    """
    complete = complete_cases(factors, used)
    if not complete.any():
        raise CannotEstimate(
            f"no Cox model: no patient has all known of {', '.join(f.label for f in factors)}"
        )
    found = tuple(_columns(factor, complete) for factor in factors)
    by_name = {part.factor.name: part for part in found}
    for pair in interactions:
        twice = sum(set(pair) == set(other) for other in interactions) > 1
        if twice or len(set(pair)) != 2 or not set(pair) <= set(by_name):
            raise ValueError(
                f"interaction {tuple(pair)}; expected two of {', '.join(by_name)}, each pair once"
            )
    return Design(
        used=complete,
        unknown={factor.name: int((used & ~factor.known).sum()) for factor in factors},
        columns=found,
        interactions=tuple(_interaction(by_name[first], by_name[second]) for first, second in interactions),
    )


def _columns(factor: Factor, used: Flags) -> Columns:
    values = factor.values[used]
    if not factor.levels:
        return Columns(factor, ("",), (), (factor.label,), values[:, None])
    labels = dict(zip(factor.levels, factor.level_labels, strict=True))
    present = [place for place in range(len(factor.levels)) if (values == place).any()]
    unused = tuple(level for place, level in enumerate(factor.levels) if place not in present)
    if len(present) == 1:
        only = labels[factor.levels[present[0]]]
        raise CannotEstimate(f"no hazard ratio for {factor.label}: every patient has the same level, {only}")
    if 0 not in present:
        reference = factor.level_labels[0]
        raise CannotEstimate(
            f"no hazard ratio for {factor.label}: no patient has its reference level, {reference}"
        )
    compared = tuple(factor.levels[place] for place in present[1:])
    return Columns(
        factor=factor,
        levels=compared,
        unused=unused,
        names=tuple(f"{factor.label}: {labels[level]}" for level in compared),
        matrix=np.column_stack([(values == place).astype(np.float64) for place in present[1:]]),
    )


def _interaction(first: Columns, second: Columns) -> Interaction:
    pairs = [(i, j) for i in range(len(first.names)) for j in range(len(second.names))]
    names = tuple(f"{first.names[i]} × {second.names[j]}" for i, j in pairs)
    matrix = np.column_stack([first.matrix[:, i] * second.matrix[:, j] for i, j in pairs])
    for name, column in zip(names, matrix.T):
        if not column.any():
            raise CannotEstimate(f"no hazard ratio for {name}: it is zero for every patient")
    return Interaction((first.factor.name, second.factor.name), names, matrix)
