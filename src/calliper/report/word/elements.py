"""WordprocessingML a piece at a time: runs, paragraphs and fields. Whatever a text says, it stays a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from unicodedata import category

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

Element = Any
"""An element of lxml, which has no types."""

_PIECES = re.compile(r"[\t\n]|[^\t\n]+")
_UNUSABLE = ("Cc", "Cs", "Cn")
"""Letters that XML cannot hold or no page can show: controls, halves of pairs, what is no letter."""

POINTS_IN_MM = 72 / 25.4
TWIPS_IN_MM = 20 * POINTS_IN_MM


def element(name: str, /, *children: Element, **attributes: str | int) -> Element:
    """An element with its attributes, all named in the main namespace.

    >>> element("jc", val="right").xml.split(" xmlns")[0]
    '<w:jc'
    """
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), str(value))
    made.extend(children)
    return made


def twips(mm: float) -> int:
    """Millimetres in twentieths of a point.

    >>> twips(25.4)
    1440
    """
    return round(mm * TWIPS_IN_MM)


def clean(text: str) -> str:
    """The text without what XML cannot hold; a carriage return alone ends a line.

    >>> clean("a\\x00b\\r\\nc\\td")
    'ab\\nc\\td'
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in lines if letter in "\t\n" or category(letter) not in _UNUSABLE)


def run(text: str, *, style: str = "", size: float = 0.0) -> Element:
    """A run of letters in a character style; `size` in points where it is not the paragraph's own."""
    form = []
    if style:
        form.append(element("rStyle", val=style))
    if size:
        half_points = round(2 * size)
        form += [element("sz", val=half_points), element("szCs", val=half_points)]
    return element("r", *([element("rPr", *form)] if form else []), *_pieces(text))


def _pieces(text: str) -> Iterator[Element]:
    for piece in _PIECES.findall(clean(text)):
        if piece in "\t\n":
            yield element("tab" if piece == "\t" else "br")
            continue
        made = element("t")
        made.text = piece
        if piece != piece.strip():
            made.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
        yield made


def marks(notes: Sequence[str], *, size: float = 0.0) -> list[Element]:
    """The superscript marks of footnotes, `a,b`; nothing where there are none."""
    return [run(",".join(notes), style="CalliperMark", size=size)] if notes else []


def field(code: str, shown: str, *, style: str = "") -> list[Element]:
    """A field that Word works out anew, and what it shows until then."""
    instruction = element("instrText")
    instruction.text = f" {code} "
    instruction.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    form = [element("rPr", element("rStyle", val=style))] if style else []

    def part(*inside: Element) -> Element:
        return element("r", *(element("rPr", element("rStyle", val=style)) for _ in form), *inside)

    return [
        part(element("fldChar", fldCharType="begin")),
        part(instruction),
        part(element("fldChar", fldCharType="separate")),
        run(shown, style=style),
        part(element("fldChar", fldCharType="end")),
    ]


def paragraph(style: str, *inside: Element, keep_next: bool = False, align: str = "") -> Element:
    """A paragraph in a named style; `keep_next` keeps it on the page of what follows."""
    form = [element("pStyle", val=style)] if style else []
    if keep_next:
        form.append(element("keepNext"))
    if align:
        form.append(element("jc", val=align))
    return element("p", element("pPr", *form), *inside)
