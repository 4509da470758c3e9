"""Whole processes: Calliper as a person meets it at the shell."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from timing import Timing, environment


def time_processes(scratch: Path, runs: int) -> list[Timing]:
    """Time each command `runs` times after one warm-up."""
    calliper = str(Path(sys.executable).with_name("calliper"))
    demo = scratch / "demo"
    study, report = str(demo / "study.yaml"), str(demo / "report")
    commands = {
        "calliper --help": ["--help"],
        "calliper demo (cohort, report, comparison)": ["demo", "--out", str(demo)],
        "calliper check, 90 patients": ["check", study],
        "calliper run, 90 patients to HTML": ["run", study, "--out", report],
    }
    return [_time(name, [calliper, *arguments], runs) for name, arguments in commands.items()]


def _time(name: str, command: list[str], runs: int) -> Timing:
    seconds = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
        seconds.append(time.perf_counter() - start)
        if done.returncode:
            last_words = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return Timing("calliper", name, 90, note=f"failed: {last_words[:80]}")
    return Timing("calliper", name, 90, seconds=tuple(seconds[1:]))
