"""Eligibility: who is in the study, and at which criterion the others left.

Rules are three-valued. Every patient is judged on every criterion, so the ledger also shows what a patient
who left early would have met; the patient leaves at the first failed criterion, in the order of the study
file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from calliper.endpoints import SCREENED, VERDICTS, Cohort
from calliper.protocol.criteria import parse
from calliper.protocol.specs import Criterion, Protocol
from calliper.records.provenance import source

NO_ARM = "arm"
"""Where a patient leaves who fails no criterion but whose arm is not recorded."""


def select(protocol: Protocol, patients: pl.DataFrame) -> Cohort:
    """Judge every patient on every criterion and divide the patients into included, excluded and pending.

    An inclusion rule must be true and an exclusion rule false. A patient who fails a criterion, or for whom
    one that says `unknown: exclude` is unknown, is excluded, whatever else is unknown; else one without an
    arm is excluded; else one for whom a criterion that says `unknown: pending` is unknown is pending; all
    others are included.

    Args:
        protocol: its `eligibility` is judged, in its order.
        patients: one row a patient, with every variable and derived variable that the rules name.

    Returns:
        The cohort, each frame sorted by patient (the verdicts then in protocol order). `screened` has every
        patient.
    """
    criteria = protocol.eligibility
    frame = patients.sort("patient")
    judged = frame.with_columns(_verdict(criterion).alias(_column(criterion)) for criterion in criteria)
    screened = judged.select("patient", "centre", "arm", *_decision(criteria)).select(
        pl.col(name).cast(kind) for name, kind in SCREENED.items()
    )
    return Cohort(
        patients=frame.filter(screened["decision"] == "included"),
        screened=screened,
        verdicts=_verdicts(criteria, judged),
    )


def _column(criterion: Criterion) -> str:
    # no variable can have a colon in its name
    return f"verdict:{criterion.id}"


def _verdict(criterion: Criterion) -> pl.Expr:
    holds = parse(criterion.rule).expression()
    passes = holds if criterion.kind == "inclusion" else ~holds
    return (
        pl.when(passes).then(pl.lit("pass")).when(~passes).then(pl.lit("fail")).otherwise(pl.lit("unknown"))
    )


def _excludes(criterion: Criterion) -> pl.Expr:
    verdict = pl.col(_column(criterion))
    return verdict.is_in(["fail", "unknown"]) if criterion.unknown == "exclude" else verdict == "fail"


def _leaves_pending(criterion: Criterion) -> pl.Expr:
    verdict = pl.col(_column(criterion))
    return verdict == "unknown" if criterion.unknown == "pending" else pl.lit(value=False)


def _decision(criteria: Sequence[Criterion]) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """`decision`, `left_at` and `reason` of each patient, from the verdict columns."""
    no_arm = pl.col("arm").is_null()
    excluded_at = _first((_excludes(criterion), pl.lit(criterion.id)) for criterion in criteria)
    pending_at = _first((_leaves_pending(criterion), pl.lit(criterion.id)) for criterion in criteria)
    decision = (
        pl.when(excluded_at.is_not_null() | no_arm)
        .then(pl.lit("excluded"))
        .when(pending_at.is_not_null())
        .then(pl.lit("pending"))
        .otherwise(pl.lit("included"))
    )
    reason = pl.coalesce(
        _first((_excludes(criterion), _reason(criterion)) for criterion in criteria),
        pl.when(no_arm).then(pl.lit("the arm is not recorded")),
        _first((_leaves_pending(criterion), _reason(criterion)) for criterion in criteria),
        _included(criteria),
    )
    left_at = pl.coalesce(excluded_at, pl.when(no_arm).then(pl.lit(NO_ARM)), pending_at)
    return decision.alias("decision"), left_at.alias("left_at"), reason.alias("reason")


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """The value of the first case whose condition holds, null where none does."""
    return pl.coalesce(*(pl.when(holds).then(value) for holds, value in cases), pl.lit(None, dtype=pl.String))


def _reason(criterion: Criterion) -> pl.Expr:
    """`Age 18 to 80 years: not met; age = 82; rule: age between 18 and 80`."""
    found = {"inclusion": "not met", "exclusion": "applies"}[criterion.kind]
    finding = (
        pl.when(pl.col(_column(criterion)) == "unknown").then(pl.lit("not known")).otherwise(pl.lit(found))
    )
    values = [
        pl.concat_str(pl.lit(f"{name} = "), pl.col(name).cast(pl.String).fill_null("not recorded"))
        for name in parse(criterion.rule).names
    ]
    return pl.concat_str(
        pl.lit(f"{criterion.text}: "),
        finding,
        pl.lit("; "),
        pl.concat_str(*values, separator=", "),
        pl.lit(f"; rule: {criterion.rule}"),
    )


def _included(criteria: Sequence[Criterion]) -> pl.Expr:
    """Why an included patient is in, naming the unknown criteria that the study file lets pass."""
    unknown = [
        pl.when(pl.col(_column(criterion)) == "unknown").then(pl.lit(criterion.id))
        for criterion in criteria
        if criterion.unknown == "include"
    ]
    listed = pl.concat_str(*unknown, separator=", ", ignore_nulls=True) if unknown else pl.lit("")
    return (
        pl.when(listed == "")
        .then(pl.lit("meets every criterion"))
        .otherwise(
            pl.concat_str(pl.lit("meets every known criterion; unknown and included by protocol: "), listed)
        )
    )


def _verdicts(criteria: Sequence[Criterion], judged: pl.DataFrame) -> pl.DataFrame:
    """The verdict of every patient on every criterion; `source` is the patient's own record."""
    parts = [
        judged.select(
            "patient",
            pl.lit(criterion.id).alias("criterion"),
            pl.col(_column(criterion)).alias("verdict"),
            source(),
            pl.lit(position).alias("position"),
        )
        for position, criterion in enumerate(criteria)
    ]
    if not parts:
        return pl.DataFrame(schema=VERDICTS)
    return pl.concat(parts).sort("patient", "position").select(VERDICTS.keys())
