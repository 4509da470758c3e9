"""ADRS: the scans of each response endpoint, and the response at each landmark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import polars as pl

from calliper.derivations.scans import add_category
from calliper.exports.dataset import Column, Dataset, Variable, dataset, short_name
from calliper.exports.parameters import dated, parameter_columns, relative, with_people, with_start
from calliper.exports.subjects import arm_columns, whose
from calliper.protocol.specs import Response
from calliper.records.provenance import source

if TYPE_CHECKING:
    from calliper.endpoints import Derived
    from calliper.protocol.specs import Protocol
    from calliper.records.tables import Records

VALUES = {"CR": 1, "PR": 2, "SD": 3, "PD": 5, "NE": 6}
"""As the R package admiralonco numbers them (4 is neither CR nor PD, which an endpoint here reads as SD)."""

SCAN = "OVRLRESP"

PARTS = {
    "endpoint": pl.String, "parameter": pl.String, "param": pl.String, "patient": pl.String, "response": pl.String,
    "day": pl.Int64, "start": pl.Date, "date": pl.Date, "sum_mm": pl.Float64, "change": pl.Float64,
    "reason": pl.String, "source": pl.String,
}  # fmt: skip


def adrs(protocol: Protocol, records: Records, derived: Derived) -> Dataset | None:
    """One row a scan, and one an included patient and landmark; None where the study declares no response."""
    specs = {name: spec for name, spec in protocol.endpoints.items() if isinstance(spec, Response)}
    if not specs:
        return None
    listed: dict[str, str] = {}
    parts = []
    for place, (name, spec) in enumerate(specs.items(), start=1):
        for part, words in _parts(name, spec, protocol, records, derived):
            code = short_name(words[0], listed, _ending(place))
            listed[code] = f"{words[1]} ({name})"
            parts.append(part.with_columns(pl.lit(code).alias("parameter")))
    frame = with_people(pl.concat(parts), derived)
    columns = [
        *whose(protocol), *arm_columns(protocol, "TRTP", "TRTA"), *parameter_columns(tuple(listed.items())), *_columns()
    ]  # fmt: skip
    return dataset("ADRS", "Response Analysis Dataset", frame, columns)


def _ending(place: int) -> str:
    """Parameters of the second and later endpoints end in its number, since landmarks have the same names."""
    return "" if place == 1 else f"_{place}"


def _parts(
    name: str, spec: Response, protocol: Protocol, records: Records, derived: Derived
) -> Iterator[tuple[pl.DataFrame, tuple[str, str]]]:
    """The rows of each parameter, with its name and words: the scans, then each landmark."""
    endpoint = derived.endpoints[name]
    if endpoint.scans is not None:
        scans = endpoint.scans.with_columns(pl.col("change_from_baseline").alias("change"))
    else:
        scans = _recorded(spec, protocol, records, derived)
    if scans.height or endpoint.scans is not None:
        label = f"{spec.label}: scan"
        yield _shaped(with_start(scans, spec.start, derived), name, SCAN, label), (SCAN, label)
    held = with_start(endpoint.frame, spec.start, derived).with_columns(dated("day").alias("date"))
    for landmark, asked in spec.landmarks.items():
        label = f"{spec.label}: {asked.label}"
        rows = held.filter(pl.col("landmark") == landmark)
        yield _shaped(rows, name, landmark, label), (landmark, label)


def _recorded(spec: Response, protocol: Protocol, records: Records, derived: Derived) -> pl.DataFrame:
    """The recorded categories of included patients up to the cut-off, under the endpoint's codes."""
    cutoff = protocol.study.cutoff or date.max
    rows = records.tables.get("responses")
    if rows is None:
        return pl.DataFrame(schema={"patient": pl.String})
    kept = with_start(
        rows.filter(pl.col("date").is_null() | (pl.col("date") <= cutoff)).join(
            derived.cohort.patients.select("patient"), on="patient", how="semi", maintain_order="left"
        ),
        spec.start,
        derived,
    ).with_columns(pl.col("response").alias("recorded"), source())
    coded = add_category(kept, spec).with_columns(
        pl.col("category").alias("response"),
        (pl.col("date") - pl.col("start")).dt.total_days().alias("day"),
        pl.format("recorded as {}", "recorded").alias("reason"),
    )
    return coded.drop("start")


def _shaped(frame: pl.DataFrame, endpoint: str, parameter: str, label: str) -> pl.DataFrame:
    named = {"endpoint": endpoint, "parameter": parameter, "param": label}
    held = frame.with_columns(pl.lit(text).alias(column) for column, text in named.items())
    missing = [column for column in PARTS if column not in held.columns]
    held = held.with_columns(pl.lit(None, dtype=PARTS[column]).alias(column) for column in missing)
    return held.select(pl.col(column).cast(dtype) for column, dtype in PARTS.items())


def _columns() -> list[Column]:
    number = pl.col("response").replace_strict(VALUES, default=None, return_dtype=pl.Int64)
    made = "By the endpoint's criteria, from lesions or from the recorded category; NE: not evaluable."
    return [
        Column(Variable("ENDPOINT", "Endpoint, by its name in the study file", "text", "Assigned", "As it says."),
               pl.col("endpoint")),
        Column(Variable("AVALC", "Analysis Value (C)", "text", "Derived", made, tuple((v, v) for v in VALUES)),
               pl.col("response")),
        Column(Variable("AVAL", "Analysis Value", "integer", "Derived", "AVALC as a number.",
                        tuple((str(n), v) for v, n in VALUES.items())), number),
        Column(Variable("STARTDT", "Start, day 0 of the endpoint", "date", "Collected", "The endpoint's start."),
               pl.col("start")),
        Column(Variable("ADT", "Analysis Date", "date", "Derived",
                        "Date on which the response counts; of a landmark that of its scan."), pl.col("date")),
        Column(Variable("ADY", "Analysis Relative Day", "integer", "Derived",
                        "ADT - STARTDT + 1 from the start on, before it ADT - STARTDT."), relative("day")),
        Column(Variable("DAY0", "Days from the start (the start is 0)", "integer", "Derived",
                        "ADT - STARTDT: the days of the windows in the study file."), pl.col("day")),
        Column(Variable("SUMMM", "Sum of diameters of targets (mm)", "float", "Derived",
                        "Of a scan derived from lesions; empty where the sum is not whole."), pl.col("sum_mm")),
        Column(Variable("PCHG", "Percent Change from Baseline", "float", "Derived",
                        "Of SUMMM, from that of the baseline scan."), pl.col("change")),
        Column(Variable("REASON", "Why this response", "text", "Derived", "The rule, or why there is none."),
               pl.col("reason")),
        Column(Variable("SOURCE", "Record that decided (file, sheet, row)", "text", "Collected",
                        "The scan, or the patient's own record where none decided."), pl.col("source")),
    ]  # fmt: skip
