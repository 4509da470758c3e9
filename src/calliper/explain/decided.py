"""What was decided and derived of a patient, and by which rule."""

from __future__ import annotations

import polars as pl

from calliper.blocks import Block, Column, Section, Table, TableRow, Text
from calliper.derivations.staging import stage_patients
from calliper.explain.endpoints import endpoint_rows
from calliper.explain.patient import Patient
from calliper.explain.values import headed, label_of, only_row, text_of, values_of
from calliper.protocol.criteria import parse
from calliper.protocol.mistakes import one_of
from calliper.protocol.specs import (
    Choose,
    Criterion,
    Cut,
    Derived,
    Flag,
    Protocol,
    Regroup,
    RowDate,
    Score,
    Span,
    Stage,
)
from calliper.records.provenance import source_column

VERDICTS = {
    "inclusion": {"pass": "met", "fail": "not met", "unknown": "not known"},
    "exclusion": {"pass": "does not apply", "fail": "applies", "unknown": "not known"},
}


def eligibility_section(found: Patient) -> Section:
    """Whether the patient is in the study, and why; every criterion with its rule, values and verdict."""
    (screened,) = found.derived.cohort.screened.iter_rows(named=True)
    decision = Text(f"{str(screened['decision']).capitalize()}: {screened['reason']}.")
    blocks: list[Block] = [decision]
    row = only_row(found.baseline)
    verdicts = dict(found.derived.cohort.verdicts.select("criterion", "verdict").iter_rows())
    rows = [
        line
        for criterion in found.protocol.eligibility
        for line in _criterion(criterion, row, verdicts[criterion.id], left_at=screened["left_at"])
    ]
    if rows:
        columns = (Column("Criterion", "left"), Column("", "left"))
        blocks.append(
            Table("criteria", "", "Criteria, in the order in which patients leave", columns, tuple(rows))
        )
    return Section("eligibility", f"Patient {found.name}: eligibility", tuple(blocks))


def _criterion(
    criterion: Criterion, row: dict[str, object], verdict: str, *, left_at: object
) -> list[TableRow]:
    decides = "; decides" if criterion.id == left_at else ""
    lines = {
        "Rule": criterion.rule,
        "Values": values_of(row, parse(criterion.rule).names),
        "Verdict": f"{VERDICTS[criterion.kind][verdict]}{decides}",
    }
    return headed(f"{criterion.id}, {criterion.kind}: {criterion.text}", lines)


def derived_section(found: Patient) -> Section:
    """The derived variables, then the endpoints of an included patient."""
    protocol, row = found.protocol, only_row(found.baseline)
    blocks: list[Block] = []
    variables = [
        line
        for name, spec in protocol.derived.items()
        for line in headed(
            label_of(protocol, name),
            {
                "Value": text_of(row[name]),
                "Made from": _made_from(name, spec, found),
            },
        )
    ]
    if variables:
        columns = (Column("Variable", "left"), Column("", "left"))
        blocks.append(Table("variables", "", "Derived variables", columns, tuple(variables)))
    endpoints = [
        line for each in found.derived.endpoints.values() for line in endpoint_rows(protocol, each, row)
    ]
    if endpoints:
        columns = (Column("Endpoint", "left"), Column("", "left"))
        blocks.append(Table("endpoints", "", "Endpoints", columns, tuple(endpoints)))
    else:
        blocks.append(Text("No endpoint: the endpoints are those of included patients."))
    return Section("derived", f"Patient {found.name}: derived", tuple(blocks))


def _made_from(name: str, spec: Derived, found: Patient) -> str:
    row = only_row(found.baseline)
    if isinstance(spec, RowDate):
        asked = " and ".join(f"{role} is {one_of(list(words))}" for role, words in spec.where.items())
        which = "first" if spec.first else "last"
        kept = f" of the rows where {asked}" if asked else ""
        place = row[source_column(name)] or "no such row"
        return f"{which} {spec.dated_by} in {spec.table}{kept}: {place}"
    return f"{_rule(spec, found.protocol, found.baseline)}; {values_of(row, _names(spec))}"


def _rule(
    spec: Cut | Flag | Regroup | Choose | Span | Stage | Score, protocol: Protocol, baseline: pl.DataFrame
) -> str:
    """How a variable is made; of cases, the one that decided, of a stage, the points or the rule."""
    match spec:
        case Cut():
            closed = "to the lower" if spec.closed == "right" else "to the upper"
            return f"cut at {', '.join(f'{at:g}' for at in spec.at)}, a value at a cut {closed} group"
        case Flag():
            return f"rule: {spec.rule}"
        case Regroup():
            return "levels put together"
        case Span():
            counted = "birthdays" if spec.whole else "days"
            return f"{counted} from {spec.from_date} to {spec.to_date}, in {spec.unit}"
        case Choose():
            for case in spec.cases:
                holds = baseline.select(parse(case.when).expression().alias("holds")).item()
                if holds is None:
                    return f"unknown, as it is not known whether {case.when}"
                if holds:
                    return f"first true case: {case.when}"
            return "no case is true"
        case Stage() | Score():
            (staged,) = stage_patients(spec, protocol, baseline)
            made = f"the stage {spec.stage}" if isinstance(spec, Stage) else f"the score {spec.score}"
            return f"{made}{_version(spec)}: {staged.reason}"


def _version(spec: Stage | Score) -> str:
    return f", version {spec.version}" if spec.version else ""


def _names(spec: Cut | Flag | Regroup | Choose | Span | Stage | Score) -> tuple[str, ...]:
    """The variables that a variable is made from."""
    match spec:
        case Cut():
            return (spec.cut,)
        case Flag():
            return tuple(parse(spec.rule).names)
        case Regroup():
            return (spec.regroup,)
        case Span():
            return (spec.from_date, spec.to_date)
        case Choose():
            return tuple(name for case in spec.cases for name in parse(case.when).names)
        case Stage() | Score():
            return tuple(spec.items.values())
