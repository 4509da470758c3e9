"""Stages and scores of a disease, of one patient at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import polars as pl

from calliper.disease.scheme import Item, Scheme
from calliper.disease.schemes import SCHEMES
from calliper.disease.staged import Staged
from calliper.protocol.specs import Number, Protocol, Score, Stage


def scheme_of(spec: Stage | Score) -> Scheme:
    """The score that a derived stage or number is made by."""
    return SCHEMES[spec.stage if isinstance(spec, Stage) else spec.score]


def stage_patients(
    spec: Stage | Score, protocol: Protocol, frame: pl.DataFrame, *, version: str | None = None
) -> list[Staged]:
    """What the items of each patient come to, in the order of `frame`, which has a column for each of them.

    `version` stands for that of the spec where it is given.
    """
    scheme = scheme_of(spec)
    fixed: dict[str, str] = {}
    chosen = version or spec.version or scheme.default
    if chosen is not None:
        fixed["version"] = chosen
    columns = {}
    for name, item in scheme.items.items():
        variable = spec.items[name]
        columns[name] = _taken(frame[variable], item)
        if item.units:
            held = protocol.variable(variable)
            fixed[f"{name}_unit"] = (held.unit or "") if isinstance(held, Number) else ""
    return [
        scheme.function(**dict(zip(columns, values, strict=True)), **fixed)
        for values in zip(*columns.values(), strict=True)
    ]


def staged_column(spec: Stage | Score, protocol: Protocol, frame: pl.DataFrame) -> pl.Series:
    """The stage of each patient (String) or the number (Float64); null where it cannot be told."""
    held = stage_patients(spec, protocol, frame)
    if isinstance(spec, Stage):
        return pl.Series([staged.stage for staged in held], dtype=pl.String)
    return pl.Series([staged.score for staged in held], dtype=pl.Float64)


def _taken(values: pl.Series, item: Item) -> Iterator[Any]:
    """The values as the score takes them: words for levels, whole numbers for counts."""
    if values.dtype == pl.String and not item.is_text:
        words = item.words or {}
        taken = {level: words[level.casefold()] for level in values.drop_nulls().unique()}
        return (None if level is None else taken[level] for level in values)
    if item.is_whole:
        return (int(value) if value is not None and value == int(value) else value for value in values)
    return iter(values)
