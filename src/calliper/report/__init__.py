"""Blocks to files. A writer lays out and escapes; it never rounds, orders or rewords.

`FORMATS` maps the name of a format to the function that gives the files of a document in it, path in the report folder
to bytes. A writer is imported when it is first asked for: a run to HTML alone loads no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from calliper.blocks import Document
from calliper.report import html

Files = Mapping[str, bytes]


def _html(document: Document) -> Files:
    return {"report.html": html.render(document).encode("utf-8")}


def _pdf(document: Document) -> Files:
    from calliper.report import pdf

    return {"report.pdf": pdf.render(document)}


def _docx(document: Document) -> Files:
    from calliper.report import word

    return {"report.docx": word.render(document)}


def _rtf(document: Document) -> Files:
    from calliper.report import rtf

    return {"report.rtf": rtf.render(document)}


def _csv(document: Document) -> Files:
    from calliper.report import tables

    return tables.render(document)


def _xlsx(document: Document) -> Files:
    from calliper.report import workbook

    return {"tables.xlsx": workbook.render(document)}


FORMATS: dict[str, Callable[[Document], Files]] = {
    "html": _html,
    "docx": _docx,
    "pdf": _pdf,
    "rtf": _rtf,
    "csv": _csv,
    "xlsx": _xlsx,
}

USUAL = ("html",)
"""The formats written where none is named."""
