"""SAS transport files: read back by another program cell by cell, and what cannot be written refused."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calliper.errors import OutputError
from calliper.exports.dataset import TYPES, Dataset, Kind, Variable
from calliper.exports.plain_text import in_ascii
from calliper.exports.transport import Transport, to_transport


def made(rows: int | None = None, **columns: tuple[Kind, list[object]]) -> Dataset:
    variables = tuple(
        Variable(name, f"Label of {name}", kind, "Derived", "") for name, (kind, _) in columns.items()
    )
    frame = pl.DataFrame(
        {name: pl.Series(values, dtype=TYPES[kind]) for name, (kind, values) in columns.items()}
    )
    return Dataset("ADX", "A dataset", frame if rows is None else frame.head(rows), variables)


def read(transport: Transport, folder: Path) -> tuple[pl.DataFrame, object]:
    path = folder / "x.xpt"
    path.write_bytes(transport.content)
    frame, meta = pyreadstat.read_xport(str(path), output_format="polars")
    return frame, meta


def as_read(frame: pl.DataFrame) -> list[dict[str, object]]:
    """Cells as a transport file knows them: empty text for none, every number a double."""
    return [
        {
            name: "" if value is None and frame.schema[name] == pl.String else value
            for name, value in row.items()
        }
        for row in frame.iter_rows(named=True)
    ]


def test_every_kind_of_cell_is_read_back(tmp_path: Path) -> None:
    held = made(
        ID=("text", ["P1", "P2", "P3"]),
        T=("text", ["=1+1", None, "<b>{\\rtf} #x\t\x07"]),
        N=("integer", [0, None, -(2**53)]),
        X=("float", [0.1, 1e-60, None]),
        D=("date", [date(1959, 12, 31), date(2020, 2, 29), None]),
    )
    frame, meta = read(to_transport(held), tmp_path)
    assert as_read(frame) == as_read(held.frame)
    assert meta.table_name == "ADX"  # type: ignore[attr-defined]
    assert meta.file_label == "A dataset"  # type: ignore[attr-defined]
    assert meta.column_names_to_labels["X"] == "Label of X"  # type: ignore[attr-defined]
    assert meta.original_variable_types["D"] == "DATE9"  # type: ignore[attr-defined]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30),
            st.none() | st.floats(-1e60, 1e60).filter(lambda x: x == 0 or abs(x) > 1e-60),
            st.none() | st.dates(date(1600, 1, 1), date(2100, 1, 1)),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_cells_are_read_back(tmp_path: Path, rows: list[tuple[object, ...]]) -> None:
    columns = [list(column) for column in zip(*rows)]
    ids = [f"P{place}" for place in range(len(rows))]
    held = made(
        ID=("text", list(ids)), T=("text", columns[0]), X=("float", columns[1]), D=("date", columns[2])
    )
    frame, _ = read(to_transport(held), tmp_path)
    assert as_read(frame) == as_read(held.frame)


def test_records_are_of_80_bytes_and_headers_have_no_clock() -> None:
    content = to_transport(made(ID=("text", ["P1"]), X=("float", [1.0]))).content
    assert len(content) % 80 == 0
    assert content.startswith(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!" + b"0" * 30 + b"  ")
    assert content.count(b"01JAN60:00:00:00") == 4
    assert content[-80:] == b"P1" + bytes.fromhex("4110000000000000") + b" " * 70


def test_a_dataset_without_rows_has_its_variables(tmp_path: Path) -> None:
    frame, meta = read(to_transport(made(ID=("text", []), X=("float", []))), tmp_path)
    assert frame.height == 0
    assert meta.column_names == ["ID", "X"]  # type: ignore[attr-defined]


def test_long_text_goes_on_in_further_variables(tmp_path: Path) -> None:
    long = "".join(chr(65 + place % 26) for place in range(450))
    transport = to_transport(made(REASON=("text", [long, "short", None]), REASON1=("text", ["a", "b", "c"])))
    frame, _ = read(transport, tmp_path)
    assert frame.columns == ["REASON", "REASON12", "REASON2", "REASON1"]
    assert "".join(frame.row(0)[:3]) == long
    assert frame.row(1) == ("short", "", "", "b")
    assert frame.row(2) == ("", "", "", "c")
    assert transport.dataset.variables[1].made.endswith("Goes on from REASON.")


def test_text_with_a_customary_spelling_is_spelt_and_told(tmp_path: Path) -> None:
    transport = to_transport(made(G=("text", ["≤3", ">3", "Köln – µg"])))
    frame, _ = read(transport, tmp_path)
    assert frame["G"].to_list() == ["<=3", ">3", "Koln - ug"]
    assert [(name, *spelling) for name, spelling in transport.spelt] == [
        ("G", "≤3", "<=3"),
        ("G", "Köln – µg", "Koln - ug"),
    ]


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["肝癌"], "'肝癌' has letters that have no spelling in ASCII"),
        (["a\x00b"], "has a character of code 0"),
        (["  "], "is blank"),
        (["≤3", "<=3"], "'≤3' and '<=3' would both be written '<=3'"),
        (["a", "a "], "'a' and 'a ' would both be written 'a'"),
    ],
)
def test_text_that_would_be_lost_is_refused(texts: list[object], said: str) -> None:
    with pytest.raises(
        OutputError, match="ADX cannot be written as a SAS transport file without loss"
    ) as error:
        to_transport(made(G=("text", texts)))
    assert f"G: {said}" in str(error.value) or said in str(error.value)
    assert "write it as parquet" in str(error.value)


def test_many_refused_texts_are_counted() -> None:
    with pytest.raises(OutputError, match="and 2 more"):
        to_transport(made(G=("text", [f"肝{place}" for place in range(7)])))


def test_a_label_that_cannot_be_spelt_is_refused() -> None:
    held = made(G=("text", ["a"]))
    named = Dataset("ADX", "A dataset", held.frame, (Variable("G", "年龄", "text", "Derived", ""),))
    with pytest.raises(OutputError, match="its label '年龄' has letters"):
        to_transport(named)


@pytest.mark.parametrize("number", [2**53 + 1, 10**18 + 1])
def test_a_number_with_too_many_digits_is_refused(number: int) -> None:
    with pytest.raises(OutputError, match="more digits than a number in it can have; write it as parquet"):
        to_transport(made(N=("integer", [number])))


def test_a_number_that_is_too_small_is_refused() -> None:
    with pytest.raises(OutputError, match="too large or too small"):
        to_transport(made(X=("float", [1e-300])))


def test_spelling_keeps_what_is_ascii() -> None:
    every = "".join(map(chr, range(128)))
    assert in_ascii(every) == every


def test_r_reads_the_same(tmp_path: Path) -> None:
    """R's package foreign has a reader of its own (of Duncan Temple Lang's)."""
    if shutil.which("Rscript") is None:
        pytest.skip("R is not here")
    held = made(ID=("text", ["P1", "P2"]), X=("float", [0.1, None]), D=("date", [date(2020, 2, 29), None]))
    (tmp_path / "x.xpt").write_bytes(to_transport(held).content)
    script = (
        f'd <- foreign::read.xport("{tmp_path}/x.xpt");'
        'cat(d$ID, sprintf("%.17g", d$X), d$D, foreign::lookup.xport('
        f'"{tmp_path}/x.xpt")$ADX$format[3])'
    )
    done = subprocess.run(["Rscript", "-e", script], capture_output=True, text=True, check=False)
    if "no package called" in done.stderr:
        pytest.skip("R has no package foreign")
    # 2020-02-29 is day 21974 from 1960-01-01: 60 years of 365 days, 15 leap days, 59 days
    assert done.stdout.split() == ["P1", "P2", "0.10000000000000001", "NA", "21974", "NA", "DATE"]
