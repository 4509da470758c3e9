"""Numbers as people write them, read without guessing."""

from __future__ import annotations

import re
from typing import Literal

import polars as pl

from calliper.records.column import Verdict, error_value
from calliper.records.slips import declare_missing, write_plainly
from calliper.records.wording import quoted

Decimal = Literal["point", "comma"]

_WRITTEN: dict[Decimal, str] = {
    "point": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    "comma": r"^[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?$",
}
_WITH_COMMAS = re.compile(r"[+-]?[0-9]+(,[0-9]+)+(\.[0-9]+)?")
_WITH_POINTS = re.compile(r"[+-]?[0-9]+(\.[0-9]+)+(,[0-9]+)?")
_WITH_SPACES = re.compile(r"[+-]?[0-9]{1,3}(\s[0-9]{3})+([.,][0-9]+)?")
_BEYOND_LIMIT = re.compile(r"[<>≤≥]=?\s*[0-9].*")
_DATED = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([ T].*)?")
_WITH_UNIT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?\s*([^\s0-9.,].*)")


def parse_numbers(text: pl.Series, decimal: Decimal) -> tuple[pl.Series, pl.Series]:
    """Read numbers: the values (Float64, null where there is none), and where text is no number (Boolean).

    Digits, one decimal mark and an exponent are read; thousands separators, infinities and NaN are not
    numbers.
    """
    is_number = text.str.contains(_WRITTEN[decimal]).fill_null(value=False)
    written = text.str.replace(",", ".", literal=True) if decimal == "comma" else text
    plain = written.str.strip_prefix("+").set(~is_number, None)
    values = plain.cast(pl.Float64, strict=False)
    values = values.set(values.is_infinite().fill_null(value=False), None)
    return values, text.is_not_null() & values.is_null()


def explain_number(text: str, decimal: Decimal) -> Verdict:
    """Say why `text` is no number."""
    if verdict := error_value(text):
        return verdict
    message = f"{quoted(text)} is not a number"
    action = declare_missing(text, write_plainly(text, "correct the cell"))
    if re.fullmatch(_WRITTEN[decimal], text):
        message = f"{quoted(text)} is too large for a number"
    elif decimal == "point" and _WITH_COMMAS.fullmatch(text):
        action = "write it without commas, or declare reading.decimal: comma if the comma is the decimal mark"
    elif decimal == "comma" and _WITH_POINTS.fullmatch(text):
        action = "write it with a decimal comma and no other mark, as reading.decimal: comma declares"
    elif _BEYOND_LIMIT.fullmatch(text):
        message = f"{quoted(text)} is a limit, not a number"
        action = "give the value to use in its place, or declare the text under reading.missing"
    elif _WITH_SPACES.fullmatch(text):
        action = "write it without spaces"
    elif _DATED.fullmatch(text):
        action = "format the cell as a number"
    elif found := _WITH_UNIT.fullmatch(text):
        action = f"write the number alone, without {quoted(found.group(1))}"
    return Verdict("number", message, action)
