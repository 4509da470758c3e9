"""What is inside an .xlsx file: its sheets, and a first pass over a sheet's cells before anything is loaded.

The pass streams the sheet's XML, so a workbook that unfolds to more than a machine can hold is refused with
little memory. It also finds what the cell reader loses: error values (#DIV/0!), which it reads as blank;
formulas whose result was never stored; and which cells are numbers or truth values, not text that looks
like them. The layout is ISO/IEC 29500-1 (SpreadsheetML), 18.3.1.4 `c` and 18.3.1.73 `row`.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from html import unescape
from posixpath import join, normpath

from calliper.ingest.cells import Fault

MOST_CELLS = 5_000_000
MOST_BYTES = 500_000_000
_CHUNK = 1 << 20
_LONGEST_ROW = 64 << 20

_ATTRIBUTE = re.compile(rb"""([\w:]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_ROW_OR_CELL = re.compile(
    rb"<(?:\w+:)?(?:(row)\b([^>]*)>|c\b(?:\s+r=[\"']([A-Z]{1,3})([0-9]{1,7})[\"'])?([^>]*?)"
    rb"(?:/>|>(.*?)</(?:\w+:)?c>))",
    re.DOTALL,
)
_ORDINARY = re.compile(
    rb'<c r="([A-Z]{1,3})([0-9]{1,7})"(?: s="[0-9]+")?(?: t="s")?><v>[^<]+</v></c>', re.DOTALL
)
"""A cell as spreadsheets write nearly all of them: a stored number or shared text, no formula, no other type."""
_TYPE = re.compile(rb"""\bt\s*=\s*["'](\w+)["']""")
_VALUE = re.compile(rb"<(?:\w+:)?v\b[^>]*>([^<]+)<")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b[^>]*>([^<]*)<")
_STORED = re.compile(rb"<(?:\w+:)?(?:v|is)\b")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet's name and the part of the zip that holds its cells."""

    name: str
    part: str


@dataclass
class Survey:
    """The first pass over a sheet. Rows count from 1, columns from 0; extents cover cells that hold a value.

    Places in the maps are (row, column). It is filled in while the sheet streams by, hence not frozen.
    """

    last_row: int = 0
    first_column: int | None = None
    last_column: int = -1
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    truths: dict[tuple[int, int], str] = field(default_factory=dict)
    uncalculated: dict[tuple[int, int], str] = field(default_factory=dict)
    numbers: set[tuple[int, int]] = field(default_factory=set)

    @property
    def width(self) -> int:
        """Columns from the first that holds a value to the last."""
        return 0 if self.first_column is None else self.last_column - self.first_column + 1


def sheets(archive: zipfile.ZipFile) -> tuple[Sheet, ...]:
    """The worksheets in the workbook's order. Raises KeyError when a part that must be there is not."""
    targets: dict[str, str] = {}
    for tag in re.findall(rb"<(?:\w+:)?Relationship\b[^>]*>", archive.read("xl/_rels/workbook.xml.rels")):
        found = _attributes(tag)
        if found.get("Type", "").endswith("/worksheet"):
            targets[found["Id"]] = normpath(join("/xl", found["Target"])).lstrip("/")
    found_sheets = []
    for tag in re.findall(rb"<(?:\w+:)?sheet\b[^>]*>", archive.read("xl/workbook.xml")):
        found = _attributes(tag)
        part = targets.get(next((value for name, value in found.items() if name.endswith(":id")), ""))
        if part is not None:
            found_sheets.append(Sheet(found["name"], part))
    return tuple(found_sheets)


def oversized(archive: zipfile.ZipFile) -> Fault | None:
    """Refuse a workbook whose parts declare more than `MOST_BYTES` together, before any is unfolded."""
    total = sum(info.file_size for info in archive.infolist() if info.filename.endswith((".xml", ".rels")))
    return _too_large(total) if total > MOST_BYTES else None


def _too_large(total: int) -> Fault:
    return Fault(
        "too_large",
        f"the workbook unfolds to {total / 1e6:,.0f} MB; the most that is read is {MOST_BYTES / 1e6:,.0f} MB",
        "save the table as CSV or Parquet",
    )


def survey(archive: zipfile.ZipFile, part: str, *, keep_numbers: bool) -> Survey | Fault:
    """Go over the cells of a sheet, a megabyte at a time; refuse more than `MOST_CELLS` cells.

    The numeric cells are remembered only with `keep_numbers`, since there may be millions. Raises
    zipfile.BadZipFile when the zip is damaged.
    """
    if fault := _too_many(archive, part):
        return fault
    seen = Survey()
    row = 0
    for rows in _whole_rows(archive, part):
        others = None if keep_numbers else _without_ordinary(rows, seen)
        row = _each_cell(rows if others is None else others, row, seen, keep_numbers=keep_numbers)
        if (spanned := seen.last_row * seen.width) > MOST_CELLS:
            return _too_wide(f"an area of {spanned:,} cells")
    return seen


def _without_ordinary(rows: bytes, seen: Survey) -> bytes | None:
    """What is left of rows without the cells of which only the place counts, which is noted; far faster than each.

    None, and nothing noted, where one of the others has no address: its place is told by the cell before it.
    """
    pieces = _ORDINARY.split(rows)
    others = b"".join(pieces[::3])
    for found in _ROW_OR_CELL.finditer(others):
        is_row, _, letters, _, attributes, _ = found.groups()
        if not is_row and letters is None and "r" not in _attributes(attributes):
            return None
    if columns := [column_index(letters) for letters in set(pieces[1::3])]:
        _extend(seen, max(map(int, set(pieces[2::3]))), columns)
    return others


def _extend(seen: Survey, row: int, columns: Iterable[int]) -> None:
    """Widen the extents to a row and columns that hold a value."""
    held = [*columns, *([] if seen.first_column is None else [seen.first_column])]
    seen.first_column, seen.last_column = min(held), max(*held, seen.last_column)
    seen.last_row = max(seen.last_row, row)


def _each_cell(rows: bytes, row: int, seen: Survey, *, keep_numbers: bool) -> int:
    """Note every cell, one by one; `row` is the last of the rows before, and the answer the last of these."""
    column = -1
    for found in _ROW_OR_CELL.finditer(rows):
        is_row, attributes, letters, digits, others, body = found.groups()
        if is_row:
            written = _attributes(attributes).get("r")
            row, column = int(written) if written else row + 1, -1
            continue
        if letters is None:
            row, column = _place(others, row, column)
        else:
            row, column = int(digits), column_index(letters)
        if body:
            _note(seen, (row, column), others, body, keep_numbers=keep_numbers)
    return row


def _too_many(archive: zipfile.ZipFile, part: str) -> Fault | None:
    """Count the cells before looking at any, which is far faster: a bomb then costs little time."""
    cells = total = 0
    for rows in _whole_rows(archive, part):
        total += len(rows)
        cells += len(_CELL.findall(rows))
        if total > MOST_BYTES or len(rows) > _LONGEST_ROW:
            return _too_large(total)
        if cells > MOST_CELLS:
            return _too_wide(f"more than {MOST_CELLS:,} cells")
    return None


def _too_wide(found: str) -> Fault:
    message = f"the sheet has {found}; the most that is read is {MOST_CELLS:,}"
    return Fault("too_large", message, "save the table as CSV or Parquet, or delete cells far outside it")


def _whole_rows(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The sheet's XML, cut where rows end; a piece longer than `_LONGEST_ROW` is cut anywhere and is last."""
    held = b""
    with archive.open(part) as stream:
        while chunk := stream.read(_CHUNK):
            held += chunk
            end = max((match.end() for match in _ROW_END.finditer(held)), default=0)
            if end:
                yield held[:end]
                held = held[end:]
            elif len(held) > _LONGEST_ROW:
                break
    yield held


def _note(seen: Survey, place: tuple[int, int], others: bytes, body: bytes, *, keep_numbers: bool) -> None:
    found_type = _TYPE.search(others) if others else None
    kind = found_type.group(1) if found_type else b"n"
    value = _VALUE.search(body)
    # an empty string is a value to the cell reader, an empty number is none
    if value is None and not (kind in (b"str", b"inlineStr") and _STORED.search(body)):
        if formula := _FORMULA.search(body):
            seen.uncalculated[place] = "=" + unescape(formula.group(1).decode("utf-8", "replace"))
        return
    row, column = place
    _extend(seen, row, (column,))
    if value is None:
        return
    if kind == b"e":
        seen.errors[place] = unescape(value.group(1).decode("utf-8", "replace"))
    elif kind == b"b":
        seen.truths[place] = "FALSE" if value.group(1) in (b"0", b"false") else "TRUE"
    elif kind == b"n" and keep_numbers:
        seen.numbers.add(place)


def _place(others: bytes, row: int, column: int) -> tuple[int, int]:
    """The place of a cell whose address is not its first attribute, or that has none: after the last cell."""
    address = _attributes(others).get("r") if b"r" in others else None
    if address is None:
        return row, column + 1
    letters = address.rstrip("0123456789")
    return int(address[len(letters) :]), column_index(letters.encode())


@cache
def column_index(letters: bytes) -> int:
    """The column's number from its letters, counted from 0.

    >>> column_index(b"A"), column_index(b"Z"), column_index(b"AA"), column_index(b"XFD")
    (0, 25, 26, 16383)
    """
    index = 0
    for letter in letters:
        index = index * 26 + letter - 64
    return index - 1


def address(row: int, column: int) -> str:
    """A cell's address from its row, counted from 1, and its column, counted from 0.

    >>> address(4, 4), address(1, 26), address(7, 16383)
    ('E4', 'AA1', 'XFD7')
    """
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{row}"


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): unescape((double or single).decode("utf-8", "replace"))
        for name, double, single in _ATTRIBUTE.findall(tag)
    }
