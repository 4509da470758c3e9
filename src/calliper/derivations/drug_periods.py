"""The periods of one drug in each patient, with the last day that each is known to have lasted, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

import polars as pl

from calliper.derivations.dates import IMPUTED_WORDS, find_dates
from calliper.protocol.specs import DateSource, Exposure
from calliper.records.dates import flag_column
from calliper.records.provenance import ORDER, source
from calliper.records.tables import Problem, Records

AT_CUTOFF = "the data cut-off"

RowOf = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DrugPeriod:
    """A row of a drug: from `first` to `last`, both days inside, on a daily dose; 0 is a pause.

    `cut_at` says in words what made `last` where no earlier end is recorded; of such a period `is_open` says that the
    patient may have gone on. `why` is the recorded reason of the row, `note` tells of completed dates.
    """

    first: date
    last: date
    mg_per_day: Decimal
    cut_at: str | None
    is_open: bool
    why: str | None
    note: str | None
    source: str


def read_periods(
    spec: Exposure, records: Records, patients: pl.DataFrame, *, cutoff: date | None
) -> tuple[dict[str, list[DrugPeriod]], list[Problem]]:
    """Every period of the drug by patient, in order of day, and an error for each thing that is wrong with them.

    Rows without a start count for nothing (they are queries), nor do those that begin after the cut-off, or are of a
    patient without `spec.start`. Where something is wrong the periods are not to be used.
    """
    rows = _rows(spec, records, patients, cutoff=cutoff).iter_rows(named=True)
    periods: dict[str, list[DrugPeriod]] = {}
    faults: list[Problem] = []
    for patient, held in groupby(rows, key=lambda row: str(row["patient"])):
        own = list(held)
        faults += _faults(spec, own, cutoff=cutoff)
        if not faults:
            periods[patient] = [_period(row, cutoff) for row in own]
    return periods, faults


def _rows(spec: Exposure, records: Records, patients: pl.DataFrame, *, cutoff: date | None) -> pl.DataFrame:
    held = records.tables["exposure"].filter(pl.col("drug").is_in(list(spec.drugs)))
    own = patients.select("patient", pl.col(spec.start).alias("start")).drop_nulls("start")
    return (
        held.select("patient", "drug", "start", "end", "dose", source(), _note(held), *ORDER, why="reason")
        .drop_nulls("start")
        .filter(pl.col("start") <= (cutoff or date.max))
        .join(own.select("patient"), on="patient", how="semi")
        .join(_limits(spec.until, own, records, patients), on="patient", how="left")
        .sort("patient", "start", *ORDER, nulls_last=True)
    )


def _limits(
    entries: Sequence[DateSource], own: pl.DataFrame, records: Records, patients: pl.DataFrame
) -> pl.DataFrame:
    """The earliest date of `until` of each patient who has one: `until`, `limit` (its words), `is_end`.

    `is_end` is false of `last`, the day on which a patient was last seen. Of two dates on one day the end counts: who
    died was often last seen that day.
    """
    people = own.with_columns(until=pl.lit(date.max))
    found = find_dates(entries, people, records, patients) if entries else None
    if found is None:
        return pl.DataFrame(
            schema={"patient": pl.String, "until": pl.Date, "limit": pl.String, "is_end": pl.Boolean}
        )
    ends = {position: entry.last is None for position, entry in enumerate(entries)}
    return (
        found.with_columns(is_end=pl.col("entry").replace_strict(ends, return_dtype=pl.Boolean))
        .sort("patient", "date", ~pl.col("is_end"), "entry")
        .unique("patient", keep="first", maintain_order=True)
        .select("patient", "is_end", until="date", limit="reason")
    )


def _note(held: pl.DataFrame) -> pl.Expr:
    """Words on each row whose start or end was completed; null where neither was."""
    words = [
        pl.format(
            f"{role} of {{}}: {{}}",
            role,
            pl.col(flag_column(role)).replace_strict(IMPUTED_WORDS, default=None, return_dtype=pl.String),
        )
        for role in ("start", "end")
        if flag_column(role) in held.columns
    ]
    none = pl.lit(None, dtype=pl.String)
    joined = pl.concat_str(words, separator="; ", ignore_nulls=True).replace("", None) if words else none
    return joined.alias("note")


def _period(row: RowOf, cutoff: date | None) -> DrugPeriod:
    last, cut_at, is_open = _last(row, cutoff)
    return DrugPeriod(
        first=row["start"],
        # a pause that is told of after the patient's last day is no mistake
        last=max(last or row["start"], row["start"]),
        mg_per_day=Decimal(repr(row["dose"])),
        cut_at=cut_at,
        is_open=is_open,
        why=row["why"],
        note=row["note"],
        source=row["source"],
    )


def _last(row: RowOf, cutoff: date | None) -> tuple[date | None, str | None, bool]:
    """The last day of a row, what cut it (None: a recorded end), and whether the patient may have gone on."""
    end: date | None = row["end"]
    until: date | None = row["until"]
    if end is not None and (cutoff is None or end < cutoff):
        return end, None, False
    if end is None and until is not None:
        is_first = cutoff is None or until < cutoff or (until == cutoff and row["is_end"])
        if is_first:
            return until, row["limit"], not row["is_end"]
    return cutoff, AT_CUTOFF, True


# --- what is wrong with the rows of one patient -------------------------------------------------------------


def _faults(spec: Exposure, rows: Sequence[RowOf], *, cutoff: date | None) -> Iterator[Problem]:
    """An error for each thing by which a row cannot be counted, in order of day."""
    furthest: RowOf | None = None
    for row in rows:
        which = f"patient {row['patient']}: {row['drug']} from {row['start']}"
        ends = () if row["dose"] == 0 else _end_faults(row, cutoff)
        found = (*_dose_faults(spec, row), *ends, *_overlaps(row, furthest))
        yield from (_error(row, f"{which} {told}", action) for told, action in found)
        if furthest is None or _end(row) > _end(furthest):
            furthest = row


def _error(row: RowOf, message: str, action: str) -> Problem:
    centre, file, sheet, number = (row[name] for name in ORDER)
    return Problem(
        "error",
        "drug_period",
        message,
        action,
        centre=centre or "",
        file=file,
        sheet=sheet or "",
        row=number,
        patient=row["patient"],
        table="exposure",
    )


Told = tuple[str, str]
"""What is wrong, and what to do."""


def _end(row: RowOf) -> date:
    """A period without an end goes on."""
    end: date | None = row["end"]
    return end or date.max


def _dose_faults(spec: Exposure, row: RowOf) -> Iterator[Told]:
    dose, planned = row["dose"], spec.planned_mg_per_day
    if dose is None:
        yield "has no dose", "fill in the mg of a day, 0 for a pause"
    elif dose > planned:
        yield (
            f"is of {dose:g} mg a day, more than the {planned:g} mg planned",
            "correct the dose, or planned_mg_per_day in the study file",
        )


def _end_faults(row: RowOf, cutoff: date | None) -> Iterator[Told]:
    end, until = row["end"], row["until"]
    if end is None and until is None and cutoff is None:
        yield (
            "has no end, and nothing says until when it lasted",
            "fill in the end, or declare study.cutoff or until",
        )
    elif end is None and until is not None and until < row["start"]:
        yield (
            f"has no end, and begins after {until} ({row['limit']})",
            "fill in the end, or correct one of the dates",
        )
    elif end is not None and row["is_end"] and end > until:
        yield f"ends on {end}, after {until} ({row['limit']})", "correct one of the dates"


def _overlaps(row: RowOf, furthest: RowOf | None) -> Iterator[Told]:
    if furthest is not None and row["start"] <= _end(furthest):
        end = f"ends on {furthest['end']}" if furthest["end"] is not None else "has no end"
        yield (
            f"shares days with the period from {furthest['start']}, which {end} ({furthest['source']})",
            "end one of them the day before the other begins",
        )
