"""Which of several exclusive events ended each patient's time, in the order of the cohort."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.analyses.follow_up import Flags, FollowUp, follow_up
from calliper.analyses.groups import Groups
from calliper.endpoints import Endpoint
from calliper.summaries.cause_table import CauseTable, cause_tables

Words: TypeAlias = npt.NDArray[Any]

CENSORED = ""
"""Stands in place of a cause; no event can be called so."""


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The times of an endpoint and what ended them.

    `words` has each cause in words by its name in results, the endpoint's own event first. `ended_by`, shape (n,), has
    these words, or CENSORED, in the order of the cohort's frame; the words stand in the sentences of a refusal.
    """

    times: FollowUp
    ended_by: Words
    words: Mapping[str, str]

    def one_cause(self, cause: str) -> FollowUp:
        """The times with the events of one cause, in which the others censor: those of its hazard."""
        is_own = self.ended_by == self.words[cause]
        return replace(self.times, event=np.where(self.times.known, is_own.astype(np.float64), np.nan))

    def tables(self, groups: Groups, used: Flags) -> dict[str, CauseTable]:
        """The counts of each group, of the patients used."""
        return cause_tables(
            self.times.time[used],
            self.ended_by[used],
            groups.of_patient.filter(used).to_numpy(),
            causes=tuple(self.words.values()),
            groups=groups.names,
            censored=CENSORED,
        )


def read_outcomes(patients: pl.DataFrame, endpoint: Endpoint, words: Mapping[str, str]) -> Outcomes:
    """Put the endpoint's times and causes beside the patients; `words` has each cause in words by its name."""
    causes = endpoint.frame.select("patient", "cause")
    frame = patients.select("patient").join(causes, on="patient", how="left", maintain_order="left")
    ended_by = frame["cause"].replace_strict(dict(words), return_dtype=pl.String).fill_null(CENSORED)
    return Outcomes(follow_up(patients, endpoint), ended_by.to_numpy().astype(object), words)
