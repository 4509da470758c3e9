"""One scan, or the scans of one patient, asked of the derivations of whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from calliper.derivations.best_response import best_responses
from calliper.derivations.sizes import in_percent
from calliper.derivations.target_response import judge_targets
from calliper.disease.response_criteria import ResponseCriteria


class Sums(NamedTuple):
    """The sums of diameters of one scan, in millimetres; see `judge_targets`."""

    baseline: Decimal
    nadir: Decimal
    current: Decimal
    beyond_nodes: Decimal
    largest_node: Decimal = Decimal(0)
    nadir_date: date | None = None
    n_missing: int = 0
    came_complete: bool = False


class Verdict(NamedTuple):
    """What the targets show, why, and the flags."""

    response: str
    reason: str
    flags: tuple[str, ...]


def target_response(criteria: ResponseCriteria, sums: Sums) -> Verdict:
    """The verdict on one scan of a patient with two targets."""
    facts = {
        name: [int(value.scaleb(4)) if isinstance(value, Decimal) else value]
        for name, value in sums._asdict().items()
    }
    schema = {"nadir_date": pl.Date, "fault": pl.String}
    seen = pl.DataFrame({**facts, "n_targets": [2], "fault": [None]}, schema_overrides=schema)
    judged = judge_targets(seen, criteria).row(0, named=True)
    flags = {"REENH_SMALL": judged["is_small"], "SUM_PARTIAL": judged["is_partial_sum"]}
    return Verdict(
        judged["target"], judged["target_reason"], tuple(name for name, is_so in flags.items() if is_so)
    )


def percent(criteria: ResponseCriteria, current: Decimal, reference: Decimal) -> str:
    """The change in words."""
    sizes = {"size": [int(current.scaleb(4))], "reference": [int(reference.scaleb(4))]}
    words = pl.DataFrame(sizes).select(in_percent(criteria, pl.col("size"), pl.col("reference")))
    return str(words.item())


class Scan(NamedTuple):
    """A scan after the start: its day, and CR, PR, SD, PD or NE."""

    day: int
    response: str


class Best(NamedTuple):
    """The best response, the position of the scan that gave it (None: no scan did), and why."""

    response: str
    at: int | None
    reason: str


def best_unconfirmed(scans: Sequence[Scan], criteria: ResponseCriteria) -> Best:
    """The best of one patient's scans, which need no confirmation."""
    return _best(scans, criteria, is_confirmed=False)


def best_confirmed(scans: Sequence[Scan], criteria: ResponseCriteria) -> Best:
    """The best of one patient's scans, confirmed."""
    return _best(scans, criteria, is_confirmed=True)


def _best(scans: Sequence[Scan], criteria: ResponseCriteria, *, is_confirmed: bool) -> Best:
    rows = [("P", at, *scan) for at, scan in enumerate(scans)]
    schema = {"patient": pl.String, "place": pl.Int64, "day": pl.Int64, "response": pl.String}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    found = best_responses(frame, criteria, is_confirmed=is_confirmed).rows(named=True)
    if not found:
        return Best("NE", None, "no scan")
    (row,) = found
    return Best(row["best"], row["place"], row["reason"])
