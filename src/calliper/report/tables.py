"""The printed tables as CSV, one file a table, and the list that tells which result each cell shows.

What stands in a cell is the text of the report, not a number: results.csv has the numbers. A mark of a footnote
follows its text in brackets, as `0.56 (a)`. As everywhere in Calliper, a leading apostrophe disarms a text that a
spreadsheet would run.
"""

from __future__ import annotations

from calliper.blocks import Cell, Document
from calliper.report.grids import Grid, Keyed, Line, grids, keyed
from calliper.report.tabular import plain, to_csv


def render(document: Document) -> dict[str, bytes]:
    """The files of all tables by their path in the report folder: `tables/<id>.csv`, and `tables/keys.csv`.

    A file has the banner (if any), the caption, the headers, the rows and the footnotes of its table, every line with
    as many cells as the table has columns. keys.csv has a line for each key of each cell: the table's file, the row and
    the column in it (from 1), the text printed there, and the key of the row in results.csv.
    """
    held = grids(document)
    files = {f"tables/{grid.table.id}.csv": _csv(grid) for grid in held}
    places = (place._replace(table=f"{place.table}.csv") for grid in held for place in keyed(grid))
    files["tables/keys.csv"] = to_csv(Keyed._fields, places)
    return files


def _csv(grid: Grid) -> bytes:
    first, *others = ([_printed(line, cell) for cell in line.cells] for line in grid.lines)
    return to_csv([plain(text) for text in first], others)


def _printed(line: Line, cell: Cell) -> str:
    marks = f"({','.join(cell.notes)})" if cell.notes else ""
    return " ".join(
        part for part in ((marks, cell.text) if line.kind == "note" else (cell.text, marks)) if part
    )
