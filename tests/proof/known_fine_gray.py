"""cmprsk's crr, and survival's coxph on the pieces of finegray, on monoclonal gammopathy."""

from __future__ import annotations

import numpy as np

from calliper.stats.cox import concordance, cox_data, fit_cox
from calliper.stats.cox_robust import robust_fit
from calliper.stats.fine_gray import fine_gray
from proof import cohorts
from proof.known_cox import compare_fit
from proof.ledger import Case, Ledger
from stats.competing_cases import finegray_pieces, mgus2


def crr(ledger: Ledger) -> None:
    frame, answer = mgus2(), cohorts.answers()["mgus2_crr"]
    X = np.column_stack([frame["age"], frame["sex"] == "M"]).astype(float)
    fit = fine_gray(frame["etime"], frame["event"], X, of="pcm", causes=["pcm", "death"])
    # crr stops at a score of 1e-6 of the likelihood, which leaves these coefficients off by 3e-10.
    theirs = list(answer["coef"].values())
    ledger.agree("coefficients of Fine and Gray's model", fit.coefficients, theirs, rel=2e-8)
    ledger.agree("standard errors", fit.standard_errors, answer["se"], rel=1e-8)


def finegray(ledger: Ledger) -> None:
    """A Cox model of the pieces, each with its weight, whose robust errors take a piece for a patient."""
    frame, answer = mgus2(), cohorts.answers()["mgus2_fg"]
    X = np.column_stack([frame["age"], frame["sex"] == "M"]).astype(float)
    time, cause = frame["etime"].to_numpy(), frame["event"].to_numpy()
    patient, start, stop, event, weight = finegray_pieces(time, cause, "pcm")
    rows = X[patient]
    fit = fit_cox(stop, event, rows, entry=start, weights=weight)
    data = cox_data(stop, event, rows, entry=start, weights=weight)
    # coxph stopped 4e-8 standard errors short of the maximum.
    settled = (" on finegray's pieces", 2.0)
    compare_fit(ledger, fit, answer, robust=robust_fit(fit, data), unsettled=settled)
    c = concordance(stop, event, np.round(rows @ fit.coefficients, 12), entry=start, weights=weight)
    theirs = (answer["concordance"]["C"], answer["concordance"]["se(C)"])
    ledger.agree("Harrell's C and error", (c.value, c.standard_error), theirs, rel=1e-8)


CASES: dict[str, Case] = {"mgus2_crr": crr, "mgus2_fg": finegray}
