"""The rules of choosing target lesions, L1 to L13, as checks of the targets of baseline; each breach is a query."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

import polars as pl

from calliper.disease.response_criteria import ResponseCriteria
from calliper.records.measured import PER_MM, counts_viable, is_assessable

CENTIMETRES_MM = 3
"""A target smaller than this at baseline looks like centimetres."""

TENFOLD, TENFOLD_FROM_MM = (8, 12.5), 30
"""How many times the larger of two whole diameters, at least so many mm, looks like millimetres by centimetres."""

KEPT = "confirm it; it is used as it stands"
_NO_TARGET = "record it as non-target, or confirm it; it is used as it stands"


class Check(NamedTuple):
    """Rows that break a rule: where `at` is true, with `message` (an expression of String)."""

    rule: str
    role: str
    at: pl.Expr
    message: pl.Expr
    action: str
    severity: Literal["error", "query"] = "query"


def target_checks(rules: ResponseCriteria) -> Iterator[Check]:
    """The rules of one target lesion at baseline: L1, L3 to L10, L12, L13."""
    size = pl.col("counted") / PER_MM
    shown = _shown(size)
    is_node = pl.col("organ") == "LN"
    kind = pl.col("kind").fill_null("nodule")
    thick = (2 * pl.col("slice_mm")).fill_null(0)
    least = pl.when(pl.col("slice_mm") > 5).then(thick).otherwise(float(rules.target_min_mm))
    yield Check(
        "L1",
        "lesion",
        ~is_node & (size > 0) & (size < least),
        pl.format("target lesion {} measures {} mm, less than {} mm", "lesion", shown, least.cast(pl.Int64)),
        _NO_TARGET,
    )
    yield Check(
        "centimetres",
        "lesion",
        (size > 0) & (size < CENTIMETRES_MM),
        pl.format("target lesion {} measures {} mm, as if in centimetres", "lesion", shown),
        "write diameters in millimetres",
    )
    yield Check(
        "L3",
        "viable_mm",
        counts_viable(rules) & is_assessable(rules) & (size.is_null() | (size == 0)),
        pl.format("target lesion {} has no arterial enhancement at baseline", "lesion"),
        _NO_TARGET,
    )
    yield Check(
        "L4",
        "delineated",
        pl.col("delineated") == "no",
        pl.format("target lesion {} is not well delineated", "lesion"),
        _NO_TARGET,
    )
    for rule, kinds in (
        ("L5", ("infiltrative",)),
        ("L8", ("thrombus", "bland_thrombus")),
        ("L11", ("effusion", "malignant_effusion")),
        ("L12", ("bone_blastic", "leptomeningeal", "cystic")),
        *((("L7", ("atypical",)),) if rules.measures == "viable" else ()),
    ):
        yield Check(
            rule,
            "kind",
            kind.is_in(list(kinds)),
            pl.format("target lesion {} is {}", "lesion", kind.str.replace_all("_", " ")),
            _NO_TARGET,
        )
    if rules.reads_prior_treatment:
        yield Check(
            "L6",
            "prior_treatment",
            pl.col("prior_treatment") == "treated",
            pl.format("target lesion {} was treated before and has not progressed since", "lesion"),
            _NO_TARGET,
        )
    at_porta = kind == "porta_hepatis_node"
    for rule, nodes, needed in (
        ("L9", is_node & at_porta, rules.porta_hepatis_node_mm),
        ("L10", is_node & ~at_porta, rules.node_target_mm),
    ):
        yield Check(
            rule,
            "short_axis_mm",
            nodes & (size < float(needed)),
            pl.format(
                "the short axis of node {} is {} mm, less than {} mm", "lesion", shown, pl.lit(str(needed))
            ),
            _NO_TARGET,
        )
    yield Check(
        "L13",
        "whole_mm",
        ~is_node & ~counts_viable(rules) & is_assessable(rules) & size.is_null(),
        pl.format("target lesion {} has no whole diameter at baseline", "lesion"),
        "measure it; until then no scan of the patient can be evaluated",
    )


def tenfold_check() -> Check:
    """A lesion that measures about a tenth of, or ten times, what it did at its first scan: one is in centimetres.

    Of the whole diameter, or the short axis of a node: the viable part may shrink so. `size`, `first_size` and
    `first_date` are columns.
    """
    size, first = pl.col("size"), pl.col("first_size")
    ratio = pl.max_horizontal(size, first) / pl.min_horizontal(size, first)
    return Check(
        "tenfold",
        "whole_mm",
        (size > 0) & ratio.is_between(*TENFOLD) & (pl.max_horizontal(size, first) >= TENFOLD_FROM_MM),
        pl.format(
            "lesion {} measures {} mm here and {} mm on {}, as if one were in centimetres",
            "lesion",
            _shown(size),
            _shown(first),
            "first_date",
        ),
        "write diameters in millimetres, or confirm it; it is used as it stands",
    )


def _shown(size: pl.Expr) -> pl.Expr:
    """A diameter in millimetres as text, without a fraction of 0."""
    return (
        pl.when(size.round() == size)
        .then(size.cast(pl.Int64).cast(pl.String))
        .otherwise(size.cast(pl.String))
    )


def number_checks(rules: ResponseCriteria) -> Iterator[Check]:
    """L2, and a baseline whose sum is 0."""
    per_organ, per_patient = rules.max_targets_per_organ, rules.max_targets
    yield Check(
        "L2",
        "lesion",
        (pl.col("in_organ") > per_organ) | (pl.col("in_patient") > per_patient),
        pl.format(
            "one of {} target lesions, {} of them in {}; at most {}, {} an organ",
            "in_patient",
            "in_organ",
            "organ",
            pl.lit(per_patient),
            pl.lit(per_organ),
        ),
        "record the largest as targets and the others as non-target; they are used as they stand",
    )
    yield Check(
        "baseline_zero",
        "lesion",
        (pl.col("sum") == 0) & pl.col("counted").is_not_null().all().over("patient") & (pl.col("nth") == 0),
        pl.lit("the target lesions add up to 0 mm at baseline"),
        "correct the diameters, or record them as non-target",
        "error",
    )
