"""The flow of patients: screened, excluded, pending, included, and who left at which criterion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from calliper.analyses.places import Entry, Place, collect
from calliper.analyses.wording import counted
from calliper.endpoints import Cohort
from calliper.protocol.specs import Protocol
from calliper.results import Method, Results

DECISIONS = ("excluded", "pending", "included")
VERDICTS = ("pass", "fail", "unknown")


@dataclass(frozen=True, slots=True)
class _Side:
    """One way of dividing the screened: all together (`column` None), by arm or by centre."""

    column: str | None
    groups: tuple[tuple[str, str | None], ...]  # (group of the rows, value in the column)


def analyse_flow(
    protocol: Protocol, cohort: Cohort, records_excluded: int, excluded_with_patient: int = 0
) -> Results:
    """Count the screened patients of `cohort` by decision and criterion, overall, by arm and by centre.

    Patients whose arm or centre is not known are counted in `overall` only. `records_excluded` is the
    number of records left out, before screening, because of errors; `excluded_with_patient` counts the other
    records of patients whose own record was left out.
    """
    return collect(_entries(protocol, cohort, records_excluded, excluded_with_patient))


def _entries(
    protocol: Protocol, cohort: Cohort, records_excluded: int, excluded_with_patient: int
) -> Iterator[Entry]:
    screened = cohort.screened
    verdicts = cohort.verdicts.join(screened.select("patient", "arm", "centre"), on="patient", how="left")
    criteria = [criterion.id for criterion in protocol.eligibility]
    # A patient may leave at something other than a criterion, such as an arm that is not recorded.
    elsewhere = sorted(set(screened["left_at"].drop_nulls()) - set(criteria))
    yield _method(protocol, screened, records_excluded)
    for side in _sides(protocol, screened):
        yield from _decision_rows(side, screened)
        yield from _criterion_rows(side, verdicts, criteria)
        yield from _left_rows(side, screened, (*criteria, *elsewhere))
    counts = {"records_excluded": records_excluded, "excluded_with_patient": excluded_with_patient}
    yield from Place("flow", "screened", "overall").rows(counts)


def _sides(protocol: Protocol, screened: pl.DataFrame) -> tuple[_Side, ...]:
    centres = tuple(protocol.centres) or tuple(sorted(set(screened["centre"].drop_nulls())))
    return (
        _Side(None, (("overall", None),)),
        _Side("arm", tuple((arm, arm) for arm in protocol.arms.groups)),
        _Side("centre", tuple((f"centre:{centre}", centre) for centre in centres)),
    )


def _tally(frame: pl.DataFrame, columns: Sequence[str]) -> dict[tuple[str | None, ...], int]:
    """How many rows hold each combination of values of `columns`."""
    counted = frame.group_by(columns).len()
    return {row[:-1]: row[-1] for row in counted.iter_rows()}


def _key(side: _Side, value: str | None, *parts: str) -> tuple[str | None, ...]:
    return parts if side.column is None else (value, *parts)


def _columns(side: _Side, *names: str) -> list[str]:
    return list(names) if side.column is None else [side.column, *names]


def _decision_rows(side: _Side, screened: pl.DataFrame) -> Iterator[Entry]:
    counts = _tally(screened, _columns(side, "decision"))
    for group, value in side.groups:
        found = {decision: counts.get(_key(side, value, decision), 0) for decision in DECISIONS}
        yield from Place("flow", "screened", group).rows({"screened": sum(found.values()), **found})


def _criterion_rows(side: _Side, verdicts: pl.DataFrame, criteria: Sequence[str]) -> Iterator[Entry]:
    counts = _tally(verdicts, _columns(side, "criterion", "verdict"))
    for group, value in side.groups:
        for criterion in criteria:
            found = {verdict: counts.get(_key(side, value, criterion, verdict), 0) for verdict in VERDICTS}
            yield from Place("flow", "screened", group, criterion).rows(found)


def _left_rows(side: _Side, screened: pl.DataFrame, criteria: Sequence[str]) -> Iterator[Entry]:
    """Who left at each criterion: excluded by it, or pending because it is unknown."""
    counts = _tally(screened, _columns(side, "left_at", "decision"))
    for group, value in side.groups:
        for criterion in criteria:
            excluded, pending = (
                counts.get(_key(side, value, criterion, decision), 0) for decision in ("excluded", "pending")
            )
            yield from Place("flow", "screened", group, criterion).rows(
                {"left": excluded, "pending": pending}
            )


def _method(protocol: Protocol, screened: pl.DataFrame, records_excluded: int) -> Method:
    n = screened.height
    criteria = len(protocol.eligibility)
    was = "was" if n == 1 else "were"
    sentence = (
        f"The {counted(n, 'screened patient')} {was} judged on {criteria} eligibility "
        f"{'criterion' if criteria == 1 else 'criteria'} in protocol order; a patient who failed several is "
        "counted as leaving at the first."
        if criteria
        else f"No eligibility criterion was set; {counted(n, 'patient')} {was} screened."
    )
    if records_excluded:
        left = f"{counted(records_excluded, 'record')} with errors"
        sentence += f" Left out before screening: {left}."
    return Method(
        analysis="flow",
        name="summary",
        sentence=sentence,
        parameters={"criteria": criteria, "records_excluded": records_excluded},
        n_used=n,
    )
