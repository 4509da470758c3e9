"""A manuscript's paragraphs: of a text (.md, .txt) or a Word file, to be read, and with some of them replaced."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

from calliper.errors import OutputError

Role = Literal["text", "heading", "table", "copy"]
"""`table`: a cell, or a line of a table in Markdown. `copy`: what Word keeps a second time for older programs."""

_BLOCK = re.compile(r"[^\r\n]*\S[^\r\n]*(?:\r\n|\n|\r(?!\n)|$)")
LARGEST = 100_000_000
"""Bytes of a manuscript, unpacked: one that is larger is refused."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph's text, and where it stands: `place` in words, or in a text the number of its first line.

    `raised` are the spans (start, end) set as superscript.
    """

    text: str
    role: Role = "text"
    place: str = ""
    line: int = 0
    raised: tuple[tuple[int, int], ...] = ()

    @property
    def unraised(self) -> str:
        """The text, letter for letter, with blanks for what is raised: a reference's number is no part of a number."""
        text = self.text
        for start, end in self.raised:
            text = text[:start] + " " * (end - start) + text[end:]
        return text

    def where(self, start: int) -> str:
        """The place of the letter at `start`, for a person to go to."""
        if self.line:
            return f"line {self.line + _lines(self.text[:start])}"
        return self.place


class Replacement(NamedTuple):
    """Letters `start` to `end` of a paragraph, and what stands there instead."""

    start: int
    end: int
    text: str


class Paper(Protocol):
    """A manuscript that was read."""

    @property
    def paragraphs(self) -> Sequence[Paragraph]:
        """Every paragraph that has text, in order."""

    def replaced(self, replacements: Mapping[int, Sequence[Replacement]], note: str) -> bytes:
        """The file with these replacements, by the paragraph's index; `note` says what was done where it can."""


def read_paper(path: Path) -> Paper:
    """Read a manuscript. Raises OutputError when it cannot be read, or is of another kind."""
    suffix = path.suffix.lower()
    if suffix not in (".md", ".txt", ".docx"):
        raise OutputError(
            f"{path}: found {suffix or 'no suffix'}; expected a manuscript in .md, .txt or .docx"
        )
    try:
        if path.stat().st_size > LARGEST:
            raise OutputError(f"{path} is larger than {LARGEST // 1_000_000} MB; name a manuscript")
        content = path.read_bytes()
    except OSError as error:
        raise OutputError(f"cannot read {path}: {error.strerror}") from error
    if suffix == ".docx":
        from calliper.manuscript.word import read_word

        return read_word(content, path)
    return _read_text(content, path)


@dataclass(frozen=True, slots=True)
class TextPaper:
    """A text; `starts` are the places in it of its paragraphs."""

    content: str
    mark: bytes
    paragraphs: tuple[Paragraph, ...]
    starts: tuple[int, ...]

    def replaced(self, replacements: Mapping[int, Sequence[Replacement]], note: str) -> bytes:
        """The text with the replacements; a text has no place for the note."""
        parts, end = [], 0
        for index in sorted(replacements):
            for found in sorted(replacements[index]):
                start = self.starts[index]
                parts += [self.content[end : start + found.start], found.text]
                end = start + found.end
        return self.mark + "".join([*parts, self.content[end:]]).encode()


def _read_text(content: bytes, path: Path) -> TextPaper:
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    try:
        text = content[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise OutputError(f"{path} is not UTF-8 text (byte {error.start + 1}); save it as UTF-8") from error
    spans = _spans(text)
    paragraphs, line, counted = [], 1, 0
    for start, end in spans:
        line += _lines(text[counted:start])
        counted = start
        held = text[start:end]
        role: Role = "heading" if held.startswith("#") else "table" if _is_table(held) else "text"
        paragraphs.append(Paragraph(held, role, line=line))
    return TextPaper(text, mark, tuple(paragraphs), tuple(start for start, _ in spans))


def _lines(text: str) -> int:
    """How many lines end in the text, as any program ends them."""
    return len(re.findall(r"\r\n|\n|\r", text))


def _spans(text: str) -> list[tuple[int, int]]:
    """Runs of lines with something on them; a heading and a line of a table is one by itself."""
    spans: list[tuple[int, int]] = []
    for found in _BLOCK.finditer(text):
        line = found[0]
        alone = line.startswith("#") or _is_table(line)
        if spans and spans[-1][1] == found.start() and not alone and not _stands_alone(text, spans[-1]):
            spans[-1] = (spans[-1][0], found.end())
        else:
            spans.append(found.span())
    return spans


def _stands_alone(text: str, span: tuple[int, int]) -> bool:
    held = text[span[0] : span[1]]
    return held.startswith("#") or _is_table(held)


def _is_table(line: str) -> bool:
    return line.lstrip().startswith("|")
