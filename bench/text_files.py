"""Reading a text file of records: as it is read, row by row, and by peers that name no row and keep no place."""

from __future__ import annotations

import csv
import io
import statistics
import time
from collections.abc import Callable

import polars as pl

from calliper.ingest import delimited

COLUMNS = ("Patient", "Scan", "Lesion", "Role", "Site", "Date", "Diameter", "Status")
RUNS = 3


def invented(rows: int) -> bytes:
    """A table of lesions as text."""
    lines = [
        f"P{at // 24},{at % 24 // 3},L{at % 3},target,liver,2020-0{1 + at % 9}-1{at % 10},{at % 97}.{at % 10},present"
        for at in range(rows)
    ]
    return "\n".join([",".join(COLUMNS), *lines, ""]).encode()


def print_reading(rows: int) -> int:
    """Print the seconds of each way; how many ways gave another table than the others."""
    content = invented(rows)
    quoted = content.replace(b",present", b',"present"')

    def ours(text: bytes) -> pl.DataFrame:
        return delimited.read_delimited(text, COLUMNS, extension=".csv").frame.drop("_row")

    def by_csv() -> pl.DataFrame:
        records = list(csv.reader(io.StringIO(content.decode(), newline="")))
        return pl.DataFrame(records[1:], schema=list(COLUMNS), orient="row")

    ways: dict[str, Callable[[], pl.DataFrame]] = {
        "calliper": lambda: ours(content),
        "calliper, quotation marks in every row": lambda: ours(quoted),
        "csv module, into a table": by_csv,
        "polars.read_csv, as text": lambda: pl.read_csv(io.BytesIO(content), infer_schema=False),
    }
    print(f"\n## Reading {rows:,} rows of text, {len(content) / 1e6:.0f} MB\n")
    print(f"| {'way':<40} | seconds | rows a second |\n|{'-' * 42}|--------:|--------------:|")
    first, others = None, 0
    for name, way in ways.items():
        taken = []
        for _ in range(RUNS):
            start = time.perf_counter()
            found = way()
            taken.append(time.perf_counter() - start)
        first = found if first is None else first
        others += not found.equals(first)
        seconds = statistics.median(taken)
        print(f"| {name:<40} | {seconds:>7.2f} | {rows / seconds:>13,.0f} |")
    return others
