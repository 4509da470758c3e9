"""How timings are printed, and held against one another."""

from __future__ import annotations

import statistics
from typing import TypeAlias

import numpy as np
from timing import Timing

Answer: TypeAlias = dict[str, list[float]]

NAMES = {
    "calliper": "Calliper, Polars columns",
    "calliper-arrays": "Calliper, float64 arrays",
    "calliper-loop": "Calliper, a fit at a time",
    "calliper small-fits": "Calliper, all in one call",
    "R": "R survival",
}
PARTS = ("whole", "response", "best", "ttp", "pfs")
"""The parts of the job `lesions`, timed apart."""

TOLERANCE = 1e-6
STOPS_EARLY = {("lifelines", "small-fits"): 1e-4}  # its default precision, 1e-7, shows in few patients


def print_heading() -> None:
    numbers = f"{'seconds':>10}  {'min to max':20}{'runs':>4}{'times ours':>12}{'MB peak':>9}{'MB data':>9}"
    print(f"  {'':26}{numbers}  differs by")


def print_row(timing: Timing, ours: Timing, differing: dict[str, float]) -> None:
    """Print one tool's figures, how many times as long as ours it took, and how far its answer is from ours."""
    name = NAMES.get(f"{timing.tool} {timing.job}") or NAMES.get(timing.tool, timing.tool)
    if timing.median is None:
        print(f"  {name:26}{timing.note:>10}  {ratio(timing, ours)}", flush=True)
        return
    memory = f"{megabytes(timing.peak_mb):>9}{megabytes(timing.loaded_mb):>9}"
    words = in_words(differing, tolerance(timing.tool, timing.job))
    print(
        f"  {name:26}{figures(timing.median):>10}  {spread(timing):20}{len(timing.seconds):4}"
        f"{ratio(timing, ours):>12}{memory}  {words}",
        flush=True,
    )


def print_process(timing: Timing) -> None:
    """Print what one whole process took: seconds, their spread, those of CPU, and the highest memory."""
    name = timing.job if timing.tool == "calliper" else f"{timing.job} ({timing.tool})"
    if timing.median is None:
        print(f"  {name:55}{timing.note}", flush=True)
        return
    used = figures(statistics.median(timing.cpu))
    taken = f"{figures(timing.median):>8}  {spread(timing):16}"
    print(f"  {name:55}{taken}{used:>8} CPU{megabytes(timing.peak_mb):>7} MB", flush=True)


def ratio(peer: Timing, ours: Timing) -> str:
    """How many times as long as ours the peer took; "> 10x" where it was ended before it had done."""
    if ours.median is None or ours.tool == peer.tool:
        return ""
    if peer.median is None:
        return "" if peer.at_least is None else f"> {figures(peer.at_least / ours.median)}x"
    return f"{figures(peer.median / ours.median)}x"


def spread(timing: Timing) -> str:
    return f"{figures(min(timing.seconds))} to {figures(max(timing.seconds))}" if timing.seconds else ""


def megabytes(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def seconds_or_note(timing: Timing) -> str:
    return timing.note if timing.median is None else figures(timing.median)


def seconds_and_cpu(timing: Timing) -> str:
    """The median seconds, and in brackets those of all threads together."""
    if timing.median is None or not timing.cpu:
        return seconds_or_note(timing)
    return f"{figures(timing.median)} ({figures(statistics.median(timing.cpu))})"


def figures(value: float) -> str:
    """Three figures, never as a power of ten.

    >>> figures(1234.5), figures(12.345), figures(1.2), figures(0.00123456)
    ('1,234', '12.3', '1.20', '0.00123')
    """
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 1e-4:
        return f"{value:#.3g}"
    return f"{value:.6f}"


def differences(found: Answer, answer: Answer) -> dict[str, float]:
    """The largest relative difference in each statistic that both give."""
    return {name: _largest(values, answer[name]) for name, values in found.items() if name in answer}


def _largest(found: list[float], answer: list[float]) -> float:
    if len(found) != len(answer) or None in found or None in answer:
        return 0.0 if found == answer else float("inf")
    a, b = np.array(found), np.array(answer)
    return float((np.abs(a - b) / np.maximum(np.abs(b), 1e-12)).max())


def tolerance(tool: str, job: str) -> float:
    return STOPS_EARLY.get((tool, job), TOLERANCE)


def in_words(differing: dict[str, float], most: float) -> str:
    if beyond := beyond_tolerance(differing, most):
        return "; ".join(f"{name} {size:.1e}" for name, size in beyond.items())
    return f"{max(differing.values()):.0e}".replace("0e+00", "0") if differing else ""


def beyond_tolerance(differing: dict[str, float], most: float = TOLERANCE) -> dict[str, float]:
    return {name: size for name, size in differing.items() if not size <= most}
