"""1,000 random cohorts of 1 to 25 patients, with many ties, against the slow twin."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from calliper.errors import CannotEstimate
from calliper.stats import competing_risks, contingency, cox, logrank, nelson_aalen, ranks, survival
from calliper.summaries.cause_table import cause_table
from calliper.summaries.moments import value_counts
from calliper.summaries.risk_table import RiskTable, risk_table
from proof import slow_twin
from proof.ledger import Case, Ledger, Source
from proof.slow_twin import Patient

COHORTS, BATCH = 1000, 100
T = TypeVar("T")


def cohort(seed: int) -> list[Patient]:
    """Few distinct times, so that most are tied; every other cohort has late entries, from time 1 on."""
    draw = random.Random(seed)  # noqa: S311 - the same cohorts every time
    last, chance, late = draw.choice([3, 8, 20]), draw.choice([0.2, 0.6, 1.0]), seed % 2 == 1
    covariates, tied = draw.choice([1, 2]), draw.random() < 0.3
    patients = []
    for _ in range(draw.randint(1, 25)):
        time = draw.randint(1 if late else 0, last)
        event = draw.random() < chance
        patients.append(
            Patient(
                entry=draw.randint(0, time - 1) if late else -1,
                time=time,
                event=event,
                cause=draw.choice(["pd", "death"]) if event else "",
                group=draw.choice("abc"),
                stratum=draw.choice("rs"),
                weight=draw.choice([0.5, 1.0, 1.7, 2.0]),
                x=tuple(draw.choice([0.0, 1.0, draw.gauss(0, 1)]) for _ in range(covariates)),
                marker=float(draw.randint(0, 4)) if tied else draw.gauss(0, 1),
            )
        )
    return patients


def compare(ledger: Ledger, patients: list[Patient]) -> None:
    _curve(ledger, patients)
    _log_rank(ledger, [patients], ["a", "b", "c"])
    halves = [[p for p in patients if p.stratum == stratum] for stratum in "rs"]
    _log_rank(ledger, halves, ["a", "b", "c"])
    for efron in (True, False):
        _cox(ledger, patients, efron=efron)
    if patients[0].entry < 0:
        _restricted_mean(ledger, patients)
        _incidence(ledger, patients)
    _concordance(ledger, patients)
    _ranks(ledger, patients)
    _fisher(ledger, patients)


def _curve(ledger: Ledger, patients: list[Patient]) -> None:
    km, twin = survival.kaplan_meier(_table(patients)), slow_twin.kaplan_meier(patients)
    ledger.equal(
        "times, at risk", (km.time, km.at_risk), [[row[0] for row in twin], [row[1] for row in twin]]
    )
    ledger.agree("Kaplan-Meier", km.survival, [row[2] for row in twin], rel=1e-12)
    errors = [None if g is None else float(s) * math.sqrt(g) for *_, s, g in twin]
    ledger.agree("Greenwood's errors", km.standard_error, errors, rel=1e-12)
    for first, rule in ((True, "first"), (False, "midpoint")):
        ours = survival.quantile(km, median_flat=rule).value
        ledger.equal("medians", ours, slow_twin.median(patients, first=first))
    na = nelson_aalen.nelson_aalen(_table(patients))
    hazards = slow_twin.nelson_aalen(patients)
    ledger.agree("Nelson-Aalen", na.hazard, [hazard for hazard, _ in hazards], rel=1e-12)
    errors = [math.sqrt(variance) for _, variance in hazards]
    ledger.agree("Nelson-Aalen errors", na.standard_error, errors, rel=1e-12)


def _restricted_mean(ledger: Ledger, patients: list[Patient]) -> None:
    tau = max(p.time for p in patients)
    if tau:
        mean, variance = slow_twin.restricted_mean(patients, tau)
        ours = survival.rmst(survival.kaplan_meier(_table(patients)), tau)
        theirs = (mean, math.sqrt(variance))
        ledger.agree("restricted means and errors", (ours.value, ours.standard_error), theirs, rel=1e-12)


def _log_rank(ledger: Ledger, strata: Sequence[list[Patient]], groups: list[str]) -> None:
    tables = [{g: _table([p for p in patients if p.group == g]) for g in groups} for patients in strata]
    ours = _if_possible(logrank.stratified_logrank, tables)
    theirs = slow_twin.log_rank(strata, groups)
    ledger.agree("log-rank chi-square, or none", ours and ours.chi2, theirs.chi2, rel=1e-9, scale=1e-6)
    if ours:
        ledger.equal("observed events", ours.observed, theirs.observed)
        ledger.agree("expected events", ours.expected, theirs.expected, rel=1e-12)
        ledger.agree("covariances of the log-rank", ours.variance, theirs.variance, rel=1e-12, scale=1e-3)


def _cox(ledger: Ledger, patients: list[Patient], *, efron: bool) -> None:
    """The maximum by its definition: the twin's score is 0 there, and its information the inverse of ours."""
    late = patients[0].entry >= 0
    fit = _if_possible(
        cox.fit_cox,
        np.array([p.time for p in patients]),
        np.array([p.event for p in patients]),
        np.array([p.x for p in patients]),
        ties="efron" if efron else "breslow",
        strata=np.array([p.stratum for p in patients]),
        weights=np.array([p.weight for p in patients]),
        entry=np.array([p.entry for p in patients]) if late else None,
    )
    if len(patients[0].x) == 1:
        ledger.equal("models of one covariate that exist", fit is not None, slow_twin.has_maximum(patients))
    if fit is None:
        return
    null, start, curvature = slow_twin.cox(patients, [0.0] * len(fit.names), efron=efron)
    value, score, information = slow_twin.cox(patients, fit.coefficients.tolist(), efron=efron)
    theirs = (null, value)
    ledger.agree("Cox log-likelihoods", (fit.loglik_null, fit.loglik), theirs, rel=1e-11, scale=1e-2)
    errors = fit.standard_errors
    ledger.near(
        "Cox score at the maximum, in its standard errors", errors * score, [0.0] * errors.size, within=1e-7
    )
    unit = np.outer(errors, errors)
    ours = np.linalg.inv(fit.covariance) * unit
    ledger.agree("Cox information", ours, np.array(information) * unit, rel=1e-7, scale=1.0)
    chi2 = float(np.array(start) @ np.linalg.solve(np.array(curvature), np.array(start)))
    ledger.agree("Cox score test", fit.score_test.chi2, chi2, rel=1e-8, scale=1e-3)


def _incidence(ledger: Ledger, patients: list[Patient]) -> None:
    causes = np.array([p.cause or "censored" for p in patients], dtype=object)
    table = cause_table(np.array([p.time for p in patients]), causes, causes=["pd", "death"])
    for cause in ("pd", "death"):
        ours = competing_risks.cumulative_incidence(table, cause)
        theirs = slow_twin.incidence(patients, cause)
        ledger.agree("Aalen-Johansen", ours.incidence, [f for f, _ in theirs], rel=1e-12)
        errors = [math.sqrt(v) for _, v in theirs]
        ledger.agree("Aalen-Johansen errors", ours.standard_error, errors, rel=1e-11)


def _concordance(ledger: Ledger, patients: list[Patient]) -> None:
    risk = [round(p.x[0]) for p in patients]
    given = [p.weight for p in patients]
    time, event = np.array([p.time for p in patients]), np.array([p.event for p in patients])
    entry = np.array([p.entry for p in patients]) if patients[0].entry >= 0 else None
    for weight, weights in (([1.0] * len(patients), None), (given, np.array(given))):
        ours = _if_possible(cox.concordance, time, event, np.array(risk), entry=entry, weights=weights)
        kinds, error = slow_twin.concordance(patients, risk, weight)
        found = (ours.concordant, ours.discordant, ours.tied_risk) if ours else (0, 0, 0)
        ledger.agree("concordant, discordant, tied pairs", found, kinds, rel=1e-12, scale=1.0)
        what = "error of the concordance, or none"
        ledger.agree(what, ours and ours.standard_error, error, rel=1e-10, scale=1e-3)


def _ranks(ledger: Ledger, patients: list[Patient]) -> None:
    """Everybody by the normal p, with and without correction; the first nine, where untied, by the exact p."""
    a, b = _markers(patients)
    if a and b:
        u, spread = slow_twin.pairs_won(a, b), slow_twin.rank_variance(a, b)
        x, y = value_counts(np.array(a)), value_counts(np.array(b))
        for corrected in (True, False):
            ours = _if_possible(partial(ranks.mann_whitney, x, y, continuity=corrected, exact=False))
            theirs = slow_twin.normal_p(u, len(a) * len(b), spread, corrected=corrected)
            ledger.agree("Mann-Whitney's normal p, or none", ours and ours.p, theirs, rel=1e-12)
            if ours:
                ledger.equal("Mann-Whitney's U", ours.u, u)
    a, b = _markers(patients[:9])
    if a and b and len({*a, *b}) == len(a + b):
        exact = ranks.mann_whitney(value_counts(np.array(a)), value_counts(np.array(b)))
        assert exact.method == "exact"
        ledger.agree("Mann-Whitney's exact p", exact.p, slow_twin.mann_whitney(a, b), rel=1e-12)


def _markers(patients: list[Patient]) -> tuple[list[float], list[float]]:
    return [p.marker for p in patients if p.group == "a"], [p.marker for p in patients if p.group != "a"]


def _fisher(ledger: Ledger, patients: list[Patient]) -> None:
    """Group by cause: up to three rows and three columns of up to 14 patients."""
    kept = patients[:14]
    groups, causes = sorted({p.group for p in kept}), sorted({p.cause for p in kept})
    table = [[sum(p.group == g and p.cause == c for p in kept) for c in causes] for g in groups]
    if min(len(groups), len(causes)) > 1:
        ledger.agree("Fisher's p", contingency.fisher(table), slow_twin.fisher(table), rel=1e-12)


def _table(patients: list[Patient]) -> RiskTable:
    entry = np.array([max(p.entry, 0) for p in patients])
    return risk_table(
        np.array([p.time for p in patients]), np.array([p.event for p in patients]), entry=entry
    )


def _if_possible(estimate: Callable[..., T], *arguments: object, **options: object) -> T | None:
    try:
        return estimate(*arguments, **options)
    except CannotEstimate:
        return None


def batch(ledger: Ledger, *, start: int) -> None:
    for seed in range(start, start + BATCH):
        compare(ledger, cohort(seed))


CASES: dict[str, Case] = {
    f"cohorts {start + 1} to {start + BATCH}": partial(batch, start=start)
    for start in range(0, COHORTS, BATCH)
}

SOURCE = Source(
    name="A slow twin",
    what="1,000 random cohorts of 1 to 25 patients, with ties, late entry, strata and weights",
    reference="plain loops and exact fractions in tests/proof/slow_twin.py",
    cases=CASES,
)
