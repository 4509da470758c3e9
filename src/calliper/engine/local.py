"""Run a function over partitions, one after another in this process, and add up what it makes of them.

Derivations look at one patient at a time and summaries add, so a cohort may be cut into partitions of
patients - files, centres, blocks of a registry - in any way: `add(map_partitions(summarise, parts))` is the
summary of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import add as plus
from typing import Protocol, Self, TypeVar


class Additive(Protocol):
    """A summary: adding those of two partitions gives that of both together."""

    def __add__(self, other: Self, /) -> Self: ...


Part = TypeVar("Part")
Made = TypeVar("Made")
Summary = TypeVar("Summary", bound=Additive)


def map_partitions(function: Callable[[Part], Made], parts: Iterable[Part]) -> tuple[Made, ...]:
    """What `function` makes of each part, in the order of the parts.

    An exception of the function ends the run and is passed on as it is.

    >>> map_partitions(len, ["ab", "c"])
    (2, 1)
    """
    return tuple(function(part) for part in parts)


def add(summaries: Iterable[Summary]) -> Summary:
    """The sum of the summaries of all partitions, added from left to right as they come: none is kept.

    Raises:
        ValueError: there is none: what the sum of no summaries is, only their own kind could say.

    >>> add([2, 1])
    3
    """
    coming = iter(summaries)
    for first in coming:
        return reduce(plus, coming, first)
    raise ValueError("no summaries to add")
