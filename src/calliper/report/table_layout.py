"""How wide the columns of a printed table are, how large its letters, and whether its page lies on its side.

One rule for every format that has pages. Widths are measured in Liberation Sans, whose letters are as wide as those of
Arial and Helvetica. What stands in a column of numbers is kept on one line; headers and texts break at spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, NamedTuple
from unicodedata import east_asian_width

from calliper.blocks import Column, Table, TableRow

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

PORTRAIT_MM = 174.0
LANDSCAPE_MM = 261.0
"""The room for a table on A4 with margins of 18 mm. 174 mm are also two columns of most journals."""

INDENT_MM = 3.0
"""How far a level stands in under its group."""

PADDING_MM = 3.0
"""Left and right of the text of a cell together, and a little for rounding."""
_SIZES = ((False, 8.0), (False, 7.5), (True, 8.0), (True, 7.5), (True, 7.0), (True, 6.5), (True, 6.0))
"""Landscape or not, and the size of the letters in points: the first in which the table fits."""

_FEW_COLUMNS = 3
"""Tables with so few columns are not stretched to the page."""

_LONG = 30
"""A right-aligned cell of more letters is a text, and may break."""

_USUAL = 0.85
"""The share of a column's cells that its usual room holds on one line: a few long texts break, the rest need not."""

_MARK = 0.72
"""The size of a raised mark, in that of the letters beside it."""

_SHORT = 14
"""A table of so many rows or fewer stays on one page."""

_LINE, _BETWEEN_ROWS_MM = 1.1, 1.45
"""The height of a line in that of its letters, and the room between rows."""

_RAGGED, _CAPTION_SIZE = 1.15, 10.0
_MM_IN_A_POINT = 25.4 / 72
_FONT_UNITS = 1000


@dataclass(frozen=True, slots=True)
class Layout:
    """Widths of the columns in mm, the size of the letters in points, and whether the table needs a landscape page."""

    widths: tuple[float, ...]
    size: float
    is_landscape: bool


class _Room(NamedTuple):
    """What a column needs at least, what most of its cells take on one line, and what the widest takes, in mm."""

    least: float
    usual: float
    widest: float


def layout(table: Table) -> Layout:
    """Lay a table out. Where even the smallest letters are too wide, numbers break, then words."""
    for is_landscape, size in _SIZES:
        room = LANDSCAPE_MM if is_landscape else PORTRAIT_MM
        rooms = _rooms(table, size)
        if sum(column.least for column in rooms) <= room:
            return Layout(_widths(rooms, room), size, is_landscape)
    rooms = _rooms(table, size, keeps_numbers=False)
    return Layout(_widths(rooms, room), size, is_landscape)


def text_mm(text: str, size: float, *, bold: bool = False) -> float:
    """The width of a text on one line, in mm, its letters `size` points high."""
    units = sum(_letter(letter, bold) for letter in text)
    return units / _FONT_UNITS * size * _MM_IN_A_POINT


def height_mm(table: Table, held: Layout) -> float:
    """About how high the table prints with its caption and footnotes, in mm; rather too much than too little."""
    line = held.size * _LINE * _MM_IN_A_POINT
    rows = sum(row_mm(row, held) for row in table.rows)
    heads = max(_broken(column.header, width, held.size) for column, width in zip(table.columns, held.widths))
    room = LANDSCAPE_MM if held.is_landscape else PORTRAIT_MM
    notes = sum(_broken(note.text, room, held.size) for note in table.footnotes)
    caption = _broken(table.caption, room, _CAPTION_SIZE)
    return rows + (heads + 1 + notes) * line + (caption + 1) * 2 * line


def row_mm(row: TableRow, held: Layout) -> float:
    """About how high a row prints, in mm."""
    return _lines(row, held) * held.size * _LINE * _MM_IN_A_POINT + _BETWEEN_ROWS_MM


def is_heading(row: TableRow) -> bool:
    """Whether the first cell of a row has the whole row to itself."""
    return row.role == "group" and not any(cell.text or cell.notes for cell in row.cells[1:])


def kept_rows(table: Table) -> list[bool]:
    """Which rows stay on the page of the next: all of a short table; the first two, heads of groups and the last but
    one of a long one; the last where notes follow.
    """
    last = len(table.rows) - 1
    is_short = len(table.rows) <= _SHORT
    return [
        bool(table.footnotes)
        if place == last
        else is_short or place < 2 or place == last - 1 or row.role == "group"
        for place, row in enumerate(table.rows)
    ]


def spanners(columns: tuple[Column, ...]) -> list[tuple[int, int, str]]:
    """The runs of equal spanners, with the first column and the last + 1; a column without one is a run alone."""
    starts = [
        place
        for place, column in enumerate(columns)
        if place == 0 or not column.spanner or column.spanner != columns[place - 1].spanner
    ]
    return [(start, end, columns[start].spanner) for start, end in pairwise([*starts, len(columns)])]


def _lines(row: TableRow, held: Layout) -> int:
    if is_heading(row):
        return 1
    indent = INDENT_MM if row.role == "level" else 0.0
    rooms = (held.widths[0] - indent, *held.widths[1:])
    return max(_broken(cell.text, room, held.size) for cell, room in zip(row.cells, rooms, strict=True))


def _broken(text: str, room: float, size: float) -> int:
    """Lines that a text takes; lines are a little shorter than their room, as they end between words."""
    natural = text_mm(text, size)
    room -= PADDING_MM
    return 1 if natural <= room else ceil(_RAGGED * natural / max(room, 1.0))


def _rooms(table: Table, size: float, *, keeps_numbers: bool = True) -> list[_Room]:
    rooms = [_room(table, place, size, keeps_numbers) for place in range(len(table.columns))]
    for start, end, spanner in spanners(table.columns):
        rooms[start:end] = _under(spanner, rooms[start:end], size)
    return rooms


def _under(spanner: str, rooms: list[_Room], size: float) -> list[_Room]:
    """The rooms of columns, so wide that a word of their spanner stands over them, and the whole in two lines."""
    word = max((text_mm(word, size, bold=True) for word in spanner.split()), default=0.0)
    least = _widened([room.least for room in rooms], word + PADDING_MM)
    usual = [max(room.usual, held) for room, held in zip(rooms, least, strict=True)]
    usual = _widened(usual, _in_two_lines(spanner, size) + PADDING_MM)
    widest = [max(room.widest, held) for room, held in zip(rooms, usual, strict=True)]
    return [_Room(*held) for held in zip(least, usual, widest, strict=True)]


def _widened(widths: list[float], total: float) -> list[float]:
    """The widths, all the wider by the same where together they are less than the total."""
    lack = max(0.0, total - sum(widths)) / len(widths)
    return [width + lack for width in widths]


def _room(table: Table, place: int, size: float, keeps_numbers: bool) -> _Room:
    column = table.columns[place]
    head = max((text_mm(word, size, bold=True) for word in column.header.split()), default=0.0)
    least = head + text_mm(",".join(column.notes), size * _MARK)
    cells = [least]
    for row in table.rows:
        if is_heading(row):
            continue
        cell = row.cells[place]
        is_bold = row.role == "total" or (row.role == "group" and place == 0)
        beside = text_mm(",".join(cell.notes), size * _MARK)
        if place == 0 and row.role == "level":
            beside += INDENT_MM
        cells.append(text_mm(cell.text, size, bold=is_bold) + beside)
        if keeps_numbers and column.align != "left" and len(cell.text) <= _LONG:
            least = max(least, cells[-1])
        else:
            longest = max((text_mm(word, size, bold=is_bold) for word in cell.text.split()), default=0.0)
            least = max(least, longest + beside)
    cells.sort()
    usual = max(least, _in_two_lines(column.header, size), cells[round(_USUAL * (len(cells) - 1))])
    return _Room(*(room + PADDING_MM for room in (least, usual, max(usual, cells[-1]))))


def _in_two_lines(header: str, size: float) -> float:
    """The room in which a header is set in no more than two lines."""
    words = header.split()
    breaks = ((words[:place], words[place:]) for place in range(len(words)))
    return min(
        (max(text_mm(" ".join(line), size, bold=True) for line in lines) for lines in breaks), default=0.0
    )


def _widths(rooms: list[_Room], room: float) -> tuple[float, ...]:
    """Room for the widest cells where the page has it; else for the usual ones, and else what each needs at least."""
    for less, more in ((1, 2), (0, 1)):
        least, most = sum(column[less] for column in rooms), sum(column[more] for column in rooms)
        if most <= room and more == 2:
            spare = 0.0 if len(rooms) <= _FEW_COLUMNS else (room - most) / len(rooms)
            return tuple(column.widest + spare for column in rooms)
        if least <= room:
            share = (room - least) / (most - least)
            return tuple(column[less] + share * (column[more] - column[less]) for column in rooms)
    return tuple(column.least / least * room for column in rooms)


@cache
def _letter(letter: str, bold: bool) -> float:
    if east_asian_width(letter) in "WF":
        return _FONT_UNITS
    return _font(bold).getlength(letter)


@cache
def _font(bold: bool) -> FreeTypeFont:
    from PIL import ImageFont

    name = "LiberationSans-Bold.ttf" if bold else "LiberationSans-Regular.ttf"
    path = str(files(__package__).joinpath("fonts", name))
    return ImageFont.truetype(path, _FONT_UNITS, layout_engine=ImageFont.Layout.BASIC)
