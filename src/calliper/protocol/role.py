"""What one column of a table holds: its type, the words or values it may have, and what a blank cell means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Kind = Literal["text", "words", "set", "date", "number", "ratio", "whole", "event"]
"""`set`: several words in a cell; `ratio`: a number, or two with a colon, 2:1; `event`: 1 or 0 by their codes."""


@dataclass(frozen=True, slots=True)
class Role:
    """The role of a column.

    `is_needed`: the study file must map it. `blank` is what a blank cell is: an `error`, a `query` (the row counts for
    nothing), or nothing wrong. `words` has, in small letters with `_` for white space and hyphens, what each word of
    the files means; with `takes_any` other words are read too, as they stand. Numbers lie between `least` and `most`,
    and `called` is what one is called.
    """

    kind: Kind
    is_needed: bool = False
    blank: Literal["error", "query", ""] = ""
    words: Mapping[str, str] = field(default_factory=dict)
    takes_any: bool = False
    least: int | None = None
    most: int | None = None
    called: str = ""

    @property
    def meanings(self) -> tuple[str, ...]:
        """Every value that a cell can be read as; none where any text or number may stand."""
        if self.kind == "whole" and self.least is not None and self.most is not None:
            return tuple(str(value) for value in range(self.least, self.most + 1))
        return () if self.takes_any else tuple(dict.fromkeys(self.words.values()))


YES_NO = {
    "yes": "yes",
    "y": "yes",
    "1": "yes",
    "true": "yes",
    "no": "no",
    "n": "no",
    "0": "no",
    "false": "no",
}

TEXT = Role("text")
DAY = Role("date")
YES_OR_NO = Role("words", words=YES_NO)
AMOUNT = Role("number", least=0)
COUNT = Role("whole", least=0)
ORDINAL = Role("whole", least=1)


def words(*meanings: str, **others: str) -> Role:
    """A column of fixed words, each found under its own name whatever its capitals; `others` under further ones."""
    return Role("words", words={**{meaning.lower(): meaning for meaning in meanings}, **others})


def whole(least: int, most: int, called: str) -> Role:
    """Whole numbers between two ends."""
    return Role("whole", least=least, most=most, called=called)


def needed(role: Role, *, blank: Literal["error", "query", ""] = "error") -> Role:
    """The role, one that the study file must map; a blank cell is an error unless said."""
    return replace(role, is_needed=True, blank=blank)
