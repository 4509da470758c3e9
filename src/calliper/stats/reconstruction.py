"""Patients reconstructed from a published Kaplan-Meier curve and its numbers at risk.

Guyot, Ades, Ouwens, Welton (2012, BMC Med Res Methodol 12, 9): between two printed numbers at risk the censored are
spread evenly, as many as bring the number at risk from one to the other; at each step of the curve as many die as its
height says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate

Floats = npt.NDArray[np.float64]
ROUNDS = 1_000
"""Corrections of the number censored within one interval before it is taken as it is."""


@dataclass(frozen=True, slots=True)
class Reconstructed:
    """Times, (n,), and whether each is a death, (n,): as many patients as were at risk at the start."""

    time: Floats
    event: npt.NDArray[np.bool_]


def reconstruct(
    curve: Sequence[tuple[float, float]],
    at_risk: Sequence[tuple[float, int]],
    *,
    events: int | None = None,
) -> Reconstructed:
    """Reconstruct patients of one arm.

    `curve` has the time and the survival (1 at the start) after each step, in order; `at_risk` the printed times and
    numbers at risk, the first at time 0. `events`, where printed, decides how many are censored after the last of
    them; else they are censored at the rate before it. Raises CannotEstimate where the curve rises, a number at risk
    does, or either is out of order.
    """
    steps = np.array([(0.0, 1.0), *((t, s) for t, s in curve if t > 0)], dtype=float)
    table = np.array(at_risk, dtype=float)
    _refuse(steps, table)
    time, survival = steps[:, 0], steps[:, 1]
    risk_time, risk = table[:, 0], table[:, 1].astype(int)
    starts = np.searchsorted(time, risk_time, side="left")
    made = _Arm(time, survival, int(risk[0]))
    for i in range(len(risk) - 1):
        made.fill(int(starts[i]), int(starts[i + 1]), int(risk[i + 1]), (risk_time[i], risk_time[i + 1]))
    made.finish(int(starts[-1]), risk_time[-1], events)
    return made.patients()


def _refuse(steps: Floats, table: Floats) -> None:
    if len(table) == 0 or table[0, 0] != 0 or table[0, 1] < 1:
        raise CannotEstimate("no patients from a curve: the numbers at risk must begin at time 0")
    if (np.diff(table[:, 0]) <= 0).any() or (np.diff(table[:, 1]) > 0).any():
        raise CannotEstimate("no patients from a curve: times at risk must rise, and numbers must not")
    if (np.diff(steps[:, 0]) < 0).any() or (np.diff(steps[:, 1]) > 1e-9).any():
        raise CannotEstimate("no patients from a curve: its times must rise, and its survival must not")
    if steps[:, 1].min() < 0 or steps[:, 1].max() > 1:
        raise CannotEstimate("no patients from a curve: survival lies from 0 to 1")


class _Arm:
    """The deaths at each step and the censored after it, filled from left to right."""

    def __init__(self, time: Floats, survival: Floats, total: int) -> None:
        self.time, self.survival, self.total = time, survival, total
        self.deaths = np.zeros(len(time), dtype=int)
        self.censored: list[float] = []
        self.height = 1.0  # of the reconstructed curve
        self.n = total

    def fill(self, start: int, end: int, wanted: int, ends: tuple[float, float]) -> None:
        """The steps between two numbers at risk, the number censored corrected until `wanted` are left."""
        low = self._survival_before(end) if end > start else self.height
        first = self._survival_before(start)
        censored = max(round(self.n * low / first) - wanted, 0) if first > 0 else 0
        best = censored, self._tried(start, end, self._spread(censored, ends))
        tried = best[1]
        for _ in range(ROUNDS):
            gap = tried[2] - wanted
            if gap == 0 or censored + gap < 0:
                break
            censored += gap
            tried = self._tried(start, end, self._spread(censored, ends))
            if abs(tried[2] - wanted) < abs(best[1][2] - wanted):
                best = censored, tried
        censored, (deaths, self.height, _) = best
        self.deaths[start:end] = deaths
        self.censored += list(self._spread(censored, ends))
        self.n = wanted

    def finish(self, start: int, since: float, events: int | None) -> None:
        """After the last number at risk: by the events printed, or at the rate of censoring before."""
        last = self.time[-1]
        n, end = self.n, len(self.time)
        if last <= since:
            self.censored += [max(last, since)] * n
            return
        if events is not None:
            wanted = max(events - int(self.deaths.sum()), 0)
            choices = [self._tried(start, end, self._spread(many, (since, last))) for many in range(n + 1)]
            gaps = [abs(int(deaths.sum()) - wanted) for deaths, _, _ in choices]
            many = int(np.argmin(gaps))
        else:
            rate = len(self.censored) / (self.total * since) if since > 0 else 0.0
            many = min(round(rate * n * (last - since) / 2), n)
        deaths, self.height, left = self._tried(start, end, self._spread(many, (since, last)))
        self.deaths[start:end] = deaths
        self.censored += list(self._spread(many, (since, last)))[: n - int(deaths.sum())]
        self.censored += [last] * max(left, 0)

    def _survival_before(self, at: int) -> float:
        return float(self.survival[at - 1]) if at else 1.0

    @staticmethod
    def _spread(many: int, ends: tuple[float, float]) -> Floats:
        """Evenly between two times, neither of them."""
        return ends[0] + (ends[1] - ends[0]) * np.arange(1, many + 1) / (many + 1)

    def _tried(self, start: int, end: int, censored: Floats) -> tuple[npt.NDArray[np.int64], float, int]:
        """The deaths of the steps from `start` to before `end`, the height after them, and who is left."""
        deaths = np.zeros(end - start, dtype=int)
        n, height, gone = self.n, self.height, 0
        before = np.searchsorted(censored, self.time[start:end], side="left")
        for at in range(start, end):
            n -= int(before[at - start]) - gone
            gone = int(before[at - start])
            if n <= 0:
                return deaths, height, 0
            if height > 0:
                died = min(max(round(n * (1 - self.survival[at] / height)), 0), n)
                deaths[at - start] = died
                height *= 1 - died / n
                n -= died
        return deaths, height, n - (len(censored) - gone)

    def patients(self) -> Reconstructed:
        """Everyone, deaths first; where the counts of the curve and of the table disagree, the table's total holds."""
        deaths = np.repeat(self.time, self.deaths)
        deaths = deaths[: self.total]
        censored = np.array(self.censored[: self.total - len(deaths)])
        short = self.total - len(deaths) - len(censored)
        censored = np.concatenate([censored, np.full(short, self.time[-1])])
        event = np.arange(self.total) < len(deaths)
        return Reconstructed(np.concatenate([deaths, censored]), event)
