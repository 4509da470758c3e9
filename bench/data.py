"""The simulated cohorts: the same patients for every tool, as raw columns that Python and R read alike.

Two arms, nine flags and the age in whole years (11 covariates), proportional hazards with a constant baseline, 30%
censored before the ten-year end of follow-up. "days" are times rounded up to whole days, as cohorts have them;
"cont" are the same times unrounded. Patients are drawn in blocks with a seed of their own, so that a cohort of any
size is made in bounded memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Columns: TypeAlias = dict[str, npt.NDArray[Any]]

FLAGS = tuple(f"x{i}" for i in range(1, 10))
COVARIATES = ("arm", *FLAGS, "age")
SHARES = (0.5, 0.4, 0.3, 0.25, 0.5, 0.35, 0.2, 0.45, 0.15)
LOG_HAZARD_RATIOS = (-0.35, 0.3, -0.2, 0.15, 0.25, -0.3, 0.2, -0.15, 0.35, 0.1, 0.02)
MEAN_TIME = 600.0
END = 3650.0
CENSORED = 0.3
BLOCK = 1_000_000

SMALL_PATIENTS = 90
SMALL_FITS = 1_000
SMALL_COVARIATES = ("arm", "x1", "x5", "age")


def block(seed: int, number: int, n: int) -> Columns:
    """Draw n patients: time_days (int32), time_cont (float64), event and the covariates (uint8)."""
    rng = np.random.default_rng([seed, number])
    columns: Columns = {"arm": (rng.random(n) < 0.5).astype(np.uint8)}
    for name, share in zip(FLAGS, SHARES):
        columns[name] = (rng.random(n) < share).astype(np.uint8)
    columns["age"] = np.clip(np.rint(rng.normal(62, 11, n)), 18, 90).astype(np.uint8)
    effect = np.zeros(n)
    for name, b in zip(COVARIATES, LOG_HAZARD_RATIOS):
        effect += b * (columns[name].astype(np.float64) - (62 if name == "age" else 0))
    times = rng.exponential(MEAN_TIME * np.exp(-effect)) + 1e-3
    followed = times < END
    columns["event"] = (followed & (rng.random(n) >= CENSORED)).astype(np.uint8)
    columns["time_cont"] = np.minimum(times, END)
    columns["time_days"] = np.ceil(columns["time_cont"]).astype(np.int32)
    return columns


def blocks(n: int, *, seed: int = 1, size: int = BLOCK) -> Iterator[Columns]:
    for number, start in enumerate(range(0, n, size)):
        yield block(seed, number, min(size, n - start))


def write_cohort(folder: Path, n: int) -> Path:
    """Write the columns of n patients, one raw file a column; does nothing where they are already there."""
    if (folder / "done").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    for columns in blocks(n):
        for name, values in columns.items():
            with (folder / name).open("ab") as file:
                values.tofile(file)
    (folder / "done").touch()
    return folder


def write_resamples(folder: Path, fits: int) -> Path:
    """Write one small cohort, and the rows (from 0) of bootstrap samples of it, one sample after another."""
    write_cohort(folder, SMALL_PATIENTS)
    rng = np.random.default_rng(2)
    rows = rng.integers(0, SMALL_PATIENTS, (fits, SMALL_PATIENTS), dtype=np.int32)
    rows.tofile(folder / "rows")
    return folder


def write_parquet(folder: Path, n: int, *, rows_per_file: int = 5_000_000) -> Path:
    """Write n patients in whole days as a folder of Parquet files."""
    import polars as pl

    if (folder / "done").exists():
        return folder / "parts"
    parts = folder / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    for number, columns in enumerate(blocks(n, size=rows_per_file)):
        kept = {"time": columns["time_days"], "event": columns["event"]}
        frame = pl.DataFrame(kept | {name: columns[name] for name in COVARIATES})
        frame.write_parquet(parts / f"part-{number:04}.parquet", row_group_size=500_000)
    (folder / "done").touch()
    return parts


def column(folder: Path, name: str) -> npt.NDArray[Any]:
    """Read one column as it was written."""
    kinds = {"time_days": np.int32, "rows": np.int32, "time_cont": np.float64}
    return np.fromfile(folder / name, dtype=kinds.get(name, np.uint8))


def floats(folder: Path, names: tuple[str, ...] = COVARIATES) -> npt.NDArray[np.float64]:
    """Read columns as the float64 matrix that the Python peers take; shape (n, p)."""
    first = column(folder, names[0])
    matrix = np.empty((first.size, len(names)))
    for place, name in enumerate(names):
        matrix[:, place] = column(folder, name)
    return matrix
