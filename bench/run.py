"""Time Calliper as a person meets it, and its kernels against a peer in the same run.

Prints the median of several runs. Absolute times drift with the machine; the ratios are what counts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

RUNS = 7


def main() -> None:
    print("Whole processes, median (min to max) seconds of", RUNS, "runs after one warm-up")
    calliper = Path(sys.executable).with_name("calliper")
    with tempfile.TemporaryDirectory() as scratch:
        demo = Path(scratch) / "demo"
        process("calliper --help", [str(calliper), "--help"])
        process("calliper demo (cohort, report, comparison)", [str(calliper), "demo", "--out", str(demo)])
        process("calliper check, 90 patients", [str(calliper), "check", str(demo / "study.yaml")])
        process(
            "calliper run, 90 patients to HTML",
            [str(calliper), "run", str(demo / "study.yaml"), "--out", str(demo / "report")],
        )
    print("\nKernels against lifelines in this run, median seconds and how many times faster")
    for n in (90, 1_000, 100_000):
        kernels(n)


def process(name: str, command: list[str]) -> None:
    # people keep compiled modules; a machine that does not would be timed compiling them
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run(command, check=True, capture_output=True, env=environment)

    times = timed(run)
    print(f"  {name:45} {statistics.median(times):7.3f} ({min(times):.3f} to {max(times):.3f})")


def timed(run: Callable[[], object], runs: int = RUNS) -> list[float]:
    run()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return times


def kernels(n: int) -> None:
    import pandas as pd
    from lifelines import CoxPHFitter, KaplanMeierFitter
    from lifelines.statistics import logrank_test

    from calliper.stats.cox import fit_cox
    from calliper.stats.logrank import logrank
    from calliper.stats.survival import kaplan_meier, quantile
    from calliper.summaries.risk_table import risk_tables

    rng = np.random.default_rng(1)
    arm = rng.integers(0, 2, n)
    covariates = np.column_stack([arm, rng.integers(0, 2, (n, 2)), rng.integers(30, 80, n)]).astype(float)
    time_to_event = np.ceil(rng.exponential(500 * np.exp(0.4 * arm), n))
    event = (rng.random(n) < 0.7).astype(int)
    group = np.where(arm == 1, "b", "a")
    frame = pd.DataFrame(covariates, columns=["arm", "x1", "x2", "age"]).assign(
        time=time_to_event, event=event
    )

    def ours_km() -> None:
        tables = risk_tables(time_to_event, event, group, groups=("a", "b"))
        for table in tables.values():
            quantile(kaplan_meier(table), 0.5)
        logrank(tables)

    def peer_km() -> None:
        for held in (0, 1):
            KaplanMeierFitter().fit(time_to_event[arm == held], event[arm == held]).median_survival_time_  # noqa: B018
        logrank_test(time_to_event[arm == 0], time_to_event[arm == 1], event[arm == 0], event[arm == 1])

    versus(f"Kaplan-Meier, medians, log-rank, n = {n:,}", ours_km, peer_km)
    versus(
        f"Cox, Efron, 4 covariates, n = {n:,}",
        lambda: fit_cox(time_to_event, event, covariates),
        lambda: CoxPHFitter().fit(frame, "time", "event"),
    )


def versus(name: str, ours: Callable[[], object], peer: Callable[[], object]) -> None:
    a, b = statistics.median(timed(ours, 5)), statistics.median(timed(peer, 5))
    print(f"  {name:45} {a:9.5f}  lifelines {b:9.5f}  {b / a:6.1f}x")


if __name__ == "__main__":
    main()
