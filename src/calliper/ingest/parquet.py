"""Parquet files: native values as the text that reads back to the same value."""

from __future__ import annotations

import io
from collections.abc import Sequence

import polars as pl

from calliper.ingest.cells import Cells, Fault, arrange, locate, refused


def read_parquet(content: bytes, columns: Sequence[str], *, decimal: str) -> Cells:
    """Read the named columns; rows are numbered from 2, as if the columns' names were row 1 of a spreadsheet.

    Whole floats lose their `.0` (60.0 is `60`, as a spreadsheet shows it), other floats are the shortest text
    that reads back to the same number, NaN is blank, dates are ISO, and times of day are kept unless they are
    midnight. With `decimal` "comma", numbers are written with a comma like the study's other files.
    """
    try:
        schema = pl.read_parquet_schema(io.BytesIO(content))
        positions, faults = locate(list(schema), columns)
        headers = {list(schema)[at]: name for name, at in positions.items()}
        native = pl.read_parquet(io.BytesIO(content), columns=list(headers))
        has_value = (
            pl.scan_parquet(io.BytesIO(content)).select(pl.any_horizontal(pl.all().is_not_null())).collect()
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        why = str(error).splitlines()[0]
        return refused(
            columns, Fault("unreadable", f"not a Parquet file that can be read ({why})", "write it again")
        )
    native = native.rename(headers)
    texts = {name: _as_text(name, dtype, decimal) for name, dtype in native.schema.items()}
    unread = [_cannot(name, native.schema[name]) for name, text in texts.items() if text is None]
    numbers = pl.Series("_row", range(2, has_value.height + 2), dtype=pl.Int64).to_frame()
    frame = numbers.hstack(native.select(text for text in texts.values() if text is not None))
    held = arrange(frame, columns).filter(has_value.to_series())
    return Cells(held, held.height, (*faults, *unread), positions)


def names_of(content: bytes) -> list[str] | Fault:
    """The columns' names."""
    try:
        return list(pl.read_parquet_schema(io.BytesIO(content)))
    except (pl.exceptions.PolarsError, OSError) as error:
        why = str(error).splitlines()[0]
        return Fault("unreadable", f"not a Parquet file that can be read ({why})", "write it again")


def _as_text(name: str, dtype: pl.DataType, decimal: str) -> pl.Expr | None:
    column = pl.col(name)
    if dtype.is_float() or isinstance(dtype, pl.Decimal):
        if dtype.is_float():
            column = column.fill_nan(None)
        text = column.cast(pl.String).str.replace(r"\.0+$", "")
        return text.str.replace(".", ",", literal=True) if decimal == "comma" else text
    if isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.f").str.replace(r" 00:00:00(\.0+)?$", "")
    if isinstance(dtype, pl.Boolean):
        # as a spreadsheet writes it
        return pl.when(column).then(pl.lit("TRUE")).when(~column).then(pl.lit("FALSE")).alias(name)
    if dtype.is_nested() or isinstance(dtype, pl.Binary | pl.Object | pl.Duration | pl.Time):
        return None
    return column.cast(pl.String)


def _cannot(name: str, dtype: pl.DataType) -> Fault:
    return Fault(
        "column_type",
        f"the column holds {dtype} values, which are no single number, text or date",
        "write it as text, number or date",
        column=name,
    )
