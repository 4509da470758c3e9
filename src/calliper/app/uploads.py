"""What may be uploaded: files of the kinds that are read, under plain names, of a size, and what their name says."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from io import BytesIO
from pathlib import PurePosixPath, PureWindowsPath

from calliper.ingest.excel import DAMAGED
from calliper.ingest.opened import KINDS

MOST_FILES = 40
MOST_NAME = 80
_WORKBOOKS = (".xlsx", ".xlsm")
_TEXTS = (".csv", ".tsv", ".txt")
_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STARTS = {".parquet": b"PAR1", ".sav": b"$FL", ".zsav": b"$FL"}
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x7fELF": "a program",
    b"MZ": "a program",
    b"{\\rtf": "an RTF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"7z\xbc\xaf": "a compressed file",
    b"Rar!": "a compressed file",
}
_RESERVED = {"con", "prn", "aux", "nul", *(f"{name}{at}" for name in ("com", "lpt") for at in range(1, 10))}


def safe_name(name: str) -> str:
    r"""A file's name without folders, controls and marks that a shell or a browser reads; '' where nothing is left.

    >>> safe_name("../../etc/passwd.csv"), safe_name("C:\\data\\临沂 2021.xlsx"), safe_name(".csv")
    ('passwd.csv', '临沂 2021.xlsx', '')
    """
    last = PurePosixPath(PureWindowsPath(unicodedata.normalize("NFC", name)).name).name
    bare = "".join(letter for letter in last if letter.isprintable())
    clean = re.sub(r"[^\w .()+-]", "_", bare).strip(" .")
    stem, dot, extension = clean.rpartition(".")
    if not stem.strip() or not dot:
        return ""
    if stem.casefold() in _RESERVED or stem.startswith("-"):
        stem = f"_{stem}"
    return f"{stem.strip()[:MOST_NAME]}.{extension}"


def refusal(name: str, content: bytes, kinds: tuple[str, ...] = KINDS) -> str:
    """Why a file is not taken, as a sentence; '' where it is."""
    extension = PurePosixPath(name).suffix.lower()
    if not safe_name(name):
        return "its name has no letters that a file's name can have; give it a plain name"
    if extension == ".xls":
        return "it is in the old .xls format; save it as .xlsx"
    if extension not in kinds:
        return f"files of the kind '{extension}' are not read; save it as one of {', '.join(kinds)}"
    if not content:
        return "it is empty"
    found = next((what for start, what in _OTHERS.items() if content.startswith(start)), "")
    if found:
        return f"it is {found}, whatever its name says"
    if extension in _WORKBOOKS:
        return _of_workbook(content)
    if content.startswith((_ZIP, _COMPOUND)):
        return f"it is a workbook or a zip, not {extension}; give it its own name"
    if extension in _STARTS and not content.startswith(_STARTS[extension]):
        return f"it is no {extension} file, whatever its name says"
    if extension in _TEXTS and b"\0" in content[:100_000]:
        return "it holds bytes that no text has; save it as CSV UTF-8"
    return ""


def _of_workbook(content: bytes) -> str:
    if content.startswith(_COMPOUND):
        is_locked = "EncryptedPackage".encode("utf-16-le") in content
        return (
            "it is protected by a password; save it without one"
            if is_locked
            else "it is in the old .xls format; save it as .xlsx"
        )
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = archive.namelist()
            if any(name.lower().endswith("vbaproject.bin") for name in names):
                return "it holds macros; save it as .xlsx, which has none"
            if any(
                name.startswith("/") or ".." in PurePosixPath(name).parts or "\\" in name for name in names
            ):
                return "it is no workbook as spreadsheets write them"
            if "xl/workbook.xml" not in names:
                return "it is a zip, but no Excel workbook"
            for part in [name for name in names if name.lower().endswith((".xml", ".rels"))]:
                with archive.open(part) as file:
                    head = file.read(4096)
                if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                    return "it declares entities, which no spreadsheet writes"
    except (*DAMAGED, OSError):
        return "it is damaged, or no Excel workbook; open it in Excel and save it again as .xlsx"
    return ""
