"""The cells of one role of a long table, read as roles.py says: fixed words, lists of words, ratios, numbers, dates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from calliper.protocol.role import Role
from calliper.protocol.roles import ROLES_OF
from calliper.protocol.specs import Protocol, Reading, TableSource
from calliper.records.column import Column, Verdict, error_value, required
from calliper.records.lesions import check_diameter
from calliper.records.numbers import parse_numbers
from calliper.records.patients import negative_time
from calliper.records.slips import declare_missing
from calliper.records.tables import Problem
from calliper.records.typed import Typed, read_dates, read_events, read_integers, read_numbers, read_text
from calliper.records.wording import listed, quoted, suggestion

_BETWEEN_WORDS = re.compile(r"\s*[;,/+&]\s*")
BETWEEN = "; "
"""What stands between the words of a set, once read."""


def read_role(protocol: Protocol, table: str, name: str, column: Column) -> Typed:
    """The typed values of a role's column and what is wrong with its cells, blank ones apart."""
    held: TableSource = getattr(protocol.data, table)
    role, reading = ROLES_OF[table][name], protocol.reading
    codes = held.codes.get(name, {})
    match role.kind:
        case "event":
            return read_events(column, reading)
        case "date":
            return read_dates(column, reading.dates, may_be_partial=name in held.impute)
        case "text":
            return _known(read_text(replace(column, text=column.text.replace(codes))), role)
        case "words":
            return read_word(column, role.words, codes)
        case "set":
            return _read_set(column, role.words, codes)
        case "ratio":
            return _read_ratio(column, reading)
    values, problems = (read_integers if role.kind == "whole" else read_numbers)(column, reading)
    if role.least is None:
        is_negative = (values < 0).fill_null(value=False)
        return values.set(is_negative, None), [*problems, *column.report(is_negative, negative_time)]
    values, problems = _between(column, values, problems, role)
    if table == "lesions":
        problems += check_diameter(column, values)
    return values, problems


def check_blank(table: str, name: str, column: Column) -> list[Problem]:
    """What the blank cells of a role are: errors, queries or nothing wrong."""
    blank = ROLES_OF[table][name].blank
    if blank == "error":
        return required(column)
    if not blank:
        return []

    def not_recorded(_text: str) -> Verdict:
        return Verdict("blank", f"the {name} is not recorded", "fill it in, or the row counts for nothing")

    return column.report(column.text.is_null() & column.is_there, not_recorded, severity="query")


def plain_word(text: pl.Series) -> pl.Series:
    """Words as the roles have them: small letters, `_` for white space and hyphens."""
    return text.str.to_lowercase().str.replace_all(r"[\s-]+", "_")


def read_word(column: Column, words: Mapping[str, str], codes: Mapping[str, str] | None = None) -> Typed:
    """Words of a fixed list, whatever their capitals; before them the study's own `codes`, exactly as they are."""
    coded = column.text.replace_strict(codes or {}, default=None, return_dtype=pl.String)
    read = plain_word(column.text).replace_strict(dict(words), default=None, return_dtype=pl.String)
    read = coded.zip_with(coded.is_not_null(), read)
    return read, column.report(
        column.text.is_not_null() & read.is_null(), lambda text: _no_word(text, text, words)
    )


def _no_word(cell: str, word: str, words: Mapping[str, str]) -> Verdict:
    known = list(dict.fromkeys(words.values()))
    near = suggestion(word, [*known, *words])
    message = f"{quoted(word)} is not one of {listed(known)}{near}"
    return error_value(cell) or Verdict("word", message, declare_missing(cell, "correct the cell"))


def _known(typed: Typed, role: Role) -> Typed:
    """Text, in which a known word stands for what it means and any other for itself."""
    text, problems = typed
    if not role.words:
        return typed
    known = plain_word(text).replace_strict(dict(role.words), default=None, return_dtype=pl.String)
    return known.zip_with(known.is_not_null(), text), problems


def _read_set(column: Column, words: Mapping[str, str], codes: Mapping[str, str]) -> Typed:
    """Several words of a fixed list in a cell, between them any of ; , / + &."""
    parts: dict[str, list[str]] = {
        text: [part for part in _BETWEEN_WORDS.split(text) if part]
        for text in column.text.drop_nulls().unique()
    }
    singles = pl.Series(
        list(dict.fromkeys(part for held in parts.values() for part in held)), dtype=pl.String
    )
    plain = plain_word(singles)
    means = {
        part: codes.get(part, words.get(word, "")) for part, word in zip(singles, plain) if word is not None
    }
    read = {
        text: BETWEEN.join(dict.fromkeys(means[part] for part in held))
        for text, held in parts.items()
        if held and all(means[part] for part in held)
    }
    values = column.text.replace_strict(read, default=None, return_dtype=pl.String)

    def explain(text: str) -> Verdict:
        unknown = next((part for part in parts[text] if not means[part]), text)
        return _no_word(text, unknown, words)

    return values, column.report(column.text.is_not_null() & values.is_null(), explain)


def _read_ratio(column: Column, reading: Reading) -> Typed:
    """Ratios above 0 (Float64): `2:1` is 2, and so is `2`."""
    parts = column.text.str.extract_groups(
        r"^\s*(?P<of>[^:]+?)\s*(?::\s*(?P<to>[^:]+?)\s*)?$"
    ).struct.unnest()
    of, of_is_bad = parse_numbers(parts["of"], reading.decimal)
    to, to_is_bad = parse_numbers(parts["to"], reading.decimal)
    ratio = pl.DataFrame({"of": of, "to": to}).select(
        pl.when(pl.col("to").is_null() | (pl.col("to") > 0)).then(pl.col("of") / pl.col("to").fill_null(1))
    )
    values = ratio.to_series()
    is_bad = column.text.is_not_null() & (of_is_bad | to_is_bad | ~(values > 0).fill_null(value=False))

    def explain(text: str) -> Verdict:
        return error_value(text) or Verdict(
            "ratio", f"{quoted(text)} is not a ratio", declare_missing(text, "write it like 1:1")
        )

    return values.set(is_bad, None), column.report(is_bad, explain)


def _between(column: Column, values: pl.Series, problems: list[Problem], role: Role) -> Typed:
    """Values between two ends; one outside, as a grade or a dose, is an error."""
    least, most, what = role.least, role.most, role.called
    is_out = (values < least).fill_null(value=False)
    if most is not None:
        is_out |= (values > most).fill_null(value=False)

    def outside(text: str) -> Verdict:
        if most is not None:
            rule, action = (
                ("grade", "correct the grade") if what == "a grade" else ("range", "correct the cell")
            )
            return Verdict(rule, f"{quoted(text)} is not {what} from {least} to {most}", action)
        return Verdict("range", f"{quoted(text)} lies below {least}", "correct the cell")

    return values.set(is_out, None), [*problems, *column.report(is_out, outside)]
