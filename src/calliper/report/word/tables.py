"""Tables as Word has them: header rows that come again on every page, rows that stay whole, three rules as in journals.

Every width is given twice, in the grid and in the cells: LibreOffice keeps the grid's, Word the cells'.
"""

from __future__ import annotations

from calliper.blocks import Cell, Column, Table, TableRow
from calliper.report.running_text import unbroken
from calliper.report.table_layout import Layout, is_heading, kept_rows, spanners
from calliper.report.word.captions import caption, end, footnotes
from calliper.report.word.elements import Element, clean, element, marks, paragraph, run, twips

_USUAL_SIZE = 8.0
"""Points, as the style Calliper Table Text has it; a table that needs smaller letters says so in its runs."""

_STYLES = {"body": "Text", "level": "Text", "group": "GroupValue", "total": "Total"}
_FIRST_STYLES = {"body": "Text", "level": "Level", "group": "Group", "total": "Total"}
_Rule = dict[str, str | int]
_THIN: _Rule = {"val": "single", "sz": 6, "space": 0, "color": "1B1B1B"}
_HAIR: _Rule = {"val": "single", "sz": 4, "space": 0, "color": "C3C7CD"}


def table(block: Table, held: Layout, *, is_out_of_turn: bool = False) -> list[Element]:
    """Caption, table and footnotes, in this order."""
    grid = element("tblGrid", *(element("gridCol", w=twips(width)) for width in held.widths))
    heads = _header(block.columns, held)
    kept = kept_rows(block)
    rows = [
        _row(row, block.columns, held, keep_next=keep) for row, keep in zip(block.rows, kept, strict=True)
    ]
    made = element("tbl", _form(block, held), grid, *heads, *rows)
    notes = footnotes(block.footnotes)
    head = caption(block, is_out_of_turn=is_out_of_turn, keep_next=True)
    return [head, made, *notes, end()]


def _form(block: Table, held: Layout) -> Element:
    """The table's style and width, and what a screen reader says of it."""
    return element(
        "tblPr",
        element("tblStyle", val="CalliperTable"),
        element("tblW", w=sum(map(twips, held.widths)), type="dxa"),
        element("tblLayout", type="fixed"),
        element(
            "tblLook", val="0620", firstRow=1, lastRow=0, firstColumn=0, lastColumn=0, noHBand=1, noVBand=1
        ),
        element("tblCaption", val=" ".join(clean(f"{block.number}. {block.caption}").split())),
    )


def _header(columns: tuple[Column, ...], held: Layout) -> list[Element]:
    """One header row, or two where columns have spanners: a run of equal spanners is one cell above its columns."""
    widths = held.widths
    if not any(column.spanner for column in columns):
        cells = [_head(column, width, held) for column, width in zip(columns, widths, strict=True)]
        return [_header_row(cells)]
    upper, lower = [], []
    for start, stop, spanner in spanners(columns):
        if not spanner:
            column, width = columns[start], widths[start]
            upper.append(_head(column, width, held, merge="restart"))
            lower.append(_head(None, width, held, merge="continue"))
            continue
        width = sum(widths[start:stop])
        words = paragraph("CalliperTableHead", _letters(spanner, held), align="center")
        upper.append(_cell(width, words, span=stop - start, rule=_HAIR, is_low=True))
        lower += [_head(columns[place], widths[place], held) for place in range(start, stop)]
    return [_header_row(upper), _header_row(lower)]


def _header_row(cells: list[Element]) -> Element:
    return element("tr", element("trPr", element("cantSplit"), element("tblHeader")), *cells)


def _head(column: Column | None, width: float, held: Layout, *, merge: str = "") -> Element:
    """A cell over a column; the lower of two merged ones has no column."""
    inside = [] if column is None else [_letters(column.header, held), *marks(column.notes, size=_size(held))]
    words = paragraph("CalliperTableHead", *inside, align="" if column is None else _align(column))
    return _cell(width, words, merge=merge, rule=None if merge == "restart" else _THIN, is_low=True)


def _row(row: TableRow, columns: tuple[Column, ...], held: Layout, *, keep_next: bool) -> Element:
    form = element("trPr", element("cantSplit"))
    first, *others = row.cells
    words = _words(first, columns[0], held, style=_FIRST_STYLES[row.role], keep_next=keep_next)
    rule = _HAIR if row.role == "total" else None
    if is_heading(row):
        return element("tr", form, _cell(sum(held.widths), words, span=len(columns)))
    cells = [_cell(held.widths[0], words, above=rule)]
    for cell, column, width in zip(others, columns[1:], held.widths[1:], strict=True):
        said = _words(cell, column, held, style=_STYLES[row.role], keep_next=keep_next)
        cells.append(_cell(width, said, above=rule))
    return element("tr", form, *cells)


def _words(cell: Cell, column: Column, held: Layout, *, style: str, keep_next: bool) -> Element:
    inside = [_letters(cell.text, held), *marks(cell.notes, size=_size(held))]
    return paragraph(f"CalliperTable{style}", *inside, keep_next=keep_next, align=_align(column))


def _cell(
    width: float,
    words: Element,
    *,
    span: int = 1,
    merge: str = "",
    rule: _Rule | None = None,
    above: _Rule | None = None,
    is_low: bool = False,
) -> Element:
    """A cell `width` mm wide over `span` columns; `rule` is drawn under it, `above` over it."""
    form = [element("tcW", w=twips(width), type="dxa")]
    if span > 1:
        form.append(element("gridSpan", val=span))
    if merge:
        form.append(element("vMerge", val=merge))
    borders = [element(side, **line) for side, line in (("top", above), ("bottom", rule)) if line is not None]
    if borders:
        form.append(element("tcBorders", *borders))
    if is_low:
        form.append(element("vAlign", val="bottom"))
    return element("tc", element("tcPr", *form), words)


def _letters(text: str, held: Layout) -> Element:
    return run(unbroken(text), size=_size(held))


def _size(held: Layout) -> float:
    return 0.0 if held.size == _USUAL_SIZE else held.size


def _align(column: Column) -> str:
    return "" if column.align == "left" else column.align
