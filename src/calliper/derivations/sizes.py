"""Sizes in whole steps of 0.0001 mm: thresholds met exactly, and sizes and changes in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from fractions import Fraction

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM


def steps(threshold: Decimal) -> int:
    """The smallest size in steps that is not below a threshold in mm.

    >>> steps(Decimal(10)), steps(Decimal("9.99999"))
    (100000, 100000)
    """
    return int((threshold * PER_MM).to_integral_value(ROUND_CEILING))


def share(percent: Decimal, size: pl.Expr, reference: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """A size and so many percent of a reference, both in one unit in which they are whole numbers to compare."""
    held = Fraction(percent) / 100
    wide = pl.Int128  # a percentage of many decimals must not overflow
    return size.cast(wide) * held.denominator, reference.cast(wide) * held.numerator


def mm(size: Decimal) -> str:
    """A size in words.

    >>> mm(Decimal("48.00")), mm(Decimal("19.60"))
    ('48 mm', '19.6 mm')
    """
    text = f"{size:f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} mm"


def in_mm(size: pl.Expr) -> pl.Expr:
    """A size in steps as `mm` words it.

    >>> pl.select(in_mm(pl.lit(480_000)), in_mm(pl.lit(196_000)).alias("second")).row(0)
    ('48 mm', '19.6 mm')
    """
    rest = size % PER_MM
    digits = rest.cast(pl.String).str.zfill(4).str.strip_chars_end("0")
    decimals = pl.when(rest == 0).then(pl.lit("")).otherwise(pl.concat_str(pl.lit("."), digits))
    return pl.concat_str((size // PER_MM).cast(pl.String), decimals, pl.lit(" mm"))


def millimetres(size: pl.Expr) -> pl.Expr:
    """A size in steps as Float64, the nearest to the decimal it was written as."""
    return _quotient(size, pl.lit(PER_MM))


def change(size: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """The change from a reference in percent, Float64; null where the reference is 0."""
    return _quotient(100 * (size - reference), pl.when(reference != 0).then(reference))


def _quotient(size: pl.Expr, by: pl.Expr) -> pl.Expr:
    """The nearest Float64; Polars itself multiplies by the reciprocal of a single number, which may miss it."""

    def divided(held: Sequence[pl.Series]) -> pl.Series:
        above, below = (part.cast(pl.Float64).fill_null(float("nan")).to_numpy() for part in held)
        return pl.Series(above / below, nan_to_null=True)

    return pl.map_batches([size, by], divided, return_dtype=pl.Float64)


def in_percent(criteria: ResponseCriteria, size: pl.Expr, reference: pl.Expr) -> pl.Expr:
    """The change from a reference above 0, with its sign; with more decimals where one would read as a threshold.

    >>> from calliper.disease.response_criteria import RECIST_1_1
    >>> shown = in_percent(RECIST_1_1, pl.col("size"), pl.col("reference"))
    >>> pl.DataFrame({"size": [480, 7001], "reference": [400, 10000]}).select(shown).to_series().to_list()
    ['+20.0%', '-29.99%']
    """
    # each step names what the next ones use, so that no expression is written out, and worked, twice
    held = pl.struct(size.alias("size"), reference.alias("reference"))
    for decimals in (1, 2, 3):
        held = _rounded(held, decimals, criteria)
    held = held.struct.with_fields(
        pl.when(pl.field("reads_well_1"))
        .then(1)
        .when(pl.field("reads_well_2"))
        .then(2)
        .otherwise(3)
        .alias("decimals"),
        pl.when(pl.field("reads_well_1"))
        .then(pl.field("rounded_1") * 100)
        .when(pl.field("reads_well_2"))
        .then(pl.field("rounded_2") * 10)
        .otherwise(pl.field("rounded_3"))
        .alias("thousandths"),
    )
    thousandths = pl.field("thousandths")
    sign = pl.when(thousandths > 0).then(pl.lit("+")).otherwise(pl.lit("-"))
    rest = (thousandths.abs() % 1000).cast(pl.String).str.zfill(3).str.slice(0, pl.field("decimals"))
    text = pl.concat_str(sign, (thousandths.abs() // 1000).cast(pl.String), pl.lit("."), rest, pl.lit("%"))
    words = pl.when(thousandths == 0).then(pl.lit("0.0%")).otherwise(text)
    return held.struct.with_fields(words.alias("words")).struct.field("words")


def _rounded(held: pl.Expr, decimals: int, criteria: ResponseCriteria) -> pl.Expr:
    """Add the change in units of the last decimal, halves to even, and whether it reads as what it is.

    A change that is rounded to a threshold and is not exactly it does not.
    """
    scale = 10**decimals
    limits = (-criteria.pr_decrease_percent * scale, criteria.pd_increase_percent * scale)
    marks = [int(limit) for limit in limits if limit == int(limit)]
    whole, floor, rest = pl.field("whole"), pl.field("floor"), pl.field("rest")
    size, reference = pl.field("size"), pl.field("reference")
    is_up = (2 * rest > reference) | ((2 * rest == reference) & (floor % 2 != 0))
    rounded = pl.field(f"rounded_{decimals}")
    return (
        held.struct.with_fields((100 * scale * (size - reference)).alias("whole"))
        .struct.with_fields((whole // reference).alias("floor"))
        .struct.with_fields((whole - floor * reference).alias("rest"))
        .struct.with_fields((floor + is_up.cast(pl.Int64)).alias(f"rounded_{decimals}"))
        .struct.with_fields(((rest == 0) | ~rounded.is_in(marks)).alias(f"reads_well_{decimals}"))
    )
