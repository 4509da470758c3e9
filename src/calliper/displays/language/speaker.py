"""A text in the words of a catalogue. What the study file says is never changed, and no sentence is told in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from calliper.displays.language.catalogue import catalogue
from calliper.displays.numbers import TO
from calliper.messages.catalogue import MESSAGES, Catalogue, Field, Message
from calliper.protocol.spec import DAYS_PER_UNIT
from calliper.protocol.specs import Protocol

_SENTENCES = re.compile(r"(?<=[.])(?<!et al\.) (?=[A-Z0-9—β])")
_LETTERS = re.compile(r"[^\W\d_]")
_WITH_NUMBERS = re.compile(
    r"\b(?:P|n|NR|CI|HR|mg|mm|cm|ml|kg|\w+\.csv)\b|" + "|".join(set(TO.values()) - {TO["en"]})
)
_JOINED = {"|": re.compile(r", | and "), ";": re.compile(r"; ")}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Tells texts by a catalogue; `own` are the labels of the study file, which stay as they are.

    `names` are its other words: they stay as they are within a message, and where no message says the same.
    """

    held: Catalogue
    own: frozenset[str]
    names: frozenset[str]

    def say(self, text: str) -> str:
        """The text in the language; as it is where it is the study's own or the catalogue does not have it."""
        return self._told(text) or text

    def paragraph(self, text: str) -> str | None:
        """A paragraph in the language if every sentence of it is known, else None."""
        whole = self._told(text)
        if whole is not None:
            return whole
        told = [self._told(sentence) for sentence in _SENTENCES.split(text)]
        return None if any(sentence is None for sentence in told) else "".join(filter(None, told))

    def _told(self, text: str) -> str | None:
        if not text or text in self.own:
            return text
        plain = text.replace("\u00a0", " ")
        if plain in self.held.whole:
            return self.held.whole[plain]
        if _is_number(plain):
            return None
        return text if text in self.names else self._by(MESSAGES, plain)

    def _by(self, table: str, text: str) -> str | None:
        for message in self.held.tables[table]:
            found = message.pattern.fullmatch(text)
            told = None if found is None else self._filled(message, found.groups())
            if told is not None:
                return told
        return None

    def _filled(self, message: Message, values: tuple[str, ...]) -> str | None:
        told: dict[str, str] = {}
        for field, value in zip(message.fields, values, strict=True):
            part = self._field(field, value)
            if part is None:
                return None
            told[field.name] = part
        return message.said.format(**told)

    def _field(self, field: Field, value: str) -> str | None:
        if field.between:
            return self._list(field, value)
        told = self._told(value)
        return value if told is None and (field.is_open or _is_number(value)) else told

    def _list(self, field: Field, value: str) -> str | None:
        parts = [self._by(field.table, part) for part in _parts(value, field.between)]
        joined = "；" if field.between == ";" else "，"
        return None if any(part is None for part in parts) else joined.join(filter(None, parts))


def _is_number(text: str) -> bool:
    """Whether a text is made of numbers, signs, and the letters that stand with them in every language."""
    return not _LETTERS.search(_WITH_NUMBERS.sub("", text))


def english(text: str) -> str:
    """A paragraph that stays English: its intervals too."""
    for word in TO.values():
        text = text.replace(f" {word} ", f" {TO['en']} ")
    return text


def speaker(protocol: Protocol) -> Speaker | None:
    """The speaker of the language a study file asks for; None for English."""
    language = protocol.report.language
    if language == "en":
        return None
    return Speaker(
        catalogue(language), frozenset(own_words(protocol)), frozenset(own_words(protocol, is_label=False))
    )


def say_in(protocol: Protocol) -> Callable[[str], str]:
    """How the words of a figure are told that must be broken into lines to fit; as they are in English."""
    to = speaker(protocol)
    return str if to is None else to.say


def own_words(protocol: Protocol, *, is_label: bool = True) -> Iterator[str]:
    """The labels of a study file or its other words, also as they stand within a sentence and at its head."""
    for variable in protocol.variables.values() if is_label else ():
        for level in getattr(variable, "levels", ()):
            group = f"{variable.label} {level}"
            yield from (group, group[:1].lower() + group[1:])
    for text, held in _texts(protocol.model_dump(exclude={"report", "data"}), is_label=False):
        if held is is_label:
            yield from (text, text[:1].lower() + text[1:], text[:1].upper() + text[1:])


LABELS = (
    *("label", "short", "title", "short_title", "text", "event_label", "unit"),
    *("codes", "levels", "competing_causes", "labels", "objective"),
)
"""Keys of a study file under which stand words for print; under the others its words are names."""


def _texts(held: object, *, is_label: bool) -> Iterator[tuple[str, bool]]:
    if isinstance(held, str):
        if held not in DAYS_PER_UNIT:
            yield held, is_label
    elif isinstance(held, dict):
        for key, value in held.items():
            yield from _texts(value, is_label=is_label or key in LABELS)
    elif isinstance(held, list | tuple):
        for value in held:
            yield from _texts(value, is_label=is_label)


def _parts(text: str, between: str) -> Iterator[str]:
    """The parts of a list; what stands in parentheses does not part."""
    start, depth, at = 0, 0, 0
    while at < len(text):
        depth += (text[at] in "([") - (text[at] in ")]")
        found = _JOINED[between].match(text, at) if depth == 0 else None
        if found is None:
            at += 1
            continue
        yield text[start:at]
        start = at = found.end()
    yield text[start:]
