"""R 4.2.2 with survival 3.5-3 on public data: every curve, log-rank test and Cox fit of the known answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest

from calliper.stats.contingency import fisher, pearson, yates
from calliper.stats.cox import concordance, cox_zph, fit_cox
from calliper.stats.logrank import logrank, stratified_logrank
from calliper.stats.means import mann_whitney, t_welch
from calliper.stats.proportions import clopper_pearson, wilson
from calliper.stats.survival import kaplan_meier, quantile, rmst, survival_at
from calliper.summaries.moments import moments, value_counts
from calliper.summaries.risk_table import RiskTable, risk_tables
from shared import DATA, shared_data

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"third-party data not here: {DATA}")


@cache
def answers() -> dict[str, dict[str, Any]]:
    text = shared_data("09_known_answers/r_known_answers.json").read_text()
    return {answer["id"]: answer["result"] for answer in json.loads(text)["answers"]}


def read(path: str) -> pl.DataFrame:
    return pl.read_csv(shared_data(path), null_values=["NA", ""], infer_schema_length=None)


def lung() -> pl.DataFrame:
    return read("03_survival_classic/survival_lung.csv").with_columns(event=pl.col("status") - 1)


def veteran() -> pl.DataFrame:
    cells = pl.Enum(["squamous", "smallcell", "adeno", "large"])
    return read("03_survival_classic/survival_veteran.csv").with_columns(
        pl.col("celltype").cast(cells), event="status"
    )


def colon(etype: int) -> pl.DataFrame:
    frame = read("03_survival_classic/survival_colon.csv").filter(etype=etype)
    return frame.with_columns(pl.col("rx").cast(pl.Enum(["Obs", "Lev", "Lev+5FU"])), event="status")


def ovarian() -> pl.DataFrame:
    return read("03_survival_classic/survival_ovarian.csv").rename({"futime": "time", "fustat": "event"})


def bmt() -> pl.DataFrame:
    return read("03_survival_classic/KMsurv_bmt.csv").with_columns(time="t2", event="d3")


def mercaptopurine() -> pl.DataFrame:
    pairs = read("03_survival_classic/KMsurv_drug6mp.csv")
    placebo = pairs.select(time="t1", event=pl.lit(1, pl.Int64), arm=pl.lit("placebo"))
    return pl.concat([placebo, pairs.select(time="t2", event="relapse", arm=pl.lit("6MP"))])


def mgus2() -> pl.DataFrame:
    frame = read("03_survival_classic/survival_mgus2.csv")
    progressed = pl.col("pstat") == 1
    return frame.with_columns(
        time=pl.when(progressed).then("ptime").otherwise("futime"), event=progressed.cast(pl.Int64)
    )


def resection(time: str, event: str) -> pl.DataFrame:
    frame = read("04_hcc/hepatocellular_resection.csv").with_columns(time=time, event=event)
    return frame.with_columns(hi=(pl.col("CXCL17T") > pl.col("CXCL17T").median()).cast(pl.Int64))


def pilot() -> pl.DataFrame:
    frame = read("01_cdisc_pilot/adam/adtte.csv").with_columns(time="AVAL", event=1 - pl.col("CNSR"))
    arms = ["Placebo", "Xanomeline Low Dose", "Xanomeline High Dose"]
    return frame.with_columns(pl.col("TRTP").cast(pl.Enum(arms)))


def tern() -> pl.DataFrame:
    frame = read("06_tern/tern_ex_adtte.csv").filter(PARAMCD="OS")
    return frame.with_columns(time="AVAL", event=1 - pl.col("CNSR"))


@dataclass(frozen=True)
class Grouped:
    """Answers about the groups of one column, within strata if any."""

    read: Callable[[], pl.DataFrame]
    column: str
    stratum: str | None = None
    rho: float = 0.0


CURVES = {
    "lung_sex": Grouped(lung, "sex"),
    "vet_trt": Grouped(veteran, "trt"),
    "colon_recurrence": Grouped(lambda: colon(1), "rx"),
    "colon_death": Grouped(lambda: colon(2), "rx"),
    "ovarian": Grouped(ovarian, "rx"),
    "bmt_dfs": Grouped(bmt, "group"),
    "6mp": Grouped(mercaptopurine, "arm"),
    "hcc_os_bclc": Grouped(lambda: resection("OS", "Death"), "BCLC"),
    "pilot_tte": Grouped(pilot, "TRTP"),
    "tern_OS": Grouped(tern, "ARMCD"),
}
LOGRANK = {
    "lung_lr": Grouped(lung, "sex"),
    "lung_pp": Grouped(lung, "sex", rho=1.0),
    "lung_lr_strat": Grouped(lung, "sex", stratum="inst"),
    "vet_lr": Grouped(veteran, "trt"),
    "vet_lr_strat": Grouped(veteran, "trt", stratum="celltype"),
    "vet_lr_cell": Grouped(veteran, "celltype"),
    "colon_lr_recurrence": Grouped(lambda: colon(1), "rx"),
    "colon_lr_death": Grouped(lambda: colon(2), "rx"),
    "ovarian_lr": Grouped(ovarian, "rx"),
    "bmt_lr": Grouped(bmt, "group"),
    "6mp_lr": Grouped(mercaptopurine, "arm"),
    "hcc_os_lr_bclc": Grouped(lambda: resection("OS", "Death"), "BCLC"),
    "hcc_rfs_lr_cxcl17": Grouped(lambda: resection("RFS", "Recurrence"), "hi"),
    "hcc_os_lr_cxcl17": Grouped(lambda: resection("OS", "Death"), "hi"),
    "pilot_tte_lr": Grouped(pilot, "TRTP"),
    "tern_OS_lr": Grouped(tern, "ARMCD"),
}


@dataclass(frozen=True)
class Model:
    """Answers about a Cox model. Text has one indicator for each level but the first."""

    read: Callable[[], pl.DataFrame]
    covariates: tuple[str, ...]
    stratum: str | None = None


COLON = ("rx", "sex", "age", "obstruct", "perfor", "adhere", "nodes", "differ")
RESECTION = ("Age", "Gender", "AFP", "Tumorsize", "Vascularinvasion", "Tumormultiplicity", "BCLC", "CXCL17T")
LUNG = ("age", "sex", "ph.ecog", "ph.karno", "pat.karno", "meal.cal", "wt.loss")
MODELS = {
    "lung_cox1": Model(lung, ("sex",)),
    "lung_cox3": Model(lung, LUNG[:3]),
    "lung_cox6": Model(lung, LUNG),
    "lung_strat": Model(lung, ("age", "ph.ecog"), stratum="sex"),
    "vet_full": Model(veteran, ("trt", "celltype", "karno", "diagtime", "age", "prior")),
    "vet_strat": Model(veteran, ("trt", "karno"), stratum="celltype"),
    "colon_cox_recurrence": Model(lambda: colon(1), COLON),
    "colon_cox_death": Model(lambda: colon(2), COLON),
    "ovarian": Model(ovarian, ("rx", "age", "resid.ds", "ecog.ps")),
    "mgus2_cs_pcm": Model(mgus2, ("age", "sex")),
    "6mp": Model(mercaptopurine, ("arm",)),
    "hcc_os_cox": Model(lambda: resection("OS", "Death"), RESECTION),
    "hcc_rfs_cox": Model(lambda: resection("RFS", "Recurrence"), RESECTION),
    "pilot_tte_cox": Model(pilot, ("TRTP",)),
    "tern_OS": Model(tern, ("ARMCD",)),
    "tern_OS_strat": Model(tern, ("ARMCD",), stratum="STRATA1"),
}


def tables(frame: pl.DataFrame, column: str, groups: list[str]) -> dict[str, RiskTable]:
    labels = frame[column].cast(pl.String).to_numpy()
    return risk_tables(frame["time"], frame["event"], labels, groups=groups)


def label(group: str) -> str:
    """The level in R's "sex=1"."""
    return group.split("=", 1)[1].strip()


@pytest.mark.parametrize("scale", ["log", "log-log", "plain"])
@pytest.mark.parametrize("name", CURVES)
def test_curves(name, scale):
    answer, case = answers()[f"{name}_km_{scale}"], CURVES[name]
    groups = [label(row["group"]) for row in answer["summary"]]
    found = tables(case.read(), case.column, groups)
    curves = {group: kaplan_meier(table, interval=scale) for group, table in found.items()}
    for row in answer["summary"]:
        table, km = found[label(row["group"])], curves[label(row["group"])]
        assert (table.n, table.n_events) == (row["n"], row["events"])
        median = quantile(km)
        for ours, theirs in (
            (median.value, row["median"]),
            (median.lower, row["median_lcl"]),
            (median.upper, row["median_ucl"]),
            (quantile(km, 0.25).value, row["q25"]),
            (quantile(km, 0.75).value, row["q75"]),
        ):
            assert ours == (None if theirs is None else pytest.approx(theirs, rel=1e-12))
    for row in answer["at_times"]:
        at = survival_at(curves[label(row["group"])], row["time"])
        assert at is not None
        assert at.at_risk == row["n_risk"]
        for ours, theirs in (
            (at.survival, row["surv"]),
            (at.standard_error, row["se"]),
            (at.lower, row["lcl"]),
            (at.upper, row["ucl"]),
        ):
            if ours is None:
                assert theirs is None or at.survival == 0
            else:
                assert ours == pytest.approx(theirs, rel=1e-10)
    for row in answer.get("rmean", []):
        mean = rmst(curves[label(row["group"])], row["tau"])
        assert (mean.value, mean.standard_error) == pytest.approx((row["rmean"], row["se"]), rel=1e-10)


@pytest.mark.parametrize("name", LOGRANK)
def test_log_rank(name):
    answer, case = answers()[name], LOGRANK[name]
    frame, groups = case.read(), [label(group) for group in answer["groups"]]
    if case.stratum is None:
        test = logrank(tables(frame, case.column, groups), rho=case.rho)
    else:
        parts = frame.drop_nulls(case.stratum).partition_by(case.stratum)
        test = stratified_logrank([tables(part, case.column, groups) for part in parts])
    assert (test.chi2, test.df, test.p) == pytest.approx(
        (answer["chisq"], answer["df"], answer["p"]), rel=1e-10
    )
    assert test.observed == pytest.approx(answer["obs"], rel=1e-10)
    assert test.expected == pytest.approx(answer["exp"], rel=1e-10)


def design(frame: pl.DataFrame, covariates: tuple[str, ...]) -> tuple[np.ndarray, dict[str, list[int]]]:
    columns, terms = [], {}
    for name in covariates:
        values = frame[name]
        levels: list[Any] = [None]
        if values.dtype == pl.Enum:
            levels = list(values.dtype.categories)[1:]
        elif values.dtype == pl.String:
            levels = values.unique().sort().to_list()[1:]
        terms[name] = list(range(len(columns), len(columns) + len(levels)))
        columns += [(values if level is None else values == level).cast(pl.Float64) for level in levels]
    return np.column_stack([column.to_numpy() for column in columns]), terms


@pytest.mark.parametrize("ties", ["efron", "breslow"])
@pytest.mark.parametrize("name", MODELS)
def test_cox(name, ties):
    answer, case = answers()[f"{name}_{ties}"], MODELS[name]
    stratum = [case.stratum] if case.stratum else []
    frame = case.read().select("time", "event", *case.covariates, *stratum).drop_nulls()
    X, terms = design(frame, case.covariates)
    strata = frame[case.stratum] if case.stratum else None
    fit = fit_cox(frame["time"], frame["event"], X, ties=ties, strata=strata)
    assert (fit.n, fit.n_events) == (answer["n"], answer["nevent"])
    errors = np.atleast_1d(answer["se"])
    # coxph stops once the likelihood settles to 1e-9, which leaves a coefficient near zero off by about that
    # share of its standard error.
    off = np.abs(fit.coefficients - np.atleast_1d(answer["coef"]))
    assert (off <= 1e-8 * np.maximum(np.abs(fit.coefficients), errors)).all()
    assert fit.standard_errors == pytest.approx(errors, rel=1e-8)
    assert [fit.loglik_null, fit.loglik] == pytest.approx(answer["loglik"], rel=1e-10)
    for test, theirs in ((fit.lrt, answer["lrt"]), (fit.score_test, answer["score"])):
        assert (test.chi2, test.df, test.p) == pytest.approx(
            (theirs["test"], theirs["df"], theirs["pvalue"]), rel=1e-7
        )
    assert fit.wald_test.chi2 == pytest.approx(answer["wald"]["test"], abs=5.1e-3)
    assert fit.wald_test.p == pytest.approx(answer["wald"]["pvalue"], rel=1e-6)
    c = concordance(frame["time"], frame["event"], np.round(X @ fit.coefficients, 12), strata=strata)
    theirs = answer["concordance"]
    assert (c.value, c.standard_error) == pytest.approx((theirs["C"], theirs["se(C)"]), rel=1e-8)
    if "zph_km_transform" in answer:
        zph = cox_zph(fit, frame["time"], frame["event"], X, strata=strata, terms=terms)
        found = [(test.chi2, test.df, test.p) for test in (*zph.terms.values(), zph.overall)]
        table = answer["zph_km_transform"]
        expected = list(zip(table["chisq"], table["df"], table["p"]))
        assert np.array(found) == pytest.approx(np.array(expected), rel=1e-6)


def test_baseline_of_a_hepatocellular_cohort():
    frame = read("04_hcc/uci_hcc_coimbra.csv")
    outcome = frame.columns[-1]
    for name, answer in answers()["uci_cont"].items():
        known = frame.select(name, outcome).drop_nulls()
        groups = [known.filter(pl.col(outcome) == level)[name] for level in (1, 0)]
        assert t_welch(*map(moments, groups)).p == pytest.approx(answer["welch_p"], rel=1e-10)
        assert mann_whitney(*map(value_counts, groups)).p == pytest.approx(answer["wilcoxon_p"], rel=1e-10)
    for answer in answers()["uci_cat"].values():
        levels = sorted({row["Var1"] for row in answer["table"]})
        counts = np.array([[r["Freq"] for r in answer["table"] if r["Var1"] == level] for level in levels])
        assert pearson(counts).p == pytest.approx(answer["chisq_nocorr"], rel=1e-10)
        assert fisher(counts) == pytest.approx(answer["fisher"], rel=1e-8)
        if counts.shape == (2, 2):
            assert yates(counts).p == pytest.approx(answer["chisq_yates"], rel=1e-10)


def test_response_rates_of_three_arms():
    answer = answers()["tern_orr"]
    count = {(row["Var1"], row["Var2"]): row["Freq"] for row in answer["table"]}
    for arm in ("ARM A", "ARM B", "ARM C"):
        x, n = count[arm, "TRUE"], count[arm, "TRUE"] + count[arm, "FALSE"]
        for interval, limits in ((clopper_pearson(x, n), answer["cp"]), (wilson(x, n), answer["wilson"])):
            assert [interval.lower, interval.upper] == pytest.approx(limits[arm], rel=1e-10)
    for arm, pair in answer["pair"].items():
        counts = [[count[a, "TRUE"], count[a, "FALSE"]] for a in (arm, "ARM A")]
        assert pearson(counts).p == pytest.approx(pair["chisq"], rel=1e-10)
        assert fisher(counts) == pytest.approx(pair["fisher"], rel=1e-10)


def numbers(cell: str) -> list[float | None]:
    return [None if part in ("NA", "") else float(part) for part in cell.split("|")]


def test_every_reconstructed_trial():
    trials = read("05_recon_km/kmdata_r_answers.csv")
    patients = pl.read_parquet(shared_data("05_recon_km/kmdata_ipd.parquet"))
    by_name = {name: part for (name,), part in patients.partition_by("name", as_dict=True).items()}
    for trial in trials.iter_rows(named=True):
        frame, arms = by_name[trial["name"]], trial["arms"].split("|")
        found = tables(frame, "arm", arms)
        medians = [quantile(kaplan_meier(found[arm])) for arm in arms]
        for field, limit in (("median_arm", "value"), ("med_lcl", "lower"), ("med_ucl", "upper")):
            ours = [getattr(median, limit) for median in medians]
            for one, theirs in zip(ours, numbers(trial[field]), strict=True):
                assert one == (None if theirs is None else pytest.approx(theirs, rel=1e-6)), (
                    trial["name"],
                    field,
                )
        test = logrank(found)
        assert test.chi2 == pytest.approx(trial["lr_chisq"], rel=1e-9), trial["name"]
        assert test.p == pytest.approx(trial["lr_p"], rel=1e-8)
        if len(arms) == 2:
            X = (frame["arm"] == arms[1]).cast(pl.Float64).to_numpy()[:, None]
            efron = fit_cox(frame["time"], frame["event"], X)
            breslow = fit_cox(frame["time"], frame["event"], X, ties="breslow")
            ratios = (np.exp(efron.coefficients[0]), np.exp(breslow.coefficients[0]))
            assert ratios == pytest.approx((trial["hr_arm2_vs_arm1"], trial["hr_breslow"]), rel=1e-6)
