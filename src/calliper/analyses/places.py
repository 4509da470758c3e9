"""Where the rows of an analysis stand, and what is done when the data cannot support one.

An analysis is written as generators of entries - rows, and the methods that made them - which `collect`
puts together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ParamSpec, TypeAlias, TypeVar

from calliper.errors import CannotEstimate, NoMaximum
from calliper.results import Method, Results, Row

T = TypeVar("T")
P = ParamSpec("P")
Entry: TypeAlias = Row | Method


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
    ) -> Iterator[Row]:
        """One row a statistic, in the order given; None is a value that exists but is not reached."""
        for stat, value in stats.items():
            yield Row(
                analysis=self.analysis,
                population=self.population,
                group=self.group,
                variable=self.variable,
                level=self.level,
                stat=stat,
                value=None if value is None else float(value),
                at=None if at is None else float(at),
                unit=unit,
            )


@dataclass(frozen=True, slots=True)
class Refusal:
    """The sentence printed where a number would stand. `no_maximum`: because a likelihood rises for ever."""

    sentence: str
    no_maximum: bool = False


def attempt(kernel: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Refusal:
    """What the kernel returns, or the sentence of the `CannotEstimate` it raised; nothing else is caught."""
    try:
        return kernel(*args, **kwargs)
    except CannotEstimate as refusal:
        return Refusal(str(refusal), no_maximum=isinstance(refusal, NoMaximum))


def proportion(count: int, n: int) -> dict[str, float | None]:
    """`count` and, where the denominator is not empty, `proportion`."""
    return {"count": count, "proportion": count / n} if n else {"count": count}


def collect(entries: Iterable[Entry]) -> Results:
    """The rows and the methods, each in the order written."""
    written = tuple(entries)
    return Results(
        rows=tuple(entry for entry in written if isinstance(entry, Row)),
        methods=tuple(entry for entry in written if isinstance(entry, Method)),
    )
