"""The times and events of one endpoint, in the order of the cohort, and why some patients have none."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import polars as pl

from calliper.endpoints import Endpoint

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class FollowUp:
    """Times and events (NaN where there is none), shape (n,), in the order of the cohort's frame."""

    time: Floats
    event: Floats
    known: Flags
    reasons: tuple[str, ...]  # why there is no time; empty where there is one

    def why_without(self) -> str:
        """`no time: start not recorded (2)`: the reasons of the patients without a time, commonest first."""
        found = Counter(reason for reason, known in zip(self.reasons, self.known, strict=True) if not known)
        listed = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        return "no time: " + ", ".join(f"{reason} ({n})" for reason, n in listed) if listed else ""


def follow_up(patients: pl.DataFrame, endpoint: Endpoint) -> FollowUp:
    """Put the endpoint's times beside the patients; a patient without a row, a time or an event has none."""
    frame = patients.select("patient").join(endpoint.frame, on="patient", how="left", maintain_order="left")
    time = frame["time"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    event = frame["event"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    known = ~(np.isnan(time) | np.isnan(event))
    return FollowUp(time, event, known, tuple(frame["reason"].fill_null("not recorded").to_list()))
