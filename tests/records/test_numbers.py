"""Numbers as written: what is read, what is refused and in which words."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.records.numbers import Decimal, explain_number, parse_numbers

READ: list[tuple[Decimal, str, float]] = [
    ("point", "60", 60.0),
    ("point", "60.0", 60.0),
    ("point", "+1.5", 1.5),
    ("point", "-.5", -0.5),
    ("point", "5.", 5.0),
    ("point", "1E-07", 1e-7),
    ("comma", "1,5", 1.5),
    ("comma", "1,5e3", 1500.0),
    ("comma", "60", 60.0),
]


@pytest.mark.parametrize(("decimal", "text", "value"), READ)
def test_numbers_are_read(decimal: Decimal, text: str, value: float) -> None:
    values, is_bad = parse_numbers(pl.Series([text, None]), decimal)
    assert values.to_list() == [value, None]
    assert is_bad.to_list() == [False, False]


COMMA = "write it without commas, or declare reading.decimal: comma if the comma is the decimal mark"
MISSING = "declare the text under reading.missing if it means that the value is missing"
LIMIT = "give the value to use in its place, or declare the text under reading.missing"
REFUSED: list[tuple[Decimal, str, str, str]] = [
    ("point", "1,5", "'1,5' is not a number", COMMA),
    ("point", "1,234,567", "'1,234,567' is not a number", COMMA),
    ("point", "1,234.5", "'1,234.5' is not a number", COMMA),
    (
        "comma",
        "1.234,5",
        "'1.234,5' is not a number",
        "write it with a decimal comma and no other mark, as reading.decimal: comma declares",
    ),
    ("point", "<0.5", "'<0.5' is a limit, not a number", LIMIT),
    ("point", "≥ 1000", "'≥ 1000' is a limit, not a number", LIMIT),
    ("point", "12 cm", "'12 cm' is not a number", "write the number alone, without 'cm'"),
    ("point", "NaN", "'NaN' is not a number", MISSING),
    ("point", "unknown", "'unknown' is not a number", MISSING),
    ("point", "inf", "'inf' is not a number", "correct the cell"),
    ("point", "1e999", "'1e999' is too large for a number", "correct the cell"),
    ("point", "٣", "'٣' is not a number", "correct the cell"),
    ("point", "1 000", "'1 000' is not a number", "write it without spaces"),
    ("point", "1\u00a0200,5", "'1\\xa0200,5' is not a number", "write it without spaces"),
    ("point", "６１", "'６１' is not a number", "write it with plain signs, as '61'"),
    ("point", "\u22125", "'\u22125' is not a number", "write it with plain signs, as '-5'"),
    ("point", "不详", "'不详' is not a number", MISSING),
    ("comma", "k.A.", "'k.A.' is not a number", MISSING),
    ("point", "2018-05-10", "'2018-05-10' is not a number", "format the cell as a number"),
]


@pytest.mark.parametrize(("decimal", "text", "message", "action"), REFUSED)
def test_other_text_is_refused_with_its_reason(
    decimal: Decimal, text: str, message: str, action: str
) -> None:
    values, is_bad = parse_numbers(pl.Series([text]), decimal)
    assert (values.to_list(), is_bad.to_list()) == ([None], [True])
    assert explain_number(text, decimal) == ("number", message, action)


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_written_in_full_comes_back(value: float) -> None:
    assert parse_numbers(pl.Series([repr(value)]), "point")[0].to_list() == [value]
    assert parse_numbers(pl.Series([repr(value).replace(".", ",")]), "comma")[0].to_list() == [value]


@given(text=st.text(max_size=20))
def test_any_text_is_a_finite_number_or_a_reason(text: str) -> None:
    for decimal in ("point", "comma"):
        values, is_bad = parse_numbers(pl.Series([text]), decimal)
        assert is_bad[0] == (values[0] is None)
        assert not values.is_nan().any()
        if is_bad[0]:
            assert explain_number(text, decimal).message.isprintable()
