"""The baseline table of a published cohort of 42 and 48 patients (shared/domain/reporting.md 6.3 to 6.6, 6.8)."""

from __future__ import annotations

from calliper.stats.balance import smd_means, smd_proportions
from calliper.stats.contingency import fisher, min_expected, pearson
from calliper.stats.means import t_pooled
from calliper.stats.multiplicity import holm
from calliper.summaries.moments import Moments
from proof.ledger import Ledger, Source

# Counts of the levels, from the published table; the standardised difference, without its sign; Pearson's p.
CATEGORIES = {
    "male": ([37, 5], [41, 7], "0.079", "0.709"),
    "aetiology": ([33, 4, 3, 2], [38, 5, 3, 2], "0.053", "0.9958"),
    "cirrhosis": ([20, 22], [23, 25], "0.006", "0.97750"),
    "more than three nodules": ([30, 12], [35, 13], "0.033", "0.875"),
    "vascular invasion": ([13, 29], [15, 33], "0.006", "0.976"),
    "metastasis": ([6, 36], [8, 40], "0.066", "0.756"),
    "ECOG": ([14, 23, 5], [16, 26, 6], "0.019", "0.996"),
    "Child-Pugh B": ([31, 11], [35, 13], "0.020", "0.924"),
    "BCLC C": ([13, 29], [15, 33], "0.006", "0.976"),
    "AFP above 400": ([18, 24], [20, 28], "0.024", "0.909"),
    "previous treatment": ([7, 35], [8, 40], "0.000", "1.000"),
}
# Mean and deviation; the standardised difference, and the two-sided p of t with one variance.
MEANS = {
    "age": ((60.3, 14.0), (59.7, 13.2), "0.044", "0.8348"),
    "diameter": ((11.5, 3.7), (11.0, 3.0), "0.148", "0.4811"),
}


def categories(ledger: Ledger) -> None:
    for name, (first, second, smd, p) in CATEGORIES.items():
        assert (sum(first), sum(second)) == (42, 48), name
        ledger.printed("standardised differences", smd_proportions(first, second), smd)
        ledger.printed("Pearson's and Fisher's p", pearson([first, second]).p, p)
    aetiology = [list(counts) for counts in CATEGORIES["aetiology"][:2]]
    ledger.printed("Pearson's and Fisher's p", fisher(aetiology), "1.000")
    ledger.printed("smallest expected count", min_expected(aetiology), "1.87")


def means(ledger: Ledger) -> None:
    for (mean1, sd1), (mean2, sd2), smd, p in MEANS.values():
        a, b = Moments(42, mean1, 41 * sd1**2), Moments(48, mean2, 47 * sd2**2)
        ledger.printed("standardised differences", smd_means(a, b), smd)
        ledger.printed("t tests", t_pooled(a, b).p, p)


def family(ledger: Ledger) -> None:
    """Fisher's p of response and disease control at one and three months, by Holm; given and printed to 4 decimals."""
    ledger.printed("Holm's p", holm([0.8085, 0.4953, 0.0364, 0.0612]), "0.9906 0.9906 0.1456 0.1836")


def not_a_kernel(ledger: Ledger) -> None:
    ledger.leave_out(9, "E-values of a hazard ratio and of its limits: Calliper has none")
    ledger.leave_out(
        12, "P values and a centre implied by printed limits: arithmetic on a paper, not on data"
    )


SOURCE = Source(
    name="Worked baseline table",
    what="The baseline table of the same cohort, as printed",
    reference="recomputed from the published counts apart from this project",
    cases={"categories": categories, "means": means, "family": family, "no function": not_a_kernel},
)
