"""The pages of docs/methods: complete, indexed, and their worked examples computed by the code they describe.

The figures of an example stand on its page, worked by hand. Each function here computes them and gives them as
printed there; every one of them must be found in the example.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from calliper.derivations.doses import Period, sum_doses
from calliper.derivations.due_visits import Schedule, judge_visits, visits_missed
from calliper.disease.ctcae.labs import LabValue, grade_lab
from calliper.disease.ctcae.versions import VERSIONS
from calliper.stats import contingency, paired_tables, proportions, rates
from calliper.stats.agreement import agreement, kappa
from calliper.stats.balance import smd_means, smd_proportions
from calliper.stats.baseline_hazard import cumulative_hazard
from calliper.stats.competing_risks import cumulative_incidence, incidence_at
from calliper.stats.cox import concordance, cox_data, cox_zph, fit_cox, hazard_ratio
from calliper.stats.cox_batch import fit_many
from calliper.stats.cox_residuals import (
    deviance_residuals,
    dfbeta,
    martingale_residuals,
    scaled_schoenfeld_residuals,
    schoenfeld_residuals,
    score_residuals,
)
from calliper.stats.cox_robust import robust_fit
from calliper.stats.design import design_matrix
from calliper.stats.firth import fit_firth
from calliper.stats.fisher import fisher
from calliper.stats.gray import gray_test
from calliper.stats.logrank import logrank
from calliper.stats.means import anova, levene, t_welch
from calliper.stats.multiplicity import benjamini_hochberg, hochberg, holm
from calliper.stats.nelson_aalen import nelson_aalen
from calliper.stats.normality import kurtosis, shapiro_wilk, skewness
from calliper.stats.odds_ratio import exact_odds_ratio, fisher_mid_p
from calliper.stats.profile_likelihood import profile_hazard_ratio
from calliper.stats.ranks import kruskal_wallis, mann_whitney
from calliper.stats.reconstruction import reconstruct
from calliper.stats.score_intervals import score_difference, score_ratio
from calliper.stats.stratified_tables import common_odds_ratio, mantel_haenszel
from calliper.stats.survival import kaplan_meier, quantile, rmst, rmst_difference, survival_at
from calliper.stats.survival_difference import rmst_ratio, survival_difference
from calliper.stats.trend import cochran_armitage, linear_by_linear
from calliper.summaries.cause_table import cause_table
from calliper.summaries.moments import Moments, moments, value_counts
from calliper.summaries.risk_table import risk_table, risk_tables
from shared import ROOT

PAGES = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "methods").glob("*.md")}
INDEX = PAGES.pop("README.md")

A = np.array([6, 9, 13, 18, 22, 30]), np.array([1, 0, 1, 1, 0, 1])
B = np.array([4, 7, 8, 12, 15, 20]), np.array([1, 1, 1, 1, 0, 1])
BOTH = np.concatenate([A[0], B[0]]), np.concatenate([A[1], B[1]])
ARM = np.repeat([1.0, 0.0], 6)[:, None]
RESPONSE = [[32, 8], [26, 19]]
LATE = risk_table(np.array([2, 4, 6, 7]), np.array([1, 1, 0, 1]), entry=np.array([0, 0, 2, 5]))
FOUR = cox_data(np.array([1, 1, 2, 2]), np.array([1, 1, 0, 0]), np.array([[1.0], [0], [1], [0]]))
PAIRS = np.repeat([1.0, 2, 3, 4], 2), np.tile([1.0, 0], 4)[:, None]


def curves(interval: str = "log"):
    return tuple(kaplan_meier(risk_table(*arm), interval=interval) for arm in (A, B))


def of_contingency() -> Iterator[str]:
    test, yates, ratio = (
        getattr(contingency, name)(RESPONSE) for name in ("pearson", "yates", "likelihood_ratio")
    )
    yield from (
        f"{test.chi2:.3f}, p = {test.p:.3f}",
        f"Yates p = {yates.p:.3f}",
        f"likelihood ratio {ratio.chi2:.2f}",
    )
    odds, risk = contingency.odds_ratio(RESPONSE), contingency.relative_risk(RESPONSE)
    yield f"odds ratio {odds.value:.2f} ({odds.lower:.2f} to {odds.upper:.2f})"
    yield f"relative risk {risk.value:.3f} ({risk.lower:.3f} to {risk.upper:.3f})"
    yield "risk difference " + points(
        contingency.risk_difference(RESPONSE), "{:.1f} points ({:.1f} to {:.1f})"
    )


def points(interval, text: str) -> str:
    return text.format(100 * interval.value, 100 * interval.lower, 100 * interval.upper)


def of_fisher() -> Iterator[str]:
    yield f"p = {fisher(RESPONSE):.3f}"
    yield f"34/70 = {fisher([[3, 1], [1, 3]]):.3f}"
    assert fisher([[3, 1], [1, 3]]) == pytest.approx(34 / 70, rel=1e-12)


def of_odds_ratio() -> Iterator[str]:
    odds, mid = exact_odds_ratio(RESPONSE), exact_odds_ratio(RESPONSE, mid_p=True)
    yield f"{odds.value:.3f} ({odds.lower:.3f} to {odds.upper:.3f})"
    yield f"mid-p {mid.lower:.3f} to {mid.upper:.3f}, p = {fisher_mid_p(RESPONSE):.3f}"
    woolf = contingency.odds_ratio(RESPONSE)
    yield f"Woolf's {woolf.lower:.2f} to {woolf.upper:.2f}"


def of_stratified_tables() -> Iterator[str]:
    tables = [[[6, 2], [3, 5]], [[4, 1], [2, 4]]]
    test, odds = mantel_haenszel(tables), common_odds_ratio(tables)
    yield f"= {test.chi2:.3f} on {test.df} df, p = {test.p:.3f}"
    yield f"= {odds.value:.2f} ({odds.lower:.2f} to {odds.upper:.2f})"


def of_trend() -> Iterator[str]:
    counts = [[15, 27], [10, 36], [3, 37]]
    test = cochran_armitage(counts)
    yield f"chi-square {test.chi2:.2f} on {test.df} df, p = {test.p:.4f}"
    yield f"linear by linear 127/128 of it, {linear_by_linear(counts).chi2:.2f}"


def of_paired_tables() -> Iterator[str]:
    counts = [[1, 1], [7, 12]]
    test = paired_tables.mcnemar(counts)
    yield f"= {test.chi2:.1f}, p = {test.p:.3f}; corrected {paired_tables.mcnemar(counts, corrected=True).p:.3f}"
    yield f"exact 18 / 256 = {paired_tables.mcnemar_exact(counts):.3f}"
    yield f"10 / 256 = {paired_tables.mcnemar_exact(counts, mid_p=True):.3f}"


def of_agreement() -> Iterator[str]:
    counts = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    found = kappa(counts)
    yield f"agreement {agreement(counts).value:.2f}"
    yield f"kappa {found.value:.3f} ({found.lower:.3f} to {found.upper:.3f})"


def of_means() -> Iterator[str]:
    test = t_welch(Moments(3, 2, 2), Moments(3, 4, 8))
    yield f"= {test.t:.3f}"
    yield f"50/17 = {test.df:.2f}"
    groups = np.array([1.0, 2, 3]), np.array([4.0, 5, 6])
    ranks = mann_whitney(*map(value_counts, groups))
    yield f"U = {ranks.u:.0f}, one of 20 arrangements, p = {20 * ranks.p:.0f}/20"
    f, h = (
        anova([moments(group) for group in groups]),
        kruskal_wallis([value_counts(group) for group in groups]),
    )
    yield f"F = {f.f:.1f} on {f.df1} and {f.df2} df, H = 27/7 = {h.chi2:.3f}"
    yield f"F = {levene([groups[0], 2 * groups[0]]).f:.1f}"
    three = np.array([1.0, 2, 4])
    g1, big = skewness(three, kind=1), skewness(three)
    yield f"g1 = {g1.value:.3f}, G1 = {big.value:.3f} (SE {big.standard_error:.3f})"
    shapiro = shapiro_wilk(three)
    yield from (f"27/28 = {shapiro.w:.3f}", f"= {shapiro.p:.3f}")
    four = np.array([1.0, 2, 4, 9])
    tails = kurtosis(four)
    yield f"g2 = {kurtosis(four, kind=1).value:.0f}, G2 = {tails.value:.1f} (SE {tails.standard_error:.3f})"


def of_proportions() -> Iterator[str]:
    exact, wilson = proportions.clopper_pearson(32, 40), proportions.wilson(32, 40)
    yield points(exact, "{:.1f}% (Clopper-Pearson {:.1f} to {:.1f}, ") + points(
        wilson, "Wilson {1:.1f} to {2:.1f})"
    )
    yield points(proportions.newcombe(32, 40, 26, 45), "difference {:.1f} points ({:.1f} to {:.1f};")
    yield points(score_difference(32, 40, 26, 45), "Miettinen-Nurminen {1:.1f} to {2:.1f}, Agresti-Caffo")
    yield points(proportions.agresti_caffo(32, 40, 26, 45), "Agresti-Caffo {1:.1f} to {2:.1f}")
    ratio = score_ratio(32, 40, 26, 45)
    yield f"ratio {ratio.value:.2f} (Miettinen-Nurminen {ratio.lower:.2f} to {ratio.upper:.2f})"


def of_reconstruction() -> Iterator[str]:
    curve = [(1, 0.9), (2, 0.8), (4, 0.66667), (5, 0.53333), (6, 0.53333)]
    made = reconstruct(curve, [(0, 10), (3, 6)], events=4)
    deaths, censored = (sorted(made.time[held]) for held in (made.event, ~made.event))
    yield f"deaths at {', '.join(f'{t:g}' for t in deaths)};"
    yield f"censored at {', '.join(f'{t:g}' for t in censored)}."


def of_rates() -> Iterator[str]:
    yield points(proportions.exact_poisson(5, 25), "{:.1f} per 100 ({:.2f} to {:.2f})")
    case = 11, 800, 10, 3011
    exact, log = rates.rate_ratio(*case), rates.rate_ratio_wald(*case)
    yield f"ratio {exact.value:.2f} (exact {exact.lower:.2f} to {exact.upper:.2f}, p = {rates.rate_ratio_p(*case):.4f};"
    yield f"log {log.lower:.2f} to {log.upper:.2f}"


def of_standardised_difference() -> Iterator[str]:
    yield f"= {smd_proportions(*RESPONSE):.3f}"
    yield f"= {smd_means(Moments(42, 60.3, 41 * 14.0**2), Moments(48, 59.7, 47 * 13.3**2)):.3f}"


def of_multiplicity() -> Iterator[str]:
    p = 0.0364, 0.0612, 0.4953, 0.8085
    for name, adjust in (("Holm", holm), ("Hochberg", hochberg), ("Benjamini-Hochberg", benjamini_hochberg)):
        yield name + " " + ", ".join(f"{value:.4f}" for value in adjust(p))


def of_kaplan_meier() -> Iterator[str]:
    plain, log, log_log = (survival_at(curves(scale)[0], 18) for scale in ("plain", "log", "log-log"))
    yield from (
        f"SE(18) = 5/12 sqrt(1/30 + 1/12 + 1/6) = {plain.standard_error:.4f}",
        f"S_A(18) = {plain.survival:.3f}",
    )
    assert (plain.lower, log.upper) == (0, 1)
    yield from (
        f"to {plain.upper:.3f}; log {log.lower:.3f} to 1",
        f"log-log {log_log.lower:.3f} to {log_log.upper:.3f}",
    )
    assert curves()[1].survival == pytest.approx([5 / 6, 4 / 6, 3 / 6, 2 / 6, 2 / 6, 0])
    late = kaplan_meier(LATE)
    assert late.survival[late.events > 0] == pytest.approx([1 / 2, 1 / 4, 0])
    yield "S = 1/2, 1/4, 0"


def of_quantiles() -> Iterator[str]:
    a, b = curves("log-log")
    median = quantile(a)
    assert median.upper is None
    yield f"Median A {median.value:.0f} (log-log {median.lower:.0f} to not reached)"
    yield f"B {quantile(b).value:.0f}, the middle of 8 and 12, or {quantile(b, median_flat='first').value:.0f} by"
    for curve in (a, b):
        spss = quantile(curve, median_ci="spss", median_flat="first")
        yield f"{spss.lower:.2f} to {spss.upper:.2f}"
    yield f"median {quantile(kaplan_meier(LATE)).value:.0f}."


def of_restricted_mean() -> Iterator[str]:
    a, b = curves()
    yield f"= {rmst(a, 20).value:.3f}; B {rmst(b, 20).value:.3f}; difference {rmst_difference(a, b, 20).value:.3f}"
    yield f"= {rmst_ratio(a, b, 20).value:.3f}"


def of_subgroups() -> Iterator[str]:
    found = fit_cox(np.array([1, 2, 3]), np.array([1, 1, 0]), np.array([[1.0], [0.0], [1.0]]))
    yield f"h = sqrt(1/2) = {hazard_ratio(found, 0).value:.3f}"


def of_logrank() -> Iterator[str]:
    tables = risk_tables(*BOTH, np.repeat(["A", "B"], 6).astype(object), groups=["A", "B"])
    test = logrank(tables)
    yield f"sum E_A = {test.expected[0]:.4f}, O_A = {test.observed[0]:.0f}"
    yield f"= {test.chi2:.3f}, 1 df, p = {test.p:.3f}"
    named = ("gehan", "tarone-ware", "peto-peto", "modified-peto-peto")
    yield ", ".join(f"{name} {logrank(tables, weight=name).chi2:.3f}" for name in named)
    fleming = (logrank(tables, weight="fleming-harrington", rho=r, gamma=g).chi2 for r, g in ((1, 0), (0, 1)))
    yield "fleming-harrington {:.3f} with rho = 1 and {:.3f} with gamma = 1".format(*fleming)


def of_nelson_aalen() -> Iterator[str]:
    hazard = nelson_aalen(LATE)
    at_events = np.isin(hazard.time, [2, 4, 7])
    assert hazard.hazard[at_events] == pytest.approx([1 / 2, 1, 2])
    yield "with SE 1/2, {:.3f}, {:.3f}".format(*hazard.standard_error[at_events][1:])


def of_survival_difference() -> Iterator[str]:
    found = survival_difference(*curves(), 12)
    yield f"= {found.value:.1f}, SE sqrt(5/216 + 8/216) = {found.standard_error:.4f}"
    yield f"{found.lower:.3f} to {found.upper:.3f}"
    yield f"= {found.chi2:.3f}, p = {found.p:.3f}"


def of_cumulative_incidence() -> Iterator[str]:
    causes = ["pd", "death", "pd", "out", "pd", "death", "pd", "out", "death", "out"]
    time = np.array([3, 5, 6, 8, 9, 11, 12, 14, 16, 20])
    table = cause_table(time, np.array(causes, dtype=object), causes=["pd", "death"], censored="out")
    pd, death = (cumulative_incidence(table, cause) for cause in ("pd", "death"))
    for curve in (pd, death):
        yield ", ".join(f"{incidence_at(curve, t).incidence:.4f}" for t in (6, 12, 16))
    yield f"sqrt(0.2 x 0.8 / 10) = {incidence_at(pd, 6).standard_error:.4f}"
    yield f"= {1 - survival_at(kaplan_meier(table.one_cause('pd')), 12).survival:.4f}"


def of_gray() -> Iterator[str]:
    def table(time, cause):
        return cause_table(
            np.array(time), np.array(cause, dtype=object), causes=["pd", "death"], censored="out"
        )

    groups = {"a": table([1, 2, 4], ["pd", "death", "pd"]), "b": table([1, 3, 4], ["death", "pd", "out"])}
    test = gray_test(groups, "pd")
    yield f"= {test.expected[0]:.1f} against {test.observed[0]:.0f} observed"


def of_cox() -> Iterator[str]:
    fit = fit_cox(*BOTH, ARM)
    ratio = hazard_ratio(fit, 0)
    yield f"b = {fit.coefficients[0]:.4f}, SE {fit.standard_errors[0]:.4f}"
    yield f"hazard ratio {ratio.value:.3f} ({ratio.lower:.3f} to {ratio.upper:.3f}), Wald p {ratio.p:.3f}"
    yield f"likelihood ratio {fit.lrt.chi2:.2f}"
    time = np.array([2, 2, 3, 5, 5, 7, 8, 9, 1, 2, 3, 3, 4, 5, 6, 7])
    event = np.array([1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1])
    arm = np.repeat([1.0, 0.0], 8)[:, None]
    efron, breslow = (fit_cox(time, event, arm, ties=ties).coefficients[0] for ties in ("efron", "breslow"))
    yield f"Efron {efron:.4f}, Breslow {breslow:.4f}"
    x, entry = np.array([[1.0], [0], [1], [0]]), np.array([0, 0, 3, 2])
    late = fit_cox(np.array([2, 4, 5, 6]), np.array([1, 1, 1, 0]), x, entry=entry)
    yield f"(1 + sqrt 17) / 2 = {math.exp(late.coefficients[0]):.2f}"


def of_cox_residuals() -> Iterator[str]:
    fit = fit_cox(FOUR.time, FOUR.event, FOUR.X, ties="breslow")
    assert (fit.coefficients[0], fit.covariance[0, 0]) == pytest.approx((0, 2))
    assert martingale_residuals(fit, FOUR) == pytest.approx([1 / 2, 1 / 2, -1 / 2, -1 / 2])
    yield f"= {deviance_residuals(fit, FOUR)[0]:.3f} and {deviance_residuals(fit, FOUR)[3]:.0f}"
    assert score_residuals(fit, FOUR)[:, 0] == pytest.approx([1 / 4, -1 / 4, -1 / 4, 1 / 4])
    assert dfbeta(fit, FOUR)[:, 0] == pytest.approx([1 / 2, -1 / 2, -1 / 2, 1 / 2])
    assert schoenfeld_residuals(fit, FOUR).values[:, 0] == pytest.approx([1 / 2, -1 / 2])
    yield "= {:.0f}, {:.0f}.".format(*scaled_schoenfeld_residuals(fit, FOUR).values[:, 0])


def of_robust_variance() -> Iterator[str]:
    fit = fit_cox(FOUR.time, FOUR.event, FOUR.X, ties="breslow")
    by_row, by_cluster = robust_fit(fit, FOUR), robust_fit(fit, FOUR, cluster=np.array([0, 1, 1, 0]))
    yield f"V = 4 x 1/4 = {by_row.covariance[0, 0]:.0f} against the model's {fit.covariance[0, 0]:.0f}"
    yield f"sums 1 and -1, V = {by_cluster.covariance[0, 0]:.0f}"


def of_baseline_hazard() -> Iterator[str]:
    (found,) = cumulative_hazard(fit_cox(FOUR.time, FOUR.event, FOUR.X, ties="breslow"), FOUR)
    assert found.hazard == pytest.approx([2 / 4])
    yield f"survival exp(-1/2) = {found.survival[0]:.3f}"
    yield f"= 1/4, SE {found.standard_error[0]:.1f}"


def of_proportional_hazards() -> Iterator[str]:
    time, x = PAIRS
    event = np.array([1, 0, 1, 0, 0, 1, 0, 1])
    fit = fit_cox(time, event, x, entry=time - 1)
    test = cox_zph(fit, time, event, x, entry=time - 1, transform="identity").overall
    yield f"4 / 1.25 = {test.chi2:.1f} on {test.df} df, p = {test.p:.3f}"


def of_profile_likelihood() -> Iterator[str]:
    time, x = PAIRS
    event = np.array([1, 0, 1, 0, 1, 0, 0, 1])
    data = cox_data(time, event, x, entry=time - 1)
    ratio = profile_hazard_ratio(fit_cox(time, event, x, entry=time - 1), data, 0)
    lower, upper = (limit / (1 + limit) for limit in (ratio.lower, ratio.upper))
    yield f"hazard ratio {ratio.value:.0f}"
    yield f"q = {lower:.3f} and {upper:.3f}: {ratio.lower:.3f} to {ratio.upper:.1f}"
    yield f"= {ratio.chi2:.3f}, p = {ratio.p:.3f}"


def of_firth() -> Iterator[str]:
    fit = fit_firth(np.array([1.0, 2.0]), np.array([1, 0]), np.array([[1.0], [0.0]]))
    yield f"hazard ratio {math.exp(fit.coefficients[0]):.0f}"


def of_concordance() -> Iterator[str]:
    c = concordance(np.array([1, 2, 3, 4]), np.array([1, 1, 0, 1]), np.array([3, 1, 2, 1]))
    yield f"C = ({c.concordant} + 1/2) / {c.concordant + c.discordant + c.tied_risk} = {c.value:.1f}"


def of_cox_many() -> Iterator[str]:
    data = cox_data(np.array([1, 1, 2, 2]), np.array([1, 1, 0, 0]), np.array([[1.0], [0], [0], [1]]))
    efron, breslow = (fit_many(data, counts=[[2, 1, 1, 1]], ties=ties) for ties in ("efron", "breslow"))
    assert math.exp(breslow.coefficients[0, 0]) == pytest.approx(4 / 3)
    assert breslow.loglik_null[0] == pytest.approx(-3 * math.log(5))
    assert efron.loglik_null[0] == pytest.approx(-math.log(5 * 4 * 3))
    yield from ("w = 4/3", "Breslow -3 log 5, Efron -log(5 x 4 x 3)")


def of_design_matrix() -> Iterator[str]:
    frame = pl.DataFrame({"stage": ["II", "I", "III", None], "age": [61, 45, 70, 52]})
    design = design_matrix(frame, references={"stage": "II"}, interactions=[("stage", "age")])
    yield f"| {' | '.join(design.names)} |"
    yield from (f"| {' | '.join(f'{value:.0f}' for value in row)} |" for row in design.matrix)


def of_summaries() -> Iterator[str]:
    table = risk_table(*A)
    for name, values in (("events", table.events), ("at risk", table.at_risk)):
        yield f"| {name} | {' | '.join(map(str, values))} |"
    yield f"n = {table.n}, events {table.events.sum()}, person-time {A[0].sum()}"


def of_ctcae() -> Iterator[str]:
    def grades(value: float, baseline: float) -> list[int | None]:
        held, before = (LabValue(number, "U/L", upper_limit=40) for number in (value, baseline))
        return [grade_lab("alt", held, version=version, baseline=before).grade for version in VERSIONS]

    normal, high = grades(110, 30), grades(130, 80)
    assert normal[1] == normal[2]
    assert high[0] == high[1]
    yield f"ALT 110 U/L with an upper limit of 40: {110 / 40} times"
    yield f"grade {normal[0]} by 3.0 (over 2.5) and grade {normal[1]} by 4.03 and 5.0 (up to 3)"
    yield f"{130 / 40} times the limit, grade {high[0]} by 3.0 and 4.03"
    yield f"{130 / 80} times the baseline, grade {high[2]} by 5.0"


def of_exposure() -> Iterator[str]:
    start, day, held = date(2018, 1, 1), 0, []
    for days, mg in ((30, 800), (7, 0), (20, 400), (33, 800)):
        held.append(Period(start + timedelta(day), start + timedelta(day + days - 1), Decimal(mg)))
        day += days
    found = sum_doses(held, planned_mg_per_day=Decimal(800))
    assert found is not None
    yield f"duration {found.duration_days} days, {found.on_drug_days} with a dose, in all {found.cumulative_mg:,} mg"
    yield f"mean {found.mean_daily_mg:.2f} mg a day and {found.mean_daily_mg_without_pauses:.2f} without pauses"
    yield f"relative dose intensity {found.rdi_percent:.2f}%"
    (reduced,), ((_, pause),) = found.reductions, found.interruptions
    yield f"day {(reduced - start).days + 1} of the drug (day {(reduced - start).days} counted from the first)"
    yield f"one interruption of {pause} days"


def of_schedule() -> Iterator[str]:
    weeks = Schedule(due=(28, 42), on_time=(21, 49), late_until=98)
    for days, followed in (([30, 65, 100, 160, 290], 300), ([30, 45], 94), ([], 300)):
        visits, came = judge_visits(days, weeks), ", ".join(map(str, days)) or "none"
        timings = [visit.timing for visit in visits]
        missed = visits_missed(visits, followed, weeks)
        due = len(visits) - timings.count("early") + missed
        told = ", ".join(f"{visit.interval} {visit.timing}" for visit in visits) or "none"
        share = f"{timings.count('on time')}/{due} = {100 * timings.count('on time') / due:.1f}%"
        yield f"| {came} | {followed} | {told} | {due}, {missed} of them missed | {share} |"
    held = Schedule(due=(28, 42), on_time=(21, 49), late_until=98, anchor="start")
    visits = judge_visits([30, 65, 100, 160, 290], held)
    yield ", ".join(visit.timing for visit in visits)
    yield f"due 6, {visits_missed(visits, 300, held)} of them missed"
    found = rates.rate_ratio(7, 394, 13, 684)
    yield f"7 visits in 394 days, {7 / 394 * 365.25:.2f} a year; against 13 in 684 days ({13 / 684 * 365.25:.2f})"
    yield f"the ratio is {found.value:.2f} (95% CI {found.lower:.2f} to {found.upper:.2f})"


EXAMPLES: dict[str, Callable[[], Iterator[str]]] = {
    name.removeprefix("of_") + ".md": function
    for name, function in list(globals().items())
    if name.startswith("of_")
}
HELD_BESIDE_THEIR_CODE = {
    "conventions.md",
    "courses.md",
    "cox_at_scale.md",
    "cox_ties.md",
    "definitions.md",
    "deviations.md",
    "endpoints.md",
    "fine_gray.md",
    "frailty.md",
    "hcc_staging.md",
    "reporting.md",
    "response.md",
    "safety.md",
    "safety_tables.md",
}
"""Pages whose examples the tests that they name compute."""


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("page", sorted(EXAMPLES))
def test_the_worked_example_is_what_the_code_computes(page):
    example = words(PAGES[page].partition("## Worked example")[2])
    missing = [printed for printed in EXAMPLES[page]() if words(printed) not in example]
    assert not missing


def test_every_page_has_an_example():
    assert set(PAGES) - HELD_BESIDE_THEIR_CODE == set(EXAMPLES)


def test_the_index_lists_every_page():
    listed = set(re.findall(r"\]\((\w+\.md)\)", INDEX))
    assert listed == set(PAGES)


def test_every_module_of_stats_is_on_a_page():
    named = {name for text in (*PAGES.values(), INDEX) for name in re.findall(r"\b(\w+)\.py\b", text)}
    modules = {path.stem for path in (ROOT / "src" / "calliper" / "stats").glob("*.py")}
    assert modules - {"__init__"} <= named


@pytest.mark.parametrize("page", sorted(PAGES))
def test_what_a_page_names_is_there(page):
    files = {path.name for folder in ("src", "tests") for path in (ROOT / folder).rglob("*.*")}
    named = set(re.findall(r"\b(\w+\.(?:py|R))\b", PAGES[page]))
    assert named <= files
    assert set(re.findall(r"(?<![/\w])(\w+\.md)\b", PAGES[page])) <= set(PAGES)
