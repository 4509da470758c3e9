"""What was recorded of a patient: every variable, every row of every table, what the cells held, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from calliper.blocks import Block, Cell, Column, Section, Table, TableRow, Text
from calliper.explain.patient import Patient
from calliper.explain.values import NOT_RECORDED, label_of, only_row, text_of
from calliper.records.provenance import ORDER, source
from calliper.records.tables import PROVENANCE


def recorded_section(found: Patient) -> Section:
    """The patient's own record, the rows of the long tables, cells read as another text, records left out, problems."""
    blocks: list[Block] = [_own_record(found)]
    blocks += [_long_table(found, table) for table in found.tables]
    blocks += _as_found(found)
    lines = [
        f"Left out: {record.file}, row {record.row} of {record.table}: {record.reason}"
        for record in found.records.excluded
        if record.patient == found.name
    ]
    lines += [
        f"{problem.severity}: {problem.line}"
        for problem in found.records.problems
        if problem.patient == found.name
    ]
    blocks += [Text(line) for line in lines or ["The checks found no problem in these records."]]
    return Section("recorded", f"Patient {found.name}: recorded", tuple(blocks))


def _own_record(found: Patient) -> Table:
    protocol, row = found.protocol, only_row(found.baseline.with_columns(source()))
    arm, centre = row["arm"], row["centre"]
    lines = []
    if protocol.centres:
        held = protocol.centres.get(str(centre))
        lines.append(("Centre", "", held.label if held is not None else text_of(centre)))
    group = protocol.arms.groups.get(str(arm))
    lines.append(("Arm", protocol.arms.column, group.label if group is not None else NOT_RECORDED))
    lines += [
        (label_of(protocol, name), spec.column, text_of(row[name]))
        for name, spec in protocol.variables.items()
    ]
    return Table(
        id="own-record",
        number="",
        caption=f"The patient's own record: {row['source']}",
        columns=(Column("Variable", "left"), Column("Column of the file", "left"), Column("Value", "left")),
        rows=tuple(TableRow((Cell(name), Cell(column), Cell(value))) for name, column, value in lines),
    )


def _long_table(found: Patient, table: str) -> Block:
    """The patient's rows, in the columns in which any has a value."""
    rows = found.rows(table).sort(ORDER).with_columns(source())
    words = table.replace("_", " ").capitalize()
    if not rows.height:
        return Text(f"{words}: no row.")
    held = [
        name
        for name in rows.columns
        if name not in {"patient", "source", *PROVENANCE} and rows[name].null_count() < rows.height
    ]
    return Table(
        id=f"rows-{table}",
        number="",
        caption=words,
        columns=(
            *(Column(name.replace("_", " ").capitalize(), "left") for name in held),
            Column("Record", "left"),
        ),
        rows=tuple(
            TableRow(tuple(Cell(text_of(value)) for value in values))
            for values in rows.select(*held, "source").iter_rows()
        ),
    )


def _as_found(found: Patient) -> Iterable[Block]:
    """The cells of the patient's rows that a mapping or an answer made another text: what each holds, and why."""
    ledger = found.records.found.conversions
    if ledger.is_empty():
        return
    tables = [found.baseline, *(found.rows(table) for table in found.tables)]
    places = pl.concat([rows.select("_file", "_sheet", "_row") for rows in tables]).unique()
    own = ledger.join(
        places,
        left_on=["file", "sheet", "row"],
        right_on=["_file", "_sheet", "_row"],
        how="semi",
        maintain_order="left",
    )
    if own.is_empty():
        return
    value = pl.when(pl.col("value") == "").then(pl.lit(NOT_RECORDED)).otherwise("value").alias("value")
    own = own.rename({"file": "_file", "sheet": "_sheet", "row": "_row"}).with_columns(source(), value)
    names = ("source", "column", "found", "value", "why")
    heads = ("Record", "Column", "The cell holds", "Read as", "Why")
    yield Table(
        id="as-found",
        number="",
        caption="Cells that were read as another text",
        columns=tuple(Column(head, "left") for head in heads),
        rows=tuple(TableRow(tuple(map(Cell, line))) for line in own.select(names).iter_rows()),
    )
