"""Which row of a sheet is its header, where nobody has said: for a first look at files that no study file names yet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from calliper.ingest.cells import Fault
from calliper.ingest.database import Answered
from calliper.ingest.delimited import SEPARATORS, decoded
from calliper.ingest.excel import Workbook, choose, top_of
from calliper.ingest.opened import Opened
from calliper.ingest.parquet import names_of as parquet_names
from calliper.ingest.statistical import KINDS as STATISTICAL
from calliper.ingest.statistical import names_of

_ROWS = 21
_NUMBER = re.compile(
    r"[<>≤≥]?=?\s*[-+]?[0-9][0-9.,]*%?|[0-9]{4}[-/.年][0-9]{1,2}[-/.月].*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}"
)


@dataclass(frozen=True, slots=True)
class Header:
    """A header: its row as a spreadsheet numbers it, and the names as they stand (blank ones too)."""

    row: int
    names: tuple[str, ...]

    @property
    def usable(self) -> tuple[str, ...]:
        """The names that are there once, in their order."""
        seen = [" ".join(name.split()) for name in self.names]
        return tuple(name.strip() for name, bare in zip(self.names, seen) if bare and seen.count(bare) == 1)


def sheets_of(opened: Opened) -> tuple[str | None, ...]:
    """The sheets of a workbook; None alone for any other file."""
    if isinstance(opened.workbook, Workbook):
        return tuple(sheet.name for sheet in opened.workbook.sheets)
    return (None,)


def find_header(opened: Opened, sheet: str | None) -> Header | Fault:
    """The header of a file or sheet: the first row that is as wide as the rows below it and holds no numbers."""
    if isinstance(opened.workbook, Fault):
        return opened.workbook
    if isinstance(opened.answered, Answered):
        return Header(1, opened.answered.names)
    if isinstance(opened.workbook, Workbook):
        chosen = choose(opened.workbook, sheet)
        rows = chosen if isinstance(chosen, Fault) else top_of(opened.workbook, chosen)
        return rows if isinstance(rows, Fault) else guess_header(rows)
    if opened.extension in STATISTICAL or opened.extension == ".parquet":
        names = (
            parquet_names(opened.content)
            if opened.extension == ".parquet"
            else names_of(opened.content, opened.extension)
        )
        return names if isinstance(names, Fault) else Header(1, tuple(names))
    text = decoded(opened.content)
    return text if isinstance(text, Fault) else guess_header(_top(text, SEPARATORS[opened.extension]))


def guess_header(rows: Sequence[tuple[int, Sequence[str]]]) -> Header | Fault:
    """The header among the first rows.

    >>> guess_header([(1, ["Liver unit", "", ""]), (3, ["ID", "Age", "Sex"]), (4, ["1", "61", "M"])])
    Header(row=3, names=('ID', 'Age', 'Sex'))
    """
    if not rows:
        return Fault("empty", "there is nothing in it", "give a table with a header and rows")
    widths = [sum(bool(cell.strip()) for cell in cells) for _, cells in rows]
    usual = sorted(widths)[len(widths) // 2]
    for (row, cells), width in zip(rows, widths):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if width >= min(max(2, 0.6 * usual), max(widths)) and not any(
            _NUMBER.fullmatch(cell) for cell in filled
        ):
            return Header(row, tuple(cells))
    row, cells = rows[0]
    return Header(row, tuple(cells))


def _top(text: str, separators: Sequence[str]) -> list[tuple[int, list[str]]]:
    """The first rows of a text under the separator that cuts most of them into as many cells."""

    def rows(separator: str) -> list[tuple[int, list[str]]]:
        found = []
        with suppress(csv.Error):
            for at, record in enumerate(
                islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), 200), 1
            ):
                if any(cell.strip() for cell in record):
                    found.append((at, record))
                if len(found) == _ROWS:
                    break
        return found

    tried = [rows(separator) for separator in separators]
    return max(tried, key=lambda found: (sorted(len(record) for _, record in found) or [0])[len(found) // 2])
