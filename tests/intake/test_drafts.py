"""Drafts from nothing: real and public data sets through `calliper new`, confirmed as they stand, run."""

from __future__ import annotations

from pathlib import Path

import pytest

from calliper import load
from calliper.cli.main import run_command
from intake.test_messy_centres import confirm_all
from shared import shared_data


def study_of(tmp_path: Path, *files: Path) -> Path:
    assert run_command(["new", *map(str, files), "--out", str(tmp_path / "new")]) == 0
    study = tmp_path / "new" / "study.yaml"
    confirm_all(study.parent)
    return study


def test_a_table_of_patients_with_time_and_event(tmp_path: Path) -> None:
    study = load(study_of(tmp_path, shared_data("03_survival_classic/survival_veteran.csv")))
    protocol = study.protocol
    assert protocol.arms.column == "trt"
    assert [arm.values for arm in protocol.arms.groups.values()] == [("1",), ("2",)]
    assert list(protocol.endpoints) == ["os"]
    results = study.run()
    arms = set(protocol.arms.groups)
    medians = {
        row.group: row.value for row in results if row.analysis == "os_curves" and row.stat == "median"
    }
    medians = {group: value for group, value in medians.items() if group in arms}
    # R: survfit(Surv(time, status) ~ trt, veteran), medians 103 and 52.5 days
    assert sorted(value for value in medians.values() if value) == [52.5, 103.0]


def test_adam_tables_are_known_by_their_variables(tmp_path: Path) -> None:
    folder = "01_cdisc_pilot/adam"
    files = [shared_data(f"{folder}/{name}.csv") for name in ("adsl", "adae", "adtte")]
    path = study_of(tmp_path, *files)
    protocol = load(path).protocol
    assert protocol.data.patients.columns == {"patient": "USUBJID", "centre": "SITEID"}
    assert protocol.arms.column == "TRT01P"
    assert protocol.data.adverse_events is not None
    assert protocol.data.adverse_events.columns["term"] == "AEDECOD"
    assert protocol.data.times is not None
    assert protocol.data.times.columns == {
        "patient": "USUBJID",
        "endpoint": "PARAMCD",
        "time": "AVAL",
        "event": "CNSR",
    }
    mapping = (path.parent / "mappings" / "files.yaml").read_text(encoding="utf-8")
    assert "ADaM" in mapping  # CNSR counts the other way round, and the mapping says so


def test_a_sheet_under_a_title_is_found(tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text(
        "Liver unit\n\nID;Group;Age;OS (months);Died\n"
        "1;A;61;12,5;1\n2;B;48;20,5;0\n3;A;70;4,25;1\n4;B;55;9;0\n5;A;50;3;1\n",
        encoding="utf-8",
    )
    study = load(study_of(tmp_path, tmp_path / "one.csv"))
    assert study.protocol.data.patients.files[0].header_row == 3
    assert study.check().problems == ()
    value = next(
        row.value
        for row in study.run()
        if row.analysis == "baseline" and row.variable == "age" and row.stat == "mean"
    )
    assert value == pytest.approx((61 + 70 + 50) / 3)


def test_a_column_names_the_centres(tmp_path: Path) -> None:
    rows = "".join(
        f"{n};{'AB'[n % 2]};{40 + n};{n};{n % 3 > 0:d};{('Linyi', 'Dalian')[n % 2]}\n" for n in range(1, 13)
    )
    (tmp_path / "one.csv").write_text(f"ID;Group;Age;OS months;Died;Hospital\n{rows}", encoding="utf-8")
    study = load(study_of(tmp_path, tmp_path / "one.csv"))
    assert study.protocol.data.patients.columns == {"patient": "ID", "centre": "Hospital"}
    assert [centre.label for centre in study.protocol.centres.values()] == ["Dalian", "Linyi"]
    assert study.check().problems == ()
    row = study.run().get("flow/screened/centre:linyi///included")
    assert row is not None
    assert row.value == 6


def test_files_that_hold_too_little_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = "".join(f"{n},a remark of its own about person {n} of them all\n" for n in range(1, 6))
    (tmp_path / "one.csv").write_text(f"ID,Note\n{rows}", encoding="utf-8")
    assert run_command(["new", str(tmp_path / "one.csv"), "--out", str(tmp_path / "new")]) == 3
    assert "give a table with a row a patient" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
