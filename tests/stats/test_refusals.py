"""Whatever is asked of bad follow-up, the answer is one error that names the value and the remedy, never a number."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
import pytest

from calliper.errors import CannotEstimate, NoMaximum
from calliper.stats.concordance import concordance
from calliper.stats.cox import fit_cox
from calliper.stats.cox_counted import fit_cox_rows
from calliper.stats.cox_data import cox_data
from calliper.stats.firth import fit_firth
from calliper.stats.frailty import gamma_frailty
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank
from calliper.stats.survival import kaplan_meier
from calliper.summaries.cause_table import cause_tables
from calliper.summaries.cox_rows import cox_rows
from calliper.summaries.risk_table import risk_table, risk_tables, stratified_risk_tables

N = 12
TIME = np.array([3, 5, 5, 8, 9, 12, 13, 13, 18, 21, 22, 30], dtype=float)
EVENT = np.array([1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1], dtype=float)
AGE = np.array([61, 55, 70, 48, 66, 59, 73, 50, 64, 68, 57, 52], dtype=float)
ARM = np.array([0, 1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1], dtype=float)
X = np.column_stack([ARM, AGE])
LABELS = np.array(["new", "old"], dtype=object)[ARM.astype(int)]
CENTRE = np.array(["a", "b", "c"] * 4, dtype=object)


def counted(time, event):
    frame = pl.DataFrame({"time": np.asarray(time), "event": np.asarray(event), "arm": ARM, "age": AGE})
    return fit_cox_rows(cox_rows(frame, time="time", event="event", covariates=["arm", "age"]))


def log_rank(time, event):
    return logrank(risk_tables(time, event, LABELS, groups=("new", "old")))


ASKED: dict[str, Callable] = {
    "Kaplan-Meier": lambda time, event: kaplan_meier(risk_table(time, event)),
    "log-rank": log_rank,
    "stratified tables": lambda time, event: stratified_risk_tables(
        time, event, LABELS, CENTRE, groups=("new", "old"), strata=("a", "b", "c")
    ),
    "Cox, Efron": lambda time, event: fit_cox(time, event, X),
    "Cox, Breslow": lambda time, event: fit_cox(time, event, X, ties="breslow"),
    "Cox, discrete": lambda time, event: fit_cox(time, event, X, ties="discrete"),
    "Cox, marginal": lambda time, event: fit_cox(time, event, X, ties="marginal"),
    "Cox with late entry": lambda time, event: fit_cox(time, event, X, entry=np.zeros(N)),
    "Cox, counted": counted,
    "rows of a Cox model": lambda time, event: cox_data(time, event, X),
    "Firth": lambda time, event: fit_firth(time, event, X),
    "frailty": lambda time, event: gamma_frailty(time, event, X, CENTRE),
    "concordance": lambda time, event: concordance(time, event, AGE),
}


def changed(values, place, value):
    return np.where(np.arange(N) == place, value, values)


BAD = {
    "swapped": (EVENT, TIME, r"time and event look swapped: every time is 0 or 1, and event\[0\] is 3"),
    "negative time": (changed(TIME, 4, -9.0), EVENT, r"time\[4\] is -9; expected zero or more"),
    "infinite time": (changed(TIME, 4, np.inf), EVENT, r"time\[4\] is inf; expected a finite number"),
    "time not known": (changed(TIME, 4, np.nan), EVENT, r"time\[4\] is nan; expected a finite number"),
    "event not known": (TIME, changed(EVENT, 2, np.nan), r"event\[2\] is nan; expected a finite number"),
    "status 2": (TIME, changed(EVENT, 2, 2), r"event\[2\] is 2; expected 0 \(censored\) or 1 \(event\)"),
    "status 1 and 2": (TIME, EVENT + 1, r"subtract 1 from a status of 1 \(censored\) and 2 \(event\)"),
    "status -1": (TIME, changed(EVENT, 2, -1), r"event\[2\] is -1; expected 0"),
    "lengths": (TIME, EVENT[:-1], r"12 times but 11 event flags; expected one of each a patient"),
}


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize("bad", [name for name in BAD if name != "lengths"])
def test_bad_follow_up(asked, bad):
    time, event, message = BAD[bad]
    with pytest.raises(ValueError, match=message):
        ASKED[asked](time, event)


@pytest.mark.parametrize("asked", [name for name in ASKED if name != "Cox, counted"])
def test_lengths_that_differ(asked):
    time, event, message = BAD["lengths"]
    with pytest.raises(ValueError, match=message):
        ASKED[asked](time, event)


@pytest.mark.parametrize("asked", [name for name in ASKED if "Cox, " in name or name in ("Firth", "frailty")])
def test_no_event(asked):
    with pytest.raises(CannotEstimate, match="there is no event; follow patients longer, or check how"):
        ASKED[asked](TIME, np.zeros(N))


def test_no_event_and_one_group_leave_no_test():
    with pytest.raises(CannotEstimate, match="no event in any group; follow patients longer"):
        log_rank(TIME, np.zeros(N))
    with pytest.raises(ValueError, match=r"groups are \('new',\); expected the same two or more groups"):
        logrank({"new": risk_table(TIME, EVENT)})
    with pytest.raises(CannotEstimate, match="at every event only one group had patients at risk"):
        logrank(risk_tables(TIME, EVENT, np.full(N, "new", dtype=object), groups=("new", "old")))
    causes = np.where(EVENT == 1, "pd", "censored").astype(object)
    tables = cause_tables(TIME, causes, LABELS, causes=("pd", "death"), groups=("new", "old"))
    with pytest.raises(CannotEstimate, match="no event of cause 'death' in any group"):
        gray_test(tables, "death")
    with pytest.raises(ValueError, match=r"groups are \('new',\)"):
        gray_test({"new": tables["new"]}, "pd")


@pytest.mark.parametrize("value", [-0.5, 0.0, np.nan, np.inf])
def test_weights_that_weigh_nothing(value):
    with pytest.raises(ValueError, match=r"weights\[3\] is .*; expected"):
        fit_cox(TIME, EVENT, X, weights=changed(np.ones(N), 3, value))


@pytest.mark.parametrize("value", [-1, 0.5, np.nan])
def test_counts_that_count_nobody(value):
    with pytest.raises(ValueError, match=r"count\[3\] is .*; expected"):
        risk_table(TIME, EVENT, count=changed(np.ones(N), 3, value))


@pytest.mark.parametrize("fit", [fit_cox, fit_firth])
def test_covariates_that_say_nothing(fit):
    with pytest.raises(
        CannotEstimate, match="centre has one value in all patients at risk at an event; leave it"
    ):
        fit(TIME, EVENT, np.column_stack([ARM, np.ones(N)]), names=["arm", "centre"])
    with pytest.raises(CannotEstimate, match="months is determined by age; leave one of them out"):
        fit(TIME, EVENT, np.column_stack([AGE, 12 * AGE + 3]), names=["age", "months"])
    with pytest.raises(ValueError, match=r"X\[5, 1\] is inf; expected a finite number"):
        fit(TIME, EVENT, np.column_stack([ARM, changed(AGE, 5, np.inf)]))


def test_separation_is_said_and_firth_answers():
    early = (TIME < 10).astype(float)[:, None]
    event = np.where(TIME < 10, EVENT, 0)
    for ties in ("efron", "breslow", "discrete", "marginal"):
        with pytest.raises(
            NoMaximum, match=r"no finite hazard ratio for early: .*; Firth's penalised likelihood"
        ):
            fit_cox(TIME, event, early, ties=ties, names=["early"])
    found = fit_firth(TIME, event, early, names=["early"])
    assert 0 < found.coefficients[0] < 10
    together = np.column_stack([TIME + AGE / 100, AGE])
    with pytest.raises(NoMaximum, match="no finite hazard ratio for late and age: taken together"):
        fit_cox(TIME, np.ones(N), together, names=["late", "age"])
