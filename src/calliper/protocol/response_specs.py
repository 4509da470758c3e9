"""Tumour response, recorded or from lesions: endpoints of kind `response`."""

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
from calliper.protocol.spec import Name, Spec, Words, given


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
