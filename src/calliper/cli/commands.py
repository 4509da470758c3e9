"""The commands of the command line, each a thin call of the study; the exit code is what they return."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .progress import showing

if TYPE_CHECKING:
    from ..pipeline import Progress
    from ..records.tables import Records
    from ..study import Study


def run(study: Path, out: Path) -> int:
    """Run a study and write its report folder."""
    with showing() as progress:
        folder = _held(study, progress).report(out)
    print(f"Report: {folder / 'report.html'}")
    return 0


def check(study: Path) -> int:
    """Read and check a study's file and records, printing every problem; 0 when nothing stops a run, else 1."""
    from ..pipeline import stopping_errors

    with showing() as progress:
        held = _held(study, progress)
        records = held.check()
        published = held.published
    for problem in records.problems:
        print(f"{problem.severity}: {problem.line}")
    print(_counted(records))
    if published is not None:
        print(f"{len(published.claims)} published numbers to compare with.")
    return 1 if stopping_errors(held.loaded, records) else 0


def demo(out: Path) -> int:
    """Build an invented cohort after a published study, run the study on it, and compare the two."""
    from ..audit.page import short_table
    from ..synth.demo import write_demo

    with showing() as progress:
        progress("Writing the invented cohort")
        write_demo(out)
        held = _held(out / "study.yaml", progress)
        folder = held.report(out / "report")
    print("INVENTED DATA: no patient is described.\n")
    print(short_table(held.comparisons))
    print(f"\nStudy:  {(out / 'study.yaml').resolve()}")
    print(f"Report: {folder / 'report.html'}")
    return 0


def schema() -> int:
    """Print the JSON Schema of the study file."""
    from ..protocol.schema import schema_text

    sys.stdout.write(schema_text())
    return 0


def _held(study: Path, progress: Progress) -> Study:
    """The study of this file, showing its steps."""
    from ..study import Study, load

    return Study(load(study).loaded, progress)


def _counted(records: Records) -> str:
    errors = sum(problem.severity == "error" for problem in records.problems)
    rows = ", ".join(f"{name} {n}" for name, n in records.n_read.items())
    return f"Rows read: {rows}. Errors: {errors}. Queries: {len(records.problems) - errors}."
