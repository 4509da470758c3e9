"""What every reader hands back: the named columns of one sheet as text, and what is wrong with the sheet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from numbers import Integral
from typing import Any

import polars as pl

from calliper.records.wording import listed, suggestion

_ROWS_LOOKED_AT = 20
"""Rows under the first in which a header under a title is looked for, to name it in the message."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a file, a row or a column, as a reader sees it: it knows no table or centre."""

    rule: str
    message: str
    action: str
    row: int | None = None
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one sheet.

    `frame` has `_row` (Int64, as a spreadsheet numbers rows) and the named columns (String, null where blank)
    in the order they were asked for; a named column the sheet lacks is all null and has a fault. Rows without
    any value, in named columns or others, are not in it. `n_read` counts the rows with a value, faulty ones
    included. `positions` has, by column, how many columns of the sheet stand left of it.
    """

    frame: pl.DataFrame
    n_read: int
    faults: tuple[Fault, ...] = ()
    positions: Mapping[str, int] = field(default_factory=dict)


def refused(columns: Sequence[str], *faults: Fault) -> Cells:
    """The cells of a sheet that cannot be read at all: none."""
    schema = {"_row": pl.Int64, **dict.fromkeys(columns, pl.String)}
    return Cells(frame=pl.DataFrame(schema=schema), n_read=0, faults=faults)


def locate(header: Sequence[str], columns: Sequence[str]) -> tuple[dict[str, int], tuple[Fault, ...]]:
    """Find the named columns in a header: position by name, and a fault for each one missing or there twice.

    White space around a header's name is not part of it, and inside it a line break or several spaces are one
    space, as people see them in a spreadsheet.
    """
    names = [_as_seen(name) for name in header]
    positions: dict[str, int] = {}
    faults: list[Fault] = []
    present = [name for name in dict.fromkeys(names) if name]
    for column in columns:
        found = names.count(_as_seen(column))
        if found == 0:
            faults.append(
                Fault(
                    "column_missing",
                    f"there is no column '{column}'{suggestion(column, present)}",
                    f"correct the name in the study file; the columns are {listed(present)}",
                    column=column,
                )
            )
        elif found > 1:
            faults.append(
                Fault(
                    "column_twice",
                    f"{found} columns are named '{column}'",
                    "give each column a name of its own",
                    column=column,
                )
            )
        else:
            positions[column] = names.index(_as_seen(column))
    return positions, tuple(faults)


def other_header(
    row: int, header: Sequence[str], below: Iterable[tuple[int, Sequence[str]]], columns: Sequence[str]
) -> Fault | None:
    """A fault where a row soon below the first holds more of the named columns: a title stands above the header."""
    here = count_named(header, columns)
    counts = {at: count_named(cells, columns) for at, cells in islice(below, _ROWS_LOOKED_AT)}
    at = max(counts, key=counts.__getitem__, default=row)
    if counts.get(at, 0) <= here:
        return None
    found = f"row {row} is the first and holds {here} of the {len(columns)} named columns"
    message = f"{found}; row {at} holds {counts[at]}"
    action = f"say header_row: {at} in the file's entry of the study file, or delete the rows above it"
    return Fault("header_row", message, action, row=row)


def blank_header(row: int) -> Fault:
    """The fault of a `header_row` without any value."""
    message = f"row {row} holds nothing, and the study file names it as the header"
    return Fault("header_row", message, "correct header_row: in the study file", row=row)


def count_named(header: Sequence[str], columns: Sequence[str]) -> int:
    """How many of the named columns a header holds."""
    names = {_as_seen(name) for name in header}
    return sum(_as_seen(column) in names for column in columns)


def _as_seen(name: str) -> str:
    return " ".join(name.split())


def as_text(value: Any, decimal: str) -> str | None:
    """A stored value as text: whole numbers without `.0`, dates as ISO, a time of day kept unless it is midnight.

    None for nothing and for NaN; with `decimal` "comma", numbers that are no integers have a comma.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return str(value.date()) if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str | Integral):
        return str(value)
    text = re.sub(r"\.0+$", "", format(value, "f") if isinstance(value, Decimal) else repr(float(value)))
    return None if text == "nan" else text.replace(".", ",") if decimal == "comma" else text


def arrange(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Put `_row` and the named columns in order, blank text null, a column that is not there all null."""
    texts = [_text(name, is_there=name in frame.columns).alias(name) for name in columns]
    return frame.select(pl.col("_row").cast(pl.Int64), *texts)


def _text(name: str, *, is_there: bool) -> pl.Expr:
    if not is_there:
        return pl.lit(None, pl.String)
    return pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name))
