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
MOST_LETTERS = 1_000
"""Of a text, without what stands in quotation marks; a longer one is none of ours."""
MOST_DEEP = 8
"""How deep sentences may stand in fields of sentences."""


@dataclass(frozen=True, slots=True)
class Teller:
    """Tells sentences by a catalogue."""

    held: Catalogue

    def tell(self, text: str) -> str:
        """A sentence, or several with semicolons, stops or line ends between them; what is not known stays."""
        return "\n".join(map(self._line, text.split("\n")))

    def _line(self, text: str) -> str:
        kept: list[str] = []

        def keep(found: re.Match[str]) -> str:
            kept.append(found[0])
            return f"\ue000{len(kept) - 1}\ue001"

        bare = _QUOTED.sub(keep, text)
        if len(bare) > MOST_LETTERS or "\ue000" in text:
            return text
        said = _Telling(self.held, {}).sentences(bare, 0)
        return _KEPT.sub(lambda found: kept[int(found[1])], said)


@dataclass(frozen=True, slots=True)
class _Telling:
    """One text being told; `known` has its parts that were looked at, with how they are told or None."""

    held: Catalogue
    known: dict[str, str | None]

    def sentences(self, text: str, depth: int) -> str:
        """Sentences told, as far as they are known."""
        told = self.told(text, depth)
        if told is not None:
            return told
        parts = list(_parts(text))
        if len(parts) == 1:
            stops = _STOP.split(text)
            return "".join(self.sentences(part, depth) for part in stops) if len(stops) > 1 else text
        said = [self.sentences(part, depth) for part in parts]
        return "；".join(said) if said != parts else text

    def told(self, text: str, depth: int) -> str | None:
        """One sentence, or a place; None where it is neither."""
        if depth > MOST_DEEP:
            return None
        if text not in self.known:
            self.known[text] = None  # for its own parts
            self.known[text] = self._told(text, depth)
        return self.known[text]

    def _told(self, text: str, depth: int) -> str | None:
        if text in self.held.whole:
            return self.held.whole[text]
        hint = _HINT.search(text)
        if hint is not None:
            rest = self.told(text[: hint.start()] + text[hint.end() :], depth + 1)
            return None if rest is None else rest + self.held.furniture["hint"].format(near=hint[1])
        n_parts, n_stops = len(list(_parts(text))), len(_STOP.findall(text))
        for message in (*self.held.tables[AROUND], *self.held.tables[MESSAGES]):
            # a field of one sentence does not swallow the next
            english = message.english
            if english.count("; ") + 1 != n_parts or len(_STOP.findall(english)) != n_stops:
                continue
            if (told := self._by(message, text, depth)) is not None:
                return told
        return self._place(text, depth) if _PLACE.fullmatch(text) else None

    def _place(self, text: str, depth: int) -> str | None:
        at = (self._by(message, text, depth) for message in self.held.tables[PLACES])
        return next(filter(None, at), None)

    def _by(self, message: Message, text: str, depth: int) -> str | None:
        """The text as a message, its fields told; None where it is another, or a field cannot be told that must."""
        found = message.pattern.fullmatch(text)
        if found is None:
            return None
        told: dict[str, str] = {}
        for field, value in zip(message.fields, found.groups(), strict=True):
            part = self._field(field, value, depth + 1)
            if part is None:
                return None
            told[field.name] = part
        return message.said.format(**told)

    def _field(self, field: Field, value: str, depth: int) -> str | None:
        if field.name.startswith("place"):
            return (self._place(value, depth) or value) if _PLACE.fullmatch(value) else None
        if field.is_open:
            return self.sentences(value, depth)
        return self.told(value, depth) if field.name in _TOLD else value if value.isdecimal() else None


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
