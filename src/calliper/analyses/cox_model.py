"""The design matrix of a Cox model from factors, with reference levels, and its fit to the complete cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.analyses.follow_up import Flags, Floats, FollowUp
from calliper.errors import CannotEstimate
from calliper.stats.conventions import Ties
from calliper.stats.cox import CoxFit, fit_cox

Integers: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor over the whole cohort.

    `levels` are in order with the reference first, and empty for a number. `values` has shape (n,): the
    number, or the place of the patient's level in `levels`; NaN where it is not known.
    """

    name: str
    label: str
    levels: tuple[str, ...]
    level_labels: tuple[str, ...]
    values: Floats

    @property
    def known(self) -> Flags:
        """True where the patient's value is known."""
        return ~np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class Columns:
    """A factor's columns in one fit: a number as it is, a category as one 0/1 column a level but the
    reference.

    `levels` names the columns' levels, `("",)` for a number. `unused` are the levels that no patient of the
    fit has; they have no column.
    """

    factor: Factor
    levels: tuple[str, ...]
    unused: tuple[str, ...]
    names: tuple[str, ...]
    matrix: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """A fitted model: its factors' columns in order, its patients (`used`, over the cohort), the fit."""

    terms: tuple[Columns, ...]
    used: Flags
    cox: CoxFit

    @property
    def design(self) -> Floats:
        """The covariates of the fit's patients, one column a coefficient."""
        return np.column_stack([term.matrix for term in self.terms])

    def places(self, term: Columns) -> list[int]:
        """Where the term's coefficients stand in the fit."""
        before = self.terms[: self.terms.index(term)]
        start = sum(len(other.levels) for other in before)
        return list(range(start, start + len(term.levels)))


def number_factor(name: str, label: str, values: pl.Series) -> Factor:
    """A measurement as a factor: one coefficient, per unit."""
    return Factor(name, label, (), (), values.cast(pl.Float64).fill_null(np.nan).to_numpy())


def level_factor(
    name: str,
    label: str,
    values: pl.Series,
    *,
    levels: Sequence[str],
    level_labels: Sequence[str],
    reference: str,
) -> Factor:
    """A category as a factor. Raises ValueError when `reference`, or a value, is not one of `levels`."""
    if reference not in levels:
        raise ValueError(f"the reference {reference!r} is not a level of {name}: {list(levels)}")
    labels = dict(zip(levels, level_labels, strict=True))
    ordered = (reference, *(level for level in levels if level != reference))
    places = {level: float(place) for place, level in enumerate(ordered)}
    found = (
        values.cast(pl.String).replace_strict(places, return_dtype=pl.Float64).fill_null(np.nan).to_numpy()
    )
    return Factor(name, label, ordered, tuple(labels[level] for level in ordered), found)


def complete_cases(factors: Sequence[Factor], follow_up: FollowUp) -> Flags:
    """True for the patients with a time, an event flag and every factor known."""
    used = follow_up.known.copy()
    for factor in factors:
        used &= factor.known
    return used


def fit_model(factors: Sequence[Factor], follow_up: FollowUp, *, ties: Ties) -> Fit:
    """Fit the factors together to their complete cases.

    Raises:
        CannotEstimate: no complete case, a factor without variation or without patients at its reference
            level, or as `stats.cox.fit_cox`; the sentence names the factor.
    """
    used = complete_cases(factors, follow_up)
    if not used.any():
        raise CannotEstimate(f"no Cox model: no patient has a time and {_names(factors)} known")
    terms = tuple(_columns(factor, used) for factor in factors)
    cox = fit_cox(
        follow_up.time[used],
        follow_up.event[used].astype(np.int64),
        np.column_stack([term.matrix for term in terms]),
        ties=ties,
        names=tuple(name for term in terms for name in term.names),
    )
    return Fit(terms, used, cox)


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


def _names(factors: Sequence[Factor]) -> str:
    return ", ".join(factor.label for factor in factors)
