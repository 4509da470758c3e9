"""Measurements over time: which are followed, and in which windows of days one value of each patient is read."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal

from pydantic import Field, model_validator

from calliper.protocol.spec import Name, Spec, Words, given
from calliper.protocol.window_specs import WindowDay

VISIT_NUMBERS = ("child_points", "ecog", "nodules", "afp")
"""Roles of the table visits that hold numbers."""


class Measured(Spec):
    """One measurement: a test of `labs`, shown in `unit`, a role of `visits` that is a number, or a score.

    The ALBI score is that of bilirubin and albumin of one day, the two tests of `labs`.
    """

    label: Words
    lab: str | None = None
    visit: str | None = None
    score: Literal["hcc.albi"] | None = None
    unit: Words | None = None
    decimals: int = Field(default=1, ge=0, le=6)

    @model_validator(mode="after")
    def _one_table(self) -> Measured:
        if sum(way is not None for way in (self.lab, self.visit, self.score)) != 1:
            raise ValueError(
                f"found {given(self, 'lab', 'visit', 'score')}; expected one of lab (a test of the labs table), visit "
                "(a role of the visits table) and score"
            )
        if self.lab is not None and self.unit is None:
            raise ValueError("found lab without unit; expected unit:, in which its values are shown")
        return self


class Moment(Spec):
    """A window of days from the start, both ends inside: the value nearest to `day` counts, a tie goes to the earlier.

    Without `day` the last one counts. Of two values of one day the later row counts.
    """

    label: Words
    days: tuple[WindowDay, WindowDay]
    day: WindowDay | None = None

    @model_validator(mode="after")
    def _day_inside(self) -> Moment:
        low, high = self.days
        if low > high:
            raise ValueError(f"found days {[low, high]}; expected the lower end first")
        if self.day is not None and not low <= self.day <= high:
            raise ValueError(f"found day {self.day} outside {[low, high]}; expected days that hold it")
        return self


class Measurements(Spec):
    """One value of each item a patient and window; the first window is what the others are held against."""

    kind: Literal["measurements"]
    label: Words
    start: Name
    items: dict[Name, Measured] = Field(min_length=1)
    windows: dict[Name, Moment] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Measurements:
        held = list(self.windows.items())
        for (one, earlier), (other, later) in pairwise(held):
            if later.days[0] <= earlier.days[1]:
                raise ValueError(
                    f"found window '{other}' from day {later.days[0]}, and '{one}' up to day {earlier.days[1]}; "
                    "expected windows one after the other, so that no value counts twice"
                )
        return self
