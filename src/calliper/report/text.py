"""A section as plain text for a terminal: aligned columns, and no character that moves the cursor."""

from __future__ import annotations

import textwrap
from unicodedata import east_asian_width

from calliper.blocks import Figure, Section, Table

WIDTH = 100
"""Letters in a line of running text; a table is as wide as its cells."""


def render_section(section: Section) -> str:
    """The section's title, paragraphs and tables; a figure is named by its caption."""
    title = plain(section.title)
    parts = [f"{title}\n{'=' * width(title)}"]
    for block in section.blocks:
        if isinstance(block, Table):
            parts.append(_table(block))
        else:
            text = f"{block.number}. {block.caption}" if isinstance(block, Figure) else block.text
            parts.append(textwrap.fill(plain(text), WIDTH))
    return "\n\n".join(parts) + "\n"


def plain(text: str) -> str:
    """The text on one line; what is not a letter is shown as a mark.

    >>> plain("Overall\\nsurvival \\x1b[2J")
    'Overall survival \ufffd[2J'
    """
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in " ".join(text.split()))


def width(text: str) -> int:
    """How many columns of a terminal the text takes: a Chinese letter takes two.

    >>> width("NR"), width("未达到")
    (2, 6)
    """
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _table(table: Table) -> str:
    header = [plain(column.header) for column in table.columns]
    lines = _lines(table)
    # the head of a group runs on over the empty cells beside it
    measured = [header, *(line for line, row in zip(lines, table.rows, strict=True) if row.role != "group")]
    widths = [max(width(line[place]) for line in measured) for place in range(len(header))]

    def set_out(line: list[str]) -> str:
        cells = [
            " " * (room - width(text)) + text
            if column.align == "right"
            else text + " " * (room - width(text))
            for text, room, column in zip(line, widths, table.columns, strict=True)
        ]
        return "  ".join(cells).rstrip()

    body = [set_out(line) for line in (header, *lines)]
    rule = "-" * max(width(line) for line in body)
    notes = [textwrap.fill(plain(f"{_marks((note.mark,))} {note.text}"), WIDTH) for note in table.footnotes]
    caption = plain(f"{table.number}. {table.caption}" if table.number else table.caption)
    return "\n".join([caption, rule, body[0], rule, *body[1:], rule, *notes])


def _lines(table: Table) -> list[list[str]]:
    """The texts of the cells. A level stands under its group; room is left where other cells have a mark."""
    places = range(len(table.columns))
    room = [max((len(_marks(row.cells[place].notes)) for row in table.rows), default=0) for place in places]
    lines = []
    for row in table.rows:
        texts = [
            plain(cell.text) + _marks(cell.notes).ljust(marks)
            for cell, marks in zip(row.cells, room, strict=True)
        ]
        lines.append([("  " if row.role == "level" else "") + texts[0], *texts[1:]])
    return lines


def _marks(notes: tuple[str, ...]) -> str:
    """The marks of footnotes, ` (a)`."""
    return "".join(f" ({mark})" for mark in notes if mark)
