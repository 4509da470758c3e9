"""A dataset and its variables, as data, and names that fit into 8 characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Literal, NamedTuple

import polars as pl

Kind = Literal["text", "integer", "float", "date"]
Origin = Literal["Collected", "Assigned", "Derived"]

TYPES: Mapping[Kind, type[pl.DataType]] = {
    "text": pl.String,
    "integer": pl.Int64,
    "float": pl.Float64,
    "date": pl.Date,
}

LONGEST_NAME = 8
LONGEST_LABEL = 40
"""Both in bytes: what a SAS transport file of version 5 holds."""


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a dataset.

    `label` may be long; `short_label` is what fits. `codes` are its values with their words, in order. `made` says in
    a sentence how it was collected, assigned or derived.
    """

    name: str
    label: str
    kind: Kind
    origin: Origin
    made: str
    codes: tuple[tuple[str, str], ...] = ()

    @property
    def short_label(self) -> str:
        """The label, cut at a word's end to LONGEST_LABEL characters.

        >>> Variable("A", "Days from the start of the follow-up to the event", "text", "Derived", "").short_label
        'Days from the start of the follow-up to'
        """
        if len(self.label) <= LONGEST_LABEL:
            return self.label
        cut = self.label[: LONGEST_LABEL + 1]
        return (cut.rsplit(" ", 1)[0] if " " in cut else cut)[:LONGEST_LABEL].rstrip()


class Column(NamedTuple):
    """A variable, and the expression that gives it from the frame a dataset is made of."""

    variable: Variable
    values: pl.Expr


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: its frame has the columns of `variables`, in their order and of their types.

    Empty text is null, since a transport file cannot tell the two apart. Raises ValueError where frame and variables
    differ, or a name does not fit.
    """

    name: str
    label: str
    frame: pl.DataFrame
    variables: tuple[Variable, ...]

    def __post_init__(self) -> None:
        expected = {variable.name: TYPES[variable.kind] for variable in self.variables}
        if len(expected) != len(self.variables) or dict(self.frame.schema) != expected:
            raise ValueError(f"{self.name}: columns {dict(self.frame.schema)}, expected {expected}")
        for name in (self.name, *expected):
            if not re.fullmatch(r"[A-Z_][A-Z0-9_]{0,7}", name):
                raise ValueError(f"{self.name}: {name!r} is no name of a SAS variable")


def dataset(name: str, label: str, frame: pl.DataFrame, columns: Sequence[Column]) -> Dataset:
    """Make a dataset of these columns of a frame."""
    values = []
    for variable, value in columns:
        held = value.cast(TYPES[variable.kind])
        if variable.kind == "text":
            held = pl.when(held != "").then(held)
        values.append(held.alias(variable.name))
    return Dataset(name, label, frame.select(values), tuple(variable for variable, _ in columns))


def short_name(name: str, taken: Iterable[str], ending: str = "") -> str:
    """A name of at most 8 capital letters and digits with this ending that is not among `taken`.

    >>> short_name("best_confirmed", []), short_name("best_confident", ["BESTCONF"]), short_name("death", [], "DT")
    ('BESTCONF', 'BESTCON2', 'DEATHDT')
    """
    held = set(taken)
    stem = re.sub(r"[^A-Z0-9]", "", name.upper()) or "X"
    stem = stem if stem[0].isalpha() else f"X{stem}"
    for number in count(1):
        tail = ending if number == 1 else f"{number}{ending}"
        made = f"{stem[: LONGEST_NAME - len(tail)]}{tail}"
        if made not in held:
            return made
    raise AssertionError("numbers do not end")


def short_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Each name and its short one, all of them different."""
    held, made = set(taken), {}
    for name in names:
        made[name] = short_name(name, held)
        held.add(made[name])
    return made
