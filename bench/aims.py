"""What we aim at, and whether this run reached it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from process import HTML, WITH_FIGURES
from table import figures, ratio
from timing import Timing

Timings: TypeAlias = Mapping[tuple[str, str, int], Timing]
PYTHON = ("lifelines", "scikit-survival", "statsmodels")


@dataclass(frozen=True)
class Ratio:
    """At n patients, each of `peers` takes at least `times` as long as we do."""

    job: str
    n: int
    peers: tuple[str, ...]
    times: float

    def __str__(self) -> str:
        rival = "the fastest Python peer" if self.peers == PYTHON else self.peers[0]
        return f"{self.job}, {self.n:,}: >= {self.times:g}x {rival}"


@dataclass(frozen=True)
class Ceiling:
    """At n patients we take under `most` seconds, or under `most` MB."""

    job: str
    n: int
    most: float
    unit: str

    def __str__(self) -> str:
        return f"{self.job}, {self.n:,}: under {self.most:,g} {self.unit}"


@dataclass(frozen=True)
class Linear:
    """From `n` to `more` patients our time, or our memory, grows no more than they do, a tenth apart."""

    job: str
    n: int
    more: int
    unit: str

    def __str__(self) -> str:
        return f"{self.job}, {self.n:,} to {self.more:,}: {self.unit} linear"


Aim: TypeAlias = Ratio | Ceiling | Linear

AIMS: tuple[Aim, ...] = (
    Ratio("km-days", 10_000_000, ("R",), 500),
    Ratio("km-days", 10_000_000, PYTHON, 20),
    Ratio("cox-days", 1_000_000, ("R coxph",), 80),
    Ratio("cox-days", 1_000_000, ("lifelines",), 40),
    Ratio("cox-days", 1_000_000, ("R coxph.fit",), 18),
    Ratio("cox-days", 10_000_000, ("R coxph",), 200),
    Ratio("cox-cont", 1_000_000, ("R coxph",), 20),
    Ratio("cox-cont", 1_000_000, ("lifelines",), 200),
    Ratio("cox-cont", 1_000_000, ("R coxph.fit",), 3),
    Ceiling("growth-read", 100_000_000, 60, "s"),
    Ceiling("growth-fit", 100_000_000, 10, "s"),
    Ceiling("growth-fit", 100_000_000, 4096, "MB"),
    Linear("growth-read", 10_000_000, 100_000_000, "s"),
    Linear("growth-fit", 10_000_000, 100_000_000, "s"),
    Linear("growth-fit", 10_000_000, 100_000_000, "MB"),
    Ceiling("small-fits", 1_000, 1, "s"),
    Ratio("small-fits", 1_000, ("lifelines",), 50),
    Ceiling("lesions-whole", 100_000, 10, "s"),
    Linear("lesions-whole", 10_000, 100_000, "s"),
    Ceiling(HTML, 90, 1.5, "s"),
    Ceiling(WITH_FIGURES, 90, 4, "s"),
)


def print_aims(timings: Timings) -> None:
    print("\nAims")
    for aim in AIMS:
        reached, met = judge(aim, timings)
        print(f"  {aim!s:72}{reached:>14}  {met}")


def judge(aim: Aim, timings: Timings) -> tuple[str, str]:
    """What was reached, and "met", "not met", or why it cannot be said."""
    ours = timings.get(("calliper", aim.job, aim.n))
    if ours is None or ours.median is None:
        return "", "not measured" if ours is None else ours.note
    if isinstance(aim, Ceiling):
        value = _measure(ours, aim.unit)
        return f"{figures(value)} {aim.unit}", "met" if value < aim.most else "not met"
    if isinstance(aim, Linear):
        larger = timings.get(("calliper", aim.job, aim.more))
        if larger is None or larger.median is None:
            return "", "not measured" if larger is None else larger.note
        growth, patients = _measure(larger, aim.unit) / _measure(ours, aim.unit), aim.more / aim.n
        return f"{figures(growth)}x for {patients:g}x", "met" if growth <= 1.1 * patients else "not met"
    return _judge_ratio(aim, ours, timings)


def _judge_ratio(aim: Ratio, ours: Timing, timings: Timings) -> tuple[str, str]:
    measured = [timings[key] for peer in aim.peers if (key := (peer, aim.job, aim.n)) in timings]
    taken = [(peer.median or peer.at_least or 0.0, peer) for peer in measured if peer.median or peer.at_least]
    if not taken or ours.median is None:
        return "", measured[0].note if measured else "not measured"
    seconds, fastest = min(taken, key=lambda pair: pair[0])
    if seconds / ours.median >= aim.times:
        return ratio(fastest, ours), "met"
    # a peer that was ended early takes longer than this, and how much longer is not known
    return ratio(fastest, ours), "not met" if fastest.median else "not known"


def _measure(timing: Timing, unit: str) -> float:
    return (timing.median if unit == "s" else timing.peak_mb) or 0.0
