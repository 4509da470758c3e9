"""The rows of drugs given: periods that overlap, drugs misspelt, and drugs of another arm."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.specs import Protocol, TableSource, Treatments
from calliper.records.column import Column, Verdict
from calliper.records.date_limits import check_ends
from calliper.records.drugs import check_drugs
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted


def check_exposure(protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Periods of one drug that run into the next, drugs misspelt (as queries), and ends before starts.

    An overlap of a drug whose periods an endpoint reads is an error, of any other a query.
    """
    order = ["patient", "drug", "start", "end"]
    ordered = frame.with_row_index("_at").sort(*order, nulls_last=True)
    # the day a dose changes may close one period and open the next
    previous = pl.col("end").cum_max().forward_fill().shift(1).over("patient", "drug")
    runs_in = ordered.select("_at", is_in=(previous > pl.col("start")).fill_null(value=False)).sort("_at")
    is_read = frame["drug"].is_in(sorted(_read_as_periods(protocol))).fill_null(value=False)

    def overlap(text: str) -> Verdict:
        message = f"{quoted(text)} lies before the end of an earlier period of the same drug"
        return Verdict("overlap", message, "confirm the dates; they are used as they stand")

    def clash(text: str) -> Verdict:
        return Verdict("overlap", overlap(text).message, "correct one of the dates")

    problems = columns["start"].report(runs_in["is_in"] & is_read, clash)
    problems += columns["start"].report(runs_in["is_in"] & ~is_read, overlap, severity="query")
    slips = check_drugs(protocol, frame["drug"], columns["drug"])
    return [*problems, *slips, *check_ends(frame, columns)]


def _read_as_periods(protocol: Protocol) -> set[str]:
    """The drugs whose periods an endpoint reads."""
    specs = [spec for spec in protocol.endpoints.values() if isinstance(spec, Treatments)]
    items = [item for spec in specs for item in spec.items.values() if item.taken == "period"]
    return {drug for item in items for drug in item.drugs}


def check_arms(
    protocol: Protocol, held: TableSource, frame: pl.DataFrame, column: Column, patients: pl.DataFrame
) -> list[Problem]:
    """A query on the first row of a drug that `held.arms` gives to other arms than the patient's; nobody is moved."""
    labels = {name: arm.label for name, arm in protocol.arms.groups.items()}
    one = patients.select("patient", "arm").unique("patient", keep="first", maintain_order=True)
    rows = frame.select("patient", "drug").join(one, on="patient", how="left", maintain_order="left")
    is_other = pl.any_horizontal(
        pl.lit(value=False),
        *(
            (pl.col("drug") == drug) & pl.col("arm").is_not_null() & ~pl.col("arm").is_in(list(arms))
            for drug, arms in held.arms.items()
        ),
    )
    is_first = pl.int_range(pl.len()).over("patient", "drug") == 0
    at = rows.select((is_other & is_first).fill_null(value=False)).to_series()
    verdicts = [
        Verdict(
            "crossover",
            f"{quoted(drug)} is given to a patient of the arm {quoted(labels[arm])}; "
            f"it is a drug of {listed([labels[name] for name in held.arms[drug]])}",
            "confirm it; the patient stays in the recorded arm",
        )
        for _, drug, arm in rows.filter(at).iter_rows()
    ]
    return column.report_each(at, verdicts, severity="query")
