"""What a person at a terminal sees, and that nobody else sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from small_study import write_study


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX terminal")
def test_a_terminal_is_told_the_steps_on_standard_error(tmp_path: Path) -> None:
    import pty

    command = [
        sys.executable,
        "-m",
        "calliper",
        "run",
        str(write_study(tmp_path)),
        "--out",
        str(tmp_path / "out"),
    ]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as run:
        os.close(theirs)
        shown = b""
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # the terminal is closed
                break
            if not part:
                break
            shown += part
        assert run.stdout is not None
        printed = run.stdout.read()
    os.close(ours)
    assert run.returncode == 0
    steps = (
        "Reading the records",
        "Checking every cell",
        "Selecting patients",
        "Analysing cox",
        "Writing the report",
    )
    places = [shown.decode().find(step) for step in steps]
    assert -1 not in places
    assert places == sorted(places), "in the order they are taken"
    assert shown.endswith(b"\r\x1b[2K"), "nothing is left on the line"
    assert b"\x1b" not in printed, "standard output stays plain"


def test_a_pipe_is_told_nothing(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "calliper",
        "run",
        str(write_study(tmp_path)),
        "--out",
        str(tmp_path / "out"),
    ]
    assert subprocess.run(command, check=True, capture_output=True).stderr == b""
