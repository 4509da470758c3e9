r"""A slow reader of RTF, written from the specification (Microsoft, Word 2007 RTF Specification 1.9.1), for the tests.

It knows nothing of Calliper: groups, control words, `\'hh`, `\u` with the letters that stand in for it, destinations
that are skipped, rows (`\trowd` ... `\row`) whose cells end with `\cell`, and paragraphs that end with `\par`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_TOKEN = re.compile(r"\\([a-zA-Z]+)(-?\d+)? ?|\\'([0-9a-f]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+|([^\\{}\r\n]+)")
SKIPPED = {
    "fonttbl", "colortbl", "stylesheet", "info", "listtext", "header", "footer", "pict", "fldinst", "listtable",
    "listoverridetable", "shppict", "bkmkstart", "bkmkend", "generator",
}  # fmt: skip

INNER = {"title", "subject", "doccomm", "sn", "sv"}
"""Destinations inside those that are skipped."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: its text, the controls in force where it ends, and its letters that were raised."""

    text: str
    controls: frozenset[str]
    style: int
    raised: str = ""


@dataclass(frozen=True)
class Row:
    """A row of a table: the row's controls, the right edge of each cell, its controls, and its paragraph."""

    controls: frozenset[str]
    edges: tuple[int, ...]
    cell_controls: tuple[frozenset[str], ...]
    cells: tuple[Paragraph, ...]


@dataclass
class Section:
    """A run of pages."""

    controls: set[str] = field(default_factory=set)
    blocks: list[Paragraph | Row] = field(default_factory=list)


@dataclass
class Reading:
    """What a file says."""

    sections: list[Section] = field(default_factory=lambda: [Section()])
    destinations: dict[str, list[str]] = field(default_factory=dict)
    fonts: set[int] = field(default_factory=set)

    @property
    def blocks(self) -> list[Paragraph | Row]:
        return [block for section in self.sections for block in section.blocks]

    @property
    def paragraphs(self) -> list[Paragraph]:
        return [block for block in self.blocks if isinstance(block, Paragraph)]

    @property
    def tables(self) -> list[list[Row]]:
        """Rows that follow each other without a paragraph between them."""
        found: list[list[Row]] = []
        is_inside = False
        for block in self.blocks:
            if isinstance(block, Row):
                if not is_inside:
                    found.append([])
                found[-1].append(block)
            is_inside = isinstance(block, Row)
        return found


@dataclass
class _State:
    """What a group inherits from the one around it, and gives back when it ends."""

    skipping: str = ""
    raised: bool = False
    stand_ins: int = 1


class _Reader:
    def __init__(self, text: str) -> None:
        self.made = Reading()
        self.state = _State()
        self.stack: list[_State] = []
        self.starts_group = False
        self.to_skip = 0
        self.units: list[int] = []
        self.words: list[str] = []
        self.raised: list[str] = []
        self.controls: set[str] = set()
        self.style = 0
        self.row: set[str] = set()
        self.edges: list[int] = []
        self.cell: set[str] = set()
        self.cell_controls: list[frozenset[str]] = []
        self.cells: list[Paragraph] = []
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            assert token is not None, f"no RTF: {text[place : place + 30]!r}"
            self.take(token)
            place = token.end()
        assert not self.stack, "a group does not end"
        assert not self.words, "text after the last paragraph"

    def take(self, token: re.Match[str]) -> None:
        word, number, code, symbol, brace, text = token.groups()
        first, self.starts_group = self.starts_group, False
        if brace == "{":
            self.stack.append(_State(**vars(self.state)))
            self.starts_group = True
        elif brace == "}":
            self.state = self.stack.pop()
        elif word:
            self.control(word, None if number is None else int(number), first=first)
        elif symbol == "*":
            self.state.skipping = self.state.skipping or "*"
            self.starts_group = True
        elif code:
            self.letters(bytes([int(code, 16)]).decode("cp1252"))
        elif symbol:
            assert symbol in "\\{}~", f"unknown symbol {symbol!r}"
            self.letters("\u00a0" if symbol == "~" else symbol)
        elif text:
            self.letters(text)

    def letters(self, text: str) -> None:
        dropped, self.to_skip = min(self.to_skip, len(text)), max(0, self.to_skip - len(text))
        self.put(text[dropped:])

    def put(self, text: str) -> None:
        if not text:
            return
        if self.state.skipping:
            self.made.destinations.setdefault(self.state.skipping, []).append(text)
            return
        self.words.append(text)
        if self.state.raised:
            self.raised.append(text)

    def control(self, word: str, number: int | None, *, first: bool) -> None:
        if word == "u":
            assert number is not None
            assert -32768 <= number <= 32767, "a number of a letter is 16 bits with a sign"
            self.units.append(number % 65536)
            self.to_skip = self.state.stand_ins
            if not 0xD800 <= self.units[-1] < 0xDC00:
                self.put(b"".join(unit.to_bytes(2, "little") for unit in self.units).decode("utf-16-le"))
                self.units = []
            return
        if first and (
            word in SKIPPED or self.state.skipping == "*" or (self.state.skipping and word in INNER)
        ):
            self.state.skipping = word
            return
        if word == "uc":
            self.state.stand_ins = number or 0
        elif word in ("line", "tab"):
            self.put({"line": "\n", "tab": "\t"}[word])
        elif not self.state.skipping:
            self.layout(word, number)

    def layout(self, word: str, number: int | None) -> None:
        if word == "f" and number is not None:
            self.made.fonts.add(number)
        if word == "super":
            self.state.raised = True
        elif word == "pard":
            self.controls, self.style = set(), 0
        elif word == "s" and number is not None:
            self.style = number
        elif word == "par":
            self.made.sections[-1].blocks.append(self.paragraph())
        elif word == "cell":
            self.cells.append(self.paragraph())
        elif word == "trowd":
            self.row, self.edges, self.cell, self.cell_controls, self.cells = set(), [], set(), [], []
        elif word == "cellx":
            assert number is not None
            self.edges.append(number)
            self.cell_controls.append(frozenset(self.cell))
            self.cell = set()
        elif word == "row":
            held = Row(frozenset(self.row), tuple(self.edges), tuple(self.cell_controls), tuple(self.cells))
            assert len(held.edges) == len(held.cells), "a row has more cells than edges, or fewer"
            self.made.sections[-1].blocks.append(held)
        elif word == "sect":
            self.made.sections.append(Section())
        elif word.startswith("tr"):
            self.row.add(word)
        elif word.startswith("cl"):
            self.cell.add(word)
        elif word.endswith("sxn"):
            self.made.sections[-1].controls.add(word)
        else:
            self.controls.add(word)

    def paragraph(self) -> Paragraph:
        made = Paragraph("".join(self.words), frozenset(self.controls), self.style, "".join(self.raised))
        self.words, self.raised = [], []
        return made


def read(content: bytes) -> Reading:
    """Read a file; AssertionError where it is not well formed."""
    text = content.decode("ascii")
    assert text.startswith("{\\rtf1")
    return _Reader(text).made
