"""The rows of drugs given: periods that overlap, drugs misspelt, and drugs of another arm."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from calliper.protocol.specs import Exposure, Protocol, TableSource, Treatments
from calliper.records.column import Column, Verdict
from calliper.records.date_limits import check_ends
from calliper.records.drugs import check_drugs
from calliper.records.provenance import source
from calliper.records.tables import Problem
from calliper.records.wording import listed, quoted


def check_exposure(protocol: Protocol, frame: pl.DataFrame, columns: Mapping[str, Column]) -> list[Problem]:
    """Periods of one drug that run into the next, drugs misspelt (as queries), and ends before starts.

    An overlap of a drug whose periods an endpoint reads is an error, of any other a query.
    """
    is_read = frame["drug"].is_in(sorted(_read_as_periods(protocol))).fill_null(value=False)
    earlier = _earlier_periods(frame)
    runs_in = earlier["place"].is_not_null()
    problems: list[Problem] = []
    for at, action, severity in (
        (runs_in & is_read, "correct one of the dates", "error"),
        (runs_in & ~is_read, "confirm the dates; they are used as they stand", "query"),
    ):
        verdicts = [
            Verdict("overlap", f"{quoted(text)} lies before the end ({end}) of the period of {place}", action)
            for text, (place, end) in zip(columns["start"].text.filter(at), earlier.filter(at).iter_rows())
        ]
        problems += columns["start"].report_each(
            at, verdicts, severity="error" if severity == "error" else "query"
        )
    slips = check_drugs(protocol, frame["drug"], columns["drug"])
    return [*problems, *slips, *check_ends(frame, columns)]


def _earlier_periods(frame: pl.DataFrame) -> pl.DataFrame:
    """Of each row the period of the same drug that ends last of those before it, where it ends after the row's start.

    Returns:
        `place` and `end`, in the rows' order; null where no period runs into the row. The day on which a dose changes
        may close one period and open the next.
    """
    order = ["patient", "drug", "start", "end"]
    ordered = frame.with_row_index("_at").sort(*order, "_at", nulls_last=True)
    # an end that is not recorded leaves the furthest one before it standing
    furthest = pl.col("end").cum_max().forward_fill().shift(1).over("patient", "drug")
    marked = ordered.select("_at", "patient", "drug", "start", "end", source(), furthest=furthest)
    closing = (
        marked.select("patient", "drug", furthest="end", place="source")
        .drop_nulls("furthest")
        .unique(["patient", "drug", "furthest"], keep="first", maintain_order=True)
    )
    held = marked.join(closing, on=["patient", "drug", "furthest"], how="left", nulls_equal=True).sort("_at")
    runs_in = pl.col("furthest") > pl.col("start")
    return held.select(
        pl.when(runs_in).then("place").alias("place"), pl.when(runs_in).then("furthest").alias("end")
    )


def _read_as_periods(protocol: Protocol) -> set[str]:
    """The drugs whose periods an endpoint reads."""
    read: set[str] = set()
    for spec in protocol.endpoints.values():
        if isinstance(spec, Exposure):
            read.update(spec.drugs)
        elif isinstance(spec, Treatments):
            read.update(drug for item in spec.items.values() if item.taken == "period" for drug in item.drugs)
    return read


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
