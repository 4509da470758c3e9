"""What is asked of the adverse events of a safety analysis besides terms and grades."""

from __future__ import annotations

from typing import Literal

from calliper.protocol.spec import Spec

ANY_EVENT = "any"
CATEGORY = "category:"
"""In results the variable of any event, and what that of a category begins with; no term is called so."""

EventKind = Literal["serious", "related", "reduced", "interrupted", "stopped", "fatal"]
"""Serious, related to treatment, leading to a lower dose, to an interruption, to stopping treatment, fatal."""

KIND_ROLES: dict[EventKind, str] = {
    "serious": "serious",
    "related": "related",
    "reduced": "action",
    "interrupted": "action",
    "stopped": "action",
    "fatal": "outcome",
}
"""The role of the table adverse_events that says so; a fatal event may also be known by its grade, 5."""

KINDS_IN_WORDS: tuple[EventKind, ...] = ("serious", "related")
"""What the centres' own words say; the others are words of the role itself."""

SafetyFigure = Literal["dots", "grades"]
"""`dots`: the share of patients by arm and its difference; `grades`: bars of the worst grades."""


class EventWords(Spec):
    """The recorded words that say that an event was serious, and that it was related to treatment."""

    serious: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
