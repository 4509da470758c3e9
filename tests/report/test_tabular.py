"""CSV and JSON: exact, stable, and nothing a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calliper.report.tabular import rows_to_json, to_csv, to_json


def read_back(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_reads_back_as_the_same_double(number: float) -> None:
    assert float(read_back(to_csv(["x"], [[number]]))[1][0]) == number


@given(st.text(max_size=30))
def test_no_text_cell_begins_as_a_formula_and_none_is_lost(text: str) -> None:
    cell = read_back(to_csv(["x", "y"], [[text, "end"]]))[1][0]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell.removeprefix("'") == text.removeprefix("'")


def test_the_bytes_are_these() -> None:
    rows = [["=1+1", -1.5, None, True], ["中", 3, 0.1, False]]
    expected = "\ufeffa,b,c,d\r\n'=1+1,-1.5,,true\r\n中,3,0.1,false\r\n".encode()
    assert to_csv(["a", "b", "c", "d"], rows) == expected


def test_json_keeps_full_precision_and_refuses_nan() -> None:
    assert json.loads(to_json([{"value": 0.1 + 0.2}])) == [{"value": 0.1 + 0.2}]
    with pytest.raises(ValueError, match="JSON"):
        to_json([math.nan])


@given(
    st.lists(
        st.tuples(
            st.text(),
            st.one_of(
                st.none(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.integers()
            ),
        ),
        max_size=4,
    )
)
def test_rows_as_json_are_the_bytes_of_the_list(rows: list[tuple[str, float | None]]) -> None:
    header = ("key", "välue")
    assert rows_to_json(header, rows) == to_json([dict(zip(header, row, strict=True)) for row in rows])


def test_rows_as_json_refuse_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        rows_to_json(("value",), [(float("nan"),)])
