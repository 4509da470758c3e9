"""R's coxph, concordance and cox.zph on the public cohorts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from calliper.stats.cox import CoxFit, concordance, cox_data, cox_zph, fit_cox, hazard_ratio
from calliper.stats.cox_robust import robust_fit
from proof import cohorts
from proof.ledger import Case, Ledger


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
    "lung_cox1": Model(cohorts.lung, ("sex",)),
    "lung_cox3": Model(cohorts.lung, LUNG[:3]),
    "lung_cox6": Model(cohorts.lung, LUNG),
    "lung_strat": Model(cohorts.lung, ("age", "ph.ecog"), stratum="sex"),
    "vet_full": Model(cohorts.veteran, ("trt", "celltype", "karno", "diagtime", "age", "prior")),
    "vet_strat": Model(cohorts.veteran, ("trt", "karno"), stratum="celltype"),
    "colon_cox_recurrence": Model(cohorts.recurrence, COLON),
    "colon_cox_death": Model(cohorts.colon_death, COLON),
    "ovarian": Model(cohorts.ovarian, ("rx", "age", "resid.ds", "ecog.ps")),
    "mgus2_cs_pcm": Model(cohorts.malignancy, ("age", "sex")),
    "6mp": Model(cohorts.mercaptopurine, ("arm",)),
    "hcc_os_cox": Model(cohorts.resection_death, RESECTION),
    "hcc_rfs_cox": Model(cohorts.resection_recurrence, RESECTION),
    "pilot_tte_cox": Model(cohorts.pilot, ("TRTP",)),
    "tern_OS": Model(cohorts.tern, ("ARMCD",)),
    "tern_OS_strat": Model(cohorts.tern, ("ARMCD",), stratum="STRATA1"),
}
# R's ties = "exact" is the discrete likelihood.
EXACT = ("lung_cox1", "lung_cox3", "vet_full", "ovarian", "6mp")


def design(frame: pl.DataFrame, covariates: tuple[str, ...]) -> tuple[np.ndarray, dict[str, list[int]]]:
    """The columns of a model, and which of them belong to each covariate."""
    columns: list[pl.Series] = []
    terms = {}
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


def compare_fit(
    ledger: Ledger,
    fit: CoxFit,
    answer: dict[str, Any],
    *,
    robust: CoxFit | None = None,
    unsettled: tuple[str, float] = ("", 1.0),
) -> None:
    """Hold a fit against `summary(coxph)`; with clusters or weights R tests and bounds by the robust errors.

    `unsettled` names a fit that R left farther from its maximum than others, and how much farther.
    """
    suffix, farther = unsettled
    errors = np.atleast_1d(answer["se"])
    last = robust or fit
    ratios = [hazard_ratio(last, j) for j in range(len(fit.names))]
    ledger.equal("rows and events", (fit.n, fit.n_events), (answer["n"], answer["nevent"]))
    # coxph stops once the likelihood settles to 1e-9, which leaves a coefficient near zero off by about that
    # share of its standard error.
    ledger.agree(f"coefficients{suffix}", fit.coefficients, answer["coef"], rel=1e-8 * farther, scale=errors)
    ledger.agree("standard errors", fit.standard_errors, errors, rel=1e-8)
    ledger.agree(
        "robust standard errors, or none",
        robust.standard_errors if robust else None,
        answer["robust_se"],
        rel=1e-8,
    )
    limits = [answer[name] for name in ("hr", "hr_lcl", "hr_ucl")]
    ours = np.array([[r.value, r.lower, r.upper] for r in ratios]).T
    ledger.agree("hazard ratios and limits", ours, np.array(limits), rel=1e-8)
    z, p = [r.z for r in ratios], [r.p for r in ratios]
    ledger.agree(f"Wald's z{suffix}", z, answer["z"], rel=1e-8 * farther, scale=1.0)
    ledger.agree(f"Wald's p of a coefficient{suffix}", p, answer["p"], rel=1e-7 * farther)
    ledger.agree("log-likelihoods", (fit.loglik_null, fit.loglik), answer["loglik"], rel=1e-10)
    for name, test, theirs in (
        ("likelihood ratio tests: chi-square, df, p", fit.lrt, answer["lrt"]),
        ("score tests: chi-square, df, p", fit.score_test, answer["score"]),
    ):
        numbers = (theirs["test"], theirs["df"], theirs["pvalue"])
        ledger.agree(name, (test.chi2, test.df, test.p), numbers, rel=1e-7)
    wald = last.wald_test
    ledger.near("Wald's chi-square, of two decimals", wald.chi2, answer["wald"]["test"], within=5.1e-3)
    theirs = (answer["wald"]["df"], answer["wald"]["pvalue"])
    ledger.agree("Wald's test: df, p", (wald.df, wald.p), theirs, rel=1e-6)


def model(ledger: Ledger, *, name: str, ties: str) -> None:
    answer, case = cohorts.answers()[f"{name}_{ties}"], MODELS[name]
    stratum = [case.stratum] if case.stratum else []
    frame = case.read().select("time", "event", *case.covariates, *stratum).drop_nulls()
    X, terms = design(frame, case.covariates)
    strata = frame[case.stratum] if case.stratum else None
    ours = "discrete" if ties == "exact" else ties
    fit = fit_cox(frame["time"], frame["event"], X, ties=ours, strata=strata)
    compare_fit(ledger, fit, answer)
    # Patients alike in x have one risk, whatever the rounding of x'b.
    c = concordance(frame["time"], frame["event"], np.round(X @ fit.coefficients, 12), strata=strata)
    theirs = (answer["concordance"]["C"], answer["concordance"]["se(C)"])
    ledger.agree("Harrell's C and error", (c.value, c.standard_error), theirs, rel=1e-8)
    if "zph_km_transform" in answer:
        zph = cox_zph(fit, frame["time"], frame["event"], X, strata=strata, terms=terms)
        found = [(test.chi2, test.df, test.p) for test in (*zph.terms.values(), zph.overall)]
        table = answer["zph_km_transform"]
        theirs = list(zip(table["chisq"], table["df"], table["p"], strict=True))
        ledger.agree("proportional hazards (cox.zph): chi-square, df, p", found, theirs, rel=1e-6)


def bladder(ledger: Ledger) -> None:
    """Andersen and Gill's model of recurrent tumours: intervals (start, stop], patients as clusters."""
    answer, frame = cohorts.answers()["bladder2_AG"], cohorts.bladder()
    X, _ = design(frame, ("rx", "number", "size"))
    fit = fit_cox(frame["time"], frame["event"], X, entry=frame["start"])
    data = cox_data(frame["time"], frame["event"], X, entry=frame["start"])
    compare_fit(ledger, fit, answer, robust=robust_fit(fit, data, cluster=frame["id"]))
    risk = np.round(X @ fit.coefficients, 12)
    c = concordance(frame["time"], frame["event"], risk, entry=frame["start"], cluster=frame["id"])
    theirs = (answer["concordance"]["C"], answer["concordance"]["se(C)"])
    ledger.agree("Harrell's C and error", (c.value, c.standard_error), theirs, rel=1e-8)


CASES: dict[str, Case] = {
    f"{name}_{ties}": partial(model, name=name, ties=ties)
    for name in MODELS
    for ties in ("efron", "breslow", *(["exact"] if name in EXACT else []))
}
CASES["bladder2_AG"] = bladder
