"""`calliper export`: the folder it writes, what it prints, what it refuses; made again to the same bytes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from calliper.cli.main import run_command
from small_study import NORTH, changed, write_study

DATASETS = ["adae", "adsl", "adtox", "adtte"]


def test_the_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study, out = str(write_study(tmp_path)), tmp_path / "out"
    assert run_command(["export", study, "--out", str(out), "--formats", "xpt,parquet"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Datasets: {out} (single patients: not for sharing)",
        f"Variables: {out / 'define.csv'}",
    ]
    names = sorted(path.name for path in out.iterdir())
    data = sorted(f"{name}.{ending}" for name in DATASETS for ending in ("parquet", "xpt"))
    assert names == sorted([*data, "define.csv", "define.json", "manifest.json"])
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"] == {"export": ["parquet", "xpt"]}
    assert len(manifest["outputs"]) == len(names) - 1


def test_the_same_bytes_again_and_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write_study(tmp_path))
    for name in ("one", "two"):
        assert run_command(["export", study, "--out", str(tmp_path / name), "--formats", "parquet,xpt"]) == 0
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    capsys.readouterr()
    assert run_command(["replay", str(tmp_path / "one"), "--study", study]) == 0
    assert "Outputs: 10 of 10 have their recorded hash" in capsys.readouterr().out


def test_what_a_transport_file_spells_otherwise_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = str(write_study(tmp_path, north=changed(NORTH, "N1", "Note", "≥ 10 cm")))
    assert run_command(["export", study, "--out", str(tmp_path / "out"), "--formats", "xpt"]) == 0
    path = tmp_path / "out" / "xpt_text.csv"
    assert capsys.readouterr().out.splitlines()[-1] == f"Text spelt otherwise in the transport files: {path}"
    with path.open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file))[1:] == [["ADSL", "NOTE", "≥ 10 cm", ">= 10 cm"]]


def test_a_define_line_a_variable(tmp_path: Path) -> None:
    run_command(["export", str(write_study(tmp_path)), "--out", str(tmp_path / "out")])
    with (tmp_path / "out" / "define.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = {(line["dataset"], line["variable"]): line for line in csv.DictReader(file)}
    sex = lines["ADSL", "SEX"]
    assert sex["codelist"] == "Male = Male; Female = Female"
    assert (sex["label"], sex["type"], sex["length"], sex["origin"]) == ("Sex", "text", "6", "Collected")
    assert sex["derivation"] == "Variable sex: column 'Sex' of the patients."
    assert (lines["ADSL", "STARTDT"]["type"], lines["ADSL", "STARTDT"]["format"]) == ("date", "DATE9.")
    assert lines["ADTTE", "PARAMCD"]["codelist"] == "OS = Overall survival (os)"
    tree = json.loads((tmp_path / "out" / "define.json").read_text(encoding="utf-8"))
    assert [(held["name"], held["rows"]) for held in tree] == [
        ("ADSL", 10),
        ("ADTTE", 10),
        ("ADAE", 3),
        ("ADTOX", 10),
    ]
    assert sum(len(held["variables"]) for held in tree) == len(lines)


def test_an_unknown_format_is_told_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        run_command(["export", "none.yaml", "--out", str(tmp_path), "--formats", "sas"])
    assert "the formats are parquet, xpt" in capsys.readouterr().err


def test_a_folder_of_other_files_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write_study(tmp_path))
    assert run_command(["export", study, "--out", str(tmp_path)]) == 3
    assert "holds files Calliper did not write" in capsys.readouterr().err


def test_datasets_do_not_take_the_place_of_a_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study, out = str(write_study(tmp_path)), str(tmp_path / "out")
    assert run_command(["run", study, "--out", out]) == 0
    capsys.readouterr()
    assert run_command(["export", study, "--out", out]) == 3
    assert capsys.readouterr().err == (
        f"{out} is a report, and datasets hold single patients; name a folder of their own with --out\n"
    )
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_report_holds_no_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study = str(write_study(tmp_path))
    run_command(["run", study, "--out", str(tmp_path / "out"), "--formats", "html,ard"])
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"Report: {tmp_path / 'out' / 'report.html'}",
        f"Results: {tmp_path / 'out' / 'ard.json'}",
    ]
    names = {path.name for path in (tmp_path / "out").rglob("*")}
    assert {"ard.json", "ard.parquet"} <= names
    assert not any(name.endswith(".xpt") or name.startswith("ad") for name in names)


def test_results_to_share_lack_the_hidden_numbers_there_too(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run_command(["run", str(write_study(tmp_path)), "--out", str(out), "--formats", "ard", "--share"])
    with (out / "suppressed.csv").open(encoding="utf-8-sig", newline="") as file:
        hidden = {line["key"] for line in csv.DictReader(file)}
    keys = {line["key"] for line in json.loads((out / "ard.json").read_text(encoding="utf-8"))} - {None}
    with (out / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        assert keys == {line["key"] for line in csv.DictReader(file)}
    assert hidden
    assert not hidden & keys
    assert not list(out.glob("ad*.parquet"))
