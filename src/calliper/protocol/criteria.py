"""Rules: the conditions of eligibility criteria and flags, as text that is parsed and never run as code.

    nodules = 1 and diameter > 10 or bclc in ("B", "C") and not (afp is missing)

A rule is true, false or unknown. A comparison with a missing value is unknown; `is missing` never is; `and`,
`or` and `not` follow Kleene's strong three-valued logic (Kleene 1952, Introduction to Metamathematics,
section 64): a result is unknown only while the unknown parts could still change it. rule_text.py has the
grammar.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, assert_never

import polars as pl

from calliper.protocol.mistakes import did_you_mean
from calliper.protocol.rule_nodes import (
    And,
    Between,
    Comparison,
    Condition,
    Constant,
    Membership,
    Missing,
    Node,
    Not,
    Or,
    Value,
    Variable,
    conditions_of,
    variables_of,
)
from calliper.protocol.rule_text import parse_text
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

COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed rule. `str(rule)` is its canonical text, which parses to an equal rule."""

    root: Node

    def __str__(self) -> str:
        return str(self.root)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables the rule reads, in order of first appearance."""
        return tuple(dict.fromkeys(variable.name for variable in variables_of(self.root)))

    def expression(self) -> pl.Expr:
        """The rule as a Polars expression over columns of its names: Boolean, null where unknown."""
        return _expression(self.root)


@dataclass(frozen=True, slots=True)
class VariableType:
    """What a rule may do with a variable; `levels` are a category's. A `code` is text that is compared as a whole."""

    kind: Literal["number", "date", "category", "text", "code"]
    levels: tuple[str, ...] = ()


def parse(text: str) -> Rule:
    """Parse a rule. Raises ProtocolError with the column of the mistake and what was expected there.

    >>> parse("age>=18 AND sex='Male'").names
    ('age', 'sex')
    >>> str(parse("not afp is missing or age in (1,2)"))
    'not (afp is missing) or age in (1, 2)'
    """
    return Rule(parse_text(text))


def rule_types(protocol: Protocol) -> dict[str, VariableType]:
    """The type of every variable and derived variable of a study, in the study file's order."""
    types: dict[str, VariableType] = {}
    for name, spec in (*protocol.variables.items(), *protocol.derived.items()):
        match spec:
            case Number() | Span() | Score():
                types[name] = VariableType("number")
            case Date() | RowDate():
                types[name] = VariableType("date")
            case FreeText():
                types[name] = VariableType("text")
            case Category() | Cut() | Flag() | Regroup() | Choose() | Stage():
                types[name] = VariableType("category", tuple(dict.fromkeys(spec.levels)))
            case _:
                assert_never(spec)
    return types


def check_types(rule: Rule, types: Mapping[str, VariableType]) -> tuple[str, ...]:
    """Every mistake of name and type, `column 7: found ...; expected ...`; none if the rule can be used."""
    return tuple(
        f"column {column}: {text}"
        for part in conditions_of(rule.root)
        for column, text in _mistakes(part, types)
    )


def _mistakes(part: Condition, types: Mapping[str, VariableType]) -> Iterator[tuple[int, str]]:
    """The mistakes of one comparison: (column, text)."""
    unknown = [variable for variable in variables_of(part) if variable.name not in types]
    for variable in unknown:
        near = did_you_mean(variable.name, list(types))
        yield variable.column, f"found '{variable.name}'; expected the name of a variable{near}"
    if unknown or isinstance(part, Missing):
        return
    name, kind = part.variable.name, types[part.variable.name].kind
    if kind == "text":
        yield (
            part.variable.column,
            f"found free text '{name}' compared; expected '{name} is missing' (or 'is not missing')",
        )
        return
    ordered = isinstance(part, Between) or (isinstance(part, Comparison) and part.sign not in ("=", "!="))
    if kind in ("category", "code") and ordered:
        yield (
            part.variable.column,
            f"found {kind} '{name}' put in order; expected =, !=, in (...) or not in (...)",
        )
        return
    operands = {Comparison: ("value",), Between: ("low", "high")}
    values = (
        part.values if isinstance(part, Membership) else [getattr(part, key) for key in operands[type(part)]]
    )
    mistakes = [(value.column, _misfit(name, types[name], value, types)) for value in values]
    yield from ((column, text) for column, text in mistakes if text)
    if isinstance(part, Between) and _reversed(part.low.value, part.high.value):
        yield part.low.column, f"found {part.low} before {part.high}; expected the lower end first"


def _reversed(low: Value, high: Value) -> bool:
    """Whether two ends of the same type stand in the wrong order."""
    if isinstance(low, (int, float)) and isinstance(high, (int, float)):
        return low > high
    return isinstance(low, date) and isinstance(high, date) and low > high


def _misfit(
    name: str, of: VariableType, value: Constant | Variable, types: Mapping[str, VariableType]
) -> str:
    """What is wrong with comparing a variable of this type with this value, or nothing."""
    if isinstance(value, Variable):
        other = types[value.name].kind
        if of.kind == "category":
            return f"found variable '{value.name}'; expected a level of '{name}' in quotes"
        return (
            "" if other == of.kind else f"found {other} '{value.name}'; expected a {of.kind}, as '{name}' is"
        )
    held = value.value
    if of.kind == "number":
        if isinstance(held, (int, float)):
            return ""
        hint = f" (without quotes: {held})" if isinstance(held, str) and _is_number(held) else ""
        return f"found {value}; expected a number, as '{name}' is{hint}"
    if of.kind == "date":
        if isinstance(held, date):
            return ""
        hint = f" (without quotes: {held})" if isinstance(held, str) and _is_day(held) else ""
        return f"found {value}; expected a date as YYYY-MM-DD{hint}"
    if of.kind == "code":
        return "" if isinstance(held, str) else f'found {value}; expected text in quotes ("{value}")'
    if isinstance(held, str) and held in of.levels:
        return ""
    if not isinstance(held, str) and str(value) in of.levels:
        return f"found {value}; expected a level of '{name}' in quotes (\"{value}\")"
    levels = ", ".join(f'"{level}"' for level in of.levels)
    near = did_you_mean(held, of.levels, wrap='"') if isinstance(held, str) else ""
    return f"found {value}; expected a level of '{name}': {levels}{near}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _expression(node: Node) -> pl.Expr:
    """A condition as a Polars expression; Polars' `&`, `|` and `~` are Kleene's."""

    def operand(value: Constant | Variable) -> pl.Expr:
        return pl.col(value.name) if isinstance(value, Variable) else pl.lit(value.value)

    match node:
        case Comparison(variable, sign, value):
            held: pl.Expr = COMPARE[sign](operand(variable), operand(value))
            return held
        case Between(variable, low, high):
            return (operand(variable) >= operand(low)) & (operand(variable) <= operand(high))
        case Membership(variable, values, negated):
            # Equalities joined by `or`, not is_in: no list whose type must suit both 1 and 1.5.
            inside = functools.reduce(operator.or_, (operand(variable) == operand(value) for value in values))
            return ~inside if negated else inside
        case Missing(variable, negated):
            return operand(variable).is_not_null() if negated else operand(variable).is_null()
        case Not(part):
            return ~_expression(part)
        case And(parts):
            return functools.reduce(operator.and_, (_expression(part) for part in parts))
        case Or(parts):
            return functools.reduce(operator.or_, (_expression(part) for part in parts))
