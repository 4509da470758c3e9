"""What hospitals call the things that a study reads: the table synonyms.toml, to which a user's own file adds."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from calliper.errors import OutputError

_BRACKET = re.compile(r"[(\[{（【]([^)\]}）】]*)[)\]}）】]")
_BESIDE_HAN = re.compile(r"(?<=[\u3400-\u9fff]) +| +(?=[\u3400-\u9fff])")
_MARKS = re.compile(r"[^0-9a-z\u00b5\u3400-\u9fff+]+")


@lru_cache(maxsize=65536)  # headers and words are compared over and over
def bare(text: str) -> str:
    """A header or a word as it is compared: narrow small letters, no brackets with what is in them, no marks.

    >>> bare("Child-Pugh  分级（A/B）"), bare("AFP (ng/mL)")
    ('child pugh分级', 'afp')
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _BESIDE_HAN.sub("", _MARKS.sub(" ", _BRACKET.sub(" ", plain))).strip()


def in_brackets(text: str) -> tuple[str, ...]:
    """What stands in the brackets of a header: often a unit.

    >>> in_brackets("AFP（ng/mL）")
    ('ng/mL',)
    """
    return tuple(found.strip() for found in _BRACKET.findall(text) if found.strip())


@dataclass(frozen=True, slots=True)
class Concept:
    """A variable that the table knows. `levels` has the words of each level of a category."""

    name: str
    label: str
    type: str
    words: tuple[str, ...]
    unit: str = ""
    quantity: str = ""
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """The whole table."""

    variables: Mapping[str, Concept]
    roles: Mapping[str, Mapping[str, tuple[str, ...]]]
    sheets: Mapping[str, tuple[str, ...]]
    arms: tuple[str, ...]
    identifiers: Mapping[str, tuple[str, ...]]
    yes_no: Mapping[str, tuple[str, ...]]
    values: Mapping[str, tuple[str, ...]]

    @cached_property
    def by_header(self) -> Mapping[str, Concept]:
        """By a header as it is compared, the variable."""
        return {bare(word): concept for concept in self.variables.values() for word in concept.words}

    def identifier(self, header: str) -> str | None:
        """Which kind of identifier a header names."""
        return next((kind for kind, words in self.identifiers.items() if is_one_of(header, words)), None)

    def concept(self, header: str) -> tuple[Concept, bool] | None:
        """The variable that a header names, and whether it is the whole header: `AFP at baseline` holds AFP."""
        if header not in self._named:
            self._named[header] = self._concept(header)
        return self._named[header]

    @cached_property
    def _named(self) -> dict[str, tuple[Concept, bool] | None]:
        """What was found of each header asked for: sheets are compared with every table."""
        return {}

    def _concept(self, header: str) -> tuple[Concept, bool] | None:
        name = bare(header)
        if name in self.by_header:
            return self.by_header[name], True
        found = [word for word in self.by_header if _holds(name, word)]
        return (self.by_header[max(found, key=len)], False) if found else None

    def same_level(self, one: str, other: str) -> bool:
        """Whether two words of cells mean the same: one word, or words of one level or value."""
        first, second = bare(one) or one.strip(), bare(other) or other.strip()
        return first == second or any(first in group and second in group for group in self._groups)

    @cached_property
    def _groups(self) -> tuple[frozenset[str], ...]:
        held = [
            *(level for concept in self.variables.values() for level in concept.levels.items()),
            *self.yes_no.items(),
            *self.values.items(),
        ]
        # a number alone means another thing in every column
        return tuple(
            frozenset(
                said for word in (name, *words) if (said := bare(word) or word) and not said.isdecimal()
            )
            for name, words in held
        )


def is_one_of(header: str, words: Iterable[str]) -> bool:
    """Whether a header is one of these words, as they are compared."""
    return bare(header) in {bare(word) for word in words}


def level_of(value: str, levels: Mapping[str, Sequence[str]]) -> str | None:
    """The level that a cell's text means.

    >>> level_of("男", {"Male": ["m", "男"]})
    'Male'
    """
    said = bare(value) or value.strip().casefold()
    plain = re.sub(r"\.0$", "", value.strip())
    for level, words in levels.items():
        known = {bare(word) or word for word in (level, *words)}
        if said in known or plain in known:
            return level
    return None


def _holds(name: str, word: str) -> bool:
    """Whether a longer header holds a word: as words of their own, or, in Chinese, anywhere."""
    if len(word) < 3 and word.isascii():
        return False
    if not word.isascii():
        return len(word) >= 2 and word in name and len(name) <= 2 * len(word) + 2
    tokens, part = name.split(), word.split()
    if len(tokens) > len(part) + 2:
        return False
    return any(tokens[at : at + len(part)] == part for at in range(len(tokens) - len(part) + 1))


def load_words(extra: Path | None = None) -> Words:
    """The table, with a user's file of the same layout added to it. Raises OutputError where that cannot be read."""
    held = tomllib.loads(files("calliper.intake").joinpath("synonyms.toml").read_text(encoding="utf-8"))
    if extra is not None:
        try:
            held = _added(held, tomllib.loads(extra.read_text(encoding="utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise OutputError(f"{extra}: the synonyms cannot be read ({error})") from error
    yes_no = {name: tuple(words) for name, words in held["yes_no"].items()}
    try:
        variables = {name: _concept(name, made, yes_no) for name, made in held["variables"].items()}
    except KeyError as error:
        raise OutputError(f"{extra}: a variable of the synonyms has no {error}") from error
    return Words(
        variables=variables,
        roles={
            table: {role: tuple(words) for role, words in roles.items()}
            for table, roles in held["roles"].items()
        },
        sheets={table: tuple(words) for table, words in held["sheets"].items()},
        arms=tuple(held["arms"]["words"]),
        identifiers={kind: tuple(words) for kind, words in held["identifiers"].items()},
        yes_no=yes_no,
        values={name: tuple(words) for name, words in held["words"].items()},
    )


def _concept(name: str, made: Mapping[str, Any], yes_no: Mapping[str, tuple[str, ...]]) -> Concept:
    levels = (
        yes_no
        if made.get("yes_no")
        else {level: tuple(words) for level, words in made.get("levels", {}).items()}
    )
    return Concept(
        name,
        made["label"],
        made["type"],
        tuple(made["words"]),
        made.get("unit", ""),
        made.get("quantity", ""),
        levels,
    )


def _added(held: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """Two tables as one: lists are joined, what is new is added."""
    made = dict(held)
    for key, value in more.items():
        if isinstance(value, dict):
            made[key] = _added(made.get(key, {}), value)
        elif isinstance(value, list):
            made[key] = [*value, *made.get(key, [])]
        else:
            made[key] = value
    return made
