"""The book in which every number compared with another source is counted, and the largest difference kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import numpy as np

Kind: TypeAlias = Literal["relative", "absolute", "exact", "printed"]
Numbers: TypeAlias = list[float | None]

# The binary neighbours of a printed decimal may lie this much, of one unit of its last place, to either side.
_SLACK = 1e-6


@dataclass(frozen=True)
class Compared:
    """Numbers of one kind, and how far apart the farthest two were: a share, a distance, or units of the last place."""

    kind: Kind
    tolerance: float
    numbers: int = 0
    largest: float = 0.0

    def __add__(self, other: Compared) -> Compared:
        assert (self.kind, self.tolerance) == (other.kind, other.tolerance), (
            "one kind of number, one tolerance"
        )
        return Compared(
            self.kind, self.tolerance, self.numbers + other.numbers, max(self.largest, other.largest)
        )


@dataclass(frozen=True)
class Remark:
    """Numbers of the source that were not found right, or not compared, with the reason."""

    numbers: int
    what: str


class Ledger:
    """What one case has compared so far. Every method fails where the two sides do not agree."""

    def __init__(self) -> None:
        self.compared: dict[str, Compared] = {}
        self.disagreed: list[Remark] = []
        self.left_out: list[Remark] = []
        self.notes: list[str] = []

    @property
    def numbers(self) -> int:
        """How many numbers of the source were met: compared, found wrong, or left out by name."""
        remarks = (*self.disagreed, *self.left_out)
        return sum(c.numbers for c in self.compared.values()) + sum(remark.numbers for remark in remarks)

    def agree(self, what: str, ours: Any, theirs: Any, *, rel: float, scale: Any = 0.0) -> None:
        """Two numbers, or two sequences, that differ by no more than a share `rel` of theirs.

        None and NaN stand for a number that is not there: on both sides that is an agreement. A `scale` above
        the size of theirs takes its place: the standard error of a coefficient that is nearly zero.
        """
        a, b = _numbers(ours), _numbers(theirs)
        scales = np.broadcast_to(np.asarray(scale, dtype=float), (len(b),)).tolist()
        off = [_share(x, y, size) for x, y, size in zip(a, b, scales, strict=True)]
        self._count(what, Compared("relative", rel), a, b, off)

    def near(self, what: str, ours: Any, theirs: Any, *, within: float) -> None:
        """As `agree`, within a distance."""
        a, b = _numbers(ours), _numbers(theirs)
        off = [_distance(x, y) for x, y in zip(a, b, strict=True)]
        self._count(what, Compared("absolute", within), a, b, off)

    def equal(self, what: str, ours: Any, theirs: Any) -> None:
        """As `agree`, with no difference at all: counts."""
        a, b = _numbers(ours), _numbers(theirs)
        off = [_distance(x, y) for x, y in zip(a, b, strict=True)]
        self._count(what, Compared("exact", 0.0), a, b, off)

    def printed(self, what: str, ours: Any, theirs: str) -> None:
        """Numbers as they are printed, a space apart, each right within half a unit of its last place."""
        cells = theirs.split()
        a, b = _numbers(ours), _numbers([float(cell) for cell in cells])
        units = [_distance(x, y) / _last_place(cell) for x, y, cell in zip(a, b, cells, strict=True)]
        self._count(what, Compared("printed", 0.5), a, b, [max(unit - _SLACK, 0.0) for unit in units])

    def wrong(self, ours: float, theirs: str, why: str) -> None:
        """A printed number that its own data contradict. Fails where they agree after all."""
        off = abs(ours - float(theirs)) / _last_place(theirs)
        assert off > 0.5 + _SLACK, f"{theirs} is right: {ours}"
        self.disagreed.append(Remark(1, f"printed {theirs}, is {ours:.6g}: {why}"))

    def leave_out(self, numbers: int, why: str) -> None:
        """Numbers of the source that are not compared."""
        self.left_out.append(Remark(numbers, why))

    def note(self, sentence: str) -> None:
        """Something worth printing about a comparison that asserts nothing."""
        self.notes.append(sentence)

    def __add__(self, other: Ledger) -> Ledger:
        both = Ledger()
        for one in (self, other):
            for what, compared in one.compared.items():
                both.compared[what] = both.compared[what] + compared if what in both.compared else compared
            both.disagreed += one.disagreed
            both.left_out += one.left_out
            both.notes += one.notes
        return both

    def _count(self, what: str, rule: Compared, ours: Numbers, theirs: Numbers, off: list[float]) -> None:
        assert off, f"{what}: nothing to compare"
        for a, b, distance in zip(ours, theirs, off):
            assert distance <= rule.tolerance, f"{what}: {a!r}, the source has {b!r} (off {distance:.3g})"
        found = Compared(rule.kind, rule.tolerance, len(off), max(off))
        self.compared[what] = self.compared.get(what, rule) + found


Case: TypeAlias = Callable[[Ledger], None]


@dataclass(frozen=True)
class Source:
    """Somebody else's numbers, and the cases in which ours are held against them."""

    name: str
    what: str
    reference: str
    cases: Mapping[str, Case]


def _numbers(values: Any) -> Numbers:
    flat = np.ravel(np.array(values, dtype=object)).tolist()
    return [None if x is None or math.isnan(x) else float(x) for x in flat]


def _distance(a: float | None, b: float | None) -> float:
    if a is None or b is None or a == b:
        return 0.0 if a is b or a == b else math.inf
    return abs(a - b)


def _share(a: float | None, b: float | None, scale: float) -> float:
    distance = _distance(a, b)
    if not distance or not math.isfinite(distance):
        return distance
    size = max(abs(b or 0.0), scale)
    return distance / size if size else math.inf


def half_unit(printed: str) -> float:
    """How far a printed number may be from the one that was rounded to it."""
    return (0.5 + _SLACK) * _last_place(printed)


def _last_place(printed: str) -> float:
    exponent = Decimal(printed).as_tuple().exponent
    assert isinstance(exponent, int)
    return float(Decimal(10) ** exponent)
