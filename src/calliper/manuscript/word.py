"""A manuscript in Word: the paragraphs of its text, tables, headers, footers and notes; all else stays as it is."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from lxml import etree

from calliper.errors import OutputError
from calliper.manuscript.paper import LARGEST, Paragraph, Replacement, Role

Element = Any
"""An element of lxml, which has no types."""

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DC = "{http://purl.org/dc/elements/1.1/}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_PARTS = re.compile(r"word/(?:(document)|(header|footer)\d*|(footnotes|endnotes))\d*\.xml")
_CORE = "docProps/core.xml"
_LETTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
WORDS = 40
"""Letters of a paragraph that are quoted to find it by."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a paragraph's text and the element that holds it."""

    start: int
    end: int
    element: Element


@dataclass(frozen=True)
class WordPaper:
    """A Word file: its members as they are, and the pieces of its paragraphs, each with the part it is in."""

    content: bytes
    paragraphs: tuple[Paragraph, ...]
    held: tuple[tuple[str, tuple[Piece, ...]], ...]
    roots: Mapping[str, Element]

    def replaced(self, replacements: Mapping[int, Sequence[Replacement]], note: str) -> bytes:
        """The file with the replacements, each in the formatting of its first letter, and the note in its comments."""
        copies = {name: etree.fromstring(etree.tostring(root)) for name, root in self.roots.items()}
        fresh = WordPaper(self.content, *_paragraphs(copies), copies)
        for index, found in replacements.items():
            for one in sorted(found, reverse=True):
                _replace(fresh.held[index][1], one)
        changed = {fresh.held[index][0] for index in replacements}
        return _zipped(self.content, {name: _xml(copies[name]) for name in changed}, note)


def read_word(content: bytes, path: Path) -> WordPaper:
    """Read a Word file. Raises OutputError when it is none."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > LARGEST:
                raise OutputError(f"{path} unpacks to more than {LARGEST // 1_000_000} MB; name a manuscript")
            names = sorted((name for name in archive.namelist() if _PARTS.fullmatch(name)), key=_order)
            roots = {name: _parsed(archive.read(name)) for name in names}
    except (BadZipFile, zlib.error, etree.XMLSyntaxError, RuntimeError, NotImplementedError) as error:
        raise OutputError(f"{path} is no Word file that can be read (.docx, without a password)") from error
    if not any(name.startswith("word/document") for name in roots):
        raise OutputError(f"{path} is no Word file: it has no text; save it as .docx")
    return WordPaper(content, *_paragraphs(roots), roots)


def _order(name: str) -> tuple[int, str]:
    """The text first, then its notes, headers and footers."""
    found = _PARTS.fullmatch(name)
    return (0 if found and found[1] else 2 if found and found[2] else 1), name


def _parsed(content: bytes) -> Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))


def _xml(root: Element) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
    return written


def _paragraphs(
    roots: Mapping[str, Element],
) -> tuple[tuple[Paragraph, ...], tuple[tuple[str, tuple[Piece, ...]], ...]]:
    """Every paragraph that has text, and its pieces."""
    paragraphs, held = [], []
    for name, root in roots.items():
        tables = {table: number for number, table in enumerate(root.iter(f"{_W}tbl"), start=1)}
        for number, paragraph in enumerate(root.iter(f"{_W}p"), start=1):
            pieces = tuple(_pieces(paragraph))
            text = "".join(_letters(piece.element) for piece in pieces)
            if text.strip():
                place = _place(paragraph, tables) or f"{_part(name)}paragraph {number}"
                if not place.startswith("table"):
                    begun = " ".join(text.split())
                    cut = "..." if len(begun) > WORDS else ""
                    place += f' ("{begun[:WORDS]}{cut}")'
                elif _part(name):
                    place = f"{_part(name)}{place}"
                raised = tuple((piece.start, piece.end) for piece in pieces if _is_raised(piece.element))
                paragraphs.append(Paragraph(text, _role(paragraph), place, raised=raised))
                held.append((name, pieces))
    return tuple(paragraphs), tuple(held)


def _pieces(paragraph: Element) -> Iterator[Piece]:
    """The text of a paragraph, without that of paragraphs in boxes anchored in it, and without what was deleted."""
    start = 0
    for element in paragraph.iter(f"{_W}t", *(f"{_W}{name}" for name in _LETTERS)):
        if next(element.iterancestors(f"{_W}p")) is not paragraph or element.getparent().tag != f"{_W}r":
            continue
        if next(element.iterancestors(f"{_W}moveFrom"), None) is not None:
            continue
        end = start + len(_letters(element))
        yield Piece(start, end, element)
        start = end


def _letters(element: Element) -> str:
    name = element.tag.removeprefix(_W)
    return (element.text or "") if name == "t" else _LETTERS[name]


def _is_raised(element: Element) -> bool:
    found = element.getparent().find(f"{_W}rPr/{_W}vertAlign")
    return found is not None and found.get(f"{_W}val") == "superscript"


def _role(paragraph: Element) -> Role:
    if next(paragraph.iterancestors(_FALLBACK), None) is not None:
        return "copy"
    if next(paragraph.iterancestors(f"{_W}tc"), None) is not None:
        return "table"
    style = paragraph.find(f"{_W}pPr/{_W}pStyle")
    is_heading = style is not None and str(style.get(f"{_W}val", "")).lower().startswith(("heading", "title"))
    return "heading" if is_heading else "text"


def _place(paragraph: Element, tables: Mapping[Element, int]) -> str:
    """`table 2, row 3, cell 1` of a paragraph in a table, else nothing."""
    cell = next(paragraph.iterancestors(f"{_W}tc"), None)
    if cell is None:
        return ""
    row = next(cell.iterancestors(f"{_W}tr"))
    table = next(row.iterancestors(f"{_W}tbl"))
    number = list(table.iter(f"{_W}tr")).index(row) + 1
    return f"table {tables[table]}, row {number}, cell {list(row.iter(f'{_W}tc')).index(cell) + 1}"


def _part(name: str) -> str:
    stem = name.removeprefix("word/").removesuffix(".xml")
    return "" if stem.startswith("document") else f"{stem}, "


def _replace(pieces: Sequence[Piece], found: Replacement) -> None:
    """Put the text where its first letter stood, in that letter's run, and take the others out."""
    put = found.text
    touched = [piece for piece in pieces if piece.start < found.end and piece.end > found.start]
    for piece in touched:
        element, text = piece.element, _letters(piece.element)
        if element.tag != f"{_W}t":
            element.getparent().remove(element)
            continue
        before = text[: max(found.start - piece.start, 0)]
        after = text[found.end - piece.start :] if found.end < piece.end else ""
        element.text = before + put + after
        element.set(_SPACE, "preserve")
        put = ""


def _zipped(content: bytes, changed: Mapping[str, bytes], note: str) -> bytes:
    """The archive with some members changed; the others, their order and their dates as they were."""
    stream = BytesIO()
    with ZipFile(BytesIO(content)) as old, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for member in old.infolist():
            held = old.read(member)
            if member.filename == _CORE:
                held = _noted(held, note)
            copy = ZipInfo(member.filename, member.date_time)
            copy.compress_type = ZIP_DEFLATED
            copy.create_system, copy.external_attr = member.create_system, member.external_attr
            new.writestr(copy, changed.get(member.filename, held))
    return stream.getvalue()


def _noted(content: bytes, note: str) -> bytes:
    """The properties with the note under what their comments say."""
    root = _parsed(content)
    comments = root.find(f"{_DC}description")
    if comments is None:
        comments = etree.SubElement(root, f"{_DC}description")
    comments.text = f"{comments.text}\n{note}" if comments.text else note
    return _xml(root)
