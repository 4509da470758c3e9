"""A document as a Word file: one to edit, in named styles that a journal restyles, with real tables and numbering.

This file says in which order things stand and which pages lie on their side; the files beside it make the pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from calliper.blocks import Document, Figure, Table, Text
from calliper.report.running_text import unbroken
from calliper.report.table_layout import layout
from calliper.report.word import contents, package, pages
from calliper.report.word.captions import end, out_of_turn
from calliper.report.word.elements import Element, paragraph, run
from calliper.report.word.figures import figure, number_pictures
from calliper.report.word.tables import table

_STYLES = {"paragraph": "", "item": "ListBullet", "note": "CalliperNote", "warning": "CalliperWarning"}


class _Piece(NamedTuple):
    """What stands together, and whether on a page that lies on its side."""

    elements: list[Element]
    is_landscape: bool = False


def render(document: Document) -> bytes:
    """The whole report as .docx. Equal documents give equal bytes.

    Raises OutputError naming every letter of a figure that no font of this machine has.
    """
    word = package.blank(document)
    body = word.element.body
    pieces = [_Piece(_head(document)), *_pieces(document, word)]
    references = pages.references(word, document.banner)
    for piece, following in zip(pieces, [*pieces[1:], None], strict=True):
        body.extend(piece.elements)
        if following is not None and following.is_landscape == piece.is_landscape:
            continue
        sheet = pages.sheet(*references, is_landscape=piece.is_landscape)
        references = []
        if following is None:
            body.append(sheet)
        else:
            _last_paragraph(body).find(qn("w:pPr")).append(sheet)
    number_pictures(body)
    return package.saved(word)


def _last_paragraph(body: Element) -> Element:
    """The paragraph in which a run of pages ends."""
    if body[-1].tag != qn("w:p"):
        body.append(end())
    return body[-1]


def _head(document: Document) -> list[Element]:
    subtitle = [paragraph("Subtitle", run(document.subtitle))] if document.subtitle else []
    facts = [
        paragraph("CalliperFact", run(name, style="CalliperFactName"), run("\t"), run(fact))
        for name, fact in document.facts
    ]
    title = paragraph("Title", run(document.title))
    return [*subtitle, title, *facts, *contents.listed(document.sections, document.says("Contents"))]


def _pieces(document: Document, word: WordDocument) -> Iterator[_Piece]:
    """The blocks in order; a heading goes on the page of the block that follows it."""
    apart = out_of_turn(document)
    for place, section in enumerate(document.sections, start=1):
        held = [contents.heading(section, place)]
        for block in section.blocks:
            if isinstance(block, Text):
                piece = _Piece([paragraph(_STYLES[block.role], run(unbroken(block.text)))])
            else:
                piece = _numbered(block, word, is_out_of_turn=block.id in apart)
            yield _Piece([*held, *piece.elements], piece.is_landscape)
            held = []
        if held:
            yield _Piece(held)


def _numbered(block: Table | Figure, word: WordDocument, *, is_out_of_turn: bool) -> _Piece:
    if isinstance(block, Figure):
        return _Piece(figure(block, word, is_out_of_turn=is_out_of_turn))
    held = layout(block)
    return _Piece(table(block, held, is_out_of_turn=is_out_of_turn), held.is_landscape)
