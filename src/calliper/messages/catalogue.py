"""Messages: what is said in English, and in another language; a catalogue of them is a TOML file.

A message may have fields: `"Median ({level} CI), {unit}"`. A field holds a number, words of the study file, or what is
itself a message; else the message does not fit, so that nothing is told in part. `{why!}` holds anything, as words of
the records are. `{arms|median}` is a list, `A, B and C`, whose parts are messages of the table `[median]`;
`{events;share}` one whose parts stand between semicolons.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

MESSAGES = "messages"
_FIELD = re.compile(r"\{([a-z_]+)(!)?(?:([|;])([a-z_]+))?\}")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message: whether it holds anything; of a list, its parts' table and what stands between them."""

    name: str
    is_open: bool = False
    between: str = ""
    table: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """An English pattern and what is said instead; `fields` are those of the pattern, in its order."""

    english: str
    pattern: re.Pattern[str]
    fields: tuple[Field, ...]
    said: str

    @property
    def weight(self) -> int:
        """The letters of the pattern that are not fields: of two that fit, the one with more says more."""
        return len(_FIELD.sub("", self.english))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The messages of a language: those without fields as they are, the others by table, the heaviest first."""

    whole: Mapping[str, str]
    tables: Mapping[str, tuple[Message, ...]]
    furniture: Mapping[str, str]


def read_catalogue(*texts: str) -> Catalogue:
    """A catalogue of TOML files: `[messages]`, tables of parts of lists, `[furniture]`; other keys are none of its."""
    held: dict[str, dict[str, str]] = {MESSAGES: {}}
    for text in texts:
        for name, table in tomllib.loads(text).items():
            if isinstance(table, dict):
                held.setdefault(name, {}).update(table)
    whole = {english: said for english, said in held[MESSAGES].items() if not _FIELD.search(english)}
    tables = {
        name: tuple(
            sorted(
                (_message(english, said) for english, said in table.items() if _FIELD.search(english)),
                key=lambda message: -message.weight,
            )
        )
        for name, table in held.items()
        if name != "furniture"
    }
    return Catalogue(whole, tables, held.get("furniture", {}))


def _message(english: str, said: str) -> Message:
    fields: list[Field] = []
    pattern, end = "", 0
    for found in _FIELD.finditer(english):
        name, is_open, between, table = found.groups(default="")
        # a list may hold what follows it, so it is as long as may be
        pattern += re.escape(english[end : found.start()]) + ("(.+)" if between else "(.+?)")
        fields.append(Field(name, bool(is_open), between, table))
        end = found.end()
    pattern += re.escape(english[end:])
    return Message(english, re.compile(pattern, re.DOTALL), tuple(fields), said)
