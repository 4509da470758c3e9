"""Where the rows of an analysis stand, and what is done when the data cannot support one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from calliper.errors import CannotEstimate
from calliper.results import Row

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Place:
    """The first five parts of a row's key; `on` moves to another group, variable, level or population."""

    analysis: str
    population: str = "included"
    group: str = ""
    variable: str = ""
    level: str = ""

    def on(
        self,
        *,
        population: str | None = None,
        group: str | None = None,
        variable: str | None = None,
        level: str | None = None,
    ) -> Place:
        """The same place with some parts changed."""
        parts = {"population": population, "group": group, "variable": variable, "level": level}
        return replace(self, **{name: part for name, part in parts.items() if part is not None})

    def rows(
        self, stats: Mapping[str, float | None], *, at: float | None = None, unit: str = ""
    ) -> list[Row]:
        """One row a statistic, in the order given; None is a value that exists but is not reached."""
        return [
            Row(
                self.analysis,
                self.population,
                self.group,
                self.variable,
                self.level,
                stat,
                None if value is None else float(value),
                None if at is None else float(at),
                unit,
            )
            for stat, value in stats.items()
        ]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The sentence printed where a number would stand."""

    sentence: str


def attempt(kernel: Callable[[], T]) -> T | Refusal:
    """What the kernel returns, or the sentence of the `CannotEstimate` it raised; other exceptions pass through."""
    try:
        return kernel()
    except CannotEstimate as refusal:
        return Refusal(str(refusal))


def proportion(count: int, n: int) -> dict[str, float | None]:
    """`count` and, where the denominator is not empty, `proportion`."""
    return {"count": count, "proportion": count / n} if n else {"count": count}
