"""What a check says of one printed number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calliper.audit.paper.limits import Fit, Limits, fit, told

Verdict = Literal["match", "rounding", "inconsistent", "impossible", "not checkable"]
VERDICTS: tuple[Verdict, ...] = ("match", "rounding", "inconsistent", "impossible", "not checkable")
VERDICT_OF: dict[Fit, Verdict] = {"match": "match", "rounding": "rounding", "neither": "inconsistent"}
"""What how a number fits its limits comes to."""
ACCUSING: tuple[Verdict, ...] = ("inconsistent", "impossible")


@dataclass(frozen=True, slots=True)
class Finding:
    """A printed number, what it should be, and what else would give it.

    `check` is what was asked of it, as `P of the t test`; `found` is what follows from the other printed numbers;
    `how` is the arithmetic; `explanation` is the simplest change that gives the print, or that none does.
    """

    claim: str
    place: str
    what: str
    check: str
    printed: str
    verdict: Verdict
    found: str = ""
    how: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """Another way to get at a number, what it would be, and how far-fetched it is (1 is nearest)."""

    cost: int
    words: str
    limits: Limits


NONE_GIVES_IT = "None of the usual slips gives the printed value."


def explained(ways: list[Way], text: str, *, is_p: bool = False) -> str:
    """The simplest way that gives the printed number; of equal ones the first. None does: that is said."""
    for way in sorted(ways, key=lambda way: way.cost):
        if fit(way.limits, text, is_p=is_p) != "neither":
            return f"{way.words} gives {told(way.limits, text, is_p=is_p)}."
    return NONE_GIVES_IT
