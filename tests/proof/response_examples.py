"""Response and disease control of a published two-arm cohort (shared/domain/response.md 1.11)."""

from __future__ import annotations

from calliper.stats.contingency import (
    fisher,
    fisher_2x2,
    min_expected,
    odds_ratio,
    pearson,
    relative_risk,
    yates,
)
from calliper.stats.proportions import clopper_pearson, newcombe, wilson
from proof.ledger import Ledger, Source

# Responders of those evaluable, and all in the arm; percent, Clopper-Pearson, Wilson, percent of all.
RATES = [
    (32, 42, 42, "76.19 60.55 87.95 61.47 86.52", "76.19"),
    (33, 46, 48, "71.74 56.54 84.01 57.45 82.68", "68.75"),
    (42, 42, 42, "100.00 91.59 100.00 91.62 100.00", "100.00"),
    (44, 46, 48, "95.65 85.16 99.47 85.47 98.80", "91.67"),
    (32, 40, 42, "80.00 64.35 90.95 65.24 89.50", "76.19"),
    (26, 45, 48, "57.78 42.15 72.34 43.30 71.03", "54.17"),
    (39, 40, 42, "97.50 86.84 99.94 87.12 99.56", "92.86"),
    (38, 45, 48, "84.44 70.54 93.51 71.22 92.25", "79.17"),
]
# Evaluable patients: chi-square, p, Yates's p, Fisher's p; smallest expected; difference in percent with
# Newcombe's limits. All patients: Pearson's p, and Yates's and Fisher's where they are printed.
TESTS = [
    ((32, 42, 33, 46), "0.2253 0.6350 0.8167 0.8085", "10.98", "4.45 -13.89 22.08", ("0.4317", "", "")),
    ((42, 42, 44, 46), "1.8686 0.1716 0.5151 0.4953", "0.95", "4.35 -4.60 14.53", ("0.0556", "", "0.1200")),
    (
        (32, 40, 26, 45),
        "4.8247 0.0281 0.0496 0.0364",
        "12.71",
        "22.22 2.39 39.54",
        ("0.0294", "0.0504", "0.0463"),
    ),
    ((39, 40, 38, 45), "4.2335 0.0396 0.0919 0.0612", "3.76", "13.06 0.06 26.44", ("0.0653", "", "0.0782")),
]


def rates(ledger: Ledger) -> None:
    for x, n, everybody, printed, of_all in RATES:
        exact, score = clopper_pearson(x, n), wilson(x, n)
        ours = (exact.value, exact.lower, exact.upper, score.lower, score.upper)
        ledger.printed("rates and their limits, in percent", [100 * value for value in ours], printed)
        ledger.printed(
            "rates and their limits, in percent", 100 * clopper_pearson(x, everybody).value, of_all
        )


def tests(ledger: Ledger) -> None:
    for (x1, n1, x2, n2), printed, smallest, difference, of_all in TESTS:
        table = [[x1, n1 - x1], [x2, n2 - x2]]
        ours = (pearson(table).chi2, pearson(table).p, yates(table).p, fisher(table))
        ledger.printed("tests of a 2x2 table", ours, printed)
        ledger.printed("tests of a 2x2 table", fisher_2x2(table), printed.split()[3])
        ledger.printed("tests of a 2x2 table", min_expected(table), smallest)
        found = newcombe(x1, n1, x2, n2)
        ours = [100 * value for value in (found.value, found.lower, found.upper)]
        ledger.printed("differences in percent and their limits", ours, difference)
        everybody = [[x1, 42 - x1], [x2, 48 - x2]]
        p = (pearson(everybody).p, yates(everybody).p, fisher(everybody))
        for value, cell in zip(p, of_all, strict=True):
            if cell:
                ledger.printed("tests of a 2x2 table", value, cell)


def ratios(ledger: Ledger) -> None:
    table = [[32, 8], [26, 19]]
    for found, printed in (
        (odds_ratio(table), "2.923 1.103 7.748"),
        (relative_risk(table), "1.385 1.032 1.858"),
    ):
        ledger.printed("odds ratio, relative risk", (found.value, found.lower, found.upper), printed)


SOURCE = Source(
    name="Worked response tables",
    what="Response and disease control of a published cohort, as printed",
    reference="recomputed from the published counts apart from this project",
    cases={"rates": rates, "tests": tests, "ratios": ratios},
)
