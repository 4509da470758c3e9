"""R's t.test, wilcox.test, chisq.test, fisher.test and counts, on baseline, response and adverse events."""

from __future__ import annotations

from typing import Any

import polars as pl

from calliper.stats.contingency import fisher, pearson, yates
from calliper.stats.means import mann_whitney, t_welch
from calliper.stats.proportions import clopper_pearson, newcombe, wilson
from calliper.summaries.crosstab import Crosstab, crosstab
from calliper.summaries.moments import moments, value_counts
from proof import cohorts
from proof.ledger import Case, Ledger

PILOT_ARMS = ("Placebo", "Xanomeline High Dose", "Xanomeline Low Dose")


def coimbra() -> pl.DataFrame:
    """165 patients with liver cancer; `Class` is 1 where the patient lived a year."""
    return cohorts.read("04_hcc/uci_hcc_coimbra.csv")


def missing(ledger: Ledger) -> None:
    answer, frame = cohorts.answers()["uci_missing"], coimbra()
    known = {name: value_counts(frame[name]).n for name in frame.columns}
    percent = [100 * (1 - known[name] / frame.height) for name in answer["missing_pct"]]
    ledger.near(
        "percent missing, of two decimals", percent, list(answer["missing_pct"].values()), within=5.1e-3
    )
    # Of all cells but those of the outcome, which is known for everybody.
    share = 1 - sum(n for name, n in known.items() if name != "Class") / (frame.height * (frame.width - 1))
    ledger.agree("means, medians, percents", 100 * share, answer["overall_missing_pct"], rel=1e-12)
    ledger.equal("counts", frame.drop_nulls().height, answer["complete_rows"])
    ledger.equal("counts", value_counts(frame["Class"]).counts, [answer["class"][key] for key in "01"])


def measurements(ledger: Ledger) -> None:
    frame = coimbra()
    for name, answer in cohorts.answers()["uci_cont"].items():
        known = frame.select(name, "Class").drop_nulls()
        alive, dead = (known.filter(Class=lived)[name] for lived in (1, 0))
        a, d = moments(alive), moments(dead)
        x, y = value_counts(alive), value_counts(dead)
        ledger.equal("counts", a.n + d.n, answer["n"])
        ours = (a.mean, d.mean, x.quantile(0.5), y.quantile(0.5))
        theirs = [answer[key] for key in ("mean_alive", "mean_dead", "median_alive", "median_dead")]
        ledger.agree("means, medians, percents", ours, theirs, rel=1e-12)
        ledger.agree("Welch's p", t_welch(a, d).p, answer["welch_p"], rel=1e-10)
        ledger.agree("Wilcoxon's p", mann_whitney(x, y).p, answer["wilcoxon_p"], rel=1e-10)


def categories(ledger: Ledger) -> None:
    frame = coimbra()
    for name, answer in cohorts.answers()["uci_cat"].items():
        known = frame.select(name, dead=1 - pl.col("Class")).drop_nulls().cast(pl.Int64).cast(pl.String)
        levels = sorted({row["Var1"] for row in answer["table"]})
        table = crosstab(known[name], known["dead"], rows=levels, columns=["0", "1"])
        _cells(ledger, table, answer["table"])
        counts = table.array()
        ledger.agree("Pearson's p", pearson(counts).p, answer["chisq_nocorr"], rel=1e-10)
        ledger.agree("Fisher's p", fisher(counts), answer["fisher"], rel=1e-8)
        corrected = yates(counts).p if counts.shape == (2, 2) else None
        ledger.agree("Yates's p, or none", corrected, answer["chisq_yates"], rel=1e-10)


def responses(ledger: Ledger) -> None:
    answer = cohorts.answers()["tern_orr"]
    frame = cohorts.read("06_tern/tern_ex_adrs.csv").filter(PARAMCD="BESRSPI")
    arms = ["ARM A", "ARM B", "ARM C"]
    ledger.equal("counts", frame.height, answer["n"])
    best = crosstab(frame["ARMCD"], frame["AVALC"], rows=arms, columns=["CR", "PR", "SD"])
    _cells(ledger, best, answer["bor"])
    responded = pl.Series([{"CR": "TRUE", "PR": "TRUE"}.get(best, "FALSE") for best in frame["AVALC"]])
    table = crosstab(frame["ARMCD"], responded, rows=arms, columns=["TRUE", "FALSE"])
    _cells(ledger, table, answer["table"])
    count = dict(zip(arms, table.counts, strict=True))
    for arm, (x, others) in count.items():
        for interval, name in ((clopper_pearson, "cp"), (wilson, "wilson")):
            found = interval(x, x + others)
            ledger.agree(
                "Clopper-Pearson and Wilson limits", (found.lower, found.upper), answer[name][arm], rel=1e-10
            )
    for arm, pair in answer["pair"].items():
        both = [count[arm], count["ARM A"]]
        ledger.agree("Pearson's p", pearson(both).p, pair["chisq"], rel=1e-10)
        ledger.agree("Fisher's p", fisher(both), pair["fisher"], rel=1e-8)
        (x1, y1), (x2, y2) = both
        difference = newcombe(x1, x1 + y1, x2, x2 + y2).value
        ledger.agree("means, medians, percents", difference, pair["diff"], rel=1e-12)


def adverse_events(ledger: Ledger) -> None:
    """Subjects, not records: each counts once in a class, a term, or under the worst severity."""
    answer = cohorts.answers()["pilot_ae"]
    safe = cohorts.read("01_cdisc_pilot/adam/adsl.csv").filter(SAFFL="Y")
    events = cohorts.read("01_cdisc_pilot/adam/adae.csv").filter(TRTEMFL="Y").rename({"TRTA": "arm"})
    treated = _subjects(safe.rename({"TRT01A": "arm"}))
    ledger.equal("subjects by arm", treated, [answer["N"][arm] for arm in PILOT_ARMS])
    ledger.equal("subjects by arm", _subjects(events), [answer["any"][arm] for arm in PILOT_ARMS])
    # An arm without a serious event is not in R's table.
    serious = dict(zip(PILOT_ARMS, _subjects(events.filter(AESER="Y")), strict=True))
    found = {arm: n for arm, n in serious.items() if n}
    ledger.equal("subjects by arm", list(found.values()), [answer["serious"][arm] for arm in found])
    assert set(found) == set(answer["serious"])
    grades = ["MILD", "MODERATE", "SEVERE"]
    worst = (
        events.with_columns(pl.col("AESEV").cast(pl.Enum(grades)))
        .group_by("USUBJID", "arm")
        .agg(pl.col("AESEV").max())
    )
    table = crosstab(worst["arm"], worst["AESEV"].cast(pl.String), rows=PILOT_ARMS, columns=grades)
    _cells(ledger, table, answer["worst_sev"], "subjects by worst severity")
    once = events.unique(["USUBJID", "AESOC"])
    classes = sorted({row["Var1"] for row in answer["soc"]})
    table = crosstab(once["AESOC"], once["arm"], rows=classes, columns=PILOT_ARMS)
    _cells(ledger, table, answer["soc"], "subjects by class and term")
    for row in answer["pt_top"]:
        ours = _subjects(events.filter(AEDECOD=row["PT"]))
        ledger.equal("subjects by class and term", ours, [row[arm] for arm in PILOT_ARMS])


def _subjects(events: pl.DataFrame) -> list[int]:
    once = events.unique("USUBJID")
    anybody = pl.repeat("any", once.height, eager=True)
    return list(crosstab(anybody, once["arm"], rows=["any"], columns=PILOT_ARMS).counts[0])


def _cells(ledger: Ledger, table: Crosstab, rows: list[dict[str, Any]], what: str = "counts") -> None:
    counts = {
        (row, column): n
        for row, cells in zip(table.rows, table.counts, strict=True)
        for column, n in zip(table.columns, cells, strict=True)
    }
    assert len(rows) == len(counts)
    ledger.equal(what, [counts[row["Var1"], row["Var2"]] for row in rows], [row["Freq"] for row in rows])


CASES: dict[str, Case] = {
    "uci_missing": missing,
    "uci_cont": measurements,
    "uci_cat": categories,
    "tern_orr": responses,
    "pilot_ae": adverse_events,
}
