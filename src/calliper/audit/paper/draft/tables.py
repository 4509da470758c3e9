"""The tables of a paper as text, cell by cell: from HTML, JATS XML (whose tables are those of HTML) or Word."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from calliper.errors import OutputError

SUFFIXES = (".html", ".htm", ".xml", ".nxml", ".docx")
LARGEST = 50_000_000
"""Bytes of a paper, packed or not."""
WIDEST = 200
"""Columns that one cell may span."""


@dataclass
class Drawn:
    """A table as drawn: its caption, and its cells with spanning ones repeated; `head` counts the header rows."""

    caption: str = ""
    rows: list[list[str]] = field(default_factory=list)
    head: int = 0


def tables_of(path: Path) -> list[Drawn]:
    """Every table of a paper. Raises OutputError where the file cannot be read or is none of the kinds."""
    if path.suffix.lower() not in SUFFIXES:
        raise OutputError(f"{path.name} is no paper that can be read; expected one of {', '.join(SUFFIXES)}")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise OutputError(f"{path.name}: {(error.strerror or 'cannot be read').lower()}") from None
    if len(content) > LARGEST:
        raise OutputError(f"{path.name} has more than {LARGEST:,} bytes; expected a paper")
    if path.suffix.lower() == ".docx":
        return _of_word(content, path.name)
    reader = _Reader()
    reader.feed(content.decode("utf-8-sig", errors="replace"))
    reader.close()
    return [table for table in reader.tables if table.rows]


def _of_word(content: bytes, name: str) -> list[Drawn]:
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from lxml.etree import XMLSyntaxError

    try:
        with ZipFile(BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise OutputError(f"{name} unpacks to more than {LARGEST:,} bytes; expected a paper")
        document = docx.Document(BytesIO(content))
    except (PackageNotFoundError, BadZipFile, XMLSyntaxError, KeyError, ValueError) as error:
        raise OutputError(f"{name} is no Word file that can be opened: {error}") from None
    captions = [
        paragraph.text
        for paragraph in document.paragraphs
        if re.match(r"table\s*\d", paragraph.text, re.IGNORECASE)
    ]
    made = []
    for number, table in enumerate(document.tables):
        rows = [[_tidy(cell.text) for cell in row.cells] for row in table.rows]
        made.append(Drawn(captions[number] if number < len(captions) else "", rows, 1))
    return made


def _tidy(text: str) -> str:
    return " ".join(text.split())


class _Reader(HTMLParser):
    """Tables, their captions, header rows, and spans; everything else is passed over."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Drawn] = []
        self.text: list[str] | None = None
        self.pending = ""
        self.open = False
        self.is_head = False
        self.span = (1, 1)
        self.below: dict[int, tuple[int, str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        match tag:
            case "table-wrap":
                self.pending = ""
            case "table":
                self.tables.append(Drawn(_tidy(self.pending)))
                self.open, self.below = True, {}
            case "caption" | "label" | "title" | "figcaption":
                self.text = []
            case "thead":
                self.is_head = True
            case "tr" if self.open:
                self.tables[-1].rows.append([])
                self._fill_from_above()
            case "td" | "th" if self.open and self.tables[-1].rows:
                self.text = []
                self.span = tuple(_whole(held.get(name)) for name in ("colspan", "rowspan"))  # type: ignore[assignment]
            case "br" if self.text is not None:
                self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "td" | "th" if self.open and self.text is not None:
                self._cell(_tidy("".join(self.text)))
                self.text = None
            case "caption" | "label" | "title" | "figcaption" if self.text is not None:
                said = _tidy("".join(self.text))
                self.text = None
                if self.open:
                    self.tables[-1].caption = _tidy(f"{self.tables[-1].caption} {said}")
                else:
                    self.pending = f"{self.pending} {said}"
            case "tr" if self.open and self.is_head:
                self.tables[-1].head = len(self.tables[-1].rows)
            case "thead":
                self.is_head = False
            case "table" if self.open:
                self.open, self.pending = False, ""
                table = self.tables[-1]
                table.rows = [row for row in table.rows if any(row)]
                table.head = max(min(table.head, len(table.rows)), 1)

    def handle_data(self, data: str) -> None:
        if self.text is not None:
            self.text.append(data)

    def _cell(self, text: str) -> None:
        row = self.tables[-1].rows[-1]
        across, down = self.span
        for _ in range(across):
            if down > 1:
                self.below[len(row)] = (down - 1, text)
            row.append(text)
            self._fill_from_above()

    def _fill_from_above(self) -> None:
        """Cells that a cell of a row above reaches down into."""
        row = self.tables[-1].rows[-1]
        while len(row) in self.below:
            left, text = self.below.pop(len(row))
            if left > 1:
                self.below[len(row)] = (left - 1, text)
            row.append(text)
            if left > 1:
                return


def _whole(text: str | None) -> int:
    return min(max(int(text), 1), WIDEST) if text and text.strip().isdigit() else 1
