"""Times to events, recorded or from dates: endpoints of kind `time_to_event`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from calliper.protocol.dated_tables import DATE_ROLES, WITH_AN_END, DatedTable
from calliper.protocol.spec import Name, Spec, Words, given


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
