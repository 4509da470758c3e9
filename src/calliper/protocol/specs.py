"""What a study file may say: one class per kind, frozen, unknown keys refused.

Read `Protocol` at the bottom first. Every field is a key of study.yaml; docs/study_file.md shows them in use.
Names that must exist elsewhere in the file are checked in references.py, where the whole file is known.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""An identifier used in rules and result keys: lower case letters, digits, underscore."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class Spec(BaseModel):
    """The base of every key of the study file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def _given(spec: Spec, *keys: str) -> str:
    """Which of these keys a spec has, for the message about the wrong ones."""
    return (
        " and ".join(key for key in keys if getattr(spec, key) not in (None, (), False)) or "none of its keys"
    )


def _as_calendar_date(value: object) -> object:
    """Refuse text that pydantic would take for seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"found '{value}'; expected a date as YYYY-MM-DD")
    return value


Day = Annotated[date, BeforeValidator(_as_calendar_date)]
"""A calendar date, written YYYY-MM-DD."""


# --- the study ----------------------------------------------------------------------------------------------


class Ethics(Spec):
    """Approval and consent, as the report must state them."""

    approval: Words
    consent: Words | None = None


class StudyFacts(Spec):
    """What the study is. `invented: true` labels every page of the report as invented data."""

    title: Words
    short_title: Words | None = None
    design: Literal["retrospective cohort", "prospective cohort", "randomised trial", "single-arm trial"]
    objective: Words | None = None
    period: Words | None = None
    cutoff: Day | None = None
    ethics: Ethics | None = None
    registration: Words | None = None
    funding: Words | None = None
    source: Words | None = None
    invented: bool = False


class Centre(Spec):
    """One hospital. `aliases` are other names the files use for it."""

    label: Words
    aliases: tuple[str, ...] = ()


# --- where the data are -------------------------------------------------------------------------------------


class SourceFile(Spec):
    """One file (or one sheet of a workbook). `path` is relative to the study file.

    `keep` lists, per column, the raw values of the rows that belong to the table; other rows are counted and left.
    """

    path: Words
    sheet: str | None = None
    centre: Name | None = None
    keep: dict[str, tuple[str, ...]] = {}


class TableSource(Spec):
    """One table, stacked from one or many files. `columns` maps a role to the column's header in the files."""

    files: tuple[SourceFile, ...] = Field(min_length=1)
    columns: dict[Name, str]


class Tables(Spec):
    """The tables of a study; only `patients` is required.

    Column roles: patients: patient, [centre]. responses: patient, response, [date], [visit].
    adverse_events: patient, term, [grade], [start], [end], [related], [serious]. times: patient, endpoint, time,
    event. contacts: patient, date, [status]. exposure: patient, [drug], start, end, dose.
    """

    patients: TableSource
    responses: TableSource | None = None
    adverse_events: TableSource | None = None
    times: TableSource | None = None
    contacts: TableSource | None = None
    exposure: TableSource | None = None


class Reading(Spec):
    """How cells are written. Nothing is guessed: text that does not fit is a problem, not a missing value."""

    dates: Literal["iso", "day_first", "month_first"] = "iso"
    decimal: Literal["point", "comma"] = "point"
    missing: tuple[str, ...] = ()
    event_codes: dict[str, Literal[0, 1]] = {"0": 0, "1": 1}
    on_error: Literal["stop", "exclude_record"] = "stop"


# --- variables ----------------------------------------------------------------------------------------------

Bounds = tuple[float | None, float | None]


class Number(Spec):
    """A measurement. Outside `range` is an error; outside `plausible` is a query. Both ends are inside."""

    type: Literal["number", "integer"]
    column: str
    label: Words
    unit: str | None = None
    range: Bounds | None = None
    plausible: Bounds | None = None
    required: bool = False
    decimals: int = Field(default=1, ge=0, le=6)


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


class Date(Spec):
    """A calendar date. It may not lie after the data cut-off unless `may_follow_cutoff`."""

    type: Literal["date"]
    column: str
    label: Words
    range: tuple[Day | None, Day | None] | None = None
    not_before: Name | None = None
    may_follow_cutoff: bool = False
    required: bool = False


class FreeText(Spec):
    """Text kept as written; it can be tested only for being missing."""

    type: Literal["text"]
    column: str
    label: Words
    required: bool = False


Variable = Annotated[Number | Category | Date | FreeText, Field(discriminator="type")]


class Cut(Spec):
    """Groups of a number. With `closed: right` (the default) a value equal to a cut belongs to the lower group."""

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
    """A yes/no variable from a rule; unknown where the rule is unknown. `labels` are the levels for true, false."""

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
    """A span between two dates, in `unit` (a month is 30.4375 days, a year 365.25)."""

    from_date: Name
    to_date: Name
    label: Words
    unit: Literal["days", "weeks", "months", "years"] = "days"
    decimals: int = Field(default=1, ge=0, le=6)


Derived = Cut | Flag | Regroup | Choose | Span


# --- arms and eligibility -----------------------------------------------------------------------------------


class Arm(Spec):
    """One arm. `values` are the raw values of the arm column that mean it."""

    label: Words
    short: Words | None = None
    values: tuple[str, ...] = Field(min_length=1)


class Arms(Spec):
    """How arms are recognised, in printing order. `reference` is the arm others are compared with."""

    column: str
    groups: dict[Name, Arm] = Field(min_length=1)
    reference: Name


class Criterion(Spec):
    """One eligibility criterion.

    An inclusion rule must be true, an exclusion rule must be false. Where the rule is unknown the patient is
    `pending` (out, listed as such), `include`d or `exclude`d.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=20)]
    kind: Literal["inclusion", "exclusion"]
    text: Words
    rule: Words
    unknown: Literal["pending", "include", "exclude"] = "pending"


# --- endpoints ----------------------------------------------------------------------------------------------


class DateSource(Spec):
    """A date taken from a patients' variable (`date`), or the first or last date of a long table's rows.

    `first: responses` / `last: contacts` with `where: {response: [PD]}` keeps only rows with these values.
    """

    date: Name | None = None
    first: Literal["responses", "adverse_events", "contacts"] | None = None
    last: Literal["responses", "adverse_events", "contacts"] | None = None
    where: dict[Name, tuple[str, ...]] = {}
    reason: Words

    @model_validator(mode="after")
    def _exactly_one_source(self) -> DateSource:
        if sum(source is not None for source in (self.date, self.first, self.last)) != 1:
            raise ValueError(
                f"found {_given(self, 'date', 'first', 'last')}; expected exactly one of date, first and last"
            )
        if self.date is not None and self.where:
            raise ValueError("found where with date; expected where only with first or last")
        return self


class RecordedTime(Spec):
    """A time and a 0/1 event already in the records: two variables, or rows of the `times` table."""

    time: Name | None = None
    event: Name | None = None
    parameter: str | None = None

    @model_validator(mode="after")
    def _variables_or_parameter(self) -> RecordedTime:
        if (self.parameter is None) == (self.time is None) or (self.time is None) != (self.event is None):
            raise ValueError(
                f"found {_given(self, 'time', 'event', 'parameter')}; "
                "expected time and event (two variables), or parameter (a value of the times table)"
            )
        return self


class TimeToEvent(Spec):
    """A time-to-event endpoint, recorded or from dates.

    From dates: the earliest of `events` on or before the cut-off is the event; otherwise the time is censored at the
    latest date of the first entry of `censor` that has one, and never after the cut-off. Times are counted in days
    and shown in `unit` (a month is 30.4375 days, a year 365.25).
    """

    kind: Literal["time_to_event"]
    label: Words
    short: Words
    unit: Literal["days", "weeks", "months", "years"]
    recorded: RecordedTime | None = None
    start: Name | None = None
    events: tuple[DateSource, ...] = ()
    censor: tuple[DateSource, ...] = ()
    event_label: Words = "event"

    @model_validator(mode="after")
    def _recorded_or_dates(self) -> TimeToEvent:
        from_dates = self.start is not None and bool(self.events) and bool(self.censor)
        if (self.recorded is None) != from_dates or (self.recorded is not None and self.start is not None):
            raise ValueError(
                f"found {_given(self, 'recorded', 'start', 'events', 'censor')}; "
                "expected recorded alone, or start with events and censor"
            )
        return self


class Landmark(Spec):
    """One assessment time. From a patients' variable, or from the responses table by visit name or by day window.

    In a window (days from `Response.start`, both ends inside) the evaluable scan nearest to `day` counts; a tie goes
    to the earlier. Progression at or before that scan is carried forward.
    """

    label: Words
    variable: Name | None = None
    visit: str | None = None
    day: int | None = None
    window: tuple[int, int] | None = None
    only_record: bool = False

    @model_validator(mode="after")
    def _exactly_one_way(self) -> Landmark:
        ways = (self.variable is not None, self.visit is not None, self.day is not None, self.only_record)
        if sum(ways) != 1:
            raise ValueError(
                f"found {_given(self, 'variable', 'visit', 'day', 'only_record')}; "
                "expected exactly one of variable, visit, day (with window) and only_record"
            )
        if (self.day is None) != (self.window is None):
            raise ValueError(f"found {_given(self, 'day', 'window')}; expected day and window together")
        if (
            self.window is not None
            and self.day is not None
            and not self.window[0] <= self.day <= self.window[1]
        ):
            raise ValueError(
                f"found day {self.day} outside its window {list(self.window)}; expected a window that holds it"
            )
        return self


RESPONSE_CATEGORIES = ("CR", "PR", "SD", "PD", "NE")


class Response(Spec):
    """Tumour response by landmark, from categories the centres recorded.

    `codes` maps recorded text to CR, PR, SD, PD or NE. NE, no scan and missing are not evaluable.
    """

    kind: Literal["response"]
    label: Words
    criteria: Words
    start: Name | None = None
    codes: dict[str, Literal["CR", "PR", "SD", "PD", "NE"]] = {c: c for c in RESPONSE_CATEGORIES}  # type: ignore[misc]
    landmarks: dict[Name, Landmark] = Field(min_length=1)


class Term(Spec):
    """One adverse event. `values` are the terms of the long table it gathers; `variable` a patients' grade column."""

    label: Words
    values: tuple[str, ...] = ()
    variable: Name | None = None

    @model_validator(mode="after")
    def _values_or_variable(self) -> Term:
        if bool(self.values) == (self.variable is not None):
            raise ValueError(
                f"found {_given(self, 'values', 'variable')}; expected values (terms of the adverse_events table) "
                "or variable (a grade in the patients table)"
            )
        return self


class Toxicity(Spec):
    """Worst grade per patient and term.

    `terms: as recorded` takes every term of the adverse_events table as it stands. With `not_listed: none` a patient
    without a row had no such event; with `unknown` the grade is unknown.
    """

    kind: Literal["toxicity"]
    label: Words
    dictionary: Words
    version: Words
    terms: dict[Name, Term] | Literal["as recorded"]
    not_listed: Literal["none", "unknown"] = "none"
    start: Name | None = None
    window_days: tuple[int | None, int | None] | None = None


Endpoint = Annotated[TimeToEvent | Response | Toxicity, Field(discriminator="kind")]


# --- analyses -----------------------------------------------------------------------------------------------


class AnalysisSpec(Spec):
    """What every analysis has: an id (first part of its results' keys) and the title of its table or figure."""

    id: Name
    title: Words | None = None


class BaselineAnalysis(AnalysisSpec):
    """Baseline characteristics by arm. `show` overrides how a number is printed; `tests: none` prints no P value."""

    kind: Literal["baseline"]
    variables: tuple[Name, ...] = Field(min_length=1)
    show: dict[Name, Literal["mean", "median", "both"]] = {}
    default_show: Literal["mean", "median", "both"] = "mean"
    tests: Literal["all", "none"] = "all"


class ResponseAnalysis(AnalysisSpec):
    """Response categories, ORR and DCR by arm at each landmark of a response endpoint."""

    kind: Literal["response"]
    endpoint: Name
    landmarks: tuple[Name, ...] = ()


class SurvivalAnalysis(AnalysisSpec):
    """Kaplan-Meier, log-rank and follow-up of one time-to-event endpoint, by arm or by another category."""

    kind: Literal["survival"]
    endpoint: Name
    by: Name | None = None
    at: tuple[float, ...] = ()
    ticks: tuple[float, ...] = ()
    figure: bool = True


class Model(Spec):
    """One multivariable model: factors named in advance, or those with a univariable P below `p_below`."""

    id: Name
    label: Words
    factors: tuple[Name, ...] = ()
    p_below: float | None = Field(default=None, gt=0, lt=1)

    @model_validator(mode="after")
    def _factors_or_screen(self) -> Model:
        if bool(self.factors) == (self.p_below is not None):
            raise ValueError(f"found {_given(self, 'factors', 'p_below')}; expected factors, or p_below")
        return self


class CoxAnalysis(AnalysisSpec):
    """Cox regression: each factor alone, then each model. `arm` is a factor like any other.

    `references` names a factor's reference level; the default is its first level (the reference arm for `arm`).
    """

    kind: Literal["cox"]
    endpoint: Name
    factors: tuple[Name, ...] = Field(min_length=1)
    references: dict[Name, str] = {}
    models: tuple[Model, ...] = ()
    univariable: bool = True


class SafetyAnalysis(AnalysisSpec):
    """Adverse events by arm and grade, patients counted once by their worst grade."""

    kind: Literal["safety"]
    endpoint: Name
    terms: tuple[Name, ...] = ()
    arms: tuple[Name, ...] = ()
    any_event: bool = False
    grades: bool = True
    test: bool = True


Analysis = Annotated[
    BaselineAnalysis | ResponseAnalysis | SurvivalAnalysis | CoxAnalysis | SafetyAnalysis,
    Field(discriminator="kind"),
]


# --- conventions --------------------------------------------------------------------------------------------


class Conventions(Spec):
    """Choices on which good software disagrees; each overrides the named `convention`."""

    ties: Literal["efron", "breslow"] | None = None
    survival_ci: Literal["plain", "log", "log-log", "logit", "arcsine"] | None = None
    median_ci: Literal["brookmeyer-crowley", "spss"] | None = None
    median_flat: Literal["midpoint", "first"] | None = None
    means: Literal["welch", "pooled"] | None = None


class Protocol(Spec):
    """A whole study file."""

    calliper: Literal[1]
    study: StudyFacts
    centres: dict[Name, Centre] = {}
    reading: Reading = Reading()
    data: Tables
    variables: dict[Name, Variable] = {}
    derived: dict[Name, Derived] = {}
    arms: Arms
    eligibility: tuple[Criterion, ...] = ()
    endpoints: dict[Name, Endpoint] = {}
    analyses: tuple[Analysis, ...] = Field(min_length=1)
    convention: Literal["r", "sas", "spss"] = "r"
    conventions: Conventions = Conventions()
    alpha: float = Field(default=0.05, gt=0, lt=0.5)
    published: str | None = None

    @property
    def confidence(self) -> float:
        """The confidence level of every interval, 1 - alpha."""
        return 1.0 - self.alpha

    def variable(
        self, name: str
    ) -> Number | Category | Date | FreeText | Cut | Flag | Regroup | Choose | Span:
        """A variable or derived variable by name; KeyError if there is none."""
        return self.variables[name] if name in self.variables else self.derived[name]
