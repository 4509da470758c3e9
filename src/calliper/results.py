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
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

COLUMNS = ("key", "analysis", "population", "group", "variable", "level", "stat", "at", "value", "unit")
"""A row as a line of a table: its address, the parts of the address, its value."""

CONVENTIONS = "conventions"
"""The analysis of a study under other software conventions; docs/results.md."""

MULTIPLICITY = "multiplicity"
"""The analysis of the declared secondary tests, adjusted for their number; docs/results.md."""

STUDY = "study"
"""The study's own choices, beside the named conventions."""

NOT_ESTIMATED = "not estimated"
"""The conclusion of a number that cannot be estimated."""

INCLUDED = "included"
"""The population of the patients who are in the study."""


RATES = {"ORR": ("CR", "PR"), "DCR": ("CR", "PR", "SD")}
"""Objective response and disease control, and the categories that each counts."""


def within(name: str, part: str) -> str:
    """The population of rows about a part of a named population: its name alone where they are about all of it.

    >>> within("per_protocol", "included"), within("per_protocol", "evaluable")
    ('per_protocol', 'per_protocol.evaluable')
    """
    return name if part == INCLUDED else f"{name}.{part}"


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
        return (
            f"{self.analysis}/{self.population}/{self.group}/{self.variable}/{self.level}/{self.stat}{where}"
        )


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


FlipKind = Literal["p", "interval", "quantile", "limit", "estimate", "factors"]
"""`p`: a P value on the other side of the level of significance. `interval`: one that holds no effect, or does not.
`quantile`, `limit`: a time that is reached, or is not; a limit of it. `estimate`: what can be estimated, or cannot.
`factors`: other factors chosen for a model."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A conclusion that depends on whose choices are made where good software differs.

    `row` is the number it is about, as the study made it (or the first convention that could); `beside` are the
    keys of its limits. `conclusions` has the words for each: `study`, then `r`, `sas`, `spss`, where they differ
    from the study.
    """

    kind: FlipKind
    row: Row
    beside: tuple[str, ...]
    conclusions: Mapping[str, str]

    @property
    def keys(self) -> tuple[str, ...]:
        """The number and its limits."""
        return (self.row.key, *self.beside)


@dataclass(frozen=True, slots=True)
class Seen:
    """A scan of one patient: its day, its response, and the percent change of the sum from baseline (None: no sum)."""

    day: int
    response: str
    change: float | None


@dataclass(frozen=True, slots=True)
class Treated:
    """A treatment of one patient, by its name in the study file; a session begins and ends on one day.

    `last_day` is None where the treatment is not known to have ended.
    """

    treatment: str
    first_day: int
    last_day: int | None


@dataclass(frozen=True, slots=True)
class Course:
    """What happened to one patient from the start on, as a figure of single patients draws it; days from the start.

    `best` is the best response of the scans that count and `best_change` the largest fall, or else the smallest rise,
    of their sums (percent of baseline). `last_day` ends follow-up; `ending` is `event`, `censored`, the name of a
    competing event, or empty where no follow-up was asked for.
    """

    analysis: str
    patient: str
    arm: str
    best: str
    best_change: float | None
    scans: tuple[Seen, ...]
    treatments: tuple[Treated, ...] = ()
    last_day: int | None = None
    ending: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Facts of single patients, one a line, under the heads of their columns. No statistic is among them."""

    analysis: str
    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]


@dataclass(frozen=True)
class Results:
    """All rows and methods of a study, its conclusions that depend on the convention, and what shows single patients.

    `populations` has, by analysis, the name of the population to which the study limits it, where it does.

    Raises ValueError when two rows share a key, or a value or its `at` is NaN or infinite: what has no number is
    None.
    """

    rows: tuple[Row, ...]
    methods: tuple[Method, ...]
    flips: tuple[Flip, ...] = ()
    courses: tuple[Course, ...] = ()
    listings: tuple[Listing, ...] = ()
    populations: Mapping[str, str] = field(default_factory=dict)
    _index: dict[str, Row] = field(init=False, repr=False, compare=False)
    _of: dict[str, tuple[Row, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        index: dict[str, Row] = {}
        of: dict[str, list[Row]] = {}
        for row in self.rows:
            key = row.key
            if key in index:
                raise ValueError(f"two results share the key {key}")
            if not (_is_sound(row.value) and _is_sound(row.at)):
                raise ValueError(f"the result {key} is not a finite number")
            index[key] = row
            of.setdefault(row.analysis, []).append(row)
        object.__setattr__(self, "_index", index)
        object.__setattr__(self, "_of", {analysis: tuple(rows) for analysis, rows in of.items()})

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def by_key(self) -> Mapping[str, Row]:
        """Every row under its key, in order."""
        return MappingProxyType(self._index)

    def get(self, key: str) -> Row | None:
        """The row with this key, or None."""
        return self._index.get(key)

    def of(self, analysis: str) -> tuple[Row, ...]:
        """The rows of one analysis, in order."""
        return self._of.get(analysis, ())

    def population(self, analysis: str, part: str) -> str:
        """The population of an analysis' rows that are of this part of its patients, as `included` or `evaluable`."""
        name = self.populations.get(analysis)
        return part if name is None else within(name, part)

    def courses_of(self, analysis: str) -> tuple[Course, ...]:
        """The courses of one analysis, in order."""
        return tuple(course for course in self.courses if course.analysis == analysis)

    def listing(self, analysis: str, name: str) -> Listing | None:
        """The listing of this name, or None."""
        return next((held for held in self.listings if (held.analysis, held.name) == (analysis, name)), None)

    def methods_of(self, analysis: str) -> tuple[Method, ...]:
        """The methods of one analysis, in order."""
        return tuple(method for method in self.methods if method.analysis == analysis)

    @property
    def conventions(self) -> tuple[str, ...]:
        """The software conventions, other than its own, under which the study was analysed again."""
        choices = (made.subject for made in self.methods_of(CONVENTIONS) if made.name == "choices")
        return tuple(subject for subject in choices if subject != STUDY)

    def under(self, convention: str, key: str) -> Row | None:
        """The number with this key under a convention: the study's own, unless rows say that it differs."""
        rows = {name: self.get(f"{CONVENTIONS}/{name}/{key}") for name in (STUDY, *self.conventions)}
        is_the_studys = convention == STUDY or convention not in rows or not any(rows.values())
        return self.get(key) if is_the_studys else rows[convention]

    def to_polars(self) -> pl.DataFrame:
        """One row a statistic, with COLUMNS."""
        import polars as pl

        columns = {name: [getattr(row, name) for row in self.rows] for name in COLUMNS}
        schema = {name: pl.Float64 if name in {"at", "value"} else pl.String for name in COLUMNS}
        return pl.DataFrame(columns, schema=schema)


def _is_sound(number: float | None) -> bool:
    return number is None or math.isfinite(number)


def join(parts: Iterable[Results]) -> Results:
    """Put the results of several analyses together; raises ValueError when keys clash."""
    held = tuple(parts)
    return Results(
        rows=tuple(row for part in held for row in part.rows),
        methods=tuple(method for part in held for method in part.methods),
        flips=tuple(flip for part in held for flip in part.flips),
        courses=tuple(course for part in held for course in part.courses),
        listings=tuple(listing for part in held for listing in part.listings),
        populations={name: limit for part in held for name, limit in part.populations.items()},
    )
