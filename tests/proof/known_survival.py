"""R's survfit, survdiff, and cmprsk's cuminc on the public cohorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import polars as pl

from calliper.stats.competing_risks import cumulative_incidence, incidence_at
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank, stratified_logrank
from calliper.stats.survival import kaplan_meier, quantile, rmst, survival_at
from calliper.summaries.cause_table import CauseTable, cause_tables
from calliper.summaries.risk_table import RiskTable, risk_tables
from proof import cohorts
from proof.ledger import Case, Ledger
from stats.competing_cases import mgus2


@dataclass(frozen=True)
class Grouped:
    """Answers about the groups of one column, within strata if any."""

    read: Callable[[], pl.DataFrame]
    column: str
    stratum: str | None = None
    rho: float = 0.0


CURVES = {
    "lung_sex": Grouped(cohorts.lung, "sex"),
    "vet_trt": Grouped(cohorts.veteran, "trt"),
    "colon_recurrence": Grouped(cohorts.recurrence, "rx"),
    "colon_death": Grouped(cohorts.colon_death, "rx"),
    "ovarian": Grouped(cohorts.ovarian, "rx"),
    "bmt_dfs": Grouped(cohorts.bmt, "group"),
    "6mp": Grouped(cohorts.mercaptopurine, "arm"),
    "hcc_os_bclc": Grouped(cohorts.resection_death, "BCLC"),
    "pilot_tte": Grouped(cohorts.pilot, "TRTP"),
    "tern_OS": Grouped(cohorts.tern, "ARMCD"),
}
LOGRANK = {
    "lung_lr": Grouped(cohorts.lung, "sex"),
    "lung_pp": Grouped(cohorts.lung, "sex", rho=1.0),
    "lung_lr_strat": Grouped(cohorts.lung, "sex", stratum="inst"),
    "vet_lr": Grouped(cohorts.veteran, "trt"),
    "vet_lr_strat": Grouped(cohorts.veteran, "trt", stratum="celltype"),
    "vet_lr_cell": Grouped(cohorts.veteran, "celltype"),
    "colon_lr_recurrence": Grouped(cohorts.recurrence, "rx"),
    "colon_lr_death": Grouped(cohorts.colon_death, "rx"),
    "ovarian_lr": Grouped(cohorts.ovarian, "rx"),
    "bmt_lr": Grouped(cohorts.bmt, "group"),
    "6mp_lr": Grouped(cohorts.mercaptopurine, "arm"),
    "hcc_os_lr_bclc": Grouped(cohorts.resection_death, "BCLC"),
    "hcc_rfs_lr_cxcl17": Grouped(cohorts.resection_recurrence, "hi"),
    "hcc_os_lr_cxcl17": Grouped(cohorts.resection_death, "hi"),
    "pilot_tte_lr": Grouped(cohorts.pilot, "TRTP"),
    "tern_OS_lr": Grouped(cohorts.tern, "ARMCD"),
}


def label(group: str) -> str:
    """The level in R's "sex=1"."""
    return group.split("=", 1)[1].strip()


def tables(frame: pl.DataFrame, column: str, groups: list[str]) -> dict[str, RiskTable]:
    labels = frame[column].cast(pl.String).to_numpy()
    return risk_tables(frame["time"], frame["event"], labels, groups=groups)


def curve(ledger: Ledger, *, name: str, scale: str) -> None:
    answer, case = cohorts.answers()[f"{name}_km_{scale}"], CURVES[name]
    found = tables(case.read(), case.column, [label(row["group"]) for row in answer["summary"]])
    curves = {group: kaplan_meier(table, interval=scale) for group, table in found.items()}
    for row in answer["summary"]:
        table, km = found[label(row["group"])], curves[label(row["group"])]
        ledger.equal("patients and events by group", (table.n, table.n_events), (row["n"], row["events"]))
        median = quantile(km)
        ours = (median.value, median.lower, median.upper, quantile(km, 0.25).value, quantile(km, 0.75).value)
        theirs = [row[column] for column in ("median", "median_lcl", "median_ucl", "q25", "q75")]
        ledger.agree("medians with limits, quartiles", ours, theirs, rel=1e-12)
    for row in answer["at_times"]:
        at = survival_at(curves[label(row["group"])], row["time"])
        assert at is not None
        ledger.equal("numbers at risk", at.at_risk, row["n_risk"])
        ledger.agree("survival at a time", at.survival, row["surv"], rel=1e-10)
        ledger.agree("Greenwood's standard error", at.standard_error, row["se"], rel=1e-10)
        limits = (row["lcl"], row["ucl"])
        ledger.agree("limits of survival (log, log-log, plain)", (at.lower, at.upper), limits, rel=1e-10)
    for row in answer.get("rmean", []):
        mean = rmst(curves[label(row["group"])], row["tau"])
        theirs = (row["rmean"], row["se"])
        ledger.agree("restricted means and errors", (mean.value, mean.standard_error), theirs, rel=1e-10)


def log_rank(ledger: Ledger, *, name: str) -> None:
    answer, case = cohorts.answers()[name], LOGRANK[name]
    frame, groups = case.read(), [label(group) for group in answer["groups"]]
    parts = [frame] if case.stratum is None else frame.drop_nulls(case.stratum).partition_by(case.stratum)
    strata = [tables(part, case.column, groups) for part in parts]
    test = stratified_logrank(strata, rho=case.rho) if case.stratum else logrank(strata[0], rho=case.rho)
    numbers = [sum(stratum[group].n for stratum in strata) for group in groups]
    ledger.equal("patients and events by group", numbers, answer["n"])
    theirs = (answer["chisq"], answer["df"], answer["p"])
    ledger.agree("log-rank tests: chi-square, df, p", (test.chi2, test.df, test.p), theirs, rel=1e-10)
    ours = (test.observed, test.expected)
    ledger.agree("observed and expected events", ours, (answer["obs"], answer["exp"]), rel=1e-10)


def _gammopathy() -> dict[str, CauseTable]:
    frame, names = mgus2(), ["pcm", "death"]
    return cause_tables(frame["etime"], frame["event"], frame["sex"], causes=names, groups=["F", "M"])


def incidence(ledger: Ledger) -> None:
    found = _gammopathy()
    for row in cohorts.answers()["mgus2_cif"]:
        table = found[label(row["group"])]
        for cause in table.causes:
            at = incidence_at(cumulative_incidence(table, cause), row["time"])
            assert at is not None
            theirs = (row[f"p_{cause}"], row[f"se_{cause}"])
            ours = (at.incidence, at.standard_error)
            ledger.agree("cumulative incidence and errors", ours, theirs, rel=1e-10)
        free = survival_at(kaplan_meier(table.any_cause()), row["time"])
        assert free is not None
        theirs = (row["p_(s0)"], row["se_(s0)"])
        ours = (free.survival, free.standard_error)
        ledger.agree("cumulative incidence and errors", ours, theirs, rel=1e-10)


def gray(ledger: Ledger) -> None:
    found = _gammopathy()
    for cause, answer in zip(("pcm", "death"), cohorts.answers()["mgus2_gray"], strict=True):
        test = gray_test(found, cause)
        theirs = (answer["stat"], answer["df"], answer["pv"])
        ledger.agree("Gray's test: chi-square, df, p", (test.chi2, test.df, test.p), theirs, rel=1e-10)


CASES: dict[str, Case] = {
    f"{name}_km_{scale}": partial(curve, name=name, scale=scale)
    for name in CURVES
    for scale in ("log", "log-log", "plain")
}
CASES |= {name: partial(log_rank, name=name) for name in LOGRANK}
CASES |= {"mgus2_cif": incidence, "mgus2_gray": gray}
