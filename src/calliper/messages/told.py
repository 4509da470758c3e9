"""What intake, the checks of the records and the audit say, in another language, by this folder's catalogue (zh.toml).

A sentence that the catalogue does not have stays English. What stands in quotation marks, as values of the records and
headers do, is never looked into. In a catalogue `{name!}` holds anything, `{text}` and `{what}` what is itself told,
`{place!}` a file or where in it, and another field a whole number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from calliper.messages.catalogue import MESSAGES, Catalogue, Field, Message, read_catalogue

AROUND, PLACES = "around", "places"
"""The tables of what stands around sentences, and of where in a file something is."""
LANGUAGES = ("en", "zh")
_HINT = re.compile(r" \(did you mean (.+?)\?\)")
_QUOTED = re.compile(r"(?<![^\W_])'.*?'(?![^\W_])")
_PLACE = re.compile(r"[^:;]*\.\w{2,8}(?:, [^:;]*)?|\w+:\S*(?:, [^:;]*)?")
"""A file or a database, and where in it."""
_STOP = re.compile(r"(?<=[.]) (?=[A-Z])")
_TOLD = ("text", "what")
_KEPT = re.compile("\ue000([0-9]+)\ue001")


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells sentences by a catalogue."""

    held: Catalogue

    def tell(self, text: str) -> str:
        """A sentence, or several with semicolons, stops or line ends between them; what is not known stays."""
        if "\n" in text:
            return "\n".join(self.tell(line) for line in text.split("\n"))
        kept: list[str] = []

        def keep(found: re.Match[str]) -> str:
            kept.append(found[0])
            return f"\ue000{len(kept) - 1}\ue001"

        said = self._sentences(_QUOTED.sub(keep, text))
        return _KEPT.sub(lambda found: kept[int(found[1])], said)

    def _sentences(self, text: str) -> str:
        told = self._told(text)
        if told is not None:
            return told
        parts = list(_parts(text))
        if len(parts) == 1:
            stops = _STOP.split(text)
            return "".join(map(self._sentences, stops)) if len(stops) > 1 else text
        said = [self._sentences(part) for part in parts]
        return "；".join(said) if said != parts else text

    def _told(self, text: str) -> str | None:
        if text in self.held.whole:
            return self.held.whole[text]
        hint = _HINT.search(text)
        if hint is not None:
            rest = self._told(text[: hint.start()] + text[hint.end() :])
            return None if rest is None else rest + self.held.furniture["hint"].format(near=hint[1])
        n_parts, n_stops = len(list(_parts(text))), len(_STOP.findall(text))
        for message in (*self.held.tables[AROUND], *self.held.tables[MESSAGES]):
            # a field of one sentence does not swallow the next
            english = message.english
            if english.count("; ") + 1 != n_parts or len(_STOP.findall(english)) != n_stops:
                continue
            if (told := self._by(message, text)) is not None:
                return told
        return self._placed(text) if _PLACE.fullmatch(text) else None

    def _placed(self, text: str) -> str | None:
        at = (self._by(message, text) for message in self.held.tables[PLACES])
        return next(filter(None, at), None)

    def _by(self, message: Message, text: str) -> str | None:
        found = message.pattern.fullmatch(text)
        return None if found is None else self._filled(message, found.groups())

    def _filled(self, message: Message, values: tuple[str, ...]) -> str | None:
        """A message with its fields told; None where one must be told and cannot be."""
        told: dict[str, str] = {}
        for field, value in zip(message.fields, values, strict=True):
            part = self._field(field, value)
            if part is None:
                return None
            told[field.name] = part
        return message.said.format(**told)

    def _field(self, field: Field, value: str) -> str | None:
        if field.name.startswith("place"):
            return (self._placed(value) or value) if _PLACE.fullmatch(value) else None
        if field.is_open:
            return self._sentences(value)
        return self._told(value) if field.name in _TOLD else value if value.isdecimal() else None


def _parts(text: str) -> Iterator[str]:
    """The sentences of a text, with semicolons between them; those in brackets are of the one they stand in."""
    start = depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and text.startswith("; ", at):
            yield text[start:at]
            start = at + 2
    yield text[start:]


@cache
def teller(language: str, further: str = "") -> Callable[[str], str]:
    """How sentences are told in a language; in English, and in one that is not known, as they are.

    `further` is the text of another catalogue, whose messages are told too.
    """
    if language not in LANGUAGES[1:]:
        return str
    text = files("calliper.messages").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    return Teller(read_catalogue(text, further)).tell
