"""The names of a study file: what each check of a reference needs to know, and how it says what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from calliper.protocol.criteria import VariableType, rule_types
from calliper.protocol.mistakes import Fault, Path, did_you_mean, one_of
from calliper.protocol.shape import Shaped
from calliper.protocol.specs import (
    Category,
    Choose,
    Cut,
    Date,
    Flag,
    FreeText,
    Number,
    Protocol,
    Regroup,
    RowDate,
    Score,
    Span,
    Stage,
)

NUMBERS: tuple[type, ...] = (Number, Span, Score)
CATEGORIES: tuple[type, ...] = (Category, Cut, Flag, Regroup, Choose, Stage)
DATES: tuple[type, ...] = (Date, RowDate)

RECORDED_DATES: tuple[type, ...] = (Date,)
"""Those that stand in the patients table, by which the cells of other tables can be checked and completed."""

_KINDS: dict[type, str] = {
    Number: "the number",
    Span: "the span of dates",
    Score: "the score",
    Date: "the date",
    RowDate: "the date of a row",
    FreeText: "the free text",
    **dict.fromkeys(CATEGORIES, "the category"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """A protocol whose shape is right, the names in it, and what of the file it lacks.

    Names of entries left out for faults of their own are not held against those who refer to them.
    """

    protocol: Protocol
    types: Mapping[str, VariableType]
    left_out: frozenset[Path]
    positions: Mapping[str, tuple[int, ...]]

    def lacks(self, *path: str) -> bool:
        """Whether an entry, or the whole section it would stand in, was left out."""
        return path in self.left_out or path[:1] in self.left_out

    def variable(self, path: Path, name: str, kinds: tuple[type, ...], words: str) -> Iterator[Fault]:
        """A fault unless a variable or derived variable of one of these kinds has this name."""
        protocol = self.protocol
        if self.lacks("variables", name) or self.lacks("derived", name):
            return
        fitting = [known for known in self.types if isinstance(protocol.variable(known), kinds)]
        if name in fitting:
            return
        if name in self.types:
            found = f"found {_KINDS[type(protocol.variable(name))]} '{name}'"
            yield Fault(path, f"{found}; expected the name of {words}")
        else:
            yield Fault(path, f"found '{name}'; expected the name of {words}{did_you_mean(name, fitting)}")

    def known(self, path: Path, name: str, names: Iterable[str], words: str) -> Iterator[Fault]:
        """A fault unless a name is one of those given."""
        held = list(names)
        if name not in held:
            listed = f": {one_of(held)}" if 0 < len(held) <= 12 else ""
            yield Fault(path, f"found '{name}'; expected {words}{listed}{did_you_mean(name, held)}")


def scope_of(shaped: Shaped, protocol: Protocol) -> Scope:
    """The scope of a shaped study file and its protocol."""
    return Scope(protocol, rule_types(protocol), shaped.left_out, shaped.positions)


def each_once(path: Path, names: Iterable[str | float]) -> Iterator[Fault]:
    """A fault for every entry of a list that stands in it before."""
    seen: set[str | float] = set()
    for position, name in enumerate(names):
        if name in seen:
            shown = f"'{name}'" if isinstance(name, str) else f"{name:g}"
            yield Fault((*path, position), f"found {shown} a second time; expected it once")
        seen.add(name)
