"""Measurements over time: of each patient one value of each item in each window of days, in the unit asked for."""

from __future__ import annotations

from datetime import date

import polars as pl

from calliper.disease.hcc.albi import albi
from calliper.disease.lab_tests import QUANTITIES
from calliper.disease.units import FACTORS, convert
from calliper.endpoints import MEASUREMENTS, NO_START, Endpoint
from calliper.protocol.specs import Measured, Measurements, Protocol
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Records

NO_UNIT = "no value with a known unit in the window"
NO_SCORE = "no score in the window: its values or units cannot be right"


def derive(
    name: str, spec: Measurements, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a patient, item and window, in the order of the study file; null where no value is in the window.

    The value nearest to the window's `day` counts, of two as near the earlier, and without a `day` the last; of two on
    one day the later row. Values without a unit, or in one that cannot be converted, do not count and are the reason
    where there is no other; nor does a score that no patient has. Nothing after the cut-off is read.
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
    chosen = _nearest(days.filter(pl.col("lacks").is_null()), key)
    lacking = days.drop_nulls("lacks").group_by(key).agg(pl.col("lacks").min())
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
    """The rows of one item: `patient`, `item`, `date`, `value`, `lacks` (why it does not count), source, provenance."""
    if item.visit is not None:
        nothing = pl.lit(None, dtype=pl.String)
        table = records.tables["visits"].with_columns(pl.col(item.visit).cast(pl.Float64).alias("value"))
        table = table.drop_nulls("value").with_columns(lacks=nothing)
    elif item.lab is not None:
        table = _converted(records.tables["labs"], item.lab, item.unit or "")
    else:
        table = _albi(records.tables["labs"])
    return table.drop_nulls("date").select(
        "patient", pl.lit(name).alias("item"), "date", "value", "lacks", source(), *ORDER
    )


def _converted(labs: pl.DataFrame, test: str, unit: str) -> pl.DataFrame:
    """The values of a test in `unit`, exactly; `lacks` where the row's own is not known."""
    quantity = QUANTITIES[test]
    table = labs.filter(pl.col("test") == test).drop_nulls("value")
    made = [
        (value, own, None if own not in FACTORS[quantity] else _in_unit(quantity, value, own, unit))
        for value, own in table.select("value", "unit").unique().iter_rows()
    ]
    schema = {"value": pl.Float64, "unit": pl.String, "shown": pl.Float64}
    converted = pl.DataFrame(made, schema=schema, orient="row")
    held = table.join(converted, on=["value", "unit"], how="left", nulls_equal=True, maintain_order="left")
    lacks = pl.when(pl.col("shown").is_null()).then(pl.lit(NO_UNIT)).alias("lacks")
    return held.with_columns(pl.col("shown").alias("value"), lacks)


def _albi(labs: pl.DataFrame) -> pl.DataFrame:
    """The ALBI score of each day with bilirubin and albumin; of two of one on a day the later row that has a unit."""
    pair = []
    for test, unit in ALBI_UNITS.items():
        held = _converted(labs, test, unit).drop_nulls("date").filter(pl.col("lacks").is_null())
        days = held.sort("patient", "date", *ORDER).group_by("patient", "date", maintain_order=True).last()
        pair.append(days.rename({"value": test}))
    both = pair[0].join(pair[1].select("patient", "date", "albumin"), on=["patient", "date"], how="inner")
    made = [
        (bilirubin, albumin, albi(bilirubin, albumin, bilirubin_unit="umol/L", albumin_unit="g/L").score)
        for bilirubin, albumin in both.select("bilirubin", "albumin").unique().iter_rows()
    ]
    schema = dict.fromkeys(("bilirubin", "albumin", "value"), pl.Float64)
    scores = pl.DataFrame(made, schema=schema, orient="row")
    lacks = pl.when(pl.col("value").is_null()).then(pl.lit(NO_SCORE)).alias("lacks")
    joined = both.join(scores, on=["bilirubin", "albumin"], how="left", maintain_order="left")
    return joined.with_columns(lacks)


ALBI_UNITS = {"bilirubin": "umol/L", "albumin": "g/L"}


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
    return (
        pl.when(pl.col("value").is_not_null())
        .then(pl.lit("measured"))
        .when(pl.col("origin").is_null())
        .then(pl.lit(NO_START))
        .when(pl.col("lacks").is_not_null())
        .then("lacks")
        .otherwise(pl.lit("no value in the window"))
        .alias("reason")
    )
