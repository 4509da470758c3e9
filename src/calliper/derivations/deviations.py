"""Deviations from the protocol: each of its rules held against each record that it is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import polars as pl

from calliper.derivations.judged_rows import APPLIES, DATE, HAS_ROW, SOURCE, judged_rows
from calliper.disease.hcc.procedure import order_violations
from calliper.endpoints import DEVIATIONS, Endpoint
from calliper.protocol.criteria import parse
from calliper.protocol.specs import DeviationRule, Deviations, Protocol
from calliper.records.tables import Records

MET, DEVIATION, NOT_RECORDED = "met", "deviation", "not_recorded"
NO_ROW = "no record"
ABSENT = {"days_since_previous": "none before"}
"""What is said of a count of days that a first row has not."""


def derive(
    name: str, spec: Deviations, protocol: Protocol, records: Records, patients: pl.DataFrame
) -> Endpoint:
    """One row a rule and record judged, by patient, then in the order of the rules, then by date.

    A rule that is true of a record is met, one that is false a deviation. One that is unknown, or of which it is
    unknown whether it is about the record, is not recorded. Tables named `endpoint:NAME` hold the endpoints that rules
    read.
    """
    read = _of_patients(spec, records, patients)
    frames = [
        _judged(rule, judged_rows(rule, spec, protocol, read, patients)).with_columns(
            pl.lit(position, dtype=pl.Int32).alias("position")
        )
        for position, rule in enumerate(spec.rules)
    ]
    frame = pl.concat(frames).sort("patient", "position", maintain_order=True).select(DEVIATIONS.keys())
    return Endpoint(name=name, kind="deviations", frame=frame)


def _of_patients(spec: Deviations, records: Records, patients: pl.DataFrame) -> Records:
    """The records, of the tables whose rows are judged those of these patients alone."""
    judged = {"sessions", *(rule.table or rule.order or "" for rule in spec.rules)} - {"patients"}
    own = patients.select("patient")
    kept = {
        name: table.join(own, on="patient", how="semi", maintain_order="left") if name in judged else table
        for name, table in records.tables.items()
    }
    return replace(records, tables=kept)


def _judged(rule: DeviationRule, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their status, severity, and what was observed."""
    made = _steps(rule, rows) if rule.order is not None else _by_rule(rule, rows)
    status = (
        pl.when(~pl.col(APPLIES).fill_null(value=False))
        .then(pl.lit(NOT_RECORDED))
        .when(pl.col("_holds"))
        .then(pl.lit(MET))
        .when(~pl.col("_holds"))
        .then(pl.lit(DEVIATION))
        .otherwise(pl.lit(NOT_RECORDED))
    )
    severity = pl.when(pl.col("status") == DEVIATION).then(
        pl.when(pl.col("_is_minor").fill_null(value=False)).then(pl.lit("minor")).otherwise(pl.lit("major"))
    )
    return (
        made.with_columns(status.alias("status"), pl.lit(rule.id).alias("rule"), pl.col(DATE).alias("date"))
        .with_columns(severity.alias("severity"))
        .with_columns(pl.lit(rule.affects).alias("affects"), pl.lit(rule.text).alias("expected"))
        .select(pl.col(name).cast(kind) for name, kind in DEVIATIONS.items())
    )


def _by_rule(rule: DeviationRule, rows: pl.DataFrame) -> pl.DataFrame:
    parsed = parse(rule.rule or "")
    is_minor = pl.lit(rule.severity != "major")
    if rule.major_unless is not None:
        is_minor = parse(rule.major_unless).expression()
    holds = pl.when(pl.col(HAS_ROW)).then(parsed.expression())
    # of a row that may be another's, what decides that is what has to be looked up
    doubted = parse(rule.where).names if rule.where is not None else ()
    observed = (
        pl.when(~pl.col(HAS_ROW))
        .then(pl.lit(NO_ROW))
        .when(pl.col(APPLIES).is_null())
        .then(_values(tuple(dict.fromkeys((*doubted, *parsed.names))), rows))
        .otherwise(_values(parsed.names, rows))
    )
    session = pl.format("session {}: ", pl.col("session")) if "session" in rows.columns else pl.lit("")
    return rows.with_columns(
        holds.alias("_holds"),
        is_minor.alias("_is_minor"),
        pl.concat_str(session.fill_null(""), observed).alias("observed"),
    )


def _values(names: Sequence[str], rows: pl.DataFrame) -> pl.Expr:
    """`drug_mg = 50, solvent not recorded`."""
    return pl.concat_str(
        *(
            pl.when(pl.col(name).is_null())
            .then(pl.lit(ABSENT.get(name, f"{name} not recorded")))
            .otherwise(pl.concat_str(pl.lit(f"{name} = "), _text(name, rows)))
            for name in names
        ),
        separator=", ",
    )


def _text(name: str, rows: pl.DataFrame) -> pl.Expr:
    held = pl.col(name)
    if not rows.schema[name].is_float():
        return held.cast(pl.String)
    is_whole = (held == held.round()) & (held.abs() < 1e15)
    return (
        pl.when(is_whole)
        .then(held.cast(pl.Int64, strict=False).cast(pl.String))
        .otherwise(held.cast(pl.String))
    )


def _steps(rule: DeviationRule, rows: pl.DataFrame) -> pl.DataFrame:
    """A row a session, from its first step's record: whether its steps are in order, and what is not.

    Not recorded where a step does not say what was done. The steps of many sessions are the same: each run is judged
    once.
    """
    stain = pl.col("stain") if "stain" in rows.columns else pl.lit(None, dtype=pl.String)
    of_session = (
        rows.with_columns(stain.alias("_stain"))
        .sort("patient", "session", "step", nulls_last=True, maintain_order=True)
        .group_by("patient", "session", maintain_order=True)
        .agg(
            pl.col(DATE, APPLIES, SOURCE, HAS_ROW).first(),
            pl.struct("action", "_stain").filter(HAS_ROW).alias("_steps"),
        )
    )
    runs = [tuple((step["action"], step["_stain"]) for step in run) for run in of_session["_steps"]]
    judged = {run: _order(run) for run in dict.fromkeys(runs)}
    verdicts = pl.DataFrame(
        [judged[run] for run in runs],
        schema={"_holds": pl.Boolean, "_observed": pl.String},
        orient="row",
    )
    return of_session.hstack(verdicts).with_columns(
        pl.lit(rule.severity != "major").alias("_is_minor"),
        pl.format("session {}: {}", "session", "_observed").alias("observed"),
    )


def _order(run: Sequence[tuple[Any, Any]]) -> tuple[bool | None, str]:
    """Whether the steps, each with the stain that was left, are in order, and what was seen; None: not known."""
    if not run:
        return None, NO_ROW
    if any(action is None for action, _ in run):
        return None, "action not recorded"
    found = order_violations(run)
    return not found, "; ".join(found) or "in order"
