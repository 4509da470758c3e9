"""A mistake of a study file, and the words shared by all of them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Step = str | int
Path = tuple[Step, ...]
"""The way to a value: keys and list positions from 0, as in `("analyses", 2, "endpoint")`."""

_COMPARED = 80
"""Characters of a word that are compared with the known ones; a hostile one may be long."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake and its line."""

    line: int
    text: str


def listed_mistakes(mistakes: Iterable[Mistake], *, file: str) -> list[str]:
    """The printed forms, `file:line: text`, by line, then by text in which numbers count as numbers.

    >>> listed_mistakes([Mistake(3, "column 15"), Mistake(3, "column 8")], file="study.yaml")
    ['study.yaml:3: column 8', 'study.yaml:3: column 15']
    """

    def place(mistake: Mistake) -> tuple[int, tuple[str | int, ...]]:
        parts = re.split(r"([0-9]+)", mistake.text)
        return mistake.line, tuple(int(part) if at % 2 else part for at, part in enumerate(parts))

    return [f"{file}:{mistake.line}: {mistake.text}" for mistake in sorted(mistakes, key=place)]


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
