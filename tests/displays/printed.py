"""What a document prints, and an independent judge of whether a printed number is the rounding of a
result.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from calliper.blocks import Cell, Document, Figure, Footnote, Label, Table, Text
from calliper.results import Results

NUMBER = re.compile(r"[<>]?−?\d[\d,]*(?:\.\d+)?")
NOT_RESULTS = {
    "table-problems",
    "table-problem-lines",
    "table-versions",
    "table-choices",
    "table-p-counts",
    "table-checklist",
}
LINES = ("-scans-apart", "-disagreements", "-register", "-rules")
"""How the ids of tables end that list facts of single scans and records, or rules of the protocol: no results."""


def cells(document: Document) -> Iterator[tuple[Table, Cell]]:
    """Every cell that could show a result: all but the first of each row, in the tables of results."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table) and block.id not in NOT_RESULTS and not block.id.endswith(LINES):
                yield from ((block, cell) for row in block.rows for cell in row.cells[1:])


def texts(document: Document) -> Iterator[Text]:
    """Every paragraph, item and box."""
    for section in document.sections:
        yield from (block for block in section.blocks if isinstance(block, Text))


def labels(document: Document) -> Iterator[Label]:
    """Every label of every figure that shows a result."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Figure):
                yield from (shape for shape in block.scene.shapes if isinstance(shape, Label) and shape.key)


def quoting_notes(document: Document) -> Iterator[Footnote]:
    """Every footnote of a table that quotes a result."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield from (note for note in block.footnotes if note.keys)


def values(results: Results, keys: tuple[str, ...]) -> list[float | None]:
    """The values of these keys; KeyError for a key that is no result."""
    found = []
    for key in keys:
        row = results.get(key)
        if row is None:
            raise KeyError(key)
        found.append(row.value)
    return found


def is_rounding(token: str, value: float | None) -> bool:
    """True where the printed token is the value, or 100 times it, rounded half up at the printed decimals."""
    if value is None:
        return False
    if token[0] in "<>":
        limit = Fraction(token[1:])
        return Fraction(repr(value)) < limit if token[0] == "<" else Fraction(repr(value)) > limit
    bare = token.replace("−", "-").replace(",", "")
    decimals = len(bare.partition(".")[2])
    for scale in (1, 100):
        exact = Fraction(repr(float(value))) * scale
        whole = int(abs(exact) * 10**decimals + Fraction(1, 2))
        if Fraction(bare) == Fraction(whole if exact >= 0 else -whole, 10**decimals):
            return True
    return False
