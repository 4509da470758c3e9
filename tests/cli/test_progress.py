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
    assert any(step in shown for step in (b"Reading the records", b"Checking every cell", b"Analysing")), (
        shown
    )
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
