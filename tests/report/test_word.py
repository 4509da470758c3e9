"""The Word report, read back: every text where the blocks have it, every number the result it stands for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from shutil import which
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml.ns import qn
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph
from openxml_audit import FileFormat, OpenXmlValidator
from PIL import Image
from pypdf import PdfReader

from calliper.blocks import Cell, Column, Document, Figure, Footnote, Section, Table, TableRow, Text
from calliper.errors import OutputError
from calliper.report import FORMATS, word
from calliper.report.contents import known_formats
from calliper.results import Results
from displays.printed import LINES, NOT_RESULTS, NUMBER, is_rounding, values
from report.test_html import HOSTILE, every_block
from shared import ROOT

PLAIN = "".join(letter for letter in HOSTILE if letter not in "\x00\x0b")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Document, Results]:
    """The invented demonstration: thirty tables and every kind of figure."""
    from calliper import study
    from calliper.synth.demo import write_demo

    folder: Path = tmp_path_factory.mktemp("demo")
    write_demo(folder)
    outcome = study.load(folder / "study.yaml").outcome
    return outcome.document, outcome.results


@pytest.fixture(scope="module")
def read(made: tuple[Document, Results]) -> WordDocument:
    return opened(word.render(made[0]))


def opened(content: bytes) -> WordDocument:
    return docx.Document(BytesIO(content))


def plain(text: str) -> str:
    """The text with ordinary spaces: which of them do not break is layout."""
    return text.replace("\u00a0", " ")


def tables(made: Document) -> list[Table]:
    return [block for section in made.sections for block in section.blocks if isinstance(block, Table)]


def figures(made: Document) -> list[Figure]:
    return [block for section in made.sections for block in section.blocks if isinstance(block, Figure)]


def grid(table: WordTable) -> list[list[str]]:
    """Texts by row and column of the grid: a cell over several columns stands in its first, the others are empty."""
    rows = []
    for row in table._tbl.tr_lst:
        line: list[str] = []
        for cell in row.tc_lst:
            said = "\n".join(Paragraph(p, table).text for p in cell.p_lst)
            line += [plain(said), *[""] * (cell.grid_span - 1)]
        rows.append(line)
    return rows


def header_rows(table: WordTable) -> int:
    return sum(
        row.trPr is not None and row.trPr.find(qn("w:tblHeader")) is not None for row in table._tbl.tr_lst
    )


def printed(cell: Cell) -> str:
    return cell.text + ",".join(cell.notes)


def test_every_cell_of_every_table_is_the_blocks_cell(
    made: tuple[Document, Results], read: WordDocument
) -> None:
    held = tables(made[0])
    assert len(read.tables) == len(held) > 5
    compared = 0
    for block, table in zip(held, read.tables, strict=True):
        found = grid(table)
        heads = header_rows(table)
        assert heads == (2 if any(column.spanner for column in block.columns) else 1)
        for row, line in zip(block.rows, found[heads:], strict=True):
            assert line == [printed(cell) for cell in row.cells], block.id
            compared += len(line)
        for place, column in enumerate(block.columns):
            stacked = [found[level][place] for level in range(heads)]
            assert column.header + ",".join(column.notes) in stacked, block.id
    assert compared > 2000


def test_every_number_in_a_cell_is_its_result_rounded(
    made: tuple[Document, Results], read: WordDocument
) -> None:
    """From the file itself to results.csv: the judge of rounding knows nothing of the code that rounds."""
    blocks, results = made
    checked = 0
    for block, table in zip(tables(blocks), read.tables, strict=True):
        if block.id in NOT_RESULTS or block.id.endswith(LINES):
            continue
        found = grid(table)[header_rows(table) :]
        for row, line in zip(block.rows, found, strict=True):
            for cell, said in list(zip(row.cells, line, strict=True))[1:]:
                text = said.removesuffix(",".join(cell.notes)) if cell.notes else said
                values_ = values(results, cell.keys)
                for token in NUMBER.findall(text):
                    assert any(is_rounding(token, value) for value in values_), (block.id, said, token)
                    checked += 1
    assert checked > 2000


def test_paragraphs_headings_and_notes_stand_in_order(
    made: tuple[Document, Results], read: WordDocument
) -> None:
    """Every text that is not in a table or the list of headings, in the order of the blocks."""
    shown = [
        (paragraph.style.name if paragraph.style else "", plain(paragraph.text))
        for paragraph in read.paragraphs
        if paragraph.style is None
        or paragraph.style.name not in ("Calliper Table End", "Calliper Figure", "Calliper Contents", "toc 1")
    ]
    assert shown == list(expected(made[0]))


STYLES = {
    "paragraph": "Normal",
    "item": "List Bullet",
    "note": "Calliper Note",
    "warning": "Calliper Warning",
}


def expected(made: Document) -> Iterator[tuple[str, str]]:
    yield "Subtitle", made.subtitle
    yield "Title", made.title
    for name, fact in made.facts:
        yield "Calliper Fact", f"{name}\t{fact}"
    for section in made.sections:
        yield "Heading 1", section.title
        for block in section.blocks:
            if isinstance(block, Text):
                yield STYLES[block.role], block.text
                continue
            yield "Caption", f"{block.number}. {block.caption}"
            for note in block.footnotes:
                yield "Calliper Table Note", f"{note.mark} {note.text}".strip()


def test_captions_are_numbered_by_fields(read: WordDocument) -> None:
    codes = [code.text.strip() for code in read.element.body.iter(qn("w:instrText")) if "SEQ" in code.text]
    assert codes.count("SEQ Table \\* ARABIC") > 5
    assert codes.count("SEQ Figure \\* ARABIC") > 2


def test_a_number_out_of_turn_is_told_to_its_field() -> None:
    """A report from which tables were left out still says `Table 4` when Word has counted the fields."""
    numbers = ("Table 1", "Table 2", "Figure 2", "Table 4", "Table 5", "Figure 3", "Table 5")
    table, figure = tables(every_block("x"))[0], figures(every_block("x"))[0]
    blocks = [
        replace(table if number.startswith("T") else figure, number=number, id=str(place))
        for place, number in enumerate(numbers)
    ]
    read = opened(word.render(document_of(*blocks)))
    codes = [code.text.split() for code in read.element.body.iter(qn("w:instrText")) if "SEQ" in code.text]
    counts = {"Table": 0, "Figure": 0}
    for code, number in zip(codes, numbers, strict=True):
        counts[code[1]] = int(code[-1]) if "\\r" in code else counts[code[1]] + 1
        assert f"{code[1]} {counts[code[1]]}" == number
    assert sum("\\r" in code for code in codes) == 3


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("Table 10", "SEQ Table \\* ARABIC \\r 10"),
        ("Table 1", "SEQ Table \\* ARABIC"),
        ("表 3", "SEQ 表 \\* ARABIC \\r 3"),
        ('A" \\o 1', "SEQ Ao \\* ARABIC"),
    ],
)
def test_a_caption_shows_its_number_whole(number: str, code: str) -> None:
    """`Table 10` is the tenth table, not `Table 1` and nought; no text gets into the code of a field."""
    table = replace(tables(every_block("x"))[0], number=number)
    read = opened(word.render(document_of(table)))
    (caption,) = [p for p in read.paragraphs if p.style is not None and p.style.name == "Caption"]
    assert caption.text == f"{number}. x"
    (held,) = [made.text.strip() for made in caption._p.iter(qn("w:instrText"))]
    assert held == code


def document_of(*blocks: Table | Figure | Text) -> Document:
    return Document("Title", "", (), (Section("s", "Section", blocks),))


def test_header_rows_repeat_rows_stay_whole_and_widths_are_given_twice(read: WordDocument) -> None:
    for table in read.tables:
        widths = [int(column.get(qn("w:w"))) for column in table._tbl.tblGrid]
        assert header_rows(table) in (1, 2)
        for row in table._tbl.tr_lst:
            assert row.trPr.find(qn("w:cantSplit")) is not None
            place = 0
            for cell in row.tc_lst:
                span = cell.grid_span
                given = int(cell.tcPr.find(qn("w:tcW")).get(qn("w:w")))
                assert abs(given - sum(widths[place : place + span])) <= span
                place += span
            assert place == len(widths)


def test_numbers_stand_right_and_levels_stand_in(made: tuple[Document, Results], read: WordDocument) -> None:
    levels = 0
    for block, table in zip(tables(made[0]), read.tables, strict=True):
        for row, line in zip(block.rows, table._tbl.tr_lst[header_rows(table) :], strict=True):
            first = Paragraph(line.tc_lst[0].p_lst[0], table)
            assert first.style is not None
            assert (first.style.name == "Calliper Table Level") is (row.role == "level")
            levels += row.role == "level"
            if len(line.tc_lst) == len(block.columns):
                aligns = [cell.p_lst[0].pPr.find(qn("w:jc")) for cell in line.tc_lst]
                assert [None if held is None else held.get(qn("w:val")) for held in aligns] == [
                    None if column.align == "left" else column.align for column in block.columns
                ]
    assert levels > 10


def test_figures_are_pictures_with_words(made: tuple[Document, Results], read: WordDocument) -> None:
    blocks = figures(made[0])
    assert len(read.inline_shapes) == len(blocks) > 2
    for block, shape in zip(blocks, read.inline_shapes, strict=True):
        said = shape._inline.docPr
        assert said.get("descr") == block.alt
        assert said.get("title") == f"{block.number}. {block.caption}"
        assert shape.width.mm == pytest.approx(174, abs=0.1)
        assert shape.height / shape.width == pytest.approx(block.scene.height / block.scene.width, rel=1e-3)
        name = shape._inline.graphic.graphicData.pic.blipFill.blip.embed
        picture = Image.open(BytesIO(read.part.related_parts[name].blob))
        assert picture.width == round(174 / 25.4 * 300)


def test_no_two_parts_share_a_number(read: WordDocument) -> None:
    """Word calls a file damaged in which two pictures or two bookmarks have the same number."""
    for tag, name in (("wp:docPr", "id"), ("w:bookmarkStart", qn("w:id")), ("w:bookmarkStart", qn("w:name"))):
        held = [made.get(name) for made in read.element.body.iter(qn(tag))]
        assert len(held) == len(set(held)) > 5


def test_the_banner_is_in_the_header_of_every_page(
    made: tuple[Document, Results], read: WordDocument
) -> None:
    for section in read.sections:
        assert [p.text for p in section.header.paragraphs] == [made[0].banner]
        codes = [code.text.strip() for code in section.footer._element.iter(qn("w:instrText"))]
        assert codes == ["PAGE", "NUMPAGES"]
    without = opened(word.render(replace(made[0], banner="", sections=())))
    assert [p.text for p in without.sections[0].header.paragraphs] in ([], [""])


def wide_table(name: str) -> Table:
    columns = tuple(Column(f"Column {place}", "left" if place == 0 else "right") for place in range(16))
    cells = tuple(Cell("100 (12.3 to 45.6)") for _ in columns)
    return Table(name, "Table 1", "Wide", columns, (TableRow(cells),))


def test_a_wide_table_lies_on_its_side_with_its_heading_and_what_follows_stands() -> None:
    made = Document(
        "Title", "", (),
        (
            Section("a", "Upright", (Text("before"),)),
            Section("b", "Wide", (wide_table("x"), wide_table("y"))),
            Section("c", "Upright again", (Text("after"),)),
        ),
        "BANNER",
    )  # fmt: skip
    read = opened(word.render(made))
    shapes = [(section.orientation, section.page_width > section.page_height) for section in read.sections]
    assert shapes == [(0, False), (1, True), (0, False)]
    inside = [
        [block.text for block in section.iter_inner_content() if isinstance(block, Paragraph) and block.text]
        for section in read.sections
    ]
    assert inside[0][-2:] == ["Upright", "before"]
    assert inside[1] == ["Wide", "Table 1. Wide", "Table 1. Wide"]
    assert inside[2] == ["Upright again", "after"]
    assert all(section.header.paragraphs[0].text == "BANNER" for section in read.sections)


def test_hostile_text_is_only_text() -> None:
    content = word.render(every_block(HOSTILE))
    read = opened(content)
    body = "".join(made.text or "" for made in read.element.body.iter(qn("w:t"), qn("w:instrText")))
    assert plain(body).count(PLAIN) >= 20
    assert {made.text.strip() for made in read.element.body.iter(qn("w:instrText"))} <= {
        "SEQ Table \\* ARABIC", "SEQ Figure \\* ARABIC", 'TOC \\o "1-1" \\n \\h \\z',
    }  # fmt: skip
    for relation in read.part.rels.values():
        assert not relation.is_external
    with ZipFile(BytesIO(content)) as archive:
        assert not [name for name in archive.namelist() if "vba" in name.lower() or "embed" in name.lower()]


@pytest.mark.parametrize("text", ["a\ud800b", "a\ufffeb", "a\x1bb", "a\x7fb"])
def test_letters_that_xml_cannot_hold_are_left_out(text: str) -> None:
    read = opened(word.render(document_of(Text(text))))
    assert read.paragraphs[-1].text == "ab"


def test_lines_and_tabs_of_a_text_are_kept() -> None:
    read = opened(word.render(document_of(Text(" a\tb\r\nc  d "))))
    assert read.paragraphs[-1].text == " a\tb\nc  d "


def test_a_group_row_with_numbers_keeps_its_cells_and_one_without_runs_on() -> None:
    columns = (Column("Factor", "left"), Column("P"))
    rows = (
        TableRow((Cell("Sex"), Cell("0.709", notes=("b",))), "group"),
        TableRow((Cell("Age"), Cell("")), "group"),
    )
    table = Table("t", "Table 1", "Groups", columns, rows, (Footnote("b", "Pearson."),))
    (read,) = opened(word.render(document_of(table))).tables
    assert grid(read) == [["Factor", "P"], ["Sex", "0.709b"], ["Age", ""]]
    assert [len(row.tc_lst) for row in read._tbl.tr_lst] == [2, 2, 1]
    (mark,) = [run for p in read.rows[1].cells[1].paragraphs for run in p.runs if run.text == "b"]
    assert mark.style.name == "Calliper Mark"


def test_a_report_in_chinese_says_so_and_keeps_its_letters() -> None:
    said = {"Contents": "目录"}
    made = replace(document_of(Text("总生存期")), language="zh-TW", title="肝癌", furniture=said)
    read = opened(word.render(made))
    (language,) = read.styles.element.iter(qn("w:lang"))
    assert language.get(qn("w:eastAsia")) == "zh-TW"
    assert language.get(qn("w:val")) == "en-GB"  # of Latin words within it
    assert [p.text for p in read.paragraphs if p.text] == [
        "肝癌",
        "目录",
        "1\tSection",
        "Section",
        "总生存期",
    ]
    assert read.core_properties.title == "肝癌"


@pytest.mark.parametrize(("language", "told"), [("en", "en-GB"), ("en-US", "en-US"), ("de", "de")])
def test_a_report_in_latin_letters_says_its_language(language: str, told: str) -> None:
    read = opened(word.render(replace(document_of(Text("x")), language=language)))
    assert [held.get(qn("w:val")) for held in read.styles.element.iter(qn("w:lang"))] == [told]


def test_no_clock_and_no_name_is_in_the_file(made: tuple[Document, Results]) -> None:
    small = replace(made[0], sections=made[0].sections[:1])
    content = word.render(small)
    assert content == word.render(replace(small))
    with ZipFile(BytesIO(content)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode("utf-8")
    assert "dcterms" not in core.replace('xmlns:dcterms="http://purl.org/dc/terms/"', "")
    assert "creator" not in core
    assert "python-docx" not in core


def test_equal_bytes_in_another_process(made: tuple[Document, Results]) -> None:
    code = (
        "import hashlib, sys; from report.test_html import every_block; from calliper.report import word;"
        "print(hashlib.sha256(word.render(every_block('x'))).hexdigest())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(Path(__file__).parent.parent), "PYTHONHASHSEED": seed, "TZ": zone},
            capture_output=True, text=True, check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Shanghai"))
    }  # fmt: skip
    assert len(told) == 1


def test_a_run_to_html_alone_loads_no_word_and_no_typesetter() -> None:
    code = (
        "import sys; from calliper.blocks import Document; from calliper.report import FORMATS;"
        "FORMATS['html'](Document('t', '', (), ())); import calliper.report.contents;"
        "print(sorted({'docx', 'lxml', 'typst', 'PIL'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_an_unknown_format_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(
        OutputError, match=r"no report is written as 'docs' \(did you mean 'docx'\?\); the formats are html"
    ):
        known_formats(["html", "docs"])
    with pytest.raises(OutputError, match="no format is named"):
        known_formats([])
    assert known_formats(["docx", "html", "docx"]) == ("html", "docx")
    assert set(FORMATS) >= {"html", "docx"}


def test_the_page_of_formats_names_every_style_there_is() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    named = {
        name.strip()
        for line in page.partition("## Word")[2].partition("\n## ")[0].splitlines()
        if line.startswith("|") and not line.startswith(("|-", "| style"))
        for name in line.split("|")[1].split(",")
    }
    invisible = {"Default Paragraph Font", "Normal Table", "No List"}
    styles = opened(word.render(document_of(Text("x")))).styles.element
    held = {style.find(qn("w:name")).get(qn("w:val")) for style in styles.iter(qn("w:style"))}
    assert named == held - invisible


def test_every_paragraph_has_a_style_that_is_defined(read: WordDocument) -> None:
    held = {style.get(qn("w:styleId")) for style in read.styles.element.iter(qn("w:style"))}
    tags = (qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle"))
    parts = (read.element, read.sections[0].header._element, read.sections[0].footer._element)
    used = {made.get(qn("w:val")) for part in parts for made in part.iter(*tags)}
    assert used <= held
    assert len(used) > 15


def test_libreoffice_lays_it_out_as_asked(tmp_path: Path) -> None:
    """Another reader of the file: upright and lying pages, every cell, captions counted as printed."""
    program = which("soffice") or which("libreoffice")
    if program is None:
        pytest.skip(
            "LibreOffice is not on this machine: the Word file is not laid out by another program here"
        )
    wide, slim = wide_table("x"), replace(tables(every_block("Zebra"))[0], number="Table 7")
    made = Document("Title", "", (), (Section("a", "A", (Text("before"), wide, slim)),), "BANNER")
    (tmp_path / "report.docx").write_bytes(word.render(made))
    subprocess.run(
        [program, "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--convert-to", "pdf",
         "--outdir", str(tmp_path), str(tmp_path / "report.docx")],
        capture_output=True, check=True, timeout=300,
    )  # fmt: skip
    pages = PdfReader(str(tmp_path / "report.pdf")).pages
    assert [page.mediabox.width > page.mediabox.height for page in pages] == [False, True, False]
    texts = [page.extract_text() for page in pages]
    assert all("BANNER" in text and f"{place} / 3" in text for place, text in enumerate(texts, start=1))
    assert "Table 1. Wide" in texts[1]
    assert "".join(texts[1].split()).count("100(12.3to45.6)") == 16
    assert "Table 7. Zebra" in texts[2]
    assert texts[2].count("Zebra") == 1 + 3 + 4 * 3 + 2  # caption, header, rows, notes


def findings(path: Path) -> list[str]:
    """What Microsoft's schemas and rules, as openxml-audit has them, say against a file."""
    found = OpenXmlValidator(file_format=FileFormat.MICROSOFT_365, max_errors=100).validate(str(path))
    return [f"{error.part_uri}: {error.path}: {error.description}" for error in found.errors]


def test_the_file_keeps_the_schemas_of_word(made: tuple[Document, Results], tmp_path: Path) -> None:
    hard = every_block(HOSTILE)
    lying = Section("w", "Wide", (Text("before"), wide_table("x"), Text("after")))
    chinese = replace(hard, sections=(lying, *hard.sections), language="zh-CN", banner="")
    for name, document in {"demo": made[0], "hard": hard, "chinese": chinese}.items():
        path = tmp_path / f"{name}.docx"
        path.write_bytes(word.render(document))
        assert findings(path) == []


def test_a_file_that_breaks_the_schemas_would_be_found(tmp_path: Path) -> None:
    content, path = word.render(every_block("x")), tmp_path / "broken.docx"
    with ZipFile(BytesIO(content)) as held, ZipFile(path, "w") as archive:
        for name in held.namelist():
            archive.writestr(name, held.read(name).replace(b"<w:cantSplit/>", b'<w:jc w:val="up"/>', 1))
    assert len(findings(path)) == 1
