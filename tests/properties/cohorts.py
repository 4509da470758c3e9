"""Cohorts that Hypothesis draws: few distinct times, so that most are tied, and whole covariates."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from hypothesis import strategies as st

from calliper.errors import CannotEstimate
from calliper.stats.cox import CoxFit, fit_cox
from calliper.summaries.cause_table import CauseTable, cause_tables
from calliper.summaries.risk_table import RiskTable, risk_table, risk_tables

GROUPS = ("a", "b", "c")
CAUSES = ("pd", "death")
TIES = ("efron", "breslow", "discrete")
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Cohort:
    """Columns of one cohort, shape (n,), and X of shape (n, 2); `cause` is "censored" where there is no event."""

    entry: np.ndarray
    time: np.ndarray
    cause: np.ndarray
    group: np.ndarray
    X: np.ndarray

    @property
    def event(self) -> np.ndarray:
        return self.cause != "censored"

    @property
    def table(self) -> RiskTable:
        return risk_table(self.time, self.event, entry=self.entry)

    @property
    def tables(self) -> dict[str, RiskTable]:
        return risk_tables(self.time, self.event, self.group, groups=GROUPS, entry=self.entry)

    @property
    def causes(self) -> dict[str, CauseTable]:
        return cause_tables(self.time, self.cause, self.group, causes=CAUSES, groups=GROUPS)

    def cox(self, ties: str = "efron", **options: object) -> CoxFit | None:
        entry = self.entry if self.entry.any() else None
        return possible(fit_cox, self.time, self.event, self.X, ties=ties, entry=entry, **options)

    def rows(self, chosen: np.ndarray) -> Cohort:
        columns = ("entry", "time", "cause", "group", "X")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def with_patient(self, time: float, cause: str, group: str, x: tuple[float, float]) -> Cohort:
        return Cohort(
            entry=np.append(self.entry, 0.0),
            time=np.append(self.time, time),
            cause=np.append(self.cause, cause),
            group=np.append(self.group, group),
            X=np.vstack([self.X, x]),
        )


def possible(estimate: Callable[..., T], *arguments: object, **options: object) -> T | None:
    """The estimate, or None where the data are refused: then both sides of a property must refuse them."""
    try:
        return estimate(*arguments, **options)
    except CannotEstimate:
        return None


def _cohort(patients: list[tuple[int, int, str, str, int, int]], late: bool) -> Cohort:
    entry, span, cause, group, x, z = (list(column) for column in zip(*patients))
    start = np.array(entry, dtype=float) if late else np.zeros(len(entry))
    return Cohort(
        entry=start,
        time=start + np.array(span, dtype=float),
        cause=np.array(cause, dtype=object),
        group=np.array(group, dtype=object),
        X=np.column_stack([x, z]).astype(float),
    )


def _drawn(seed: int) -> list[tuple[int, int, str, str, int, int]]:
    draw = random.Random(seed)  # noqa: S311 - the same cohort every time
    last, chance = draw.choice([4, 12, 40]), draw.choice([0.3, 0.7, 0.95])
    return [
        (
            draw.randint(0, 4),
            draw.randint(1, last),
            draw.choice(CAUSES) if draw.random() < chance else "censored",
            draw.choice(GROUPS),
            draw.randint(-4, 4),
            draw.randint(0, 1),
        )
        for _ in range(draw.randint(8, 40))
    ]


_PATIENT = st.tuples(
    st.integers(0, 4),
    st.integers(1, 10),
    st.sampled_from([*CAUSES, "censored"]),
    st.sampled_from(GROUPS),
    st.integers(-4, 4),
    st.integers(0, 1),
)
# Hypothesis looks for odd cohorts, in which little can be estimated; those drawn at random are ordinary.
_PATIENTS = st.one_of(st.lists(_PATIENT, min_size=2, max_size=30), st.integers(0, 10**6).map(_drawn))

cohorts = st.builds(_cohort, _PATIENTS, st.just(False))
late_cohorts = st.builds(_cohort, _PATIENTS, st.just(True))
