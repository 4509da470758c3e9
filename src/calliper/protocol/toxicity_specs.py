"""Adverse events and graded laboratory values: endpoints of kind `toxicity`."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from calliper.protocol.spec import Name, Spec, Words, given
from calliper.protocol.time_specs import DateSource
from calliper.protocol.window_specs import AfterEach, Before, DefaultLimits, OnDrug, UntilNext, WindowDay


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
