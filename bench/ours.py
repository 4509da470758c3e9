"""Calliper's side of each job.

"calliper" is given what its readers give it, Polars columns of compact types; "calliper-arrays" the very float64
arrays that the Python peers are given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from child import Answer, Task
from data import COVARIATES, SMALL_COVARIATES, SMALL_PATIENTS, column, floats

from calliper.stats.logrank import logrank
from calliper.stats.survival import kaplan_meier, quantile

ARMS = ("control", "treated")


def km_frame(folder: Path, clock: str) -> Callable[[], Any]:
    from calliper.summaries.risk_table import risk_tables

    arm = pl.Series(column(folder, "arm")).cat.to(pl.Enum(ARMS))
    time, event = pl.Series(column(folder, clock)), pl.Series(column(folder, "event"))
    return lambda: _curves(risk_tables(time, event, arm, groups=ARMS))


def km_arrays(folder: Path, clock: str) -> Callable[[], Any]:
    from calliper.summaries.risk_table import risk_table

    time, event, arm = floats(folder, (clock, "event", "arm")).T.copy()

    def work() -> Any:
        return _curves({ARMS[g]: risk_table(time[arm == g], event[arm == g]) for g in (0, 1)})

    return work


def _curves(tables: Any) -> Any:
    medians = [quantile(kaplan_meier(tables[name]), 0.5) for name in ARMS]
    return tables, medians, logrank(tables)


def km_answer(found: Any) -> Answer:
    tables, medians, test = found
    loglog = [quantile(kaplan_meier(tables[name], interval="log-log"), 0.5) for name in ARMS]
    return {
        "median": [m.value for m in medians],
        "limits on the log scale": [x for m in medians for x in (m.lower, m.upper)],
        "limits on the log-log scale": [x for m in loglog for x in (m.lower, m.upper)],
        "log-rank": [test.chi2],
    }


def cox_frame(folder: Path, clock: str) -> Callable[[], Any]:
    from calliper.stats.cox_counted import fit_cox_rows
    from calliper.summaries.cox_rows import cox_rows

    columns = {"time": column(folder, clock), "event": column(folder, "event")}
    frame = pl.DataFrame(columns | {name: column(folder, name) for name in COVARIATES})
    return lambda: fit_cox_rows(cox_rows(frame, time="time", event="event", covariates=COVARIATES))


def cox_arrays(folder: Path, clock: str) -> Callable[[], Any]:
    from calliper.stats.cox import fit_cox

    (time, event), X = floats(folder, (clock, "event")).T.copy(), floats(folder)
    return lambda: fit_cox(time, event, X)


def cox_answer(fit: Any) -> Answer:
    return {
        "hazard ratios": np.exp(fit.coefficients).tolist(),
        "standard errors": fit.standard_errors.tolist(),
    }


def small_batch(folder: Path) -> Callable[[], Any]:
    from calliper.stats.cox_batch import fit_many
    from calliper.stats.cox_data import cox_data

    time, event = floats(folder, ("time_days", "event")).T.copy()
    data = cox_data(time, event, floats(folder, SMALL_COVARIATES))
    samples = column(folder, "rows").reshape(-1, SMALL_PATIENTS)

    def work() -> Any:
        counts = [np.bincount(rows, minlength=SMALL_PATIENTS) for rows in samples]
        return fit_many(data, counts=np.array(counts)).coefficients

    return work


def small_loop(folder: Path) -> Callable[[], Any]:
    from calliper.stats.cox import fit_cox

    (time, event), X = floats(folder, ("time_days", "event")).T.copy(), floats(folder, SMALL_COVARIATES)
    samples = column(folder, "rows").reshape(-1, SMALL_PATIENTS)
    return lambda: np.array([fit_cox(time[rows], event[rows], X[rows]).coefficients for rows in samples])


def small_answer(coefficients: Any) -> Answer:
    return {"hazard ratios": np.exp(coefficients).ravel().tolist()}


def growth_km(folder: Path) -> Callable[[], Any]:
    from calliper.summaries.risk_table import RiskTable, risk_tables
    from calliper.summaries.stream import partitions

    def work() -> Any:
        tables = dict.fromkeys(ARMS, RiskTable())
        for frame in partitions(folder, columns=["time", "event", "arm"]):
            arm = frame["arm"].cat.to(pl.Enum(ARMS))
            part = risk_tables(frame["time"], frame["event"], arm, groups=ARMS)
            tables = {name: tables[name] + part[name] for name in ARMS}
        return _curves(tables)

    return work


def growth_read(folder: Path) -> Callable[[], Any]:
    """Everything from the files to the additive rows of the Cox model."""
    from calliper.summaries.cox_rows import cox_rows, gathered
    from calliper.summaries.stream import partitions

    def work() -> Any:
        frames = partitions(folder, columns=["time", "event", *COVARIATES])
        return gathered(
            cox_rows(frame, time="time", event="event", covariates=COVARIATES) for frame in frames
        )

    return work


def growth_fit(folder: Path) -> Callable[[], Any]:
    from calliper.stats.cox_counted import fit_cox_rows

    rows = growth_read(folder)()
    return lambda: fit_cox_rows(rows)


TASKS = {
    **{
        (tool, f"{model}-{clock}"): Task(partial(prepare, clock=f"time_{clock}"), answer)
        for tool, model, prepare, answer in (
            ("calliper", "km", km_frame, km_answer),
            ("calliper-arrays", "km", km_arrays, km_answer),
            ("calliper", "cox", cox_frame, cox_answer),
            ("calliper-arrays", "cox", cox_arrays, cox_answer),
        )
        for clock in ("days", "cont")
    },
    ("calliper", "small-fits"): Task(small_batch, small_answer),
    ("calliper-loop", "small-fits"): Task(small_loop, small_answer),
    ("calliper", "growth-km"): Task(growth_km, km_answer),
    ("calliper", "growth-read"): Task(growth_read, lambda rows: {}),
    ("calliper", "growth-fit"): Task(growth_fit, cox_answer),
}
