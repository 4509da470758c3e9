"""What an analysis hands to a display: rows of numbers, and how each was made.

A `Row` is one statistic at full precision; nothing here rounds and nothing here is text for print. Its key
(analysis, population, group, variable, level, stat, at) is unique in a `Results`. A curve is rows that differ in `at`.

A stat is a measure, or `measure.method` where several methods give the same measure: `p.welch`, `p.fisher`,
`lower.wilson`. The method half names the `Method` that made it. docs/results.md lists the vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("key", "analysis", "population", "group", "variable", "level", "stat", "at", "value", "unit")
"""A row as a line of a table: its address, the parts of the address, its value."""

Parameter = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Row:
    """One statistic. `value` is None where the statistic exists but is not reached (a median, a limit)."""

    analysis: str
    population: str
    group: str
    variable: str
    level: str
    stat: str
    value: float | None
    at: float | None = None
    unit: str = ""

    @property
    def key(self) -> str:
        """The row's address, `analysis/population/group/variable/level/stat[@at]`, unique in a study."""
        where = "" if self.at is None else f"@{self.at:.12g}"
        path = (self.analysis, self.population, self.group, self.variable, self.level, self.stat)
        return "/".join(path) + where


@dataclass(frozen=True, slots=True)
class Method:
    """How the rows of one analysis with this method name were made.

    `sentence` is generated from the fields that drove the code. `failure` is the sentence printed where the numbers
    would stand when the data cannot support the method (for `subject`, a variable or comparison, if one is named).
    """

    analysis: str
    name: str
    sentence: str
    subject: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    n_used: int | None = None
    n_excluded: int = 0
    why_excluded: str = ""
    warnings: tuple[str, ...] = ()
    failure: str = ""


@dataclass(frozen=True)
class Results:
    """All rows and methods of a study.

    Raises ValueError when two rows share a key, or a value or its `at` is NaN or infinite: what has no number is
    None.
    """

    rows: tuple[Row, ...]
    methods: tuple[Method, ...]
    _index: dict[str, Row] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, Row] = {}
        for row in self.rows:
            if row.key in index:
                raise ValueError(f"two results share the key {row.key}")
            if not all(math.isfinite(number) for number in (row.value, row.at) if number is not None):
                raise ValueError(f"the result {row.key} is not a finite number")
            index[row.key] = row
        object.__setattr__(self, "_index", index)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def get(self, key: str) -> Row | None:
        """The row with this key, or None."""
        return self._index.get(key)

    def of(self, analysis: str) -> tuple[Row, ...]:
        """The rows of one analysis, in order."""
        return tuple(row for row in self.rows if row.analysis == analysis)

    def methods_of(self, analysis: str) -> tuple[Method, ...]:
        """The methods of one analysis, in order."""
        return tuple(method for method in self.methods if method.analysis == analysis)

    def to_polars(self) -> pl.DataFrame:
        """One row a statistic, with COLUMNS."""
        import polars as pl

        columns = {name: [getattr(row, name) for row in self.rows] for name in COLUMNS}
        schema = {name: pl.Float64 if name in {"at", "value"} else pl.String for name in COLUMNS}
        return pl.DataFrame(columns, schema=schema)


def join(parts: Iterable[Results]) -> Results:
    """Put the results of several analyses together; raises ValueError when keys clash."""
    held = tuple(parts)
    return Results(
        rows=tuple(row for part in held for row in part.rows),
        methods=tuple(method for part in held for method in part.methods),
    )
