"""Where good software differs: the choices of R, SAS and SPSS, by name.

Each choice, its source, and what could not be verified, are in docs/methods/conventions.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from calliper.stats.risk_sets import CoxTies

Ties: TypeAlias = Literal["efron", "breslow"]
"""The rules for ties that are defined of residuals and of Firth's penalty too."""
SurvivalInterval: TypeAlias = Literal["log", "log-log", "plain", "logit", "arcsine"]
MedianInterval: TypeAlias = Literal["brookmeyer-crowley", "spss"]
FlatRule: TypeAlias = Literal["midpoint", "first"]
MeansTest: TypeAlias = Literal["welch", "pooled"]
RankP: TypeAlias = Literal["exact", "normal"]
RankContinuity: TypeAlias = Literal["corrected", "uncorrected"]
ChiSquareTest: TypeAlias = Literal["pearson", "yates"]
QuantileKind: TypeAlias = Literal[2, 6, 7]


@dataclass(frozen=True)
class Convention:
    """One choice for each question on which programs disagree.

    `ties`: how the Cox likelihood treats events at one time. `survival_ci`: the scale on which the interval
    of S(t) is symmetric. `median_ci`: where S(t)'s interval holds the quantile, or estimate and standard
    error. `median_flat`: the quantile where the curve is level at it. `means`: whether the two arms share a
    variance. `rank_p`: the Mann-Whitney test's p, exact where both groups have fewer than 50 values and none
    is tied, or always normal. `rank_continuity`: whether that normal p has the correction for continuity.
    `chi_square`: whether that of a 2x2 table has Yates's correction. `quantile`: the type of the quantiles of a
    measurement, as Hyndman and Fan number them.
    """

    ties: CoxTies
    survival_ci: SurvivalInterval
    median_ci: MedianInterval
    median_flat: FlatRule
    means: MeansTest
    rank_p: RankP
    rank_continuity: RankContinuity
    chi_square: ChiSquareTest
    quantile: QuantileKind


CONVENTIONS: dict[str, Convention] = {
    "r": Convention(
        ties="efron",
        survival_ci="log",
        median_ci="brookmeyer-crowley",
        median_flat="midpoint",
        means="welch",
        rank_p="exact",
        rank_continuity="corrected",
        chi_square="pearson",
        quantile=7,
    ),
    "sas": Convention(
        ties="breslow",
        survival_ci="log-log",
        median_ci="brookmeyer-crowley",
        median_flat="midpoint",
        means="pooled",
        rank_p="normal",
        rank_continuity="corrected",
        chi_square="pearson",
        quantile=2,
    ),
    "spss": Convention(
        ties="breslow",
        survival_ci="plain",
        median_ci="spss",
        median_flat="first",
        means="pooled",
        rank_p="normal",
        rank_continuity="uncorrected",
        chi_square="pearson",
        quantile=6,
    ),
}
