"""A document as RTF, for systems that take nothing newer: all of it in one ASCII file, pictures too.

This file says in which order things stand and which pages lie on their side; the files beside it make the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from calliper.blocks import Block, Document, Figure, Section, Text
from calliper.report.rtf import pages, styles
from calliper.report.rtf.figures import figure
from calliper.report.rtf.tables import table
from calliper.report.rtf.words import escaped, paragraph, words
from calliper.report.table_layout import layout

_STYLES = {
    "paragraph": "Normal",
    "item": "List Bullet",
    "note": "Calliper Note",
    "warning": "Calliper Warning",
}
_LANGUAGES = {"en": 2057, "zh": 2052}
"""The numbers of British English and of Chinese as written on the mainland."""

_NO_LANGUAGE = 1024


class _Piece(NamedTuple):
    """What stands together, and whether on a page that lies on its side."""

    words: str
    is_landscape: bool = False


def render(document: Document) -> bytes:
    """The whole report as RTF. Equal documents give equal bytes.

    Raises OutputError naming every letter of a figure that no font of this machine has.
    """
    parts = [_front(document), pages.sheet(document.banner, is_landscape=False), _head(document)]
    is_landscape = False
    for piece in _pieces(document):
        if piece.is_landscape != is_landscape:
            is_landscape = piece.is_landscape
            parts.append(f"\\sect{pages.sheet(document.banner, is_landscape=is_landscape)}")
        parts.append(piece.words)
    return "".join([*parts, "}\n"]).encode("ascii")


def _front(document: Document) -> str:
    """What the file says of itself: letters, language, fonts, styles, title. No author, no clock."""
    language = _LANGUAGES.get(document.language[:2], _NO_LANGUAGE)
    return (
        f"{{\\rtf1\\ansi\\ansicpg1252\\uc1\\deff0\\deflang{language}\\deflangfe{_LANGUAGES['zh']}\n"
        f"{styles.tables()}"
        f"{{\\info{{\\title {escaped(document.title)}}}{{\\subject {escaped(document.subtitle)}}}"
        f"{{\\doccomm {escaped(document.banner)}}}}}\n"
        f"{pages.paper()}"
    )


def _head(document: Document) -> str:
    sections = document.sections
    title = document.says("Contents")
    return "".join(
        [
            paragraph("Subtitle", words(document.subtitle)) if document.subtitle else "",
            paragraph("Title", words(document.title)),
            *(_fact(name, fact) for name, fact in document.facts),
            paragraph("Calliper Contents", escaped(title)) if sections else "",
            *(_entry(section, place) for place, section in enumerate(sections, start=1)),
        ]
    )


def _fact(name: str, fact: str) -> str:
    return paragraph(
        "Calliper Fact", f"{{\\f1\\fs17\\cf{styles.SOFT}\\b {escaped(name)}}}\\tab {words(fact)}"
    )


def _entry(section: Section, place: int) -> str:
    """A line of the contents, a link to its heading."""
    link = f'{{\\field{{\\*\\fldinst HYPERLINK \\\\l "{_bookmark(place)}" }}'
    return paragraph("toc 1", f"{link}{{\\fldrslt {place}\\tab {escaped(section.title)}}}}}")


def _pieces(document: Document) -> Iterator[_Piece]:
    """The blocks in order; a heading goes on the page of the block that follows it."""
    for place, section in enumerate(document.sections, start=1):
        held = _heading(section, place)
        for block in section.blocks:
            piece = _piece(block)
            yield _Piece(held + piece.words, piece.is_landscape)
            held = ""
        if held:
            yield _Piece(held)


def _heading(section: Section, place: int) -> str:
    """A numbered heading: Word counts, and a reader that does not shows the number that is written."""
    name = _bookmark(place)
    number = f"{{\\listtext\\pard\\plain\\b\\fs28 {place}\\tab}}"
    marked = f"{{\\*\\bkmkstart {name}}}{words(section.title)}{{\\*\\bkmkend {name}}}"
    return paragraph("heading 1", number + marked)


def _bookmark(place: int) -> str:
    return f"_Toc{place:08d}"


def _piece(block: Block) -> _Piece:
    if isinstance(block, Text):
        bullet = "{\\listtext\\pard\\plain\\fs21 \\u8226?\\tab}" if block.role == "item" else ""
        return _Piece(paragraph(_STYLES[block.role], bullet + words(block.text)))
    if isinstance(block, Figure):
        return _Piece(figure(block))
    return _Piece(table(block), layout(block).is_landscape)
