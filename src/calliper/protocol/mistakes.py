"""A mistake of a study file, and the words shared by all of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

Step = str | int
Path = tuple[Step, ...]
"""The way to a value: keys and list positions from 0, as in `("analyses", 2, "endpoint")`."""

_COMPARED = 80
"""Characters of a word that are compared with the known ones; a hostile one may be long."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake and its line; sorts by line."""

    line: int
    text: str

    def at(self, file: str) -> str:
        """The printed form, `file:line: text`."""
        return f"{file}:{self.line}: {self.text}"


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in the values, `found ...; expected ...`; its line is looked up from the path."""

    path: Path
    text: str


def did_you_mean(found: str, known: Sequence[str], *, wrap: str = "'") -> str:
    """` (did you mean 'first_tace'?)` where a known word is close to the one found, else nothing."""
    near = nearest(found, known)
    return "" if near is None else f" (did you mean {wrap}{near}{wrap}?)"


def nearest(found: str, known: Sequence[str]) -> str | None:
    """The known word closest to the beginning of the one found, capitals aside; None where none is close."""
    by_lower = {word.casefold(): word for word in reversed(known)}
    close = difflib.get_close_matches(found[:_COMPARED].casefold(), list(by_lower), n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None


def one_of(words: Sequence[str]) -> str:
    """`a, b or c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
