r"""Tables in RTF: header rows that come again on every page, rows that stay whole, three rules as in journals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

from calliper.blocks import Cell, Column, Footnote, Table, TableRow
from calliper.report.rtf.styles import HAIR, INK
from calliper.report.rtf.words import escaped, marks, paragraph, twips, words
from calliper.report.table_layout import Layout, is_heading, kept_rows, layout, spanners

_GAP = twips(1.3)
"""Left and right of the text of a cell; what the layout leaves over is for rounding."""
_THICK = rf"\brdrs\brdrw20\brdrcf{INK}"
_THIN = rf"\brdrs\brdrw10\brdrcf{INK}"
_HAIR = rf"\brdrs\brdrw5\brdrcf{HAIR}"
_ALIGN = {"left": "\\ql", "right": "\\qr", "center": "\\qc"}
_STYLES = {"body": "Text", "level": "Text", "group": "Group", "total": "Total"}
_FIRST_STYLES = {"body": "Text", "level": "Level", "group": "Group", "total": "Total"}


class _Box(NamedTuple):
    """A cell: the column it ends before, the controls of its edges, its paragraph."""

    stop: int
    edges: str
    content: str


def table(block: Table) -> str:
    """Caption, table, footnotes and a little room, in this order."""
    held = layout(block)
    # the rounding of one width must not move the next
    ends = [twips(end) for end in accumulate(held.widths)]
    rows = [_row(boxes, ends, is_head=True) for boxes in _header(block.columns, held)]
    kept = kept_rows(block)
    for place, (row, keeps) in enumerate(zip(block.rows, kept, strict=True)):
        below = _edge("b", _THICK) if place == len(block.rows) - 1 else ""
        rows.append(_row(_body(row, block.columns, held, below=below, keeps=keeps), ends))
    return f"{caption(block.number, block.caption, keeps=True)}{''.join(rows)}{footnotes(block.footnotes)}{end()}"


def caption(number: str, text: str, *, keeps: bool = False) -> str:
    """`Table 1. Text`; `keeps` keeps it on the page of what follows."""
    head = f"{{\\b {escaped(number)}.}} " if number else ""
    return paragraph("caption", head + words(text), controls="\\keepn" if keeps else "")


def footnotes(notes: Sequence[Footnote]) -> str:
    """A paragraph a note, its mark raised before it; all on one page."""
    return "".join(
        paragraph(
            "Calliper Table Note",
            f"{marks((note.mark,))} {words(note.text)}" if note.mark else words(note.text),
            controls="\\keepn" if place < len(notes) - 1 else "",
        )
        for place, note in enumerate(notes)
    )


def end() -> str:
    """The little room after a table, a figure or their notes."""
    return paragraph("Calliper Table End", "")


def _row(boxes: Sequence[_Box], ends: Sequence[int], *, is_head: bool = False) -> str:
    head = "\\trhdr" if is_head else ""
    frame = f"\\trowd{head}\\trkeep\\trgaph{_GAP}\\trleft0\\trautofit0\\trftsWidth3\\trwWidth{ends[-1]}"
    padding = f"\\trpaddl{_GAP}\\trpaddr{_GAP}\\trpaddfl3\\trpaddfr3"
    starts = [0, *(box.stop for box in boxes)]
    cells = "".join(
        f"{box.edges}\\clftsWidth3\\clwWidth{ends[box.stop - 1] - (ends[start - 1] if start else 0)}"
        f"\\cellx{ends[box.stop - 1]}"
        for start, box in zip(starts, boxes)
    )
    return f"{frame}{padding}\n{cells}\n{''.join(box.content for box in boxes)}\\row\n"


def _header(columns: tuple[Column, ...], held: Layout) -> Iterator[list[_Box]]:
    """One row, or two where columns have spanners: a run of equal spanners is one cell above its columns."""
    top, low = _edge("t", _THICK), _edge("b", _THIN)
    if not any(column.spanner for column in columns):
        yield [
            _Box(stop, top + low + "\\clvertalb", _head(column, held))
            for stop, column in enumerate(columns, 1)
        ]
        return
    upper, lower = [], []
    for start, stop, spanner in spanners(columns):
        if not spanner:
            # Word draws the lower edge of the lower cell, LibreOffice that of the upper one
            upper.append(_Box(stop, f"\\clvmgf{top}{low}\\clvertalb", _head(columns[start], held)))
            lower.append(_Box(stop, f"\\clvmrg{low}\\clvertalb", _paragraph("Head", "", held)))
            continue
        # the rule under the words, not under the cell: so those of two neighbours do not join
        over = _paragraph("Head", words(spanner), held, controls=f"\\qc\\brdrb{_HAIR}\\brsp20")
        upper.append(_Box(stop, f"{top}\\clvertalb", over))
        for place in range(start, stop):
            lower.append(_Box(place + 1, f"{low}\\clvertalb", _head(columns[place], held)))
    yield upper
    yield lower


def _head(column: Column, held: Layout) -> str:
    inside = words(column.header) + marks(column.notes)
    return _paragraph("Head", inside, held, controls=_ALIGN[column.align])


def _body(row: TableRow, columns: tuple[Column, ...], held: Layout, *, below: str, keeps: bool) -> list[_Box]:
    """The cells of a row; the head of a group has the row to itself."""
    edges = (_edge("t", _HAIR) if row.role == "total" else "") + below
    keep = "\\keepn" if keeps else ""
    if is_heading(row):
        content = _cell(row.cells[0], "Group", held, controls=keep)
        return [_Box(len(columns), edges, content)]
    boxes: list[_Box] = []
    for stop, (cell, column) in enumerate(zip(row.cells, columns, strict=True), start=1):
        style = (_STYLES if boxes else _FIRST_STYLES)[row.role]
        boxes.append(_Box(stop, edges, _cell(cell, style, held, controls=keep + _ALIGN[column.align])))
    return boxes


def _cell(cell: Cell, style: str, held: Layout, *, controls: str) -> str:
    return _paragraph(style, words(cell.text) + marks(cell.notes), held, controls=controls)


def _paragraph(style: str, inside: str, held: Layout, *, controls: str = "") -> str:
    size = f"\\fs{round(2 * held.size)}"
    return paragraph(f"Calliper Table {style}", inside, controls=f"{controls}\\intbl{size}", end="\\cell")


def _edge(side: str, line: str) -> str:
    return f"\\clbrdr{side}{line}"
