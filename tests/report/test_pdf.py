"""The PDF: every word of the document in it and in order, tagged, on pages that fit, deaf to what a cell says."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import unicodedata
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PageObject, PdfReader

import calliper
from calliper.blocks import (
    Cell,
    Column,
    Document,
    Figure,
    Footnote,
    Label,
    Scene,
    Section,
    Table,
    TableRow,
    Text,
)
from calliper.displays.document import document
from calliper.errors import OutputError
from calliper.report import typesetting
from calliper.report.pdf import render, source
from calliper.synth.demo import write_demo
from displays import hand_results
from report.test_html import every_block

HOSTILE = (
    '#panic("x") $x^2$ *b* _i_ @ref <label> // c /* [#read("/etc/passwd")] \\ \\u{41} `raw` ~ -- "q" {b}'
)


def read(content: bytes) -> PdfReader:
    return PdfReader(BytesIO(content))


def squeezed(text: str) -> str:
    """The text without its spaces: a PDF says where letters stand, not where words end."""
    return "".join(text.split())


def text_of(content: bytes, banner: str = "") -> str:
    """The text of all pages without the running heads and page numbers, which may stand within a sentence."""
    pages = read(content).pages
    found = [squeezed(page.extract_text()) for page in pages]
    for number, text in enumerate(found, 1):
        assert squeezed(banner) in text
        assert text.count(f"{number}/{len(pages)}") >= 1
    return "".join(
        text.replace(squeezed(banner), "", 1).removesuffix(f"{number}/{len(pages)}")
        for number, text in enumerate(found, 1)
    )


def starts(page: PageObject) -> list[tuple[float, float]]:
    """Where the runs of text of a page start, in points from its left and lower edges."""
    found: list[tuple[float, float]] = []

    def note(text: str, outer: list[float], inner: list[float], _font: object, _size: float) -> None:
        if text.strip():
            x, y = inner[4], inner[5]
            found.append((x * outer[0] + y * outer[2] + outer[4], x * outer[1] + y * outer[3] + outer[5]))

    page.extract_text(visitor_text=note)
    return found


def texts(held: Document) -> list[str]:
    """Every text of the document outside drawings, in reading order: those of a table cell by cell."""
    found: list[str] = []
    for section in held.sections:
        found.append(section.title)
        for block in section.blocks:
            if isinstance(block, Text):
                found.append(block.text)
                continue
            caption = f"{block.number}. {block.caption}"
            if isinstance(block, Table):
                found.append(caption)
                found += [cell.text for row in block.rows for cell in row.cells]
            else:
                found.append(caption)
            found += [note.mark + note.text for note in block.footnotes]
    return found


def count_in_order(said: list[str], content: str, reach: int = 3000) -> int:
    """How many of the texts stand in the content, each after the one before it and not far from it."""
    place = count = 0
    for text in map(squeezed, said):
        found = content.find(text, place)
        assert 0 <= found <= place + reach, (
            f"{text!r} is not after {content[max(0, place - 60) : place + 60]!r}"
        )
        place = found + len(text)
        count += bool(text)
    return count


def one_table(table: Table, **others: str) -> Document:
    return Document("Title", "", (), (Section("s", "Section", (table,)),), **others)


def of_size(columns: int, rows: int, text: str = "12.3 (4.5 to 6.7)") -> Table:
    return Table(
        "t",
        "Table 1",
        "Caption",
        (Column("Name", "left"), *(Column(f"Head{place}") for place in range(1, columns))),
        tuple(
            TableRow((Cell(f"row {number}"), *(Cell(text) for _ in range(1, columns))))
            for number in range(rows)
        ),
        (Footnote("", "Note under the table."),),
    )


def test_every_word_of_the_demo_is_there_in_order(tmp_path: Path) -> None:
    write_demo(tmp_path)
    held = calliper.load(tmp_path / "study.yaml").document()
    content = render(held)
    printed = text_of(content, held.banner)
    said = texts(held)
    body = printed[printed.rindex(squeezed(said[1])) :]  # after the contents, which name the sections too
    assert count_in_order(said[1:], body) > 3500
    assert sum(len(re.findall(r"\d+(?:\.\d+)?", text)) for text in said) > 5000
    titles = [entry.title for entry in read(content).outline if not isinstance(entry, list)]
    assert titles == [f"{number} {section.title}" for number, section in enumerate(held.sections, 1)]
    for section in held.sections:
        for block in section.blocks:
            labels = block.scene.shapes if isinstance(block, Figure) else ()
            assert all(
                squeezed(label.text) in printed
                for label in labels
                if isinstance(label, Label) and not label.turn
            )


@pytest.fixture(scope="module")
def small() -> Document:
    return document(hand_results.protocol(), hand_results.results(), (), {"calliper": "0.1.0"})


def test_it_is_tagged_and_says_its_language_title_and_standard(small: Document) -> None:
    content = render(small)
    root = read(content).trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == small.language
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    metadata = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in metadata
    assert small.title in metadata
    assert "Date" not in metadata
    held = read(content).metadata
    assert held is not None
    assert "/CreationDate" not in held


@pytest.mark.skipif(shutil.which("pdfinfo") is None, reason="pdfinfo (poppler-utils) is not installed")
def test_tables_are_tables_to_a_screen_reader(small: Document, tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_bytes(render(small))
    told = subprocess.run(
        ["pdfinfo", "-struct", tmp_path / "report.pdf"], capture_output=True, text=True, check=True
    ).stdout
    tables = [block for section in small.sections for block in section.blocks if isinstance(block, Table)]
    figures = [block for section in small.sections for block in section.blocks if isinstance(block, Figure)]
    elements = re.findall(r"^ *(\w+)", told, flags=re.MULTILINE)
    assert tables
    assert elements.count("Table") == len(tables)
    assert elements.count("THead") >= len(tables)
    assert elements.count("Caption") == len(tables) + len(figures)
    rows = sum(len(table.rows) + 1 + any(column.spanner for column in table.columns) for table in tables)
    assert elements.count("TR") == rows
    assert elements.count("H1") == len(small.sections) + 1  # and the contents
    assert elements.count("Figure") == len(figures)


def test_equal_documents_are_equal_bytes_in_another_process() -> None:
    code = (
        "import hashlib\nfrom calliper.report.pdf import render\nfrom report.test_html import every_block\n"
        "print(hashlib.sha256(render(every_block('Zebra'))).hexdigest())"
    )
    folder = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env={
            "PYTHONHASHSEED": "5",
            "PYTHONPATH": str(folder),
            "TZ": "Asia/Shanghai",
            "SOURCE_DATE_EPOCH": "1",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == hashlib.sha256(render(every_block("Zebra"))).hexdigest()


@pytest.mark.parametrize(
    "text", [HOSTILE, "a\tb\nc\x00\x07d", "=1+1 +2 @SUM({\\rtf1 }", "ﬁ e\u0301 ≥ − χ² Ж α"]
)
def test_what_a_text_says_is_printed_and_not_obeyed(text: str) -> None:
    content = text_of(render(every_block(text)))
    said = squeezed("".join(letter for letter in text if letter >= " " or letter in "\t\n"))
    # a PDF may write two letters where the font joins them, or compose an accent
    assert unicodedata.normalize("NFKC", content).count(unicodedata.normalize("NFKC", said)) >= 20


def test_headers_are_repeated_and_notes_follow() -> None:
    content = render(one_table(of_size(4, 200), banner="Banner"))
    pages = [page.extract_text() for page in read(content).pages]
    tabled = [page for page in pages if "row " in page]
    assert len(tabled) >= 3
    assert all("Head3" in page and "Banner" in page for page in tabled)
    assert "Note under the table." in pages[-1]


def test_wide_tables_lie_on_their_side_and_nothing_leaves_the_page() -> None:
    for columns, is_turned in ((6, False), (10, True), (30, True)):
        content = render(one_table(of_size(columns, 3)))
        turned = [page.mediabox.width > page.mediabox.height for page in read(content).pages]
        assert any(turned) == is_turned
        assert not turned[0]
        assert is_turned == ("1 Section" in read(content).pages[-1].extract_text() and len(turned) == 2)
        assert text_of(content).count("12.3(4.5to6.7)") == 3 * (columns - 1)
        for page in read(content).pages:
            assert 0 < max(x for x, _ in starts(page)) < float(page.mediabox.width) - 20


@pytest.mark.parametrize(("rows", "words"), [(1, 1500), (12, 120), (12, 400), (40, 3), (60, 40)])
def test_no_table_runs_off_the_foot_of_its_page(rows: int, words: int) -> None:
    content = render(one_table(of_size(3, rows, "word " * words)))
    places = [place for page in read(content).pages for place in starts(page)]
    assert min(y for _, y in places) > 25
    assert text_of(content).count("word") == rows * words * 2


def test_a_short_table_is_not_parted_from_its_notes() -> None:
    # the same table after more and more text: wherever it falls, all of it is on one page
    for lines in range(0, 60, 3):
        held = one_table(of_size(3, 12))
        blocks = (
            Text("A line of text that takes a line of the page. " * 2 * lines),
            *held.sections[0].blocks,
        )
        content = render(replace(held, sections=(Section("s", "Section", blocks),)))
        pages = [page.extract_text() for page in read(content).pages]
        (holding,) = (text for text in pages if "12.3" in text)
        assert "Table 1. Caption" in holding
        assert "row 0" in holding
        assert "row 11" in holding
        assert "Note under the table." in holding


def test_words_that_fit_are_not_broken(small: Document) -> None:
    assert "linebreak()" not in source(small)
    assert "linebreak()" in source(one_table(of_size(3, 1, "x" * 400)))


def test_a_long_word_breaks() -> None:
    word = "prognosis/all/experimental/" * 20
    table = Table(
        "t", "Table 1", "C", (Column("A", "left"), Column("B")), (TableRow((Cell("x" * 400), Cell("1"))),)
    )
    held = Document("T", "", (), (Section("s", "S", (Text(word), table)),))
    content = text_of(render(held))
    assert word in content
    assert "x" * 400 in content


@pytest.mark.parametrize("place", ["cell", "note", "paragraph", "figure", "title"])
def test_a_letter_without_a_font_is_an_error_that_names_its_place(place: str) -> None:
    odd = {
        name: "a\uffff" if name == place else "a" for name in ("cell", "note", "paragraph", "figure", "title")
    }
    blocks = (
        Text(odd["paragraph"]),
        Table(
            "t",
            "Table 1",
            "C",
            (Column("A"),),
            (TableRow((Cell(odd["cell"]),)),),
            (Footnote("a", odd["note"]),),
        ),
        Figure("f", "Figure 1", "C", Scene(9, 9, (Label(0, 5, odd["figure"]),)), "alt"),
    )
    held = Document(odd["title"], "", (), (Section("s", "Methods", blocks),))
    where = {
        "cell": "Table 1",
        "note": "Table 1",
        "paragraph": "Methods",
        "figure": "Figure 1",
        "title": "Title",
    }
    with pytest.raises(OutputError, match=rf"^{where[place]}: no font on this machine has .*\(U\+FFFF\)"):
        render(held)


def test_chinese_is_set_with_our_own_font(monkeypatch: pytest.MonkeyPatch) -> None:
    own = typesetting._fonts(has_machine=False)
    monkeypatch.setattr(typesetting, "_fonts", lambda *, has_machine: own)
    held = replace(one_table(of_size(2, 3, "年龄（岁）")), language="zh", title="多中心回顾性队列")
    content = render(held)
    assert text_of(content).count("年龄（岁）") == 3
    assert read(content).trailer["/Root"]["/Lang"] == "zh"


def test_the_package_that_has_chinese_letters_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    own = typesetting._fonts(has_machine=False)
    monkeypatch.setattr(typesetting, "_fonts", lambda *, has_machine: own)
    with pytest.raises(
        OutputError, match=r"Table 1: .*'龘' \(U\+9F98\)[\s\S]*apt-get install fonts-noto-cjk"
    ):
        render(one_table(of_size(2, 1, "龘")))  # a letter beyond GB 2312
