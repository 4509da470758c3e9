"""One column under check: its cells, where each stands, and the problems found in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import polars as pl

from calliper.records.tables import PROVENANCE, ROW_NUMBER, Problem
from calliper.records.wording import clipped, quoted

ERROR_VALUES = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#GETTING_DATA")
"""What a spreadsheet shows where a formula failed (ISO/IEC 29500-1, 18.18.11 and 18.17.3)."""


class Verdict(NamedTuple):
    """What is wrong with a cell: the rule it breaks, a sentence, and what to do."""

    rule: str
    message: str
    action: str


Explain = Callable[[str], Verdict]
"""From a cell's text ('' where blank) to what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    `text` is the cells (String; null where blank or a declared missing code). `rows` has, for each cell,
    `patient` and the provenance columns. `is_there` is False in rows of files that lack the column.
    """

    table: str
    header: str
    text: pl.Series
    rows: pl.DataFrame
    is_there: pl.Series

    def report(
        self, at: pl.Series, explain: Explain, *, severity: Literal["error", "query"] = "error"
    ) -> list[Problem]:
        """One problem for each cell where `at` (Boolean) is true."""
        if not at.any():
            return []
        bad = self.rows.with_columns(self.text.fill_null("").alias("value")).filter(at)
        verdicts = {value: explain(value) for value in bad["value"].unique().to_list()}
        return [self._problem(severity, verdicts[row["value"]], row) for row in bad.iter_rows(named=True)]

    def report_each(
        self, at: pl.Series, verdicts: Iterable[Verdict], *, severity: Literal["error", "query"] = "error"
    ) -> list[Problem]:
        """One problem for each cell where `at` is true, its verdict the next of `verdicts`."""
        bad = self.rows.with_columns(self.text.fill_null("").alias("value")).filter(at)
        return [
            self._problem(severity, verdict, row) for verdict, row in zip(verdicts, bad.iter_rows(named=True))
        ]

    def _problem(
        self, severity: Literal["error", "query"], verdict: Verdict, row: dict[str, str | int | None]
    ) -> Problem:
        number = row["_row"]
        return Problem(
            severity,
            verdict.rule,
            verdict.message,
            verdict.action,
            centre=str(row["_centre"] or ""),
            file=str(row["_file"]),
            sheet=str(row["_sheet"] or ""),
            row=None if number is None else int(number),
            column=self.header,
            value=clipped(str(row["value"])),
            patient=clipped(str(row["patient"] or "")),
            table=self.table,
        )


@dataclass(frozen=True, slots=True)
class RawColumns:
    """A raw table under check, opened column by column.

    `rows` has `patient` and the provenance columns, one row a row of `frame`. `missing` is the declared
    codes. `absent` names the columns that a file lacks: (file, sheet, column).
    """

    table: str
    frame: pl.DataFrame
    rows: pl.DataFrame
    missing: tuple[str, ...]
    absent: frozenset[tuple[str, str, str]]

    def column(self, header: str | None, *, trim: bool = True) -> Column:
        """The column under a header; all null when no header is named. `trim` takes outer white space off."""
        if header == ROW_NUMBER:
            text = self.rows[ROW_NUMBER].cast(pl.String)
        elif header in self.frame.columns and header not in PROVENANCE:
            # renamed first: a header may be written as a pattern
            held, cell = self.frame[header].alias("text").to_frame(), pl.col("text")
            bare = cell.str.strip_chars()
            is_missing = bare.is_in(list(self.missing)).fill_null(value=False)
            text = held.select(pl.when(~is_missing).then(bare if trim else cell))["text"]
        else:
            text = pl.Series([None], dtype=pl.String).new_from_index(0, self.frame.height)
        return Column(self.table, header or "", text.alias("text"), self.rows, self._is_there(header))

    def _is_there(self, header: str | None) -> pl.Series:
        there = pl.Series([header is not None], dtype=pl.Boolean).new_from_index(0, self.rows.height)
        for file, sheet, column in self.absent:
            if column == header:
                there &= ~((self.rows["_file"] == file) & (self.rows["_sheet"] == sheet))
        return there


def error_value(text: str) -> Verdict | None:
    """The verdict on a spreadsheet's error value, or None for any other text."""
    if text not in ERROR_VALUES:
        return None
    message = f"{quoted(text)} is a spreadsheet's error, not a value"
    return Verdict("error_value", message, "correct the formula, or clear the cell")


def required(column: Column) -> list[Problem]:
    """An error for each cell that is blank or missing, in files that have the column."""

    def explain(_text: str) -> Verdict:
        return Verdict("required", "the cell is blank, and a value is required", "fill in the cell")

    return column.report(column.text.is_null() & column.is_there, explain)
