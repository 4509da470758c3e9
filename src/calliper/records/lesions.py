"""The tables of scans and lesions: diameters in millimetres, and rows that clash.

What must fit between the two tables is in assessments.py.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.records.column import Column, Verdict
from calliper.records.measured import PER_MM
from calliper.records.tables import Problem
from calliper.records.wording import quoted

LARGEST_MM = 300.0
"""Above it a diameter is a query."""


def check_diameter(column: Column, values: pl.Series) -> list[Problem]:
    """An error on a diameter finer than 0.0001 mm, a query on one of more than 300 mm."""
    steps = values * PER_MM
    is_fine = ((steps - steps.round()).abs() > 1e-4).fill_null(value=False)
    is_large = (values > LARGEST_MM).fill_null(value=False)

    def fine(text: str) -> Verdict:
        message = f"{quoted(text)} is finer than 0.0001 mm"
        return Verdict("diameter", message, "round it")

    def large(text: str) -> Verdict:
        message = f"{quoted(text)} mm is more than {LARGEST_MM:g} mm"
        return Verdict("plausible", message, "confirm it; it is used as it stands")

    return [*column.report(is_fine, fine), *column.report(is_large, large, severity="query")]


def check_imaging_rows(frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """An error on scans of one patient that share an identifier; a query on copies of a scan."""
    is_whole = frame["patient"].is_not_null() & frame["scan"].is_not_null()
    is_twice = frame.select(pl.len().over("patient", "scan") > 1).to_series() & is_whole

    def twice(text: str) -> Verdict:
        return Verdict("duplicate_scan", f"the patient has several scans {quoted(text)}", "keep one of them")

    key = ("patient", "date", "modality", "reader")
    is_copy = frame.select((pl.len().over(key) > 1) & pl.col("date").is_not_null()).to_series() & ~is_twice

    def copy(text: str) -> Verdict:
        message = f"the patient has several scans of one modality on {quoted(text)}"
        return Verdict("same_day", message, "remove one if it is a copy; they are read as one assessment")

    return [
        *columns["scan"].report(is_twice, twice),
        *columns["date"].report(is_copy & is_whole, copy, severity="query"),
    ]


def check_lesion_rows(frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Errors on a lesion measured twice at a scan, and on a viable diameter larger than the whole."""
    is_whole = pl.all_horizontal(pl.col("patient", "scan", "lesion").is_not_null())
    at = pl.len().over("patient", "scan", "lesion") > 1
    is_part = (pl.col("status") == "fragment").fill_null(value=False).all().over("patient", "scan", "lesion")
    is_twice = frame.select(is_whole & at & ~is_part).to_series()

    def twice(text: str) -> Verdict:
        message = f"lesion {quoted(text)} has several rows at this scan"
        return Verdict("duplicate_lesion", message, "keep one, or give each the status fragment")

    is_over = (frame["viable_mm"] > frame["whole_mm"]).fill_null(value=False)
    wholes = frame["whole_mm"].filter(is_over)
    verdicts = [
        Verdict(
            "viable_over_whole",
            f"the viable diameter {quoted(text)} is larger than the whole ({whole:g})",
            "correct one of the two",
        )
        for text, whole in zip(columns["viable_mm"].text.filter(is_over), wholes)
    ]
    return [*columns["lesion"].report(is_twice, twice), *columns["viable_mm"].report_each(is_over, verdicts)]
