"""Variables and derived variables: the keys `variables` and `derived` of the study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from calliper.disease.plausible import PLAUSIBLE, bounds
from calliper.disease.schemes import SCHEMES
from calliper.protocol.dated_tables import DATE_ROLES, WITH_AN_END, DatedTable
from calliper.protocol.mistakes import did_you_mean, one_of
from calliper.protocol.spec import Day, Name, Spec, Words, given

Bounds = tuple[float | None, float | None]


class Number(Spec):
    """A measurement. Outside `range` is an error; outside `plausible` is a query. Both ends are inside.

    Either may name the possible (`range`) and the usual values of a measurement: `plausible: hcc.diameter`, which are
    then taken in the variable's unit.
    """

    type: Literal["number", "integer"]
    column: str
    label: Words
    unit: str | None = None
    range: Bounds | None = None
    plausible: Bounds | None = None
    required: bool = False
    decimals: int = Field(default=1, ge=0, le=6)

    @field_validator("range", "plausible", mode="before", json_schema_input_type=Bounds | str | None)
    @classmethod
    def _by_name(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            # what has been read once is no JSON any more, in which alone a list is a pair
            return tuple(value) if isinstance(value, list) else value
        if value not in PLAUSIBLE:
            near = did_you_mean(value, list(PLAUSIBLE))
            raise ValueError(f"found '{value}'; expected two numbers, or one of {', '.join(PLAUSIBLE)}{near}")
        return bounds(value, "hard" if info.field_name == "range" else "soft", info.data.get("unit"))


class Category(Spec):
    """A category. `codes` maps each value found in the files to its level; the levels' order is theirs."""

    type: Literal["category"]
    column: str
    label: Words
    codes: dict[str, str] = Field(min_length=1)
    required: bool = False

    @property
    def levels(self) -> tuple[str, ...]:
        """The distinct levels, in the order the codes give them."""
        return tuple(dict.fromkeys(self.codes.values()))


class Impute(Spec):
    """How partial dates (2018-11, 2018) are completed: by the rule of what they date, never past their month or year.

    A completed date is moved to the latest of `not_before` and the earliest of `not_after` (date variables) where
    these lie in its month or year. Without this key a partial date is an error.
    """

    field: Literal["death", "last_contact", "progression", "new_therapy", "ae_start", "ae_end", "birth"]
    not_before: tuple[Name, ...] = ()
    not_after: tuple[Name, ...] = ()


class Date(Spec):
    """A calendar date. It may not lie after the data cut-off unless `may_follow_cutoff`.

    Nor before the date variable `not_before`, nor before the patient's last date in the long tables of
    `not_before_last`, each with what its rows must hold: `{contacts: {status: [alive]}, responses: {}}`.
    """

    type: Literal["date"]
    column: str
    label: Words
    range: tuple[Day | None, Day | None] | None = None
    not_before: Name | None = None
    not_before_last: dict[Name, dict[Name, tuple[str, ...]]] = {}
    may_follow_cutoff: bool = False
    impute: Impute | None = None
    required: bool = False


class FreeText(Spec):
    """Text kept as written; it can be tested only for being missing."""

    type: Literal["text"]
    column: str
    label: Words
    required: bool = False


Variable = Annotated[Number | Category | Date | FreeText, Field(discriminator="type")]


class Cut(Spec):
    """Groups of a number.

    With `closed: right` (the default) a value equal to a cut belongs to the lower group.
    """

    cut: Name
    at: tuple[float, ...] = Field(min_length=1)
    labels: tuple[str, ...]
    label: Words
    closed: Literal["right", "left"] = "right"

    @model_validator(mode="after")
    def _one_more_label_than_cuts(self) -> Cut:
        if len(self.labels) != len(self.at) + 1:
            raise ValueError(
                f"found {len(self.labels)} labels for {len(self.at)} cuts; expected {len(self.at) + 1} labels"
            )
        if list(self.at) != sorted(set(self.at)):
            raise ValueError(f"found the cuts {list(self.at)}; expected cuts that rise")
        return self

    @property
    def levels(self) -> tuple[str, ...]:
        """The groups, lowest first."""
        return self.labels


class Flag(Spec):
    """A yes/no variable from a rule; unknown where the rule is unknown.

    `labels` are the levels for true, false.
    """

    rule: Words
    label: Words
    labels: tuple[str, str] = ("Yes", "No")

    @property
    def levels(self) -> tuple[str, ...]:
        """The two levels, the true one first."""
        return self.labels


class Regroup(Spec):
    """Levels of a category put together: `groups` maps each new level to the old ones it holds."""

    regroup: Name
    groups: dict[str, tuple[str, ...]] = Field(min_length=1)
    label: Words

    @property
    def levels(self) -> tuple[str, ...]:
        """The new levels, in the order given."""
        return tuple(self.groups)


class Case(Spec):
    """One level of a `Choose`, taken where `when` is true."""

    when: Words
    level: Words


class Choose(Spec):
    """A category from rules: the level of the first case that is true.

    Unknown where a rule before the first true one is unknown, and where no rule is true.
    """

    cases: tuple[Case, ...] = Field(min_length=1)
    label: Words

    @property
    def levels(self) -> tuple[str, ...]:
        """The distinct levels, in the order of the cases."""
        return tuple(dict.fromkeys(case.level for case in self.cases))


class Span(Spec):
    """A span between two dates, in `unit` (a month is 30.4375 days, a year 365.25).

    With `whole`, the years that a birthday completes.
    """

    from_date: Name
    to_date: Name
    label: Words
    unit: Literal["days", "weeks", "months", "years"] = "days"
    whole: bool = False
    decimals: int = Field(default=1, ge=0, le=6)

    @model_validator(mode="after")
    def _only_years_are_whole(self) -> Span:
        if self.whole and self.unit != "years":
            raise ValueError(f"found whole: true with unit {self.unit}; expected unit: years")
        return self


class Made(Spec):
    """What is made from a disease's score: `items` maps each of its items to a variable."""

    items: dict[Name, Name] = Field(min_length=1)
    version: str | None = None
    label: Words
    compare_with: Name | None = None


class Stage(Made):
    """The stage, class or group of a score; unknown where an item is. `compare_with` is the stage recorded."""

    stage: Name

    @property
    def levels(self) -> tuple[str, ...]:
        """The stages, in the score's order; none where there is no such score."""
        return SCHEMES[self.stage].levels if self.stage in SCHEMES else ()


class Score(Made):
    """The number of a score; unknown where an item is. `compare_with` is the number recorded."""

    score: Name
    decimals: int = Field(default=1, ge=0, le=6)


class RowDate(Spec):
    """A patient's `first` or `last` date in a long table, among the rows that hold what `where` says.

    Rows of adverse_events, exposure and other_therapy are dated by their start, or with `role: end` by their end. Every
    row of the patient is read, whenever it is.
    """

    first: DatedTable | None = None
    last: DatedTable | None = None
    role: Literal["start", "end"] | None = None
    where: dict[Name, tuple[str, ...]] = {}
    label: Words

    @model_validator(mode="after")
    def _one_table(self) -> RowDate:
        if (self.first is None) == (self.last is None):
            raise ValueError(f"found {given(self, 'first', 'last')}; expected exactly one of first and last")
        if self.role is not None and self.table not in WITH_AN_END:
            raise ValueError(
                f"found role: {self.role}; expected it only with first or last of {one_of(list(WITH_AN_END))}"
            )
        return self

    @property
    def table(self) -> DatedTable:
        """The long table whose rows are read."""
        (table,) = (held for held in (self.first, self.last) if held is not None)
        return table

    @property
    def dated_by(self) -> str:
        """The role that dates the table's rows."""
        return self.role or DATE_ROLES[self.table]


Derived = Cut | Flag | Regroup | Choose | Span | Stage | Score | RowDate
