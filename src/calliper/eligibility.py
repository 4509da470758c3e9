"""Eligibility: who is in the study, and at which criterion the others left.

Rules are three-valued. Every patient is judged on every criterion, so the ledger also shows what a patient who left
early would have met; the patient leaves at the first failed criterion, in the order of the study file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from calliper.endpoints import SCREENED, VERDICTS, Cohort
from calliper.protocol.criteria import parse
from calliper.protocol.specs import Criterion, Protocol
from calliper.records.provenance import source

ARM = "arm"
"""Where a patient leaves who fails no criterion but whose arm is not recorded."""


def select(protocol: Protocol, patients: pl.DataFrame) -> Cohort:
    """Judge every patient on every criterion and divide the patients into included, excluded and pending.

    An inclusion rule must be true and an exclusion rule false. A patient who fails a criterion, or for whom one is
    unknown that says `unknown: exclude`, is excluded, whatever else is unknown; else one without an arm is excluded;
    else one for whom a criterion is unknown that says `unknown: pending` is pending; all others are included.

    Args:
        protocol: its `eligibility` is judged, in its order.
        patients: one row a patient, with every variable and derived variable the rules name.

    Returns:
        The cohort, each frame sorted by patient (the verdicts then in protocol order). `screened` has every patient.
    """
    judges = [_Judge.of(criterion) for criterion in protocol.eligibility]
    frame = patients.sort("patient")
    judged = frame.select(
        "patient", "centre", "arm", source(), *(judge.verdict.alias(judge.column) for judge in judges)
    )
    # decided beside the patients' own columns, which the reasons quote
    screened = frame.select(
        "patient", "centre", "arm", *_decision(judges, frame, judged)
    ).select(pl.col(name).cast(type_) for name, type_ in SCREENED.items())
    return Cohort(
        patients=frame.filter(screened["decision"] == "included"),
        screened=screened,
        verdicts=_verdicts(judges, judged),
    )
