"""The factors of a model over a whole cohort: a measurement, or a category with a declared reference level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Factor:
    """One factor over the whole cohort; `label` and `level_labels` are the words for it in sentences.

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


def number_factor(name: str, label: str, values: pl.Series) -> Factor:
    """Return a measurement as a factor: one coefficient, per unit.

    Raises:
        ValueError: a value is infinite.
    """
    import polars as pl

    numbers = values.cast(pl.Float64).fill_null(np.nan).to_numpy()
    if np.isinf(numbers).any():
        place = int(np.flatnonzero(np.isinf(numbers))[0])
        raise ValueError(f"{name}[{place}] is {numbers[place]}; expected a finite number, or none")
    return Factor(name, label, (), (), numbers)


def level_factor(
    name: str,
    label: str,
    values: pl.Series,
    *,
    levels: Sequence[str],
    level_labels: Sequence[str],
    reference: str,
) -> Factor:
    """Return a category as a factor.

    Raises:
        ValueError: the reference, or a value, is not one of the levels.
    """
    import polars as pl

    if reference not in levels:
        raise ValueError(f"the reference {reference!r} is not a level of {name}: {list(levels)}")
    labels = dict(zip(levels, level_labels, strict=True))
    ordered = (reference, *(level for level in levels if level != reference))
    texts = values.cast(pl.String)
    strange = texts.is_not_null() & ~texts.is_in(ordered)
    if strange.any():
        place = int(strange.arg_max() or 0)
        raise ValueError(
            f"{name}[{place}] is {texts[place]!r}; expected one of {', '.join(map(repr, levels))}"
        )
    places = {level: float(place) for place, level in enumerate(ordered)}
    found = texts.replace_strict(places, return_dtype=pl.Float64).fill_null(np.nan).to_numpy()
    return Factor(name, label, ordered, tuple(labels[level] for level in ordered), found)


def column_factor(values: pl.Series, *, reference: str | None, levels: Sequence[str] | None) -> Factor:
    """Return a column as a factor of its own name: a category where it has a reference level, else a number.

    Args:
        values: texts, flags, an Enum, or whole numbers that stand for levels, with a reference; numbers without.
        reference: the reference level, as text.
        levels: in order; those of an Enum, or the values found, sorted, if not given.

    Raises:
        ValueError: a category without a reference, a reference or a value that is no level, an infinite
            number, or a column of another type.
    """
    import polars as pl

    name, kind = values.name, values.dtype
    is_category = kind in (pl.String, pl.Boolean, pl.Categorical) or isinstance(kind, pl.Enum)
    if not (is_category or kind.is_numeric() or kind == pl.Null):
        raise ValueError(f"column {name} holds {kind}; expected numbers, texts or flags")
    if reference is None:
        if is_category or levels is not None:
            raise ValueError(f"no reference level for {name}; name one in references")
        return number_factor(name, name, values)
    if kind.is_float():
        raise ValueError(
            f"column {name} holds {kind} and has a reference level; expected texts, flags or whole numbers"
        )
    if levels is None and isinstance(kind, pl.Enum):
        levels = kind.categories.to_list()
    elif levels is None:
        found = values.cast(pl.String) if kind == pl.Categorical else values
        levels = found.drop_nulls().unique().sort().cast(pl.String).to_list()
    return level_factor(name, name, values, levels=levels, level_labels=levels, reference=reference)


def complete_cases(factors: Sequence[Factor], used: Flags) -> Flags:
    """Return where a patient is used and has every factor known, (n,)."""
    complete = used.copy()
    for factor in factors:
        complete &= factor.known
    return complete
