"""Starts a job in a process of its own, and ends it when it takes too long."""

from __future__ import annotations

import json
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LOADING = 600.0  # seconds: a process that has not loaded its data by then is ended


@dataclass(frozen=True)
class Timing:
    """What one tool took for one job at one size.

    `at_least` is how long a run had taken when it was ended, None where it was not; `note` says why there are no
    seconds. `cpu` are the seconds of all threads together, where the tool says them. `loaded_mb` is the memory of the
    process with the data loaded, `peak_mb` the highest during the runs.
    """

    tool: str
    job: str
    n: int
    seconds: tuple[float, ...] = ()
    at_least: float | None = None
    note: str = ""
    loaded_mb: float | None = None
    peak_mb: float | None = None
    answer: dict[str, list[float]] = field(default_factory=dict)
    cpu: tuple[float, ...] = ()

    @property
    def median(self) -> float | None:
        return statistics.median(self.seconds) if self.seconds else None


@dataclass(frozen=True)
class Cohort:
    """The folder of n patients (or n small fits), and that of the few on which a tool warms up."""

    n: int
    folder: Path
    small: Path


@dataclass(frozen=True)
class Limits:
    """How often and how long: up to `runs` runs while `patience` seconds last; a tool is ended after `budget`."""

    runs: int
    patience: float
    budget: float


def environment() -> dict[str, str]:
    """Return this process's environment without what would slow NumPy's BLAS or Python's start on this machine."""
    left_out = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if key not in left_out}


def time_job(tool: str, job: str, cohort: Cohort, limits: Limits) -> Timing:
    command = _command(tool, job, cohort, limits)
    if command is None:
        return Timing(tool, job, cohort.n, note="not installed (Rscript)")
    with tempfile.TemporaryFile("w+") as errors:
        started = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment()
        )
        with started as child:
            _first_to_go(child.pid)
            messages, ended = listen(child, limits.budget)
        errors.seek(0)
        last_words = (errors.read().strip().splitlines() or ["it said nothing"])[-1]
    told: dict[str, Any] = {key: value for message in messages for key, value in message.items()}
    seconds = tuple(message["seconds"] for message in messages if "seconds" in message)
    note, at_least = "", None
    if "missing" in told:
        note = f"not installed ({told['missing']})"
    elif ended and "ready" not in told:
        note = f"data not loaded within {LOADING:g} s"
    elif ended and not seconds:
        note, at_least = f"over {limits.budget:g} s", limits.budget
    elif child.returncode == -signal.SIGKILL and not ended:
        note = "ended by the system, out of memory"
    elif child.returncode and not ended:
        note = f"failed: {last_words[:80]}"
    return Timing(
        tool=tool,
        job=job,
        n=cohort.n,
        seconds=() if note else seconds,
        at_least=at_least,
        note=note,
        loaded_mb=told.get("loaded_mb"),
        peak_mb=told.get("peak_mb"),
        answer=told.get("answer", {}),
        cpu=() if note else tuple(message["cpu"] for message in messages if "cpu" in message),
    )


def _command(tool: str, job: str, cohort: Cohort, limits: Limits) -> list[str] | None:
    folders = [str(cohort.folder), str(cohort.small)]
    arguments = [tool, job, *folders, str(limits.runs), str(limits.patience)]
    if not tool.startswith("R"):
        return [sys.executable, str(HERE / "child.py"), *arguments]
    rscript = shutil.which("Rscript")
    return None if rscript is None else [rscript, "--vanilla", str(HERE / "peers.R"), *arguments]


def listen(child: subprocess.Popen[str], budget: float) -> tuple[list[dict[str, Any]], bool]:
    """Gather what the child says; end it when the budget has gone since it had its data, or since its last run."""
    messages: list[dict[str, Any]] = []
    ended = threading.Event()

    def end() -> None:
        ended.set()
        child.kill()

    timer = threading.Timer(LOADING, end)
    timer.start()
    for line in child.stdout or ():
        if not line.startswith("{"):  # what a package prints of its own
            continue
        timer.cancel()
        messages.append(json.loads(line))
        timer = threading.Timer(budget, end)
        timer.start()
    timer.cancel()
    return messages, ended.is_set()


def _first_to_go(pid: int) -> None:
    """Should memory run out, Linux ends the benchmark's own process before anybody else's."""
    choice = Path(f"/proc/{pid}/oom_score_adj")
    if choice.exists():
        choice.write_text("1000")
