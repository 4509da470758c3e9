"""The Cox models of the known answers with R's iteration run to its end (tests/fixtures/r/make_settled_cox.R)."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np

from calliper.stats.cox import fit_cox
from proof.known_cox import MODELS, design
from proof.ledger import Case, Ledger, Source

R = json.loads((Path(__file__).resolve().parents[1] / "fixtures" / "r" / "settled_cox.json").read_text())


def settled(ledger: Ledger, *, name: str, ties: str) -> None:
    answer, case = R[f"{name}_{ties}"], MODELS[name]
    stratum = [case.stratum] if case.stratum else []
    frame = case.read().select("time", "event", *case.covariates, *stratum).drop_nulls()
    X, _ = design(frame, case.covariates)
    strata = frame[case.stratum] if case.stratum else None
    fit = fit_cox(frame["time"], frame["event"], X, ties=ties, strata=strata)
    errors = np.atleast_1d(answer["se"])
    ledger.agree("coefficients", fit.coefficients, answer["coef"], rel=1e-11, scale=errors)
    ledger.agree("standard errors", fit.standard_errors, errors, rel=1e-11)
    ledger.agree("log-likelihoods", (fit.loglik_null, fit.loglik), answer["loglik"], rel=1e-12)
    ours = (fit.lrt.chi2, fit.score_test.chi2, fit.wald_test.chi2)
    theirs = [answer[test] for test in ("lrt", "score", "wald")]
    ledger.agree("likelihood ratio, score and Wald's chi-square", ours, theirs, rel=1e-9)


CASES: dict[str, Case] = {
    f"{name}_{ties}": partial(settled, name=name, ties=ties)
    for name in MODELS
    for ties in ("efron", "breslow")
}

SOURCE = Source(
    name="R's Cox models, run to their end",
    what="The same models; `coxph` as it comes stops up to 1e-8 short of its own maximum",
    reference="R 4.2.2 with survival 3.5-3, `coxph.control(eps = 1e-14)`",
    cases=CASES,
)
