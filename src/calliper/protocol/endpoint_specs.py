"""Endpoints: the key `endpoints` of the study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from calliper.protocol.spec import Name, Spec, Words, given

DATE_ROLES = {"responses": "date", "adverse_events": "start", "contacts": "date"}
"""The role that dates a row of each table an endpoint may take a date from."""


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
                f"found {given(self, 'date', 'first', 'last')}; expected exactly one of date, first and last"
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
                f"found {given(self, 'time', 'event', 'parameter')}; "
                "expected time and event (two variables), or parameter (a value of the times table)"
            )
        return self


class TimeToEvent(Spec):
    """A time-to-event endpoint, recorded or from dates.

    From dates: the earliest of `events` on or before the cut-off is the event; otherwise the time is censored
    at the latest date of the first entry of `censor` that has one, and never after the cut-off. Times are
    counted in days and shown in `unit` (a month is 30.4375 days, a year 365.25).
    """

    kind: Literal["time_to_event"]
    label: Words
    short: Words
    unit: Literal["days", "weeks", "months", "years"]
    recorded: RecordedTime | None = None
    start: Name | None = None
    events: tuple[DateSource, ...] = ()
    censor: tuple[DateSource, ...] = ()
    event_label: Words = "events"

    @model_validator(mode="after")
    def _recorded_or_dates(self) -> TimeToEvent:
        from_dates = self.start is not None and bool(self.events) and bool(self.censor)
        if (self.recorded is None) != from_dates or (self.recorded is not None and self.start is not None):
            raise ValueError(
                f"found {given(self, 'recorded', 'start', 'events', 'censor')}; "
                "expected recorded alone, or start with events and censor"
            )
        return self


class Landmark(Spec):
    """One assessment time: a patients' variable, or the responses table by visit name or by day window.

    In a window (days from `Response.start`, both ends inside) the evaluable scan nearest to `day` counts; a
    tie goes to the earlier. Progression at or before that scan is carried forward.
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
                f"found {given(self, 'variable', 'visit', 'day', 'only_record')}; "
                "expected exactly one of variable, visit, day (with window) and only_record"
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
    """One adverse event.

    `values` are the terms of the long table it gathers; `variable` a patients' grade column.
    """

    label: Words
    values: tuple[str, ...] = ()
    variable: Name | None = None

    @model_validator(mode="after")
    def _values_or_variable(self) -> Term:
        if bool(self.values) == (self.variable is not None):
            raise ValueError(
                f"found {given(self, 'values', 'variable')}; "
                "expected values (of the adverse_events table), or variable (a grade in the patients table)"
            )
        return self


class Toxicity(Spec):
    """Worst grade per patient and term.

    `terms: as recorded` takes every term of the adverse_events table as it stands. With `not_listed: none` a
    patient without a row had no such event; with `unknown` the grade is unknown. With `by: category` the table's
    categories (system organ classes) are counted in place of its terms.
    """

    kind: Literal["toxicity"]
    label: Words
    dictionary: Words
    version: Words
    terms: dict[Name, Term] | Literal["as recorded"]
    by: Literal["term", "category"] = "term"
    not_listed: Literal["none", "unknown"] = "none"
    start: Name | None = None
    window_days: tuple[int | None, int | None] | None = None


Endpoint = Annotated[TimeToEvent | Response | Toxicity, Field(discriminator="kind")]
