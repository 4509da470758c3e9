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
    tries = [_rounded(size, reference, decimals, criteria) for decimals in (1, 2, 3)]
    reads_well = [is_exact | ~is_threshold for _, is_exact, is_threshold in tries]
    decimals = pl.when(reads_well[0]).then(1).when(reads_well[1]).then(2).otherwise(3)
    thousandths = (
        pl.when(reads_well[0])
        .then(tries[0][0] * 100)
        .when(reads_well[1])
        .then(tries[1][0] * 10)
        .otherwise(tries[2][0])
    )
    sign = pl.when(thousandths > 0).then(pl.lit("+")).otherwise(pl.lit("-"))
    rest = (thousandths.abs() % 1000).cast(pl.String).str.zfill(3).str.slice(0, decimals)
    text = pl.concat_str(sign, (thousandths.abs() // 1000).cast(pl.String), pl.lit("."), rest, pl.lit("%"))
    return pl.when(thousandths == 0).then(pl.lit("0.0%")).otherwise(text)


def _rounded(
    size: pl.Expr, reference: pl.Expr, decimals: int, criteria: ResponseCriteria
) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """The change in units of the last decimal, halves to even; whether it is exact; whether it is a threshold."""
    scale = 10**decimals
    whole = 100 * scale * (size - reference)
    floor = whole // reference
    rest = whole - floor * reference
    is_up = (2 * rest > reference) | ((2 * rest == reference) & (floor % 2 != 0))
    rounded = floor + is_up.cast(pl.Int64)
    limits = (-criteria.pr_decrease_percent * scale, criteria.pd_increase_percent * scale)
    marks = [int(limit) for limit in limits if limit == int(limit)]
    return rounded, rest == 0, rounded.is_in(marks)
