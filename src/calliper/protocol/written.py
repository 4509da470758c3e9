"""What a study file says and on which line: YAML text to plain values that remember where they stood.

YAML 1.2 core values, built straight from ruamel's parse events, because the loaded objects of a YAML library
forget what the messages need: the line of every value, and a number as it was typed (`3.0`, `007`). Keys are
always text. Anchors and aliases are followed; what they expand to is counted, so a small file cannot become a
large one.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from calliper.errors import ProtocolError
from calliper.protocol.mistakes import Mistake, Path, Step, listed_mistakes

MAX_BYTES = 1_000_000
MAX_VALUES = 10_000
MAX_DEPTH = 40

_NULL = re.compile(r"|~|null|Null|NULL")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.nan|\.NaN|\.NAN")
_YAML_WORDS = {
    "'<stream end>'": "the end of the file",
    "'<scalar>'": "text after a value that is complete",
    "<block end>": "the next `key: value` or `- item`, indented like its neighbours",
}
_CORE_TAGS = frozenset({"str", "int", "float", "bool", "null", "map", "seq"})


@dataclass(frozen=True, slots=True)
class Written:
    """One value. `line` counts from 1; `key_lines` holds the line of each key of a mapping.

    `text` is a scalar as typed. `size` counts the values inside, aliases expanded.
    """

    value: str | float | bool | dict[str, Written] | list[Written] | None
    line: int
    text: str = ""
    size: int = 1
    key_lines: dict[str, int] | None = None

    def plain(self) -> Any:
        """The value without lines: dict, list, str, int, float, bool or None, as JSON would hold it."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def child(self, step: Step) -> Written | None:
        """The value one step down, or None."""
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            return self.value[step]
        return None

    def at(self, path: Path) -> Written | None:
        """The value at the end of a path, or None."""
        here: Written | None = self
        for step in path:
            here = here.child(step) if here is not None else None
        return here

    def line_of(self, path: Path) -> int:
        """The line of the path's last key, or of the nearest thing above it that was written."""
        here, line = self, self.line
        for step in path:
            below = here.child(step)
            if below is None:
                return line
            line = here.key_lines[step] if here.key_lines and isinstance(step, str) else below.line
            here = below
        return line


def read_text(raw: bytes, *, file: str) -> str:
    """The text of a study file, without byte-order mark and Windows line ends. Raises ProtocolError."""
    if len(raw) > MAX_BYTES:
        raise ProtocolError([f"{file}:1: found more than {MAX_BYTES:,} bytes; expected a smaller study file"])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        raise ProtocolError(
            [f"{file}:{line}: found the byte 0x{byte:02x}, which is not UTF-8; save the file as UTF-8"]
        ) from None
    return text.replace("\r\n", "\n")


def parse_yaml(text: str, *, file: str) -> tuple[Written, tuple[Mistake, ...]]:
    """The values of a study file and the mistakes of its YAML that do not hinder reading on (duplicate keys).

    Raises ProtocolError where the text is not YAML, holds a second document, is no mapping or grows too
    large.
    """

    builder = _Builder(file)
    yaml = YAML(typ="safe", pure=True)
    try:
        whole = builder.document(yaml.parse(text))
    except MarkedYAMLError as error:
        raise ProtocolError([_syntax(error, file)]) from None
    except YAMLError as error:
        found = re.search(r"#x([0-9a-fA-F]{4})", str(error))
        what = f"found the control character U+{found[1].upper()}" if found else "found text that is not YAML"
        raise ProtocolError([f"{file}:1: {what}; expected plain text"]) from None
    if whole is None or whole.value is None:
        raise ProtocolError([f"{file}:1: found an empty file; expected a mapping that begins `calliper: 1`"])
    if not isinstance(whole.value, dict):
        raise ProtocolError(
            [f"{file}:{whole.line}: found {found_words(whole)}; expected a mapping (key: value)"]
        )
    return whole, tuple(builder.mistakes)


def found_words(written: Written | None) -> str:
    """A value in an error line: quoted as typed, or what it is where it is long."""
    if written is None or written.value is None:
        return "nothing"
    if isinstance(written.value, dict):
        return "a mapping" if written.value else "an empty mapping"
    if isinstance(written.value, list):
        return f"a list of {len(written.value)}" if written.value else "an empty list"
    if isinstance(written.value, str):
        one_line = " ".join(written.value.split())
        return f"'{one_line}'" if len(one_line) <= 60 else f"'{one_line[:57]}...'"
    return written.text


class _Builder:
    """Builds `Written` values from parse events, counting as it goes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.mistakes: list[Mistake] = []
        self.anchors: dict[str, Written] = {}
        self.seen = 0

    def document(self, events: Iterator[Event]) -> Written | None:
        whole: Written | None = None
        for event in events:
            if isinstance(event, DocumentStartEvent):
                if whole is not None:
                    raise self.refuse(event, "found a second document after ---", "one study in a file")
                whole = self.value(next(events), events, 0)
            elif isinstance(event, (StreamStartEvent, StreamEndEvent)):
                continue
        return whole

    def refuse(self, event: Event, found: str, expected: str) -> ProtocolError:
        self.mistakes.append(Mistake(event.start_mark.line + 1, f"{found}; expected {expected}"))
        return ProtocolError(listed_mistakes(self.mistakes, file=self.file))

    def value(self, event: Event, events: Iterator[Event], depth: int) -> Written:
        if isinstance(event, AliasEvent):
            if event.anchor not in self.anchors:
                raise self.refuse(
                    event, f"found *{event.anchor}", "an anchor (&name) written above it and complete"
                )
            held = self.anchors[event.anchor]
            self.count(event, held.size)
            return held
        self.count(event, 1)
        if depth > MAX_DEPTH:
            raise self.refuse(event, "found values nested very deep", f"at most {MAX_DEPTH} levels")
        tag = str(getattr(event, "tag", None) or "")
        if tag and tag.removeprefix("tag:yaml.org,2002:") not in _CORE_TAGS:
            raise self.refuse(event, f"found the tag '{tag}'", "no tags")
        if isinstance(event, ScalarEvent):
            built = self.scalar(event)
        elif isinstance(event, MappingStartEvent):
            built = self.mapping(event, events, depth)
        else:
            built = self.sequence(event, events, depth)
        if anchor := getattr(event, "anchor", None):
            self.anchors[anchor] = built
        return built

    def count(self, event: Event, size: int) -> None:
        self.seen += size
        if self.seen > MAX_VALUES:
            raise self.refuse(event, f"found more than {MAX_VALUES:,} values", "a smaller study file")

    def scalar(self, event: Any) -> Written:
        line = event.start_mark.line + 1
        text: str = event.value
        if held := _UNPRINTABLE.search(
            text
        ):  # written as an escape, "\e[31m": it would reach terminals and pages
            found = f"found the control character U+{ord(held[0]):04X}"
            raise self.refuse(event, found, "plain text")
        if event.style or not event.implicit[0]:  # quoted, a block, or tagged !!str
            return Written(text, line, text)
        if _NULL.fullmatch(text):
            return Written(None, line, text)
        if _BOOLEAN.fullmatch(text):
            return Written(text.lower() == "true", line, text)
        if _INTEGER.fullmatch(text):
            base = {"0o": 8, "0x": 16}.get(text[:2], 10)
            return Written(int(text, base) if len(text) < 20 else text, line, text)
        if _NOT_FINITE.fullmatch(text) or (_DECIMAL.fullmatch(text) and not math.isfinite(float(text))):
            raise self.refuse(event, f"found {text}", "a finite number")
        if _DECIMAL.fullmatch(text):
            return Written(float(text), line, text)
        return Written(text, line, text)

    def sequence(self, event: Event, events: Iterator[Event], depth: int) -> Written:
        items: list[Written] = []
        for item in events:
            if isinstance(item, SequenceEndEvent):
                break
            items.append(self.value(item, events, depth + 1))
        return Written(items, event.start_mark.line + 1, size=1 + sum(item.size for item in items))

    def mapping(self, event: Event, events: Iterator[Event], depth: int) -> Written:
        items: dict[str, Written] = {}
        lines: dict[str, int] = {}
        for key_event in events:
            if isinstance(key_event, MappingEndEvent):
                break
            key = self.key(key_event, self.value(key_event, events, depth + 1))
            item = self.value(next(events), events, depth + 1)
            line = key_event.start_mark.line + 1
            if key in items:
                first = f"first on line {lines[key]}"
                self.mistakes.append(
                    Mistake(line, f"found the key '{key}' twice ({first}); expected it once")
                )
                continue
            items[key], lines[key] = item, line
        size = 1 + len(items) + sum(item.size for item in items.values())
        return Written(items, event.start_mark.line + 1, size=size, key_lines=lines)

    def key(self, event: Event, written: Written) -> str:
        if isinstance(written.value, (dict, list)):
            raise self.refuse(event, f"found {found_words(written)} as a key", "text")
        if not isinstance(written.value, str) and not _INTEGER.fullmatch(written.text):
            found = f"found the key {written.text or 'nothing'}"
            expected = f"expected text: put it in quotes, {json.dumps(written.text)}"
            self.mistakes.append(Mistake(event.start_mark.line + 1, f"{found}; {expected}"))
        return written.text.strip()


def _syntax(error: MarkedYAMLError, file: str) -> str:
    """One line for text that is not YAML."""
    mark = error.problem_mark or error.context_mark
    problem = str(error.problem or error.context or "text that is not YAML")
    found, expected = f"found {problem}", "one `key: value` or `- item` a line"
    if "'\\t'" in problem or "tab" in problem.lower():
        found, expected = "found a tab", "spaces (YAML does not allow tabs before text)"
    elif "mapping values are not allowed" in problem:
        found, expected = "found a second ': ' in one value", "one (put text that holds ': ' in quotes)"
    elif held := re.fullmatch(r"expected (.+), but (?:got|found) (.+)", problem):
        found, expected = f"found {_YAML_WORDS.get(held[2], held[2])}", _YAML_WORDS.get(held[1], held[1])
    elif "cannot start any token" in problem:
        found, expected = (
            problem.removesuffix(" that cannot start any token"),
            "text that begins so in quotes",
        )
    elif "unexpected end of stream" in problem:
        found, expected = "found the end of the file", "a closing quote or bracket"
    place = "" if mark is None else f"column {mark.column + 1}: "
    return f"{file}:{1 if mark is None else mark.line + 1}: {place}{found}; expected {expected}"
