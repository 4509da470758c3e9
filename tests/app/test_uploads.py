"""Hostile and broken files: each is refused with a sentence, nothing of it is kept, and the page lives on."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from xlsxwriter import Workbook

from app.page import SignedIn, sign_in
from calliper.app.server import create_app
from calliper.app.uploads import safe_name

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def workbook(**parts: bytes) -> bytes:
    """A good workbook with parts put in, by name with `__` for `/`."""
    made = io.BytesIO()
    with Workbook(made) as book:
        sheet = book.add_worksheet("Patients")
        sheet.write_row(0, 0, ("ID", "Age", "Arm"))
        for row in range(1, 6):
            sheet.write_row(row, 0, (f"P{row}", 50 + row, "AB"[row % 2]))
    if not parts:
        return made.getvalue()
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(made.getvalue())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        named = {name.replace("__", "/"): content for name, content in parts.items()}
        for item in old.namelist():
            if item not in named:
                new.writestr(item, old.read(item))
        for name, content in named.items():
            new.writestr(name, content)
    return out.getvalue()


def zipped(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


def spoilt(content: bytes) -> bytes:
    """A workbook whose first part's compressed bytes are nonsense; its directory is whole."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        part = archive.infolist()[0]
    start = part.header_offset + 30 + len(part.filename)
    return content[:start] + b"\xff" * part.compress_size + content[start + part.compress_size :]


XXE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'

AT_THE_DOOR: dict[str, tuple[str, Callable[[], bytes]]] = {
    "empty workbook": ("a.xlsx", lambda: b""),
    "empty text": ("a.csv", lambda: b""),
    "no extension": ("patients", lambda: b"a,b\n"),
    "only an extension": (".csv", lambda: b"a,b\n"),
    "dots": ("...", lambda: b"a"),
    "unknown kind": ("a.exe", lambda: b"MZ\x90"),
    "a script": ("a.py", lambda: b"print(1)"),
    "a page": ("a.html", lambda: b"<script>alert(1)</script>"),
    "a picture": ("a.png", lambda: b"\x89PNG\r\n"),
    "svg": ("a.svg", lambda: b"<svg onload=alert(1)>"),
    "old excel": ("a.xls", lambda: OLE + b"\0" * 600),
    "old excel named new": ("a.xlsx", lambda: OLE + b"\0" * 600),
    "password": ("a.xlsx", lambda: OLE + b"\0" * 100 + "EncryptedPackage".encode("utf-16-le")),
    "program named workbook": ("a.xlsx", lambda: b"MZ" + b"\0" * 300),
    "elf named workbook": ("a.xlsx", lambda: b"\x7fELF" + b"\0" * 300),
    "pdf named workbook": ("a.xlsx", lambda: b"%PDF-1.7"),
    "pdf named csv": ("a.csv", lambda: b"%PDF-1.7"),
    "rtf named csv": ("a.csv", lambda: b"{\\rtf1 }"),
    "picture named csv": ("a.csv", lambda: b"\xff\xd8\xff\xe0"),
    "gzip named csv": ("a.csv", lambda: gzip.compress(b"a,b\n1,2\n")),
    "rar named workbook": ("a.xlsx", lambda: b"Rar!\x1a\x07\x00"),
    "workbook named csv": ("a.csv", workbook),
    "workbook named sav": ("a.sav", workbook),
    "text named workbook": ("a.xlsx", lambda: b"a,b\n1,2\n"),
    "text named parquet": ("a.parquet", lambda: b"a,b\n1,2\n"),
    "text named sav": ("a.sav", lambda: b"a,b\n1,2\n"),
    "a zip": ("a.xlsx", lambda: zipped(a=b"a")),
    "a document": ("a.xlsx", lambda: zipped(word__document=b"<w/>")),
    "truncated": ("a.xlsx", lambda: workbook()[:-200]),
    "a stream that does not unfold": ("a.xlsx", lambda: spoilt(workbook())),
    "half": ("a.xlsx", lambda: workbook()[:1500]),
    "macros": ("a.xlsm", lambda: workbook(xl__vbaProject__bin=b"x", **{"xl__vbaProject.bin": b"macro"})),
    "macros named plain": ("a.xlsx", lambda: workbook(**{"xl__vbaProject.bin": b"macro"})),
    "entities": ("a.xlsx", lambda: workbook(**{"xl__workbook.xml": XXE})),
    "entities in a sheet": ("a.xlsx", lambda: workbook(**{"xl__worksheets__sheet1.xml": XXE})),
    "many laughs": ("a.xlsx", lambda: workbook(**{"xl__sharedStrings.xml": LAUGHS})),
    "entities in relations": ("a.xlsx", lambda: workbook(**{"xl___rels__workbook.xml.rels": XXE})),
    "path in the zip": ("a.xlsx", lambda: workbook(**{"..__..__etc__passwd": b"x"})),
    "absolute path in the zip": ("a.xlsx", lambda: workbook(**{"__etc__passwd": b"x"})),
    "utf-16": ("a.csv", lambda: "a,b\n1,2\n".encode("utf-16")),
    "nul": ("a.csv", lambda: b"a,b\n1,\x002\n"),
}
"""What is refused when it is uploaded."""

BY_THE_READERS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "bomb of a sheet": (
        "a.xlsx",
        lambda: workbook(**{"xl__worksheets__sheet1.xml": b"<worksheet><sheetData>" + b" " * 510_000_000}),
    ),
    "too many cells": (
        "a.xlsx",
        lambda: workbook(
            **{"xl__worksheets__sheet1.xml": b"<worksheet><sheetData><row>" + b"<c/>" * 5_100_000 + b"</row>"}
        ),
    ),
    "a far cell": (
        "a.xlsx",
        lambda: workbook(
            **{
                "xl__worksheets__sheet1.xml": b'<worksheet><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
                b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
            }
        ),
    ),
    "no sheets": ("a.xlsx", lambda: workbook(**{"xl__workbook.xml": b"<workbook/>"})),
    "sheet of nonsense": ("a.xlsx", lambda: workbook(**{"xl__worksheets__sheet1.xml": b"\x00\x01\x02"})),
    "not utf-8": ("a.csv", lambda: b"ID,Name\n1,M\xfcller\n2,M\xfcller\n"),
    "open quotation": ("a.csv", lambda: b'ID,Age\n1,"61\n2,48\n'),
    "only a header": ("a.csv", lambda: b"ID,Age,Arm\n"),
    "damaged parquet": ("a.parquet", lambda: b"PAR1" + b"\0" * 50 + b"PAR1"),
    "damaged sav": ("a.sav", lambda: b"$FL2" + b"\xff" * 300),
    "damaged xpt": ("a.xpt", lambda: b"HEADER RECORD*******LIBRARY" + b" " * 100),
    "damaged sas7bdat": ("a.sas7bdat", lambda: b"\0" * 2000),
    "damaged dta": ("a.dta", lambda: b"<stata_dta>" + b"\0" * 200),
}
"""What looks like a file of its kind, and is refused when somebody looks at it."""


@pytest.fixture(scope="module")
def me(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignedIn]:
    app = create_app(tmp_path_factory.mktemp("home"))
    with TestClient(app):
        yield sign_in(app)


def folder_of(me: SignedIn, study: str) -> Path:
    return me.workspace / study.rsplit("/", 1)[1]


@pytest.mark.parametrize("name", AT_THE_DOOR)
def test_a_hostile_file_is_refused_at_the_door(me: SignedIn, name: str) -> None:
    file, make = AT_THE_DOOR[name]
    study = me.study()
    page = me.upload(study, (file, make()))
    assert 'class="wrong"' in page
    assert not list(folder_of(me, study).glob("files/*"))
    assert "1 taken." in me.upload(study, ("good.xlsx", workbook()))


@pytest.mark.parametrize("name", BY_THE_READERS)
def test_a_broken_file_is_refused_by_its_reader_with_a_sentence(me: SignedIn, name: str) -> None:
    file, make = BY_THE_READERS[name]
    study = me.study()
    me.upload(study, (file, make()))
    page = me.post(f"{study}/files/draft")
    assert page.status_code == 200
    assert 'class="wrong"' in page.text
    assert not (folder_of(me, study) / "study.yaml").exists()
    assert str(me.workspace) not in page.text
    assert me.get(study).status_code == 200


def test_there_are_fifty_kinds() -> None:
    assert len(AT_THE_DOOR) + len(BY_THE_READERS) >= 50


HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}'


def test_html_and_formulas_in_every_field_are_text(me: SignedIn) -> None:
    """Names, headers and cells that a browser or a spreadsheet would run stand on the page as they are written."""
    study = me.study(HOSTILE)
    made = io.BytesIO()
    with Workbook(made, {"strings_to_formulas": False}) as book:
        sheet = book.add_worksheet("<b>S")
        sheet.write_row(0, 0, ("ID", HOSTILE, "Arm", "=1+1"))
        for row in range(1, 7):
            sheet.write_row(row, 0, (f"=cmd|' /C calc'!A{row}", HOSTILE, f"<i>{'AB'[row % 2]}", "@SUM(1)"))
    me.upload(study, ("<img src=x>.xlsx", made.getvalue()))
    me.post(f"{study}/files/draft")
    for step in (
        "files",
        "columns",
        "problems",
        "run",
        *(f"design?part={part}" for part in ("facts", "arms", "criteria", "text")),
    ):
        page = me.get(f"{study}/{step}").text
        assert "<script>alert" not in page, step
        assert "<img src=x" not in page, step
        assert "<i>A" not in page, step
        assert ">49<" not in page, step


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd.csv", "passwd.csv"),
        ("..\\..\\boot.csv", "boot.csv"),
        ("/abs/a.csv", "a.csv"),
        ("a\x00b.csv", "ab.csv"),
        ("a\nb.csv", "ab.csv"),
        ("con.csv", "_con.csv"),
        ("-rf.csv", "_-rf.csv"),
        ("a;rm -rf.csv", "a_rm -rf.csv"),
        ("临沂.xlsx", "临沂.xlsx"),
        ("\u202egpj.csv", "gpj.csv"),
        ("x" * 300 + ".csv", "x" * 80 + ".csv"),
    ],
)
def test_names_lose_what_leads_elsewhere(name: str, safe: str) -> None:
    assert safe_name(name) == safe
