"""Where a row came from, in words: `file, sheet 'S', row n`."""

from __future__ import annotations

import polars as pl

from calliper.records.tables import PROVENANCE

ORDER = tuple(PROVENANCE)
"""The columns that put rows in the order of their files: the last key of a sort, so no tie is left open."""


def source_column(name: str) -> str:
    """The column beside a date taken from another table that says, as `source` does, which row it is of."""
    return f"_source.{name}"


def source() -> pl.Expr:
    """Each row's place, a String column named `source`, from the provenance columns.

    A file without sheets (`_sheet` null or empty) is named without one.
    """
    sheet = pl.col("_sheet").fill_null("")
    return pl.concat_str(
        pl.col("_file"),
        pl.when(sheet == "")
        .then(pl.lit(""))
        .otherwise(pl.concat_str(pl.lit(", sheet '"), sheet, pl.lit("'"))),
        pl.lit(", row "),
        pl.col("_row").cast(pl.String),
    ).alias("source")
