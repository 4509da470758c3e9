"""Partitions of a cohort that is larger than memory: the files of a folder of Parquet, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl


def partitions(
    source: str | Path, *, columns: Sequence[str] | None = None, rows: int = 5_000_000
) -> Iterator[pl.DataFrame]:
    """Yield the patients of a Parquet file, or of every Parquet file of a folder by name, in frames.

    A summary adds, so that of the whole is the sum of those of its partitions, and no more than one partition
    need be in memory: `engine.add(risk_table(part["time"], part["event"]) for part in partitions(folder))`.

    Args:
        source: the file or the folder.
        columns: what to read of it; all if not given.
        rows: the most rows of one frame.

    Raises:
        ValueError: no such file or folder, no Parquet file in it, or `rows` is not one or more.
    """
    if rows < 1:
        raise ValueError(f"rows is {rows}; expected one or more")
    place = Path(source)
    files = sorted(place.glob("*.parquet")) if place.is_dir() else [place]
    if not files or not all(file.is_file() for file in files):
        raise ValueError(f"{place} is no Parquet file, nor a folder with one; expected either")
    for file in files:
        scan = pl.scan_parquet(file)
        wanted = scan if columns is None else scan.select(columns)
        height = int(scan.select(pl.len()).collect().item())
        for start in range(0, height, rows):
            yield wanted.slice(start, rows).collect()
