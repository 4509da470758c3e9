"""Measurements over time: of each patient one value of each item in each window of days, in the unit asked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl

from calliper.disease.lab_tests import QUANTITIES
from calliper.disease.units import FACTORS, convert
from calliper.endpoints import MEASUREMENTS, NO_START, Endpoint
from calliper.protocol.specs import Measured, Measurements, Protocol
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

READ = {"patient": pl.String, "item": pl.String, "date": pl.Date, "value": pl.Float64, "has_unit": pl.Boolean}


def derive(
    name: str, spec: Measurements, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a patient, item and window, in the order of the study file; null where no value is in the window.

    The value nearest to the window's `day` counts, of two as near the earlier, and without a `day` the last; of two on
    one day the later row. Values without a unit, or in one that cannot be converted, do not count and are the reason
    where there is no other. Nothing after the cut-off is read.
    """
    cutoff = protocol.study.cutoff or date.max
    people = patients.select("patient", pl.col(spec.start).alias("origin"))
    rows = pl.concat([_read(item, held, records) for item, held in spec.items.items()])
    days = (
        rows.filter(pl.col("date") <= cutoff)
        .join(people, on="patient", how="inner")
        .with_columns((pl.col("date") - pl.col("origin")).dt.total_days().alias("day"))
        .join(_windows(spec), how="cross")
        .filter(pl.col("day").is_between("low", "high"))
    )
    key = ["patient", "item", "window"]
    chosen = _nearest(days.filter("has_unit"), key)
    lacking = days.filter(~pl.col("has_unit")).select(*key, lacks_unit=pl.lit(value=True)).unique()
    grid = people.join(pl.DataFrame({"item": list(spec.items)}), how="cross").join(
        _windows(spec).select("window"), how="cross"
    )
    held = grid.join(chosen, on=key, how="left", maintain_order="left").join(
        lacking, on=key, how="left", maintain_order="left"
    )
    frame = held.with_columns(_reason()).select(MEASUREMENTS.keys())
    return Endpoint(name, "measurements", frame.cast(MEASUREMENTS))  # type: ignore[arg-type]


def _windows(spec: Measurements) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, *window.days, window.day) for name, window in spec.windows.items()],
        schema={"window": pl.String, "low": pl.Int64, "high": pl.Int64, "wanted": pl.Int64},
        orient="row",
    )


def _read(name: str, item: Measured, records: Records) -> pl.DataFrame:
    """The rows of one item with a date and a value: READ, `source`, the provenance."""
    if item.visit is not None:
        table = records.tables["visits"].with_columns(
            pl.col(item.visit).cast(pl.Float64).alias("value"), has_unit=pl.lit(value=True)
        )
    else:
        table = records.tables["labs"].filter(pl.col("test") == item.lab)
        table = _converted(table, QUANTITIES[item.lab or ""], item.unit or "")
    return (
        table.drop_nulls(["date"])
        .filter(pl.col("value").is_not_null() | ~pl.col("has_unit"))
        .select(
            "patient",
            pl.lit(name).alias("item"),
            "date",
            "value",
            "has_unit",
            source(),
            *ORDER,
        )
    )


def _converted(table: pl.DataFrame, quantity: str, unit: str) -> pl.DataFrame:
    """The values in `unit`, exactly; `has_unit` is false where the row's own is not known."""
    table = table.drop_nulls("value")
    distinct = table.select("value", "unit").unique()
    made = [
        (value, own, None if own not in FACTORS[quantity] else _in_unit(quantity, value, own, unit))
        for value, own in distinct.iter_rows()
    ]
    schema = {"value": pl.Float64, "unit": pl.String, "shown": pl.Float64}
    converted = pl.DataFrame(made, schema=schema, orient="row")
    held = table.join(converted, on=["value", "unit"], how="left", nulls_equal=True, maintain_order="left")
    return held.with_columns(pl.col("shown").alias("value"), has_unit=pl.col("shown").is_not_null())


def _in_unit(quantity: str, value: float, own: str, unit: str) -> float:
    return float(convert(quantity, value, own) / FACTORS[quantity][unit])


def _nearest(days: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Of each patient, item and window the row that counts."""
    far = (
        pl.when(pl.col("wanted").is_null())
        .then(-pl.col("day"))
        .otherwise((pl.col("day") - pl.col("wanted")).abs())
    )
    later_row = [*ORDER]
    ordered = days.with_columns(far.alias("far")).sort(
        *key,
        "far",
        "day",
        *later_row,
        descending=[*[False] * (len(key) + 2), *[True] * len(later_row)],
        nulls_last=True,
    )
    return ordered.group_by(key, maintain_order=True).first().select(*key, "value", "day", "source")


def _reason() -> pl.Expr:
    words: Iterator[tuple[pl.Expr, str]] = iter(
        (
            (pl.col("value").is_not_null(), "measured"),
            (pl.col("origin").is_null(), NO_START),
            (pl.col("lacks_unit").fill_null(value=False), "no value with a known unit in the window"),
        )
    )
    return pl.coalesce(
        *(pl.when(condition).then(pl.lit(text)) for condition, text in words),
        pl.lit("no value in the window"),
    ).alias("reason")
