"""Sheets of paper: upright or on their side, with the banner at their head and the page number at their foot."""

from __future__ import annotations

from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from calliper.report.word.elements import Element, clean, element, field, paragraph, run, twips

A4_MM = (210.0, 297.0)
SIDE_MM = 18.0
"""Left and right margins: they leave the 174 mm for which tables and figures are laid out."""

_TOP_MM, _BOTTOM_MM = 23.0, 19.0
_HEADER_MM, _FOOTER_MM = 10.0, 9.0


def sheet(*references: Element, is_landscape: bool) -> Element:
    """The properties of the pages that end here; `references` name their header and footer."""
    width, height = reversed(A4_MM) if is_landscape else A4_MM
    side = {"orient": "landscape"} if is_landscape else {}
    return element(
        "sectPr",
        *references,
        element("type", val="nextPage"),
        element("pgSz", w=twips(width), h=twips(height), **side),
        element(
            "pgMar",
            top=twips(_TOP_MM), right=twips(SIDE_MM), bottom=twips(_BOTTOM_MM), left=twips(SIDE_MM),
            header=twips(_HEADER_MM), footer=twips(_FOOTER_MM), gutter=0,
        ),
    )  # fmt: skip


def references(word: WordDocument, banner: str) -> list[Element]:
    """The header and footer of the first pages; those that follow have the same, for they name none of their own."""
    made = []
    if banner:
        part, name = word.part.add_header_part()  # type: ignore[no-untyped-call]
        _fill(part.element, paragraph("Header", run(" ".join(clean(banner).split()))))
        made.append(_reference("headerReference", name))
    part, name = word.part.add_footer_part()  # type: ignore[no-untyped-call]
    _fill(part.element, paragraph("Footer", *field("PAGE", "1"), run(" / "), *field("NUMPAGES", "1")))
    return [*made, _reference("footerReference", name)]


def _fill(part: Element, words: Element) -> None:
    for child in list(part):
        part.remove(child)
    part.append(words)


def _reference(kind: str, name: str) -> Element:
    made = element(kind, type="default")
    made.set(qn("r:id"), name)
    return made
