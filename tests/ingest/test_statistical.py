"""Files of SPSS, SAS and Stata: written by pyreadstat, R or our own exports, and read as every other format is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pyreadstat
import pytest

from calliper.ingest.statistical import labels_of
from raw_study import TYPED, checked, lines, study

COLUMNS: dict[str, list[Any]] = {
    "ID": ["P1", "P2", "P3"],
    "Age": [61.0, 48.0, None],
    "Size": [10.5, 12.0, 0.1],
    "Sex": ["M", "F", "M"],
    "Start": [date(2018, 2, 1), date(2018, 3, 5), date(2018, 4, 2)],
    "Death": [None, date(2018, 9, 20), None],
    "Arm": ["NEW", "OLD", "NEW"],
    "Note": ["kept as written", None, 'said "no"; then yes'],
}
FRAME = pl.DataFrame(COLUMNS)


def write_sav(path: Path) -> None:
    pyreadstat.write_sav(FRAME, str(path))


def write_dta(path: Path) -> None:
    pyreadstat.write_dta(FRAME, str(path))


def write_xpt(path: Path) -> None:
    # version 5 has names of 8 letters, and dates as numbers with a format
    pyreadstat.write_xport(FRAME, str(path), file_format_version=5, table_name="ONE")


def write_sas7bdat(path: Path) -> None:
    """SAS's own file, which no library of Python writes: made in R (fixtures/r/make_one_sas7bdat.R)."""
    shutil.copyfile(Path(__file__).parents[1] / "fixtures" / "r" / "one.sas7bdat", path)


WRITERS: dict[str, Callable[[Path], None]] = {
    "one.sav": write_sav,
    "one.zsav": write_sav,
    "one.dta": write_dta,
    "one.xpt": write_xpt,
    "one.sas7bdat": write_sas7bdat,
}


@pytest.mark.parametrize("name", WRITERS)
def test_every_format_gives_the_same_table(name: str, tmp_path: Path) -> None:
    WRITERS[name](tmp_path / name)
    records = checked(study({"path": name}), tmp_path)
    assert lines(records) == []
    found = records.patients.drop("_centre", "_file", "_sheet", "_row").to_dict(as_series=False)
    assert found == TYPED
    assert records.patients["_row"].to_list() == [2, 3, 4]


def test_values_that_spss_users_call_missing_are_kept(tmp_path: Path) -> None:
    """SPSS's 99 must reach the study file, which says what it means: null in silence would change an answer."""
    frame = FRAME.with_columns(pl.Series("Sex", [1.0, 2.0, 99.0]), pl.Series("Age", [61.0, 998.0, 48.0]))
    path = tmp_path / "one.sav"
    pyreadstat.write_sav(
        frame,
        str(path),
        column_labels={"Sex": "Sex of the patient"},
        variable_value_labels={"Sex": {1: "Male", 2: "Female", 99: "Refused"}},
        missing_ranges={"Sex": [99], "Age": [{"lo": 990, "hi": 999}]},
    )
    labels = labels_of(path.read_bytes(), ".sav")
    assert labels.columns["Sex"] == "Sex of the patient"
    assert labels.values["Sex"] == {"1": "Male", "2": "Female", "99": "Refused"}
    assert labels.missing["Sex"] == ("99",)
    codes = {"sex": {"codes": {"1": "Male", "2": "Female"}}}
    found = lines(checked(study({"path": "one.sav"}, variables=codes), tmp_path))
    assert any("'99' is not a code of sex" in line for line in found)
    assert any("row 3, column 'Age': '998'" in line for line in found)


@pytest.mark.parametrize("extension", [".sav", ".dta", ".xpt", ".sas7bdat"])
def test_a_file_that_is_none_is_refused_with_a_sentence(extension: str, tmp_path: Path) -> None:
    for content in (b"", b"no such thing", b"\x00" * 4000, b"$FL2" + b"\xff" * 200):
        (tmp_path / f"one{extension}").write_bytes(content)
        (line,) = lines(checked(study({"path": f"one{extension}"}), tmp_path))
        assert line.startswith(f"one{extension}: ")
        assert "export it again from" in line
