"""`calliper run --formats`: which files a folder holds, what is printed, what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import docx
import pytest

import calliper
from calliper.cli.main import run_command
from calliper.errors import OutputError
from small_study import write_study


def test_the_formats_asked_for_are_written_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    study = str(write_study(tmp_path))
    assert run_command(["run", study, "--out", str(out), "--formats", "docx, html"]) == 0
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"Report: {out / 'report.html'}",
        f"Report: {out / 'report.docx'}",
    ]
    read = docx.Document(str(out / "report.docx"))
    assert "A small study" in [paragraph.text for paragraph in read.paragraphs]
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["formats"] == ["html", "docx"]
    assert "report.docx" in [entry["path"] for entry in manifest["outputs"]]


def test_a_format_that_is_not_asked_for_is_not_written_and_goes_on_the_next_run(tmp_path: Path) -> None:
    out = tmp_path / "out"
    study = str(write_study(tmp_path))
    run_command(["run", study, "--out", str(out), "--formats", "docx"])
    assert sorted(path.name for path in out.glob("report.*")) == ["report.docx"]
    run_command(["run", study, "--out", str(out)])
    assert sorted(path.name for path in out.glob("report.*")) == ["report.html"]


def test_tables_alone_are_written_and_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert (
        run_command(["run", str(write_study(tmp_path)), "--out", str(out), "--formats", "xlsx,csv,rtf"]) == 0
    )
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"Report: {out / 'report.rtf'}",
        f"Tables: {out / 'tables'}",
        f"Tables: {out / 'tables.xlsx'}",
    ]
    assert (out / "tables" / "keys.csv").is_file()
    assert len(list((out / "tables").glob("*.csv"))) > 3


def test_a_second_run_gives_the_same_files_in_another_process(tmp_path: Path) -> None:
    for place, seed in (("a", "1"), ("b", "2")):
        folder = tmp_path / place
        folder.mkdir()
        code = "from calliper.cli.main import main; main()"
        subprocess.run(
            [sys.executable, "-c", code, "run", str(write_study(folder)), "--out", str(folder / "out"),
             "--formats", "docx,rtf,csv,xlsx"],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": "Asia/Shanghai", "LC_ALL": "C"},
            check=True, capture_output=True,
        )  # fmt: skip
    first, second = (
        {
            path.relative_to(tmp_path / place).as_posix(): path.read_bytes()
            for path in (tmp_path / place / "out").rglob("*")
            if path.is_file()
        }
        for place in ("a", "b")
    )
    assert {"out/report.docx", "out/report.rtf", "out/tables.xlsx", "out/tables/keys.csv"} <= set(first)
    assert first == second


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ("html,docs", "no report is written as 'docs' (did you mean 'docx'?); the formats are html, docx"),
        (" , ", "no format is named; the formats are html, docx"),
    ],
)
def test_an_unknown_format_is_told_before_anything_is_read(
    names: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(
            ["run", str(tmp_path / "no study.yaml"), "--out", str(tmp_path / "out"), "--formats", names]
        )
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_from_python_an_unknown_format_writes_nothing(tmp_path: Path) -> None:
    study = calliper.load(write_study(tmp_path))
    with pytest.raises(OutputError, match="did you mean 'docx'"):
        study.report(tmp_path / "out", formats=["docs"])
    assert not (tmp_path / "out").exists()
