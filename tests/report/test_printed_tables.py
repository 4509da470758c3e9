"""Tables as CSV and as a workbook: read back by other programs, every cell is the report's own."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from zipfile import ZipFile

import fastexcel
import pytest
from hypothesis import given
from hypothesis import strategies as st

import calliper
from calliper.blocks import Cell, Column, Document, Footnote, Section, Table, TableRow
from calliper.displays.document import document
from calliper.errors import OutputError
from calliper.report import tables, workbook
from calliper.report.workbook import sheet_names
from calliper.results import Results
from calliper.synth.demo import write_demo
from displays import hand_results
from report.test_html import every_block

HOSTILE = (
    '=HYPERLINK("http://x")',
    "+1",
    "-1",
    "@SUM(A1)",
    "{=1+1}",
    "http://example.org",
    "0123",
    "1e5",
    "3-4",
    "true",
    "<r><t>x</t></r>",
    "<r>",
    "<b>&amp;</b>",
    "_x0041_",
    "两组",
    "a\nb",
    " blank ends ",
    "'quoted",
)


@pytest.fixture(scope="module", params=["by hand", "demonstration"])
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Document, Results]:
    """A study by hand, and the invented demonstration with its tables of every kind."""
    if request.param == "by hand":
        results = hand_results.results()
        return document(hand_results.protocol(), results, (), {"calliper": "0.1.0"}), results
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    study = calliper.load(folder / "study.yaml")
    return study.document(), study.run()


@pytest.fixture(scope="module")
def report(made: tuple[Document, Results]) -> Document:
    return made[0]


def tables_of(held: Document) -> list[Table]:
    return [block for section in held.sections for block in section.blocks if isinstance(block, Table)]


def lines_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def sheets_of(content: bytes) -> dict[str, list[list[str]]]:
    """Every sheet as text, by the reader that also reads the centres' workbooks."""
    book = fastexcel.read_excel(content)
    held = {}
    for name in book.sheet_names:
        sheet = book.load_sheet(name, header_row=None, dtypes="string", skip_rows=0)
        frame = sheet.to_polars()
        held[name] = [["" if value is None else value for value in row] for row in frame.iter_rows()]
    return held


def one(*texts: str, caption: str = "Hostile") -> Document:
    """A document of one table with a row a text."""
    rows = tuple(TableRow((Cell(text, ("key",)), Cell(text, (), ("a",)))) for text in texts)
    table = Table("t", "Table 1", caption, (Column("A", "left"), Column("B")), rows)
    return Document("Title", "", (), (Section("s", "S", (table,)),))


def test_a_table_is_the_lines_worked_out_by_hand() -> None:
    columns = (
        Column("Sex", "left"),
        Column("New", spanner="Arms", notes=("a",)),
        Column("Old", spanner="Arms"),
    )
    rows = (
        TableRow((Cell("Female"), Cell("12 (34.5)", ("k1", "k2")), Cell("0.03", ("k3",), ("a", "b")))),
        TableRow((Cell("All"), Cell("35"), Cell("-")), "total"),
    )
    notes = (Footnote("", "n (%)."), Footnote("a", "Welch's t test.", ("k4",)))
    table = Table("table-sex", "Table 1", "Sex", columns, rows, notes)
    made = tables.render(Document("T", "", (), (Section("s", "S", (table,)),), banner="INVENTED"))
    assert made["tables/table-sex.csv"].decode("utf-8-sig") == (
        "INVENTED,,\r\n"
        "Table 1. Sex,,\r\n"
        ",Arms,\r\n"
        "Sex,New (a),Old\r\n"
        'Female,12 (34.5),"0.03 (a,b)"\r\n'
        "All,35,'-\r\n"
        "n (%).,,\r\n"
        "(a) Welch's t test.,,\r\n"
    )
    assert made["tables/keys.csv"].decode("utf-8-sig") == (
        "table,row,column,text,key\r\n"
        "table-sex.csv,5,2,12 (34.5),k1\r\n"
        "table-sex.csv,5,2,12 (34.5),k2\r\n"
        "table-sex.csv,5,3,0.03,k3\r\n"
        "table-sex.csv,8,1,Welch's t test.,k4\r\n"
    )


def test_every_cell_of_the_report_is_in_its_csv(report: Document) -> None:
    made = tables.render(report)
    assert len(made) == len(tables_of(report)) + 1
    n_cells = 0
    for table in tables_of(report):
        lines = lines_of(made[f"tables/{table.id}.csv"])
        assert {len(line) for line in lines} == {len(table.columns)}
        n_head = 3 + any(column.spanner for column in table.columns)
        for row, line in zip(table.rows, lines[n_head:]):
            for cell, text in zip(row.cells, line, strict=True):
                bare = text.removesuffix(f" ({','.join(cell.notes)})") if cell.notes and cell.text else text
                assert bare.removeprefix("'") == cell.text.removeprefix("'")
                n_cells += 1
        notes = [line[0] for line in lines[n_head + len(table.rows) :]]
        assert notes == [f"({note.mark}) {note.text}" if note.mark else note.text for note in table.footnotes]
    assert n_cells > 250


def test_every_cell_of_the_report_is_in_the_workbook(report: Document) -> None:
    sheets = sheets_of(workbook.render(report))
    assert list(sheets) == ["Contents", *(table.number for table in tables_of(report)), "Keys"]
    n_cells = 0
    for table in tables_of(report):
        lines = sheets[table.number]
        n_head = 3 + any(column.spanner for column in table.columns)
        assert lines[0][0] == report.banner
        assert lines[1][0] == f"{table.number}. {table.caption}"
        for column, text in zip(table.columns, lines[n_head - 1], strict=True):
            assert text == " ".join(part for part in (column.header, ",".join(column.notes)) if part)
        for row, line in zip(table.rows, lines[n_head:]):
            for cell, text in zip(row.cells, line, strict=True):
                assert text == " ".join(part for part in (cell.text, ",".join(cell.notes)) if part)
                n_cells += 1
        notes = [line[0] for line in lines[n_head + len(table.rows) :]]
        assert notes == [f"{note.mark} {note.text}" if note.mark else note.text for note in table.footnotes]
    assert n_cells > 250


def test_the_keys_lead_from_each_printed_cell_to_its_result(made: tuple[Document, Results]) -> None:
    report, results = made
    expected = [
        (table.id, cell.text, key)
        for table in tables_of(report)
        for cells in (*(row.cells for row in table.rows), table.footnotes)
        for cell in cells
        for key in cell.keys
    ]
    assert len(expected) > 200
    files = tables.render(report)
    lines = lines_of(files["tables/keys.csv"])[1:]
    assert [(name.removesuffix(".csv"), text, key) for name, _, _, text, key in lines] == expected
    assert all(results.get(key) is not None for *_, key in lines)
    for name, row, column, text, _ in lines:
        shown = lines_of(files[f"tables/{name}"])[int(row) - 1][int(column) - 1]
        assert text in shown
    sheets = sheets_of(workbook.render(report))
    for (sheet, address, text, key), line in zip(sheets["Keys"][1:], lines, strict=True):
        assert [text, key] == line[3:]
        found = re.fullmatch("([A-Z])([0-9]+)", address)
        assert found is not None
        assert text in sheets[sheet][int(found[2]) - 1][ord(found[1]) - ord("A")]


def test_hostile_cells_are_text_in_the_workbook() -> None:
    content = workbook.render(one(*HOSTILE))
    lines = sheets_of(content)["Table 1"]
    assert [line[0] for line in lines[2:]] == list(HOSTILE)
    assert [line[1] for line in lines[2:]] == [f"{text} a" for text in HOSTILE]
    with ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            part = archive.read(name).decode()
            if name.startswith("xl/worksheets/sheet"):
                assert "<f>" not in part
                assert set(re.findall(r'<c [^>]*t="([^"]*)"', part)) <= {"s"}, "a cell that is not text"
                assert not re.search(r"<c [^>]*[^/]><v>", part.replace(' t="s"><v>', "/>")), "a bare number"
            assert "example.org" not in part or name == "xl/sharedStrings.xml"


def test_hostile_cells_run_in_no_spreadsheet_that_opens_the_csv() -> None:
    lines = lines_of(tables.render(one(*HOSTILE, caption="=1+1"))["tables/t.csv"])
    assert not [text for line in lines for text in line if text.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [line[0].removeprefix("'") for line in lines[2:]] == [text.removeprefix("'") for text in HOSTILE]
    (nameless,) = tables_of(one("x", caption="=1+1"))
    nameless = replace(nameless, number="")
    made = tables.render(Document("", "", (), (Section("s", "S", (nameless,)),)))
    assert lines_of(made["tables/t.csv"])[0][0] == "'=1+1"


@given(st.text(max_size=30))
def test_any_text_survives_the_workbook(text: str) -> None:
    written = "".join(
        letter for letter in text if letter in "\t\n" or letter.isprintable() or letter > "\u009f"
    )
    if any(letter in "\ufffe\uffff" or "\ud800" <= letter <= "\udfff" for letter in written):
        return
    assert sheets_of(workbook.render(one(text)))["Table 1"][2][0] == written


def test_a_text_that_excel_would_cut_is_an_error() -> None:
    with pytest.raises(OutputError, match=r"Table 1: Excel holds no cell of 40000 letters, 'xxx"):
        workbook.render(one("x" * 40_000))


@given(st.lists(st.text(max_size=40), max_size=6))
def test_names_of_sheets_are_such_as_excel_takes(wanted: list[str]) -> None:
    names = sheet_names(wanted)
    assert (
        len(names) == len(wanted) == len({name.lower() for name in names} - {"contents", "keys", "history"})
    )
    for name in names:
        assert 1 <= len(name) <= 31
        assert not set(name) & set("[]:*?/\\'")


def test_equal_documents_give_equal_files() -> None:
    assert tables.render(every_block("x")) == tables.render(every_block("x"))
    content = workbook.render(every_block("x"))
    assert content == workbook.render(every_block("x"))
    with ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(1980, 1, 1)}
        assert b"1980-01-01T00:00:00Z" in archive.read("docProps/core.xml")
