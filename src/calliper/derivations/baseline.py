"""Derived baseline variables: groups of a number, flags, regrouped or ruled categories, spans, stages and scores."""

from __future__ import annotations

import polars as pl

from calliper.derivations.row_dates import with_row_date
from calliper.derivations.staging import staged_column
from calliper.derivations.units import in_unit
from calliper.protocol.criteria import parse
from calliper.protocol.specs import Choose, Cut, Flag, Protocol, Regroup, RowDate, Score, Span, Stage
from calliper.records.tables import Records


def derive_baseline(protocol: Protocol, records: Records) -> pl.DataFrame:
    """The patients' table with one more column for each of the protocol's derived variables.

    Cuts, flags, regrouped and ruled categories and stages are String columns of their levels; scores are Float64,
    spans are in their unit, and dates of a table's rows are Date. A variable is derived in the order of the study
    file, so it may use those above it. Rows keep their order and number.

    A value is null where what it is made from is unknown: a missing number or date, a rule that cannot be
    decided, an item of a stage that is missing.
    """
    frame = records.patients
    for name, spec in protocol.derived.items():
        if isinstance(spec, Stage | Score):
            frame = frame.with_columns(staged_column(spec, protocol, frame).alias(name))
        elif isinstance(spec, RowDate):
            frame = with_row_date(name, spec, frame, records)
        else:
            frame = frame.with_columns(_expression(spec).alias(name))
    return frame


def _expression(spec: Cut | Flag | Regroup | Choose | Span) -> pl.Expr:
    match spec:
        case Cut():
            return _cut(spec)
        case Flag():
            return _flag(spec)
        case Regroup():
            return _regroup(spec)
        case Choose():
            return _choose(spec)
        case Span():
            return _span(spec)


def _cut(spec: Cut) -> pl.Expr:
    """The first group whose upper cut the number does not pass; null stays null."""
    number = pl.col(spec.cut)
    group = pl.lit(spec.labels[-1])
    for cut, label in reversed(list(zip(spec.at, spec.labels, strict=False))):
        is_below = number <= cut if spec.closed == "right" else number < cut
        group = pl.when(is_below).then(pl.lit(label)).otherwise(group)
    return pl.when(number.is_not_null()).then(group)


def _flag(spec: Flag) -> pl.Expr:
    holds = parse(spec.rule).expression()
    return pl.when(holds).then(pl.lit(spec.labels[0])).when(~holds).then(pl.lit(spec.labels[1]))


def _regroup(spec: Regroup) -> pl.Expr:
    """The group that holds each level; a level in no group is refused: no patient drops out unseen."""
    group_of = {level: group for group, levels in spec.groups.items() for level in levels}
    return pl.col(spec.regroup).replace_strict(group_of, return_dtype=pl.String)


def _choose(spec: Choose) -> pl.Expr:
    """The level of the first true case; null as soon as a case that might have been true is unknown."""
    level = pl.lit(None, dtype=pl.String)
    for case in reversed(spec.cases):
        holds = parse(case.when).expression()
        level = pl.when(holds).then(pl.lit(case.level)).when(~holds).then(level)
    return level


def _span(spec: Span) -> pl.Expr:
    if spec.whole:
        return _birthdays(spec)
    days = (pl.col(spec.to_date) - pl.col(spec.from_date)).dt.total_days()
    return in_unit(days, spec.unit)


def _birthdays(spec: Span) -> pl.Expr:
    """The birthdays from one date to another; who is born on 29 February has them on 1 March of other years."""
    first, last = pl.col(spec.from_date).dt, pl.col(spec.to_date).dt
    is_before = (last.month() < first.month()) | (
        (last.month() == first.month()) & (last.day() < first.day())
    )
    return (last.year() - first.year() - is_before.cast(pl.Int32)).cast(pl.Float64)
