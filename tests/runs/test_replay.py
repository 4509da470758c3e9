"""`calliper replay`: a run made again from its manifest, and what is told where something is not as recorded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calliper.cli.main import run_command
from small_study import write_study


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small study with its report in `report`, in formats other than the usual."""
    path = write_study(tmp_path)
    arguments = ["--out", str(tmp_path / "report"), "--formats", "html,csv", "--figures", "svg"]
    assert run_command(["run", str(path), *arguments]) == 0
    return tmp_path


def outputs(folder: Path) -> list[str]:
    manifest = json.loads((folder / "report" / "manifest.json").read_text(encoding="utf-8"))
    return [entry["path"] for entry in manifest["outputs"]]


def test_every_output_is_made_again_byte_for_byte(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in (folder / "report").rglob("*") if path.is_file()}
    capsys.readouterr()
    assert run_command(["replay", str(folder / "report" / "manifest.json")]) == 0
    said = capsys.readouterr().out
    assert "Study file, 3 inputs and software are as recorded." in said
    n = len(outputs(folder))
    assert f"Outputs: {n} of {n} have their recorded hash." in said
    assert {path: path.read_bytes() for path in before} == before, "a replay writes nothing"


def test_a_changed_input_is_named_and_so_is_what_it_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (folder / "north.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    lines[1] = ",".join([cells[0], str(int(cells[1]) + 1), *cells[2:]])
    (folder / "north.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert run_command(["replay", str(folder / "report")]) == 1
    said = capsys.readouterr().out
    assert "input north.csv: " in said
    assert "input south.xlsx" not in said
    assert "other bytes: results.csv" in said
    assert "other bytes: report.html" in said


def test_a_changed_study_file_and_other_software_are_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "study.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# the same study\n", encoding="utf-8")
    place = folder / "report" / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8"))
    manifest["software"]["polars"] = "0.0.1"
    place.write_text(json.dumps(manifest), encoding="utf-8")
    capsys.readouterr()
    assert run_command(["replay", str(place)]) == 1
    said = capsys.readouterr().out
    assert "study file study.yaml: " in said
    assert "software polars: 0.0.1 -> " in said
    n = len(outputs(folder))
    assert f"Outputs: {n} of {n} have their recorded hash." in said, "a comment changes no output"


def test_an_input_that_is_gone_stops_as_in_a_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "events.csv").unlink()
    capsys.readouterr()
    assert run_command(["replay", str(folder / "report")]) == 1
    assert "events.csv" in capsys.readouterr().err


def test_a_study_file_elsewhere_is_asked_for_and_taken(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    moved = folder.parent / f"{folder.name}-moved"
    (folder / "report").rename(moved)
    (moved.parent / "study.yaml").unlink(missing_ok=True)
    capsys.readouterr()
    assert run_command(["replay", str(moved)]) == 3
    assert "name the study file with --study" in capsys.readouterr().err
    assert run_command(["replay", str(moved), "--study", str(folder / "study.yaml")]) == 0


def test_the_folder_of_flip_is_replayed_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["flip", str(folder / "study.yaml"), "--out", str(folder / "flips")]) == 0
    capsys.readouterr()
    assert run_command(["replay", str(folder / "flips")]) == 0
    assert "Outputs: 1 of 1 have their recorded hash." in capsys.readouterr().out


def test_an_option_this_version_does_not_know_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = folder / "report" / "manifest.json"
    manifest = json.loads(place.read_text(encoding="utf-8"))
    manifest["options"]["colour"] = "red"
    place.write_text(json.dumps(manifest), encoding="utf-8")
    capsys.readouterr()
    assert run_command(["replay", str(place)]) == 3
    assert "this version has no option colour" in capsys.readouterr().err
