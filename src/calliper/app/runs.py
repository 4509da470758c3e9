"""Runs of studies, each in a process of its own: a few at a time, the others wait; each can be cancelled.

A report folder is swapped in whole at the end of a run, so a cancelled run leaves the earlier report as it was.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Status = Literal["waiting", "running", "done", "failed", "cancelled"]
CRASHED = "the run stopped without saying why; run it again, or on the command line: calliper run"


@dataclass
class Run:
    """One run; its thread writes, pages read."""

    status: Status = "waiting"
    steps: list[str] = field(default_factory=list)
    total: int = 0
    errors: list[str] = field(default_factory=list)
    process: subprocess.Popen[str] | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however."""
        return self.status in ("done", "failed", "cancelled")

    @property
    def percent(self) -> int:
        """How far it is, by its steps."""
        return 100 if self.status == "done" else min(99, 100 * len(self.steps) // max(1, self.total))


class Runs:
    """The runs of all studies, by their folder; the last one of each is kept."""

    def __init__(self, at_once: int = 2) -> None:
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="run")
        self._held: dict[Path, Run] = {}
        self._lock = threading.Lock()

    def of(self, folder: Path) -> Run | None:
        """The last run of a study."""
        with self._lock:
            return self._held.get(folder)

    def start(self, folder: Path, study: Path, out: Path, *, formats: str, figures: str) -> Run:
        """Start a run, or give the one that is under way."""
        with self._lock:
            held = self._held.get(folder)
            if held is not None and not held.is_over:
                return held
            run = self._held[folder] = Run()
        command = [sys.executable, "-m", "calliper.app.worker", str(study), str(out), formats, figures]
        self._pool.submit(self._work, run, folder, command)
        return run

    def cancel(self, folder: Path) -> None:
        """Stop a run that is under way or waits."""
        run = self.of(folder)
        if run is None:
            return
        with self._lock:
            if run.is_over:
                return
            run.status = "cancelled"
            process = run.process
        if process is not None:
            process.terminate()

    def close(self) -> None:
        """Stop everything."""
        with self._lock:
            folders = list(self._held)
        for folder in folders:
            self.cancel(folder)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _work(self, run: Run, folder: Path, command: list[str]) -> None:
        with self._lock:
            if run.is_over:
                return
            run.process = subprocess.Popen(  # noqa: S603  # our own module, arguments as a list
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
            )
            run.status = "running"
        process = run.process
        assert process.stdout is not None  # noqa: S101  # as it was opened
        with process:
            for line in process.stdout:
                self._heard(run, line)
        # what a stopped run was writing beside the report
        for left in folder.glob(".*.new-*"):
            shutil.rmtree(left, ignore_errors=True)
        with self._lock:
            if run.status == "running":
                run.status = "failed"
                run.errors = run.errors or [CRASHED]

    def _heard(self, run: Run, line: str) -> None:
        try:
            said = json.loads(line)
        except ValueError:
            return
        with self._lock:
            run.total = said.get("total", run.total)
            if "step" in said:
                run.steps.append(said["step"])
            run.errors += said.get("errors", [])
            if run.status == "running" and "done" in said:
                run.status = "done"
            elif run.status == "running" and run.errors:
                run.status = "failed"
