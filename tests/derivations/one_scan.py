"""One scan asked of the derivations of whole columns: sums in millimetres in, the verdict out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import polars as pl

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
