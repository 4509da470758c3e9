"""Text in the cells of an Excel workbook: never a number, never a formula, never cut."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any
from unicodedata import category

from calliper.blocks import Cell
from calliper.errors import OutputError

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

POINTS = 9
"""The size of the letters."""

_MARKUP = re.compile(r"(?<=_)(?=x[0-9A-Fa-f]{4}_)|(?<=^<)(?=r>)")
"""Where a text is cut into runs, which show as one text. xlsxwriter takes `<r>...</r>` for markup of its own, and in
texts of several runs it escapes `_x0041_` twice.
"""

_NO_LETTERS = "\ufffe\uffff"
_SHOWN = 40


class Pen:
    """Writes text into the sheets of a workbook; a look (`bold`, `align` ...) becomes a format when first asked for."""

    def __init__(self, book: Workbook) -> None:
        self.book = book
        self.format = cache(self._format)

    def _format(self, **look: Any) -> Format:
        return self.book.add_format({"font_name": "Arial", "font_size": POINTS, "valign": "top", **look})

    def write(self, sheet: Worksheet, row: int, column: int, cell: Cell, **look: Any) -> None:
        """A cell's text and, raised after a space, its marks. Raises OutputError where Excel would cut the text."""
        text, marks = clean(cell.text), clean(",".join(cell.notes))
        font, raised = self._fonts(look)
        runs = [(font, f"{text} " if text and marks else text), (raised, marks)]
        self._write(sheet, row, column, runs, look)

    def write_note(self, sheet: Worksheet, row: int, column: int, cell: Cell, **look: Any) -> None:
        """A footnote: its mark raised, a space, its text. Raises as `write`."""
        text, marks = clean(cell.text), clean(",".join(cell.notes))
        font, raised = self._fonts(look)
        self._write(sheet, row, column, [(raised, marks), (font, f" {text}" if marks else text)], look)

    def _fonts(self, look: dict[str, Any]) -> tuple[Format, Format]:
        shared = {"bold": True} if look.get("bold") else {}
        return self.format(**shared), self.format(font_script=1, **shared)

    def _write(
        self, sheet: Worksheet, row: int, column: int, runs: list[tuple[Format, str]], look: dict[str, Any]
    ) -> None:
        runs = [(font, text) for font, text in runs if text]
        if len(runs) > 1 or (runs and runs[0][1].startswith("<r>")):
            runs = [(font, part) for font, text in runs for part in _MARKUP.split(text)]
        held = self.format(**look)
        if not runs:
            code = sheet.write_blank(row, column, None, held)
        elif len(runs) == 1:
            code = sheet.write_string(row, column, runs[0][1], held)
        else:
            code = sheet.write_rich_string(row, column, *(part for run in runs for part in run), held)
        if code:
            text = "".join(text for _, text in runs)
            raise OutputError(
                f"{sheet.get_name()}: Excel holds no cell of {len(text)} letters, {text[:_SHOWN]!r} ...; "
                "leave out the format xlsx (csv holds it)"
            )


def clean(text: str) -> str:
    """The text without the characters that XML cannot hold.

    >>> clean("1\\x002")
    '12'
    """
    return "".join(
        letter
        for letter in text
        if letter in "\t\n" or not (category(letter) in ("Cc", "Cs") or letter in _NO_LETTERS)
    )
