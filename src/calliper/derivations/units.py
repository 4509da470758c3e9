"""Days in the unit of a span or an endpoint."""

from __future__ import annotations

from typing import Literal

import polars as pl

from calliper.protocol.spec import DAYS_PER_UNIT


def in_unit(days: pl.Expr, unit: Literal["days", "weeks", "months", "years"]) -> pl.Expr:
    """`days` (any numeric column) in `unit`, Float64, correctly rounded; null stays null."""
    number = days.cast(pl.Float64)
    # Polars divides a column by a constant through the constant's reciprocal, which leaves one month in
    # four off by its last bit, and only in frames of several rows; by a column it divides
    return number / (number * 0 + DAYS_PER_UNIT[unit])
