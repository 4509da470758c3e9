"""The groups an analysis compares: the arms, or the levels of another category."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from calliper.protocol.specs import (
    Category,
    Choose,
    Cut,
    Flag,
    Number,
    Protocol,
    Regroup,
    Score,
    Span,
    Spec,
    Stage,
)
from calliper.stats.factors import Factor, level_factor

Levels = Category | Choose | Cut | Flag | Regroup | Stage


@dataclass(frozen=True, eq=False)
class Groups:
    """Group names in printing order with their labels, and the one the others are compared with.

    `of_patient` has the group of each included patient, in the order of the cohort's frame; null where
    unknown.
    """

    names: tuple[str, ...]
    reference: str
    of_patient: pl.Series
    labels: tuple[str, ...]

    @cached_property
    def sizes(self) -> dict[str, int]:
        """How many patients each group has, in printing order."""
        return {name: int((self.of_patient == name).sum()) for name in self.names}

    @property
    def present(self) -> tuple[str, ...]:
        """The groups that have a patient."""
        return tuple(name for name, size in self.sizes.items() if size)

    @property
    def contrasts(self) -> tuple[tuple[str, str], ...]:
        """(group, `group vs reference`) for every group but the reference."""
        return tuple((name, f"{name} vs {self.reference}") for name in self.names if name != self.reference)


def arm_groups(protocol: Protocol, patients: pl.DataFrame) -> Groups:
    """The arms, compared with the reference arm."""
    arms = protocol.arms
    labels = tuple(arm.label for arm in arms.groups.values())
    return Groups(tuple(arms.groups), arms.reference, patients["arm"], labels)


def category_groups(protocol: Protocol, patients: pl.DataFrame, name: str) -> Groups:
    """The levels of a category or derived group, compared with the first; `arm` gives the arms.

    Raises ValueError when `name` is not a variable with levels.
    """
    if name == "arm":
        return arm_groups(protocol, patients)
    levels = levels_of(protocol, name)
    return Groups(levels, levels[0], patients[name], levels)


def group_factor(protocol: Protocol, groups: Groups, by: str | None) -> Factor:
    """The groups as a factor of a model: the arms, or the levels of `by`."""
    is_arm = by in (None, "arm")
    return level_factor(
        by or "arm",
        "the arm" if is_arm else protocol.variable(by or "").label,
        groups.of_patient,
        levels=groups.names,
        level_labels=groups.labels,
        reference=groups.reference,
    )


def levels_of(protocol: Protocol, name: str) -> tuple[str, ...]:
    """The levels of a factor, the reference arm first for `arm`; ValueError when it has none."""
    if name == "arm":
        arms = protocol.arms
        return (arms.reference, *(arm for arm in arms.groups if arm != arms.reference))
    variable = protocol.variable(name)
    if not isinstance(variable, Levels):
        raise ValueError(f"{name} is not a category")
    return variable.levels


def is_number(variable: Spec) -> bool:
    """True for measurements, spans of time and scores."""
    return isinstance(variable, Number | Span | Score)
