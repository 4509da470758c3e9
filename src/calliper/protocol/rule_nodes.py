"""The conditions of a rule as frozen values: parsed by rule_text.py, checked and evaluated by criteria.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Value = int | float | str | date
Sign = Literal["=", "!=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable by name. `column` is where it stands in the rule's text, from 1."""

    name: str
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """A number, a text or a date as written in the rule."""

    value: Value
    column: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if isinstance(self.value, str):
            return '"' + self.value.replace('"', '""') + '"'
        return self.value.isoformat() if isinstance(self.value, date) else repr(self.value)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`diameter > 10`, `death_date >= first_tace`."""

    variable: Variable
    sign: Sign
    value: Constant | Variable

    def __str__(self) -> str:
        return f"{self.variable} {self.sign} {self.value}"


@dataclass(frozen=True, slots=True)
class Between:
    """`age between 18 and 80`, both ends inside."""

    variable: Variable
    low: Constant
    high: Constant

    def __str__(self) -> str:
        return f"{self.variable} between {self.low} and {self.high}"


@dataclass(frozen=True, slots=True)
class Membership:
    """`bclc in ("B", "C")` or, negated, `not in`."""

    variable: Variable
    values: tuple[Constant, ...]
    negated: bool = False

    def __str__(self) -> str:
        values = ", ".join(str(value) for value in self.values)
        return f"{self.variable} {'not in' if self.negated else 'in'} ({values})"


@dataclass(frozen=True, slots=True)
class Missing:
    """`afp is missing` or, negated, `is not missing`. Never unknown."""

    variable: Variable
    negated: bool = False

    def __str__(self) -> str:
        return f"{self.variable} is {'not ' if self.negated else ''}missing"


@dataclass(frozen=True, slots=True)
class Not:
    """`not` a condition."""

    part: Node

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more conditions joined by `and`."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, (And, Or)) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more conditions joined by `or`."""

    parts: tuple[Node, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


Condition = Comparison | Between | Membership | Missing
Node = Condition | Not | And | Or


def conditions_of(node: Node) -> Iterator[Condition]:
    """The comparisons inside a condition, left to right."""
    match node:
        case Not(part):
            yield from conditions_of(part)
        case And(parts) | Or(parts):
            for part in parts:
                yield from conditions_of(part)
        case _:
            yield node


def variables_of(node: Node) -> Iterator[Variable]:
    """The variables inside a condition, left to right, with repeats."""
    for part in conditions_of(node):
        yield part.variable
        if isinstance(part, Comparison) and isinstance(part.value, Variable):
            yield part.value
