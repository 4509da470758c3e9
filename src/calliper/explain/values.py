"""Values and records in words, in full: a person compares them with the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from calliper.blocks import Cell, TableRow
from calliper.protocol.specs import Protocol

NOT_RECORDED = "not recorded"


def text_of(value: object) -> str:
    """A value in full; numbers to ten digits, beyond which only the arithmetic speaks.

    >>> text_of(None), text_of(True), text_of(0.1 * 3), text_of(12), text_of("CR")
    ('not recorded', 'yes', '0.3', '12', 'CR')
    """
    if value is None:
        return NOT_RECORDED
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def values_of(row: Mapping[str, object], names: Iterable[str]) -> str:
    """`age = 61, size = not recorded`."""
    return ", ".join(f"{name} = {text_of(row[name])}" for name in dict.fromkeys(names))


def label_of(protocol: Protocol, name: str) -> str:
    """The label of a variable or derived variable, with its unit where it has one."""
    spec = protocol.variable(name)
    unit = getattr(spec, "unit", None)
    return f"{spec.label}, {unit}" if unit else spec.label


def only_row(frame: pl.DataFrame) -> dict[str, object]:
    """The one row of a frame by column."""
    return frame.row(0, named=True)


def headed(head: str, lines: Mapping[str, str]) -> list[TableRow]:
    """A heading and under it the lines, each a name and what it is."""
    return [
        TableRow((Cell(head), Cell("")), "group"),
        *(TableRow((Cell(name), Cell(text)), "level") for name, text in lines.items()),
    ]
