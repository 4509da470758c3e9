"""`calliper diff`: what changed between two runs is listed with its cause, and nothing else is."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from calliper.cli.main import run_command
from small_study import NORTH, write_study


def run(folder: Path, out: Path, **changes: tuple[str, str]) -> Path:
    """The small study, its text changed, written as a report folder."""
    folder.mkdir(exist_ok=True)
    path = write_study(folder)
    text = path.read_text(encoding="utf-8")
    for found, put in changes.values():
        assert found in text
        text = text.replace(found, put)
    path.write_text(text, encoding="utf-8")
    assert run_command(["run", str(path), "--out", str(out)]) == 0
    return out


@pytest.fixture
def first(tmp_path: Path) -> Path:
    return run(tmp_path / "a", tmp_path / "first")


def values(folder: Path) -> dict[str, tuple[str, str]]:
    """A slow obvious reading of the numbers: from the CSV, not from the JSON that is compared."""
    with (folder / "results.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["key"]: (row["value"], row["unit"]) for row in csv.DictReader(file)}


def test_two_runs_of_the_same_files_are_the_same(
    tmp_path: Path, first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = run(tmp_path / "b", tmp_path / "second")
    capsys.readouterr()
    assert run_command(["diff", str(first), str(second)]) == 0
    said = capsys.readouterr().out
    assert f"Numbers: {len(values(first))} the same, 0 changed, 0 appeared, 0 vanished." in said
    assert "The manifests have the same inputs, study file, software and options." in said


def test_a_changed_cell_is_told_by_its_numbers_and_its_file(
    tmp_path: Path, first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "b"
    folder.mkdir()
    path = write_study(folder)
    age = str(NORTH[0][1])
    lines = (folder / "north.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    assert cells[1] == age
    lines[1] = ",".join([cells[0], str(int(age) + 1), *cells[2:]])
    (folder / "north.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert run_command(["run", str(path), "--out", str(tmp_path / "second")]) == 0
    capsys.readouterr()
    code = run_command(["diff", str(first), str(tmp_path / "second"), "--out", str(tmp_path / "diff")])
    said = capsys.readouterr().out
    assert code == 1
    one, other = values(first), values(tmp_path / "second")
    unlike = {key for key in {*one, *other} if one.get(key) != other.get(key)}
    assert unlike, "an age moves the mean age"
    with (tmp_path / "diff" / "diff.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["key"]: (row["first"], row["second"]) for row in csv.DictReader(file)}
    assert set(listed) == unlike
    for key, (was, became) in listed.items():
        assert (was, became) == (one.get(key, ("",))[0], other.get(key, ("",))[0])
    assert "input north.csv: " in said
    assert "south.xlsx" not in said
    assert "study file" not in said.split("What the manifests have otherwise:")[1]


def test_another_analysis_appears_and_vanishes(
    tmp_path: Path, first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = run(tmp_path / "b", tmp_path / "second", at=("at: [6, 12]", "at: [6]"))
    capsys.readouterr()
    assert run_command(["diff", str(first), str(second)]) == 1
    said = capsys.readouterr().out
    gone = sorted(key for key in values(first) if key not in values(second))
    assert gone
    assert all("@12" in key for key in gone)
    assert f"0 appeared, {len(gone)} vanished" in said
    assert "study file study.yaml: " in said
    run_command(["diff", str(second), str(first)])
    assert f"{len(gone)} appeared, 0 vanished" in capsys.readouterr().out


def test_software_that_differs_is_a_cause(
    tmp_path: Path, first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = tmp_path / "second"
    shutil.copytree(first, second)
    manifest = json.loads((second / "manifest.json").read_text(encoding="utf-8"))
    manifest["software"]["numpy"] = "0.0.1"
    manifest["code"] = "f" * 64
    (second / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    capsys.readouterr()
    assert run_command(["diff", str(first), str(second)]) == 0
    said = capsys.readouterr().out
    assert "-> 0.0.1" in said
    assert "source files of calliper: " in said
    assert "-> ffffffffffff" in said


def test_a_folder_that_was_worked_on_or_is_none_is_refused(
    tmp_path: Path, first: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    second = tmp_path / "second"
    shutil.copytree(first, second)
    (second / "results.json").write_bytes((second / "results.json").read_bytes() + b" ")
    capsys.readouterr()
    assert run_command(["diff", str(first), str(second)]) == 3
    assert "results.json was changed since it was written" in capsys.readouterr().err
    assert run_command(["diff", str(first), str(tmp_path / "nowhere")]) == 3
    assert "No such file" in capsys.readouterr().err
    (second / "manifest.json").write_text("[]", encoding="utf-8")
    assert run_command(["diff", str(first), str(second)]) == 3
    assert "is not the manifest of a report" in capsys.readouterr().err
