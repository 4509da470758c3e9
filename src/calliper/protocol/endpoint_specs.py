"""Endpoints: the key `endpoints` of the study file."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from calliper.disease.response_criteria import (
    MRECIST_2010,
    REFUSED,
    ResponseCriteria,
    criteria,
    refused,
)
from calliper.protocol.dated_tables import DATE_ROLES, WITH_AN_END, DatedTable
from calliper.protocol.deviation_specs import DeviationRule, Preceding
from calliper.protocol.measurement_specs import Measurements
from calliper.protocol.spec import Name, Spec, Words, given
from calliper.protocol.window_specs import AfterEach, Before, DefaultLimits, OnDrug, UntilNext, WindowDay


class Despite(Spec):
    """Keeps of progressions the first that local treatment did not answer (rows of `exposure` with one of `drugs`).

    The first progression itself, where no such treatment followed within `within_days` (its own day is within);
    else the first progression that a scan shows, still or again, after that treatment.
    """

    drugs: tuple[str, ...] = Field(min_length=1)
    within_days: int = Field(ge=1, le=1000)


RefractoryRule = Literal["R1", "R2", "R3", "R4", "R5"]


class Refractory(Spec):
    """The first day on which chemoembolisation has failed, by the rules R1 to R5 of JSH-LCSGJ (2014).

    Sessions are the rows of `exposure` with one of `drugs`. R1 reads the lesions of the scans, R2 the nodules and R3
    the AFP of `visits`, R4 and R5 the sites of new lesions.
    """

    drugs: tuple[str, ...] = Field(min_length=1)
    rules: tuple[RefractoryRule, ...] = Field(default=("R1", "R2", "R3", "R4", "R5"), min_length=1)


class DateSource(Spec):
    """A date taken from a patients' variable (`date`), or the first or last date of a long table's rows.

    `first: responses` / `last: contacts` with `where: {response: [PD]}` keeps only rows with these values. Rows of
    adverse_events, exposure and other_therapy are dated by their start, or with `role: end` by their end. With `arms`
    only patients of these arms have the date (sorafenib is a new therapy for a control patient alone). Visits are read
    after the start, of which day they describe baseline. `despite` keeps a progression that treatment did not answer.
    """

    date: Name | None = None
    first: DatedTable | None = None
    last: DatedTable | None = None
    refractory: Refractory | None = None
    role: Literal["start", "end"] | None = None
    where: dict[Name, tuple[str, ...]] = {}
    despite: Despite | None = None
    arms: tuple[Name, ...] = ()
    reason: Words

    @model_validator(mode="after")
    def _exactly_one_source(self) -> DateSource:
        keys = ("date", "first", "last", "refractory")
        if sum(getattr(self, key) is not None for key in keys) != 1:
            raise ValueError(
                f"found {given(self, *keys)}; expected exactly one of date, first, last and refractory"
            )
        if self.table is None and self.where:
            raise ValueError(f"found where with {given(self, *keys)}; expected where only with first or last")
        if self.despite is not None and (self.first != "responses" or not self.where):
            raise ValueError(
                "found despite; expected it only with first: responses and a where: that says what progression is"
            )
        if self.role is not None and self.table not in WITH_AN_END:
            raise ValueError(
                f"found role: {self.role}; expected it only with first or last of adverse_events, exposure or "
                "other_therapy"
            )
        return self

    @property
    def table(self) -> DatedTable | None:
        """The long table whose rows are read; None for a variable."""
        return self.first or self.last

    @property
    def dated_by(self) -> str:
        """The role that dates the table's rows."""
        return self.role or DATE_ROLES[self.table or "contacts"]


class CompetingSource(DateSource):
    """The date of an event after which the endpoint's own can no longer happen; `name` is its cause in results."""

    name: Name

    @model_validator(mode="after")
    def _not_the_event(self) -> CompetingSource:
        if self.name in RESERVED_CAUSES:
            raise ValueError(f"found the name '{self.name}', which results use; expected another name")
        return self


RESERVED_CAUSES = ("event", "censored")
"""What became of a patient besides a competing event."""


class Assessments(Spec):
    """The scans that follow an endpoint: which of them count, and how long a patient may go without one.

    A scan is adequate where its response is one of `adequate`: the recorded text, or with `response` (a response
    endpoint) the category it has there. A patient whose date variable `baseline` is missing or lies after the
    start has no scan that can be judged. An event more than `max_gap_days` after the last adequate scan before
    it (or the start) does not count.
    """

    adequate: tuple[str, ...] = Field(default=("CR", "PR", "SD", "PD", "NONCR_NONPD"), min_length=1)
    response: Name | None = None
    baseline: Name | None = None
    max_gap_days: int | None = Field(default=None, ge=1)


class NewTherapy(Spec):
    """The start of new anticancer therapy, the earliest of `first_of`.

    It ends the assessment: the time is censored at the last adequate scan on or before it. With `effect: ignore`
    it changes nothing (treatment policy), and the report says so.
    """

    first_of: tuple[DateSource, ...] = Field(min_length=1)
    effect: Literal["censor_at_last_assessment", "ignore"] = "censor_at_last_assessment"


class RecordedTime(Spec):
    """A time and what ended it, already in the records: variables, or rows of the `times` table.

    `event` is a 0/1 variable. Or `cause` is a category, and `causes` says of each of its levels whether it is the
    `event`, `censored`, or a competing event, by a name of its own.
    """

    time: Name | None = None
    event: Name | None = None
    cause: Name | None = None
    causes: dict[str, Name] = {}
    parameter: str | None = None

    @model_validator(mode="after")
    def _variables_or_parameter(self) -> RecordedTime:
        has_ending = (self.event is None) != (self.cause is None)
        if (self.parameter is None) == (self.time is None) or (self.time is not None) != has_ending:
            raise ValueError(
                f"found {given(self, 'time', 'event', 'cause', 'parameter')}; "
                "expected time and event (two variables), time and cause, "
                "or parameter (a value of the times table)"
            )
        if (self.cause is None) == bool(self.causes):
            found = "causes without cause" if self.causes else "cause without causes"
            raise ValueError(f"found {found}; expected both together")
        if self.causes and "event" not in self.causes.values():
            raise ValueError("found no level that is the event; expected LEVEL: event among causes")
        return self


class TimeToEvent(Spec):
    """A time-to-event endpoint, recorded or from dates.

    From dates: the earliest of `events` on or before the cut-off is the event, unless one of `competing` came
    before it. Otherwise the time is censored at the latest date of the first entry of `censor` that has one, and
    never after the cut-off; where `assessments` are declared, `censor` may be left out, and the last adequate scan
    (or else the start) censors. `start` is the index date from which follow-up is read; `counted_from` moves day 0
    to a later date, as the first response. Times are counted in days and shown in `unit` (a month is 30.4375
    days, a year 365.25); `add_one_day` counts the first day as day 1.
    """

    kind: Literal["time_to_event"]
    label: Words
    short: Words
    unit: Literal["days", "weeks", "months", "years"]
    recorded: RecordedTime | None = None
    start: Name | None = None
    counted_from: DateSource | None = None
    events: tuple[DateSource, ...] = ()
    competing: tuple[CompetingSource, ...] = ()
    assessments: Assessments | None = None
    new_therapy: NewTherapy | None = None
    censor: tuple[DateSource, ...] = ()
    add_one_day: bool = False
    event_label: Words = "events"

    @model_validator(mode="after")
    def _recorded_or_dates(self) -> TimeToEvent:
        ends = bool(self.censor) or self.assessments is not None
        from_dates = self.start is not None and bool(self.events) and ends
        keys = ("start", "counted_from", "competing", "assessments", "new_therapy", "add_one_day")
        strays = given(self, *keys) != given(self)
        if (self.recorded is None) != from_dates or (self.recorded is not None and strays):
            raise ValueError(
                f"found {given(self, 'recorded', 'start', 'events', 'censor', *keys[1:])}; "
                "expected recorded alone, or start with events and censor (or assessments)"
            )
        if self.new_therapy is not None and self.assessments is None:
            raise ValueError(
                "found new_therapy without assessments; expected assessments:, as it censors at the last of them"
            )
        return self

    @property
    def competing_causes(self) -> dict[str, str]:
        """Every competing event by its name, the cause in the endpoint's rows, with its words."""
        if self.recorded is not None:
            names = dict.fromkeys(self.recorded.causes.values())
            return {name: name.replace("_", " ") for name in names if name not in RESERVED_CAUSES}
        words: dict[str, str] = {}
        for source in self.competing:
            words.setdefault(source.name, source.reason)
        return words

    @property
    def causes(self) -> dict[str, str]:
        """The endpoint's own event, `event`, and every competing one by their names in its rows, with their words."""
        return {"event": self.event_label, **self.competing_causes}


class Landmark(Spec):
    """One assessment time: a patients' variable, the scans by visit name or by day window, or the best response.

    In a window (days from `Response.start`, both ends inside) the evaluable scan nearest to `day` counts; a
    tie goes to the earlier. Progression at or before that scan is carried forward. `best` is the best response of
    all scans up to progression, new therapy or cut-off; `confirmed` by a later scan.
    """

    label: Words
    variable: Name | None = None
    visit: str | None = None
    day: int | None = None
    window: tuple[int, int] | None = None
    only_record: bool = False
    best: Literal["unconfirmed", "confirmed"] | None = None

    @model_validator(mode="after")
    def _exactly_one_way(self) -> Landmark:
        held = (self.variable, self.visit, self.day, self.best)
        if sum(way is not None for way in held) + self.only_record != 1:
            raise ValueError(
                f"found {given(self, 'variable', 'visit', 'day', 'only_record', 'best')}; "
                "expected exactly one of variable, visit, day (with window), only_record and best"
            )
        if (self.day is None) != (self.window is None):
            raise ValueError(f"found {given(self, 'day', 'window')}; expected day and window together")
        if self.window is not None and self.day is not None:
            low, high = self.window
            if not low <= self.day <= high:
                text = f"found day {self.day} outside its window [{low}, {high}]"
                raise ValueError(f"{text}; expected a window that holds it")
        return self


RESPONSE_CATEGORIES = ("CR", "PR", "SD", "PD", "NE")


def _known_criteria(name: object) -> object:
    """Refuse a name that is often written and names no criteria."""
    if refused(str(name)) == "mRECIST1.1":
        raise ValueError(f"found '{name}'; expected other criteria: {REFUSED['mRECIST1.1']}")
    return name


def _known_rules(name: object) -> object:
    """Refuse rules that are met and not taken, each with its reason."""
    if (known := refused(str(name))) is not None:
        raise ValueError(f"found '{name}'; expected other criteria: {REFUSED[known]}")
    return name


class Thresholds(Spec):
    """Single fields of the rules, changed. Sizes are millimetres, spans days."""

    pr_decrease_percent: float | None = Field(default=None, gt=0, lt=100)
    pd_increase_percent: float | None = Field(default=None, gt=0, le=1000)
    pd_absolute_mm: float | None = Field(default=None, ge=0, le=100)
    reappear_mm: float | None = Field(default=None, ge=0, le=100)
    target_min_mm: float | None = Field(default=None, ge=0, le=100)
    too_small_mm: float | None = Field(default=None, ge=0, le=100)
    node_normal_mm: float | None = Field(default=None, gt=0, le=100)
    node_target_mm: float | None = Field(default=None, gt=0, le=100)
    porta_hepatis_node_mm: float | None = Field(default=None, gt=0, le=100)
    new_lesion_mm: float | None = Field(default=None, ge=0, le=100)
    new_lesion_growth_mm: float | None = Field(default=None, gt=0, le=100)
    max_targets: int | None = Field(default=None, ge=1, le=100)
    max_targets_per_organ: int | None = Field(default=None, ge=1, le=100)
    baseline_max_age_days: int | None = Field(default=None, ge=0, le=1000)
    baseline_oldest_days: int | None = Field(default=None, ge=0, le=1000)
    assessment_days: int | None = Field(default=None, ge=0, le=100)
    confirm_days: int | None = Field(default=None, ge=0, le=1000)
    max_ne_between: int | None = Field(default=None, ge=0, le=100)
    takes_sd_between: bool | None = None
    sd_min_days: int | None = Field(default=None, ge=0, le=1000)
    counts_nn_as_sd: bool | None = None
    pd_sum_date: Literal["last", "first"] | None = None


class FromLesions(Spec):
    """The response of each scan, derived from the tables `imaging` and `lesions` by these rules.

    Of several readers, the first of `readers` who read a patient's scans is the reader of them all. Scans after a
    repeated treatment (rows of `exposure` whose drug is one of `repeat_treatment`, after the start) are flagged.
    """

    rules: Annotated[Literal["mRECIST_2010", "RECIST_1_1"], BeforeValidator(_known_rules)]
    change: Thresholds = Thresholds()
    readers: tuple[str, ...] = ()
    repeat_treatment: tuple[str, ...] = ()

    @property
    def criteria(self) -> ResponseCriteria:
        """The rules with the fields of `change` that are given."""
        return criteria(self.rules, {name: value for name, value in self.change if value is not None})


class Response(Spec):
    """Tumour response by landmark, from categories the centres recorded, or derived from lesions.

    `codes` maps recorded text to CR, PR, SD, PD or NE. NE, no scan and missing are not evaluable. Scans after
    `new_therapy` do not count; a patient without a scan in a window who died before its end is said to have died.
    """

    kind: Literal["response"]
    label: Words
    criteria: Annotated[Words, BeforeValidator(_known_criteria)]
    start: Name | None = None
    lesions: FromLesions | None = None
    new_therapy: Name | None = None
    death: Name | None = None
    codes: dict[str, Literal["CR", "PR", "SD", "PD", "NE"]] = {c: c for c in RESPONSE_CATEGORIES}  # type: ignore[misc]
    landmarks: dict[Name, Landmark] = Field(min_length=1)

    @property
    def rules(self) -> ResponseCriteria:
        """The criteria by which lesions are read; of recorded categories the spans of mRECIST (2010)."""
        return MRECIST_2010 if self.lesions is None else self.lesions.criteria

    def moments(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """Those of the landmarks that are moments in time, between which a response may change.

        They are days, visits and variables, but no best response, recorded or not; by day where all have one, else
        as given.
        """
        held = [
            name
            for name in names
            if (landmark := self.landmarks[name]).best is None
            and not landmark.only_record
            and not re.search(r"\bbest\b", f"{name} {landmark.label}".replace("_", " "), re.IGNORECASE)
        ]
        days = {name: self.landmarks[name].day for name in held}
        if all(day is not None for day in days.values()):
            held.sort(key=lambda name: days[name] or 0)
        return tuple(held)


class Term(Spec):
    """One adverse event.

    `values` are the terms of the long table it gathers; `variable` a patients' grade column; `lab` a test of the
    table `labs`, graded by its values. `compare_with` are recorded terms that are held against what the values give;
    `default_limits` stand for limits that are not recorded.
    """

    label: Words
    values: tuple[str, ...] = ()
    variable: Name | None = None
    lab: str | None = None
    compare_with: tuple[str, ...] = ()
    default_limits: DefaultLimits | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Term:
        if bool(self.values) + (self.variable is not None) + (self.lab is not None) != 1:
            raise ValueError(
                f"found {given(self, 'values', 'variable', 'lab')}; expected one of values (of the adverse_events "
                "table), variable (a grade in the patients table) and lab (a test of the labs table)"
            )
        if self.compare_with and self.lab is None:
            raise ValueError("found compare_with without lab; expected lab:, whose grades it is held against")
        if self.default_limits is not None and self.lab is None:
            raise ValueError(
                "found default_limits without lab; expected lab:, the test whose limits they are"
            )
        return self


WINDOWS = ("window_days", "after_each", "until_next", "on_drug")
"""The keys that say when an event of a toxicity endpoint counts: one of them, or none."""


class Toxicity(Spec):
    """Worst grade per patient and term.

    `terms: as recorded` takes every term of the adverse_events table as it stands. With `not_listed: none` a
    patient without a row had no such event; with `unknown` the grade is unknown. With `by: category` the table's
    categories (system organ classes) are counted in place of its terms. One of `window_days` (from `start`),
    `after_each`, `until_next` and `on_drug` says when an event counts, `baseline` what the patient had before,
    `related` and `where` which rows count, `arms` whose events these are, and the first of `followed_to` that a patient
    has how far the patient was followed.
    """

    kind: Literal["toxicity"]
    label: Words
    dictionary: Words
    version: Words
    terms: dict[Name, Term] | Literal["as recorded"]
    by: Literal["term", "category"] = "term"
    not_listed: Literal["none", "unknown"] = "none"
    start: Name | None = None
    window_days: tuple[WindowDay | None, WindowDay | None] | None = None
    after_each: AfterEach | None = None
    until_next: UntilNext | None = None
    on_drug: OnDrug | None = None
    baseline: Before | None = None
    related: tuple[str, ...] = ()
    where: dict[Name, tuple[str, ...]] = {}
    arms: tuple[Name, ...] = ()
    followed_to: tuple[DateSource, ...] = ()

    @model_validator(mode="after")
    def _one_window(self) -> Toxicity:
        held = [key for key in WINDOWS if getattr(self, key) is not None]
        if len(held) > 1:
            raise ValueError(f"found {' and '.join(held)}; expected one of {', '.join(WINDOWS)}")
        return self

    @property
    def window(self) -> str | None:
        """The key that says when an event counts."""
        return next((key for key in WINDOWS if getattr(self, key) is not None), None)

    @property
    def has_opening(self) -> bool:
        """Whether its windows have a first day, before which an event may have been there already."""
        return self.window is not None and (self.window_days is None or self.window_days[0] is not None)

    @property
    def compares(self) -> bool:
        """Whether what was there before counts only where it got worse."""
        return self.baseline is not None and self.baseline.compare


class Treatment(Spec):
    """One treatment: the rows of the exposure table whose drug is one of `drugs`.

    A `session` is done on one day, that of the row's start; a `period` lasts from the row's start to its end.
    """

    label: Words
    drugs: tuple[str, ...] = Field(min_length=1)
    taken: Literal["session", "period"] = Field(alias="as")


class Treatments(Spec):
    """The sessions and periods of treatment of each patient, by day from `start`, in the order of `items`.

    What began before the start (an earlier line) or after the cut-off is not read.
    """

    kind: Literal["treatments"]
    label: Words
    start: Name
    items: dict[Name, Treatment] = Field(min_length=1)


class Exposure(Spec):
    """How long and how much of a drug each patient took, from the rows of `exposure` whose drug is one of `drugs`.

    A row is a period on one daily dose in mg, both days inside; 0 is a pause. One without an end lasts to the cut-off
    or the earliest date of `until`, if sooner: `last` is when the patient was last seen, and may take the drug still;
    `date` and `first` (as death) end it. Doses before `start` and after the cut-off do not count. `arms` were to have
    the drug; all unless said.
    """

    kind: Literal["exposure"]
    label: Words
    start: Name
    drugs: tuple[str, ...] = Field(min_length=1)
    planned_mg_per_day: float = Field(gt=0, le=1_000_000)
    until: tuple[DateSource, ...] = ()
    arms: tuple[Name, ...] = ()


VISIT_WORDS = {"imaging": "scan", "responses": "assessment", "visits": "visit", "contacts": "contact"}
"""What one visit of each table is called."""


class Schedule(Spec):
    """The visits of each patient, held against when they were due: rows of a table (`where` keeps some), after `start`.

    Rows of one day are one visit. From the visit before (`anchor: previous`; the first from the start) a visit is due
    after `due` days, on time after `on_time`, late up to `late_until`, and later than that it comes after missed ones,
    both ends inside; with `anchor: start` visit k is due after k times `due`. Follow-up ends on the earliest date of
    `until` or at the cut-off, and what comes after it does not count. Each role of `content` says of a visit whether
    something was done. With `response`, an endpoint that is derived from lesions, its assessments are the `responses`.
    """

    kind: Literal["schedule"]
    label: Words
    start: Name
    visits: Literal["imaging", "visits", "responses", "contacts"]
    where: dict[Name, tuple[str, ...]] = {}
    due: tuple[int, int]
    on_time: tuple[int, int]
    late_until: int = Field(le=10_000)
    anchor: Literal["previous", "start"] = "previous"
    until: tuple[DateSource, ...] = ()
    content: tuple[Name, ...] = ()
    response: Name | None = None

    @model_validator(mode="after")
    def _days_in_order(self) -> Schedule:
        earliest, latest = self.on_time
        if not 0 < earliest <= self.due[0] <= self.due[1] <= latest <= self.late_until:
            raise ValueError(
                f"found due {list(self.due)}, on_time {list(self.on_time)} and late_until {self.late_until}; expected "
                "the days due inside those on time, and late_until not before them"
            )
        return self

    @property
    def visit(self) -> str:
        """What one visit is called, a scan as a contact."""
        return VISIT_WORDS[self.visits]


class Deviations(Spec):
    """Where the records show that the protocol was not kept: each rule judged on each row that it is about.

    Rows dated before `start` or after the cut-off are not judged. A rule names the row's own columns, `nth` and
    `days_since_previous` among the patient's rows it judges, `day` from the start, the patient's variables, `arm` and
    `centre`. Each entry of `dates` (a date of the patient) and of `preceding` (of the latest row before the judged one)
    is a date NAME and a number `days_after_NAME`, from it to the row's own date. With `response`, an endpoint that is
    derived from lesions, its scans are the responses they read.
    """

    kind: Literal["deviations"]
    label: Words
    start: Name | None = None
    response: Name | None = None
    dates: dict[Name, DateSource] = {}
    preceding: dict[Name, Preceding] = {}
    rules: tuple[DeviationRule, ...] = Field(min_length=1)


Endpoint = Annotated[
    TimeToEvent | Response | Toxicity | Treatments | Exposure | Schedule | Deviations | Measurements,
    Field(discriminator="kind"),
]
