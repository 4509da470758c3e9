"""Intervals of proportions, differences, rates and the odds ratio that the R package tern prints."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from calliper.stats.contingency import odds_ratio, risk_difference
from calliper.stats.estimates import Interval
from calliper.stats.proportions import (
    agresti_coull,
    clopper_pearson,
    exact_poisson,
    hauck_anderson,
    jeffreys,
    newcombe,
    wald,
    wald_corrected,
    wald_difference_corrected,
    wilson,
)
from calliper.stats.rates import rate_log, rate_wald
from proof.ledger import Ledger, Source
from shared import shared_data

# tern prints seven decimals; the independent recomputation that stands beside them is in full.
PRINTED = 5.1e-8
PROPORTION = {
    "Wilson": wilson,
    "Clopper-Pearson": clopper_pearson,
    "Wald": wald,
    "Wald, continuity corrected": wald_corrected,
    "Agresti-Coull": agresti_coull,
    "Jeffreys": jeffreys,
}
RATE = {"normal": rate_wald, "log-normal": rate_log, "exact (Poisson)": exact_poisson}


def _risk_difference(x1: int, n1: int, x2: int, n2: int, confidence: float) -> Interval:
    return risk_difference([[x1, n1 - x1], [x2, n2 - x2]], confidence=confidence)


DIFFERENCE = {
    "Anderson-Hauck": hauck_anderson,
    "Newcombe (Wilson hybrid)": newcombe,
    "Wald": _risk_difference,
    "Wald, continuity corrected": wald_difference_corrected,
    "Wald, continuity corrected (2/2 vs 4/4)": wald_difference_corrected,
}


@cache
def cases() -> dict[str, Any]:
    path = shared_data("06_tern/expected/proportion_rate_cases.json")
    return dict(json.loads(path.read_text(encoding="utf-8")))


def proportions(ledger: Ledger) -> None:
    for case in cases()["proportion_ci"]:
        found = PROPORTION[case["method"]](case["x"], case["n"], case["conf_level"])
        _hold(ledger, found, case, case["expected"])


def differences(ledger: Ledger) -> None:
    for case in cases()["proportion_difference"]:
        found = DIFFERENCE[case["method"]](*case["comparison"], *case["ref"], case["conf_level"])
        ledger.near("estimates", found.value, case["expected_diff"], within=PRINTED)
        _hold(ledger, found, case, case["expected_ci"])


def rates(ledger: Ledger) -> None:
    for case in cases()["incidence_rate_ci"]:
        if case["method"] not in RATE:
            assert case["method"].startswith("Byar")
            ledger.leave_out(3, "Byar's approximate interval of a rate: the exact one is offered instead")
            continue
        found = RATE[case["method"]](case["events"], case["person_time"], case["conf_level"])
        ledger.near("estimates", found.value, case["rate"], within=PRINTED)
        # tern prints a limit below 0, where a rate cannot be; ours is cut at 0.
        for limits, name in ((case["expected_ci"], False), (case["independently_recomputed"], True)):
            _limits(ledger, found, [max(limit, 0.0) for limit in limits], full=name)


def a_rate_by_patient(ledger: Ledger) -> None:
    """Months of follow-up of six patients, four of them with the event; per 100 patient-years, at 90%."""
    data = cases()["incidence_rate_data"]
    years = sum(data["AVAL_months"]) / 12
    found, expected = rate_log(data["CNSR"].count(0), years / 100, 0.9), data["expected"]
    ledger.equal("counts", data["CNSR"].count(0), expected["n_events"])
    ledger.near("person-years, of six decimals", years, expected["person_years"], within=5.1e-7)
    ours = (found.value, found.lower, found.upper)
    theirs = [expected["rate"], *expected["ci"]]
    ledger.near("rates per 100 patient-years, of five decimals", ours, theirs, within=5.1e-6)


# Who stands in the printed tables, as their totals of follow-up tell: arms A and B, and the strata X and Y of each.
PEOPLE = {
    "A": [0, 1, 2],
    "B": [3, 4, 5],
    "X - A": [0],
    "X - B": [3, 4],
    "Y - A": [1, 2],
    "Y - B": [5],
}


def tables_of_rates(ledger: Ledger) -> None:
    """The same six patients by arm, then by arm and stratum, their follow-up taken as years; 95%, as printed."""
    for title, strata in (
        ("default input", ("",)),
        ("default arguments with summarize = TRUE", ("X - ", "Y - ")),
    ):
        held = _table(title)
        for stratum in strata:
            for position, arm in enumerate("AB"):
                cells = {row: held[f"{stratum}{label}"][position] for row, label in LABELS.items()}
                _a_printed_rate(ledger, PEOPLE[f"{stratum}{arm}"], cells)


LABELS = {
    "years": "Total patient-years at risk",
    "events": "Number of adverse events observed",
    "rate": "AE rate per 100 patient-years",
    "limits": "95% CI",
}


def _table(title: str) -> dict[str, list[str]]:
    """The cells of a printed table by the words of its rows."""
    text = shared_data("06_tern/expected/snapshots/incidence_rate.md").read_text(encoding="utf-8")
    part = text.split(title)[1].split("\n# ")[0]
    rows = [re.split(r"\s{2,}", line.strip()) for line in part.splitlines()]
    return {cells[0]: cells[1:] for cells in rows if len(cells) == 3}


def _a_printed_rate(ledger: Ledger, people: list[int], cells: dict[str, str]) -> None:
    data = cases()["incidence_rate_data"]
    years = sum(data["AVAL_months"][at] for at in people)
    events = [data["CNSR"][at] for at in people].count(0)
    found = rate_wald(events, years / 100)
    ledger.printed("patient-years as printed", years, cells["years"])
    ledger.equal("counts", events, int(cells["events"]))
    ledger.printed("rates per 100 patient-years as printed", found.value, cells["rate"])
    lower, upper = cells["limits"].strip("()").split(", ")
    ledger.printed("limits of rates as printed", found.upper, upper)
    # tern prints a limit below 0, where a rate cannot be; ours is cut at 0.
    ledger.printed("limits of rates as printed", found.lower, "0.00" if lower.startswith("-") else lower)


def odds(ledger: Ledger) -> None:
    """Both fit a logistic model until its deviance settles: six digits of tern's limits, seven of the other's."""
    for case in cases()["odds_ratio"]:
        (x1, n1), (x2, n2) = case["comparison"], case["ref"]
        found = odds_ratio([[x1, n1 - x1], [x2, n2 - x2]], confidence=case["conf_level"])
        ours = (found.value, found.lower, found.upper)
        ledger.agree("odds ratio and limits of a logistic fit", ours, case["expected"], rel=2e-6)
        ledger.agree("the same, recomputed by another fit", ours, case["independently_recomputed"], rel=1e-6)


def _hold(ledger: Ledger, found: Interval, case: dict[str, Any], expected: list[float]) -> None:
    _limits(ledger, found, expected, full=False)
    if case["independently_recomputed"]:
        _limits(ledger, found, case["independently_recomputed"], full=True)


def _limits(ledger: Ledger, found: Interval, theirs: list[float], *, full: bool) -> None:
    ours = (found.lower, found.upper)
    if full:
        ledger.agree("the same, recomputed in full", ours, theirs, rel=1e-12)
    else:
        ledger.near("limits as printed", ours, theirs, within=PRINTED)


SOURCE = Source(
    name="Intervals of tern",
    what="Proportions, differences, rates and an odds ratio",
    reference="R package tern, and a recomputation made apart from it",
    cases={
        "proportions": proportions,
        "differences": differences,
        "rates": rates,
        "a rate by patient": a_rate_by_patient,
        "tables of rates": tables_of_rates,
        "odds ratio": odds,
    },
)
