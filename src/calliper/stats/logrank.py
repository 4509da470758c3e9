"""Log-rank tests of two or more groups, weighted and stratified, and their test for trend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from calliper.errors import CannotEstimate
from calliper.stats.estimates import chi_square
from calliper.summaries.risk_table import RiskTable

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]
Weight: TypeAlias = Literal[
    "logrank", "gehan", "tarone-ware", "peto-peto", "modified-peto-peto", "fleming-harrington"
]


@dataclass(frozen=True)
class LogRank:
    """The test, and by group (in order of `groups`) the observed and expected events and their covariance.

    With weights other than 1 the observed and expected numbers are weighted. `df` counts the groups in which an
    event was possible, less one. p is two-sided.
    """

    chi2: float
    df: int
    p: float
    groups: tuple[str, ...]
    observed: tuple[float, ...]
    expected: tuple[float, ...]
    variance: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class LogRankTrend:
    """The test for trend. z is above 0 where groups of higher scores have more events than expected; p is two-sided."""

    z: float
    p: float
    scores: tuple[float, ...]


def logrank(
    tables: Mapping[str, RiskTable],
    *,
    weight: Weight = "fleming-harrington",
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Compare the groups' hazards; see `stratified_logrank`, of which this is the case of one stratum."""
    return stratified_logrank([tables], weight=weight, rho=rho, gamma=gamma)


def stratified_logrank(
    strata: Sequence[Mapping[str, RiskTable]],
    *,
    weight: Weight = "fleming-harrington",
    rho: float = 0.0,
    gamma: float = 0.0,
) -> LogRank:
    """Compare the groups' hazards within strata, by a weighted log-rank test.

    At each event time of a stratum, with d events among n at risk, n_g of them in group g, the expected
    number is w d n_g / n and the covariance w^2 d (n - d) / (n - 1) (n_g / n)(1{g = h} - n_h / n). Sums over
    times and strata; the statistic is (O - E)' V^- (O - E). Mantel (1966, Cancer Chemother Rep 50, 163-170);
    Klein and Moeschberger (2003, Survival Analysis, 2nd ed., sec. 7.3, table 7.3).

    Args:
        strata: for each stratum, the risk table of every group; the groups are the same in all.
        weight: w, of the stratum's pooled data. "logrank": 1. "gehan": n (Gehan 1965, Breslow 1970; often called
            Wilcoxon). "tarone-ware": sqrt(n). "peto-peto": S~(t), the product of 1 - d / (n + 1) up to t (Peto
            and Peto 1972, Prentice 1978; Stata's and SAS's Peto). "modified-peto-peto": S~(t) n / (n + 1)
            (Andersen and others 1982). "fleming-harrington": S(t-)^rho (1 - S(t-))^gamma of Kaplan-Meier's S.
        rho, gamma: of Fleming and Harrington's weight alone; 0 and 0 are the log-rank test, rho = 1 is what R's
            `survdiff(rho = 1)` gives as Peto and Peto's.

    Raises:
        CannotEstimate: no event, or fewer than two groups with a patient at risk at an event.
        ValueError: no stratum, fewer than two groups, or groups that differ between strata; an unknown weight;
            rho or gamma below zero, or with a weight that has none.
    """
    groups = tuple(strata[0]) if strata else ()
    if len(groups) < 2 or any(set(tables) != set(groups) for tables in strata):
        raise ValueError(f"groups are {groups}; expected the same two or more groups in every stratum")
    if not any(table.n_events for tables in strata for table in tables.values()):
        raise CannotEstimate(
            "no log-rank test: no event in any group; follow patients longer, or check how events are coded"
        )
    observed, expected = np.zeros(len(groups)), np.zeros(len(groups))
    variance = np.zeros((len(groups), len(groups)))
    for tables in strata:
        o, e, v = _stratum([tables[group] for group in groups], weight, rho, gamma)
        observed, expected, variance = observed + o, expected + e, variance + v
    chi2, df = _statistic(observed, expected, variance)
    test = chi_square(chi2, df)
    return LogRank(
        chi2=test.chi2,
        df=test.df,
        p=test.p,
        groups=groups,
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        variance=tuple(tuple(row) for row in variance.tolist()),
    )


def logrank_trend(test: LogRank, scores: Sequence[float]) -> LogRankTrend:
    """Test whether the hazard rises or falls over ordered groups, from any log-rank test of them.

    z = sum of a_g (O_g - E_g) / sqrt(a' V a), with a score a_g a group. Tarone (1975, Biometrika 62, 679-682);
    Klein and Moeschberger (2003, Survival Analysis, 2nd ed., sec. 7.4).

    Args:
        test: a log-rank test, weighted or stratified as it may be.
        scores: one for each of `test.groups`, in that order: 1, 2, 3 for equal steps.

    Raises:
        CannotEstimate: the events leave the scores without variance.
        ValueError: a score is not finite, there are not as many as groups, or all are alike.
    """
    a = np.asarray(scores, dtype=np.float64)
    if a.shape != (len(test.groups),) or not np.isfinite(a).all() or np.ptp(a) == 0:
        raise ValueError(
            f"scores are {tuple(scores)}; expected {len(test.groups)} finite numbers, not all alike"
        )
    # A common shift of the scores moves nothing; without it, rounding stays small beside the steps.
    a = a - a.mean()
    score = float(a @ (np.array(test.observed) - np.array(test.expected)))
    variance = np.array(test.variance)
    spread = float(a @ variance @ a)
    if spread <= 1e-12 * float(np.ptp(a)) ** 2 * float(np.trace(variance)):
        raise CannotEstimate("no test for trend: no event at which groups of different scores were at risk")
    referred = chi_square(score**2 / spread, 1)
    return LogRankTrend(z=score / math.sqrt(spread), p=referred.p, scores=tuple(float(x) for x in scores))


def _stratum(
    tables: Sequence[RiskTable], weight: Weight, rho: float, gamma: float
) -> tuple[Floats, Floats, Floats]:
    pooled = sum(tables, RiskTable())
    cells = pooled.cells
    events, at_risk = np.zeros((len(tables), cells.size)), np.zeros((len(tables), cells.size))
    for g, table in enumerate(tables):
        events[g, np.searchsorted(cells, table.cells)] = table.events
        at_risk[g] = np.append(table.at_risk, 0)[np.searchsorted(table.cells, cells)]
    happened = pooled.events > 0
    d, n = pooled.events[happened], pooled.at_risk[happened]
    w = _weights(d, n, weight, rho, gamma)
    share = at_risk[:, happened] / n
    spread = w**2 * d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag(share @ spread) - (share * spread) @ share.T
    return events[:, happened] @ w, share @ (w * d), variance


def _weights(d: Integers, n: Integers, weight: Weight, rho: float, gamma: float) -> Floats:
    if min(rho, gamma) < 0 or ((rho or gamma) and weight != "fleming-harrington"):
        asked = f"rho = {rho:g} and gamma = {gamma:g} with weight {weight!r}"
        raise ValueError(f"{asked}; expected zero or more, and only with 'fleming-harrington'")
    prentice: Floats = np.cumprod(1 - d / (n + 1), dtype=np.float64)
    match weight:
        case "logrank":
            return np.ones(n.size)
        case "gehan":
            return n.astype(np.float64)
        case "tarone-ware":
            return np.asarray(np.sqrt(n), dtype=np.float64)
        case "peto-peto":
            return prentice
        case "modified-peto-peto":
            return prentice * (n / (n + 1))
        case "fleming-harrington":
            survival = np.concatenate([[1.0], np.cumprod(1 - d / n, dtype=np.float64)])[:-1]
            return np.asarray(survival**rho * (1 - survival) ** gamma, dtype=np.float64)
        case _:
            raise ValueError(f"weight is {weight!r}; expected one of {', '.join(get_args(Weight))}")


def _statistic(observed: Floats, expected: Floats, variance: Floats) -> tuple[float, int]:
    possible = np.flatnonzero(expected > 0)
    if possible.size < 2:
        raise CannotEstimate("no log-rank test: at every event only one group had patients at risk")
    free = possible[1:]
    difference, matrix = (observed - expected)[free], variance[np.ix_(free, free)]
    if np.linalg.matrix_rank(matrix) < free.size:
        raise CannotEstimate("no log-rank test: too few events at which the groups could be compared")
    return float(difference @ np.linalg.solve(matrix, difference)), int(free.size)
