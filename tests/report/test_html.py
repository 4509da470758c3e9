"""The HTML report: well formed, self-contained, deterministic, and deaf to what a cell says."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from io import BytesIO
from typing import Literal
from zipfile import ZipFile

import fastexcel
import pytest
from pypdf import PdfReader

from calliper.blocks import (
    Area,
    Block,
    Box,
    Cell,
    Column,
    Document,
    Figure,
    Footnote,
    Label,
    Line,
    Mark,
    Scene,
    Section,
    Shape,
    Table,
    TableRow,
    Text,
)
from calliper.displays.document import document
from calliper.report import FORMATS
from calliper.report.html import render
from displays import hand_results

HOSTILE = '<script>alert("1")</script> & \'x\' =HYPERLINK("http://x") </td></table>\x00\x0b'
Role = Literal["body", "group", "level", "total"]
VOID = {"meta", "link", "br", "img", "input", "hr"}


class Reader(HTMLParser):
    """Collects elements and refuses tags that do not nest."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"{tag} repeats an attribute"
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def every_block(text: str) -> Document:
    """One document with every kind of block, role and shape, saying `text`."""
    shapes: tuple[Shape, ...] = (
        Line(((0, 0), (1, 1)), dash=(2, 1)),
        Area(((0, 0), (1, 0), (1, 1)), "arm:3", 0.2, "ink"),
        Box(0, 0, 5, 5, "paper", "rule", 2),
        *(Mark(1, 1, shape, 4, "arm:1") for shape in ("square", "diamond", "circle", "tick")),
        Label(1, 1, text, "middle", 9, True, "muted", -90, key=text),
    )
    roles: tuple[Role, ...] = ("body", "group", "level", "total")
    table = Table(
        "t",
        "Table 1",
        text,
        (Column(text, "left"), Column(text, "right", text, ("a",)), Column("", "center", text)),
        tuple(
            TableRow((Cell(text), Cell(text, (text, "k"), ("a", "b")), Cell(text)), role) for role in roles
        ),
        (Footnote("a", text), Footnote("", text)),
    )
    blocks: tuple[Block, ...] = (
        *(Text(text, role, (text,)) for role in ("paragraph", "item", "note", "warning")),
        table,
        Figure("f", "Figure 1", text, Scene(10, 10, shapes), text, (Footnote("", text),)),
        Text(text, "item"),
    )
    return Document(text, text, ((text, text),), (Section("s", text, blocks),), text)


@pytest.fixture(scope="module")
def page() -> str:
    return render(document(hand_results.protocol(), hand_results.results(), (), {"calliper": "0.1.0"}))


def test_it_nests_and_ids_are_unique_and_links_resolve(page: str) -> None:
    read = Reader(page)
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for attributes in read.all("a"):
        assert str(attributes["href"]).startswith("#")
        assert str(attributes["href"])[1:] in ids
    for _, attributes in read.elements:
        for reference in str(attributes.get("aria-labelledby", "")).split():
            assert reference in ids


def test_nothing_is_fetched_and_nothing_runs(page: str) -> None:
    read = Reader(page)
    assert not [
        tag
        for tag, _ in read.elements
        if tag in {"script", "link", "img", "iframe", "object", "base", "form"}
    ]
    assert not re.search(r"url\(|@import|javascript:", page)
    assert set(re.findall(r"https?://[^\"'\s<]*", page)) <= {"http://www.w3.org/2000/svg"}
    (policy,) = [m["content"] for m in read.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert "default-src 'none'" in str(policy)
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]


def test_it_is_accessible(page: str) -> None:
    read = Reader(page)
    assert read.all("html")[0]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert set(levels) == {1, 2}
    assert len(read.all("caption")) == len(read.all("table"))
    assert all(attributes.get("scope") for attributes in read.all("th"))
    drawings = read.all("svg")
    assert drawings
    assert all(attributes["role"] == "img" and attributes["aria-labelledby"] for attributes in drawings)
    assert len(read.all("title")) == 1 + len(drawings)
    assert len(read.all("desc")) == len(drawings)


def test_every_keyed_cell_carries_its_keys(page: str) -> None:
    results = hand_results.results()
    held = [str(a["data-key"]) for _, a in Reader(page).elements if "data-key" in a]
    assert len(held) > 100
    for keys in held:
        assert all(results.get(key) is not None for key in keys.split("\n"))


def test_rows_have_as_many_cells_as_the_header_has_columns(page: str) -> None:
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        head, body = table.split("<tbody>")
        first = re.findall(r"<tr.*?</tr>", head, re.DOTALL)[0]
        spans = [int(n) for n in re.findall(r'colspan="(\d+)"', first)]
        columns = len(re.findall(r"<t[hd] ", first)) - len(spans) + sum(spans)
        for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL):
            assert len(re.findall(r"<t[hd] ", row)) == columns


def test_hostile_text_is_only_text() -> None:
    made = render(every_block(HOSTILE))
    read = Reader(made)
    assert not read.all("script")
    assert "\x00" not in made
    assert "<script>alert" not in made
    shown = "".join(read.text).replace("\u00a0", " ")
    assert shown.count('<script>alert("1")</script> & \'x\' =HYPERLINK("http://x") </td></table>') >= 25


def test_hostile_arm_labels_go_through_the_whole_report() -> None:
    study = hand_results.protocol(new=HOSTILE.replace("\x00\x0b", ""), old="=1+1")
    made = render(document(study, hand_results.results(), (), {}))
    assert not Reader(made).all("script")


def test_the_banner_is_printed_only_where_there_is_one(page: str) -> None:
    assert "INVENTED DATA - no patient is described" in page
    study = hand_results.protocol(invented=False)
    assert "INVENTED" not in render(document(study, hand_results.results(), (), {}))


def test_the_banner_repeats_in_print_and_cannot_leave_its_style_rule() -> None:
    made = render(replace(every_block("x"), banner='a"} </style><b>'))
    (rule,) = re.findall(r"@top-center \{ content: \"([^\"]*)\"", made)
    assert re.sub(r"\\([0-9a-f]+) ", lambda m: chr(int(m[1], 16)), rule) == 'a"} </style><b>'
    assert not Reader(made).all("b")[2:]  # only the captions' own


def test_equal_documents_give_equal_pages() -> None:
    made = every_block("x")
    assert render(made) == render(replace(made))


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_renders_every_block(name: str) -> None:
    made = FORMATS[name](every_block("Zebra"))
    assert sum(readable(path, content).count("Zebra") for path, content in made.items()) >= 20


def readable(path: str, content: bytes) -> str:
    """The text of a written file: of the parts of a .docx, the cells of a workbook, the pages of a PDF."""
    if path.endswith(".xlsx"):
        book = fastexcel.read_excel(content)
        sheets = [book.load_sheet(name, header_row=None, dtypes="string") for name in book.sheet_names]
        return "".join(sheet.to_polars().write_csv() for sheet in sheets)
    if path.endswith(".docx"):
        with ZipFile(BytesIO(content)) as archive:
            return "".join(archive.read(name).decode("utf-8", errors="ignore") for name in archive.namelist())
    if path.endswith(".pdf"):
        return "".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    return content.decode("utf-8", errors="ignore")
