"""Calliper against R's survival, lifelines, scikit-survival and statsmodels, in one run. See docs/benchmarks.md.

Every job of every tool runs in a process of its own on the same data. Absolute times drift with the machine: the
ratios of one run are what counts.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from aims import print_aims
from app_load import print_load
from audit_power import print_power
from data import SMALL_FITS, SMALL_PATIENTS, write_cohort, write_parquet, write_resamples
from lesion_data import rows_of_lesions, write_lesions
from machine import print_machine
from process import time_processes
from table import (
    PARTS,
    beyond_tolerance,
    differences,
    print_heading,
    print_process,
    print_row,
    seconds_and_cpu,
    seconds_or_note,
    tolerance,
)
from text_files import print_reading
from timing import Cohort, Limits, Timing, time_job

PYTHON = ("lifelines", "scikit-survival", "statsmodels")
OURS = ("calliper", "calliper-arrays")
KM = (*OURS, "R", *PYTHON)
COX = (*OURS, "R coxph", "R coxph.fit", *PYTHON)
SMALL = ("calliper", "calliper-loop", "R coxph", "R coxph.fit", *PYTHON)
COMPARED = {
    "km-days": ("Kaplan-Meier of two arms, medians with limits, log-rank; whole days", KM),
    "km-cont": ("Kaplan-Meier of two arms, medians with limits, log-rank; continuous times", KM),
    "cox-days": ("Cox, 11 covariates, Efron; whole days", COX),
    "cox-cont": ("Cox, 11 covariates, Efron; continuous times", COX),
}
JOBS = (*COMPARED, "small-fits", "growth", "lesions", "process", "text", "audit", "page")
SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
ROWS_READ = {"quick": 100_000, "usual": 1_000_000, "full": 3_000_000}
"""Rows of the text file that is read, by plan."""
AUDITED = {"quick": 100, "usual": 500, "full": 2_000}
"""Papers of the audit's job, by plan."""
LOADED = {"quick": 6, "usual": 30, "full": 30}
"""Sessions at the page at once, by plan."""
DISK_A_PATIENT = 40  # bytes, at most
LESION_DISK_A_PATIENT = 1_000


@dataclass(frozen=True)
class Plan:
    """How far a run goes: the largest cohort of each comparison, the cohorts of the growths, and the limits.

    `process_runs` is how often a whole process is run; where it is 1, the longest ones and the scripts are left out.
    """

    largest: dict[str, int]
    growth: tuple[int, ...]
    lesions: tuple[int, ...]
    limits: Limits
    lasts: str
    process_runs: int = 5


PLANS = {
    "quick": Plan(
        largest=dict.fromkeys(COMPARED, 100_000),
        growth=(100_000, 1_000_000),
        lesions=(1_000, 10_000),
        limits=Limits(runs=15, patience=1, budget=10),
        lasts="about five minutes",
        process_runs=1,
    ),
    "usual": Plan(
        largest=dict.fromkeys(COMPARED, 1_000_000) | {"km-days": 10_000_000},
        growth=(1_000_000, 10_000_000),
        lesions=(1_000, 10_000, 100_000),
        limits=Limits(runs=15, patience=2, budget=20),
        lasts="about eighteen minutes",
    ),
    "full": Plan(
        largest=dict.fromkeys(COMPARED, 10_000_000),
        growth=(1_000_000, 10_000_000, 100_000_000),
        lesions=(1_000, 10_000, 100_000),
        limits=Limits(runs=15, patience=20, budget=300),
        lasts="an hour or two",
    ),
}


@dataclass
class Bench:
    """The timings of this run as they come in, by tool, job and size; answers that differ from ours, and failures."""

    scratch: Path
    limits: Limits
    tools: Sequence[str]
    timings: dict[tuple[str, str, int], Timing] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def compare(self, job: str, sizes: Sequence[int]) -> None:
        title, tools = COMPARED[job]
        small = write_cohort(self.scratch / "cohort-1000", 1_000)
        for n in sizes:
            if self._lacks_disk(n):
                continue
            cohort = Cohort(n, write_cohort(self.scratch / f"cohort-{n}", n), small)
            self._side_by_side(f"{title}, {n:,} patients", job, cohort, tools)

    def small_fits(self) -> None:
        title = f"{SMALL_FITS:,} small Cox fits: bootstrap samples of {SMALL_PATIENTS} patients, 4 covariates"
        folder = write_resamples(self.scratch / "resamples", SMALL_FITS)
        small = write_resamples(self.scratch / "few-resamples", 5)
        self._side_by_side(title, "small-fits", Cohort(SMALL_FITS, folder, small), SMALL)

    def growth(self, sizes: Sequence[int]) -> None:
        """Ours from a folder of Parquet files, a partition in memory at a time."""
        print("\nGrowth, whole days, streamed from Parquet files: median seconds, highest MB of a process")
        print(
            "  Kaplan-Meier: files to medians and log-rank. Cox: 11 covariates, files to sums, then the fit."
        )
        print(
            f"  {'patients':>12}{'Kaplan-Meier':>14}{'MB':>8}{'Cox: read':>12}{'fit':>8}{'MB':>8}{'MB on disk':>12}"
        )
        small = write_parquet(self.scratch / "parquet-1000", 1_000)
        for n in sizes:
            if self._lacks_disk(n):
                continue
            cohort = Cohort(n, write_parquet(self.scratch / f"parquet-{n}", n), small)
            km, read, fit = (
                self._time("calliper", f"growth-{part}", cohort) for part in ("km", "read", "fit")
            )
            # the process of the fit has read the files before: both peaks are of one path
            highest = max(read.peak_mb or 0.0, fit.peak_mb or 0.0)
            self.timings["calliper", "growth-fit", n] = replace(fit, peak_mb=highest)
            disk = sum(path.stat().st_size for path in cohort.folder.iterdir()) / 2**20
            print(
                f"  {n:12,}{seconds_or_note(km):>14}{km.peak_mb or 0:8,.0f}{seconds_or_note(read):>12}"
                f"{seconds_or_note(fit):>8}{highest:8,.0f}{disk:12,.0f}",
                flush=True,
            )

    def lesions(self, sizes: Sequence[int]) -> None:
        """Ours alone: no peer derives response from lesions."""
        print(
            "\nResponse and endpoints from lesions, 8 scans of 3 lesions a patient: median seconds (of CPU)"
        )
        print(
            "  response: every scan's, with its reason. best: confirmed. whole: these, two landmarks, TTP, PFS."
        )
        print("  No peer is known that derives these; admiral (R) starts from scans already judged.")
        heads = "".join(f"{part:>18}" for part in PARTS)
        print(f"  {'patients':>10}{heads}{'rows a second':>16}{'MB':>8}")
        small = write_lesions(self.scratch / "lesions-100", 100)
        for n in sizes:
            if self._lacks_disk(n, LESION_DISK_A_PATIENT):
                continue
            cohort = Cohort(n, write_lesions(self.scratch / f"lesions-{n}", n), small)
            parts = [self._time("calliper", f"lesions-{part}", cohort) for part in PARTS]
            taken = "".join(f"{seconds_and_cpu(timing):>18}" for timing in parts)
            rows = rows_of_lesions(cohort.folder) / (parts[0].median or float("inf"))
            print(f"  {n:10,}{taken}{rows:16,.0f}{parts[0].peak_mb or 0:8,.0f}", flush=True)

    def processes(self, runs: int) -> None:
        """A few commands once; or all of them, with the scripts that people write instead."""
        times = "one run" if runs == 1 else f"{runs} runs"
        print(
            f"\nWhole processes: median (min to max) seconds of {times} after one warm-up, CPU seconds, highest MB"
        )
        for timing in time_processes(self.scratch, runs, all_of_them=runs > 1):
            self.timings[timing.tool, timing.job, timing.n] = timing
            print_process(timing)
            if timing.note.startswith("failed"):
                self.wrong.append(f"{timing.job}, {timing.tool}: {timing.note}")

    def _side_by_side(self, title: str, job: str, cohort: Cohort, tools: Sequence[str]) -> None:
        print(f"\n{title}")
        print_heading()
        ours = Timing("calliper", job, cohort.n)
        answer: dict[str, list[float]] = {}
        for tool in (tool for tool in tools if tool in self.tools):
            timing = self._time(tool, job, cohort)
            ours = timing if tool == ours.tool else ours
            differing = differences(timing.answer, answer)
            print_row(timing, ours, differing)
            most = tolerance(tool, job)
            if beyond := beyond_tolerance(differing, most):
                self.wrong.append(f"{job}, {cohort.n:,}, {tool}: {', '.join(beyond)} beyond {most:g}")
            answer = answer or timing.answer

    def _time(self, tool: str, job: str, cohort: Cohort) -> Timing:
        """Time a tool, unless it could not keep within the budget with fewer patients."""
        past = [timing for timing in self.timings.values() if (timing.tool, timing.job) == (tool, job)]
        ended = next((timing for timing in past if timing.at_least), None)
        if ended is None:
            timing = time_job(tool, job, cohort, self.limits)
        else:
            note = f"not run: over {ended.at_least:g} s for {ended.n:,} patients"
            timing = Timing(tool, job, cohort.n, note=note)
        self.timings[tool, job, cohort.n] = timing
        if timing.note.startswith("failed"):
            self.wrong.append(f"{job}, {cohort.n:,}, {tool}: {timing.note}")
        return timing

    def _lacks_disk(self, n: int, a_patient: int = DISK_A_PATIENT) -> bool:
        free, needed = shutil.disk_usage(self.scratch).free, n * a_patient
        if free < needed:
            print(
                f"\n{n:,} patients not run: {self.scratch} has {free / 1e9:.1f} GB free, of {needed / 1e9:.1f}"
            )
        return free < needed


def main() -> None:
    options = read_options()
    plan = PLANS[options.plan]
    limits = replace(plan.limits, budget=options.budget or plan.limits.budget)
    print(__doc__)
    print_machine()
    print(
        f"Median of up to {limits.runs} runs while {limits.patience:g} s last, data in memory, after a warm-up on a"
        f" small cohort; a run of over {limits.budget:g} s is ended.\n"
        f"The {options.plan} plan lasts {plan.lasts}; --quick, --full and --help change it."
    )
    with tempfile.TemporaryDirectory(prefix="calliper-bench-", dir=options.scratch) as folder:
        bench = Bench(Path(folder), limits, options.tools)
        for job in (job for job in COMPARED if job in options.jobs):
            bench.compare(job, [n for n in options.sizes or SIZES if options.sizes or n <= plan.largest[job]])
        if "small-fits" in options.jobs:
            bench.small_fits()
        if "growth" in options.jobs:
            bench.growth(options.sizes or plan.growth)
        if "lesions" in options.jobs:
            bench.lesions(options.sizes or plan.lesions)
        if "process" in options.jobs:
            bench.processes(plan.process_runs)
        if "text" in options.jobs and (others := print_reading(ROWS_READ[options.plan])):
            bench.wrong.append(f"text: {others} ways read another table")
        if "audit" in options.jobs and (accused := print_power(AUDITED[options.plan])):
            bench.wrong.append(f"audit: {accused} true papers are accused")
        if "page" in options.jobs and (lost := print_load(LOADED[options.plan])):
            bench.wrong.append(f"page: {lost} sessions lost or mixed something")
    print_aims(bench.timings)
    if options.json:
        told = [asdict(timing) for timing in bench.timings.values()]
        options.json.write_text(json.dumps(told, indent=1), encoding="utf-8")
    if bench.wrong:
        sys.exit("\n".join(["\nAnswers that differ from ours, and failures:", *bench.wrong]))


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time Calliper beside its peers.")
    plans = parser.add_mutually_exclusive_group()
    for name in ("quick", "full"):
        words = f"{PLANS[name].lasts}, to {max(PLANS[name].growth):,} patients"
        plans.add_argument(f"--{name}", dest="plan", action="store_const", const=name, help=words)
    parser.add_argument("--jobs", nargs="+", choices=JOBS, default=JOBS, metavar="JOB", help=", ".join(JOBS))
    parser.add_argument("--sizes", nargs="+", type=int, metavar="N", help="these numbers of patients instead")
    tools = sorted({*KM, *COX, *SMALL})
    parser.add_argument(
        "--tools", nargs="+", choices=tools, default=tools, metavar="TOOL", help=", ".join(tools)
    )
    parser.add_argument(
        "--budget", type=float, metavar="S", help="end a run that takes more seconds than this"
    )
    parser.add_argument("--scratch", type=Path, metavar="DIR", help="where to make the cohorts")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every timing there as well")
    options = parser.parse_args()
    options.plan = options.plan or "usual"
    return options


if __name__ == "__main__":
    main()
