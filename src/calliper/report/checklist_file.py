"""The checklist of a document as data: checklist.csv, a line an item."""

from __future__ import annotations

from calliper.blocks import Document, Table
from calliper.report.tabular import to_csv

CHECKLIST = "table-checklist"
COLUMNS = ("guideline", "item", "asks", "status", "why", "where")


def checklist_file(document: Document) -> dict[str, bytes]:
    """checklist.csv, each item with the guideline that heads it; nothing where the document has no checklist."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.id == CHECKLIST:
                return {"checklist.csv": to_csv(COLUMNS, _lines(block))}
    return {}


def _lines(table: Table) -> list[list[str]]:
    lines, guideline = [], ""
    for row in table.rows:
        texts = [cell.text for cell in row.cells]
        if row.role == "group":
            guideline = texts[0]
        else:
            number, _, asks = texts[0].partition(". ")
            lines.append([guideline, number, asks, *texts[1:]])
    return lines
