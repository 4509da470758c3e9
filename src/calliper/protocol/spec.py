"""What every key of the study file shares: names, words, days, units of time, and the refusal of unknown keys."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
"""An identifier used in rules and result keys: lower case letters, digits, underscore."""

Words = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


DAYS_PER_UNIT = {"days": 1.0, "weeks": 7.0, "months": 30.4375, "years": 365.25}
"""Days in one unit: a year is the Julian year, a month its twelfth."""


class Spec(BaseModel):
    """The base of every key of the study file."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


def given(spec: Spec, *keys: str) -> str:
    """Which of these keys a spec has, for the message about the wrong ones."""
    return (
        " and ".join(key for key in keys if getattr(spec, key) not in (None, (), False)) or "none of its keys"
    )


def _calendar_date(value: object) -> object:
    """Read a date here: pydantic would also take text for seconds since 1970."""
    if not isinstance(value, str):
        return value
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError(f"found '{value}'; expected a date of the calendar as YYYY-MM-DD")


Day = Annotated[date, BeforeValidator(_calendar_date)]
"""A calendar date, written YYYY-MM-DD."""
