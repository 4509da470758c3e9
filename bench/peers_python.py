"""The Python peers' side of each job, each called as its own documentation calls it, on data in memory."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from child import Answer, Task
from data import COVARIATES, SMALL_COVARIATES, SMALL_PATIENTS, column, floats


def lifelines_km(folder: Path, clock: str) -> Callable[[], Any]:
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import logrank_test
    from lifelines.utils import median_survival_times

    time, event, arm = floats(folder, (clock, "event", "arm")).T.copy()

    def work() -> Answer:
        (t0, e0), (t1, e1) = ((time[arm == g], event[arm == g]) for g in (0, 1))
        curves = [KaplanMeierFitter().fit(t, e) for t, e in ((t0, e0), (t1, e1))]
        limits = [median_survival_times(curve.confidence_interval_) for curve in curves]
        return {
            "median": [float(curve.median_survival_time_) for curve in curves],
            "limits on the log-log scale": np.concatenate(limits, axis=None).tolist(),
            "log-rank": [float(logrank_test(t0, t1, e0, e1).test_statistic)],
        }

    return work


def sksurv_km(folder: Path, clock: str) -> Callable[[], Any]:
    from sksurv.compare import compare_survival
    from sksurv.nonparametric import kaplan_meier_estimator
    from sksurv.util import Surv

    time, event, arm = floats(folder, (clock, "event", "arm")).T.copy()
    happened = event == 1
    y = Surv.from_arrays(happened, time)

    def work() -> Answer:
        medians, limits = [], []
        for g in (0, 1):
            t, s, (lower, upper) = kaplan_meier_estimator(
                happened[arm == g], time[arm == g], conf_type="log-log"
            )
            medians.append(float(t[np.argmax(s <= 0.5)]))
            limits += [float(t[np.argmax(lower <= 0.5)]), float(t[np.argmax(upper <= 0.5)])]
        chi2, _ = compare_survival(y, arm)
        return {"median": medians, "limits on the log-log scale": limits, "log-rank": [float(chi2)]}

    return work


def statsmodels_km(folder: Path, clock: str) -> Callable[[], Any]:
    from statsmodels.duration.survfunc import SurvfuncRight, survdiff

    time, event, arm = floats(folder, (clock, "event", "arm")).T.copy()

    def work() -> Answer:
        curves = [SurvfuncRight(time[arm == g], event[arm == g]) for g in (0, 1)]
        return {
            "median": [float(curve.quantile(0.5)) for curve in curves],
            "limits on the log scale": [
                float(x) for curve in curves for x in curve.quantile_ci(0.5, method="log")
            ],
            "log-rank": [float(survdiff(time, event, arm)[0])],
        }

    return work


def lifelines_fit(time: Any, event: Any, X: Any, names: tuple[str, ...]) -> Callable[[], Answer]:
    import pandas as pd
    from lifelines import CoxPHFitter

    frame = pd.DataFrame(X, columns=list(names)).assign(time=time, event=event)

    def work() -> Answer:
        fit = CoxPHFitter().fit(frame, "time", "event")
        return {
            "hazard ratios": fit.hazard_ratios_.tolist(),
            "standard errors": fit.standard_errors_.tolist(),
        }

    return work


def sksurv_fit(time: Any, event: Any, X: Any, names: tuple[str, ...]) -> Callable[[], Answer]:
    from sksurv.linear_model import CoxPHSurvivalAnalysis
    from sksurv.util import Surv

    y = Surv.from_arrays(event == 1, time)
    return lambda: {"hazard ratios": np.exp(CoxPHSurvivalAnalysis(ties="efron").fit(X, y).coef_).tolist()}


def statsmodels_fit(time: Any, event: Any, X: Any, names: tuple[str, ...]) -> Callable[[], Answer]:
    from statsmodels.duration.hazard_regression import PHReg

    def work() -> Answer:
        fit = PHReg(time, X, status=event, ties="efron").fit()
        return {"hazard ratios": np.exp(fit.params).tolist(), "standard errors": fit.bse.tolist()}

    return work


def cox(folder: Path, clock: str, fit: Callable[..., Callable[[], Answer]]) -> Callable[[], Answer]:
    (time, event), X = floats(folder, (clock, "event")).T.copy(), floats(folder)
    return fit(time, event, X, COVARIATES)


def small_fits(folder: Path, fit: Callable[..., Callable[[], Answer]]) -> Callable[[], Answer]:
    (time, event), X = floats(folder, ("time_days", "event")).T.copy(), floats(folder, SMALL_COVARIATES)
    samples = column(folder, "rows").reshape(-1, SMALL_PATIENTS)

    def work() -> Answer:
        fits = [fit(time[rows], event[rows], X[rows], SMALL_COVARIATES)() for rows in samples]
        return {"hazard ratios": [hr for found in fits for hr in found["hazard ratios"]]}

    return work


def as_found(answer: Answer) -> Answer:
    return answer


KM = {"lifelines": lifelines_km, "scikit-survival": sksurv_km, "statsmodels": statsmodels_km}
COX = {"lifelines": lifelines_fit, "scikit-survival": sksurv_fit, "statsmodels": statsmodels_fit}
TASKS = {
    **{
        (tool, f"km-{clock}"): Task(partial(prepare, clock=f"time_{clock}"), as_found)
        for tool, prepare in KM.items()
        for clock in ("days", "cont")
    },
    **{
        (tool, f"cox-{clock}"): Task(partial(cox, clock=f"time_{clock}", fit=fit), as_found)
        for tool, fit in COX.items()
        for clock in ("days", "cont")
    },
    **{(tool, "small-fits"): Task(partial(small_fits, fit=fit), as_found) for tool, fit in COX.items()},
}
