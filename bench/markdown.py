"""The tables of docs/benchmarks.md, from the timings that `bench/run.py --json FILE` kept.

python bench/markdown.py FILE prints them: median seconds, and how many times as long as ours.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from aims import AIMS, judge
from table import NAMES, PARTS, figures, megabytes, ratio, seconds_and_cpu, seconds_or_note
from timing import Timing

COMPARED = ("km-days", "km-cont", "cox-days", "cox-cont", "small-fits")


def main() -> None:
    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    timings = [Timing(**timing) for timing in told]
    for job in COMPARED:
        print_comparison(job, [timing for timing in timings if timing.job == job])
    print_growth([timing for timing in timings if timing.job.startswith("growth")])
    print_lesions({(timing.job, timing.n): timing for timing in timings if timing.job.startswith("lesions")})
    print("\n| aim | reached | |\n|---|---|---|")
    by_key = {(timing.tool, timing.job, timing.n): timing for timing in timings}
    for aim in AIMS:
        print(f"| {aim} | {' | '.join(judge(aim, by_key))} |")


def print_comparison(job: str, timings: list[Timing]) -> None:
    sizes = sorted({timing.n for timing in timings})
    if not sizes:
        return
    print(f"\n| {job} | " + " | ".join(f"{n:,}" for n in sizes) + " |\n|---" + "|---" * len(sizes) + "|")
    ours = {timing.n: timing for timing in timings if timing.tool == "calliper"}
    for tool in dict.fromkeys(timing.tool for timing in timings):
        held = {timing.n: timing for timing in timings if timing.tool == tool}
        cells = [cell(held[n], ours.get(n)) if n in held else "" for n in sizes]
        print(f"| {NAMES.get(f'{tool} {job}') or NAMES.get(tool, tool)} | {' | '.join(cells)} |")


def cell(timing: Timing, ours: Timing | None) -> str:
    times = ratio(timing, ours) if ours else ""
    if timing.median is None:
        told = "-" if timing.note.startswith("not run") else timing.note
    else:
        told = figures(timing.median)
    return f"{told} ({times})" if times else told


def print_growth(timings: list[Timing]) -> None:
    if not timings:
        return
    print("\n| patients | Kaplan-Meier from files, s | Cox: read, s | fit, s | MB |\n|---|---|---|---|---|")
    for n in sorted({timing.n for timing in timings}):
        km, read, fit = (
            next(timing for timing in timings if (timing.job, timing.n) == (f"growth-{part}", n))
            for part in ("km", "read", "fit")
        )
        cells = [*map(seconds_or_note, (km, read, fit)), megabytes(fit.peak_mb)]
        print(f"| {n:,} | {' | '.join(cells)} |")


def print_lesions(timings: dict[tuple[str, int], Timing]) -> None:
    if not timings:
        return
    print("\n| patients | " + " | ".join(PARTS) + " | MB |\n|---" + "|---" * len(PARTS) + "|---|")
    for n in sorted({n for _, n in timings}):
        parts = [timings[f"lesions-{part}", n] for part in PARTS]
        print(f"| {n:,} | {' | '.join(map(seconds_and_cpu, parts))} | {megabytes(parts[0].peak_mb)} |")


if __name__ == "__main__":
    main()
