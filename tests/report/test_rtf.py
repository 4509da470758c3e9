"""The RTF report, read back by a reader written from the specification: every cell, note and word is the blocks'."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import calliper
from calliper.blocks import Cell, Column, Document, Figure, Footnote, Section, Table, TableRow, Text
from calliper.displays.document import document
from calliper.report import rtf
from calliper.report.rtf.styles import STYLES
from calliper.report.rtf.words import escaped
from calliper.synth.demo import write_demo
from displays import hand_results
from report.rtf_reader import Paragraph, Reading, Row, read
from report.test_html import every_block

HOSTILE = "}}{\\rtf1\\par \\'41 \\u65? {\\*\\bin9 x} \\cell\\row\\~ \\\n=1+1\t<b>\r\n两组 𝒳 ≤ ü \x00\x07"
SHOWN = "}}{\\rtf1\\par \\'41 \\u65? {\\*\\bin9 x} \\cell\\row\\~ \\\n=1+1\t<b>\n两组 𝒳 ≤ ü "


@pytest.fixture(scope="module", params=["by hand", "demonstration"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Document:
    """A study by hand, and the invented demonstration with its tables and figures of every kind."""
    if request.param == "by hand":
        return document(hand_results.protocol(), hand_results.results(), (), {"calliper": "0.1.0"})
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    return calliper.load(folder / "study.yaml").document()


@pytest.fixture(scope="module")
def reading(report: Document) -> Reading:
    return read(rtf.render(report))


def tables_of(held: Document) -> list[Table]:
    return [block for section in held.sections for block in section.blocks if isinstance(block, Table)]


def figures_of(held: Document) -> list[Figure]:
    return [block for section in held.sections for block in section.blocks if isinstance(block, Figure)]


def loose(text: str) -> str:
    """The text with every no-break space as a space."""
    return text.replace("\u00a0", " ")


def printed(cell: Cell) -> str:
    return cell.text + ",".join(cell.notes)


def body_of(rows: list[Row]) -> list[Row]:
    return [row for row in rows if "trhdr" not in row.controls]


def test_every_cell_of_every_table_is_the_blocks(report: Document, reading: Reading) -> None:
    assert len(reading.tables) == len(tables_of(report))
    n_cells = 0
    for table, rows in zip(tables_of(report), reading.tables, strict=True):
        for row, held in zip(table.rows, body_of(rows), strict=True):
            expected = row.cells
            if row.role == "group" and not any(map(printed, row.cells[1:])):
                expected = row.cells[:1]  # the head of a group has the row to itself
            assert [loose(cell.text) for cell in held.cells] == [printed(cell) for cell in expected]
            assert [cell.raised for cell in held.cells] == [",".join(cell.notes) for cell in expected]
            n_cells += len(expected)
    assert n_cells > 250


def test_columns_are_headed_aligned_and_as_wide_in_every_row(report: Document, reading: Reading) -> None:
    aligned = {"left": "ql", "right": "qr", "center": "qc"}
    for table, rows in zip(tables_of(report), reading.tables, strict=True):
        heads = [row for row in rows if "trhdr" in row.controls]
        assert rows[: len(heads)] == heads
        assert len(heads) == 1 + any(column.spanner for column in table.columns)
        for place, column in enumerate(table.columns):
            # a header without a spanner stands in the upper of two merged cells
            over = [
                row.cells[row.edges.index(heads[-1].edges[place])]
                for row in heads
                if heads[-1].edges[place] in row.edges
            ]
            said = [loose(cell.text) for cell in over]
            assert column.header + ",".join(column.notes) in said
        for row in body_of(rows):
            assert row.edges[-1] == heads[-1].edges[-1]
            if len(row.cells) == len(table.columns):
                assert row.edges == heads[-1].edges
                for cell, column in zip(row.cells, table.columns, strict=True):
                    assert aligned[column.align] in cell.controls
        for row in rows:
            assert "trkeep" in row.controls
            assert all(before < after for before, after in pairwise((0, *row.edges)))


def test_spanners_stand_over_their_columns_and_nothing_else() -> None:
    columns = (
        Column("A", "left"),
        Column("B", spanner="one"),
        Column("C", spanner="one"),
        Column("D", spanner="two"),
    )
    table = Table("t", "Table 1", "x", columns, (TableRow(tuple(Cell(text) for text in "abcd")),))
    (rows,) = read(rtf.render(Document("T", "", (), (Section("s", "S", (table,)),)))).tables
    upper, lower, body = rows
    assert [cell.text for cell in upper.cells] == ["A", "one", "two"]
    assert [cell.text for cell in lower.cells] == ["", "B", "C", "D"]
    assert [cell.text for cell in body.cells] == ["a", "b", "c", "d"]
    assert upper.edges == (lower.edges[0], lower.edges[2], lower.edges[3])
    assert "clvmgf" in upper.cell_controls[0]
    assert "clvmrg" in lower.cell_controls[0]


def test_every_word_outside_the_tables_is_there_in_order(report: Document, reading: Reading) -> None:
    expected = [
        report.subtitle,
        report.title,
        *(f"{name}\t{fact}" for name, fact in report.facts),
        "Contents",
    ]
    expected += [f"{place}\t{section.title}" for place, section in enumerate(report.sections, start=1)]
    for section in report.sections:
        expected.append(section.title)
        for block in section.blocks:
            if isinstance(block, Text):
                expected.append(block.text)
                continue
            expected.append(f"{block.number}. {block.caption}")
            expected += [f"{note.mark} {note.text}" if note.mark else note.text for note in block.footnotes]
    found = [loose(paragraph.text) for paragraph in reading.paragraphs]
    assert [text for text in found if text] == expected
    assert len(expected) > 60


def test_paragraphs_are_in_the_named_styles(report: Document, reading: Reading) -> None:
    names = {style.number: name for name, style in STYLES.items()}
    found = [names[paragraph.style] for paragraph in reading.paragraphs]
    assert found.count("heading 1") == len(report.sections)
    assert found.count("caption") == len(tables_of(report)) + len(figures_of(report))
    assert found.count("Calliper Figure") == len(figures_of(report))
    roles = [block.role for section in report.sections for block in section.blocks if isinstance(block, Text)]
    assert found.count("Calliper Warning") == roles.count("warning")
    assert found.count("Calliper Note") == roles.count("note")
    declared = re.findall(r"\{\\s(\d+)[^{}]*\\snext0 ([^;{}]+);\}", rtf.render(report).decode("ascii"))
    assert {int(number): name for number, name in declared} == names


def test_figures_are_pictures_with_words_in_their_stead(report: Document, reading: Reading) -> None:
    pictures = re.findall(r"\\pngblip\\picw(\d+)\\pich(\d+)\\picwgoal(\d+)\\pichgoal(\d+)\s([0-9a-f\s]+)\}",
                          rtf.render(report).decode("ascii"))  # fmt: skip
    assert len(pictures) == len(figures_of(report)) > 0
    for figure, (width, height, wide, high, content) in zip(figures_of(report), pictures, strict=True):
        with Image.open(BytesIO(bytes.fromhex(content))) as image:
            assert image.size == (int(width), int(height))
        # 1440 twips and 300 dots an inch
        assert int(width) == pytest.approx(int(wide) / 1440 * 300, abs=1)
        assert int(high) / int(wide) == pytest.approx(figure.scene.height / figure.scene.width, rel=0.001)
    told = reading.destinations["sv"]
    assert "".join(told) == "".join(f"{figure.number}{figure.alt}" for figure in figures_of(report))


def test_a_wide_table_lies_on_its_side_and_the_rest_stands_upright() -> None:
    columns = tuple(Column(f"Column {place}") for place in range(14))
    wide = Table(
        "w", "Table 2", "Wide", columns, (TableRow(tuple(Cell("123 (45.6 to 78.9)") for _ in columns)),)
    )
    slim = Table("n", "Table 1", "Slim", columns[:2], (TableRow((Cell("1"), Cell("2"))),))
    blocks = (slim, wide, replace(wide, id="w2"), Text("after"))
    held = read(rtf.render(Document("T", "", (), (Section("s", "S", blocks),), "BANNER")))
    assert ["lndscpsxn" in section.controls for section in held.sections] == [False, True, False]
    assert [len([block for block in s.blocks if isinstance(block, Row)]) for s in held.sections] == [2, 4, 0]
    assert held.destinations["header"] == ["BANNER"] * 3
    a4, side = (11906, 16838), 1020
    for section, room in zip(held.sections, (a4[0], a4[1], a4[0]), strict=True):
        for block in section.blocks:
            if isinstance(block, Row):
                assert block.edges[-1] <= room - 2 * side


def test_the_banner_is_there_only_where_there_is_one() -> None:
    held = every_block("x")
    assert read(rtf.render(replace(held, banner="INVENTED"))).destinations["header"] == ["INVENTED"]
    assert "header" not in read(rtf.render(replace(held, banner=""))).destinations


def test_hostile_text_is_only_text() -> None:
    content = rtf.render(every_block(HOSTILE))
    held = read(content)
    texts = [loose(paragraph.text) for paragraph in held.paragraphs]
    (rows,) = held.tables
    cells = [loose(cell.text) for row in rows for cell in row.cells]
    assert sum(text.count(SHOWN) for text in texts) >= 15
    assert (
        sum(text.count(SHOWN) for text in cells) == 12 + 2 + 1
    )  # cells, headers, one spanner over two columns
    assert [len(row.cells) for row in rows] == [2, 3, 3, 3, 3, 3]
    inside = {name: "".join(parts) for name, parts in held.destinations.items()}
    assert inside["title"] == inside["subject"] == inside["doccomm"] == SHOWN
    assert inside["sv"] == f"Figure 1{SHOWN}"
    assert loose(inside["header"]).split() == SHOWN.split()
    assert b"\x00" not in content
    assert b"\x07" not in content


@given(st.text())
def test_any_text_reads_back(text: str) -> None:
    content = f"{{\\rtf1\\uc1 \\pard {escaped(text)}\\par}}".encode("ascii")
    (found,) = read(content).blocks
    assert isinstance(found, Paragraph)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    # what no page can show is left out: controls, halves of pairs, what is no letter
    assert found.text == "".join(letter for letter in lines if letter in "\n\t" or escaped(letter))
    assert [letter for letter in found.text if letter.isprintable()] == [
        letter for letter in text if letter.isprintable()
    ]


def test_chinese_is_set_in_a_font_that_has_it() -> None:
    sections = (Section("s", "结果", (Text("中位数 8.3 个月"),)),)
    held = Document("两组比较", "", (), sections, language="zh", furniture={"Contents": "目录"})
    content = rtf.render(held)
    assert "目录" in [paragraph.text for paragraph in read(content).paragraphs]
    assert b"\\deflang2052" in content
    assert 2 in read(content).fonts
    assert 2 not in read(rtf.render(replace(held, title="T", sections=(), language="en"))).fonts


def test_equal_documents_give_equal_files() -> None:
    made = rtf.render(every_block("x"))
    assert made == rtf.render(every_block("x"))
    assert b"creatim" not in made


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_libreoffice_reads_every_cell(report: Document, tmp_path: Path) -> None:
    source = tmp_path / "report.rtf"
    source.write_bytes(rtf.render(report))
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
        "--outdir",
        str(tmp_path),
    ]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=240)
    said = loose((tmp_path / "report.txt").read_text(encoding="utf-8-sig"))
    place = 0
    for table in tables_of(report):
        for row in table.rows:
            for cell in filter(printed, row.cells):
                found = said.find(printed(cell), place)
                assert found >= 0, f"{table.number}: {printed(cell)!r} is not there, or out of order"
                place = found + len(printed(cell))


def test_footnotes_follow_their_table() -> None:
    table = Table(
        "t",
        "Table 1",
        "x",
        (Column("A"),),
        (TableRow((Cell("1", (), ("a",)),)),),
        (Footnote("a", "P < 0.05"),),
    )
    blocks = read(rtf.render(Document("T", "", (), (Section("s", "S", (table,)),)))).blocks
    place = next(place for place, block in enumerate(blocks) if isinstance(block, Row))
    row, note = blocks[place + 1], blocks[place + 2]
    assert isinstance(row, Row)
    assert row.cells[0].raised == "a"
    assert isinstance(note, Paragraph)
    assert (note.text, note.raised) == ("a P\u00a0<\u00a00.05", "a")
