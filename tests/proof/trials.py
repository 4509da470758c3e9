"""197 published survival comparisons, reconstructed patient by patient: R on the same rows."""

from __future__ import annotations

import math
from functools import cache, partial
from typing import Any

import numpy as np
import polars as pl

from calliper.stats.cox import HazardRatio, fit_cox, hazard_ratio
from calliper.stats.logrank import logrank
from calliper.stats.survival import kaplan_meier, quantile
from proof.cohorts import read
from proof.known_survival import tables
from proof.ledger import Case, Ledger, Source, half_unit
from shared import shared_data

TRIALS = 197


@cache
def answers() -> pl.DataFrame:
    return read("05_recon_km/kmdata_r_answers.csv")


@cache
def patients() -> dict[str, pl.DataFrame]:
    rows = pl.read_parquet(shared_data("05_recon_km/kmdata_ipd.parquet"))
    return {str(name): trial for (name,), trial in rows.partition_by("name", as_dict=True).items()}


def trial(ledger: Ledger, *, place: int) -> None:
    assert answers().height == len(patients()) == TRIALS
    answer = answers().row(place, named=True)
    frame, arms = patients()[answer["name"]], answer["arms"].split("|")
    found = tables(frame, "arm", arms)
    n, events = [found[arm].n for arm in arms], [found[arm].n_events for arm in arms]
    ledger.equal("patients and events", (sum(n), sum(events)), (answer["n"], answer["events"]))
    ledger.equal("patients and events", (n, events), (_cells(answer["n_arm"]), _cells(answer["ev_arm"])))
    medians = [quantile(kaplan_meier(found[arm])) for arm in arms]
    for field, limit in (("median_arm", "value"), ("med_lcl", "lower"), ("med_ucl", "upper")):
        ours = [getattr(median, limit) for median in medians]
        ledger.agree("medians and limits, of seven digits", ours, _cells(answer[field]), rel=5.1e-7)
    test = logrank(found)
    ledger.agree(
        "log-rank chi-square and df", (test.chi2, test.df), (answer["lr_chisq"], answer["lr_df"]), rel=1e-9
    )
    ledger.agree("log-rank p", test.p, answer["lr_p"], rel=1e-8)
    efron = _efron(place)
    breslow = fit_cox(frame["time"], frame["event"], _second_arm(frame, arms), ties="breslow")
    theirs = [answer[key] for key in ("hr_arm2_vs_arm1", "hr_lcl", "hr_ucl")]
    ledger.agree(
        "hazard ratios and limits (Efron)", (efron.value, efron.lower, efron.upper), theirs, rel=1e-8
    )
    ledger.agree("hazard ratios (Breslow)", np.exp(breslow.coefficients), answer["hr_breslow"], rel=1e-8)
    _published(ledger, answer, efron.value)


def published(ledger: Ledger) -> None:
    """How often the hazard ratio of points read off a figure is the one that the publication prints."""
    printed = pl.read_csv(shared_data("05_recon_km/kmdata_published.csv"), infer_schema=False)
    ratios = dict(printed.select("name", "HazardRatio").iter_rows())
    equal = close = known = 0
    for place, answer in enumerate(answers().iter_rows(named=True)):
        if answer["published_hr"] is None:
            continue
        ours, theirs = _oriented(answer, _efron(place).value), ratios[answer["name"]]
        known += 1
        equal += abs(ours - float(theirs)) <= half_unit(theirs)
        close += abs(math.log(ours / float(theirs))) <= math.log(1.05)
    ledger.note(
        f"Of {known} hazard ratios that the publications print, {equal} are within rounding of the reconstructed "
        f"patients' and {close} within 5 %; nothing is asserted of them, as the patients are read off figures."
    )


def _published(ledger: Ledger, answer: dict[str, Any], ours: float) -> None:
    """The publication's own hazard ratio need not be that of points read off its figure; R is as far from it."""
    if answer["published_hr"] is None:
        return
    ours = abs(math.log(_oriented(answer, ours) / answer["published_hr"]))
    what = "log hazard ratio less the published, of four decimals"
    ledger.near(what, ours, answer["published_hr_log_diff"], within=5.1e-5)


@cache
def _efron(place: int) -> HazardRatio:
    answer = answers().row(place, named=True)
    frame = patients()[answer["name"]]
    return hazard_ratio(
        fit_cox(frame["time"], frame["event"], _second_arm(frame, answer["arms"].split("|"))), 0
    )


def _second_arm(frame: pl.DataFrame, arms: list[str]) -> np.ndarray:
    return (frame["arm"] == arms[1]).cast(pl.Float64).to_numpy()[:, None]


def _oriented(answer: dict[str, Any], ratio: float) -> float:
    return ratio if answer["orientation"] == "arm2/arm1" else 1 / ratio


def _cells(joined: Any) -> list[float | None]:
    return [None if part in ("NA", "") else float(part) for part in str(joined).split("|")]


CASES: dict[str, Case] = {f"comparison {place + 1}": partial(trial, place=place) for place in range(TRIALS)}
CASES["published hazard ratios"] = published

SOURCE = Source(
    name="Reconstructed trials",
    what="197 published phase III comparisons, reconstructed patient by patient from their curves",
    reference="R 4.2.2 with survival 3.5-3",
    cases=CASES,
)
