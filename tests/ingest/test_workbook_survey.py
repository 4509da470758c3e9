"""The first pass over a sheet, against the same XML read cell by cell with ElementTree."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from calliper.ingest.workbook import Survey, address, survey

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
KINDS = {
    "number": ("", "<v>4.5</v>"),
    "styled": (' s="2"', "<v>43000</v>"),
    "shared": (' s="1" t="s"', "<v>7</v>"),
    "written": (' t="str"', "<f>A1</f><v>x</v>"),
    "inline": (' t="inlineStr"', "<is><t>x</t></is>"),
    "nothing": (' t="inlineStr"', "<is><t></t></is>"),
    "empty": (' s="3"', ""),
    "formula": ("", "<f>1+1</f><v>2</v>"),
    "unsaved": ("", "<f>1+1</f>"),
    "wrong": (' t="e"', "<v>#DIV/0!</v>"),
    "true": (' t="b"', "<v>1</v>"),
}
SHEET = st.lists(
    st.tuples(
        st.booleans(),
        st.lists(st.tuples(st.sampled_from(sorted(KINDS)), st.booleans(), st.integers(1, 3)), max_size=6),
    ),
    max_size=6,
)
"""Rows: with an address or none, each of cells: its kind, with an address or none, how many columns further on."""


def archive(rows: list[tuple[bool, list[tuple[str, bool, int]]]]) -> zipfile.ZipFile:
    text = []
    for number, (has_number, cells) in enumerate(rows, start=1):
        text.append(f'<row r="{number}">' if has_number else "<row>")
        column = -1
        for kind, has_address, further in cells:
            column += further if has_address else 1
            attributes, body = KINDS[kind]
            place = f' r="{address(number, column)}"' if has_address else ""
            text.append(f"<c{place}{attributes}>{body}</c>" if body else f"<c{place}{attributes}/>")
        text.append("</row>")
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("sheet.xml", f"<worksheet {SPACE}><sheetData>{''.join(text)}</sheetData></worksheet>")
    return zipfile.ZipFile(held)


def slowly(held: zipfile.ZipFile) -> Survey:
    root = ElementTree.fromstring(held.read("sheet.xml"))  # noqa: S314 - made above
    seen = Survey()
    rows, columns = [], []
    for number, row in enumerate(root.iter(f"{{{root.tag[1:].split('}')[0]}}}row"), start=1):
        column = -1
        for cell in row:
            column = column + 1 if cell.get("r") is None else column_of(str(cell.get("r")))
            children = {child.tag.split("}")[1]: child for child in cell}
            value = children["v"].text if "v" in children else None
            if value is None and "is" not in children:
                if "f" in children:
                    seen.uncalculated[number, column] = f"={children['f'].text}"
                continue
            rows.append(number)
            columns.append(column)
            if cell.get("t") == "e":
                seen.errors[number, column] = str(value)
            elif cell.get("t") == "b":
                seen.truths[number, column] = "TRUE"
            elif cell.get("t", "n") == "n":
                seen.numbers.add((number, column))
    if rows:
        seen.last_row, seen.first_column, seen.last_column = max(rows), min(columns), max(columns)
    return seen


def column_of(text: str) -> int:
    """Of an address in the first 26 columns."""
    assert text[1:].isdigit()
    return ord(text[0]) - ord("A")


@given(SHEET, st.booleans())
def test_what_a_sheet_holds_is_found_whatever_its_cells(
    rows: list[tuple[bool, list[tuple[str, bool, int]]]], keep_numbers: bool
) -> None:
    held = archive(rows)
    found, wanted = survey(held, "sheet.xml", keep_numbers=keep_numbers), slowly(held)
    if not keep_numbers:
        wanted.numbers.clear()
    assert found == wanted
