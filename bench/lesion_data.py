"""Invented lesions: patients of two arms with eight scans of three lesions each, as our readers give them.

Two hepatic targets and one other lesion, six weeks between scans, a baseline the week before the start, one reader. A
lesion shrinks and grows again by factors drawn for the patient; one in thirty was not assessed at a scan, one patient
in five has a new lesion that is measured from then on, and two in five have died. Patients are drawn in blocks with a
seed of their own.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

SCANS = 8
LESIONS = 3
WEEKS_BETWEEN = 6
BLOCK = 50_000
START = date(2015, 1, 1)

Numbers = npt.NDArray[Any]


def write_lesions(folder: Path, n: int) -> Path:
    """Write the tables of n patients as Parquet files; does nothing where they are already there."""
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_block(number, first, min(BLOCK, n - first)) for number, first in enumerate(range(0, n, BLOCK))]
    for name in ("patients", "imaging", "lesions"):
        rows = pl.concat([part[name] for part in parts])
        place = [
            pl.lit("bench").alias("_centre"),
            pl.lit(f"{name}.csv").alias("_file"),
            pl.lit("").alias("_sheet"),
        ]
        rows = rows.with_columns(*place, (pl.int_range(pl.len()) + 2).cast(pl.Int64).alias("_row"))
        rows.write_parquet(folder / f"{name}.parquet")
    (folder / "done").touch()
    return folder


def rows_of_lesions(folder: Path) -> int:
    """How many rows the table of lesions has."""
    return int(pl.scan_parquet(folder / "lesions.parquet").select(pl.len()).collect().item())


def _block(number: int, first: int, n: int) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng([7, number])
    who = np.arange(first, first + n)
    start = np.datetime64(START) + rng.integers(0, 2_000, n).astype("timedelta64[D]")
    died = start + rng.integers(310, 1_500, n).astype("timedelta64[D]")
    patients = pl.DataFrame(
        {
            "patient": _named("P", who),
            "centre": ["bench"] * n,
            "arm": np.where(rng.random(n) < 0.5, "a", "b"),
            "first_tace": start,
            "death_date": np.where(rng.random(n) < 0.4, died, np.datetime64("NaT")),
        },
        schema_overrides={"first_tace": pl.Date, "death_date": pl.Date},
    )
    days = np.arange(SCANS) * 7 * WEEKS_BETWEEN
    days[0] = -7
    when = start[:, None] + (days + rng.integers(-4, 5, (n, SCANS)) * (days > 0)).astype("timedelta64[D]")
    scan = np.tile(np.arange(1, SCANS + 1), n)
    imaging = pl.DataFrame(
        {
            "patient": _named("P", np.repeat(who, SCANS)),
            "scan": _named("S", scan),
            "date": when.ravel(),
            "visit": _named("V", scan),
            "modality": np.where(rng.random(n * SCANS) < 0.9, "CT", "MRI"),
            "arterial_phase": np.where(rng.random(n * SCANS) < 0.98, "yes", "no"),
            "reader": ["A"] * (n * SCANS),
        },
        schema_overrides={"date": pl.Date},
    )
    return {"patients": patients, "imaging": imaging, "lesions": _lesions(rng, who)}


def _lesions(rng: np.random.Generator, who: Numbers) -> pl.DataFrame:
    n = who.size
    shape = (n, SCANS, LESIONS)
    baseline = rng.uniform(12, 90, (n, 1, LESIONS))
    turn = rng.integers(1, SCANS + 3, (n, 1, 1))
    at = np.arange(SCANS)[None, :, None]
    shrunk, grown = rng.uniform(0.7, 1.0, (n, 1, LESIONS)), rng.uniform(1.05, 1.35, (n, 1, LESIONS))
    size = baseline * shrunk ** np.minimum(at, turn) * grown ** np.maximum(at - turn, 0)
    size *= ~((rng.random((n, 1, LESIONS)) < 0.15) & (at >= turn))  # gone for good
    viable = np.round(np.minimum(size, 250), 1)
    lost = (rng.random(shape) < 1 / 30) & (at > 0)
    lesion = np.broadcast_to(np.arange(1, LESIONS + 1), shape)
    is_target = lesion < LESIONS
    state = np.where(rng.random(shape) < 0.02, "progressed", np.where(viable > 0, "present", "absent"))
    held = pl.DataFrame(
        {
            "patient": _named("P", np.broadcast_to(who[:, None, None], shape).ravel()),
            "scan": _named("S", np.broadcast_to(at + 1, shape).ravel()),
            "lesion": _named("L", lesion.ravel()),
            "role": np.where(is_target, "target", "non_target").ravel(),
            "organ": ["LIVER"] * lesion.size,
            "kind": ["nodule"] * lesion.size,
            "whole_mm": np.where(
                lost, np.nan, np.round(np.maximum(viable, baseline * 0.5 + viable * 0.5), 1)
            ).ravel(),
            "viable_mm": np.where(lost | ~is_target, np.nan, viable).ravel(),
            "status": np.where(lost, "not_assessed", np.where(is_target, "measured", state)).ravel(),
        }
    )
    fresh = np.flatnonzero(rng.random(n) < 0.2)
    since = rng.integers(2, SCANS, fresh.size)
    seen = np.arange(SCANS)[None, :] >= since[:, None]
    row, scan = np.nonzero(seen)
    steps = np.round(8 + 4.0 * (scan - since[row]), 1)
    new = pl.DataFrame(
        {
            "patient": _named("P", who[fresh[row]]),
            "scan": _named("S", scan + 1),
            "lesion": ["N1"] * row.size,
            "role": ["new"] * row.size,
            "organ": np.where(rng.random(row.size) < 0.9, "LIVER", "LUNG"),
            "kind": ["nodule"] * row.size,
            "whole_mm": steps,
            "viable_mm": steps,
            "status": ["measured"] * row.size,
            "pattern": np.where(rng.random(row.size) < 0.6, "typical", "atypical"),
        }
    )
    return pl.concat([held, new], how="diagonal").with_columns(pl.col(pl.Float64).fill_nan(None))


def _named(letter: str, numbers: Numbers) -> pl.Series:
    return letter + pl.Series(numbers).cast(pl.String)
