"""What kind of number a row is: only a kind that is known to be safe is shared; docs/results.md has the vocabulary."""

from __future__ import annotations

from typing import Literal

from calliper.results import Row

Kind = Literal["count", "of_counts", "of_times", "single"]
"""`count`: of patients, events, visits, scans or records. `of_counts`: follows from counts. `of_times`: an estimate
from times or measurements of a group. `single`: of one patient, or not known to be anything else."""

COUNTS = {
    "count", "n", "missing", "screened", "excluded", "pending", "included", "pass", "fail", "unknown", "left",
    "events", "censored", "at_risk", "patients", "unpaired", "not_recorded",
    "deviations", "judged", "sessions", "periods", "records_excluded", "excluded_with_patient", "competing",
    "observed",
}  # fmt: skip

OF_COUNTS = {
    "proportion", "min_expected", "difference", "smd", "kappa", "rate", "rate_ratio", "rate_difference", "differs",
    "events_per_parameter", "expected", "df", "df1", "df2", "loglik", "loglik_null", "concordance",
}  # fmt: skip

TABLE_METHODS = {
    "", "pearson", "likelihood_ratio", "yates", "fisher", "clopper_pearson", "wilson", "newcombe",
    "unknown", "unweighted", "linear", "exact_poisson", "rate_ratio", "rate_difference", "welch", "pooled",
    "levene", "anova", "mann_whitney", "kruskal_wallis",
}  # fmt: skip
"""Methods whose limits, statistics and P values follow from counts, or from counts and shared means."""

BY_METHOD = {"lower", "upper", "statistic", "p", "se"}
"""Measures of which the method says what they follow from."""

OF_TIMES = {
    "mean", "sd", "median", "q1", "q3", "median_lower", "median_upper", "q1_lower", "q1_upper", "q3_lower",
    "q3_upper", "follow_up", "follow_up_lower", "follow_up_upper", "person_time", "survival", "survival_lower",
    "survival_upper", "survival_se", "incidence", "incidence_lower", "incidence_upper", "incidence_se",
    "event_free", "event_free_lower", "event_free_upper", "event_free_se", "share", "share_lower", "share_upper",
    "hr", "coefficient", "parameters", "reference",
    "holds", "same_direction", "same_side", "definitions", "held", "untold", "compared", "differ", "flips",
}  # fmt: skip

TELL_N = {"mean", "sd"}
"""Measures that at full precision tell how many they are of: a mean of whole years is a fraction of n."""

RESTRICTED = {"rmst", "rmst_ratio"}
"""Methods whose every number is an estimate from times."""

AT_A_TIME = {"survival", "incidence", "event_free", "share"}
"""Proportions at a time, which times the patients of the group are a count."""


def measure(stat: str) -> str:
    """The measure of a stat: `p` of `p.fisher`; `survival` of `survival_lower` stays itself."""
    return stat.split(".", maxsplit=1)[0]


def kind_of(row: Row) -> Kind:
    """The kind of a row; whatever is not in the vocabulary above is `single`, and so never shared.

    >>> kind_of(Row("b", "included", "new", "age", "", "max", 71.0)), kind_of(Row("b", "", "", "", "", "n", 7.0))
    ('single', 'count')
    """
    name, _, method = row.stat.partition(".")
    if method in RESTRICTED:
        return "of_times"
    if name in COUNTS:
        return "count"
    if name in OF_COUNTS:
        return "of_counts"
    if name in BY_METHOD:
        return "of_counts" if method in TABLE_METHODS else "of_times"
    return "of_times" if name in OF_TIMES else "single"
