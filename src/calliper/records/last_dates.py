"""The last date of each patient in a long table, as a limit of date variables: read before the table itself."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.dated_tables import DATE_ROLES
from calliper.protocol.specs import Date, Protocol, TableSource
from calliper.records.column import RawColumns
from calliper.records.dates import parse_dates
from calliper.records.partial_dates import Limit


def tables_of_limits(protocol: Protocol) -> tuple[str, ...]:
    """The long tables whose last dates limit a date variable."""
    dates = [spec for spec in protocol.variables.values() if isinstance(spec, Date)]
    return tuple(dict.fromkeys(table for spec in dates for table in spec.not_before_last))


def last_dates(
    protocol: Protocol, spec: Date, tables: Mapping[str, RawColumns], patients: pl.Series
) -> list[Limit]:
    """The last date of each of `patients` in each table of `spec.not_before_last`, among the rows it wants.

    `tables` is each table's cells as text. Rows without a full date are not read: what is wrong with them is said
    where the table is checked.
    """
    limits = []
    for table, where in spec.not_before_last.items():
        cells = tables[table]
        source: TableSource = getattr(protocol.data, table)
        roles = source.columns
        rows = pl.DataFrame(
            {
                "patient": cells.column(roles["patient"]).text,
                "date": parse_dates(cells.column(roles[DATE_ROLES[table]]).text, protocol.reading.dates)[0],
                **{f"where {role}": cells.column(roles[role]).text for role in where},
            }
        )
        wanted = [pl.col(f"where {role}").is_in(values) for role, values in where.items()]
        last = (
            rows.filter(*wanted).drop_nulls(["patient", "date"]).group_by("patient").agg(pl.col("date").max())
        )
        own = patients.alias("patient").to_frame()
        joined = own.join(last, on="patient", how="left", maintain_order="left")
        limits.append((f"the last date in {table.replace('_', ' ')}", joined["date"]))
    return limits
