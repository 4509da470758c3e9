"""Rows as CSV and JSON: full precision, the same bytes on every run, no cell a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence

Value = str | int | float | bool | None

RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A text cell that begins so would be run as a formula by a spreadsheet."""


def plain(text: str) -> str:
    """The text as a spreadsheet must show it: a leading apostrophe disarms a formula.

    >>> plain('=HYPERLINK("x")')
    '\\'=HYPERLINK("x")'
    >>> plain("Age")
    'Age'
    """
    return "'" + text if text.startswith(RISKY) else text


def to_csv(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 CSV with a byte-order mark (so that spreadsheets read it as UTF-8) and CRLF line ends (RFC 4180).

    Floats are written in the shortest form that reads back to the same double; None is an empty cell.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        # the writer itself writes None and floats so
        writer.writerow([value if value is None or type(value) is float else _cell(value) for value in row])
    return stream.getvalue().encode("utf-8-sig")


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return plain(value)
    return repr(value)


def rows_to_json(header: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A list of objects with these keys, the bytes of `to_json`, sooner: the encoder in C does not indent."""
    encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",\n  ", ": ")).encode
    held = [f"\n {{\n  {encode(dict(zip(header, row)))[1:-1]}\n }}" for row in rows]
    return f"[{','.join(held)}{chr(10) if held else ''}]\n".encode()


def to_json(value: object) -> bytes:
    """UTF-8 JSON, two-space indents, keys in the order given; NaN and infinity are refused with ValueError."""
    return (json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")
