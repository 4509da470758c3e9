"""Text files of records: .csv, .tsv and .txt, in UTF-8.

Read with the csv module: a row with too many or too few fields must be named by its number, and a quoted line break
must not shift the numbers of the rows after it. Of a text without quotation marks a line is a row; where all its rows
have the header's fields it is split as a whole, by Polars, to the same table several times as fast.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from typing import TYPE_CHECKING

import polars as pl

from calliper.ingest.cells import (
    Cells,
    Fault,
    arrange,
    blank_header,
    count_named,
    locate,
    other_header,
    refused,
)

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = {".csv": (",", ";"), ".tsv": ("\t",), ".txt": ("\t", ",", ";")}
_SPECIAL = '"\x1c\x1d\x1e\x1f'
"""Quotation marks, and what Python takes for white space and Unicode does not."""
_BATCH = 50_000
_ROWS_TRIED = 20
_TOP = 4_000_000
"""Letters in which these rows are looked for."""
_SAVE_AS = "save the file as CSV UTF-8 (in Excel: Save As, CSV UTF-8)"


def read_delimited(
    content: bytes, columns: Sequence[str], *, extension: str, header_row: int | None = None
) -> Cells:
    """Read the named columns; the header is in `header_row`, or else in the first row with a value.

    The separator is the one, of those the extension allows (`.csv`: comma or semicolon; `.tsv`: tab;
    `.txt`: any of the three), under which a row at the top holds most of the named columns. A record over several
    lines is one row, as in a spreadsheet. Fields beyond the header are a fault unless they are blank;
    missing fields always are, since a cut line looks like them.
    """
    text = decoded(content)
    if isinstance(text, Fault):
        return refused(columns, text)
    separator = _separator(text, columns, SEPARATORS[extension])
    records = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    return _read(records, columns, header_row, _lines(text), separator)


def _lines(text: str) -> pl.Series | None:
    """The lines of a text of which each is a row, whatever its fields; None where that is not sure."""
    if any(letter in text for letter in _SPECIAL) or text.count("\r") != text.count("\r\n"):
        return None
    lines = pl.Series([text]).str.split("\n").explode().str.strip_suffix("\r")
    longest = lines.str.len_bytes().max()
    return lines if isinstance(longest, int) and longest < csv.field_size_limit() else None


def decoded(content: bytes) -> str | Fault:
    """The text of a file; a Fault where it is not UTF-8."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Fault("encoding", "the file is UTF-16, not UTF-8", _SAVE_AS)
    if (at := content.find(b"\0")) >= 0:
        line = content.count(b"\n", 0, at) + 1
        return Fault("encoding", f"byte {at} (line {line}) is a NUL, which no text holds", _SAVE_AS)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # the decoder does not count the byte-order mark
        at = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, at) + 1
        return Fault(
            "encoding", f"byte {at} (line {line}) is 0x{content[at]:02X}, which is not UTF-8", _SAVE_AS
        )


def _separator(text: str, columns: Sequence[str], separators: Sequence[str]) -> str:
    top = text[:_TOP]

    def held(separator: str) -> int:
        records = csv.reader(io.StringIO(top, newline=""), delimiter=separator)
        most = 0
        # what cannot be read under the separator chosen is named later, with its row
        with suppress(_UnreadableError):
            for _, record in islice(_numbered(records), _ROWS_TRIED):
                most = max(most, count_named(record, columns))
        return most

    return separators[0] if len(separators) == 1 else max(separators, key=held)


def _numbered(records: Reader) -> Iterator[tuple[int, list[str]]]:
    """Yield the records that hold a value, with their row; raise at one that cannot be read."""
    row = 0
    try:
        for row, record in enumerate(records, start=1):
            if any(field and not field.isspace() for field in record):
                yield row, record
    except csv.Error as error:
        raise _UnreadableError(row + 1, str(error)) from error


class _UnreadableError(Exception):
    """The record in `row` breaks the rules of CSV."""

    def __init__(self, row: int, why: str) -> None:
        self.row = row
        super().__init__(why)


def _read(
    records: Reader, columns: Sequence[str], header_row: int | None, lines: pl.Series | None, separator: str
) -> Cells:
    numbered = (found for found in _numbered(records) if found[0] >= (header_row or 1))
    try:
        head = next(numbered, None)
        if head is None:
            return refused(columns, Fault("empty", "the file is empty", "give a file with a header and rows"))
        row, header = head
        if header_row is not None and row != header_row:
            return refused(columns, blank_header(header_row))
        below = list(islice(numbered, _ROWS_TRIED))
        if header_row is None and (fault := other_header(row, header, below, columns)):
            return refused(columns, fault)
        positions, faults = locate(header, columns)
        whole = None if lines is None else _split(lines[row:], row, separator, len(header), positions)
        batches, ragged, n_read = whole or _batches(chain(below, numbered), positions, len(header))
    except _UnreadableError as error:
        fault = Fault(
            "unreadable",
            f"the file cannot be read from row {error.row} on ({error})",
            "close every quotation mark, and write a quotation mark inside a quoted cell twice",
        )
        return refused(columns, fault)
    return Cells(arrange(pl.concat(batches), columns), n_read, (*faults, *ragged), positions)


def _split(
    lines: pl.Series, above: int, separator: str, width: int, positions: dict[str, int]
) -> tuple[list[pl.DataFrame], list[Fault], int] | None:
    """The rows under a header as `_batches` gives them; None where one has not as many fields as the header.

    `above` is how many lines stand above the first.
    """
    rows = pl.DataFrame({"line": lines}).with_row_index("_row", above + 1)
    rows = rows.filter(pl.col("line").str.contains(rf"[^\s{separator}]"))
    if not (rows["line"].str.count_matches(separator, literal=True) == width - 1).all():
        return None
    fields = rows["line"].str.split_exact(separator, width - 1).struct
    wanted = [fields.field(f"field_{at}").alias(name) for name, at in positions.items()]
    return [pl.DataFrame([rows["_row"].cast(pl.Int64), *wanted])], [], rows.height


def _batches(
    numbered: Iterator[tuple[int, list[str]]], positions: dict[str, int], width: int
) -> tuple[list[pl.DataFrame], list[Fault], int]:
    schema = {"_row": pl.Int64, **dict.fromkeys(positions, pl.String)}
    frames = [pl.DataFrame(schema=schema)]
    ragged: list[Fault] = []
    held: list[tuple[int | str, ...]] = []
    wanted = tuple(positions.values())
    n_read = 0
    for row, record in numbered:
        n_read += 1
        if len(record) != width and (len(record) < width or any(field.strip() for field in record[width:])):
            message = f"the row has {len(record)} fields and the header {width}"
            ragged.append(
                Fault("ragged", message, "put cells that hold the separator in quotation marks", row=row)
            )
            continue
        held.append((row, *(record[at] for at in wanted)))
        if len(held) == _BATCH:
            frames.append(pl.DataFrame(held, schema=schema, orient="row"))
            held = []
    frames.append(pl.DataFrame(held, schema=schema, orient="row"))
    return frames, ragged, n_read
