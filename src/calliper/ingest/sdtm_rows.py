"""The rows of one SDTM domain, and what is found wrong with or left of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import polars as pl

from calliper.ingest.sdtm_words import Words
from calliper.records.column import Verdict
from calliper.records.tables import PROVENANCE, Problem
from calliper.records.wording import clipped, quoted, suggestion

COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "tu": (
        ("USUBJID", "TULNKID", "TUTESTCD", "TUSTRESC", "TULOC"),
        ("VISIT", "VISITNUM", "TUMETHOD", "TUEVAL", "TUEVALID", "TUDTC"),
    ),
    "tr": (
        ("USUBJID", "TRLNKID", "TRTESTCD", "TRSTRESC", "TRSTRESN", "TRSTRESU", "TRDTC"),
        ("VISIT", "VISITNUM", "TRMETHOD", "TREVAL", "TREVALID", "TRSTAT"),
    ),
    "rs": (
        ("USUBJID", "RSTESTCD", "RSSTRESC", "RSDTC"),
        ("VISIT", "VISITNUM", "RSCAT", "RSEVAL", "RSEVALID"),
    ),
}
"""The columns of each domain that are read: required, and read where they are there."""

TABLE_OF = {"tu": "lesions", "tr": "lesions", "rs": "responses"}
"""The table that problems with each domain's rows are listed under."""


class Place(NamedTuple):
    """Where a row stands."""

    centre: str
    file: str
    sheet: str
    row: int

    @property
    def words(self) -> str:
        """`tr.csv, row 5`, with the sheet where there is one."""
        sheet = f", sheet '{self.sheet}'" if self.sheet else ""
        return f"{self.file}{sheet}, row {self.row}"


LesionKey = tuple[str, str, str]
"""Patient, evaluator, link: two evaluators' lesions are two, whatever their links."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a domain: its cells by column (blank and missing ones ''), and where it stands.

    `key` is the lesion it is of: the patient; who read (the evaluator's identifier, or else their role; '' where there
    is neither); the link ('' in RS). `visit` is the visit's name, or else its number.
    """

    cells: dict[str, str]
    place: Place
    key: LesionKey
    visit: str

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    @property
    def evaluator(self) -> str:
        """Who read."""
        return self.key[1]


def rows_of(frame: pl.DataFrame, domain: str, missing: Sequence[str]) -> Iterator[Row]:
    """The rows of a domain, outer white space and declared codes of missing values taken off."""
    required, optional = COLUMNS[domain]
    names = (*required, *optional)
    stem = domain.upper()
    texts = [pl.col(name).str.strip_chars().replace(list(missing), None).fill_null("") for name in names]
    held = frame.select(*texts, *PROVENANCE)
    link = pl.col(f"{stem}LNKID") if f"{stem}LNKID" in names else pl.lit("")
    keys = held.select(
        "USUBJID", _first(f"{stem}EVALID", f"{stem}EVAL"), link.alias("link"), _first("VISIT", "VISITNUM")
    )
    for values, (*key, visit) in zip(held.iter_rows(), keys.iter_rows(), strict=True):
        centre, file, sheet, row = values[len(names) :]
        cells = dict(zip(names, values, strict=False))
        yield Row(cells, Place(centre or "", file, sheet or "", row), (key[0], key[1], key[2]), visit)


def _first(name: str, other: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(name).otherwise(other).alias(name)


@dataclass(slots=True)
class Findings:
    """What is found in one domain: problems, and how many of its rows are not read, by why."""

    domain: str
    problems: list[Problem] = field(default_factory=list)
    unread: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def error(self, row: Row, column: str, verdict: Verdict) -> None:
        """An error in a cell of a row."""
        self._add("error", row, column, verdict)

    def query(self, row: Row, column: str, verdict: Verdict) -> None:
        """A query on a cell of a row."""
        self._add("query", row, column, verdict)

    def blank(self, row: Row, column: str) -> None:
        """An error: a cell that must hold something is blank."""
        message = "the cell is blank, and a value is required"
        self.error(row, column, Verdict("required", message, "fill in the cell"))

    def unknown(self, row: Row, column: str, key: str, words: Words, *, with_it: str = "") -> None:
        """An error: a text that neither the standard's words nor the study's under `key` explain, or none at all."""
        if not row[column]:
            self.blank(row, column)
            return
        message = f"{quoted(row[column])} is not known{suggestion(row[column], words.known(key))}{with_it}"
        action = f"correct the cell, or say under data.tumours.{key} what it means"
        self.error(row, column, Verdict(f"unknown_{key.removesuffix('s')}", message, action))

    def leave(self, row: Row, why: str) -> None:
        """Count a row that is not read."""
        self.unread[row.place.file, row.place.sheet, why] += 1

    def all(self) -> list[Problem]:
        """Every problem, and a query for each file and each reason for which rows of it are not read."""
        left = [
            Problem(
                "query",
                "not_read",
                f"not read: {n} row{'s' * (n > 1)} {why}",
                "nothing, if that is meant",
                file=file,
                sheet=sheet,
                table=TABLE_OF[self.domain],
            )
            for (file, sheet, why), n in self.unread.items()
        ]
        return [*self.problems, *left]

    def _add(self, severity: Literal["error", "query"], row: Row, column: str, verdict: Verdict) -> None:
        self.problems.append(
            Problem(
                severity,
                *verdict,
                centre=row.place.centre,
                file=row.place.file,
                sheet=row.place.sheet,
                row=row.place.row,
                column=column,
                value=clipped(row[column]) if column in row.cells else "",
                patient=clipped(row["USUBJID"]),
                table=TABLE_OF[self.domain],
            )
        )
