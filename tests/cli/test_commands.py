"""The commands as a shell meets them: exit codes, what is printed, what is written."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from calliper import study
from calliper.cli.main import run_command
from calliper.report import folder
from calliper.versions import version
from shared import ROOT
from small_study import NORTH, STUDY, changed, write_study

EXPECTED_FILES = {
    "checklist.csv",
    "report.html",
    "results.csv",
    "results.json",
    "methods.csv",
    "flip.csv",
    "problems.csv",
    "manifest.json",
}


def held(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}


def test_run_writes_the_whole_folder_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run_command(["run", str(write_study(tmp_path)), "--out", str(out)]) == 0
    assert capsys.readouterr().out == (
        f"Patients: 10 screened, 10 included, 0 excluded, 0 pending.\nReport: {out / 'report.html'}\n"
    )
    files = held(out)
    assert {name for name in files if "/" not in name} == EXPECTED_FILES
    assert any(name.startswith("figures/") and name.endswith(".svg") for name in files)


def test_the_manifest_names_every_input_and_output_by_its_hash(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    out = tmp_path / "out"
    run_command(["run", str(path), "--out", str(out)])
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["protocol"] == {
        "path": "study.yaml",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    inputs = {entry["path"]: entry["sha256"] for entry in manifest["inputs"]}
    names = ("north.csv", "south.xlsx", "events.csv")
    assert inputs == {name: hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in names}
    outputs = {entry["path"]: entry["sha256"] for entry in manifest["outputs"]}
    files = held(out)
    assert outputs == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name != "manifest.json"
    }
    assert manifest["software"]["calliper"] == version()


def test_a_second_run_gives_the_same_bytes_in_another_process_and_place(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for place in (first, second):
        place.mkdir()
        run_command(["run", str(write_study(place)), "--out", str(place / "out")])
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Shanghai", "LC_ALL": "C"}
    again = [
        sys.executable,
        "-m",
        "calliper",
        "run",
        str(second / "study.yaml"),
        "--out",
        str(second / "out"),
    ]
    subprocess.run(again, check=True, capture_output=True, env=environment, cwd=tmp_path)
    assert held(first / "out") == held(second / "out")


def test_a_failed_run_leaves_the_earlier_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    path = write_study(tmp_path)
    run_command(["run", str(path), "--out", str(out)])
    before = held(out)
    write_study(tmp_path, north=changed(NORTH, "N1", "Age", "old"))
    assert run_command(["run", str(path), "--out", str(out)]) == 1
    write_study(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder, "_swap", full)
    assert run_command(["run", str(path), "--out", str(out)]) == 3
    assert held(out) == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]


def test_an_interrupted_run_exits_130_and_leaves_the_earlier_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    path = write_study(tmp_path)
    run_command(["run", str(path), "--out", str(out)])
    before = held(out)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(study.pipeline, "run", interrupted)
    assert run_command(["run", str(path), "--out", str(out)]) == 130
    assert "nothing was replaced" in capsys.readouterr().err
    assert held(out) == before


@pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")
def test_a_killed_process_leaves_the_earlier_report(tmp_path: Path) -> None:
    """Killed at whatever moment it has reached, the earlier report is whole."""
    out = tmp_path / "out"
    path = write_study(tmp_path)
    run_command(["run", str(path), "--out", str(out)])
    before = held(out)
    command = [sys.executable, "-m", "calliper", "run", str(path), "--out", str(out)]
    for pause in (0.2, 0.6, 1.0):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(pause)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert held(out) == before


def test_check_says_what_was_read_and_exits_0_or_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_study(tmp_path)
    assert run_command(["check", str(path)]) == 0
    write_study(tmp_path, north=changed(NORTH, "N1", "Age", "old"))
    assert run_command(["check", str(path)]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Rows read: patients 10, adverse_events 3. Errors: 1. Queries: 0."
    assert {path.name for path in tmp_path.iterdir()} == {
        "study.yaml",
        "north.csv",
        "south.xlsx",
        "events.csv",
    }


@pytest.mark.parametrize(
    "arguments", [[], ["run", "study.yaml"], ["rnu"], ["run", "a", "b", "--out", "c"], ["demo", "--oot", "x"]]
)
def test_a_wrong_command_line_exits_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as held_exit:
        run_command(arguments)
    assert held_exit.value.code == 2


def test_a_missing_study_file_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "calliper", "check", str(tmp_path / "none.yaml")]
    shown = subprocess.run(command, check=False, capture_output=True, text=True)
    assert shown.returncode == 1
    assert "none.yaml" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_help_and_version_import_nothing_heavy() -> None:
    probe = (
        "import sys\n"
        "from calliper.cli.main import run_command\n"
        "try:\n    run_command([sys.argv[1]])\nexcept SystemExit: pass\n"
        "print(sorted({'numpy', 'polars', 'scipy', 'pydantic'} & set(sys.modules)))"
    )
    for flag, first in (("--help", "usage: calliper"), ("--version", f"calliper {version()}")):
        shown = subprocess.run(
            [sys.executable, "-c", probe, flag], check=True, capture_output=True, text=True
        )
        assert shown.stdout.startswith(first)
        assert shown.stdout.endswith("[]\n")


def test_schema_prints_the_schema_that_ships(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["schema"]) == 0
    shipped = ROOT / "src" / "calliper" / "protocol" / "study.schema.json"
    assert capsys.readouterr().out == shipped.read_text(encoding="utf-8")


def test_a_study_with_nobody_left_says_so_and_has_its_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_study(tmp_path, study=STUDY.replace("rule: age >= 18", "rule: age >= 100"))
    assert run_command(["run", str(path), "--out", str(tmp_path / "out")]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first == "Patients: 10 screened, 0 included, 10 excluded, 0 pending."


@pytest.mark.skipif(sys.platform == "win32", reason="pipes as POSIX has them")
def test_a_reader_that_stops_reading_gets_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "calliper", "schema"]
    shown = subprocess.run(command, check=False, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (shown.returncode, shown.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
def test_a_full_disk_under_the_output_is_one_line() -> None:
    command = [sys.executable, "-m", "calliper", "schema"]
    with Path("/dev/full").open("wb") as full:
        shown = subprocess.run(command, check=False, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (shown.returncode, shown.stderr) == (3, "cannot print: No space left on device\n")


def test_a_console_without_the_letters_of_a_name_shows_their_numbers(tmp_path: Path) -> None:
    path = write_study(tmp_path, study=STUDY.replace("north.csv", "北京.csv"))
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "calliper", "check", str(path)]
    shown = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert shown.returncode == 1
    assert shown.stdout.startswith(r"error: \u5317\u4eac.csv: there is no such file")
    assert shown.stderr == ""
