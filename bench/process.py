"""Whole processes: Calliper as a person meets it at the shell, and the scripts that people write instead."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import COVARIATES, SMALL_PATIENTS, Columns, block
from timing import HERE, Timing, environment

HTML = "calliper run, 90 patients to HTML"
WRITTEN = "calliper run, 90 patients to HTML, docx, PDF"
WITH_FIGURES = "calliper run, 90 patients to HTML, docx, PDF, figures"
FIGURES = "svg,pdf,png,tiff"
SCRIPTS = {
    "R, base graphics": ("report_peer.R", "csv", ("survival",)),
    "R, survminer": ("report_peer.R", "docx", ("survival", "survminer", "flextable", "officer")),
    "Python, tableone": ("report_peer.py", "", ("tableone", "lifelines", "matplotlib", "docx")),
}
"""Script, its argument, and the packages it loads. Each makes a table with tests, two curves and twelve Cox models."""
SCRIPT = "script, 90 patients"
"""The job of a script, whoever wrote it."""


@dataclass(frozen=True)
class Command:
    """What is run, under whose name; `out` is the folder that it writes, removed before each run."""

    tool: str
    job: str
    words: tuple[str, ...]
    out: Path | None = None


def time_processes(scratch: Path, runs: int, *, all_of_them: bool = True) -> Iterator[Timing]:
    """Time each command `runs` times after one warm-up; fewer commands, and no scripts, unless all are asked for."""
    for command in _ours(scratch, all_of_them=all_of_them):
        yield time_command(command, runs)
    if all_of_them:
        folder = write_table(scratch)
        for tool in SCRIPTS:
            made = _script(tool, folder)
            yield made if isinstance(made, Timing) else time_command(made, runs)


def time_command(command: Command, runs: int) -> Timing:
    told: list[dict[str, Any]] = []
    for _ in range(runs + 1):
        if command.out is not None:
            shutil.rmtree(command.out, ignore_errors=True)
        words = [sys.executable, "-I", "-S", str(HERE / "measured.py"), *command.words]
        done = subprocess.run(words, capture_output=True, text=True, env=environment(), check=True)
        told.append(json.loads(done.stdout))
        if told[-1]["status"]:
            note = f"failed: {told[-1]['last_words'][:80]}"
            return Timing(command.tool, command.job, SMALL_PATIENTS, note=note)
    return Timing(
        tool=command.tool,
        job=command.job,
        n=SMALL_PATIENTS,
        seconds=tuple(run["seconds"] for run in told[1:]),
        cpu=tuple(run["cpu"] for run in told[1:]),
        peak_mb=max(run["peak_mb"] for run in told),
    )


def write_table(scratch: Path) -> Path:
    """Write 90 simulated patients as cohort.csv, for the scripts: arm, flags, age, time in days, event."""
    folder = scratch / "script"
    folder.mkdir(parents=True, exist_ok=True)
    columns: Columns = block(1, 0, SMALL_PATIENTS)
    names = (*COVARIATES, "time_days", "event")
    rows = zip(*(columns[name].tolist() for name in names))
    lines = [",".join(names), *(",".join(map(str, row)) for row in rows)]
    (folder / "cohort.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _ours(scratch: Path, *, all_of_them: bool) -> list[Command]:
    demo = scratch / "demo"
    study, out = str(demo / "study.yaml"), scratch / "report"
    run = ("run", study, "--out", str(out))
    written = (*run, "--formats", "html,docx,pdf")
    lists: list[tuple[str, tuple[str, ...], Path | None]] = [
        ("calliper --help", ("--help",), None),
        ("calliper demo (cohort, report, comparison)", ("demo", "--out", str(demo)), demo),
        ("calliper check, 90 patients", ("check", study), None),
        (HTML, run, out),
        (WRITTEN, written, out),
    ]
    if all_of_them:
        lists.append((WITH_FIGURES, (*written, "--figures", FIGURES), out))
    calliper = str(Path(sys.executable).with_name("calliper"))
    return [Command("calliper", job, (calliper, *words), folder) for job, words, folder in lists]


def _script(tool: str, folder: Path) -> Command | Timing:
    """The command of a script, or why it cannot be run here."""
    file, argument, packages = SCRIPTS[tool]
    is_r = file.endswith(".R")
    program = shutil.which("Rscript") if is_r else sys.executable
    if program is None:
        return Timing(tool, SCRIPT, SMALL_PATIENTS, note="not installed (Rscript)")
    missing = [name for name in packages if not _has(program, name, is_r=is_r)]
    if missing:
        return Timing(tool, SCRIPT, SMALL_PATIENTS, note=f"not installed ({', '.join(missing)})")
    out = folder / "out"
    script = [*(["--vanilla"] if is_r else []), str(HERE / file), str(folder / "cohort.csv"), str(out)]
    return Command(tool, SCRIPT, (program, *script, argument), out)


def _has(program: str, package: str, *, is_r: bool) -> bool:
    if is_r:
        words = [program, "--vanilla", "-e", f'quit(status = !nzchar(system.file(package = "{package}")))']
    else:
        asked = f"import importlib.util as u; raise SystemExit(u.find_spec('{package}') is None)"
        words = [program, "-c", asked]
    return subprocess.run(words, capture_output=True, env=environment(), check=False).returncode == 0
