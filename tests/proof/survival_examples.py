"""Worked examples of ten to sixteen patients, printed with R's numbers (shared/domain/endpoints.md 2.7 and 2.9)."""

from __future__ import annotations

import math

import numpy as np

from calliper.stats.competing_risks import cumulative_incidence, incidence_at
from calliper.stats.cox import cox_zph, fit_cox, hazard_ratio
from calliper.stats.estimates import normal_quantile
from calliper.stats.logrank import logrank
from calliper.stats.survival import (
    kaplan_meier,
    quantile,
    reverse_kaplan_meier,
    rmst,
    rmst_difference,
    survival_at,
)
from calliper.summaries.cause_table import cause_table
from calliper.summaries.risk_table import risk_table, risk_tables
from proof.ledger import Ledger, Source

# K1. A: 6, 9+, 13, 18, 22+, 30. B: 4, 7, 8, 12, 15+, 20.
A = risk_table(np.array([6, 9, 13, 18, 22, 30]), np.array([1, 0, 1, 1, 0, 1]))
B = risk_table(np.array([4, 7, 8, 12, 15, 20]), np.array([1, 1, 1, 1, 0, 1]))
TIME = np.array([6, 9, 13, 18, 22, 30, 4, 7, 8, 12, 15, 20])
EVENT = np.array([1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1])
IN_A = np.array([[1.0]] * 6 + [[0.0]] * 6)


def curves(ledger: Ledger) -> None:
    # Of each row: time, at risk, events, S, SE, and the limits on the log-log scale where they are printed.
    for table, rows in (
        (A, ["6 6 1 0.8333 0.1521 0.2731 0.9747", "13 4 1 0.6250 0.2135 0.1419 0.8931"]),
        (A, ["18 3 1 0.4167 0.2218 0.0560 0.7665"]),
        (B, ["4 6 1 0.8333 0.1521", "7 5 1 0.6667 0.1925", "8 4 1 0.5000 0.2041"]),
        (B, ["12 3 1 0.3333 0.1925 0.0461 0.6756"]),
    ):
        km = kaplan_meier(table, interval="log-log")
        for time, n, d, *printed in (row.split() for row in rows):
            place = int(np.flatnonzero(km.time == float(time))[0])
            ledger.equal("numbers at risk, events", (km.at_risk[place], km.events[place]), (int(n), int(d)))
            ours = [column[place] for column in (km.survival, km.standard_error, km.lower, km.upper)]
            ledger.printed("survival, errors, limits", ours[: len(printed)], " ".join(printed))
    for table, last in ((A, 30), (B, 20)):
        km = kaplan_meier(table, interval="log-log")
        ledger.equal("numbers at risk, events", (km.at_risk[-1], km.events[-1]), (1, 1))
        # Where S is 0 R prints no error and no limits.
        at = survival_at(km, last)
        assert at is not None
        ledger.equal("survival of zero", (at.survival, at.standard_error, at.lower), (0, None, None))
    a, b = (survival_at(kaplan_meier(table, interval="log-log"), 12) for table in (A, B))
    assert a is not None
    assert b is not None
    ledger.printed("survival, errors, limits", (a.survival, a.lower, a.upper), "0.8333 0.2731 0.9747")
    ledger.printed("survival, errors, limits", (b.survival, b.lower, b.upper), "0.3333 0.0461 0.6756")


def medians(ledger: Ledger) -> None:
    loglog = [kaplan_meier(table, interval="log-log") for table in (A, B)]
    plain = [kaplan_meier(table, interval="plain") for table in (A, B)]
    what = "medians and their limits"
    ledger.equal(what, [quantile(km).value for km in loglog], (18, 10))
    ledger.equal(what, [quantile(km, median_flat="first").value for km in loglog], (18, 8))
    limits = [(quantile(km).lower, quantile(km).upper) for km in (*loglog, *plain)]
    ledger.equal(what, limits, [(6, None), (4, None), (13, None), (7, None)])
    for km, error, printed in zip(loglog, ("5.323", "3.062"), ("7.57 28.43", "2.00 14.00"), strict=True):
        found = quantile(km, median_flat="first", median_ci="spss")
        assert found.lower is not None
        assert found.upper is not None
        ledger.printed("SPSS's interval of the median", (found.lower, found.upper), printed)
        se = (found.upper - found.lower) / (2 * normal_quantile(0.95))
        ledger.printed("SPSS's interval of the median", se, error)
    follow_up = [quantile(reverse_kaplan_meier(table)).value for table in (A, B, A + B)]
    ledger.equal(what, follow_up, (22, 15, 22))
    for table, numbers in ((A, (6, 6, 4, 3, 1)), (B, (6, 5, 3, 1, 0))):
        ledger.equal("numbers at risk, events", [table.at_risk_at(t) for t in (0, 6, 12, 18, 24)], numbers)


def comparison(ledger: Ledger) -> None:
    test = logrank({"A": A, "B": B})
    ledger.equal("numbers at risk, events", (test.observed[0], test.df), (4, 1))
    ours = (test.expected[0], test.variance[0][0], test.chi2, test.p)
    ledger.printed("log-rank test", ours, "5.7558 1.87169 1.6470 0.1994")
    (o_a, o_b), (e_a, e_b) = test.observed, test.expected
    peto = math.exp((o_a - e_a) / test.variance[0][0])
    ledger.printed("log-rank test", (peto, (o_a / e_a) / (o_b / e_b)), "0.3914 0.4509")
    fit = fit_cox(TIME, EVENT, IN_A, names=["arm"])
    ledger.equal("numbers at risk, events", (fit.n, fit.n_events), (12, 9))
    ratio = hazard_ratio(fit, 0)
    ledger.printed("Cox models", (ratio.value, ratio.lower, ratio.upper), "0.3975 0.0928 1.703")
    ours = (fit.coefficients[0], fit.standard_errors[0], ratio.p, fit.lrt.chi2)
    ledger.printed("Cox models", ours, "-0.9225 0.7422 0.214 1.61")
    zph = cox_zph(fit, TIME, EVENT, IN_A).overall
    ledger.printed("proportional hazards", (zph.chi2, zph.p), "0.00015 0.99")
    a, b = kaplan_meier(A), kaplan_meier(B)
    ours = (rmst(a, 20).value, rmst(b, 20).value, rmst_difference(a, b, 20).value)
    ledger.printed("restricted means", ours, "15.7917 11.8333 3.9583")


def ties(ledger: Ledger) -> None:
    # K2. Treated 2, 2, 3+, 5, 5, 7+, 8, 9+; control 1, 2, 3, 3, 4+, 5, 6, 7.
    time = np.array([2, 2, 3, 5, 5, 7, 8, 9, 1, 2, 3, 3, 4, 5, 6, 7])
    event = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1])
    treated = np.repeat([1.0, 0.0], 8)[:, None]
    for rule, printed in (("efron", "-0.88059 0.63431"), ("breslow", "-0.88343 0.63469")):
        fit = fit_cox(time, event, treated, ties=rule)
        ledger.printed("Cox models", (fit.coefficients[0], fit.standard_errors[0]), printed)
    discrete = fit_cox(time, event, treated, ties="discrete")
    ledger.printed("Cox models", discrete.standard_errors[0], "0.68710")
    # The score of the likelihood, summed over every set in 40 decimals, is 0 at -1.030084962057729; so says R.
    why = "the discrete coefficient of K2 is -1.0300849621, which rounds to -1.03008"
    ledger.wrong(discrete.coefficients[0], "-1.03009", why)
    ledger.agree("Cox models, in full", discrete.coefficients[0], -1.030084962057729, rel=1e-12)
    groups = np.repeat(np.array(["treated", "control"], dtype=object), 8)
    test = logrank(risk_tables(time, event, groups, groups=["treated", "control"]))
    ledger.printed("log-rank test", test.chi2, "2.38")


def competing(ledger: Ledger) -> None:
    # K3. Progression at 3, 6, 9, 12; death at 5, 11, 16; censored at 8, 14, 20.
    time = np.array([3, 5, 6, 8, 9, 11, 12, 14, 16, 20])
    cause = np.array(["censored"] * 10, dtype=object)
    cause[np.isin(time, (3, 6, 9, 12))], cause[np.isin(time, (5, 11, 16))] = "pd", "death"
    table = cause_table(time, cause, causes=["pd", "death"])
    for name, printed in (("pd", "0.2000 0.4333 0.4333"), ("death", "0.1000 0.2167 0.3917")):
        found = [incidence_at(cumulative_incidence(table, name), t) for t in (6, 12, 16)]
        ledger.printed("cumulative incidence", [at.incidence for at in found if at is not None], printed)
    naive = survival_at(kaplan_meier(table.one_cause("pd")), 12)
    assert naive is not None
    ledger.printed("cumulative incidence", 1 - naive.survival, "0.5078")


# T1: time, event, and the day the drug began, if it did.
IMMORTAL: list[tuple[float, int, float | None]] = [
    (20, 1, None),
    (45, 1, None),
    (60, 1, 4),
    (100, 1, None),
    (150, 0, 5),
    (200, 1, 30),
    (240, 1, 3),
    (300, 1, None),
    (350, 0, 60),
    (400, 1, 4),
    (420, 1, None),
    (500, 0, 5),
]


def immortal_time(ledger: Ledger) -> None:
    """Ever against never from day 0; on the drug from the day it began; and as known at a landmark."""
    ever = [(time, event, start is not None) for time, event, start in IMMORTAL]
    _fit(ledger, ever, 12, 7, "-0.79990 0.4494 0.67654")
    rows = list(_intervals())
    ledger.equal("numbers at risk, events", (len(rows), len({r[0] for r in rows})), (19, 12))
    ledger.equal("numbers at risk, events", sum(1 for row in rows if row[1] and row[4]), 7)
    _, entry, time, event, on_drug = (np.array(column, dtype=float) for column in zip(*rows))
    fit = fit_cox(time, event, on_drug[:, None], entry=entry)
    _printed_fit(ledger, fit.coefficients[0], fit.standard_errors[0], "-0.63913 0.5278 0.68195")
    for day, n, exposed, printed in (
        (7, 12, 5, "-0.62361 0.5360 0.71549"),
        (30, 11, 6, "-0.17379 0.8405 0.71502"),
        (60, 9, 6, "-0.56875 0.5662 0.82510"),
    ):
        after = [
            (time - day, event, start is not None and start <= day)
            for time, event, start in IMMORTAL
            if time > day
        ]
        _fit(ledger, after, n, exposed, printed)


def _intervals() -> list[tuple[int, float, float, int, bool]]:
    """Patient, start, stop, event, on the drug: a patient who began it has a row before and a row after."""
    rows: list[tuple[int, float, float, int, bool]] = []
    for patient, (time, event, start) in enumerate(IMMORTAL):
        if start is None:
            rows.append((patient, 0, time, event, False))
        else:
            rows += [(patient, 0, start, 0, False), (patient, start, time, event, True)]
    return rows


def _fit(ledger: Ledger, patients: list[tuple[float, int, bool]], n: int, exposed: int, printed: str) -> None:
    time, event, on_drug = (np.array(column, dtype=float) for column in zip(*patients))
    fit = fit_cox(time, event, on_drug[:, None])
    ledger.equal("numbers at risk, events", (fit.n, on_drug.sum()), (n, exposed))
    _printed_fit(ledger, fit.coefficients[0], fit.standard_errors[0], printed)


def _printed_fit(ledger: Ledger, b: float, error: float, printed: str) -> None:
    ledger.printed("Cox models", (b, math.exp(b), error), printed)


SOURCE = Source(
    name="Worked survival examples",
    what="Two arms of six patients (K1), ties (K2), competing risks (K3), a drug that begins late (T1), as printed",
    reference="R 4.2.2 with survival and cmprsk",
    cases={
        "K1: curves": curves,
        "K1: medians": medians,
        "K1: comparison": comparison,
        "K2: ties": ties,
        "K3: competing risks": competing,
        "T1: immortal time": immortal_time,
    },
)
