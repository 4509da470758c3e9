"""`calliper run --share` as a shell meets it; the manifest says so, and a replay makes the same report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from calliper.cli.main import run_command
from small_study import write_study


def test_the_limit_is_written_down_and_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, out = write_study(tmp_path), tmp_path / "share"
    assert run_command(["run", str(path), "--out", str(out), "--share", "--smallest", "3"]) == 0
    assert "To share: no rows of patients; counts below 3 are hidden." in capsys.readouterr().out
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["options"]["share"] == 3
    assert "problems.csv" not in {entry["path"] for entry in manifest["outputs"]}
    assert "&lt;3" in (out / "report.html").read_text(encoding="utf-8")
    assert run_command(["replay", str(out)]) == 0


def test_without_share_nothing_is_hidden(tmp_path: Path) -> None:
    path, out = write_study(tmp_path), tmp_path / "out"
    assert run_command(["run", str(path), "--out", str(out)]) == 0
    assert "share" not in json.loads((out / "manifest.json").read_text(encoding="utf-8"))["options"]
    assert not (out / "suppressed.csv").exists()


def test_arms_that_are_too_small_stop_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_study(tmp_path)
    assert run_command(["run", str(path), "--out", str(tmp_path / "out"), "--share", "--smallest", "8"]) == 1
    assert "cannot share: fewer than 8 patients included" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--smallest", "5"], "give --share with it"),
        (["--share", "--smallest", "1"], "found '1'; expected a whole number of 2 or more"),
        (["--share", "--smallest", "few"], "found 'few'; expected a whole number of 2 or more"),
    ],
)
def test_a_limit_that_is_none_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        run_command(["run", "study.yaml", "--out", str(tmp_path), *given])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
