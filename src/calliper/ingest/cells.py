"""What every reader hands back: the named columns of one sheet as text, and what is wrong with the sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from ..records.wording import listed, suggestion


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
    included.
    """

    frame: pl.DataFrame
    n_read: int
    faults: tuple[Fault, ...] = ()


def refused(columns: Sequence[str], *faults: Fault) -> Cells:
    """The cells of a sheet that cannot be read at all: none."""
    schema = {"_row": pl.Int64, **dict.fromkeys(columns, pl.String)}
    return Cells(frame=pl.DataFrame(schema=schema), n_read=0, faults=faults)


def locate(header: Sequence[str], columns: Sequence[str]) -> tuple[dict[str, int], tuple[Fault, ...]]:
    """Find the named columns in a header: position by name, and a fault for each one missing or there twice.

    White space around a header's name is not part of the name.
    """
    names = [name.strip() for name in header]
    positions: dict[str, int] = {}
    faults: list[Fault] = []
    present = [name for name in dict.fromkeys(names) if name]
    for column in columns:
        found = names.count(column)
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
            positions[column] = names.index(column)
    return positions, tuple(faults)


def arrange(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Put `_row` and the named columns in order, blank text null, a column that is not there all null."""
    texts = [_text(name, is_there=name in frame.columns).alias(name) for name in columns]
    return frame.select(pl.col("_row").cast(pl.Int64), *texts)


def _text(name: str, *, is_there: bool) -> pl.Expr:
    if not is_there:
        return pl.lit(None, pl.String)
    return pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name))
