"""Competing risks made by tests/fixtures/r/make_competing_risks.R, and the myeloma cohort of R's survival."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from shared import shared_data

FIXTURE = Path(__file__).resolve().parents[1] / "fixtures" / "r" / "competing_risks.json"
CASES: list[dict[str, Any]] = json.loads(FIXTURE.read_text())["cases"]


def columns(case: dict[str, Any]) -> dict[str, Any]:
    """The columns of a case as arrays; causes are words, and 0 is "censored"."""
    data, n = case["data"], len(case["data"]["time"])
    return {
        "time": np.array(data["time"], dtype=float),
        "cause": np.array([str(c) if c else "censored" for c in data["cause"]], dtype=object),
        "group": np.array(data["group"], dtype=object),
        "stratum": np.broadcast_to(np.array(data["stratum"], dtype=object), n),
    }


def causes(case: dict[str, Any]) -> list[str]:
    """The causes of a case, ascending."""
    return sorted({str(c) for c in case["data"]["cause"] if c})


def mgus2() -> pl.DataFrame:
    """Monoclonal gammopathy: progression to a plasma cell malignancy, or death without it; months."""
    frame = pl.read_csv(shared_data("03_survival_classic/survival_mgus2.csv"), null_values=["NA"])
    progressed, died = pl.col("pstat") == 1, pl.col("death") == 1
    return frame.with_columns(
        etime=pl.when(progressed).then("ptime").otherwise("futime"),
        event=pl.when(progressed)
        .then(pl.lit("pcm"))
        .when(died)
        .then(pl.lit("death"))
        .otherwise(pl.lit("censored")),
    )


def known_answer(name: str) -> Any:
    """One result of the shared known answers."""
    answers = json.loads(shared_data("09_known_answers/r_known_answers.json").read_text())["answers"]
    return next(answer["result"] for answer in answers if answer["id"] == name)


def finegray_pieces(time: np.ndarray, cause: np.ndarray, of: str) -> tuple[np.ndarray, ...]:
    """The rows of survival::finegray: a patient with a competing event goes on in pieces of constant weight."""
    censorings = np.unique(time[cause == "censored"])
    at_risk = [(time >= u).sum() - ((time == u) & (cause != "censored")).sum() for u in censorings]
    gone = [((time == u) & (cause == "censored")).sum() for u in censorings]
    curve = np.concatenate([[1.0], np.cumprod(1 - np.array(gone) / np.array(at_risk))])
    edges, of_interest = np.append(censorings, time.max()), np.unique(time[cause == of])
    rows = []
    for i in range(time.size):
        if cause[i] in (of, "censored"):
            rows.append((i, 0.0, time[i], cause[i] == of, 1.0))
            continue
        j = int(np.searchsorted(edges, time[i]))
        rows.append((i, 0.0, edges[j], False, 1.0))
        for k in range(j + 1, edges.size):
            if ((of_interest > edges[k - 1]) & (of_interest <= edges[k])).any():
                rows.append((i, edges[k - 1], edges[k], False, curve[k] / curve[j]))
    return tuple(np.array(column) for column in zip(*rows))
