"""Queries that need more than one cell: the study's own checks, and stages derived and recorded that differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

import polars as pl

from calliper.derivations.baseline import derive_baseline
from calliper.derivations.drug_periods import read_periods
from calliper.derivations.record_checks import impossible_dates, jumps, same_values
from calliper.derivations.staging import scheme_of, stage_patients
from calliper.derivations.toxicity_queries import (
    compared_terms,
    event_queries,
    laboratory_queries,
    ungraded_queries,
    without_limits,
)
from calliper.protocol.criteria import parse
from calliper.protocol.specs import Check, Exposure, Protocol, Score, Stage
from calliper.records.tables import Problem, Records


def with_queries(protocol: Protocol, records: Records) -> Records:
    """The records with a query for each patient of whom a check of the study is true, whose recorded and derived
    stages or grades of adverse events differ, or who has every item of a stage and yet none; and an error for each
    period of a drug that an endpoint could not count.

    Nothing is altered and no record leaves: which of two values is wrong, no rule can know.
    """
    made = {name: spec for name, spec in protocol.derived.items() if isinstance(spec, Stage | Score)}
    found: list[Problem] = [*event_queries(protocol, records)]
    exposures = [spec for spec in protocol.endpoints.values() if isinstance(spec, Exposure)]
    is_compared = any(compared_terms(spec) for spec in protocol.endpoints.values())
    lacks_limits = any(not without_limits(spec, records).is_empty() for spec in protocol.endpoints.values())
    if not made and not protocol.checks and not is_compared and not exposures and not lacks_limits:
        return replace(records, problems=(*records.problems, *dict.fromkeys(found)))
    frame = derive_baseline(protocol, records)
    for name, spec in made.items():
        found += _underivable(name, spec, protocol, frame)
        if spec.compare_with is not None:
            found += _differences(name, spec, protocol, frame)
    for exposure in exposures:
        found += _uncountable_doses(exposure, protocol, records, frame)
    for check in protocol.checks:
        found += _checked(check, protocol, records, frame)
    if is_compared:
        found += laboratory_queries(protocol, records, frame)
    if lacks_limits:
        found += ungraded_queries(protocol, records, frame)
    return replace(records, problems=(*records.problems, *dict.fromkeys(found)))


def _uncountable_doses(
    spec: Exposure, protocol: Protocol, records: Records, frame: pl.DataFrame
) -> Iterator[Problem]:
    """An error for each row of the drug that a run could not count, but for rows that have one already."""
    told = {(held.file, held.sheet, held.row) for held in records.problems if held.table == "exposure"}
    people = frame.drop_nulls("patient").unique("patient", keep="first", maintain_order=True)
    own = people.filter(pl.col("arm").is_in(spec.arms)) if spec.arms else people
    _, faults = read_periods(spec, records, own, cutoff=protocol.study.cutoff)
    yield from (fault for fault in faults if (fault.file, fault.sheet, fault.row) not in told)


def _underivable(
    name: str, spec: Stage | Score, protocol: Protocol, frame: pl.DataFrame
) -> Iterator[Problem]:
    """A query for each patient who has every item and no stage, as where a unit must be wrong.

    A stage and a score of the same items give one query: it does not name the variable.
    """
    has_items = pl.all_horizontal(pl.col(variable).is_not_null() for variable in set(spec.items.values()))
    rows = frame.filter(pl.col(name).is_null() & has_items)
    made = spec.stage if isinstance(spec, Stage) else spec.score
    for row, staged in zip(rows.iter_rows(named=True), stage_patients(spec, protocol, rows), strict=True):
        message = f"no {made} from these items: {staged.reason}"
        yield _query("not_derived", message, "correct the items, or confirm that there is none", row)


def _differences(
    name: str, spec: Stage | Score, protocol: Protocol, frame: pl.DataFrame
) -> Iterator[Problem]:
    """A query for each patient whose recorded and derived values are both there and differ."""
    recorded = spec.compare_with or ""
    rows = frame.filter(pl.col(recorded) != pl.col(name))
    header = getattr(protocol.variable(recorded), "column", recorded)
    others = _other_versions(spec, protocol, rows)
    for at, (row, staged) in enumerate(
        zip(rows.iter_rows(named=True), stage_patients(spec, protocol, rows), strict=True)
    ):
        held = _shown(row[recorded])
        agreeing = [version for version, values in others.items() if values[at] == row[recorded]]
        aside = f" ({' or '.join(agreeing)} gives what is recorded)" if agreeing else ""
        by = f" by version {spec.version}" if spec.version else ""
        message = (
            f"{spec.label}: recorded '{held}', derived '{_shown(row[name])}'{by}; {staged.reason}{aside}"
        )
        action = "confirm the recorded value and the items; both are used as they stand"
        yield _query("differs_from_derived", message, action, row, column=header, value=held)


def _other_versions(
    spec: Stage | Score, protocol: Protocol, rows: pl.DataFrame
) -> Mapping[str, list[str | float | None]]:
    """What the other versions of the score give, by version."""
    scheme = scheme_of(spec)
    key: Literal["stage", "score"] = "stage" if isinstance(spec, Stage) else "score"
    return {
        version: [getattr(staged, key) for staged in stage_patients(spec, protocol, rows, version=version)]
        for version in scheme.versions
        if version != (spec.version or scheme.default)
    }


def _checked(check: Check, protocol: Protocol, records: Records, frame: pl.DataFrame) -> Iterator[Problem]:
    """A query for each patient, or row of a long table, of which the check is true."""
    if check.same:
        yield from same_values(check, frame)
    elif check.dates is not None:
        yield from impossible_dates(check, check.dates, protocol, records, frame)
    elif check.jump is not None:
        yield from jumps(check, check.jump, protocol, records)
    if check.rule is None:
        return
    rule = parse(check.rule)
    for row in frame.filter(rule.expression()).iter_rows(named=True):
        values = ", ".join(f"{name} = {_shown(row[name]) or 'not recorded'}" for name in rule.names)
        message = f"{check.text}; {values}; rule: {check.rule}"
        yield _query(check.id, message, "confirm the values; they are used as they stand", row)


def _shown(value: object) -> str:
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _query(
    rule: str, message: str, action: str, row: Mapping[str, Any], *, column: str = "", value: str = ""
) -> Problem:
    return Problem(
        "query",
        rule,
        message,
        action,
        centre=row["_centre"] or "",
        file=row["_file"],
        sheet=row["_sheet"] or "",
        row=row["_row"],
        column=column,
        value=value,
        patient=row["patient"] or "",
        table="patients",
    )
