"""Figures as pictures of 300 dots an inch, each with the words a screen reader says in its stead."""

from __future__ import annotations

from io import BytesIO

from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.shared import Mm

from calliper.blocks import Figure
from calliper.report import raster
from calliper.report.word.captions import caption, end, footnotes
from calliper.report.word.elements import Element, clean, element, paragraph

DOTS_AN_INCH = 300


def figure(block: Figure, word: WordDocument, *, is_out_of_turn: bool = False) -> list[Element]:
    """Picture, caption and notes. Raises OutputError where no font has a letter of the drawing."""
    wide = raster.printed_mm(block.scene)
    high = wide * block.scene.height / block.scene.width
    drawn = raster.png(block.scene, width_mm=wide, dpi=DOTS_AN_INCH, name=block.number or block.id)
    inline = word.part.new_pic_inline(BytesIO(drawn), Mm(wide), Mm(high))
    for side in (
        "distT",
        "distB",
        "distL",
        "distR",
    ):  # LibreOffice takes an eighth of an inch where none is given
        inline.set(side, "0")
    inline.docPr.set("descr", clean(block.alt))
    inline.docPr.set("title", clean(f"{block.number}. {block.caption}"))
    notes = footnotes(block.footnotes)
    return [
        paragraph("CalliperFigure", element("r", element("drawing", inline))),
        caption(block, is_out_of_turn=is_out_of_turn, keep_next=bool(notes)),
        *notes,
        end(),
    ]


def number_pictures(body: Element) -> None:
    """Give every picture a number of its own: Word takes two of the same for a damaged file."""
    for place, held in enumerate(body.iter(qn("wp:docPr")), start=1):
        held.set("id", str(place))
        held.set("name", f"Picture {place}")
