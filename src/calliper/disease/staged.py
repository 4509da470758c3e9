"""What every score gives: points, stage, and the reason in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Staged:
    """What one patient's items come to.

    `score` is the number, None where a score has none or it cannot be computed. `stage` is the class, grade
    or group, None where unknown. `reason` says in words which items decided, or what is missing.
    """

    score: float | None
    stage: str | None
    reason: str


def not_recorded(items: Mapping[str, object]) -> Staged:
    """No stage, for want of the items that are None.

    >>> not_recorded({"albumin": None, "INR": 1.2, "ascites": None}).reason
    'albumin and ascites are not recorded'
    """
    absent = [name for name, value in items.items() if value is None]
    named = " and ".join([", ".join(absent[:-1]), absent[-1]] if len(absent) > 1 else absent)
    return Staged(None, None, f"{named} {'is' if len(absent) == 1 else 'are'} not recorded")
