"""Whatever stands in a cell of TU, TR or RS, the records are read, and a bad cell leads to a line, not to a crash."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdtm_study import RS, TR, TU, errors, protocol, read

TARGET = [
    TU,
    TU | {"TULNKID": "T02", "TULOC": "LYMPH NODE"},
    TU | {"TULNKID": "N01", "TUSTRESC": "NEW", "VISIT": "WEEK 6"},
]
RESULTS = [
    TR,
    TR | {"TRLNKID": "T02", "TRTESTCD": "LPERP"},
    TR | {"VISIT": "WEEK 6", "TRDTC": "2018-02-20", "TRSTRESC": "48", "TRSTRESN": "48"},
    TR | {"TRTESTCD": "TUMSTATE", "TRSTRESC": "PRESENT", "TRSTRESN": ""},
    TR | {"TRLNKID": "", "TRTESTCD": "SUMDIAM", "TRSTRESC": "100", "TRSTRESN": "100"},
]
ROWS = {"tu": TARGET, "tr": RESULTS, "rs": [RS]}
PLACES = [(name, at, column) for name, rows in ROWS.items() for at, row in enumerate(rows) for column in row]
CELLS = st.one_of(
    st.sampled_from([
        "", " ", "NA", "0", "-1", "1e99", "1e999999999", "NaN", "inf", "1_000", "２５", "12,5", "5 mm",
        "cm", "T02", "NEW",
        "ABSENT", "NOT DONE", "LPERP", "SUMDIAM", "2018-02", "2018-13-45", "=1+1", "<b>x</b>",
        "\u202etxt", "P2",
    ]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    damage=st.lists(st.tuples(st.sampled_from(PLACES), CELLS), min_size=1, max_size=4),
    unit=st.sampled_from(["mm", "cm"]),
    on_error=st.sampled_from(["stop", "exclude_record"]),
)
def test_no_cell_stops_the_reading(
    damage: list[tuple[tuple[str, int, str], str]], unit: str, on_error: str
) -> None:
    rows = {name: [dict(row) for row in held] for name, held in ROWS.items()}
    for (name, at, column), cell in damage:
        rows[name][at][column] = cell
    reading = {"on_error": on_error, "missing": ["NA"]}
    study = protocol(domains=("tu", "tr", "rs"), tumours={"unit": unit}, reading=reading)
    with tempfile.TemporaryDirectory() as folder:
        records = read(Path(folder), study, **rows)
    assert records.n_read["lesions"] <= len(RESULTS)
    for line in errors(records):
        assert line.startswith(("tu.csv", "tr.csv", "rs.csv")), line
        assert "\n" not in line
    # whatever was read of a diameter stands in the cell that its row names
    for lesion in records.tables["lesions"].iter_rows(named=True):
        size = lesion["short_axis_mm"] if lesion["organ"] == "LN" else lesion["whole_mm"]
        if size is not None:
            cell = rows["tr"][lesion["_row"] - 2]["TRSTRESN"]
            assert size == pytest.approx(float(cell) * (10 if unit == "cm" else 1), rel=1e-12), cell
