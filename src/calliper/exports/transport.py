"""A dataset as a SAS transport file of version 5 (SAS technical paper TS-140): records of 80 bytes, numbers as IBM's.

Its headers hold a date and a system's name: these are always the same, so that the same data give the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from calliper.errors import OutputError
from calliper.exports.dataset import LONGEST_LABEL, Dataset, Variable, short_name
from calliper.exports.ibm_numbers import to_ibm
from calliper.exports.plain_text import Spelling, in_ascii, spellings

RECORD = 80
STAMP = b"01JAN60:00:00:00"
DAY_0 = date(1960, 1, 1)
LONGEST_TEXT = 200
"""Bytes of a text in a file of version 5; a longer one goes on in a further variable."""

DATE_FORMAT = ("DATE", 9)
SHOWN = 5
"""Refused texts named before the rest are counted."""


@dataclass(frozen=True, slots=True)
class Transport:
    """A transport file, its dataset as it was written, and the texts that are spelt otherwise there."""

    content: bytes
    dataset: Dataset
    spelt: tuple[tuple[str, Spelling], ...]


def to_transport(dataset: Dataset) -> Transport:
    """Write a dataset as a transport file.

    Text is written in ASCII: where it has a customary spelling there it takes that, and `spelt` tells it with its
    variable. Text of more than LONGEST_TEXT bytes goes on in further variables. Raises OutputError naming the
    variable and the text for what cannot be written without loss.
    """
    plain, spelt = _spelt(dataset)
    held = _continued(plain)
    content = b"".join((*_heads(held), _rows(held)))
    return Transport(content, held, spelt)


def _spelt(dataset: Dataset) -> tuple[Dataset, tuple[tuple[str, Spelling], ...]]:
    """The dataset in ASCII, its labels too."""
    frame, refused, told = dataset.frame, [], []
    for variable in dataset.variables:
        if in_ascii(variable.label) is None:
            refused.append(
                f"{variable.name}: its label {variable.label!r} has letters that have no spelling in ASCII"
            )
        if variable.kind != "text":
            continue
        written, reasons = spellings(frame[variable.name].drop_nulls().to_list())
        refused += [f"{variable.name}: {reason}" for reason in reasons]
        told += [(variable.name, spelling) for spelling in written if spelling.text != spelling.written]
        named = {spelling.text: spelling.written for spelling in written}
        if not reasons:
            column = pl.col(variable.name).replace_strict(named, default=None, return_dtype=pl.String)
            frame = frame.with_columns(column)
    if refused:
        more = f"\nand {len(refused) - SHOWN} more" if len(refused) > SHOWN else ""
        raise OutputError(
            f"{dataset.name} cannot be written as a SAS transport file without loss:\n"
            + "\n".join(refused[:SHOWN])
            + f"{more}\nwrite it as parquet, or put the text into ASCII in the study file or the records"
        )
    variables = tuple(replace(held, label=in_ascii(held.label) or held.label) for held in dataset.variables)
    return replace(dataset, frame=frame, variables=variables), tuple(told)


def _continued(dataset: Dataset) -> Dataset:
    """The dataset with text of more than LONGEST_TEXT bytes cut into pieces, each a variable of its own."""
    frame = dataset.frame
    taken = {variable.name for variable in dataset.variables}
    variables: list[Variable] = []
    columns: list[pl.Expr] = []
    for variable in dataset.variables:
        pieces = 1
        if variable.kind == "text":
            pieces = -(-max(_width(frame, variable.name), 1) // LONGEST_TEXT)
        for piece in range(pieces):
            name = variable.name if piece == 0 else short_name(f"{variable.name[:7]}{piece}", taken)
            taken.add(name)
            goes_on = f" Goes on from {variable.name}." if piece else ""
            variables.append(replace(variable, name=name, made=variable.made + goes_on))
            held = pl.col(variable.name)
            if pieces > 1:
                held = held.str.slice(piece * LONGEST_TEXT, LONGEST_TEXT)
                held = pl.when(held != "").then(held)
            columns.append(held.alias(name))
    return replace(dataset, frame=frame.select(columns), variables=tuple(variables))


def _width(frame: pl.DataFrame, name: str) -> int:
    longest = frame[name].str.len_bytes().max()
    return longest if isinstance(longest, int) else 0


def length(dataset: Dataset, variable: Variable) -> int:
    """The bytes that a variable takes in each row."""
    return max(_width(dataset.frame, variable.name), 1) if variable.kind == "text" else 8


def _heads(dataset: Dataset) -> Sequence[bytes]:
    names = b"".join(_describe(dataset, place) for place in range(len(dataset.variables)))
    return (
        _header("LIBRARY", "0" * 30),
        _program(_field("SAS", 8) + _field("SASLIB", 8)),
        STAMP + _field("", 64),
        _header("MEMBER", f"{'0' * 17}16{'0' * 8}140"),
        _header("DSCRPTR", "0" * 30),
        _program(_field(dataset.name, 8) + _field("SASDATA", 8)),
        STAMP + _field("", 16) + _field(dataset.label, LONGEST_LABEL) + _field("", 8),
        _header("NAMESTR", f"{'0' * 6}{len(dataset.variables):04d}{'0' * 20}"),
        _whole(names),
        _header("OBS", "0" * 30),
    )


def _header(kind: str, numbers: str) -> bytes:
    return _field(f"HEADER RECORD*******{kind:<8}HEADER RECORD!!!!!!!{numbers}", RECORD)


def _program(named: bytes) -> bytes:
    """A record that names what it heads, the version of SAS it is for, no system, and the date."""
    return _field("SAS", 8) + named + _field("9.4", 8) + _field("", 8 + 24) + STAMP


def _describe(dataset: Dataset, place: int) -> bytes:
    """A variable's NAMESTR: type, length, number, name, label, format, place in a row; 140 bytes."""
    variable = dataset.variables[place]
    before = sum(length(dataset, held) for held in dataset.variables[:place])
    shown, width = DATE_FORMAT if variable.kind == "date" else ("", 0)
    return struct.pack(
        ">hhhh8s40s8shhh2s8shhl52s",
        2 if variable.kind == "text" else 1,
        0,
        length(dataset, variable),
        place + 1,
        _field(variable.name, 8),
        _field(variable.short_label, LONGEST_LABEL),
        _field(shown, 8),
        width,
        0,
        0,
        bytes(2),
        _field("", 8),
        0,
        0,
        before,
        bytes(52),
    )


def _rows(dataset: Dataset) -> bytes:
    """Every row, one after another without a gap; the last record is filled up with blanks."""
    columns = []
    for variable in dataset.variables:
        values = dataset.frame[variable.name].to_list()
        if variable.kind == "text":
            width = length(dataset, variable)
            columns.append([_field(value or "", width) for value in values])
        else:
            columns.append([_number(dataset, variable, value) for value in values])
    return _whole(b"".join(b"".join(row) for row in zip(*columns)))


def _number(dataset: Dataset, variable: Variable, value: float | date | None) -> bytes:
    """A number's eight bytes; a date is the number of its days from 1 January 1960."""
    number = (value - DAY_0).days if isinstance(value, date) else value
    try:
        if number is not None and float(number) != number:
            raise ValueError(f"{number!r} has more digits than a number in it can have")
        return to_ibm(None if number is None else float(number))
    except ValueError as error:
        raise OutputError(
            f"{dataset.name} cannot be written as a SAS transport file: {variable.name}: {error}; write it as parquet"
        ) from error


def _field(text: str, width: int) -> bytes:
    return text.encode("ascii").ljust(width)


def _whole(content: bytes) -> bytes:
    return content + b" " * (-len(content) % RECORD)
