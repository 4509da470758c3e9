"""Checks of a study's own: the key `checks` of the study file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from calliper.protocol.spec import Name, Spec, Words, given

CheckedTable = Literal["responses", "adverse_events", "contacts", "exposure", "imaging", "visits"]
"""The long tables whose rows have a date."""

NUMBERS_OF = {"visits": ("ecog", "child_points", "nodules", "afp"), "exposure": ("dose",)}
"""The roles of long tables that hold numbers which may be followed."""


class DatesCheck(Spec):
    """Rows of long tables dated before a date variable (birth), or many days after the data cut-off."""

    tables: tuple[CheckedTable, ...] = Field(min_length=1)
    not_before: Name | None = None
    days_after_cutoff: int | None = Field(default=None, ge=0, le=36525)

    @model_validator(mode="after")
    def _says_a_limit(self) -> DatesCheck:
        if self.not_before is None and self.days_after_cutoff is None:
            raise ValueError("found no limit; expected not_before, days_after_cutoff or both")
        return self


class Jump(Spec):
    """A number that is more than `fold` times, or less than one `fold`-th of, the patient's value before.

    Values at most `within_days` apart are compared, where the larger is above `above`.
    """

    table: Literal["visits", "exposure"]
    role: Name
    fold: float = Field(gt=1, le=1e6)
    within_days: int = Field(ge=1, le=36525)
    above: float = Field(default=0, ge=0)


class Check(Spec):
    """What is looked for in the records: each patient or row it is true of becomes a query.

    A `rule` of the patients' variables; patients who have the `same` values; `dates` of long tables that cannot be;
    a `jump` of a number.
    """

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+$", max_length=20)]
    text: Words
    rule: Words | None = None
    same: tuple[Name, ...] = ()
    dates: DatesCheck | None = None
    jump: Jump | None = None

    @model_validator(mode="after")
    def _exactly_one_way(self) -> Check:
        keys = ("rule", "same", "dates", "jump")
        if sum(getattr(self, key) not in (None, ()) for key in keys) != 1:
            raise ValueError(
                f"found {given(self, *keys)}; expected exactly one of rule, same, dates and jump"
            )
        return self
