"""The Word file itself: an empty one in Calliper's styles, and its bytes, which no clock enters."""

from __future__ import annotations

from importlib.resources import files
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import docx
from docx.document import Document as WordDocument
from docx.opc.constants import RELATIONSHIP_TYPE as KIND
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from calliper.blocks import Document
from calliper.report.word.elements import Element, clean

_LEFT_OUT = (
    KIND.THUMBNAIL,
    KIND.EXTENDED_PROPERTIES,
    KIND.CUSTOM_XML,
    KIND.WEB_SETTINGS,
    "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects",
)
"""What python-docx's template holds and no report needs."""

_EAST_ASIAN = ("zh", "ja", "ko")

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The day ZIP archives count from."""


def blank(document: Document) -> WordDocument:
    """An empty Word document with the styles, numbering, language and properties of this report."""
    word = docx.Document()
    for held in (word.part.package.rels, word.part.rels):
        for name in [name for name, relation in held.items() if relation.reltype in _LEFT_OUT]:
            del held[name]
    _replace(word.styles.element, "styles.xml")
    _replace(word.settings.element, "settings.xml")
    _replace(word.part.numbering_part.element, "numbering.xml")
    language = clean(document.language)
    for held in word.styles.element.iter(qn("w:lang")):
        if language[:2] in _EAST_ASIAN:  # Latin words within such a text break as English ones
            held.set(qn("w:eastAsia"), language)
        elif language != "en":
            held.set(qn("w:val"), language)
    _describe(word, document)
    body = word.element.body
    for child in list(body):
        body.remove(child)
    return word


def _replace(part: Element, name: str) -> None:
    """Put the content of our file in the place of the template's."""
    held = parse_xml(files(__package__).joinpath(name).read_bytes())
    for child in list(part):
        part.remove(child)
    part.extend(list(held))


def _describe(word: WordDocument, document: Document) -> None:
    """Title, subject and language; neither author nor date, which a re-run could not give again."""
    held = word.part.package.part_related_by(KIND.CORE_PROPERTIES).element
    for child in list(held):
        held.remove(child)
    properties = word.core_properties
    properties.title = clean(document.title)[:255]
    properties.subject = clean(document.subtitle)[:255]
    properties.comments = clean(document.banner)[:255]
    properties.language = clean(document.language)[:255]


def saved(word: WordDocument) -> bytes:
    """The file's bytes, equal for equal documents: every member has the same date and the same rights."""
    stream, written = BytesIO(), BytesIO()
    word.save(stream)
    with ZipFile(stream) as held, ZipFile(written, "w", ZIP_DEFLATED) as archive:
        for name in held.namelist():
            member = ZipInfo(name, _EARLIEST)
            member.compress_type = ZIP_DEFLATED
            member.create_system = 0
            archive.writestr(member, held.read(name))
    return written.getvalue()
