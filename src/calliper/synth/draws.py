"""Seeded draws that give the same sequence on every Python.

Only `Random.random()` is promised to stay the same from one Python version to the next, so everything here is
made from it; a text seed is hashed by Python itself with SHA-512, which is stable too.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Draws:
    """A stream of draws that depends on its seed text alone."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311 - invented patients, not secrets

    def uniform(self) -> float:
        """A number in [0, 1)."""
        return self._random.random()

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        if high < low:
            raise ValueError(f"no whole number from {low} to {high}")
        return low + int(self.uniform() * (high - low + 1))

    def within(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + self.uniform() * (high - low)

    def normal(self) -> float:
        """A standard normal deviate (Box and Muller, 1958)."""
        radius = math.sqrt(-2.0 * math.log(1.0 - self.uniform()))
        return radius * math.cos(2.0 * math.pi * self.uniform())

    def one_of(self, items: Sequence[T]) -> T:
        """One item, each as likely as the next."""
        return items[self.between(0, len(items) - 1)]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """The items in random order; the sequence given is left as it was."""
        keys = [self.uniform() for _ in items]
        return [items[index] for index in sorted(range(len(items)), key=keys.__getitem__)]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """`count` different items, in the order they had.

        Raises:
            ValueError: fewer than `count` items.
        """
        if count > len(items):
            raise ValueError(f"{count} of {len(items)} items")
        chosen = sorted(self.shuffled(range(len(items)))[:count])
        return [items[index] for index in chosen]
