"""A patient's first or last date in a long table, as a variable: the day of the first dose, of the last visit."""

from __future__ import annotations

import polars as pl

from calliper.derivations.dates import holds
from calliper.protocol.specs import RowDate
from calliper.records.dates import flag_column
from calliper.records.provenance import ORDER, source, source_column
from calliper.records.tables import Records


def with_row_date(name: str, spec: RowDate, frame: pl.DataFrame, records: Records) -> pl.DataFrame:
    """The patients' table with the date (Date) as the column `name`; null where no row of a patient has one.

    Of two rows of one day the one that stands first in the files is taken. Beside the date stand the row's place (of
    provenance.source_column) and, where the table completes its dates, what was missing of it (of dates.flag_column).
    """
    held = records.tables[spec.table]
    flag = flag_column(spec.dated_by)
    beside = [pl.col(flag).alias(flag_column(name))] if flag in held.columns else []
    latest_first = spec.last is not None
    rows = (
        held.filter(*(holds(role, values) for role, values in spec.where.items()))
        .filter(pl.col("patient").is_not_null(), pl.col(spec.dated_by).is_not_null())
        .sort(spec.dated_by, *ORDER, descending=[latest_first, *(False for _ in ORDER)])
        .unique("patient", keep="first", maintain_order=True)
        .select(
            "patient",
            pl.col(spec.dated_by).alias(name),
            source().alias(source_column(name)),
            *beside,
        )
    )
    return frame.join(rows, on="patient", how="left", maintain_order="left")
