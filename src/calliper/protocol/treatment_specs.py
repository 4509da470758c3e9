"""What was done: endpoints of kinds `treatments`, `exposure` and `schedule`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from calliper.protocol.spec import Name, Spec, Words
from calliper.protocol.time_specs import DateSource


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
